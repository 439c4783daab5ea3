"""Moving jobs, with a crash at every call of it."""

from collections.abc import Callable

import pytest

from extension_pool.ops import migrating
from extension_pool.ops.errors import CannotAsk, Declined
from extension_pool.ops.jobs import Job, Move, Tasks
from extension_pool.ops.migrating import (
    InTheWay,
    Outcome,
    Patience,
    carry_out,
    explain_left,
)

from .fake_jobs import FakeJobs, Killed

ROUNDS = 60


class Clock:
    """Each pause is a second."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += 1.0


def patience(limit: float = ROUNDS) -> Patience:
    clock = Clock()
    return Patience(limit, clock, clock.sleep)


def service() -> FakeJobs:
    """Two jobs at work, one without tasks, one that its owner had disabled, two schedules, and others' work."""
    fake = FakeJobs()
    fake.job("render", "OLD", queued=50, running=50, lasting=3, metadata=[("owner", "cfd")])
    fake.job("solve", "old", queued=2, running=1, lasting=3)
    fake.job("empty", "old")
    fake.job("asleep", "old", "disabled", queued=4)
    fake.job("foreign", "other", queued=9)
    fake.job("over", "old", "completed", completed=3)
    fake.schedule("nightly", "old")
    fake.schedule("paused", "old", "disabled")
    fake.schedule("others", "other")
    return fake


def totals(fake: FakeJobs) -> dict[str, int]:
    return {name: tally.total for name, tally in fake.tasks.items()}


ARRIVED = {
    "render": ("new", "active"),
    "solve": ("new", "active"),
    "empty": ("new", "active"),
    "asleep": ("new", "disabled"),
    "foreign": ("other", "active"),
    "over": ("old", "completed"),
    "nightly": ("new", "active"),
    "paused": ("new", "disabled"),
    "others": ("other", "active"),
}


def assert_arrived(fake: FakeJobs, before: dict[str, int]) -> None:
    assert fake.states() == ARRIVED
    assert fake.marked() == []
    assert totals(fake) == before
    assert fake.jobs["render"].metadata == (("owner", "cfd"),)


@pytest.mark.parametrize("tasks", list(Tasks))
def test_all_jobs_and_schedules_go_to_the_new_pool_and_none_is_disabled_that_was_not(tasks: Tasks) -> None:
    fake, lines = service(), list[str]()
    before = totals(fake)
    outcome = carry_out(fake, Move("old", "new"), patience(), tasks=tasks, tell=lines.append)
    assert outcome.done
    assert_arrived(fake, before)
    assert lines[0].startswith("4 jobs and 2 job schedules of pool 'old', with 51 running and 56 queued tasks: ")


def test_no_task_begins_on_the_old_pool_once_the_move_has() -> None:
    fake = service()
    carry_out(fake, Move("old", "new"), patience(), tasks=Tasks.WAIT)
    assert {pool for name, pool in fake.started_on if name in ("render", "solve")} <= {"new"}


def test_running_tasks_end_only_if_that_is_asked_for() -> None:
    waited, requeued, ended = service(), service(), service()
    for fake, tasks in ((waited, Tasks.WAIT), (requeued, Tasks.REQUEUE), (ended, Tasks.TERMINATE)):
        fake.tasks["render"].lasting = 5
        carry_out(fake, Move("old", "new"), patience(), tasks=tasks)
    assert waited.tasks["render"].completed >= 50
    assert ended.tasks["render"].completed >= 50
    assert requeued.tasks["render"].completed < 50


def test_doing_it_again_does_nothing() -> None:
    fake = service()
    carry_out(fake, Move("old", "new"), patience())
    done = len(fake.log)
    assert carry_out(fake, Move("old", "new"), patience()) == Outcome()
    assert len(fake.log) == done


def calls_of(move: Move, prepare: Callable[[FakeJobs], None] = lambda fake: None) -> int:
    fake = service()
    prepare(fake)
    fake.calls = 0
    carry_out(fake, move, patience(), tasks=Tasks.WAIT)
    return fake.calls


@pytest.mark.parametrize("late", [False, True])
def test_killed_at_any_call_it_is_done_by_doing_it_again(late: bool) -> None:
    number = calls_of(Move("old", "new"))
    assert number > 25
    for die_at in range(1, number + 1):
        fake = service()
        before = totals(fake)
        fake.die_at, fake.late = die_at, late
        with pytest.raises(Killed):
            carry_out(fake, Move("old", "new"), patience(), tasks=Tasks.WAIT)
        fake.die_at = None
        assert carry_out(fake, Move("old", "new"), patience()).done, die_at
        assert_arrived(fake, before)


def test_without_marks_a_crash_leaves_jobs_disabled_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """The twin: the same crashes, with nothing written down."""
    monkeypatch.setattr(migrating, "with_mark", lambda job, mark: job.metadata)
    lost = 0
    for die_at in range(1, 40):
        fake = service()
        fake.die_at = die_at
        try:
            carry_out(fake, Move("old", "new"), patience(), tasks=Tasks.WAIT)
        except Killed:
            pass
        fake.die_at = None
        carry_out(fake, Move("old", "new"), patience())
        lost += fake.states() != ARRIVED
    assert lost > 0


