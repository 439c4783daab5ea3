"""What changes of a resource, property by property. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ...mutability import find_rule
from ...pool_names import base_of
from ...problems import ABSENT, render_path
from ..secret_names import HIDDEN
from .model import Edit, Leaf, Operation
from .resources import Fate, protection_differs
from .secrets import Secrets, stands_in_secret
from .values import Path, counterpart, differences, find, is_later, parse_path

_MACHINES = ("deploymentConfiguration", "virtualMachineConfiguration")

# Words among the reasons for a replacement that name no property: asked for by hand, and the option replaceWith.
# https://www.pulumi.com/docs/iac/concepts/resources/options/
BY_HAND = "id"
REPLACE_WITH = "replaceWith"


_EXTENSIONS = (*_MACHINES, "extensions")
_EXTENSION = re.compile(re.escape(".".join(_EXTENSIONS)) + r"\[\d+\]")


@dataclass(frozen=True)
class _Known:
    """The names of the old pool's extensions, and whether some come or go, so that the new ones are others."""

    names: Sequence[str]
    others: bool

    def name(self, index: str | int, removed: bool) -> str | None:
        fits = isinstance(index, int) and index < len(self.names) and (removed or not self.others)
        return self.names[int(index)] if fits else None


@dataclass(frozen=True)
class _Place:
    """A property that differs: its path in either version."""

    path: str
    edit: Edit
    forces: bool
    old: Path
    new: Path
    by_inputs: bool = True


def find_leaves(fate: Fate, secrets: Secrets, extensions: Sequence[str] = ()) -> tuple[Leaf, ...]:
    """The properties that differ, those that force a replacement first; nothing for what is new or goes.

    extensions: names of the old pool's extensions, in its order, for where the state keeps them secret.
    """
    if fate.operation not in (Operation.UPDATE, Operation.REPLACE, Operation.OTHER) or not fate.step.new:
        return ()
    places = list(_told(fate)) or list(_compared(fate))
    forcing = [one for one in places if one.forces]
    # the name of a blue-green pool or a canary is made of what else replaces it
    follows = len(forcing) > 1 and fate.component is not None and _is_made_up(fate)
    known = _Known(extensions, any(one.edit is not Edit.CHANGED and _EXTENSION.fullmatch(one.path) for one in places))
    leaves = [
        _leaf(fate, place, secrets, known, forces=place.forces and not (follows and place.path == "poolName"))
        for place in places
    ]
    if fate.step.old and protection_differs(fate.step):
        was, now = (json.dumps(bool(state.get("protect"))) for state in (fate.step.old, fate.step.new))
        leaves.append(Leaf("protect", Edit.CHANGED, was, now, False, shown="protect (option)"))
    return tuple(sorted(leaves, key=lambda leaf: (not leaf.forces, leaf.path)))


def forcing_unknown(leaves: tuple[Leaf, ...]) -> bool:
    """Whether all that forces a replacement are values that are not known before the update."""
    forcing = [leaf for leaf in leaves if leaf.forces]
    return bool(forcing) and not any(leaf.settled for leaf in forcing)


def _told(fate: Fate) -> Iterator[_Place]:
    step = fate.step
    for path, (kind, by_inputs) in (step.detailed or {}).items():
        edit = Edit.ADDED if kind.startswith("add") else Edit.REMOVED if kind.startswith("delete") else Edit.CHANGED
        old, new = _in_both(fate, parse_path(path), edit)
        forces = kind.endswith("-replace") and fate.operation is Operation.REPLACE
        yield _Place(path, edit, forces, old, new, by_inputs)


def _compared(fate: Fate) -> Iterator[_Place]:
    """Where the provider tells no details: what differs, and what it names besides."""
    step = fate.step
    old, new = _part(step.old, True), _part(step.new, True)
    named = set(step.reasons if fate.operation is Operation.REPLACE else ()) - {BY_HAND, REPLACE_WITH}
    seen: set[str] = set()
    for at, one, other in differences(old, new):
        path = render_path(at)
        covering = [
            reason
            for reason in {*named, *step.diffs}
            if path == reason or path.startswith((f"{reason}.", f"{reason}["))
        ]
        seen.update(covering)
        edit = Edit.ADDED if one is ABSENT else Edit.REMOVED if other is ABSENT else Edit.CHANGED
        yield _Place(path, edit, bool(named.intersection(covering)), at, at)
    for reason in dict.fromkeys((*step.reasons, *step.diffs)):
        if reason not in seen and (reason in named or reason in step.diffs):
            at = parse_path(reason)
            yield _Place(reason, Edit.CHANGED, reason in named, at, at)


