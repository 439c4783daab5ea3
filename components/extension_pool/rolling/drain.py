"""What becomes of the jobs of a pool that is to be deleted (`rollout.drain`).

| jobs | running tasks | the jobs |
|---|---|---|
| refuse | run on: nothing is deleted while a job or a schedule of the pool is active | stay |
| wait | run to their end; after the timeout nothing is deleted, and the jobs that did not move run on | move |
| requeue | are ended and queued again | move |
| terminate | are ended, and completed | move |
| migrate | as wait, but those that still run at the timeout are queued again | move |

No task of a job that moves begins meanwhile. Under blue-green they move to the new pool, once it has passed its gate;
under delete-first they wait, disabled, until the pool is there again under its name. Jobs that their owner had disabled
stay disabled; under blue-green they are bound to the new pool as well, because the old one will be gone.
"""

from __future__ import annotations

import asyncio
import contextvars
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ..ops.jobs import (
    Job,
    Kind,
    Move,
    TaskCounts,
    Tasks,
    explain_jobs,
    find_active,
    find_bound,
    find_waiting,
    same,
)
from ..ops.jobs_view import by_hand
from ..ops.migrating import (
    InTheWay,
    Outcome,
    Patience,
    Queue,
    carry_out,
    count_tasks,
    explain_left,
    pauses,
    read_all,
)
from ..ops.text import count, some
from . import asking
from .place import find_place
from .plans import GateError, PoolId, PoolPlan, parse_pool_id

REFUSE, WAIT, REQUEUE, TERMINATE, MIGRATE = MODES = ("refuse", "wait", "requeue", "terminate", "migrate")

_TASKS = {WAIT: Tasks.WAIT, MIGRATE: Tasks.WAIT, REQUEUE: Tasks.REQUEUE, TERMINATE: Tasks.TERMINATE}

ENABLING_SECONDS = 600.0
"""How long enabling the jobs of a new pool may take. Batch does it in seconds; a busy service costs more."""

# How long jobs that did not move in time may take to be enabled where they are.
_GIVE_BACK_SECONDS = 60.0
_NAMED = 10


@dataclass(frozen=True)
class Drain:
    """`jobs`: one of MODES. `timeout`: seconds, for the running tasks and for the move as a whole."""

    jobs: str = MIGRATE
    timeout: float = 3600.0

    def __post_init__(self) -> None:
        if self.jobs not in MODES:
            raise ValueError(f"rollout.drain.jobs: must be one of {', '.join(MODES)}, got {self.jobs!r}")


@dataclass(frozen=True)
class Pace:
    """Clock, sleep and the seconds between two questions; tests turn them."""

    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], object] = time.sleep
    pauses: Callable[[], Iterator[float]] = pauses

    def patience(self, limit: float) -> Patience:
        return Patience(limit, self.clock, self.sleep, self.pauses)


def drain_pool(
    queue: Queue,
    drain: Drain,
    pool: str,
    to: str | None,
    *,
    later: str = "",
    pace: Pace | None = None,
    tell: Callable[[str], None] = lambda line: None,
) -> None:
    """Before `pool` is deleted. `to`: the pool that takes its place; None if that comes later, under the same name or,
    where the strategy was changed, the name `later`.

    Returns when no job stands in the way of the deletion any more. Raises `InTheWay` if one does, with what to do, and
    `CannotAsk` if Azure cannot be asked; the pool must not be deleted then. After a crash it goes on where it was.
    """
    pace = pace or Pace()
    if drain.jobs == REFUSE:
        _refuse(queue, pool, to, tell)
        return
    move = Move(pool, to, f"pool {pool} is being replaced", later=later)
    outcome = carry_out(
        queue,
        move,
        pace.patience(drain.timeout),
        tasks=_TASKS[drain.jobs],
        then_requeue=drain.jobs == MIGRATE,
        tell=tell,
    )
    if outcome.done:
        if outcome.moved:
            done = "wait for" if to is None else "moved to"
            tell(f"{count(len(outcome.moved), 'job')} {done} pool {to or later or pool!r}")
        return
    if drain.jobs == WAIT:
        _give_back(queue, pool, pace, tell)
    raise InTheWay(_explain_late(queue, outcome, drain, pool, to))


def fill_pool(
    queue: Queue,
    pool: str,
    *,
    timeout: float = ENABLING_SECONDS,
    pace: Pace | None = None,
    tell: Callable[[str], None] = lambda line: None,
) -> None:
    """After `pool` was made, or is to be kept: the jobs that wait for it are enabled. Raises as `drain_pool`."""
    patience = (pace or Pace()).patience(timeout)
    former = _former(read_all(queue, patience), pool)
    outcomes = [carry_out(queue, Move(one, pool), patience, tell=tell) for one in (*former, pool)]
    left = tuple(one for outcome in outcomes for one in outcome.left)
    if left:
        raise InTheWay(
            f"jobs: must run on pool {pool!r} again, and do not yet: {explain_left(left, _NAMED)}; to go on: "
            + " and ".join(by_hand(one, pool) for one in (*former, pool))
        )
    moved = {name for outcome in outcomes for name in outcome.moved}
    if moved:
        tell(f"{count(len(moved), 'job')} of pool {pool!r} enabled again")


