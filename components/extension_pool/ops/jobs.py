"""Jobs and job schedules that are bound to a pool, and the next step of each on its way to another one. Pure.

Each step is found from what the service shows of a job now, never from what was done before. So a move that was killed
anywhere goes on from there, whoever goes on with it: the next `pulumi up`, `extension-pool migrate` or `recover`.

Before a job is disabled it is marked: its metadata say who disabled it, and that it was active. What is disabled
without a mark was disabled by its owner and stays so. The mark goes when the job is active again.

    active -> mark -> disable -> (tasks end or are queued again) -> re-point -> enable -> take the mark away

A schedule needs no disabling to be re-pointed, in one change; its jobs move as all jobs do.

https://learn.microsoft.com/rest/api/batchservice/jobs/update-job: the pool of a job changes only while it is disabled.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum

from .lenient import mapping, mappings, number, parse_time, text
from .text import count

MARK = "extension-pool"
"""The name of the metadata item that marks a job or a schedule."""

# Nothing of these runs any more, and the service takes no change of them.
_OVER = frozenset({"terminating", "completed", "deleting"})


class Kind(Enum):
    """What Batch calls it."""

    JOB = "job"
    SCHEDULE = "job schedule"


class Tasks(Enum):
    """What becomes of the running tasks of a job that is disabled, in the words of Batch (disableTasks)."""

    REQUEUE = "requeue"
    TERMINATE = "terminate"
    WAIT = "wait"


class Step(Enum):
    """What comes next for a job. WAIT: for the service."""

    MARK = "mark"
    DISABLE = "disable"
    REPOINT = "re-point"
    ENABLE = "enable"
    UNMARK = "take the mark away"
    WAIT = "wait"


@dataclass(frozen=True)
class Job:
    """A job or a job schedule.

    `pool` is the id of the pool that it is bound to; empty if it has pools of its own made (auto pool). `metadata` are
    its pairs of name and value. `specification`: of a schedule, what its jobs are made from, as the service writes it.
    """

    kind: Kind
    id: str
    state: str
    pool: str
    metadata: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    etag: str = field(default="", repr=False)
    # Command lines, environments and addresses with signatures: not for a log.
    specification: Mapping[str, object] | None = field(default=None, repr=False, compare=False)

    @property
    def name(self) -> str:
        """`job 'render'`."""
        return f"{self.kind.value} {self.id!r}"

    @property
    def over(self) -> bool:
        return self.state in _OVER


@dataclass(frozen=True)
class TaskCounts:
    """How many tasks of a job wait, run, and are completed. The service counts at intervals, so it may lag behind."""

    queued: int = 0
    running: int = 0
    completed: int = 0

    def __add__(self, other: TaskCounts) -> TaskCounts:
        return TaskCounts(self.queued + other.queued, self.running + other.running, self.completed + other.completed)


@dataclass(frozen=True)
class Mark:
    """Why a job is disabled. `pool`: where it was; `to`: where it goes, empty if it comes back to a pool of that name.

    `was`: its state before. `why`: for people. `since`: when it was marked; None if that cannot be read.
    """

    pool: str
    to: str
    was: str = "active"
    why: str = ""
    since: datetime | None = None


@dataclass(frozen=True)
class Move:
    """What shall become of the jobs bound to `pool`.

    `to`: the pool that they go to. None: they wait, disabled, for a new pool of the same name. The same as `pool`:
    those that wait are enabled again. `why` goes into the mark. `marked_only`: leave jobs alone that nobody has begun
    to move. `later`: with None, the name of the new pool, where it is another.
    """

    pool: str
    to: str | None
    why: str = ""
    marked_only: bool = False
    later: str = ""

    @property
    def goal(self) -> str:
        """Where the jobs go in the end; empty for a pool of the same name."""
        goal = self.later if self.to is None else self.to
        return "" if same(goal, self.pool) else goal

    @property
    def releasing(self) -> bool:
        return self.to is not None and same(self.pool, self.to)


def same(one: str, other: str) -> bool:
    """Whether two ids are those of one pool: Batch preserves case and ignores it."""
    return one.lower() == other.lower()


def parse_job(raw: object) -> Job:
    """A job as `GET /jobs` lists it."""
    found = mapping(raw)
    return _job(Kind.JOB, found, mapping(found.get("poolInfo")))


def parse_schedule(raw: object) -> Job:
    """A job schedule as `GET /jobschedules` lists it."""
    found = mapping(raw)
    specification = mapping(found.get("jobSpecification"))
    job = _job(Kind.SCHEDULE, found, mapping(specification.get("poolInfo")))
    return replace(job, specification=specification)


def parse_task_counts(raw: object) -> TaskCounts:
    """The answer of `GET /jobs/{id}/taskcounts`."""
    counts = mapping(mapping(raw).get("taskCounts"))
    queued, running, completed = (number(counts.get(name)) or 0 for name in ("active", "running", "completed"))
    return TaskCounts(queued, running, completed)


def parse_mark(value: str) -> Mark | None:
    """`render_mark` backwards; None for any other text."""
    try:
        raw = json.loads(value)
    except (ValueError, RecursionError):
        return None
    if not isinstance(raw, dict) or not isinstance(raw.get("pool"), str) or not raw["pool"]:
        return None
    words = {name: text(raw.get(name)) for name in ("to", "was", "why")}
    return Mark(raw["pool"], words["to"], words["was"], words["why"], parse_time(raw.get("since")))


def render_mark(mark: Mark) -> str:
    """The value of the metadata item."""
    value = {"pool": mark.pool, "to": mark.to, "was": mark.was, "why": mark.why}
    since = {"since": mark.since.isoformat()} if mark.since is not None else {}
    return json.dumps({**value, **since}, separators=(",", ":"))


def find_mark(job: Job) -> Mark | None:
    """The mark of a job, if it has one."""
    marks = (parse_mark(value) for name, value in job.metadata if name == MARK)
    return next((mark for mark in marks if mark is not None), None)


def with_mark(job: Job, mark: Mark) -> tuple[tuple[str, str], ...]:
    """The metadata of a job with a mark, its own unchanged."""
    return (*without_mark(job), (MARK, render_mark(mark)))


def without_mark(job: Job) -> tuple[tuple[str, str], ...]:
    """The metadata of a job without any mark, its own unchanged."""
    return tuple(pair for pair in job.metadata if pair[0] != MARK or parse_mark(pair[1]) is None)


def find_bound(jobs: Iterable[Job], pool: str) -> tuple[Job, ...]:
    """The jobs and schedules that are bound to a pool and not over."""
    return tuple(job for job in jobs if same(job.pool, pool) and not job.over)


def find_active(jobs: Iterable[Job], pool: str) -> tuple[Job, ...]:
    """Those of `find_bound` that run tasks or may begin to: all but the disabled."""
    return tuple(job for job in find_bound(jobs, pool) if job.state != "disabled")


def find_waiting(jobs: Iterable[Job], pool: str | None = None) -> tuple[tuple[Job, Mark], ...]:
    """The jobs and schedules that are marked, each with its mark; with `pool` those that are or were bound to it."""
    marked = ((job, find_mark(job)) for job in jobs if not job.over)
    return tuple(
        (job, mark)
        for job, mark in marked
        if mark is not None and (pool is None or any(same(pool, one) for one in (job.pool, mark.pool, mark.to)))
    )


def next_step(job: Job, move: Move) -> Step | None:
    """What comes next for a job, judged by what it is now; None if nothing is to be done, or nothing any more."""
    mark = find_mark(job)
    here = same(job.pool, move.pool)
    if job.over or not (here or (mark is not None and _arrived(job, mark, move))):
        return None
    if mark is None:
        return None if move.releasing or move.marked_only else _leave(job, False, move)
    return _leave(job, True, move) if here and not move.releasing else _arrive(job, move)


def _arrived(job: Job, mark: Mark, move: Move) -> bool:
    """Whether a marked job that is not in the pool any more came out of it: by this move, or by one that goes on."""
    went_on = move.to is not None and same(job.pool, move.to) and same(mark.to, move.pool)
    return same(mark.pool, move.pool) or went_on


def _leave(job: Job, marked: bool, move: Move) -> Step | None:
    """The next step of a job that is still bound to the pool."""
    repoint = None if move.to is None else Step.REPOINT
    if job.kind is Kind.SCHEDULE and repoint:
        return repoint
    if job.state == "active":
        return Step.DISABLE if marked else Step.MARK
    if job.state == "disabled":
        return repoint
    # Its owner disables it: it is none of ours, and it can be re-pointed when that is done.
    return None if job.state == "disabling" and not marked and not repoint else Step.WAIT


def _arrive(job: Job, move: Move) -> Step:
    """The next step of a marked job that is where it belongs."""
    # Whether a job can be enabled while its tasks still run to their end is not documented; it is tried.
    disabling = Step.ENABLE if move.releasing and job.kind is Kind.JOB else Step.WAIT
    return {"active": Step.UNMARK, "disabled": Step.ENABLE, "disabling": disabling}.get(job.state, Step.WAIT)


def after(job: Job, step: Step, move: Move, mark: Mark) -> Job:
    """What a job is when the service has taken a step of it. Its etag is not known then."""
    job = replace(job, etag="")
    if step is Step.MARK:
        return replace(job, metadata=with_mark(job, mark))
    if step is Step.UNMARK:
        return replace(job, metadata=without_mark(job))
    if step is Step.REPOINT:
        return replace(job, pool=move.to or job.pool)
    at_once = job.kind is Kind.SCHEDULE
    states = {Step.DISABLE: "disabled" if at_once else "disabling", Step.ENABLE: "active" if at_once else "enabling"}
    return replace(job, state=states.get(step, job.state))


def repointed(specification: Mapping[str, object], pool: str) -> dict[str, object]:
    """What a schedule makes its jobs from, for another pool: a change of it replaces it as a whole."""
    return {**specification, "poolInfo": {**mapping(specification.get("poolInfo")), "poolId": pool}}


def find_obstacles(jobs: Iterable[Job], move: Move) -> Iterator[tuple[Job, str]]:
    """Jobs that cannot be moved without losing something of their owner's, each with the reason."""
    for job in jobs:
        step = next_step(job, move)
        if step is None:
            continue
        if find_mark(job) is None and any(name == MARK for name, _ in job.metadata):
            yield job, f"its metadata item {MARK!r} is not one of this tool's; rename it"
        if job.kind is Kind.SCHEDULE and step is Step.REPOINT and _hides_password(job.specification or {}):
            yield (
                job,
                "its job specification logs in to a container registry with a password, which Azure does not give "
                "back, and a change of the pool replaces all of it; change its pool where the schedule is made",
            )