def _in_both(fate: Fate, path: Path, edit: Edit) -> tuple[Path, Path]:
    """The path in the old version and in the new one. An index counts in the new list, of what is removed in the old
    one; the same element may stand elsewhere in the other."""
    here, there = (fate.step.old, fate.step.new) if edit is Edit.REMOVED else (fate.step.new, fate.step.old)
    tree, other_tree = _part(here, True), _part(there, True)
    other: list[str | int] = []
    for index, segment in enumerate(path):
        at: str | int | None = segment
        # what is added or removed as a whole has nothing on the other side
        if isinstance(segment, int) and not (edit is not Edit.CHANGED and index == len(path) - 1):
            at = counterpart(find(tree, path[: index + 1]), find(other_tree, other), segment)
        other.append(segment if at is None else at)
    found = tuple(other)
    return (path, found) if edit is Edit.REMOVED else (found, path)


def _leaf(fate: Fate, place: _Place, secrets: Secrets, known: _Known, *, forces: bool) -> Leaf:
    old_tree, new_tree = _part(fate.step.old, place.by_inputs), _part(fate.step.new, place.by_inputs)
    old = ABSENT if place.edit is Edit.ADDED else _value(fate.step.old, place.old, old_tree)
    new = ABSENT if place.edit is Edit.REMOVED else _value(fate.step.new, place.new, new_tree)
    also = {*_names(fate.step.old), *_names(fate.step.new)}
    hidden = bool(also.intersection(map(str, place.new[:1])))
    hidden = hidden or stands_in_secret(place.old, old_tree) or stands_in_secret(place.new, new_tree)
    return Leaf(
        path=secrets.scrub(place.path),
        edit=place.edit,
        old=_text(old, secrets, hidden),
        new=_text(new, secrets, hidden),
        forces=forces,
        rule=_rule(_INDEX.sub("", place.path)) if fate.is_pool else None,
        shown=secrets.scrub(_in_words(fate, place, known)),
        settled=not is_later(new),
    )


_INDEX = re.compile(r"\[\d+\]")
_rule = lru_cache(maxsize=1024)(find_rule)


def _text(value: Any, secrets: Secrets, hidden: bool) -> str | None:
    if value is ABSENT:
        return None
    return HIDDEN if hidden else secrets.show(value)


def _value(state: Mapping[str, Any], path: Path, tree: Any) -> Any:
    """From what was compared; what only the other half of the state has, from there."""
    found = find(tree, path)
    return found if found is not ABSENT else find(_part(state, False), path)


def _part(state: Mapping[str, Any], inputs: bool) -> Any:
    part = state.get("inputs" if inputs else "outputs")
    return part if isinstance(part, dict) else state.get("inputs") or {}


def _names(state: Mapping[str, Any]) -> tuple[str, ...]:
    named = state.get("additionalSecretOutputs")
    return tuple(named) if isinstance(named, list) else ()


def _is_made_up(fate: Fate) -> bool:
    inputs = _part(fate.step.new, True)
    name = inputs.get("poolName")
    return fate.is_canary or is_later(name) or (isinstance(name, str) and base_of(name) is not None)


def _in_words(fate: Fate, place: _Place, known: _Known) -> str:
    """The path without what every pool has in it, its elements by name."""
    removed = place.edit is Edit.REMOVED
    path, state = (place.old, fate.step.old) if removed else (place.new, fate.step.new)
    tree = _part(state, True)
    start = len(_MACHINES) if fate.is_pool and path[:2] == _MACHINES and len(path) > 2 else 0
    text = ""
    for index in range(start, len(path)):
        segment = path[index]
        one = find(tree, path[: index + 1]) if isinstance(segment, int) else None
        name = one.get("name") if isinstance(one, dict) else None
        if one == HIDDEN and path[:index] == _EXTENSIONS:
            name = known.name(segment, removed)
        if isinstance(name, str) and not is_later(name):
            text += f'["{name}"]'
        else:
            rendered = render_path((segment,))
            text += rendered if rendered.startswith("[") or not text else f".{rendered}"
    return text
