"""What a repair plans: which remedy for which node, in which waves, and what it leaves alone."""

from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extension_pool.ops.diagnosis import Cause, Finding, Remedy
from extension_pool.ops.errors import BadUsage
from extension_pool.ops.health import PoolHealth, Verdict, judge_pool
from extension_pool.ops.repair import (
    MOST_REMOVED,
    Budget,
    Options,
    Plan,
    Skipped,
    can_work,
    explain_wave,
    parse_budget,
    plan_repair,
    was_restarted,
)
from extension_pool.ops.snapshot import Node

from . import drawing

NOW = datetime(2026, 11, 20, 12, tzinfo=timezone.utc)
ONE = Options(Budget(number=1))


def health(lines: str, **nodes: Node) -> PoolHealth:
    reading = drawing.pool(lines, expected=("a",))
    changed = (replace(one, node=nodes.get(one.node.id, one.node)) for one in reading.nodes)
    return judge_pool(replace(reading, nodes=tuple(changed)), "acct")


def cause(remedy: Remedy, name: str = "") -> Cause:
    return Cause(name or remedy.value, f"needs {remedy.value}", ("Do it.",), "https://learn.microsoft.com", remedy)


def finding(
    *nodes: str,
    remedy: Remedy | None = Remedy.REBOOT,
    severity: Verdict = Verdict.FAILED,
    command: str | None = None,
    subject: str = "a",
) -> Finding:
    known = None if remedy is None else cause(remedy)
    return Finding("linux", "acct", subject, known, "It failed.", nodes, command, severity)


def drawn(plan: Plan) -> list[str]:
    return [f"{wave[0].remedy.value} {' '.join(one.node.id for one in wave)}" for wave in plan.waves]


def reasons(plan: Plan) -> dict[tuple[str, ...], str]:
    return {one.nodes: one.reason for one in plan.skipped}


@pytest.mark.parametrize(("remedy", "does"), [(Remedy.REBOOT, "reboot n1"), (Remedy.REMOVE, "remove n1")])
def test_each_node_gets_what_its_cause_calls_for(remedy: Remedy, does: str) -> None:
    plan = plan_repair(health("idle a=failed"), [finding("n1", remedy=remedy)], ONE, NOW)
    assert (drawn(plan), plan.skipped, plan.nothing_to_do) == ([does], (), False)


def test_a_failure_that_nobody_knows_is_rebooted_first() -> None:
    plan = plan_repair(health("idle a=failed"), [finding("n1", remedy=None)], ONE, NOW)
    assert drawn(plan) == ["reboot n1"]
    assert plan.waves[0][0].causes == ("unknown",)


def test_what_may_not_even_be_wrong_is_left_alone_until_it_is_asked_for() -> None:
    unclear = finding("n1", remedy=None, severity=Verdict.UNKNOWN)
    plan = plan_repair(health("idle a=:odd"), [unclear], ONE, NOW)
    assert drawn(plan) == [] and reasons(plan) == {
        ("n1",): "nobody can tell whether it is wrong; --action takes it all the same"
    }
    assert drawn(plan_repair(health("idle a=:odd"), [unclear], replace(ONE, action=Remedy.REBOOT), NOW))


def test_what_may_not_even_be_wrong_does_not_keep_a_node_from_its_cure() -> None:
    found = [finding("n1"), finding("n1", remedy=None, severity=Verdict.UNKNOWN)]
    assert drawn(plan_repair(health("idle a=failed"), found, ONE, NOW)) == ["reboot n1"]


def test_advice_is_no_reason_to_touch_a_node() -> None:
    plan = plan_repair(health("idle a=succeeded"), [finding("n1", severity=Verdict.WAITING)], ONE, NOW)
    assert (plan.waves, plan.skipped, plan.nothing_to_do) == ((), (), True)


@pytest.mark.parametrize("remedy", [Remedy.NONE, Remedy.RECREATE, Remedy.WAIT])
def test_what_no_node_action_cures_is_only_told_with_its_command(remedy: Remedy) -> None:
    found = finding("n1", remedy=remedy, command="pulumi up --replace urn")
    plan = plan_repair(health("idle a=failed"), [found], ONE, NOW)
    (skipped,) = plan.skipped
    assert (drawn(plan), skipped.remedy, skipped.command) == ([], remedy, "pulumi up --replace urn")
    assert plan.nothing_to_do is (remedy is Remedy.WAIT)


def test_a_node_that_needs_a_fix_elsewhere_as_well_is_not_rebooted_for_the_rest() -> None:
    plan = plan_repair(health("idle a=failed"), [finding("n1"), finding("n1", remedy=Remedy.NONE)], ONE, NOW)
    assert drawn(plan) == []


def test_after_the_fix_the_action_that_is_asked_for_takes_the_nodes() -> None:
    options = replace(ONE, action=Remedy.REBOOT)
    plan = plan_repair(health("idle a=failed"), [finding("n1", remedy=Remedy.NONE)], options, NOW)
    assert drawn(plan) == ["reboot n1"] and plan.waves[0][0].reason == "asked for"


