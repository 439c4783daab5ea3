"""Which edit of a protected pool wants its replacement. Pure.

The engine refuses the replacement before it says what it is for. What the program asks for is held against what Azure
has, on the paths that replace; only places are told, never values, since a setting may be a secret.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ..problems import Later
from ..spec import arm_name

_NAMED = "name"


def find_edits(inputs: Mapping[str, Any], live: Mapping[str, Any], paths: Iterable[str]) -> list[str]:
    """The places of `inputs` (azure-native's, in Python's names) that differ from the `live` pool and replace it.

    live: as azure-native reads it. What is not known yet, what Azure never tells (protected settings, passwords) and
    what only Azure has (defaults) is left out.
    """
    roots = [tuple(path.split(".")) for path in paths]
    found = [place for place in _differing(inputs, live, ()) if any(place[: len(root)] == root for root in roots)]
    return sorted({".".join(place).replace(".[", "[") for place in found})


def _differing(wanted: Any, live: Any, at: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    if isinstance(wanted, Later) or wanted is None:
        return
    if isinstance(wanted, Mapping):
        if live is not None and not isinstance(live, Mapping):
            yield at
            return
        free = _free(at)
        for key, value in wanted.items():
            name = str(key) if free else arm_name(str(key))
            if name not in _UNTOLD:
                yield from _differing(value, (live or {}).get(name), (*at, name))
    elif isinstance(wanted, (list, tuple)):
        yield from _differing_lists(wanted, live, at)
    elif not _same(wanted, live):
        yield at


def _differing_lists(wanted: Sequence[Any], live: Any, at: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    if isinstance(live, Mapping):
        # identities are asked for as a list and read as a map
        known = {str(key).lower() for key in live}
        texts = [one for one in wanted if isinstance(one, str)]
        if any(one.lower() not in known for one in texts) or (len(texts) == len(wanted) != len(known)):
            yield at
        return
    there = live if isinstance(live, (list, tuple)) else []
    if len(there) != len(wanted):
        yield at
    by_name = {one.get(_NAMED): one for one in there if isinstance(one, Mapping)}
    for index, one in enumerate(wanted):
        name = one.get(_NAMED) if isinstance(one, Mapping) else None
        if isinstance(name, str):
            if name in by_name:
                yield from _differing(one, by_name[name], (*at, f"[{name}]"))
            else:
                yield (*at, f"[{name}]")
        elif index < len(there):
            yield from _differing(one, there[index], (*at, f"[{index}]"))


def _same(wanted: Any, live: Any) -> bool:
    """Azure writes enumerations, ids and sizes in its own case, and numbers as they come."""
    if isinstance(wanted, str) and isinstance(live, str):
        return wanted.lower() == live.lower()
    return bool(wanted == live)


def _free(at: tuple[str, ...]) -> bool:
    """Whether the names at this place are the user's own."""
    return any(part in ("settings", "tags", "resourceTags") for part in at)


_UNTOLD = frozenset({"protectedSettings", "password", "accountKey", "sasKey", "sshPrivateKey", "connectionString"})
