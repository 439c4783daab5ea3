"""Judges a pool: the extensions it should have against what its nodes report. Pure; one snapshot in, one verdict out.

Rules that are judgement and not Azure's, besides those of `cells`:

- A node without a machine (preempted, deallocated, leaving, gone since it was listed) says nothing about extensions. It
  does not count, and the sentence names it, so that spot pools are not sick each time Azure takes a node back.
- A node that Batch cannot use is failed whatever its extensions say; one that Batch lost contact with is unknown.
- A formula that Azure could not evaluate is something that waits: Azure evaluates it again, and the samples that a
  formula asks for may be missing on a young pool.
- A pool that was deleted outside Pulumi is failed. Other changes outside it are shown and leave the verdict: what runs
  may well be healthy, and whoever made them may have had a reason.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .cells import ExtensionHealth, Phase, Verdict, judge_code, judge_phase, judge_reports, phase, severity, worst
from .snapshot import Answer, Node, NodeReading, Pool, PoolReading, Problem
from .text import count

if TYPE_CHECKING:
    from .drift import Drift
    from .gate import GateVerdict

__all__ = [
    "ExtensionHealth",
    "NodeHealth",
    "Phase",
    "PoolHealth",
    "Verdict",
    "judge_code",
    "judge_node",
    "judge_pool",
    "missing_pool",
    "phase",
    "settled",
    "severity",
    "worst",
]


@dataclass(frozen=True)
class NodeHealth:
    """One row. `counted` is false for a node without a machine; such a node does not enter the pool's verdict.

    `node` and `answer` are what it was judged from.
    """

    id: str
    state: str
    verdict: Verdict
    counted: bool
    extensions: tuple[ExtensionHealth, ...]
    errors: tuple[Problem, ...]
    node: Node
    answer: Answer

    @property
    def waiting(self) -> bool:
        """Whether asking again can change the row."""
        return self.counted and Verdict.WAITING in {self.verdict, *(cell.verdict for cell in self.extensions)}


@dataclass(frozen=True)
class PoolHealth:
    """A pool with its rows, sorted by node id. `expected` is None when nobody says which extensions it should have.

    `waiting` says whether something is still on its way, which a failed pool may well have. `pool` is what it was
    judged from. `short` is how many nodes are wanted and not there, and `allocation` what that means. `drift` is what
    was changed outside Pulumi, `gate` the verdict of a gate if one was asked for.
    """

    name: str
    account: str
    verdict: Verdict
    summary: str
    expected: tuple[str, ...] | None
    nodes: tuple[NodeHealth, ...]
    resize_errors: tuple[Problem, ...]
    waiting: bool
    pool: Pool
    short: int = 0
    allocation: Verdict = Verdict.HEALTHY
    drift: tuple[Drift, ...] = ()
    gate: GateVerdict | None = None

    @property
    def counts(self) -> Counter[Verdict]:
        """How many nodes have each verdict; those that do not count are left out."""
        return Counter(row.verdict for row in self.nodes if row.counted)


def judge_pool(
    reading: PoolReading,
    account: str = "",
    expected: Sequence[str] | None = None,
    drift: Sequence[Drift] = (),
) -> PoolHealth:
    """The verdict on a pool. `expected` are the extensions it should have; default: those the service says it has.

    `drift` is carried along and changes nothing in the verdict.
    """
    pool = reading.pool
    names = tuple(expected) if expected is not None else pool.expected
    rows = sorted((judge_node(node, names) for node in reading.nodes), key=lambda row: row.id)
    short, allocation = _allocation(reading)
    counted = [row for row in rows if row.counted]
    verdicts = [allocation, *(row.verdict for row in counted)]
    if not counted and len(rows) > _leaving(reading):
        # Nothing can be judged. Preempted nodes come back by themselves, deallocated ones when somebody starts them.
        preempted = any(row.state == "preempted" for row in rows)
        verdicts.append(Verdict.WAITING if preempted else Verdict.UNKNOWN)
    deleting = pool.state == "deleting"
    summary = _summary(rows, names, short, allocation, reading)
    return PoolHealth(
        name=pool.id,
        account=account,
        verdict=worst([*verdicts, Verdict.UNKNOWN] if deleting else verdicts),
        summary=f"the pool is being deleted; {summary}" if deleting else summary,
        expected=names,
        nodes=tuple(rows),
        resize_errors=pool.resize_errors,
        waiting=not deleting and (Verdict.WAITING in verdicts or any(row.waiting for row in rows)),
        pool=pool,
        short=short,
        allocation=allocation,
        drift=tuple(drift),
    )


def missing_pool(
    name: str, account: str = "", expected: Sequence[str] | None = None, drift: Sequence[Drift] = ()
) -> PoolHealth:
    """A pool that a stack has and Azure has not: failed, with no node, to be shown beside the others."""
    return PoolHealth(
        name=name,
        account=account,
        verdict=Verdict.FAILED,
        summary="deleted outside Pulumi: the stack has the pool, Azure does not",
        expected=None if expected is None else tuple(expected),
        nodes=(),
        resize_errors=(),
        waiting=False,
        pool=Pool(name),
        allocation=Verdict.FAILED,
        drift=tuple(drift),
    )


def settled(row: NodeHealth) -> bool:
    """Whether asking the node again can be skipped until it boots or leaves its state: it is up, and all succeeded.

    A failure is not settled: an agent may try again, and a repair changes it.
    """
    return row.counted and row.verdict is Verdict.HEALTHY and phase(row.state) is Phase.UP


def judge_node(reading: NodeReading, expected: Sequence[str] | None) -> NodeHealth:
    """The verdict on one node: each expected extension in order, then what it reports besides, by name."""
    node = reading.node
    now = judge_phase(reading)
    cells = tuple(cell for cell, _ in judge_reports(reading, expected, now))
    verdicts = [cell.verdict for cell in cells]
    if now is Phase.BROKEN:
        verdicts.append(Verdict.FAILED)
    elif now is Phase.COMING:
        verdicts.append(Verdict.WAITING)
    elif now in {Phase.LOST, Phase.AWAY} or reading.answer is not Answer.ANSWERED:
        verdicts.append(Verdict.UNKNOWN)
    return NodeHealth(
        id=node.id,
        state=node.state or "no state",
        verdict=Verdict.UNKNOWN if now is Phase.AWAY else worst(verdicts),
        counted=now is not Phase.AWAY,
        extensions=cells,
        errors=tuple(_errors(node, reading)),
        node=node,
        answer=reading.answer,
    )


def _errors(node: Node, reading: NodeReading) -> Iterable[Problem]:
    yield from node.errors
    task = node.start_task
    if task is not None and (task.failure is not None or node.state == "starttaskfailed"):
        failure = task.failure or Problem("", "")
        exit_code = "" if task.exit_code is None else f"the start task ended with exit code {task.exit_code}"
        parts = [part for part in (exit_code, failure.message) if part]
        yield Problem(failure.code or "StartTaskFailed", "; ".join(parts))
    if reading.problem is not None and reading.answer is not Answer.VANISHED:
        yield reading.problem


def _leaving(reading: PoolReading) -> int:
    """Nodes that the pool no longer wants, or no longer has."""
    return sum(node.node.state == "leavingpool" or node.answer is Answer.VANISHED for node in reading.nodes)


def _allocation(reading: PoolReading) -> tuple[int, Verdict]:
    """How many nodes are wanted and not there, and what that means. Errors of a resize that got there do not count."""
    pool = reading.pool
    resizing = pool.allocation_state not in {"", "steady"}
    present = len(reading.nodes) - _leaving(reading)
    short = max(0, (pool.target_nodes or 0) - present)
    if short and pool.resize_errors and not resizing:
        return short, Verdict.FAILED
    unscaled = pool.autoscale is not None and pool.autoscale.error is not None
    if short or unscaled or (resizing and not present and pool.target_nodes != 0):
        return short, Verdict.WAITING
    return short, Verdict.HEALTHY


def _summary(
    rows: Sequence[NodeHealth],
    expected: Sequence[str] | None,
    short: int,
    allocation: Verdict,
    reading: PoolReading,
) -> str:
    """The counted sentence: `3 of 4 nodes: all 2 extensions succeeded; 1 waiting`."""
    counted = Counter(row.verdict for row in rows if row.counted)
    total = sum(counted.values())
    parts = [f"{counted[Verdict.HEALTHY]} of {count(total, 'node')}: {_what(expected)}"] if total else ["no nodes"]
    parts += [f"{counted[v]} {v.value}" for v in (Verdict.FAILED, Verdict.UNKNOWN, Verdict.WAITING) if counted[v]]
    vanished = {node.node.id for node in reading.nodes if node.answer is Answer.VANISHED}
    away = Counter("gone" if row.id in vanished else row.state for row in rows if not row.counted)
    parts += [f"{number} {word}, not counted" for word, number in sorted(away.items())]
    parts += _room(reading.pool, short, allocation, empty=not total, away=bool(away))
    return "; ".join(parts)


def _room(pool: Pool, short: int, allocation: Verdict, *, empty: bool, away: bool) -> Iterator[str]:
    """What the sentence says of nodes that are not there."""
    error = pool.autoscale.error if pool.autoscale is not None else None
    if error is not None:
        yield f"the autoscale formula could not be evaluated: {error.code or error.message}"
    if short and allocation is Verdict.FAILED and pool.resize_errors:
        codes = ", ".join(dict.fromkeys(error.code or error.message for error in pool.resize_errors))
        yield f"{short} more wanted, and the resize failed: {codes}"
    elif short:
        yield f"{short} more wanted"
    elif empty and allocation is Verdict.WAITING and error is None:
        yield "resizing"
    elif empty and not away and error is None:
        yield "none wanted" if pool.target_nodes == 0 else "resize target unknown"


def _what(expected: Sequence[str] | None) -> str:
    if expected is None:
        return "every reported extension succeeded"
    if not expected:
        return "ready, no extensions expected"
    return "the extension succeeded" if len(expected) == 1 else f"all {len(expected)} extensions succeeded"