@pytest.mark.parametrize("state", ["unusable", "unknown"])
def test_a_node_that_takes_no_reboot_is_removed(state: str) -> None:
    plan = plan_repair(health(state), [finding("n1")], ONE, NOW)
    assert drawn(plan) == ["remove n1"]
    assert plan.waves[0][0].reason == f"a node that is {state} takes no reboot"


def test_a_node_whose_start_task_failed_is_rebooted() -> None:
    assert drawn(plan_repair(health("starttaskfailed"), [finding("n1")], ONE, NOW)) == ["reboot n1"]


def test_reimage_becomes_a_removal_unless_it_is_asked_for() -> None:
    found = [finding("n1", remedy=Remedy.REIMAGE)]
    assert drawn(plan_repair(health("idle a=failed"), found, ONE, NOW)) == ["remove n1"]
    asked = replace(ONE, action=Remedy.REIMAGE)
    assert drawn(plan_repair(health("idle a=failed"), found, asked, NOW)) == ["reimage n1"]


def restarted(after: timedelta, ago: timedelta) -> Node:
    booted = NOW - ago
    return Node("n1", "idle", allocated=booted - after, booted=booted)


@pytest.mark.parametrize(
    ("after", "ago", "counts"),
    [
        (timedelta(minutes=3), timedelta(hours=1), False),
        (timedelta(minutes=15), timedelta(hours=1), False),
        (timedelta(minutes=16), timedelta(hours=1), True),
        (timedelta(days=90), timedelta(hours=1), True),
        (timedelta(days=90), timedelta(days=6), True),
        (timedelta(days=90), timedelta(days=8), False),
    ],
)
def test_a_node_that_was_restarted_lately_is_not_restarted_again(
    after: timedelta, ago: timedelta, counts: bool
) -> None:
    node = restarted(after, ago)
    assert was_restarted(node, NOW) is counts
    plan = plan_repair(health("idle a=failed", n1=node), [finding("n1")], ONE, NOW)
    assert drawn(plan) == ["remove n1" if counts else "reboot n1"]


@pytest.mark.parametrize("missing", ["allocated", "booted"])
def test_without_times_a_node_counts_as_not_restarted(missing: str) -> None:
    node = replace(restarted(timedelta(days=1), timedelta(hours=1)), **{missing: None})
    assert not was_restarted(node, NOW)


@pytest.mark.parametrize("state", ["rebooting", "starting", "waitingforstarttask"])
def test_a_node_that_is_coming_up_is_waited_for(state: str) -> None:
    plan = plan_repair(health(f"{state} a=failed"), [finding("n1")], ONE, NOW)
    assert (drawn(plan), plan.nothing_to_do) == ([], True)
    assert drawn(plan_repair(health(f"{state} a=failed"), [finding("n1", remedy=Remedy.REMOVE)], ONE, NOW))


@pytest.mark.parametrize(
    "node",
    [
        Node("n1", "running", running_tasks=2),
        Node("n1", "running"),
        Node("n1", "unknown", running_tasks=1),
        Node("n1", "offline", running_tasks=1),
    ],
    ids=lambda node: f"{node.state} {node.running_tasks}",
)
def test_a_node_with_running_tasks_is_left_alone_unless_told_to(node: Node) -> None:
    pool, found = health("idle a=failed", n1=node), [finding("n1", remedy=Remedy.REMOVE)]
    plan = plan_repair(pool, found, ONE, NOW)
    assert drawn(plan) == [] and "tasks run on it" in plan.skipped[0].reason and not plan.nothing_to_do
    assert drawn(plan_repair(pool, found, replace(ONE, action=Remedy.REMOVE), NOW)) == []
    assert drawn(plan_repair(pool, found, replace(ONE, include_busy=True), NOW)) == ["remove n1"]


def test_only_the_nodes_and_causes_that_are_asked_for_are_touched() -> None:
    pool = health("idle a=failed\nidle a=failed\nidle a=failed")
    found = [finding("n1", "n2"), finding("n3", remedy=Remedy.REMOVE)]
    assert drawn(plan_repair(pool, found, replace(ONE, nodes=("n2",)), NOW)) == ["reboot n2"]
    assert drawn(plan_repair(pool, found, replace(ONE, causes=("remove",)), NOW)) == ["remove n3"]
    assert drawn(plan_repair(pool, found, replace(ONE, nodes=("n1",), causes=("remove",)), NOW)) == []


def test_a_node_that_is_asked_for_and_not_there_is_an_error() -> None:
    with pytest.raises(BadUsage, match="--node: must be a node of pool 'linux', got 'n9'; it has n1"):
        plan_repair(health("idle a=failed"), [finding("n1")], replace(ONE, nodes=("n9",)), NOW)


