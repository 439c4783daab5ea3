"""Values of the engine's states: where a path leads, what differs, and what a value reads like in one line. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, TypeAlias

from ...problems import ABSENT
from ...wire_marks import ASSETS, OUTPUT, RESOURCE, SIGNATURE, UNKNOWNS
from ..secret_names import HIDDEN

Path: TypeAlias = "tuple[str | int, ...]"

LATER = "(known after the update)"

LONGEST_TEXT = 200
"""Letters of a value that are shown; what is longer ends in the number of those left out."""

# What tells the elements of a list apart: the keys that ARM's lists are merged by, which the provider compares by.
_KEYS = (("name", "type"), ("name",), ("lun",), ("registryServer",))
_SEGMENT = re.compile(r"""\[\s*(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|(\d+)|([^\]]*))\s*\]|([^.\[\]]+)""")


@lru_cache(maxsize=4096)
def parse_path(path: str) -> Path:
    """``extensions[0].settings["a.b"]`` -> ``("extensions", 0, "settings", "a.b")``."""
    found: list[str | int] = []
    for double, single, index, other, name in _SEGMENT.findall(path):
        if index:
            found.append(int(index))
        elif double:
            found.append(_unescaped(double))
        else:
            found.append(single or other or name)
    return tuple(found)


def find(tree: Any, path: Sequence[str | int]) -> Any:
    """What stands at a path, ABSENT for nothing, `HIDDEN` below a secret. Names with dots in them are found unquoted
    too, as azure-native writes them."""
    for index, segment in enumerate(path):
        tree = opened(tree)
        if isinstance(tree, str):
            return tree if tree == HIDDEN or tree in UNKNOWNS else ABSENT
        if isinstance(tree, dict):
            if segment not in tree:
                return _find_dotted(tree, path[index:])
            tree = tree[segment]
        elif isinstance(tree, list) and isinstance(segment, int) and segment < len(tree):
            tree = tree[segment]
        else:
            return ABSENT
    return opened(tree)


def opened(value: Any) -> Any:
    """A wrapped value as what it stands for."""
    if not isinstance(value, dict) or SIGNATURE not in value:
        return value
    kind = value[SIGNATURE]
    if kind in ASSETS:
        return "[asset]"
    if kind == RESOURCE:
        return str(value.get("urn") or "[resource]").rsplit("::", 1)[-1]
    if kind == OUTPUT and not value.get("secret"):
        return opened(value["value"]) if "value" in value else LATER
    return HIDDEN


def is_later(value: Any) -> bool:
    """Whether the value is not known before the update."""
    return isinstance(value, str) and (value in UNKNOWNS or value == LATER)


def counterpart(one: Any, elements: Any, index: int) -> int | None:
    """The index of the element of another version of a list that is the same thing as `one`, which stands at `index`:
    by its name where elements have one, else by its place. None where there is none."""
    if not isinstance(elements, list):
        return None
    if isinstance(one, dict):
        for keys in _KEYS:
            if all(key in one for key in keys):
                wanted = [one[key] for key in keys]
                same = [at for at, other in enumerate(elements) if _has(other, keys, wanted)]
                return same[0] if same else None
    return index if index < len(elements) else None


def differences(old: Any, new: Any, at: Path = ()) -> Iterator[tuple[Path, Any, Any]]:
    """The deepest places that differ, with both values; ABSENT where there is none."""
    old, new = opened(old), opened(new)
    if old == new:
        return
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted({*old, *new}, key=str):
            # what the provider keeps for itself is no property
            if not str(key).startswith("__"):
                yield from differences(old.get(key, ABSENT), new.get(key, ABSENT), (*at, str(key)))
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for index, (one, other) in enumerate(zip(old, new, strict=True)):
            yield from differences(one, other, (*at, index))
    else:
        yield at, old, new


def render_scalar(value: Any) -> str:
    """A text as it is, unless it would be taken for another value; whole numbers without a point."""
    value = plain(value)
    if isinstance(value, str):
        return json.dumps(value) if not value or value != value.strip() or _is_json(value) else value
    return json.dumps(value, ensure_ascii=False, separators=(", ", ": "), default=str)


def plain(value: Any) -> Any:
    """Numbers are floats on the wire: 5.0 is 5."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    return value


def _find_dotted(tree: Mapping[str, Any], path: Sequence[str | int]) -> Any:
    for size in range(len(path), 1, -1):
        joined = ".".join(str(segment) for segment in path[:size])
        if joined in tree:
            return find(tree[joined], path[size:])
    return ABSENT


def _has(other: Any, keys: Sequence[str], wanted: Sequence[Any]) -> bool:
    return isinstance(other, dict) and [other.get(key, ABSENT) for key in keys] == list(wanted)


def _is_json(text: str) -> bool:
    if text[0] not in '"-0123456789tfn[{':
        return False
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _unescaped(text: str) -> str:
    try:
        return str(json.loads(f'"{text}"'))
    except ValueError:
        return text
