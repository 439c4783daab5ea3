"""Carrying a repair out: what is done with each node, and when it stops."""

from pathlib import Path

import pytest

from extension_pool.ops.diagnosis import Remedy
from extension_pool.ops.errors import CannotAsk, Declined
from extension_pool.ops.health import Verdict, judge_pool
from extension_pool.ops.repair import Budget, Options
from extension_pool.ops.repair_acting import Result
from extension_pool.ops.repairing import GRACE_SECONDS
from extension_pool.ops.snapshot import Problem

from .fleet import FakeFleet, Machine
from .repair_on_fleet import FORMULAS, LIMIT, is_whole, mixed, results, run


@pytest.mark.parametrize("formula", FORMULAS)
def test_a_pool_is_healthy_again_afterwards(tmp_path: Path, formula: str | None) -> None:
    fleet = mixed(formula)
    outcome = run(fleet, tmp_path)
    assert results(outcome) == dict.fromkeys(("n1", "n2", "n3", "s1"), Result.REPAIRED)
    assert outcome.done
    assert judge_pool(fleet.read_pool("linux")).verdict is Verdict.HEALTHY
    assert is_whole(fleet, formula, tmp_path)


@pytest.mark.parametrize("formula", FORMULAS)
@pytest.mark.parametrize("budget", [1, 2])
def test_at_most_the_budget_is_missing_at_any_time(tmp_path: Path, formula: str | None, budget: int) -> None:
    fleet = mixed(formula)
    assert run(fleet, tmp_path, Options(Budget(number=budget))).done
    assert fleet.lowest_target == 5 - budget


def test_a_node_that_gets_tasks_meanwhile_is_left_alone_and_gets_more(tmp_path: Path) -> None:
    fleet = FakeFleet([Machine("n1", ill=True), Machine("n2")])

    def arrives(call: str) -> None:
        if call == "disable_scheduling n1":
            fleet.find("n1").tasks = 1

    fleet.before = arrives
    outcome = run(fleet, tmp_path)
    assert [(one.result, one.why) for one in outcome.nodes] == [(Result.SKIPPED, "tasks run on it now")]
    assert not outcome.done
    assert not any(call.startswith("reboot") for call in fleet.calls)
    assert not fleet.find("n1").disabled


def test_scheduling_is_on_again_as_soon_as_a_node_is_done_with(tmp_path: Path) -> None:
    fleet = FakeFleet([Machine("n1", ill=True), Machine("n2", ill=True), Machine("n3", ill=True)])

    def arrives(call: str) -> None:
        if call == "disable_scheduling n2":
            fleet.find("n2").tasks = 1

    fleet.before = arrives
    run(fleet, tmp_path)
    assert [call for call in fleet.calls if "scheduling" in call or "reboot" in call] == [
        "disable_scheduling n1",
        "reboot_node n1",
        "enable_scheduling n1",
        "disable_scheduling n2",
        "enable_scheduling n2",
        "disable_scheduling n3",
        "reboot_node n3",
        "enable_scheduling n3",
    ]


def test_a_node_that_gets_tasks_meanwhile_is_taken_when_told_to(tmp_path: Path) -> None:
    fleet = FakeFleet([Machine("n1", ill=True, tasks=3), Machine("n2")])
    assert run(fleet, tmp_path, Options(Budget(number=1), include_busy=True)).done
    assert "reboot_node n1" in fleet.calls
    assert not any(call.startswith("disable_scheduling") for call in fleet.calls)


def test_a_node_that_recovers_meanwhile_is_left_alone(tmp_path: Path) -> None:
    fleet = FakeFleet([Machine("n1", ill=True), Machine("n2")])
    fleet.after = lambda call: setattr(fleet.find("n1"), "ill", False)
    outcome = run(fleet, tmp_path)
    assert [(one.result, one.why) for one in outcome.nodes] == [(Result.NOT_NEEDED, "it is healthy again")]
    assert outcome.done
    assert not any(call.startswith("reboot") for call in fleet.calls)


def test_another_machine_that_got_the_id_is_left_alone(tmp_path: Path) -> None:
    fleet = FakeFleet([Machine("n1", ill=True), Machine("n2")])
    fleet.after = lambda call: setattr(fleet.find("n1"), "allocated", -60.0)
    assert [one.why for one in run(fleet, tmp_path).nodes] == ["its id is another machine's now"]


def test_a_node_that_left_meanwhile_needs_nothing(tmp_path: Path) -> None:
    fleet = FakeFleet([Machine("n1", ill=True), Machine("n2")])
    fleet.after = lambda call: fleet.machines.__setitem__(slice(None), fleet.machines[-1:])
    outcome = run(fleet, tmp_path)
    assert outcome.done and [one.why for one in outcome.nodes] == ["it left the pool"]


