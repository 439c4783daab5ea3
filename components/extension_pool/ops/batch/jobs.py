"""Jobs and job schedules of an account: what they are bound to, and the changes that move them to another pool."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

from ..jobs import Job, Kind, TaskCounts, Tasks, parse_job, parse_schedule, parse_task_counts, repointed
from ..snapshot import parse_pool
from .failures import READING, Need

if TYPE_CHECKING:
    from azure.batch import BatchClient

Result = TypeVar("Result")

_ROLES = "'Azure Batch Job Submitter' (or 'Azure Batch Data Contributor')"
# https://learn.microsoft.com/azure/role-based-access-control/permissions/compute#microsoftbatch: data actions
READING_JOBS = Need(
    "reading the jobs of",
    _ROLES,
    "the data actions Microsoft.Batch/batchAccounts/jobs/read and .../jobSchedules/read",
)
WRITING_JOBS = Need(
    "changing the jobs of",
    _ROLES,
    "the data actions Microsoft.Batch/batchAccounts/jobs/write and .../jobSchedules/write",
)

# https://learn.microsoft.com/rest/api/batchservice/odata-filters-in-batch ("List jobs"). Whether a pool's id compares
# with or without case there is not said, so that is done here.
_NOT_OVER = "state ne 'completed'"


class Scheduling:
    """The part of an account that has to do with jobs.

    Every method raises `CannotAsk` when the service cannot be asked, and those that change something `Declined` when it
    refuses for the state that things are in; after a lost connection the message says that the change may have been
    made. Each change can be made again.
    """

    _client: BatchClient

    @abstractmethod
    def _pages(
        self, items: Callable[[], Any], parse: Callable[[Any], Result], *, need: Need
    ) -> Iterator[list[Result]]: ...
    @abstractmethod
    def _ask(self, call: Callable[[], Any], *, need: Need) -> Any: ...
    @abstractmethod
    def _write(self, call: Callable[[], None], subject: str, need: Need) -> None: ...
    @abstractmethod
    def _send(self, path: str, body: Mapping[str, object], subject: str, need: Need) -> None: ...

    def list_jobs(self) -> list[Job]:
        """The account's jobs that are not completed."""
        pages = self._pages(lambda: self._client.list_jobs(filter=_NOT_OVER), parse_job, need=READING_JOBS)
        return [job for page in pages for job in page]

    def list_job_schedules(self) -> list[Job]:
        """The account's job schedules."""
        pages = self._pages(self._client.list_job_schedules, parse_schedule, need=READING_JOBS)
        return [job for page in pages for job in page]

    def lasting_pools(self) -> list[str]:
        """The names of the account's pools that are not being deleted: those that jobs can go to."""
        pages = self._pages(lambda: self._client.list_pools(select=["id", "state"]), parse_pool, need=READING)
        return sorted(pool.id for page in pages for pool in page if pool.state != "deleting")

    def task_counts(self, job_id: str) -> TaskCounts:
        """How many tasks of a job wait, run and are completed."""
        found = self._ask(lambda: self._client.get_job_task_counts(job_id).as_dict(), need=READING_JOBS)
        return parse_task_counts(found)

    def disable_job(self, job: Job, tasks: Tasks) -> None:
        """Lets no new task of a job, or no new job of a schedule, begin; of a job, `tasks` says what runs on."""
        if job.kind is Kind.SCHEDULE:
            self._write(lambda: self._client.disable_job_schedule(job.id), job.name, WRITING_JOBS)
        else:
            self._send(f"{_path(job)}/disable", {"disableTasks": tasks.value}, job.name, WRITING_JOBS)

    def enable_job(self, job: Job) -> None:
        """The reverse of `disable_job`."""
        if job.kind is Kind.SCHEDULE:
            self._write(lambda: self._client.enable_job_schedule(job.id), job.name, WRITING_JOBS)
        else:
            self._send(f"{_path(job)}/enable", {}, job.name, WRITING_JOBS)

    def set_metadata(self, job: Job, metadata: Sequence[tuple[str, str]]) -> None:
        """Replaces the metadata of a job or schedule, which must be as it was read (`Declined`, ConditionNotMet)."""
        self._update(job, {"metadata": [{"name": name, "value": value} for name, value in metadata]}, job.etag)

    def set_pool(self, job: Job, pool: str) -> None:
        """Binds a disabled job to another pool, or the jobs to come of a schedule, which must be as it was read."""
        if job.kind is Kind.SCHEDULE:
            self._update(job, {"jobSpecification": repointed(job.specification or {}, pool)}, job.etag)
        else:
            self._update(job, {"poolInfo": {"poolId": pool}}, "")

    def _update(self, job: Job, changes: Mapping[str, Any], etag: str) -> None:
        from azure.batch.models import BatchJobScheduleUpdateOptions, BatchJobUpdateOptions
        from azure.core import MatchConditions

        unchanged: dict[str, Any] = {"etag": etag, "match_condition": MatchConditions.IfNotModified} if etag else {}

        def call() -> None:
            if job.kind is Kind.SCHEDULE:
                options = BatchJobScheduleUpdateOptions(changes)
                self._client.update_job_schedule(job.id, options, **unchanged)
            else:
                self._client.update_job(job.id, BatchJobUpdateOptions(changes), **unchanged)

        self._write(call, job.name, WRITING_JOBS)


def _path(job: Job) -> str:
    return f"/jobs/{quote(job.id, safe='')}"
