"""Actions on nodes, through the real azure-batch SDK."""

from __future__ import annotations

from typing import Any

import pytest
from azure.batch import BatchClient, models
from azure.core.exceptions import HttpResponseError

from emulator import Arm, Faults, Store

from .conftest import POOL, pool_body

GPU: dict[str, Any] = {"name": "gpu", "publisher": "Microsoft.HpcCompute", "type": "NvidiaGpuDriverLinux"}
SOON: dict[str, Any] = {"polling_interval": 0.02}


@pytest.fixture
def faults(store: Store) -> Faults:
    return Faults(store)


@pytest.fixture
def node(client: BatchClient, arm: Arm, store: Store) -> str:
    """The first of five idle nodes."""
    assert arm.put(POOL, pool_body(GPU, nodes=5, startTask={"commandLine": "true", "waitForSuccess": True})).ok
    store.clock.advance(300)
    return first(client).id


def first(client: BatchClient) -> models.BatchNode:
    return next(iter(client.list_nodes("p1")))


def state(client: BatchClient, node: str) -> tuple[str, str]:
    plain = client.get_node("p1", node).as_dict()
    return plain["state"], plain["schedulingState"]


def phase(client: BatchClient, node: str) -> str | None:
    return next((item.provisioning_state for item in client.list_node_extensions("p1", node)), None)


def code(call: Any) -> tuple[int | None, str | None]:
    with pytest.raises(HttpResponseError) as caught:
        call()
    return caught.value.status_code, caught.value.error and caught.value.error.code


def restart(client: BatchClient, node: str, action: str = "reboot", tasks: str = "requeue") -> Any:
    """Always with options: azure-batch 15.1 raises ValueError of its own without."""
    options: Any = {f"node{action.capitalize()}Option": tasks}
    return getattr(client, f"begin_{action}_node")("p1", node, options, **SOON)


def switch_off(client: BatchClient, node: str, tasks: str = "requeue") -> None:
    options = models.BatchNodeDisableSchedulingOptions(node_disable_scheduling_option=tasks)
    client.disable_node_scheduling("p1", node, options)


# Restarts


@pytest.mark.parametrize(
    ("action", "state_word", "lasts"), [("reboot", "rebooting", 60), ("reimage", "reimaging", 120)]
)
def test_a_restarted_node_begins_anew(
    client: BatchClient, store: Store, node: str, action: str, state_word: str, lasts: float
) -> None:
    before, others = client.get_node("p1", node), [item.id for item in client.list_nodes("p1")][1:]
    poller = restart(client, node, action)
    assert state(client, node)[0] == state_word
    assert phase(client, node) is None
    store.clock.advance(lasts - 1)
    assert state(client, node)[0] == state_word
    assert client.get_node("p1", node).last_boot_time == before.last_boot_time
    store.clock.advance(1)
    assert state(client, node)[0] == "starting"
    assert phase(client, node) == "Transitioning"
    store.clock.advance(30)
    assert (state(client, node)[0], phase(client, node)) == ("waitingforstarttask", "Succeeded")
    store.clock.advance(20)
    poller.wait(5)
    after = client.get_node("p1", node)
    assert after.state == "idle" and poller.done()
    assert before.last_boot_time and after.last_boot_time and after.last_boot_time > before.last_boot_time
    assert after.allocation_time == before.allocation_time
    assert after.start_task_info and before.start_task_info
    assert after.start_task_info.start_time > before.start_task_info.start_time
    assert {client.get_node("p1", other).last_boot_time for other in others} and len(list(client.list_nodes("p1"))) == 5
    assert all(state(client, other)[0] == "idle" for other in others)
    assert len(store.query("SELECT * FROM node_runs")) == 1


@pytest.mark.parametrize(
    ("action", "cured_by", "helps"),
    [
        ("reboot", "reboot", True),
        ("reimage", "reboot", True),
        ("reboot", "reimage", False),
        ("reimage", "reimage", True),
        ("reimage", "removal", False),
        ("reboot", None, False),
    ],
)
def test_what_cures_an_extension(
    client: BatchClient, store: Store, node: str, faults: Faults, action: str, cured_by: str | None, helps: bool
) -> None:
    faults.fail_extension("p1", "gpu", message="no driver", cured_by=cured_by)
    assert phase(client, node) == "Failed"
    restart(client, node, action)
    store.clock.advance(600)
    assert (phase(client, node) == "Succeeded") is helps
    other = list(client.list_nodes("p1"))[1].id
    assert phase(client, other) == "Failed"


def test_a_restart_before_the_order_cures_nothing(client: BatchClient, store: Store, node: str, faults: Faults) -> None:
    restart(client, node)
    store.clock.advance(600)
    faults.fail_extension("p1", "gpu", message="no driver", cured_by="reboot")
    assert phase(client, node) == "Failed"


