"""Judges a pool: the extensions it should have against what its nodes report. Pure; one snapshot in, one verdict out.

Rules that are judgement and not Azure's:

- An expected extension that a node does not report is not healthy: the node is still coming up, or it is a failure.
- Codes decide, not levels: `ProvisioningState/succeeded` at level Error counts as succeeded.
- A node without a machine (preempted, deallocated, leaving, gone since it was listed) says nothing about extensions. It
  does not count, and the sentence names it, so that spot pools are not sick each time Azure takes a node back.
- A node that Batch cannot use is failed whatever its extensions say; one that Batch lost contact with is unknown.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from .snapshot import Answer, Node, NodeExtension, NodeReading, Pool, PoolReading, Problem, Status
from .text import count


class Verdict(Enum):
    """From best to worst; the worst part is the verdict of the whole."""

    HEALTHY = "healthy"
    WAITING = "waiting"
    UNKNOWN = "unknown"
    FAILED = "failed"


class Phase(Enum):
    """What a node's state means for its extensions."""

    COMING = "coming up"
    UP = "up"
    BROKEN = "broken"
    AWAY = "away"
    LOST = "lost"


# https://learn.microsoft.com/rest/api/batchservice/nodes/list-nodes (the states); their meaning here is ours.
# `offline` is up: an operator switched scheduling off, the machine and its extensions run.
_PHASES = {
    "idle": Phase.UP,
    "running": Phase.UP,
    "offline": Phase.UP,
    "creating": Phase.COMING,
    "starting": Phase.COMING,
    "waitingforstarttask": Phase.COMING,
    "rebooting": Phase.COMING,
    "reimaging": Phase.COMING,
    "upgradingos": Phase.COMING,
    "unusable": Phase.BROKEN,
    "starttaskfailed": Phase.BROKEN,
    "leavingpool": Phase.AWAY,
    "preempted": Phase.AWAY,
    "deallocating": Phase.AWAY,
    "deallocated": Phase.AWAY,
    "unknown": Phase.LOST,
}

_WORDS = {
    "succeeded": Verdict.HEALTHY,
    "creating": Verdict.WAITING,
    "updating": Verdict.WAITING,
    "transitioning": Verdict.WAITING,
    "deleting": Verdict.WAITING,
    "failed": Verdict.FAILED,
}
_PREFIX = "provisioningstate/"

_SEVERITY = {Verdict.HEALTHY: 0, Verdict.WAITING: 1, Verdict.UNKNOWN: 2, Verdict.FAILED: 3}


@dataclass(frozen=True)
class ExtensionHealth:
    """One cell: an extension on a node. `word` is the short form of why; `code` and `message` are the service's."""

    name: str
    verdict: Verdict
    word: str
    code: str = ""
    message: str = ""
    level: str = ""
    time: datetime | None = None
    expected: bool = True
    publisher: str = ""
    type: str = ""
    version: str = ""


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
    judged from.
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


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The worst of `verdicts`; of none, healthy."""
    return max(verdicts, key=_SEVERITY.__getitem__, default=Verdict.HEALTHY)


def phase(state: str) -> Phase:
    """What the node state `state` means; a word nobody knows counts as lost contact, since it cannot be judged."""
    return _PHASES.get(state.lower(), Phase.LOST)


def judge_pool(reading: PoolReading, account: str = "", expected: Sequence[str] | None = None) -> PoolHealth:
    """The verdict on a pool. `expected` are the extensions it should have; default: those the service says it has."""
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
    )


def judge_node(reading: NodeReading, expected: Sequence[str] | None) -> NodeHealth:
    """The verdict on one node: each expected extension in order, then what it reports besides, by name."""
    node = reading.node
    now = _phase(reading)
    pairs, extra = _match(expected or (), reading.extensions)
    cells = [_cell(name, seen, now, reading) for name, seen in pairs]
    cells += [
        _cell(seen.name, seen, now, reading, expected=expected is None)
        for seen in sorted(extra, key=lambda seen: seen.name.casefold())
    ]
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
        extensions=tuple(cells),
        errors=tuple(_errors(node, reading)),
        node=node,
        answer=reading.answer,
    )


def judge_code(code: str) -> Verdict:
    """What a status code means: `ProvisioningState/<word>[/<sub>]` in any casing; unknown for any other."""
    if not code.lower().startswith(_PREFIX):
        return Verdict.UNKNOWN
    return _WORDS.get(code[len(_PREFIX) :].split("/")[0].strip().lower(), Verdict.UNKNOWN)


def _phase(reading: NodeReading) -> Phase:
    """The phase by the node's state, corrected by what happened since it was listed."""
    now = phase(reading.node.state)
    if reading.answer is Answer.VANISHED:
        return Phase.AWAY
    # NodeBeingCreated, ...Started, ...Rebooted, ...Reimaged (409): it was up when listed and restarts now.
    restarting = reading.problem is not None and reading.problem.code.lower().startswith("nodebeing")
    return Phase.COMING if now is Phase.UP and reading.answer is Answer.REFUSED and restarting else now


