"""What comes next for a job that shall leave its pool."""

from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extension_pool.ops.jobs import (
    MARK,
    Job,
    Kind,
    Mark,
    Move,
    Step,
    TaskCounts,
    find_active,
    find_bound,
    find_mark,
    find_obstacles,
    find_waiting,
    next_step,
    parse_job,
    parse_mark,
    parse_schedule,
    parse_task_counts,
    plan_recovery,
    render_mark,
    repointed,
    with_mark,
    without_mark,
)

OURS = Mark("old", "new", why="pool old is being replaced", since=datetime(2026, 11, 20, 10, tzinfo=timezone.utc))
TO_NEW, HELD, RELEASED = Move("old", "new"), Move("old", None), Move("old", "old")


def job(state: str = "active", pool: str = "old", *, marked: Mark | None = None, kind: Kind = Kind.JOB) -> Job:
    found = Job(kind, "render", state, pool, (("owner", "cfd"),), "1", {} if kind is Kind.SCHEDULE else None)
    return replace(found, metadata=with_mark(found, marked)) if marked else found


# A job under blue-green


@pytest.mark.parametrize(
    ("state", "step"),
    [("active", Step.MARK), ("enabling", Step.WAIT), ("disabling", Step.WAIT), ("disabled", Step.REPOINT)],
)
def test_an_unmarked_job_is_marked_first_and_one_that_its_owner_disabled_only_changes_its_pool(
    state: str, step: Step
) -> None:
    assert next_step(job(state), TO_NEW) is step


@pytest.mark.parametrize(
    ("state", "pool", "step"),
    [
        ("active", "old", Step.DISABLE),
        ("disabling", "old", Step.WAIT),
        ("disabled", "old", Step.REPOINT),
        ("disabled", "new", Step.ENABLE),
        ("enabling", "new", Step.WAIT),
        ("active", "new", Step.UNMARK),
        ("disabled", "third", Step.ENABLE),
    ],
)
def test_a_marked_job_goes_on_from_wherever_it_was_left(state: str, pool: str, step: Step) -> None:
    assert next_step(job(state, pool, marked=OURS), TO_NEW) is step


@pytest.mark.parametrize("state", ["active", "disabled"])
def test_a_job_that_arrived_without_a_mark_is_left_alone(state: str) -> None:
    assert next_step(job(state, "new"), TO_NEW) is None


@pytest.mark.parametrize("state", ["terminating", "completed", "deleting"])
@pytest.mark.parametrize("move", [TO_NEW, HELD, RELEASED])
def test_what_is_over_is_not_touched(state: str, move: Move) -> None:
    assert next_step(job(state), move) is None
    assert next_step(job(state, marked=OURS), move) is None


def test_jobs_of_other_pools_and_jobs_with_pools_of_their_own_are_none_of_ours() -> None:
    assert next_step(job(pool="other"), TO_NEW) is None
    assert (
        next_step(parse_job({"id": "a", "state": "active", "poolInfo": {"autoPoolSpecification": {}}}), TO_NEW) is None
    )
    assert next_step(job("disabled", "other", marked=Mark("somewhere", "other")), TO_NEW) is None


def test_a_state_that_nobody_knows_is_waited_for() -> None:
    assert next_step(job("hibernating"), TO_NEW) is Step.WAIT


def test_ids_of_pools_are_compared_as_azure_does() -> None:
    assert next_step(job(pool="OLD"), TO_NEW) is Step.MARK
    assert next_step(job("disabled", "NEW", marked=OURS), TO_NEW) is Step.ENABLE


def test_a_job_left_on_the_way_to_a_pool_goes_on_to_the_one_that_replaces_it() -> None:
    left = job("disabled", "new", marked=OURS)
    assert next_step(left, Move("new", "newest")) is Step.REPOINT


# A job under delete-first


@pytest.mark.parametrize(
    ("state", "marked", "step"),
    [
        ("active", None, Step.MARK),
        ("active", OURS, Step.DISABLE),
        ("disabling", OURS, Step.WAIT),
        ("disabled", OURS, None),
        ("disabled", None, None),
        ("disabling", None, None),
    ],
)
def test_a_job_waits_disabled_where_it_is(state: str, marked: Mark | None, step: Step | None) -> None:
    assert next_step(job(state, marked=marked), HELD) is step


@pytest.mark.parametrize(
    ("state", "marked", "step"),
    [
        ("disabled", OURS, Step.ENABLE),
        ("disabling", OURS, Step.ENABLE),
        ("enabling", OURS, Step.WAIT),
        ("active", OURS, Step.UNMARK),
        ("disabled", None, None),
        ("active", None, None),
    ],
)
def test_only_what_was_marked_is_enabled_again(state: str, marked: Mark | None, step: Step | None) -> None:
    assert next_step(job(state, marked=marked), RELEASED) is step


# A schedule


@pytest.mark.parametrize("state", ["active", "disabled"])
def test_a_schedule_changes_its_pool_in_one_step_and_keeps_its_state(state: str) -> None:
    assert next_step(job(state, kind=Kind.SCHEDULE), TO_NEW) is Step.REPOINT
    assert next_step(job(state, "new", kind=Kind.SCHEDULE), TO_NEW) is None


def test_a_schedule_makes_no_jobs_while_its_pool_is_gone() -> None:
    assert next_step(job(kind=Kind.SCHEDULE), HELD) is Step.MARK
    assert next_step(job(kind=Kind.SCHEDULE, marked=OURS), HELD) is Step.DISABLE
    assert next_step(job("disabled", kind=Kind.SCHEDULE, marked=OURS), HELD) is None
    assert next_step(job("disabled", kind=Kind.SCHEDULE, marked=OURS), RELEASED) is Step.ENABLE


