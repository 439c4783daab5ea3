"""What the drills count by: a task that is lost, a pool that nobody knows and a dead end are seen."""

import pytest

from emulator import Arm
from tests.drills.drill import DIAGNOSE, Drill


def test_tasks_that_are_ended_are_lost(drill: Drill) -> None:
    drill.goal(drain="terminate")
    drill.up()
    with pytest.raises(AssertionError, match="lost"):
        drill.nothing_is_lost()


def test_a_task_that_is_gone_is_lost(drill: Drill) -> None:
    drill.nothing_is_lost()
    drill.stack.store.execute("DELETE FROM work WHERE kind = 'task' AND id = 't7'")
    with pytest.raises(AssertionError):
        drill.nothing_is_lost()


def test_a_pool_that_the_state_does_not_have_is_an_orphan(drill: Drill) -> None:
    drill.no_orphans()
    (row,) = drill.stack.store.living("Microsoft.Batch/batchAccounts/pools")
    other = row.id.replace(drill.old, "linux-deadbeef")
    assert Arm(drill.stack.store).put(other, row.body, "2025-06-01").ok
    with pytest.raises(AssertionError):
        drill.no_orphans()


def test_a_command_that_is_not_understood_is_no_next_step(drill: Drill) -> None:
    drill.names_next_step(f"look: {DIAGNOSE}", DIAGNOSE)
    with pytest.raises(AssertionError):
        drill.names_next_step(f"look: {DIAGNOSE} --everything")
    with pytest.raises(AssertionError):
        drill.names_next_step("error: update failed", DIAGNOSE)