async def before_delete(plan: PoolPlan, drain: Drain, pool_id: str, *, later: str = "") -> None:
    """`drain_pool` for the hook, of the pool with this resource id. Raises `GateError`.

    The jobs go to the pool that the run has, if that is another one; else they wait for the one that it makes, under
    the name `later` (empty: the same name).
    """
    old = parse_pool_id(pool_id)
    to = None if plan.current is None or plan.is_current(pool_id) else parse_pool_id(plan.current).pool
    go_on = (
        f"Pool {old.pool!r} is not deleted; jobs may wait in between, and 'extension-pool status' lists them. "
        f"To go on: run 'pulumi up' again, or: {by_hand(old.pool, to or old.pool)}"
    )
    await _on_account(
        plan,
        old,
        lambda queue, pace, say: drain_pool(queue, drain, old.pool, to, later=later, pace=pace, tell=say),
        go_on,
    )


async def after_create(plan: PoolPlan) -> None:
    """`fill_pool` for the hook, of the pool that the run has made. Raises `GateError`."""
    new = parse_pool_id(plan.current or "")
    await _on_account(plan, new, lambda queue, pace, say: fill_pool(queue, new.pool, pace=pace, tell=say))


async def _on_account(
    plan: PoolPlan, pool: PoolId, work: Callable[[Queue, Pace, Callable[[str], None]], None], go_on: str = ""
) -> None:
    """Blocking `work` in a thread; what it says is logged at the pool. `go_on`: what to do where Azure stopped it."""
    from ..ops.batch import connect
    from ..ops.errors import OpsError

    loop, context = asyncio.get_running_loop(), contextvars.copy_context()

    def say(line: str) -> None:
        loop.call_soon_threadsafe(asking.say, plan, f"jobs: {line}", context=context)

    def run(sleep: Callable[[float], None]) -> None:
        with connect(place) as account:
            work(account, Pace(sleep=sleep, pauses=_pauses), say)

    try:
        place = await find_place(pool, plan.component)
        await asking.in_thread(run)
    except InTheWay as error:
        raise GateError(str(error)) from error
    except OpsError as error:
        raise GateError(f"{error}. {go_on}" if go_on else str(error)) from error


def _pauses() -> Iterator[float]:
    """As often as the gate asks, if that was told; else as a move does by itself."""
    return asking.intervals() if os.environ.get(asking.POLL) else pauses()


def _refuse(queue: Queue, pool: str, to: str | None, tell: Callable[[str], None]) -> None:
    jobs = read_all(queue)
    active = find_active(jobs, pool)
    if active:
        counts = count_tasks(queue, active[:_NAMED])
        named = some([_described(job, counts.get(job.id)) for job in active], _NAMED)
        raise InTheWay(
            f"rollout.drain.jobs: refuse, and {explain_jobs(active)} of pool {pool!r} {_are(active)} active: {named}. "
            "The pool is not deleted. Wait until they are done, end them, or "
            + (f"move them: {by_hand(pool, to)}; or " if to else "")
            + "set rollout.drain.jobs to migrate"
        )
    asleep = find_bound(jobs, pool)
    if asleep and to is not None:
        tell(
            f"{explain_jobs(asleep)} bound to pool {pool!r} {_are(asleep)} disabled and would not run when enabled, "
            f"for the pool will be gone; to bind them to the new one: {by_hand(pool, to)}"
        )


def _described(job: Job, counts: TaskCounts | None) -> str:
    if job.kind is Kind.SCHEDULE or counts is None:
        return job.name
    return f"{job.name} ({counts.running} running, {counts.queued} queued tasks)"


def _are(jobs: tuple[Job, ...]) -> str:
    return "is" if len(jobs) == 1 else "are"


def _give_back(queue: Queue, pool: str, pace: Pace, tell: Callable[[str], None]) -> None:
    """Jobs whose tasks did not end in time run on where they are."""
    tell("running tasks did not end in time (rollout.drain.timeout); the jobs that did not move are enabled again")
    carry_out(queue, Move(pool, pool), pace.patience(_GIVE_BACK_SECONDS), tell=tell)


def _explain_late(queue: Queue, outcome: Outcome, drain: Drain, pool: str, to: str | None) -> str:
    waiting = find_waiting(read_all(queue), pool)
    here = some([f"{job.name} ({job.state})" for job, _ in waiting], _NAMED)
    advice = {
        WAIT: "give rollout.drain a longer timeout, or set rollout.drain.jobs to migrate, which queues the tasks again",
    }.get(drain.jobs, f"run 'pulumi up' again, which goes on, or: {by_hand(pool, to or pool)}")
    stay = f" Disabled meanwhile: {here}; to enable them where they are: {by_hand(pool, pool)}." if waiting else ""
    if drain.jobs == WAIT and not waiting:
        stay = " The jobs that did not move run on where they are."
    return (
        f"rollout.drain.jobs: {drain.jobs}, and not all jobs could leave pool {pool!r} in time: "
        f"{explain_left(outcome.left, _NAMED)}. The pool is not deleted.{stay} To go on: {advice}"
    )


def _former(jobs: list[Job], pool: str) -> tuple[str, ...]:
    """The pools, each once, whose jobs wait for `pool`, which has another name than they have."""
    marks = (mark for _, mark in find_waiting(jobs))
    found = (mark.pool for mark in marks if same(mark.to, pool) and not same(mark.pool, pool))
    return tuple({name.lower(): name for name in found}.values())