def test_equal_reasons_are_told_once_with_all_their_nodes() -> None:
    pool = health("idle a=failed\nidle a=failed")
    plan = plan_repair(pool, [finding("n1", "n2", remedy=Remedy.NONE)], ONE, NOW)
    assert [one.nodes for one in plan.skipped] == [("n1", "n2")]


def test_what_is_no_matter_of_a_node_is_told_too() -> None:
    quota = finding(remedy=Remedy.NONE, subject="resize", command="az batch account show")
    plan = plan_repair(health("idle a=succeeded"), [quota], ONE, NOW)
    assert plan.skipped == (Skipped((), "resize: needs none", "none", "az batch account show", Remedy.NONE),)
    assert not plan.nothing_to_do


# The budget


@pytest.mark.parametrize(
    ("text", "wanted", "nodes"),
    [
        ("10%", 100, 10),
        ("10%", 19, 1),
        ("10%", 3, 1),
        ("33.4%", 3, 1),
        ("100%", 7, 7),
        ("29%", 100, 29),
        (" 3 ", 2, 3),
        ("0.1%", 10, 1),
    ],
)
def test_a_budget_is_rounded_down_and_lets_at_least_one_node_go(text: str, wanted: int, nodes: int) -> None:
    assert parse_budget(text).nodes(wanted) == nodes


@pytest.mark.parametrize("text", ["", "0", "0%", "101%", "-1", "ten", "10 %%", "1e3", "٣", "10%0"])
def test_what_is_no_budget_is_refused_with_what_would_be_one(text: str) -> None:
    with pytest.raises(BadUsage, match=r"^--max-unavailable: must be a number of nodes from 1 or a percentage"):
        parse_budget(text)


@given(st.text(max_size=12))
def test_no_text_breaks_the_parser_of_budgets(text: str) -> None:
    try:
        budget = parse_budget(text)
    except BadUsage:
        return
    assert budget.nodes(10) >= 1


def test_broken_nodes_go_first_and_then_the_working_ones_as_the_budget_lets_them() -> None:
    pool = health("\n".join(["idle a=failed"] * 4 + ["unusable"] * 2 + ["idle a=succeeded"] * 4))
    found = [finding(*(f"n{number}" for number in range(1, 7)), remedy=Remedy.REMOVE)]
    plan = plan_repair(pool, found, Options(Budget(number=2)), NOW)
    # While n5 and n6 are broken no working node may go as well; when they are back two may.
    assert drawn(plan) == ["remove n5 n6", "remove n1 n2", "remove n3 n4"]
    assert (plan.wanted, plan.working, plan.budget) == (10, 8, 2)


def test_nodes_that_are_missing_already_count_and_one_node_goes_all_the_same() -> None:
    pool = health("\n".join(["idle a=failed"] * 2 + ["preempted"] * 3 + ["idle a=succeeded"] * 5))
    plan = plan_repair(pool, [finding("n1", "n2")], Options(Budget(number=3)), NOW)
    assert drawn(plan) == ["reboot n1", "reboot n2"]


def test_reboots_come_before_removals() -> None:
    pool = health("idle a=failed\nunusable")
    plan = plan_repair(pool, [finding("n1", "n2")], Options(Budget(number=9)), NOW)
    assert drawn(plan) == ["reboot n1", "remove n2"]
    assert [explain_wave(wave) for wave in plan.waves] == ["reboot 1 node", "remove 1 node and grow it again"]


def test_no_more_nodes_are_removed_at_once_than_the_service_takes() -> None:
    pool = health("\n".join(["unusable"] * 250))
    found = [finding(*(row.id for row in pool.nodes), remedy=Remedy.REMOVE)]
    plan = plan_repair(pool, found, Options(Budget(percent=100)), NOW)
    assert [len(wave) for wave in plan.waves] == [MOST_REMOVED, MOST_REMOVED, 50]


LINES = st.sampled_from(
    ["idle a=failed", "unusable", "idle a=succeeded", "starttaskfailed", "preempted", "running a=x"]
)


@given(st.lists(LINES, min_size=1, max_size=30), st.integers(1, 8))
def test_waves_keep_the_budget_and_every_node_is_in_one_wave_or_told(lines: list[str], limit: int) -> None:
    pool = health("\n".join(lines))
    bad = [row.id for row in pool.nodes if row.counted and row.verdict is Verdict.FAILED]
    plan = plan_repair(pool, [finding(*bad)] if bad else [], Options(Budget(number=limit)), NOW)
    planned = [one.node.id for wave in plan.waves for one in wave]
    told = [node for one in plan.skipped for node in one.nodes]
    assert sorted(planned + told) == sorted(bad)
    able = {row.id for row in pool.nodes if can_work(row.node)}
    for wave in plan.waves:
        ids = {one.node.id for one in wave}
        assert 1 <= len(ids) <= limit and len({one.remedy for one in wave}) == 1
        assert len(ids & able) <= 1 or len(able - ids) >= plan.wanted - limit
        able |= ids
