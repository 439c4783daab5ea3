"""Jobs and tasks, through the real azure-batch SDK."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from azure.batch import BatchClient, models
from azure.core.exceptions import HttpResponseError

from emulator import Arm, Faults, Store
from emulator.batch import work

from .conftest import POOL, pool_body

SOON: dict[str, Any] = {"polling_interval": 0.02}


@pytest.fixture
def pool(arm: Arm, store: Store) -> None:
    """Two idle nodes with two slots each."""
    assert arm.put(POOL, pool_body(nodes=2, taskSlotsPerNode=2)).ok
    assert arm.put(POOL + "b", pool_body(nodes=1)).ok
    store.clock.advance(300)


@pytest.fixture
def job(client: BatchClient, pool: None) -> str:
    client.create_job(models.BatchJobCreateOptions(id="work", pool_info=models.BatchPoolInfo(pool_id="p1")))
    return "work"


def task(
    name: str, seconds: float = 60, exit_code: int = 0, slots: int = 1, **more: Any
) -> models.BatchTaskCreateOptions:
    environment = [
        models.EnvironmentSetting(name="LOCAL_AZURE_TASK_SECONDS", value=str(seconds)),
        models.EnvironmentSetting(name="LOCAL_AZURE_TASK_EXIT_CODE", value=str(exit_code)),
    ]
    return models.BatchTaskCreateOptions(
        id=name, command_line="true", environment_settings=environment, required_slots=slots, **more
    )


def states(client: BatchClient, job: str = "work") -> dict[str, str]:
    return {item.id: str(item.as_dict()["state"]) for item in client.list_tasks(job)}


def node_states(client: BatchClient, pool: str = "p1") -> list[tuple[str, int]]:
    return [(item.as_dict()["state"], item.running_tasks_count or 0) for item in client.list_nodes(pool)]


def job_state(client: BatchClient, job: str = "work") -> str:
    return str(client.get_job(job).as_dict()["state"])


def code(call: Any) -> tuple[int | None, str | None]:
    with pytest.raises(HttpResponseError) as caught:
        call()
    return caught.value.status_code, caught.value.error and caught.value.error.code


# Running


def test_tasks_run_where_there_is_room(client: BatchClient, store: Store, job: str) -> None:
    client.create_tasks(job, [task(f"t{number}", 100) for number in range(5)])
    assert sorted(states(client).values()) == ["active"] + ["running"] * 4
    last = next(name for name, state in states(client).items() if state == "active")
    assert node_states(client) == [("running", 2), ("running", 2)]
    counts = client.get_job_task_counts(job)
    assert (counts.task_counts.running, counts.task_counts.active) == (4, 1)
    store.clock.advance(99)
    assert sorted(states(client).values()) == ["active"] + ["running"] * 4
    store.clock.advance(1)
    assert sorted(states(client).values()) == ["completed"] * 4 + ["running"]
    assert states(client)[last] == "running"
    store.clock.advance(1000)
    found = client.get_task(job, last)
    info = found.execution_info
    assert info and info.exit_code == 0 and info.start_time and info.end_time
    assert info.end_time - info.start_time == datetime.timedelta(seconds=100)
    assert node_states(client) == [("idle", 0), ("idle", 0)]
    assert sum(node.total_tasks_run or 0 for node in client.list_nodes("p1")) == 5
    assert found.node_info and found.node_info.node_id in {node.id for node in client.list_nodes("p1")}


def test_time_that_nobody_looked_at_is_not_lost(client: BatchClient, store: Store, job: str) -> None:
    """Twelve tasks on four slots take three turns, also when they are looked at only afterwards."""
    start = store.clock.now()
    client.create_tasks(job, [task(f"t{number}", 100) for number in range(12)])
    store.clock.advance(1000)
    ends = [item.execution_info.end_time.timestamp() - start for item in client.list_tasks(job) if item.execution_info]
    assert sorted(round(end) for end in ends) == [100] * 4 + [200] * 4 + [300] * 4


def test_a_task_that_needs_more_slots(client: BatchClient, job: str) -> None:
    client.create_tasks(job, [task("small"), task("big", slots=2), task("huge", slots=3)])
    assert states(client) == {"small": "running", "big": "running", "huge": "active"}
    assert sorted(count for _, count in node_states(client)) == [1, 1]
    assert sorted(node.running_task_slots_count or 0 for node in client.list_nodes("p1")) == [1, 2]


def test_a_task_that_fails_is_tried_again(client: BatchClient, store: Store, job: str) -> None:
    constraints = models.BatchTaskConstraints(max_task_retry_count=2)
    client.create_task(job, task("bad", 10, exit_code=3, constraints=constraints))
    assert states(client) == {"bad": "running"}
    store.clock.advance(25)
    found = client.get_task(job, "bad")
    assert found.state == "running" and found.execution_info and found.execution_info.retry_count == 2
    store.clock.advance(100)
    info = client.get_task(job, "bad").execution_info
    assert info and info.failure_info
    assert (info.exit_code, info.result, info.failure_info.code) == (3, "failure", "FailureExitCode")
    client.reactivate_task(job, "bad")
    assert states(client) == {"bad": "running"}


def test_tasks_are_ended_and_deleted(client: BatchClient, job: str) -> None:
    client.create_tasks(job, [task("a"), task("b")])
    client.terminate_task(job, "a")
    ended = client.get_task(job, "a").execution_info
    assert ended and ended.result == "failure" and ended.failure_info and ended.failure_info.code == "TaskEnded"
    assert code(lambda: client.terminate_task(job, "a")) == (409, "TaskCompleted")
    client.delete_task(job, "b")
    assert code(lambda: client.get_task(job, "b")) == (404, "TaskNotFound")
    assert code(lambda: client.create_task(job, task("A"))) == (409, "TaskExists")
    (result,) = client.create_tasks(job, [task("c")]).as_dict()["value"]
    assert (result["status"], result["taskId"]) == ("success", "c")


def test_a_job_that_ends_with_its_tasks(client: BatchClient, store: Store, pool: None) -> None:
    options = models.BatchJobCreateOptions(
        id="once", pool_info=models.BatchPoolInfo(pool_id="p1"), all_tasks_complete_mode="terminatejob"
    )
    client.create_job(options)
    client.create_task("once", task("a", 10))
    assert job_state(client, "once") == "active"
    store.clock.advance(10)
    assert job_state(client, "once") == "completed"
    assert code(lambda: client.create_task("once", task("b"))) == (409, "JobCompleted")
    assert code(lambda: client.create_job(options)) == (409, "JobExists")


# What happens to nodes


@pytest.mark.parametrize(
    ("option", "now", "later"), [("requeue", "running", "completed"), ("terminate", "completed", "completed")]
)
def test_a_reboot_takes_tasks_away(
    client: BatchClient, store: Store, job: str, option: str, now: str, later: str
) -> None:
    client.create_task(job, task("a", 100))
    node = client.get_task(job, "a").node_info
    assert node and node.node_id
    options: Any = {"nodeRebootOption": option}
    client.begin_reboot_node("p1", node.node_id, options, **SOON)
    found = client.get_task(job, "a")
    assert found.as_dict()["state"] == now
    if option == "requeue":
        assert found.execution_info and found.execution_info.requeue_count == 1
        assert found.node_info and found.node_info.node_id != node.node_id
    store.clock.advance(300)
    assert states(client) == {"a": later}


def test_a_reboot_waits_for_tasks(client: BatchClient, store: Store, job: str) -> None:
    client.create_task(job, task("a", 100))
    node = client.get_task(job, "a").node_info
    assert node and node.node_id
    options: Any = {"nodeRebootOption": "taskcompletion"}
    client.begin_reboot_node("p1", node.node_id, options, **SOON)
    client.create_tasks(job, [task(f"more{number}", 10) for number in range(3)])
    assert [count for _, count in node_states(client)].count(1) == 1  # the node takes no more
    store.clock.advance(99)
    assert states(client)["a"] == "running"
    store.clock.advance(1)
    assert states(client)["a"] == "completed"
    assert client.get_node("p1", node.node_id).state == "rebooting"


@pytest.mark.parametrize("option", ["requeue", "taskcompletion"])
def test_a_removed_node_and_its_tasks(client: BatchClient, store: Store, job: str, option: str) -> None:
    client.create_task(job, task("a", 100))
    node = client.get_task(job, "a").node_info
    assert node and node.node_id
    options = models.BatchNodeRemoveOptions(node_ids=[node.node_id], node_deallocation_option=option)
    client.begin_remove_nodes("p1", options, **SOON)
    found = client.get_task(job, "a")
    assert found.state == "running" and found.execution_info and found.node_info
    assert (found.node_info.node_id == node.node_id) is (option == "taskcompletion")
    assert found.execution_info.requeue_count == (0 if option == "taskcompletion" else 1)
    store.clock.advance(100)
    assert states(client) == {"a": "completed"}


def test_tasks_of_a_preempted_node_run_elsewhere(client: BatchClient, store: Store, job: str) -> None:
    client.create_task(job, task("a", 100))
    node = client.get_task(job, "a").node_info
    assert node and node.node_id
    Faults(store).node_state("p1", "preempted", nodes=[node.node_id])
    found = client.get_task(job, "a")
    assert found.execution_info and found.execution_info.requeue_count == 1
    assert found.node_info and found.node_info.node_id != node.node_id


def test_nodes_that_take_no_tasks(client: BatchClient, store: Store, job: str) -> None:
    for node in client.list_nodes("p1"):
        options = models.BatchNodeDisableSchedulingOptions(node_disable_scheduling_option="requeue")
        client.disable_node_scheduling("p1", node.id, options)
    client.create_task(job, task("a", 10))
    store.clock.advance(100)
    assert states(client) == {"a": "active"}
    before = store.clock.now()
    client.enable_node_scheduling("p1", next(iter(client.list_nodes("p1"))).id)
    found = client.get_task(job, "a")
    assert found.state == "running" and found.execution_info and found.execution_info.start_time
    assert found.execution_info.start_time.timestamp() >= before - 0.001


def test_tasks_of_a_pool_that_is_deleted_wait(client: BatchClient, store: Store, job: str) -> None:
    client.create_task(job, task("a", 1000))
    assert states(client) == {"a": "running"}
    client.begin_delete_pool("p1", **SOON)
    assert states(client) == {"a": "active"}
    store.clock.advance(1000)
    assert (states(client), job_state(client)) == ({"a": "active"}, "active")


# Jobs that move


@pytest.mark.parametrize(
    ("option", "task_state"), [("requeue", "active"), ("terminate", "completed"), ("wait", "running")]
)
def test_a_job_is_disabled(client: BatchClient, store: Store, job: str, option: str, task_state: str) -> None:
    client.create_task(job, task("a", 100))
    poller = client.begin_disable_job(job, models.BatchJobDisableOptions(disable_tasks=option), **SOON)
    assert job_state(client) == "disabling"
    assert states(client) == {"a": task_state}
    store.clock.advance(10)
    assert job_state(client) == ("disabling" if option == "wait" else "disabled")
    store.clock.advance(100)
    assert job_state(client) == "disabled"
    poller.wait(5)
    client.create_task(job, task("b"))
    assert states(client)["b"] == "active"


def test_a_disabled_job_moves_to_another_pool(client: BatchClient, store: Store, job: str) -> None:
    client.create_task(job, task("a", 100))
    there = models.BatchJobUpdateOptions(pool_info=models.BatchPoolInfo(pool_id="p1b"))
    assert code(lambda: client.update_job(job, there))[0] == 409
    client.begin_disable_job(job, models.BatchJobDisableOptions(disable_tasks="requeue"), **SOON)
    assert code(lambda: client.update_job(job, there))[0] == 409
    store.clock.advance(10)
    client.update_job(job, there)
    assert client.get_job(job).pool_info.pool_id == "p1b"
    poller = client.begin_enable_job(job, **SOON)
    assert (job_state(client), states(client)) == ("enabling", {"a": "active"})
    store.clock.advance(10)
    poller.wait(5)
    assert (job_state(client), states(client)) == ("active", {"a": "running"})
    assert node_states(client, "p1b") == [("running", 1)] and node_states(client) == [("idle", 0)] * 2
    found = client.get_task(job, "a")
    assert found.node_info and found.node_info.pool_id == "p1b"


def test_other_properties_change_at_any_time(client: BatchClient, job: str) -> None:
    client.update_job(job, models.BatchJobUpdateOptions(priority=5, pool_info=models.BatchPoolInfo(pool_id="p1")))
    found = client.get_job(job)
    assert found.priority == 5
    found.priority = 7
    client.replace_job(job, found)
    assert client.get_job(job).priority == 7
    client.update_job(job, models.BatchJobUpdateOptions(all_tasks_complete_mode="terminatejob"))
    back = models.BatchJobUpdateOptions(all_tasks_complete_mode="noaction")
    assert code(lambda: client.update_job(job, back)) == (400, "InvalidPropertyValue")


def test_jobs_end_and_go(client: BatchClient, store: Store, job: str) -> None:
    client.create_task(job, task("a", 100))
    options: Any = {"terminateReason": "enough"}  # azure-batch 15.1 raises ValueError of its own without
    poller = client.begin_terminate_job(job, options=options, **SOON)
    assert (job_state(client), states(client)) == ("terminating", {"a": "completed"})
    assert code(lambda: client.create_task(job, task("b"))) == (409, "JobBeingTerminated")
    store.clock.advance(10)
    poller.wait(5)
    found = client.get_job(job)
    assert found.state == "completed" and found.execution_info
    assert found.execution_info.termination_reason == "enough"
    assert code(lambda: client.begin_disable_job(job, models.BatchJobDisableOptions(disable_tasks="wait")))[0] == 409
    poller = client.begin_delete_job(job, **SOON)
    assert job_state(client) == "deleting"
    assert code(lambda: client.begin_delete_job(job)) == (409, "JobBeingDeleted")
    store.clock.advance(10)
    poller.wait(5)
    assert list(client.list_jobs()) == []
    assert code(lambda: client.get_job(job)) == (404, "JobNotFound")


def test_jobs_that_are_none(client: BatchClient, job: str) -> None:
    assert (
        code(lambda: client.create_job(models.BatchJobCreateOptions(id="x", pool_info=models.BatchPoolInfo())))[0]
        == 400
    )
    bad = models.BatchJobDisableOptions(disable_tasks="gently")
    assert code(lambda: client.begin_disable_job(job, bad)) == (400, "InvalidPropertyValue")
    assert [item.id for item in client.list_jobs(filter="state eq 'active'")] == ["work"]
    assert list(client.list_jobs(filter="state eq 'disabled'")) == []


def test_tasks_are_counted_by_the_service_and_in_the_database_alike(
    client: BatchClient, store: Store, job: str
) -> None:
    client.create_tasks(job, [*(task(f"t{number}", slots=2) for number in range(3)), task("bad", exit_code=3)])
    open_ = client.get_job_task_counts(job).task_counts
    assert (open_.active, open_.running) == (2, 2)
    assert work.tally(store) == {"active": 2, "running": 2, "completed": 0}
    store.clock.advance(600)
    found = client.get_job_task_counts(job)
    assert (found.task_counts.completed, found.task_counts.succeeded, found.task_counts.failed) == (4, 3, 1)
    assert (found.task_slot_counts.completed, found.task_slot_counts.failed) == (7, 1)
    assert work.tally(store) == work.tally(store, job.upper()) == {"active": 0, "running": 0, "completed": 4}
    assert work.tally(store, "other") == {"active": 0, "running": 0, "completed": 0}


def test_whatever_happens_to_pools_and_nodes_no_task_is_lost(
    client: BatchClient, arm: Arm, store: Store, job: str
) -> None:
    client.create_tasks(job, [task(f"t{number}", 500) for number in range(20)])
    before = sum(work.tally(store).values())
    node = next(iter(client.list_nodes("p1"))).id
    client.begin_reboot_node("p1", node, {"nodeRebootOption": "requeue"}, **SOON)
    store.clock.advance(400)
    Faults(store).node_state("p1", "preempted", nodes=[0], for_seconds=100)
    assert sum(work.tally(store).values()) == before
    client.begin_delete_pool("p1", **SOON)
    store.clock.advance(1000)
    assert set(states(client).values()) <= {"active", "completed"}
    assert arm.put(POOL, pool_body(nodes=2, taskSlotsPerNode=2)).ok
    store.clock.advance(7200)
    assert set(states(client).values()) == {"completed"}
    assert work.tally(store, job) == {"active": 0, "running": 0, "completed": before}
