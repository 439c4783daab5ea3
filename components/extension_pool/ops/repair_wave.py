"""Whether the nodes of a repair's wave are healthy again. Pure: a judged pool in, one answer for a node out."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from .health import NodeHealth, PoolHealth, Verdict
from .snapshot import Answer, Node
from .text import clean_line, count, some

Machine = tuple[str, datetime | None]
"""A node id with its allocation time: ids are used again, and a restart does not make another machine."""


class Recovery(Enum):
    """How far a node, or what grew again, has come."""

    HEALTHY = "healthy"
    ON_ITS_WAY = "on its way"
    FAILED = "failed"
    GONE = "gone"
    """It left the pool meanwhile, or lost its machine: nothing more is to be done about it."""


@dataclass(frozen=True)
class Seen:
    """`certain` is false for a failure that may be the one from before: the service gives no time after the restart."""

    recovery: Recovery
    why: str = ""
    certain: bool = True


def machine(node: Node) -> Machine:
    """What tells a node from another one that got its id later."""
    return node.id, node.allocated


def judge_restarted(row: NodeHealth | None, before: Node) -> Seen:
    """A node that was rebooted or reimaged; `before` is how it was then, `row` how it is, None if it is not there."""
    if row is None or not row.counted or machine(row.node) != machine(before):
        return Seen(Recovery.GONE, "it left the pool" if row is None else f"it is {row.state}")
    if row.node.booted is not None and row.node.booted == before.booted:
        return Seen(Recovery.ON_ITS_WAY, "it has not restarted yet")
    if row.verdict is Verdict.HEALTHY:
        return Seen(Recovery.HEALTHY)
    if row.verdict is Verdict.FAILED and not row.waiting:
        return Seen(Recovery.FAILED, why_failed(row), _since_boot(row))
    return Seen(Recovery.ON_ITS_WAY, f"it is {row.state}")


def judge_grown(pool: PoolHealth, known: Iterable[Machine], removed: Iterable[Machine]) -> Seen:
    """The machines that came for `removed` ones; `known` are those that were there before the removal."""
    here = [row for row in pool.nodes if row.state != "leavingpool" and row.answer is not Answer.VANISHED]
    leaving = {machine(row.node) for row in here} & set(removed)
    short = (pool.pool.target_nodes or 0) - len(here)
    if pool.pool.allocation_state not in {"", "steady"}:
        return Seen(Recovery.ON_ITS_WAY, f"the pool is {pool.pool.allocation_state}")
    if pool.resize_errors and (leaving or short > 0):
        codes = ", ".join(dict.fromkeys(error.code or error.message for error in pool.resize_errors))
        return Seen(Recovery.FAILED, f"the pool did not resize: {clean_line(codes)}")
    if leaving:
        return Seen(Recovery.ON_ITS_WAY, f"{count(len(leaving), 'node')} not removed yet")
    if short > 0:
        return Seen(Recovery.ON_ITS_WAY, f"{count(short, 'node')} not there yet")
    before = set(known)
    new = [row for row in here if row.counted and machine(row.node) not in before]
    failed = [row for row in new if row.verdict is Verdict.FAILED and not row.waiting]
    if failed:
        ids = some([row.id for row in failed], 5)
        return Seen(Recovery.FAILED, f"new nodes fail as well: {ids}; {why_failed(failed[0])}", _since_boot(failed[0]))
    late = [row for row in new if row.verdict is not Verdict.HEALTHY]
    return (
        Seen(Recovery.ON_ITS_WAY, f"{count(len(late), 'new node')} not healthy yet") if late else Seen(Recovery.HEALTHY)
    )


def why_failed(row: NodeHealth) -> str:
    """What fails on a node, short: `KVExtensions failed`, `unusable: DiskFull`."""
    cells = [f"{cell.name} {cell.word}" for cell in row.extensions if cell.verdict is Verdict.FAILED]
    codes = [error.code for error in row.errors if error.code]
    return clean_line("; ".join(cells) or ": ".join([row.state, *codes[:1]]))


def _since_boot(row: NodeHealth) -> bool:
    """Whether every failure on the node is of the time after its last boot, as far as the service tells times."""
    booted = row.node.booted
    times = [cell.time for cell in row.extensions if cell.verdict is Verdict.FAILED]
    return booted is not None and bool(times) and all(time is not None and time >= booted for time in times)
