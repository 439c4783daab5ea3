"""Jobs and schedules in memory that behave as Batch says, for moves of them. Time is counted in reads."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from extension_pool.ops.errors import Declined
from extension_pool.ops.jobs import Job, Kind, TaskCounts, Tasks


class Killed(BaseException):
    """The process is gone: nothing catches it."""


@dataclass
class Tally:
    """The tasks of a job: `lasting` are the rounds that the running ones go on."""

    queued: int = 0
    running: int = 0
    completed: int = 0
    lasting: int = 0

    @property
    def total(self) -> int:
        return self.queued + self.running + self.completed


@dataclass
class FakeJobs:
    """`die_at`: the number of the call that kills, before it is done or (`late`) after. `log`: the changes."""

    jobs: dict[str, Job] = field(default_factory=dict)
    tasks: dict[str, Tally] = field(default_factory=dict)
    log: list[tuple[str, str]] = field(default_factory=list)
    calls: int = 0
    die_at: int | None = None
    late: bool = False
    trouble: Callable[[str, Job], None] = lambda what, job: None
    started_on: list[tuple[str, str]] = field(default_factory=list)

    def job(self, name: str, pool: str, state: str = "active", *, metadata: Any = (), **tally: int) -> None:
        self.jobs[name] = Job(Kind.JOB, name, state, pool, tuple(metadata), "1")
        self.tasks[name] = Tally(**tally)

    def schedule(self, name: str, pool: str, state: str = "active", **more: Any) -> None:
        specification = {"poolInfo": {"poolId": pool}, "priority": 7, **more}
        self.jobs[name] = Job(Kind.SCHEDULE, name, state, pool, (), "1", specification)

    def states(self) -> dict[str, tuple[str, str]]:
        return {name: (job.pool, job.state) for name, job in self.jobs.items()}

    def marked(self) -> list[str]:
        return [name for name, job in self.jobs.items() if any(key == "extension-pool" for key, _ in job.metadata)]

    # The calls of a move

    def list_job_schedules(self) -> list[Job]:
        return self._call(lambda: self._listed(Kind.SCHEDULE))

    def list_jobs(self) -> list[Job]:
        self._pass()
        return self._call(lambda: self._listed(Kind.JOB))

    def task_counts(self, job_id: str) -> TaskCounts:
        tally = self.tasks[job_id]
        return self._call(lambda: TaskCounts(tally.queued, tally.running, tally.completed))

    def disable_job(self, job: Job, tasks: Tasks) -> None:
        self._change("disable", job, lambda: self._disable(job, tasks))

    def enable_job(self, job: Job) -> None:
        self._change("enable", job, lambda: self._enable(job))

    def set_metadata(self, job: Job, metadata: Sequence[tuple[str, str]]) -> None:
        def change() -> None:
            self._matched(job)
            self._save(job.id, metadata=tuple(metadata))

        self._change("metadata", job, change)

    def set_pool(self, job: Job, pool: str) -> None:
        def change() -> None:
            found = self.jobs[job.id]
            if found.kind is Kind.JOB and found.state != "disabled":
                raise Declined("OperationInvalidForCurrentState", f"{job.name}: not disabled")
            if found.specification is not None:
                self._matched(job)
            kept: Mapping[str, object] | None = found.specification and {**found.specification, "poolInfo": pool}
            self._save(job.id, pool=pool, specification=kept)

        self._change("pool", job, change)

    # How Batch does it

    def _listed(self, kind: Kind) -> list[Job]:
        return [job for job in self.jobs.values() if job.kind is kind and job.state != "completed"]

    def _call(self, do: Callable[[], Any]) -> Any:
        self.calls += 1
        if self.calls == self.die_at and not self.late:
            raise Killed
        found = do()
        if self.calls == self.die_at:
            raise Killed
        return found

    def _change(self, what: str, job: Job, do: Callable[[], None]) -> None:
        def change() -> None:
            self.trouble(what, job)
            do()
            self.log.append((what, job.id))

        self._call(change)

    def _matched(self, job: Job) -> None:
        if job.etag and job.etag != self.jobs[job.id].etag:
            raise Declined("ConditionNotMet", f"{job.name}: changed")

    def _save(self, name: str, **changes: Any) -> None:
        job = self.jobs[name]
        self.jobs[name] = replace(job, etag=str(int(job.etag) + 1), **changes)

    def _disable(self, job: Job, tasks: Tasks) -> None:
        found = self.jobs[job.id]
        if found.kind is Kind.SCHEDULE:
            self._save(job.id, state="disabled")
            return
        if found.state not in {"active", "disabling", "disabled"}:
            raise Declined("JobNotActive", f"{job.name}: {found.state}")
        tally = self.tasks[job.id]
        if tasks is Tasks.REQUEUE:
            tally.queued, tally.running = tally.queued + tally.running, 0
        elif tasks is Tasks.TERMINATE:
            tally.completed, tally.running = tally.completed + tally.running, 0
        if found.state == "active":
            self._save(job.id, state="disabling")

    def _enable(self, job: Job) -> None:
        found = self.jobs[job.id]
        if found.kind is Kind.SCHEDULE:
            self._save(job.id, state="active")
            return
        if found.state != "disabled":
            raise Declined("OperationInvalidForCurrentState", f"{job.name}: {found.state}")
        self._save(job.id, state="enabling")

    def _pass(self) -> None:
        """A while goes by: tasks end and begin, and states that pass do."""
        for name, tally in self.tasks.items():
            job = self.jobs[name]
            tally.lasting = max(0, tally.lasting - 1)
            if not tally.lasting:
                tally.completed, tally.running = tally.completed + tally.running, 0
            if job.state == "disabling" and not tally.running:
                self._save(name, state="disabled")
            elif job.state == "enabling":
                self._save(name, state="active")
            elif job.state == "active" and tally.queued and not tally.running:
                tally.queued, tally.running = tally.queued - 1, 1
                self.started_on.append((name, job.pool))
