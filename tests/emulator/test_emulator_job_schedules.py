"""Job schedules, through the real azure-batch SDK."""

from __future__ import annotations

import datetime

import pytest
from azure.batch import BatchClient, models

from emulator import Arm, Store

from .conftest import POOL, pool_body
from .test_emulator_jobs import SOON, code, job_state


@pytest.fixture(autouse=True)
def pools(arm: Arm, store: Store) -> None:
    """Two pools with an idle node each."""
    assert arm.put(POOL, pool_body()).ok and arm.put(POOL + "b", pool_body()).ok
    store.clock.advance(300)


def schedule_of(minutes: float) -> models.BatchJobScheduleCreateOptions:
    manager = models.BatchJobManagerTask(
        id="manager",
        command_line="true",
        environment_settings=[models.EnvironmentSetting(name="LOCAL_AZURE_TASK_SECONDS", value="30")],
    )
    return models.BatchJobScheduleCreateOptions(
        id="nightly",
        schedule=models.BatchJobScheduleConfiguration(recurrence_interval=datetime.timedelta(minutes=minutes)),
        job_specification=models.BatchJobSpecification(
            pool_info=models.BatchPoolInfo(pool_id="p1"), job_manager_task=manager
        ),
    )


def test_a_schedule_makes_jobs(client: BatchClient, store: Store) -> None:
    client.create_job_schedule(schedule_of(10))
    assert [job.id for job in client.list_jobs_from_schedule("nightly")] == ["nightly:job-1"]
    store.clock.advance(60)
    assert job_state(client, "nightly:job-1") == "completed"
    store.clock.advance(541)
    assert [job.id for job in client.list_jobs()] == ["nightly:job-1", "nightly:job-2"]
    found = client.get_job_schedule("nightly")
    assert found.execution_info and found.execution_info.recent_job
    assert found.execution_info.recent_job.id == "nightly:job-2"
    client.disable_job_schedule("nightly")
    store.clock.advance(3600)
    assert len(list(client.list_jobs())) == 2 and client.get_job_schedule("nightly").state == "disabled"
    client.enable_job_schedule("nightly")
    assert len(list(client.list_jobs())) == 3


def test_a_schedule_moves_to_another_pool_with_its_next_job(client: BatchClient, store: Store) -> None:
    client.create_job_schedule(schedule_of(10))
    list(client.list_jobs())
    other = schedule_of(10).job_specification
    other.pool_info = models.BatchPoolInfo(pool_id="p1b")
    client.update_job_schedule("nightly", models.BatchJobScheduleUpdateOptions(job_specification=other))
    store.clock.advance(60)
    list(client.list_jobs())
    store.clock.advance(600)
    assert [job.pool_info.pool_id for job in client.list_jobs()] == ["p1", "p1b"]


def test_schedules_end(client: BatchClient, store: Store) -> None:
    client.create_job_schedule(schedule_of(10))
    list(client.list_jobs())
    assert code(lambda: client.create_job_schedule(schedule_of(10))) == (409, "JobScheduleExists")
    client.begin_terminate_job_schedule("nightly", **SOON)
    store.clock.advance(10)
    assert client.get_job_schedule("nightly").state == "completed"
    assert job_state(client, "nightly:job-1") == "completed"
    assert code(lambda: client.enable_job_schedule("nightly")) == (409, "JobScheduleCompleted")
    client.begin_delete_job_schedule("nightly", **SOON)
    store.clock.advance(10)
    assert list(client.list_job_schedules()) == [] and list(client.list_jobs()) == []
    assert code(lambda: client.get_job_schedule("nightly")) == (404, "JobScheduleNotFound")
    assert code(lambda: client.create_job_schedule(schedule_of(0.5))) == (400, "InvalidPropertyValue")
