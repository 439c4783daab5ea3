"""What an edit of a program does to its pools: two recorded runs, one before the edit and one after it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..mutability import Azure as AzureDoes
from ..mutability import Rule, explain, find_rule
from ..problems import Path, render_path
from .answers import Answer, name_some
from .stack import RecordedStack
from .urns import former_urns
from .values import NotRecorded, covers, parse_path, reveal
from .views import FREE, Pool

SAME, CREATE, DELETE, UPDATE, REPLACE = "same", "create", "delete", "update", "replace"

# Arrays whose order says nothing to the provider: elements are told by these keys (x-ms-identifiers of the REST
# specification). All others are compared by position.
_KEYS: Mapping[str, tuple[str, ...]] = {
    "extensions": ("name", "type"),
    "metadata": ("name",),
    "userAccounts": ("name",),
    "environmentSettings": ("name",),
    "dataDisks": ("lun",),
    "containerRegistries": ("registryServer",),
}
_DEFAULTS = {"taskSlotsPerNode": 1}


@dataclass(frozen=True)
class PoolChange:
    """What becomes of one pool.

    name: of its ExtensionPool, or its logical name; operation: ``same``, ``create``, ``delete``, ``update`` or
    ``replace``, as Pulumi says it; edited: every property that differs; because: those for which it is replaced;
    refused: those that Azure refuses to change on a pool that has nodes and that do not replace it, so that the update
    fails; protected: whether ``protect`` would stop a replacement or deletion.
    """

    name: str
    operation: str
    edited: tuple[str, ...] = ()
    because: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    protected: bool = False

    def __str__(self) -> str:
        places = {REPLACE: self.because, UPDATE: self.edited}.get(self.operation, ())
        text = f"{self.name}: {self.operation}" + (f" for {name_some(places, 10)}" if places else "")
        text += f"; Azure refuses {name_some(self.refused, 10)}" if self.refused else ""
        return text + ("; it is protected" if self.protected and self.operation in (REPLACE, DELETE) else "")


@dataclass(frozen=True)
class Comparison:
    """What an edit does to the pools of a program.

    changes: of every pool, canaries as well, in the order of their names.
    """

    changes: tuple[PoolChange, ...]

    def __str__(self) -> str:
        return "\n".join(map(str, self.changes)) or "no pools"

    @property
    def replaced(self) -> tuple[str, ...]:
        """Names of the pools that are deleted and made anew, or made anew under another name."""
        return self._names(REPLACE)

    @property
    def updated(self) -> tuple[str, ...]:
        """Names of the pools that change in place."""
        return self._names(UPDATE)

    @property
    def deleted(self) -> tuple[str, ...]:
        """Names of the pools that the program does not have any more."""
        return self._names(DELETE)

    @property
    def unchanged(self) -> tuple[str, ...]:
        return self._names(SAME)

    def pool(self, name: str) -> PoolChange:
        """What becomes of a pool. Raises NotRecorded for one that is in neither program."""
        found = next((one for one in self.changes if one.name == name), None)
        if found is None:
            raise NotRecorded(f"no pool {name!r} in either program; there are: {name_some(self._names(), 20)}")
        return found

    def recreates(self, name: str) -> Answer:
        """Whether a pool is replaced or deleted."""
        change = self.pool(name)
        return Answer(change.operation in (REPLACE, DELETE), str(change))

    def _names(self, *operations: str) -> tuple[str, ...]:
        return tuple(one.name for one in self.changes if not operations or one.operation in operations)


def compare(before: RecordedStack, after: RecordedStack) -> Comparison:
    """What an update from one program to the other does to the pools, as far as their own inputs say.

    It compares as azure-native and the engine do: by property, ``ignoreChanges`` left out, replaced on
    ``replaceOnChanges`` of the program after the edit and on the pool's address; former names by ``aliases``. It knows
    nothing of the state: what drifted in Azure, what the engine replaces because of another resource (an identity that
    is deleted before it is made anew), and values that a preview does not know because the resource that they come from
    changes as well. There `pulumi preview` may show more, and it has the last word.

    Raises ValueError for a run that was recorded as a preview: what it does not know cannot be compared.
    """
    for one in (before, after):
        if one.preview:
            raise ValueError("compare: needs two runs with all their values; record them without preview=True")
    # a pool that has another name or component now is the same one where its aliases say so
    old = {one.urn: one for one in _all_pools(before)}
    changes = []
    for new in _all_pools(after):
        was = next((old.pop(urn) for urn in (new.urn, *former_urns(new)) if urn in old), None)
        changes.append(_changed(was, new) if was else PoolChange(_name(new), CREATE, protected=bool(new.is_protected)))
    changes += [PoolChange(_name(one), DELETE, protected=bool(one.is_protected)) for one in old.values()]
    return Comparison(tuple(sorted(changes, key=lambda one: one.name)))


def _all_pools(stack: RecordedStack) -> list[Pool]:
    return [one for one in stack.resources() if isinstance(one, Pool)]


def _name(pool: Pool) -> str:
    return pool.logical_name if pool.is_canary or pool.component is None else pool.component.logical_name


def _changed(old: Pool, new: Pool) -> PoolChange:
    ignored = [parse_path(path) for path in new.options.ignore_changes]
    replacing = [parse_path(path) for path in new.options.replace_on_changes]
    # one that goes and one that comes can have the same place
    found = dict.fromkeys(_edits(reveal(old.inputs), reveal(new.inputs)))
    edited = [place for place in found if not _covered(ignored, place)]
    rules = {place: find_rule(".".join(map(str, place))) for place in edited}
    because = [place for place in edited if _covered(replacing, place) or _moves(rules[place])]
    triggered = reveal(old.options.replacement_trigger) != reveal(new.options.replacement_trigger)
    refused = [place for place, rule in rules.items() if rule is not None and rule.azure is AzureDoes.REFUSED]
    operation = REPLACE if because or triggered else UPDATE if edited else SAME
    return PoolChange(
        name=_name(new),
        operation=operation,
        edited=tuple(map(render_path, edited)),
        because=(*map(render_path, because), *(["replacementTrigger"] if triggered else [])),
        refused=tuple(map(render_path, refused)) if operation == UPDATE else (),
        # the engine asks the state: what it was protected by before
        protected=bool(old.is_protected),
    )


def _covered(patterns: list[Path], place: Path) -> bool:
    return any(covers(pattern, place) for pattern in patterns)


def _moves(rule: Rule | None) -> bool:
    return rule is not None and rule.azure is AzureDoes.OTHER_POOL


def _edits(old: Mapping[str, Any], new: Mapping[str, Any], at: Path = ()) -> Iterator[Path]:
    """Where two objects differ: at the leaf; an object that comes or goes at its own place."""
    for name in (*old, *(key for key in new if key not in old)):
        here = (*at, name)
        if name in old and name in new:
            yield from _value_edits(old[name], new[name], here)
        elif at or name not in _DEFAULTS or {**new, **old}[name] != _DEFAULTS[name]:
            yield here


def _value_edits(old: Any, new: Any, at: Path) -> Iterator[Path]:
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        yield from _edits(old, new, at)
    elif isinstance(old, list) and isinstance(new, list):
        keys = _KEYS.get(str(at[-1])) if not set(at) & set(FREE) else None
        yield from _keyed_edits(old, new, keys, at) if keys else _list_edits(old, new, at)
    elif at == ("resourceGroupName",) and str(old).lower() == str(new).lower():
        return
    elif old != new or isinstance(old, bool) is not isinstance(new, bool):
        yield at


def _list_edits(old: list[Any], new: list[Any], at: Path) -> Iterator[Path]:
    for index in range(max(len(old), len(new))):
        here = (*at, index)
        if index < len(old) and index < len(new):
            yield from _value_edits(old[index], new[index], here)
        else:
            yield here


def _keyed_edits(old: list[Any], new: list[Any], keys: tuple[str, ...], at: Path) -> Iterator[Path]:
    before = {_key(one, keys): (index, one) for index, one in enumerate(old)}
    for index, one in enumerate(new):
        was = before.pop(_key(one, keys), None)
        if was is None:
            yield (*at, index)
        else:
            yield from _value_edits(was[1], one, (*at, index))
    for index, _ in before.values():
        yield (*at, index)


def _key(one: Any, keys: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(repr(one.get(key)) if isinstance(one, Mapping) else repr(one) for key in keys)


def explain_change(change: PoolChange) -> tuple[str, ...]:
    """A sentence or two for each edited property: what Azure does with it, and what running nodes see."""
    found = [(place, find_rule(place)) for place in change.edited]
    return tuple(f"{place}: {explain(rule)}" for place, rule in found if rule is not None)
