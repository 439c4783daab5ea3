"""The names of pools under the strategy `blue-green`: a new name whenever something changes that replaces. Pure.

The name is the base, a hyphen, and eight hexadecimal digits of a digest of all that replaces the pool. It says nothing
of secrets: what is secret is not in the digest, `protected_settings_version` stands for it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from .problems import PROTECTED_KEYS, SECRET_FIELDS, Later
from .spec import Extension, arm_name

LONGEST_BASE = 55
"""Letters of a base name: a pool's name has at most 64, and nine are ours."""

LONGEST_BASE_OF_CANARY = 48
"""The same where a canary's name is made of it: `-canary-` and eight digits are ours."""

SECRET_MARK = "<secret>"  # noqa: S105 - stands for a value, is none
"""What a secret counts as: that there is one, not what it says."""

# The user's own words: no name in them is translated.
_FREE = frozenset({"settings", "tags", "resource_tags"})


def blue_green_name(base: str, digest: str) -> str:
    """``<base>-<digest>``, for example ``render-3f9a01c2``."""
    return f"{base}-{digest}"


def canary_name(base: str, digest: str) -> str:
    """``<base>-canary-<digest>``, for example ``render-canary-3f9a01c2``."""
    return blue_green_name(f"{base}-canary", digest)


def base_of(name: str) -> str | None:
    """The base of a name that `blue_green_name` may have made; None for any other name."""
    base, hyphen, digits = name.rpartition("-")
    fits = len(digits) == 8 and set(digits) <= set("0123456789abcdef")
    return base if hyphen and base and fits else None


def what_replaces(inputs: Mapping[str, Any], paths: Iterable[str], extensions: Iterable[Extension]) -> dict[str, Any]:
    """All that the name must change with, as a plain tree in ARM's names; values that come later stay as `Later`.

    inputs: those of azure-native's `Pool` in Python's names. paths: what replaces, in the provider's words.
    extensions: those of the pool, for their `protected_settings_version`.
    """
    tree = _in_arm_names(inputs)
    chosen = [tuple(path.split(".")) for path in paths]
    versions = {
        one.name: one.protected_settings_version for one in extensions if one.protected_settings_version is not None
    }
    return {"pool": _only(tree, chosen), "protectedSettingsVersions": versions}


def later_leaves(tree: Any) -> list[Later]:
    """Each `Later` in the tree, in the order in which `digest_of` takes their values."""
    return list(_later(tree))


def digest_of(tree: Any, values: Sequence[Any]) -> str:
    """Eight hexadecimal digits. values: what the `Later` leaves of the tree are, in order."""
    return hashlib.sha256(_canonical(_filled(tree, iter(values))).encode()).hexdigest()[:8]


def _in_arm_names(tree: Any) -> Any:
    if isinstance(tree, Mapping):
        return {
            # that there is a secret counts, not what it is
            arm_name(key): SECRET_MARK
            if key in SECRET_FIELDS
            else _without_protected(value)
            if key in _FREE
            else _in_arm_names(value)
            for key, value in tree.items()
            if value is not None
        }
    if isinstance(tree, (list, tuple)):
        return [_in_arm_names(item) for item in tree]
    return tree


def _without_protected(tree: Any) -> Any:
    if isinstance(tree, Mapping):
        return {key: SECRET_MARK if key in PROTECTED_KEYS else _without_protected(value) for key, value in tree.items()}
    if isinstance(tree, (list, tuple)):
        return [_without_protected(item) for item in tree]
    return tree


def _only(tree: Any, paths: Sequence[tuple[str, ...]]) -> Any:
    """The parts of a tree of mappings that the paths lead to; nothing of where they lead nowhere."""
    if () in paths:
        return tree
    if not isinstance(tree, Mapping):
        return {}
    below = {key: [path[1:] for path in paths if path[0] == key] for key in tree}
    parts = {key: _only(tree[key], inner) for key, inner in below.items() if inner}
    return {key: part for key, part in parts.items() if part != {} or () in below[key]}


def _later(tree: Any) -> Iterator[Later]:
    if isinstance(tree, Later):
        yield tree
    elif isinstance(tree, Mapping):
        for key in sorted(tree):
            yield from _later(tree[key])
    elif isinstance(tree, (list, tuple)):
        for item in tree:
            yield from _later(item)


def _filled(tree: Any, values: Iterator[Any]) -> Any:
    if isinstance(tree, Later):
        return next(values)
    if isinstance(tree, Mapping):
        return {key: _filled(tree[key], values) for key in sorted(tree)}
    if isinstance(tree, (list, tuple)):
        return [_filled(item, values) for item in tree]
    return tree


def _canonical(tree: Any) -> str:
    return json.dumps(_same_spelling(tree, ""), sort_keys=True, separators=(",", ":"), ensure_ascii=True, default=str)


def _same_spelling(value: Any, key: str) -> Any:
    """What the provider takes for the same is the same here, and nothing else: where it sees a change the name must
    change with it. Whole numbers may arrive as 5.0; identities are a set, and Azure may spell their ids otherwise."""
    if isinstance(value, Mapping):
        return {str(name): _same_spelling(item, str(name)) for name, item in value.items() if item is not None}
    if isinstance(value, (list, tuple)):
        items = [_same_spelling(item, key) for item in value]
        return sorted(str(item).lower() for item in items) if key == "userAssignedIdentities" else items
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value
