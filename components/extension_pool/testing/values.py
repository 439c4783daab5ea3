"""Values as a program sends them to the engine: plain data, in which secrets and unknowns can be seen."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Any, Final

from .. import wire_marks
from ..problems import Path, nearest, render_path


class Unknown(Enum):
    """The type of `UNKNOWN`."""

    UNKNOWN = "unknown"

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = Unknown.UNKNOWN
"""Stands for a value that a preview does not know yet."""


class Secret:
    """A value that is marked secret. It is never shown: not in a failing assertion either.

    ``value``: what is secret, as plain data, without marks of its own. Two are equal when their values are.
    """

    # no dataclass: pytest would show the fields of two that differ
    __slots__ = ("value",)
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, value: Any) -> None:
        self.value = reveal(value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and bool(self.value == other.value)

    def __repr__(self) -> str:
        return "Secret(...)"


def decode(struct: Any) -> dict[str, Any]:
    """A protobuf ``Struct`` as plain data with `Secret` and `UNKNOWN`; whole numbers as int, as programs write them."""
    # protobuf has no order of its own
    return {name: _decode(value) for name, value in sorted(struct.fields.items())}


def _decode(value: Any) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        fields = value.struct_value.fields
        if wire_marks.SIGNATURE in fields and fields[wire_marks.SIGNATURE].string_value == wire_marks.SECRET:
            return Secret(_decode(fields["value"]))
        return decode(value.struct_value)
    if kind == "list_value":
        return [_decode(one) for one in value.list_value.values]
    if kind == "string_value":
        return UNKNOWN if value.string_value == wire_marks.UNKNOWN else value.string_value
    if kind == "number_value":
        number = float(value.number_value)
        return int(number) if number.is_integer() else number
    return value.bool_value if kind == "bool_value" else None


def reveal(tree: Any) -> Any:
    """The tree with the value of each `Secret` in its place."""
    if isinstance(tree, Secret):
        return tree.value
    if isinstance(tree, Mapping):
        return {key: reveal(value) for key, value in tree.items()}
    if isinstance(tree, (list, tuple)):
        return [reveal(value) for value in tree]
    return tree


def is_plain(tree: Any) -> bool:
    """Whether a tree holds neither a `Secret` nor `UNKNOWN`."""
    if isinstance(tree, Mapping):
        return all(is_plain(value) for value in tree.values())
    if isinstance(tree, (list, tuple)):
        return all(is_plain(value) for value in tree)
    return not isinstance(tree, Secret) and tree is not UNKNOWN


def secret_places(tree: Any, at: Path = ()) -> Iterator[Path]:
    """Where a `Secret` stands."""
    if isinstance(tree, Secret):
        yield at
    for key, value in _children(tree):
        yield from secret_places(value, (*at, key))


def places(tree: Any, at: Path = ()) -> Iterator[Path]:
    """Every place in a tree, objects and leaves, down to where a `Secret` hides what is below."""
    for key, value in _children(tree):
        yield (*at, key)
        yield from places(value, (*at, key))


def _children(tree: Any) -> list[tuple[str | int, Any]]:
    if isinstance(tree, Mapping):
        return list(tree.items())
    return list(enumerate(tree)) if isinstance(tree, (list, tuple)) else []


def at(tree: Any, path: Path) -> Any:
    """The value at a path; below a `Secret` a `Secret`. Raises NotRecorded with what there is."""
    value = tree
    for index, part in enumerate(path):
        if isinstance(value, Secret):
            return Secret(at(value.value, path[index:]))
        if value is UNKNOWN:
            return UNKNOWN
        if isinstance(value, (Mapping, list)):
            known = dict(_children(value))
            if part in known:
                value = known[part]
                continue
            near = nearest(str(part), [str(key) for key in known])
            hint = f"; did you mean {near}?" if near else ""
            there = ", ".join(map(str, known)) or "nothing"
        else:
            hint, there = "", "a value of its own"
        raise NotRecorded(f"{render_path(path)}: not there; {render_path(path[:index])} has {there}{hint}")
    return value


class NotRecorded(AssertionError, LookupError):
    """What a test asks for was not recorded. The text says what was there instead."""


_SEGMENT = re.compile(r"""\[(?:"(?P<double>(?:[^"\\]|\\.)*)"|(?P<index>\d+)|(?P<star>\*))\]|(?P<name>[^.\[\]]+)""")


def parse_path(text: str) -> Path:
    """``a.b[0]["c.d"]`` as Pulumi writes property paths -> ("a", "b", 0, "c.d"). ``*`` stays what it is.

    https://www.pulumi.com/docs/iac/concepts/resources/options/replaceonchanges/
    """
    found: list[str | int] = []
    for match in _SEGMENT.finditer(text):
        if match["index"] is not None:
            found.append(int(match["index"]))
        elif match["double"] is not None:
            found.append(str(json.loads(f'"{match["double"]}"')))
        else:
            found.append(match["star"] or match["name"])
    return tuple(found)


def covers(pattern: Path, place: Path) -> bool:
    """Whether a path of ``replaceOnChanges`` or ``ignoreChanges`` speaks for a place: it, or an object around it.

    As the engine's ``PropertyPath.Contains``: a change of the whole object above the path is not covered.
    """
    return len(pattern) <= len(place) and all(one in ("*", other) for one, other in zip(pattern, place, strict=False))