def _hides_password(specification: Mapping[str, object]) -> bool:
    tasks = (mapping(specification.get(name)) for name in ("jobManagerTask", "jobPreparationTask", "jobReleaseTask"))
    registries = (mapping(mapping(task.get("containerSettings")).get("registry")) for task in tasks)
    return any(registry.get("username") and not registry.get("password") for registry in registries)


def plan_recovery(jobs: Sequence[Job], pools: Iterable[str]) -> tuple[Move, ...]:
    """The moves that bring to their end what was begun and left; `pools`: those that the account has now.

    A job goes where its mark sends it if that pool is there, else it is enabled where it is, or goes back to where it
    was. One whose pools are all gone stays as it is: it waits for the next update.
    """
    there = list(pools)
    moves = []
    for job, mark in find_waiting(jobs):
        to = mark.to or mark.pool
        if any(same(to, name) for name in there):
            moves.append(Move(mark.pool, to, mark.why, marked_only=True))
        elif any(same(job.pool, name) for name in there):
            moves.append(Move(job.pool, job.pool, mark.why, marked_only=True))
        elif any(same(mark.pool, name) for name in there):
            moves.append(Move(job.pool, mark.pool, mark.why, marked_only=True))
    return tuple(dict.fromkeys(moves))


def explain_jobs(jobs: Sequence[Job]) -> str:
    """`3 jobs and 1 job schedule`."""
    numbers = Counter(job.kind for job in jobs)
    return " and ".join(count(numbers[kind], kind.value) for kind in Kind if numbers[kind]) or "no jobs"


def explain_move(move: Move, tasks: Tasks) -> str:
    """What is done to them, in words."""
    if move.releasing:
        return "enabled again"
    meanwhile = {
        Tasks.REQUEUE: "running tasks are queued again",
        Tasks.TERMINATE: "running tasks are ended",
        Tasks.WAIT: "running tasks are let run to their end",
    }[tasks]
    goal = "they wait, disabled, for the new pool" if move.to is None else f"they go to pool {move.to!r}"
    return f"{meanwhile}, {goal}"


def _job(kind: Kind, raw: Mapping[str, object], pool_info: Mapping[str, object]) -> Job:
    return Job(
        kind=kind,
        id=text(raw.get("id")),
        state=text(raw.get("state")).lower(),
        pool=text(pool_info.get("poolId")),
        metadata=tuple((text(item.get("name")), text(item.get("value"))) for item in mappings(raw.get("metadata"))),
        etag=text(raw.get("eTag")),
    )
