"""The Batch service is busy, or cannot be reached, while it is asked about the new pool."""

import pytest

from tests.drills.drill import Drill


@pytest.mark.parametrize("status", [429, 503])
def test_every_third_request_is_turned_away(drill: Drill, status: int) -> None:
    drill.goal()
    fault = drill.faults.http("*", status, times=None, every=3, retry_after=0)
    drill.up()
    drill.faults.lift(fault)
    drill.converged()


@pytest.mark.parametrize("status", [429, 503])
def test_every_request_is_turned_away_until_the_gate_is_over(drill: Drill, status: int) -> None:
    new = drill.goal(gate="PT3S")
    fault = drill.faults.http("*", status, times=None, retry_after=0)
    said = drill.up_fails()
    assert "Azure could not be asked" in said
    drill.faults.lift(fault)
    drill.names_next_step(said, "run 'pulumi up' again")
    drill.kept(new)
    drill.up()
    drill.converged()


def test_the_data_plane_is_unreachable(drill: Drill) -> None:
    new = drill.goal(gate="PT3S")
    fault = drill.faults.drop("*", times=None)
    said = drill.up_fails()
    again = drill.up_fails()
    drill.faults.lift(fault)
    for text in (said, again):
        assert "Azure could not be asked" in text
        drill.names_next_step(text, "run 'pulumi up' again")
    assert f"Pool '{drill.old}' is not deleted" in again
    drill.kept(new)
    drill.up()
    drill.converged()


def test_answers_are_lost_while_jobs_move(drill: Drill) -> None:
    """What was asked for was done, and nobody was told so: it is looked up, not done twice."""
    drill.goal()
    fault = drill.faults.drop("POST /jobs/{job}/disable", times=None)
    drill.up()
    drill.faults.lift(fault)
    drill.converged()


def stop_the_move(drill: Drill) -> tuple[str, str]:
    """Jobs cannot be disabled until the time is over: the new pool, and what is said."""
    new = drill.goal(drain_timeout="PT2S")
    fault = drill.faults.http("POST /jobs/{job}/disable", 503, times=None, retry_after=0)
    said = drill.up_fails()
    drill.faults.lift(fault)
    return new, said


def test_the_service_does_not_answer_while_jobs_move(drill: Drill) -> None:
    """The schedule has moved, the job has not; the next update goes on from there."""
    new, said = stop_the_move(drill)
    drill.names_next_step(said, "ServerBusy", "ask again later")
    assert drill.there() == {drill.old, new}
    drill.no_orphans()
    drill.nothing_is_lost()
    drill.up()
    drill.converged()


def test_a_move_that_azure_stopped_says_how_it_goes_on(drill: Drill) -> None:
    new, said = stop_the_move(drill)
    drill.names_next_step(said, "is not deleted", f"extension-pool migrate --pool {drill.old} --to {new}")
