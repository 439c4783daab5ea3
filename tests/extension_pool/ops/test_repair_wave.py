"""When the nodes of a wave count as healthy again."""

from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest

from extension_pool.ops.health import NodeHealth, PoolHealth, judge_node, judge_pool
from extension_pool.ops.repair_wave import Recovery, judge_grown, judge_restarted, machine
from extension_pool.ops.snapshot import Node, NodeReading

from . import drawing

BEFORE = datetime(2026, 11, 20, 8, tzinfo=timezone.utc)
AFTER = BEFORE + timedelta(hours=1)
OLD = Node("n1", "idle", allocated=BEFORE, booted=BEFORE)


def row(
    line: str, booted: datetime | None = AFTER, told: datetime | None = None, allocated: datetime = BEFORE
) -> NodeHealth:
    reading = drawing.node(line)
    extensions = tuple(
        replace(one, statuses=tuple(replace(status, time=told) for status in one.statuses))
        for one in reading.extensions
    )
    node = replace(reading.node, booted=booted, allocated=allocated)
    return judge_node(replace(reading, node=node, extensions=extensions), ("a",))


@pytest.mark.parametrize(
    ("now", "recovery", "certain"),
    [
        (row("idle a=succeeded"), Recovery.HEALTHY, True),
        (row("offline a=succeeded"), Recovery.HEALTHY, True),
        (row("idle a=succeeded", booted=None), Recovery.HEALTHY, True),
        (row("idle a=succeeded", booted=BEFORE), Recovery.ON_ITS_WAY, True),
        (row("idle a=failed", booted=BEFORE), Recovery.ON_ITS_WAY, True),
        (row("rebooting", booted=BEFORE), Recovery.ON_ITS_WAY, True),
        (row("starting"), Recovery.ON_ITS_WAY, True),
        (row("idle a=transitioning"), Recovery.ON_ITS_WAY, True),
        (row("idle a=failed", told=AFTER), Recovery.FAILED, True),
        (row("idle a=failed", told=BEFORE), Recovery.FAILED, False),
        (row("idle a=failed"), Recovery.FAILED, False),
        (row("unusable"), Recovery.FAILED, False),
        (row("preempted"), Recovery.GONE, True),
        (row("idle a=succeeded", allocated=AFTER), Recovery.GONE, True),
        (None, Recovery.GONE, True),
    ],
)
def test_a_restarted_node(now: NodeHealth | None, recovery: Recovery, certain: bool) -> None:
    seen = judge_restarted(now, OLD)
    assert (seen.recovery, seen.certain) == (recovery, certain)


def pool(*rows: tuple[str, datetime], target: int = 2, allocation: str = "steady", resize: str = "") -> PoolHealth:
    reading = drawing.pool("\n".join(line for line, _ in rows), target, allocation, ("a",), resize)
    nodes = tuple(
        NodeReading(replace(one.node, allocated=moment), one.answer, one.extensions, one.problem)
        for one, (_, moment) in zip(reading.nodes, rows, strict=True)
    )
    return judge_pool(replace(reading, nodes=nodes))


GOOD, NEW = ("idle a=succeeded", BEFORE), ("idle a=succeeded", AFTER)
KNOWN = [("n1", BEFORE), ("n2", BEFORE)]


@pytest.mark.parametrize(
    ("now", "recovery", "why"),
    [
        (pool(GOOD, NEW), Recovery.HEALTHY, ""),
        (pool(GOOD, ("unusable", BEFORE), NEW, target=2), Recovery.HEALTHY, ""),
        (pool(GOOD), Recovery.ON_ITS_WAY, "1 node not there yet"),
        (pool(GOOD, allocation="resizing"), Recovery.ON_ITS_WAY, "the pool is resizing"),
        (pool(GOOD, ("starting", AFTER)), Recovery.ON_ITS_WAY, "1 new node not healthy yet"),
        (pool(GOOD, ("idle a=failed", AFTER)), Recovery.FAILED, "new nodes fail as well: n2; a failed"),
        (pool(GOOD, resize="AllocationFailed"), Recovery.FAILED, "the pool did not resize: AllocationFailed"),
        (pool(GOOD, NEW, resize="AllocationFailed"), Recovery.HEALTHY, ""),
        (pool(GOOD, target=1), Recovery.HEALTHY, ""),
    ],
)
def test_what_grew_again(now: PoolHealth, recovery: Recovery, why: str) -> None:
    known = [machine(one.node) for one in now.nodes if one.node.allocated == BEFORE]
    seen = judge_grown(now, [*known, ("gone", BEFORE)], [("gone", BEFORE)])
    assert (seen.recovery, seen.why) == (recovery, why)


def test_a_node_that_is_still_there_is_not_removed_yet() -> None:
    seen = judge_grown(pool(GOOD, GOOD), KNOWN, [("n2", BEFORE)])
    assert (seen.recovery, seen.why) == (Recovery.ON_ITS_WAY, "1 node not removed yet")


def test_a_new_machine_under_an_old_id_counts_as_new() -> None:
    assert judge_grown(pool(GOOD, NEW), KNOWN, [("n2", BEFORE)]).recovery is Recovery.HEALTHY
    sick = pool(GOOD, ("idle a=failed", AFTER))
    assert judge_grown(sick, KNOWN, [("n2", BEFORE)]).recovery is Recovery.FAILED
