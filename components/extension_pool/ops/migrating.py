"""Carries a move of jobs out: round by round it reads what is there and takes the next step of each job.

Nothing is remembered from one round to the next but how often a step was tried, so a move that was killed is carried on
by calling this again. Jobs that come while it goes on are found in the next round.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Protocol

from .errors import CannotAsk, Declined, OpsError
from .jobs import (
    Job,
    Kind,
    Mark,
    Move,
    Step,
    TaskCounts,
    Tasks,
    after,
    explain_jobs,
    explain_move,
    find_mark,
    find_obstacles,
    find_waiting,
    next_step,
    plan_recovery,
    with_mark,
    without_mark,
)
from .text import count, some

# How often the same step of the same job may be taken without an effect. More than the few that a busy service costs.
_TRIES = 5

# So many jobs are asked for their tasks, a call each, to tell how far it is.
_COUNTED = 50

# How long the service gets to queue tasks again when the time for letting them end is over; a judgement.
GRACE = 300.0

# Batch's words for a job that has changed, or whose state has, since it was read: the next round sees it anew.
_LOOK_AGAIN = frozenset(
    {
        "conditionnotmet",
        "operationinvalidforcurrentstate",
        "jobnotactive",
        "jobdisabled",
        "jobcompleted",
        "jobbeingterminated",
        "jobbeingdeleted",
        "jobnotfound",
        "jobscheduledisabled",
        "jobschedulecompleted",
        "jobschedulebeingterminated",
        "jobschedulebeingdeleted",
        "jobschedulenotfound",
    }
)


class InTheWay(OpsError):
    """Jobs stand in the way, or could not be brought to where they shall be. Exit code 1."""

    exit_code = 1


class Queue(Protocol):
    """The calls to Azure that a move makes; `batch.BatchAccount` has them."""

    def list_jobs(self) -> list[Job]: ...
    def list_job_schedules(self) -> list[Job]: ...
    def task_counts(self, job_id: str) -> TaskCounts: ...
    def disable_job(self, job: Job, tasks: Tasks) -> None: ...
    def enable_job(self, job: Job) -> None: ...
    def set_metadata(self, job: Job, metadata: Sequence[tuple[str, str]]) -> None: ...
    def set_pool(self, job: Job, pool: str) -> None: ...


def pauses() -> Iterator[float]:
    """The seconds between two rounds: 1, 2, 3, 5, 8, then 15 for ever."""
    yield from (1.0, 2.0, 3.0, 5.0, 8.0)
    while True:
        yield 15.0


@dataclass(frozen=True)
class Patience:
    """How long a move may take, in seconds, by a clock that tests can turn. `pauses`: seconds between two rounds."""

    limit: float
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], object] = time.sleep
    pauses: Callable[[], Iterator[float]] = pauses


@dataclass(frozen=True)
class Left:
    """A job that is not where it shall be, the step that it waits for, and what the service said of it."""

    job: Job
    step: Step
    why: str = ""


@dataclass(frozen=True)
class Outcome:
    """`moved`: jobs and schedules that a step was taken of. `left`: those that are not where they shall be."""

    moved: tuple[str, ...] = ()
    left: tuple[Left, ...] = ()

    @property
    def done(self) -> bool:
        return not self.left


def read_all(queue: Queue, patience: Patience | None = None) -> list[Job]:
    """The schedules and jobs of the account, schedules first: what they make meanwhile is then among the jobs.

    With `patience` a service that does not answer now is asked again until that is over.
    """
    start = patience.clock() if patience else 0.0
    for pause in patience.pauses() if patience else iter((0.0,)):
        try:
            return [*queue.list_job_schedules(), *queue.list_jobs()]
        except CannotAsk as error:
            if not error.passing or patience is None or patience.clock() - start >= patience.limit:
                raise
            patience.sleep(pause)
    raise AssertionError("the pauses never end")


def count_tasks(queue: Queue, jobs: Sequence[Job]) -> dict[str, TaskCounts]:
    """The tasks of each job, by its id; schedules have none of their own. A job that vanished is left out."""
    found = {}
    for job in jobs:
        if job.kind is Kind.JOB:
            try:
                found[job.id] = queue.task_counts(job.id)
            except CannotAsk as error:
                if not error.passing and getattr(error.__cause__, "status_code", None) != 404:
                    raise
    return found


def read_waiting(queue: Queue, pools: Iterable[str]) -> list[tuple[Job, Mark]]:
    """The jobs and schedules that are disabled because of a roll-out of one of the pools, each with the reason."""
    jobs = read_all(queue)
    return list(dict.fromkeys(found for pool in pools for found in find_waiting(jobs, pool)))


def recover(
    queue: Queue,
    pools: Iterable[str],
    patience: Patience,
    *,
    tell: Callable[[str], None] = lambda line: None,
) -> list[tuple[Move, Outcome]]:
    """Brings to their end the moves that were begun and left; `pools`: those of the account that stay.

    Only jobs that are marked are touched. Raises as `carry_out`.
    """
    moves = plan_recovery(read_all(queue), pools)
    return [(move, carry_out(queue, move, patience, tell=tell)) for move in moves]


def carry_out(
    queue: Queue,
    move: Move,
    patience: Patience,
    *,
    tasks: Tasks = Tasks.REQUEUE,
    then_requeue: bool = False,
    tell: Callable[[str], None] = lambda line: None,
) -> Outcome:
    """Moves the jobs of a pool. `tasks`: what becomes of those that run.

    `then_requeue`: those that still run at the end of the limit are queued again, for which there is some more time.

    Raises `InTheWay` before anything is changed if a job could only be moved at a loss, and `CannotAsk` if Azure cannot
    be asked at all, or until the end.
    """
    return _Moving(queue, move, tasks, tell).run(patience, then_requeue)


@dataclass
class _Moving:
    queue: Queue
    move: Move
    tasks: Tasks
    tell: Callable[[str], None]
    moved: dict[str, None] = field(default_factory=dict)
    tried: Counter[tuple[str, Step]] = field(default_factory=Counter)
    last: dict[str, str] = field(default_factory=dict)
    said: str = ""
    acted: bool = False

    def run(self, patience: Patience, then_requeue: bool) -> Outcome:
        self._refuse_losses(patience)
        start, limit = patience.clock(), patience.limit
        intervals = patience.pauses()
        while True:
            left, trouble = self._round()
            if not left and trouble is None:
                return Outcome(tuple(self.moved))
            gone = patience.clock() - start
            stuck = bool(left) and all(self._stuck(one.job, one.step) for one in left)
            if gone >= limit and then_requeue and self.tasks is Tasks.WAIT and not stuck:
                self.tell("the time for tasks to end is over; those that still run are queued again")
                self.tasks, then_requeue, limit = Tasks.REQUEUE, False, gone + GRACE
                self._hurry(left)
            elif gone >= limit or stuck:
                if trouble is not None and not left:
                    raise trouble
                return Outcome(tuple(self.moved), tuple(left))
            if self.acted:
                intervals = patience.pauses()
            patience.sleep(min(next(intervals), max(0.0, limit - gone)))

    def _refuse_losses(self, patience: Patience) -> None:
        found = read_all(self.queue, patience)
        lines = [f"{job.name}: {reason}" for job, reason in find_obstacles(found, self.move)]
        if lines:
            raise InTheWay(
                f"jobs: cannot be moved from pool {self.move.pool!r}; nothing is changed; {'; '.join(lines)}"
            )
        self._tell_begin(found)

    def _tell_begin(self, found: Sequence[Job]) -> None:
        jobs = [job for job in found if next_step(job, self.move) is not None]
        if not jobs:
            return
        number = ""
        if len(jobs) <= _COUNTED:
            total = sum(count_tasks(self.queue, jobs).values(), TaskCounts())
            number = f", with {total.running} running and {total.queued} queued tasks"
        self.tell(f"{explain_jobs(jobs)} of pool {self.move.pool!r}{number}: {explain_move(self.move, self.tasks)}")

    def _round(self) -> tuple[list[Left], CannotAsk | None]:
        """Steps as far as the service lets each job go now. Schedules first, so that they make no more jobs here."""
        self.acted = False
        left: list[Left] = []
        try:
            for job in self.queue.list_job_schedules():
                left += self._go(job)
            for job in self.queue.list_jobs():
                left += self._go(job)
        except CannotAsk as error:
            if not error.passing:
                raise
            self._say(f"Azure does not answer now ({error}); trying again")
            return left, error
        waiting = [one.job for one in left if one.job.state == "disabling" and one.job.kind is Kind.JOB]
        if waiting and self.tasks is Tasks.WAIT:
            total = sum(count_tasks(self.queue, waiting[:_COUNTED]).values(), TaskCounts())
            least = "at least " if len(waiting) > _COUNTED else ""
            running = count(total.running, "task")
            self._say(f"{least}{running} of {explain_jobs(waiting)} still run on pool {self.move.pool!r}")
        return left, None

    def _go(self, job: Job) -> list[Left]:
        mark = find_mark(job) or Mark(
            self.move.pool, self.move.goal, job.state, self.move.why, datetime.now(timezone.utc).replace(microsecond=0)
        )
        while (step := next_step(job, self.move)) is not None:
            if step is Step.WAIT:
                return [Left(job, step, self.last.get(job.name, ""))]
            if self._stuck(job, step):
                return [Left(job, step, self.last.get(job.name, "the change has no effect"))]
            for _, loss in find_obstacles([job], self.move):
                # One that came after the first reading.
                self.tried[job.name, step], self.last[job.name] = _TRIES, loss
                return [Left(job, step, loss)]
            try:
                self._take(job, step, mark)
            except Declined as declined:
                passing = declined.code.lower() in _LOOK_AGAIN
                if not (passing and job.state == "disabling"):
                    # That one passes by itself, however long it takes.
                    self.tried[job.name, step] += 1 if passing else _TRIES
                self.last[job.name] = str(declined)
                return [Left(job, step, str(declined))]
            self.tried[job.name, step] += 1
            self.moved[job.name] = None
            self.acted = True
            job = after(job, step, self.move, mark)
            if step in (Step.DISABLE, Step.ENABLE, Step.UNMARK):
                # The service may need a while, and the next change needs the job as it is then.
                final = next_step(job, self.move)
                return [] if final is None else [Left(job, final)]
        return []

    def _stuck(self, job: Job, step: Step) -> bool:
        return self.tried[job.name, step] >= _TRIES

    def _take(self, job: Job, step: Step, mark: Mark) -> None:
        if step is Step.MARK:
            self.queue.set_metadata(job, with_mark(job, mark))
        elif step is Step.DISABLE:
            self.queue.disable_job(job, self.tasks)
        elif step is Step.REPOINT:
            self.queue.set_pool(job, self.move.to or job.pool)
        elif step is Step.ENABLE:
            self.queue.enable_job(job)
        else:
            self.queue.set_metadata(job, without_mark(job))

    def _hurry(self, left: Sequence[Left]) -> None:
        """Once more, with another word for the running tasks, which Batch takes from jobs that it is disabling."""
        for one in left:
            if one.job.kind is Kind.JOB and one.job.state == "disabling" and find_mark(one.job) is not None:
                try:
                    self.queue.disable_job(one.job, self.tasks)
                except (Declined, CannotAsk) as error:
                    self.last[one.job.name] = str(error)

    def _say(self, line: str) -> None:
        if line != self.said:
            self.said = line
            self.tell(line)


def explain_left(left: Sequence[Left], limit: int = 10) -> str:
    """Which jobs are not where they shall be, and why."""
    return some([f"{one.job.name} ({one.job.state}{f'; {one.why}' if one.why else ''})" for one in left], limit)
