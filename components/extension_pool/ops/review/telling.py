"""What of a report is told, in which order and under which words, to whoever reads it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ..text import count
from .leaves import forcing_unknown
from .model import Change, Environment, Operation, Report, Standing

POOL_TYPE = "azure-native:batch:Pool"

DONE: Mapping[Operation, str] = {
    Operation.DELETE: "deleted",
    Operation.REPLACE: "recreated",
    Operation.UPDATE: "updated",
    Operation.CREATE: "created",
    Operation.OTHER: "not changed in Azure",
}
NOUNS: Mapping[Operation, str] = {
    Operation.DELETE: "deletion",
    Operation.REPLACE: "replacement",
    Operation.UPDATE: "update",
    Operation.CREATE: "creation",
    Operation.OTHER: "other step",
}
STANDINGS: Mapping[Standing, str] = {
    Standing.FRESH: "ok",
    Standing.FAILED: "FAILED",
    Standing.MISSING: "MISSING",
    Standing.STALE: "STALE",
}
TITLES: Mapping[Standing, str] = {
    Standing.FAILED: "the preview failed",
    Standing.MISSING: "there is no preview",
    Standing.STALE: "the preview is stale",
}
LOSSES = (Operation.DELETE, Operation.REPLACE)
"""What a reviewer must have seen, the worst first."""
COLUMNS = (Operation.CREATE, Operation.UPDATE, Operation.REPLACE, Operation.DELETE, Operation.UNCHANGED)
"""What the table counts."""
_SAID_OF_NOTHING = "nothing recreated"


@dataclass(frozen=True)
class Told:
    """The same change of one or more resources, in one or more environments."""

    members: tuple[tuple[Environment, Change], ...]
    lines: bool
    """Whether lines were asked for: what has none is then from code."""

    @property
    def change(self) -> Change:
        return self.members[0][1]


def is_pool(change: Change) -> bool:
    return change.pool is not None or change.type == POOL_TYPE


def done(change: Change) -> str:
    """``deleted``, ``recreated``; and ``perhaps recreated`` where that hangs on values that only the update knows."""
    unsure = change.operation is Operation.REPLACE and forcing_unknown(change.leaves)
    return f"perhaps {DONE[change.operation]}" if unsure else DONE[change.operation]


def is_loss(change: Change) -> bool:
    """Whether somebody loses something by it. A canary is only tried, and stands beside the pool that it is for."""
    return change.operation in LOSSES and not change.is_canary


def is_bare(told: Told) -> bool:
    """Whether it is a deletion of which there is nothing to tell but its name."""
    change = told.change
    more = change.leaves or change.because_of or change.avoid or change.why or change.stale or change.place
    return change.operation is Operation.DELETE and not is_pool(change) and not more


def by_gravity(environments: Iterable[Environment]) -> list[Environment]:
    """The worst first: what is deleted, recreated, not to be believed, changed; else in the order given."""
    return sorted(environments, key=_gravity)


def changes_nothing(report: Report) -> bool:
    """Whether every preview can be believed and says that nothing changes."""
    return not any(one.changes or one.standing is not Standing.FRESH or _changing(one) for one in report.environments)


def verdict(environment: Environment) -> str:
    """``1 pool deleted (2 nodes), 1 recreated (4 nodes)``: what a reviewer must know of an environment."""
    said = list(_losses(environment))
    if environment.standing is not Standing.FRESH:
        seen = f" ({', '.join(said)})" if said else ""
        return f"PREVIEW {STANDINGS[environment.standing]}{seen}"
    return ", ".join(said) or (_SAID_OF_NOTHING if environment.changes or _changing(environment) else "nothing changes")


def numbers_of(environments: Sequence[Environment]) -> list[str]:
    """Resources by operation, as `COLUMNS` has them; ``-`` where no preview came to any."""
    if not any(one.counts and one.standing is not Standing.MISSING for one in environments):
        return ["-"] * len(COLUMNS)
    return [str(sum(one.counts.get(column, 0) for one in environments)) for column in COLUMNS]


def sum_up(environments: Sequence[Environment]) -> str:
    """Of environments that are not told one by one: how many of each kind, the worst first."""
    kinds: dict[str, int] = {}
    for environment in by_gravity(environments):
        kind = _KINDS[_gravity(environment)]
        kinds[kind] = kinds.get(kind, 0) + 1
    return ", ".join(f"{number} with {kind}" for kind, number in kinds.items())


def gather_losses(report: Report) -> list[Told]:
    """What is deleted, then what is recreated; equal changes as one, pools first."""
    return _gather(report, is_loss, LOSSES)


def gather_others(report: Report) -> list[Told]:
    """All else; equal changes as one, pools first."""
    return _gather(report, lambda change: not is_loss(change), tuple(NOUNS))


def _gather(report: Report, wanted: Callable[[Change], bool], order: Sequence[Operation]) -> list[Told]:
    found: dict[object, list[tuple[Environment, Change]]] = {}
    for environment in report.environments:
        for change in environment.changes:
            if change.operation in order and wanted(change):
                found.setdefault(_sameness(change), []).append((environment, change))
    told = [Told(tuple(members), report.base is not None) for members in found.values()]
    return sorted(told, key=lambda one: (order.index(one.change.operation), not is_pool(one.change)))


def count_up(gathered: Sequence[Told]) -> dict[str, int]:
    """How many changes there are of each kind: ``{"update": 3}``."""
    numbers: dict[str, int] = {}
    for told in gathered:
        noun = NOUNS[told.change.operation]
        numbers[noun] = numbers.get(noun, 0) + len(told.members)
    return numbers


def messages(report: Report) -> dict[str, list[str]]:
    """What previews that did not fail said besides, warnings mostly: the environments by message."""
    found: dict[str, list[str]] = {}
    for environment in report.environments:
        for message in () if environment.standing is Standing.FAILED else environment.messages:
            names = found.setdefault(message, [])
            names.extend([] if environment.name in names else [environment.name])
    return found


def why_not(environment: Environment) -> str:
    """Why a preview cannot be believed; "" where its messages say it."""
    reason = environment.reason
    told = reason.removeprefix(f"{TITLES[Standing.FAILED]}: ")
    return "" if any(told in message for message in environment.messages) else reason


def nodes_of(changes: Iterable[Change]) -> int | None:
    """How many nodes go with them; None where no preview says it."""
    known = [change.cost.nodes for change in changes if change.cost is not None and change.cost.nodes is not None]
    return sum(known) if known else None


_KINDS = (
    "pools deleted",
    "pools recreated",
    "PREVIEW FAILED, MISSING or STALE",
    "other resources deleted or recreated",
    _SAID_OF_NOTHING,
    "no change",
)


def _gravity(environment: Environment) -> int:
    losses = [change for change in environment.changes if is_loss(change)]
    pools = {change.operation for change in losses if is_pool(change)}
    if Operation.DELETE in pools:
        return 0
    if pools:
        return 1
    if environment.standing is not Standing.FRESH:
        return 2
    if losses:
        return 3
    return 4 if _changing(environment) else 5


def _changing(environment: Environment) -> bool:
    return any(environment.counts.get(one, 0) for one in (*LOSSES, Operation.UPDATE, Operation.CREATE))


def _losses(environment: Environment) -> Iterator[str]:
    """Pools with their nodes, then other resources: what is deleted, recreated, and perhaps recreated."""
    losses = [change for change in environment.changes if is_loss(change)]
    pools = [change for change in losses if is_pool(change)]
    others = [change for change in losses if not is_pool(change)]
    for changes, noun in ((pools, "pool"), (others, "other resource")):
        kinds: dict[str, list[Change]] = {"deleted": [], "recreated": [], "perhaps recreated": []}
        for change in changes:
            kinds[done(change)].append(change)
        named = False
        for word, found in kinds.items():
            if found:
                nodes = nodes_of(found)
                told = f" ({count(nodes, 'node')})" if nodes is not None and noun == "pool" else ""
                # the noun is told once: "1 pool deleted, 2 recreated"
                yield f"{len(found) if named else count(len(found), noun)} {word}{told}"
                named = True


def _sameness(change: Change) -> object:
    """What two changes share that are told as one: all that is told once of them."""
    leaves = tuple(
        (leaf.shown or leaf.path, leaf.edit, leaf.old, leaf.new, leaf.forces, leaf.settled) for leaf in change.leaves
    )
    kind = (change.operation, change.type, change.ours, change.is_canary, change.stale)
    # without a property the name is all there is to tell; what is new nobody reads one by one
    name = "" if leaves or change.operation is Operation.CREATE else change.name
    return kind, leaves, change.because_of, change.avoid, change.why, name
