"""Diff of inputs against inputs: PAN provider/diff.go, rule by rule."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from emulator.arm.pool_defaults import IDENTIFIERS
from emulator.provider.resources import CREATE_BEFORE_DELETE, Spec
from emulator.provider.schema import ANY, Shape
from emulator.provider.wire import UNKNOWN, Secret

ADD, DELETE, UPDATE = "add", "delete", "update"


@dataclass(frozen=True)
class Difference:
    """`details`: path -> (kind, forces a replacement). `changes`: first segments of what counts as changed."""

    details: dict[str, tuple[str, bool]]
    changes: list[str]
    replaces: list[str]
    delete_before_replace: bool


def difference(spec: Spec, olds: dict[str, Any], news: dict[str, Any], state: dict[str, Any]) -> Difference:
    """Compare inputs that may hold UNKNOWN and Secret; `state` is the old outputs.

    The real provider's Configure does not answer acceptSecrets or acceptOutputs (PAN provider.go, Configure), so the
    engine sends it plain values and unknowns. Where a wrapper does arrive, or an unknown stands for a whole object, the
    path ends there: that value is no object to look into (diff.go valueDiff).
    """
    found = _object_diff(spec.inputs, olds, news)
    for name in ("resourceGroupName", "location"):
        if name in found and _same_place(olds.get(name), news.get(name)):
            del found[name]
    details = {path: (kind, path in spec.replaces) for path, kind in found.items()}
    changes, replaces = [], []
    for path, (kind, forces) in list(details.items()):
        if kind == ADD and forces and path not in olds and path in state and state[path] == news.get(path):
            # An input that only says what the output says already does not replace (calculateChangesAndReplacements).
            details[path], forces = (ADD, False), False
        elif kind == ADD and path in spec.defaults and news.get(path) == spec.defaults[path]:
            continue
        if forces:
            replaces.append(path)
        changes.append(path.split(".")[0])
    flag = olds.get(CREATE_BEFORE_DELETE)
    first = not flag if isinstance(flag, bool) else bool(replaces)
    return Difference(details, sorted(set(changes)), sorted(replaces), first)


def _object_diff(shape: Shape, old: dict[str, Any], new: dict[str, Any], path: str = "") -> dict[str, str]:
    found: dict[str, str] = {}
    for name in [*old, *(key for key in new if key not in old)]:
        if name.startswith("__"):
            continue
        here = f"{path}.{name}" if path else name
        if name not in new:
            found[here] = DELETE
        elif name not in old:
            # A whole object added or removed is one entry at its own path.
            found[here] = ADD
        else:
            found.update(_value_diff(shape.fields.get(name, ANY), old[name], new[name], here, name))
    return found


def _value_diff(shape: Shape, old: Any, new: Any, path: str, name: str = "") -> dict[str, str]:
    if isinstance(old, dict) and isinstance(new, dict):
        return _object_diff(shape, old, new, path)
    if isinstance(old, list) and isinstance(new, list):
        identifiers = IDENTIFIERS.get(name) if shape.kind == "array" else None
        if identifiers and shape.items and shape.items.kind == "object":
            return _keyed_diff(shape.items, identifiers, old, new, path)
        return _list_diff(shape.items or ANY, old, new, path)
    return {} if _equal(old, new) else {path: UPDATE}


def _list_diff(items: Shape, old: list[Any], new: list[Any], path: str) -> dict[str, str]:
    """By position: also lists that Azure takes as sets, such as userAssignedIdentities."""
    found: dict[str, str] = {}
    for index in range(max(len(old), len(new))):
        here = f"{path}[{index}]"
        if index >= len(old):
            found[here] = ADD
        elif index >= len(new):
            found[here] = DELETE
        else:
            found.update(_value_diff(items, old[index], new[index], here))
    return found


def _keyed_diff(items: Shape, keys: tuple[str, ...], old: list[Any], new: list[Any], path: str) -> dict[str, str]:
    """Arrays with x-ms-identifiers: order says nothing; adds and updates at the new index, deletes at the old one.

    Elements that are no objects (an unknown one) are passed over, as diffKeyedArrays does.
    """
    found: dict[str, str] = {}
    before = {_key(item, keys): (index, item) for index, item in enumerate(old) if isinstance(item, dict)}
    seen = set()
    for index, item in enumerate(new):
        if not isinstance(item, dict):
            continue
        key = _key(item, keys)
        seen.add(key)
        here = f"{path}[{index}]"
        if key in before:
            found.update(_value_diff(items, before[key][1], item, here))
        else:
            found[here] = ADD
    for key, (index, _) in before.items():
        if key not in seen:
            found[f"{path}[{index}]"] = DELETE
    return found


def _key(item: dict[str, Any], keys: tuple[str, ...]) -> str:
    return json.dumps([repr(item.get(key)) for key in keys])


def _equal(old: Any, new: Any) -> bool:
    if old is UNKNOWN or new is UNKNOWN:
        return old is new
    if isinstance(old, Secret) and isinstance(new, Secret):
        return _equal(old.value, new.value)
    if isinstance(old, bool) is not isinstance(new, bool):
        return False
    return bool(old == new)


def _same_place(old: Any, new: Any) -> bool:
    """Resource groups compare without case, locations also without spaces (applyAzureSpecificDiff)."""
    if not isinstance(old, str) or not isinstance(new, str):
        return False
    return old.replace(" ", "").lower() == new.replace(" ", "").lower()