def _match(
    expected: Sequence[str], seen: Sequence[NodeExtension]
) -> tuple[list[tuple[str, NodeExtension | None]], list[NodeExtension]]:
    """Pairs expected names with reports: first by the name itself, then by an alias, each report at most once."""
    left = list(seen)
    found: dict[str, NodeExtension] = {}
    for names in (lambda item: (item.name,), lambda item: item.aliases):
        for wanted in expected:
            for item in left:
                if wanted not in found and wanted.casefold() in {name.casefold() for name in names(item)}:
                    found[wanted] = item
                    left.remove(item)
                    break
    return [(name, found.get(name)) for name in expected], left


def _cell(
    name: str, seen: NodeExtension | None, now: Phase, reading: NodeReading, expected: bool = True
) -> ExtensionHealth:
    if seen is None:
        verdict, word, why = _absent(now, reading)
        return ExtensionHealth(name, verdict, word, message=why)
    status = _deciding(seen)
    if status is None:
        verdict = Verdict.WAITING if now is Phase.COMING else Verdict.UNKNOWN
        word, status = "no status", Status("", message="the service lists the extension without a status")
    else:
        verdict = judge_code(status.code)
        known = verdict is not Verdict.UNKNOWN
        word = status.code[len(_PREFIX) :].lower() if known else status.code or "no status"
    return ExtensionHealth(
        name=name,
        verdict=Verdict.UNKNOWN if now is Phase.AWAY else verdict,
        word=word,
        code=status.code,
        # A label such as "Transitioning" explains nothing; a message of something that waits does.
        message=status.message or (status.display_status if verdict is not Verdict.WAITING else ""),
        level=status.level,
        time=status.time,
        expected=expected,
        publisher=seen.publisher,
        type=seen.type,
        version=seen.version,
    )


def _absent(now: Phase, reading: NodeReading) -> tuple[Verdict, str, str]:
    """An expected extension without a report: verdict, word, and a sentence."""
    if now is Phase.COMING:
        return Verdict.WAITING, "not yet", f"the node is {reading.node.state}"
    if now is Phase.AWAY:
        gone = reading.answer is Answer.VANISHED
        return (
            Verdict.UNKNOWN,
            "gone" if gone else "not asked",
            "the node left the pool while it was read" if gone else "",
        )
    if reading.answer is not Answer.ANSWERED:
        return Verdict.UNKNOWN, "no answer", ""
    if now is Phase.LOST:
        return Verdict.UNKNOWN, "absent", f"not reported, and the node's state is {reading.node.state!r}"
    return Verdict.FAILED, "absent", "the pool should have this extension, and the node does not report it"


def _deciding(seen: NodeExtension) -> Status | None:
    """The status that decides: the worst of the ProvisioningState codes.

    `provisioningState` of the item counts where it says failed or where there is no such code. Statuses of other kinds
    (components, health probes) decide only when nothing else does.
    """
    states = [status for status in seen.statuses if status.code.lower().startswith(_PREFIX)]
    if seen.provisioning_state:
        own = Status(f"ProvisioningState/{seen.provisioning_state}")
        failed = judge_code(own.code) is Verdict.FAILED
        if not states or (failed and Verdict.FAILED not in {judge_code(status.code) for status in states}):
            # The texts that came with it are all there is to explain it.
            texts = [status.message or status.display_status for status in seen.statuses]
            states.append(Status(own.code, message="\n".join(text for text in texts if text)))
    return max(states or seen.statuses, key=lambda status: _SEVERITY[judge_code(status.code)], default=None)


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
    if short or (resizing and not present and pool.target_nodes != 0):
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
    if allocation is Verdict.FAILED:
        codes = ", ".join(dict.fromkeys(error.code or error.message for error in reading.pool.resize_errors))
        parts.append(f"{short} more wanted, and the resize failed: {codes}")
    elif short:
        parts.append(f"{short} more wanted")
    elif not total and allocation is Verdict.WAITING:
        parts.append("resizing")
    elif not total and not away:
        parts.append("none wanted" if reading.pool.target_nodes == 0 else "resize target unknown")
    return "; ".join(parts)


def _what(expected: Sequence[str] | None) -> str:
    if expected is None:
        return "every reported extension succeeded"
    if not expected:
        return "ready, no extensions expected"
    return "the extension succeeded" if len(expected) == 1 else f"all {len(expected)} extensions succeeded"
