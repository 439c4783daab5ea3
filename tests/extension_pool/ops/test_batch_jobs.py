"""Jobs and job schedules: the real azure-batch SDK against local Azure, which shares no code with it."""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from azure.batch import BatchClient, models
from azure.core.credentials import AzureNamedKeyCredential

from extension_pool.ops.batch import BatchAccount, connect
from extension_pool.ops.errors import CannotAsk, Declined
from extension_pool.ops.jobs import Job, Kind, Mark, Move, TaskCounts, Tasks, find_mark, with_mark
from extension_pool.ops.migrating import Patience, carry_out
from extension_pool.ops.settings import Place

from .fake_service import KEY, Answer, Service, error

pytest.importorskip("aiohttp")

from emulator import Faults, Store
from emulator.arm.batch_accounts import WELL_KNOWN_KEY

from .local_azure import local_azure, make_pool


@pytest.fixture
def url(store: Store) -> Iterator[str]:
    """Local Azure with the pools `old` and `new` of two idle nodes each; time stands still."""
    with local_azure(store) as url:
        make_pool(store, "old", 2, taskSlotsPerNode=4)
        make_pool(store, "new", 2, taskSlotsPerNode=4)
        store.clock.advance(600)
        yield url


@pytest.fixture
def account(url: str) -> Iterator[BatchAccount]:
    with connect(Place(url, "extpoolprod", WELL_KNOWN_KEY)) as account:
        yield account


@pytest.fixture
def client(url: str) -> BatchClient:
    """What the owner of the jobs uses."""
    return BatchClient(url, AzureNamedKeyCredential("extpoolprod", WELL_KNOWN_KEY))


def add_job(client: BatchClient, name: str, pool: str = "old", *, tasks: int = 0, seconds: int = 60) -> None:
    client.create_job(
        models.BatchJobCreateOptions(
            id=name,
            pool_info=models.BatchPoolInfo(pool_id=pool),
            metadata=[models.BatchMetadataItem(name="owner", value="cfd")],
        )
    )
    setting = models.EnvironmentSetting(name="LOCAL_AZURE_TASK_SECONDS", value=str(seconds))
    listed = [
        models.BatchTaskCreateOptions(id=f"t{number}", command_line="work", environment_settings=[setting])
        for number in range(tasks)
    ]
    if listed:
        client.create_tasks(name, listed)


def add_schedule(client: BatchClient, name: str, pool: str = "old") -> None:
    client.create_job_schedule(
        models.BatchJobScheduleCreateOptions(
            id=name,
            schedule=models.BatchJobScheduleConfiguration(recurrence_interval="PT1H"),
            job_specification=models.BatchJobSpecification(
                pool_info=models.BatchPoolInfo(pool_id=pool),
                priority=7,
                common_environment_settings=[models.EnvironmentSetting(name="A", value="1")],
            ),
        )
    )


def found(jobs: list[Job], name: str) -> Job:
    return next(job for job in jobs if job.id == name)


def patience(store: Store, limit: float = 3600) -> Patience:
    """Each pause is five seconds of local Azure."""
    return Patience(limit, store.clock.now, lambda seconds: store.clock.advance(5))


def test_jobs_and_schedules_are_read_with_what_a_move_needs(account: BatchAccount, client: BatchClient) -> None:
    add_job(client, "render", tasks=20)
    add_schedule(client, "nightly")
    job, schedule = found(account.list_jobs(), "render"), found(account.list_job_schedules(), "nightly")
    assert (job.kind, job.state, job.pool, job.metadata) == (Kind.JOB, "active", "old", (("owner", "cfd"),))
    assert (schedule.kind, schedule.state, schedule.pool) == (Kind.SCHEDULE, "active", "old")
    assert schedule.specification is not None and schedule.specification["priority"] == 7
    assert job.etag and schedule.etag
    assert account.task_counts("render") == TaskCounts(queued=12, running=8, completed=0)


def test_completed_jobs_are_not_even_listed(account: BatchAccount, client: BatchClient, store: Store) -> None:
    add_job(client, "render")
    client.begin_terminate_job("render", options={"terminateReason": "done"}, polling_interval=0)  # type: ignore[arg-type]
    store.clock.advance(60)
    assert account.list_jobs() == []


def test_metadata_are_replaced_only_if_nobody_has_changed_the_job(account: BatchAccount, client: BatchClient) -> None:
    add_job(client, "render")
    job = found(account.list_jobs(), "render")
    mark = Mark("old", "new")
    account.set_metadata(job, with_mark(job, mark))
    marked = found(account.list_jobs(), "render")
    assert find_mark(marked) == mark and ("owner", "cfd") in marked.metadata
    with pytest.raises(Declined) as raised:
        account.set_metadata(job, ())
    assert raised.value.code == "ConditionNotMet"
    account.set_metadata(marked, ())
    assert found(account.list_jobs(), "render").metadata == ()


def test_the_pool_of_a_job_changes_only_while_it_is_disabled(
    account: BatchAccount, client: BatchClient, store: Store
) -> None:
    add_job(client, "render")
    job = found(account.list_jobs(), "render")
    with pytest.raises(Declined, match=r"^job 'render': Azure declines"):
        account.set_pool(job, "new")
    account.disable_job(job, Tasks.REQUEUE)
    store.clock.advance(5)
    account.set_pool(job, "new")
    moved = found(account.list_jobs(), "render")
    assert (moved.pool, moved.state) == ("new", "disabled")
    account.enable_job(moved)
    store.clock.advance(5)
    assert found(account.list_jobs(), "render").state == "active"