@pytest.mark.parametrize("late", [False, True])
def test_killed_at_any_call_of_holding_and_releasing_all_run_again(late: bool) -> None:
    hold, release = Move("old", None), Move("old", "old")
    was = service().states()
    for first, die_at in [(True, n) for n in range(1, calls_of(hold) + 1)] + [
        (False, n) for n in range(1, calls_of(release, lambda fake: held(fake)) + 1)
    ]:
        fake = service()
        before = totals(fake)
        if not first:
            held(fake)
            fake.calls = 0
        fake.die_at, fake.late = die_at, late
        with pytest.raises(Killed):
            carry_out(fake, hold if first else release, patience(), tasks=Tasks.WAIT)
        fake.die_at = None
        if first:
            assert carry_out(fake, hold, patience(), tasks=Tasks.WAIT).done
            assert not [
                name for name, (pool, state) in fake.states().items() if pool.lower() == "old" and state == "active"
            ]
        assert carry_out(fake, release, patience()).done, (first, die_at)
        assert fake.states() == was
        assert fake.marked() == []
        assert totals(fake) == before


def held(fake: FakeJobs) -> None:
    assert carry_out(fake, Move("old", None), patience(), tasks=Tasks.WAIT).done


def test_a_job_that_comes_meanwhile_moves_too() -> None:
    fake = service()

    def come(what: str, job: Job) -> None:
        if "late" not in fake.jobs and what == "pool":
            fake.job("late", "old", queued=1)

    fake.trouble = come
    assert carry_out(fake, Move("old", "new"), patience()).done
    assert fake.states()["late"] == ("new", "active")


def test_an_owner_who_changes_the_metadata_at_the_same_time_loses_nothing() -> None:
    fake = service()

    def meddle(what: str, job: Job) -> None:
        if what == "metadata" and job.id == "render" and ("stage", "2") not in fake.jobs["render"].metadata:
            fake._save("render", metadata=(*fake.jobs["render"].metadata, ("stage", "2")))

    fake.trouble = meddle
    assert carry_out(fake, Move("old", "new"), patience()).done
    assert fake.jobs["render"].metadata == (("owner", "cfd"), ("stage", "2"))
    assert fake.states() == ARRIVED


@pytest.mark.parametrize("what", ["metadata", "disable", "pool", "enable"])
def test_an_answer_that_is_lost_is_looked_after(what: str) -> None:
    fake = service()
    failures = [2]

    def fail(kind: str, job: Job) -> None:
        if kind == what and failures[0]:
            failures[0] -= 1
            raise CannotAsk("endpoint: no answer", passing=True)

    fake.trouble = fail
    before, lines = totals(fake), list[str]()
    assert carry_out(fake, Move("old", "new"), patience(), tell=lines.append).done
    assert_arrived(fake, before)
    assert any("does not answer now" in line for line in lines)


def test_a_missing_permission_is_told_at_once() -> None:
    fake = service()

    def forbid(kind: str, job: Job) -> None:
        raise CannotAsk("permission: not allowed")

    fake.trouble = forbid
    with pytest.raises(CannotAsk, match="permission"):
        carry_out(fake, Move("old", "new"), patience())


def test_a_job_that_azure_does_not_let_go_holds_up_no_other_and_is_named() -> None:
    fake = service()

    def decline(kind: str, job: Job) -> None:
        if job.id == "solve":
            raise Declined("MetadataTooLarge", "job 'solve': Azure declines; it said MetadataTooLarge")

    fake.trouble = decline
    outcome = carry_out(fake, Move("old", "new"), patience())
    assert explain_left(outcome.left) == "job 'solve' (active; job 'solve': Azure declines; it said MetadataTooLarge)"
    del (states := fake.states())["solve"]
    assert states == {name: state for name, state in ARRIVED.items() if name != "solve"}


def test_a_change_without_effect_is_not_made_for_ever() -> None:
    fake = service()
    fake._enable = lambda job: None  # type: ignore[method-assign]
    outcome = carry_out(fake, Move("old", "new"), patience(10_000))
    assert {one.job.id for one in outcome.left} == {"render", "solve", "empty"}
    assert all("no effect" in one.why for one in outcome.left)
    assert [what for what, name in fake.log if name == "empty"].count("enable") < 10


def test_tasks_that_do_not_end_in_time_are_told() -> None:
    fake = service()
    fake.tasks["render"].lasting = 1000
    lines: list[str] = []
    outcome = carry_out(fake, Move("old", "new"), patience(20), tasks=Tasks.WAIT, tell=lines.append)
    assert [one.job.id for one in outcome.left] == ["render"]
    assert fake.states()["solve"] == ("new", "active")
    assert lines.count("50 tasks of 1 job still run on pool 'old'") == 1


def test_tasks_that_do_not_end_in_time_are_queued_again_if_that_is_wanted() -> None:
    fake = service()
    fake.tasks["render"].lasting = 1000
    before, lines = totals(fake), list[str]()
    outcome = carry_out(fake, Move("old", "new"), patience(20), tasks=Tasks.WAIT, then_requeue=True, tell=lines.append)
    assert outcome.done
    assert_arrived(fake, before)
    assert any("queued again" in line for line in lines)


def test_what_would_lose_something_is_refused_before_anything_is_changed() -> None:
    fake = service()
    fake.schedule("pulling", "old", jobManagerTask={"containerSettings": {"registry": {"username": "u"}}})
    with pytest.raises(InTheWay, match="job schedule 'pulling': its job specification logs in"):
        carry_out(fake, Move("old", "new"), patience())
    assert fake.log == []


def test_a_schedule_that_comes_later_and_would_lose_something_is_left_alone() -> None:
    fake = service()

    def come(what: str, job: Job) -> None:
        if "pulling" not in fake.jobs:
            fake.schedule("pulling", "old", jobManagerTask={"containerSettings": {"registry": {"username": "u"}}})

    fake.trouble = come
    outcome = carry_out(fake, Move("old", "new"), patience())
    assert [one.job.id for one in outcome.left] == ["pulling"]
    assert fake.states()["pulling"] == ("old", "active")
    assert fake.states()["render"] == ("new", "active")
