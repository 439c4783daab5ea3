"""`pulumi up` killed by SIGKILL: `extension-pool recover`, then `pulumi up`, and all is as if it had gone through."""

import pytest

from tests.drills.drill import JOB, Drill
from tests.on_engine.stack import SPEED

LONG = 600_000
"""Virtual seconds: longer than a test."""


def test_killed_before_azure_has_the_new_pool(drill: Drill) -> None:
    new = drill.goal()
    paused = drill.stack.local.program / "paused"
    drill.want(pause="create")
    drill.kill(lambda said: paused.exists())
    drill.want()
    assert drill.there() == {drill.old}
    assert f"creating pool {new}: Azure does not have it" in drill.recover()
    drill.no_orphans()
    drill.work_was_not_touched()
    drill.up()
    drill.converged()


def test_killed_during_the_gate(drill: Drill) -> None:
    new = drill.goal()
    drill.stack.store.clock.set_speed(0)
    drill.kill(lambda said: f"gate of {new}: 0 of" in said)
    drill.stack.store.clock.set_speed(SPEED)
    assert drill.there() == {drill.old, new}
    with pytest.raises(AssertionError):
        drill.no_orphans()
    assert f"creating pool {new}: Azure has it, the state does not -> it goes into the state" in drill.recover()
    drill.kept(new)
    drill.up()
    drill.converged()
    assert drill.current() == new


def test_killed_during_the_migration(drill: Drill) -> None:
    new = drill.goal()
    killed_as_the_first_job_stops(drill)
    assert drill.there() == {drill.old, new}
    drill.nothing_is_lost()
    drill.recover()
    drill.nothing_is_lost()
    drill.up()
    drill.converged()


def test_killed_while_running_tasks_are_waited_for(drill: Drill) -> None:
    """`recover` lets them run, and says that they do; the update queues them again when its own time is over."""
    new = drill.goal(drain="migrate", drain_timeout="PT3S")
    killed_as_the_first_job_stops(drill)
    done = drill.command("recover", "--yes", "--wait", "2s")
    assert done.returncode == 1
    assert f"not done: pool {drill.old}: job '{JOB}' (disabling" in done.stdout
    drill.nothing_is_lost()
    assert drill.there() == {drill.old, new}
    drill.up()
    drill.converged()


def killed_as_the_first_job_stops(drill: Drill) -> None:
    # a quarter of a second for each answer: there is a time at which one job stops and nothing has moved
    drill.stack.store.set("latency_seconds", 0.25)
    drill.kill(lambda said: drill.phase() in ("disabling", "disabled"))
    drill.stack.store.set("latency_seconds", 0)


def test_killed_during_the_delete(drill: Drill) -> None:
    new = drill.goal()
    drill.stack.store.set("pool_delete_seconds", LONG)
    drill.kill(lambda said: drill.deleting(drill.old))
    assert drill.there() == {new}
    drill.nothing_is_lost()
    assert f"deleting pool {drill.old}: Azure is deleting it" in drill.recover()
    drill.stack.store.clock.advance(LONG)
    drill.up()
    drill.converged()


def test_without_recover_jobs_that_have_begun_to_move_arrive_as_well(drill: Drill) -> None:
    drill.goal()
    killed_as_the_first_job_stops(drill)
    assert "interrupted while deleting" in drill.up()
    drill.converged()


def test_without_recover_a_pool_that_the_state_does_not_know_is_left_alone_and_told(drill: Drill) -> None:
    new = drill.goal()
    drill.stack.store.clock.set_speed(0)
    drill.kill(lambda said: f"gate of {new}: 0 of" in said)
    drill.stack.store.clock.set_speed(SPEED)
    drill.names_next_step(drill.up_fails(), "extension-pool rollback")
    drill.work_was_not_touched()
    drill.recover()
    drill.up()
    drill.converged()