def test_a_schedule_keeps_all_but_its_pool(account: BatchAccount, client: BatchClient) -> None:
    add_schedule(client, "nightly")
    before = client.get_job_schedule("nightly").job_specification.as_dict()
    schedule = found(account.list_job_schedules(), "nightly")
    account.set_pool(schedule, "new")
    after = client.get_job_schedule("nightly").job_specification.as_dict()
    assert after.pop("poolInfo") == {"poolId": "new"}
    assert before.pop("poolInfo") == {"poolId": "old"}
    assert after == before
    with pytest.raises(Declined, match="ConditionNotMet"):
        account.set_pool(schedule, "old")
    account.disable_job(found(account.list_job_schedules(), "nightly"), Tasks.WAIT)
    assert found(account.list_job_schedules(), "nightly").state == "disabled"
    account.enable_job(schedule)
    assert found(account.list_job_schedules(), "nightly").state == "active"


def counted(account: BatchAccount, *names: str) -> dict[str, int]:
    """Every task that is there, by the job that it is of."""
    counts = {name: account.task_counts(name) for name in names}
    return {name: one.queued + one.running + one.completed for name, one in counts.items()}


@pytest.mark.parametrize("tasks", list(Tasks))
def test_a_hundred_tasks_and_a_schedule_move_and_none_is_lost(
    account: BatchAccount, client: BatchClient, store: Store, tasks: Tasks
) -> None:
    add_job(client, "render", tasks=60, seconds=120)
    add_job(client, "solve", tasks=40, seconds=30)
    add_job(client, "asleep", tasks=5)
    account.disable_job(found(account.list_jobs(), "asleep"), Tasks.REQUEUE)
    add_schedule(client, "nightly")
    store.clock.advance(5)
    names = ("render", "solve", "asleep")
    assert account.task_counts("render").running == 8
    before = counted(account, *names)
    assert carry_out(account, Move("old", "new"), patience(store), tasks=tasks).done
    jobs = {job.id: (job.pool, job.state) for job in [*account.list_jobs(), *account.list_job_schedules()]}
    assert jobs.pop("nightly:job-1") == ("new", "active")
    assert jobs == {
        "render": ("new", "active"),
        "solve": ("new", "active"),
        "asleep": ("new", "disabled"),
        "nightly": ("new", "active"),
    }
    assert counted(account, *names) == before
    assert not [job for job in account.list_jobs() if find_mark(job)]
    states = Counter(task.as_dict()["state"] for job in ("render", "solve") for task in client.list_tasks(job))
    assert states["running"] == 8 and states["active"]
    ended = sum(
        task.execution_info is not None and task.execution_info.failure_info is not None
        for task in client.list_tasks("render")
    )
    assert ended == (8 if tasks is Tasks.TERMINATE else 0)
    store.clock.advance(3600)
    assert account.task_counts("render").completed == 60


def test_the_old_pool_takes_no_task_after_the_move_has_begun(
    account: BatchAccount, client: BatchClient, store: Store
) -> None:
    add_job(client, "render", tasks=60, seconds=20)
    running = {task.id for task in client.list_tasks("render") if task.state == "running"}
    assert len(running) == 8
    carry_out(account, Move("old", "new"), patience(store), tasks=Tasks.WAIT)
    store.clock.advance(3600)
    old = {node.id for node in client.list_nodes("old")}
    on_old = {task.id for task in client.list_tasks("render") if task.node_info and task.node_info.node_id in old}
    assert on_old == running
    assert account.task_counts("render").completed == 60


def test_pools_that_are_being_deleted_are_none_that_jobs_can_go_to(account: BatchAccount, client: BatchClient) -> None:
    assert account.lasting_pools() == ["new", "old"]
    client.begin_delete_pool("old", polling_interval=0)
    assert account.lasting_pools() == ["new"]


def test_a_busy_service_is_waited_for(account: BatchAccount, client: BatchClient, store: Store) -> None:
    add_job(client, "render", tasks=10)
    Faults(store).http("POST /jobs/{job}/disable", 503, times=2, retry_after=0)
    Faults(store).drop("PATCH /jobs/{job}", times=1)
    Faults(store).drop("POST /jobs/{job}/enable", times=1)
    assert carry_out(account, Move("old", "new"), patience(store)).done
    assert [(job.pool, job.state) for job in account.list_jobs()] == [("new", "active")]
    assert counted(account, "render") == {"render": 10}


# Against canned answers

CHANGES: list[tuple[Callable[[BatchAccount, Job], None], str, Any]] = [
    (lambda account, job: account.disable_job(job, Tasks.WAIT), "/jobs/a%2Fb/disable", {"disableTasks": "wait"}),
    (lambda account, job: account.enable_job(job), "/jobs/a%2Fb/enable", {}),
]


@pytest.mark.parametrize(("change", "path", "body"), CHANGES)
def test_a_change_is_one_call_and_names_cannot_reach_another_path(
    service: Service, change: Callable[[BatchAccount, Job], None], path: str, body: object
) -> None:
    service.answers[path] = Answer(None, 202)
    change(connect(Place(service.url, "acct", KEY)), Job(Kind.JOB, "a/b", "active", "old"))
    assert service.changes == [(path, body)]
    assert len(service.asked) == 1


def test_a_missing_permission_names_what_jobs_need(service: Service) -> None:
    service.answers["/jobs"] = error(403, "InsufficientAccountPermissions", "No permission.")
    account = connect(Place(service.url, "acct", KEY))
    with pytest.raises(CannotAsk, match=r"^permission: reading the jobs of account 'acct' is not allowed"):
        account.list_jobs()