@pytest.mark.parametrize("ordered_first", [True, False])
@pytest.mark.parametrize(
    ("cured_by", "reused"), [("removal", "off"), ("reboot", "off"), ("removal", "on"), (None, "on")]
)
def test_what_a_removal_cures(
    client: BatchClient, arm: Arm, store: Store, faults: Faults, ordered_first: bool, cured_by: str | None, reused: str
) -> None:
    store.set("node_ids_reused", reused)
    order = lambda: faults.node_unusable("p1", nodes=[0], cured_by=cured_by)  # noqa: E731
    if ordered_first:
        order()
    arm.put(POOL, pool_body(GPU, nodes=3))
    if not ordered_first:
        order()
    store.clock.advance(300)
    broken = first(client).id
    assert state(client, broken)[0] == "unusable"
    client.begin_remove_nodes("p1", models.BatchNodeRemoveOptions(node_ids=[broken]), **SOON)
    store.clock.advance(60)
    client.begin_resize_pool("p1", models.BatchPoolResizeOptions(target_dedicated_nodes=3), **SOON)
    store.clock.advance(300)
    states = [item.state for item in client.list_nodes("p1")]
    assert len(states) == 3
    assert ("unusable" in states) is (cured_by is None)


def test_a_removal_leaves_other_nodes_ill(client: BatchClient, arm: Arm, store: Store, faults: Faults) -> None:
    faults.node_unusable("p1", cured_by="removal")
    arm.put(POOL, pool_body(GPU, nodes=3))
    store.clock.advance(300)
    client.begin_remove_nodes("p1", models.BatchNodeRemoveOptions(node_ids=[first(client).id]), **SOON)
    store.clock.advance(60)
    client.begin_resize_pool("p1", models.BatchPoolResizeOptions(target_dedicated_nodes=3), **SOON)
    store.clock.advance(300)
    assert [item.state for item in client.list_nodes("p1")] == ["unusable", "unusable", "idle"]


@pytest.mark.parametrize(
    ("seconds", "expected"), [(10, "NodeBeingCreated"), (61, "NodeBeingStarted"), (105, "NodeBeingStarted")]
)
def test_nodes_that_are_not_ready_are_not_restarted(
    client: BatchClient, arm: Arm, store: Store, seconds: float, expected: str
) -> None:
    arm.put(POOL, pool_body(GPU, startTask={"commandLine": "true", "waitForSuccess": True}))
    store.clock.advance(seconds)
    assert code(lambda: restart(client, first(client).id)) == (409, expected)


def test_nodes_in_states_that_forbid_it(client: BatchClient, store: Store, node: str, faults: Faults) -> None:
    restart(client, node)
    assert code(lambda: restart(client, node)) == (409, "NodeBeingRebooted")
    assert code(lambda: restart(client, "tvmps_none")) == (404, "NodeNotFound")
    store.clock.advance(600)
    seq = faults.node_state("p1", "preempted")
    assert code(lambda: restart(client, node)) == (409, "OperationInvalidForCurrentState")
    faults.lift(seq)
    faults.node_unusable("p1")
    assert code(lambda: restart(client, node)) == (409, "NodeStateUnusable")
    store.set("unusable_restarts", "allowed")
    restart(client, node)
    assert state(client, node)[0] == "rebooting"


def test_a_failed_start_task_is_mended_by_a_reboot(
    client: BatchClient, store: Store, node: str, faults: Faults
) -> None:
    faults.start_task_fails("p1", nodes=1, cured_by="reboot")
    assert state(client, node)[0] == "starttaskfailed"
    restart(client, node)
    store.clock.advance(300)
    assert state(client, node)[0] == "idle"


def test_reimage_can_be_missing(client: BatchClient, store: Store, node: str) -> None:
    store.set("node_reimage", "refused")
    assert code(lambda: restart(client, node, "reimage")) == (409, "OperationNotValidOnNode")


def test_options_are_checked(client: BatchClient, node: str) -> None:
    assert code(lambda: switch_off(client, node, "retaineddata")) == (400, "InvalidPropertyValue")


# Tasks


def test_a_restart_takes_tasks_away_or_waits_for_them(
    client: BatchClient, store: Store, node: str, faults: Faults
) -> None:
    faults.busy("p1", nodes=[0, 1], for_seconds=500)
    other = list(client.list_nodes("p1"))[1].id
    restart(client, node)
    restart(client, other, tasks="taskcompletion")
    assert (state(client, node)[0], state(client, other)[0]) == ("rebooting", "running")
    store.clock.advance(300)
    assert (state(client, node)[0], state(client, other)[0]) == ("idle", "running")
    store.clock.advance(200)
    assert state(client, other)[0] == "rebooting"


# Scheduling


def test_scheduling_switched_off_and_on(client: BatchClient, store: Store, node: str) -> None:
    switch_off(client, node)
    assert state(client, node) == ("offline", "disabled")
    assert phase(client, node) == "Succeeded"
    again = code(lambda: switch_off(client, node))
    assert again == (409, "NodeAlreadyInTargetSchedulingState")
    restart(client, node)
    store.clock.advance(300)
    assert state(client, node) == ("offline", "disabled")
    client.enable_node_scheduling("p1", node)
    assert state(client, node) == ("idle", "enabled")
    again = code(lambda: client.enable_node_scheduling("p1", node))
    assert again == (409, "NodeAlreadyInTargetSchedulingState")


@pytest.mark.parametrize(("option", "word"), [("requeue", "offline"), ("taskcompletion", "running")])
def test_tasks_of_a_node_that_takes_no_more(
    client: BatchClient, store: Store, node: str, faults: Faults, option: str, word: str
) -> None:
    faults.busy("p1", tasks=2, nodes=[0], for_seconds=100)
    switch_off(client, node, option)
    assert state(client, node) == (word, "disabled")
    assert client.get_node("p1", node).running_tasks_count == (2 if word == "running" else 0)
    store.clock.advance(100)
    assert state(client, node) == ("offline", "disabled")