def test_the_pool_of_a_schedule_changes_and_nothing_else_of_it() -> None:
    specification = {"poolInfo": {"poolId": "old", "x": 1}, "priority": 7}
    assert repointed(specification, "new") == {"poolInfo": {"poolId": "new", "x": 1}, "priority": 7}
    assert specification["poolInfo"] == {"poolId": "old", "x": 1}


# Marks


@given(st.builds(Mark, st.text(min_size=1), st.text(), st.text(), st.text(), st.none() | st.just(OURS.since)))
def test_a_mark_survives_its_way_through_azure(mark: Mark) -> None:
    assert parse_mark(render_mark(mark)) == mark


@given(st.text() | st.sampled_from(["null", "[]", '{"pool": 1}', '{"pool": ""}', "[" * 100_000]))
def test_any_other_text_is_no_mark_or_a_mark_of_some_pool(text: str) -> None:
    found = parse_mark(text)
    assert found is None or found.pool


def test_the_owners_metadata_stay() -> None:
    marked = job(marked=OURS)
    assert marked.metadata == (("owner", "cfd"), (MARK, render_mark(OURS)))
    assert find_mark(marked) == OURS
    assert without_mark(marked) == (("owner", "cfd"),)
    again = replace(marked, metadata=with_mark(marked, OURS))
    assert again.metadata == marked.metadata


def test_metadata_of_our_name_that_are_somebody_elses_stop_the_move() -> None:
    theirs = replace(job(), metadata=((MARK, "mine"),))
    ((found, reason),) = find_obstacles([theirs, job(pool="other")], TO_NEW)
    assert found is theirs and "rename it" in reason
    assert without_mark(theirs) == theirs.metadata


# Reading


def test_jobs_and_schedules_are_read_as_the_service_lists_them() -> None:
    raw: dict[str, Any] = {
        "id": "Render",
        "state": "Active",
        "eTag": "0x1",
        "poolInfo": {"poolId": "old"},
        "metadata": [{"name": "owner", "value": "cfd"}],
    }
    assert parse_job(raw) == Job(Kind.JOB, "Render", "active", "old", (("owner", "cfd"),), "0x1")
    specification = {"poolInfo": {"poolId": "old"}, "priority": 3}
    found = parse_schedule({"id": "nightly", "state": "disabled", "jobSpecification": specification})
    assert (found.kind, found.pool, found.state) == (Kind.SCHEDULE, "old", "disabled")
    assert found.specification == specification
    assert parse_task_counts({"taskCounts": {"active": 5, "running": 2, "completed": 9}}) == TaskCounts(5, 2, 9)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(
                st.sampled_from(["id", "state", "poolInfo", "poolId", "metadata", "name", "value", "jobSpecification"]),
                inner,
            )
        ),
    )
)
def test_no_answer_breaks_the_reading(raw: object) -> None:
    for found in (parse_job(raw), parse_schedule(raw)):
        assert isinstance(found.pool, str)
        next_step(found, TO_NEW)
        list(find_obstacles([found], TO_NEW))
    parse_task_counts(raw)


def test_what_a_job_says_of_itself_in_a_log_holds_no_command_line() -> None:
    specification = {"commonEnvironmentSettings": [{"name": "TOKEN", "value": "geheim"}]}
    found = Job(Kind.SCHEDULE, "nightly", "active", "old", (("key", "geheim"),), "1", specification)
    assert "geheim" not in repr(found)


# Who is concerned


def test_active_are_all_that_run_or_may_begin_to() -> None:
    jobs = [job(state) for state in ("active", "disabling", "enabling", "disabled", "completed")]
    assert [one.state for one in find_active(jobs, "OLD")] == ["active", "disabling", "enabling"]
    assert [one.state for one in find_bound(jobs, "old")] == ["active", "disabling", "enabling", "disabled"]
    assert find_active(jobs, "other") == ()


def test_those_that_wait_because_of_us_are_found_by_any_pool_that_they_have_to_do_with() -> None:
    here, there = job("disabled", marked=OURS), job("disabled", "new", marked=OURS)
    jobs = [here, there, job("disabled"), job("completed", marked=OURS)]
    assert [one for one, _ in find_waiting(jobs)] == [here, there]
    assert [one for one, _ in find_waiting(jobs, "NEW")] == [here, there]
    assert find_waiting(jobs, "other") == ()


REGISTRY = {"jobManagerTask": {"containerSettings": {"registry": {"username": "puller"}}}}


def test_a_schedule_whose_password_azure_keeps_is_not_changed() -> None:
    secretive = replace(job(kind=Kind.SCHEDULE), specification=REGISTRY)
    ((_, reason),) = find_obstacles([secretive], TO_NEW)
    assert "password" in reason
    assert list(find_obstacles([secretive], HELD)) == []


# After a crash


def test_a_move_is_brought_to_its_end_if_its_pool_is_there() -> None:
    jobs = [job("disabled", marked=OURS), job("disabled", "new", marked=OURS), job("disabled")]
    assert plan_recovery(jobs, ["OLD", "New"]) == (Move("old", "new", OURS.why, marked_only=True),)


def test_without_the_new_pool_the_job_is_enabled_where_it_is() -> None:
    assert plan_recovery([job("disabled", marked=OURS)], ["old"]) == (Move("old", "old", OURS.why, marked_only=True),)


def test_without_any_pool_it_waits() -> None:
    assert plan_recovery([job("disabled", marked=OURS)], ["other"]) == ()


def test_a_recovery_moves_no_job_that_nobody_had_begun_to_move() -> None:
    (move,) = plan_recovery([job("disabled", marked=OURS)], ["old", "new"])
    assert next_step(job("active"), move) is None
    assert next_step(job("disabled"), move) is None
    assert next_step(job("active", marked=OURS), move) is Step.DISABLE