def test_where_the_service_restarts_no_offline_node_it_is_restarted_without_the_fence(tmp_path: Path) -> None:
    fleet = FakeFleet([Machine("n1", ill=True), Machine("n2", ill=True)], reboots_offline=False)
    assert run(fleet, tmp_path).done
    switched = [call for call in fleet.calls if "scheduling" in call]
    assert switched == ["disable_scheduling n1", "enable_scheduling n1"]


def test_a_node_whose_scheduling_the_operator_switched_off_keeps_it_off(tmp_path: Path) -> None:
    fleet = FakeFleet([Machine("n1", ill=True, disabled=True), Machine("n2")])
    assert run(fleet, tmp_path).done
    assert fleet.find("n1").disabled


def test_a_refused_restart_is_told_and_the_others_go_on(tmp_path: Path) -> None:
    fleet = FakeFleet([Machine("n1", ill=True), Machine("n2", ill=True)])

    def refuse(call: str) -> None:
        if call == "reboot_node n1":
            raise Declined("NodeBeingReimaged", "node n1: no")

    fleet.before = refuse
    outcome = run(fleet, tmp_path)
    assert results(outcome) == {"n1": Result.DECLINED, "n2": Result.REPAIRED}
    assert not outcome.done
    assert not fleet.find("n1").disabled


def test_a_repair_that_does_not_cure_stops_after_its_first_wave(tmp_path: Path) -> None:
    fleet = FakeFleet([Machine(f"n{number}", ill=True, cured_by="") for number in range(4)])
    outcome = run(fleet, tmp_path)
    assert outcome.stopped == "wave 1 of 4: 1 of 1 node not healthy: a failed"
    assert list(results(outcome).values()) == [Result.FAILED, Result.LEFT, Result.LEFT, Result.LEFT]
    assert fleet.now < LIMIT


def test_a_failure_from_before_the_restart_is_not_held_against_the_cure(tmp_path: Path) -> None:
    fleet = FakeFleet([Machine("n1", ill=True, stale=GRACE_SECONDS - 60), Machine("n2")])
    assert run(fleet, tmp_path).done


def test_a_failure_that_lasts_after_the_restart_ends_the_wait_before_its_limit(tmp_path: Path) -> None:
    fleet = FakeFleet([Machine("n1", ill=True, stale=1e6), Machine("n2")])
    assert results(run(fleet, tmp_path)) == {"n1": Result.FAILED}
    assert GRACE_SECONDS < fleet.now < LIMIT


def test_an_outage_while_it_waits_is_waited_out(tmp_path: Path) -> None:
    fleet = mixed("4 1")

    def down(call: str) -> None:
        if call == "read_pool" and 30 < fleet.now % 200 < 90:
            raise CannotAsk("no answer", passing=True)

    fleet.before = down
    assert run(fleet, tmp_path).done
    assert is_whole(fleet, "4 1", tmp_path)


def test_when_no_node_of_a_removal_needs_it_any_more_none_is_removed(tmp_path: Path) -> None:
    fleet = mixed("4 1")
    fleet.before = lambda call: setattr(fleet.find("n2"), "unusable", False) if call == "disable_autoscale" else None
    outcome = run(fleet, tmp_path, Options(Budget(number=1), nodes=("n2",)))
    assert outcome.done and results(outcome) == {"n2": Result.NOT_NEEDED}
    assert not any(call.startswith("remove") for call in fleet.calls)
    assert is_whole(fleet, "4 1", tmp_path)


def test_a_restart_that_never_ends_stops_it_at_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.extension_pool.ops.fleet.RESTART", 1e6)
    fleet = FakeFleet([Machine("n1", ill=True), Machine("n2")])
    (one,) = run(fleet, tmp_path).nodes
    assert (one.result, one.why) == (Result.FAILED, "not healthy after 30 minutes: it is rebooting")


def test_a_resize_without_room_stops_it(tmp_path: Path) -> None:
    fleet = mixed()

    def no_room(call: str) -> None:
        if call.startswith("resize"):
            fleet.resize_errors = (Problem("AccountCoreQuotaReached", "No cores."),)
            fleet.machines.pop()

    fleet.after = no_room
    outcome = run(fleet, tmp_path, Options(Budget(number=1), nodes=("n2",)))
    assert outcome.stopped.endswith("the pool did not resize: AccountCoreQuotaReached")


def test_forced_actions_are_carried_out(tmp_path: Path) -> None:
    fleet = FakeFleet([Machine("n1", ill=True, cured_by="reimage"), Machine("n2")])
    outcome = run(fleet, tmp_path, Options(Budget(number=1), action=Remedy.REIMAGE))
    assert outcome.done and "reimage_node n1" in fleet.calls
