"""Pools changed over the data plane, through the real azure-batch SDK."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from azure.batch import BatchClient, models
from azure.core import MatchConditions
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError

from emulator import Arm, Faults, Store

from .conftest import POOL, pool_body

GPU: dict[str, Any] = {"name": "gpu", "publisher": "Microsoft.HpcCompute", "type": "NvidiaGpuDriverLinux"}
SOON: dict[str, Any] = {"polling_interval": 0.02}


def scale(formula: str = "$TargetDedicatedNodes=4;", **more: Any) -> dict[str, Any]:
    return {"scaleSettings": {"autoScale": {"formula": formula, **more}}}


@pytest.fixture
def steady(arm: Arm, store: Store) -> None:
    """Four idle nodes."""
    assert arm.put(POOL, pool_body(GPU, nodes=4, metadata=[{"name": "a", "value": "b"}])).ok
    store.clock.advance(300)


def ids(client: BatchClient) -> list[str]:
    return [node.id for node in client.list_nodes("p1")]


def targets(client: BatchClient) -> tuple[int | None, int | None, int | None]:
    pool = client.get_pool("p1")
    return pool.target_dedicated_nodes, pool.target_low_priority_nodes, pool.current_dedicated_nodes


def code(call: Any) -> tuple[int | None, str | None]:
    with pytest.raises(HttpResponseError) as caught:
        call()
    return caught.value.status_code, caught.value.error and caught.value.error.code


# Properties


def test_update_changes_what_is_given_and_keeps_the_rest(client: BatchClient, arm: Arm, steady: None) -> None:
    before = client.get_pool("p1")
    start_task = models.BatchStartTask(command_line="true", wait_for_success=False)
    client.update_pool("p1", models.BatchPoolUpdateOptions(start_task=start_task))
    after = client.get_pool("p1")
    assert after.start_task and after.start_task.command_line == "true"
    assert after.metadata and after.metadata[0].name == "a"
    assert after.etag != before.etag
    body = arm.get(POOL).body
    assert body and body["properties"]["startTask"]["commandLine"] == "true"


def test_replacing_properties_drops_what_is_not_given(client: BatchClient, steady: None) -> None:
    reference = models.BatchApplicationPackageReference(application_id="tool", version="2")
    options = models.BatchPoolReplaceOptions(application_package_references=[reference], metadata=[])
    client.replace_pool_properties("p1", options)
    pool = client.get_pool("p1")
    assert not pool.metadata and pool.application_package_references
    assert pool.application_package_references[0].as_dict() == {"applicationId": "tool", "version": "2"}


def test_extensions_of_a_pool_with_nodes_cannot_be_updated(client: BatchClient, store: Store, steady: None) -> None:
    def change() -> None:
        machine = client.get_pool("p1").virtual_machine_configuration
        assert machine
        machine.extensions = []
        client.update_pool("p1", models.BatchPoolUpdateOptions(virtual_machine_configuration=machine))

    assert code(change) == (400, "PropertyCannotBeUpdated")
    store.set("pool_updates", "zero-nodes-allowed")
    assert code(change) == (400, "PropertyCannotBeUpdated")
    client.begin_resize_pool("p1", models.BatchPoolResizeOptions(target_dedicated_nodes=0), **SOON)
    change()
    machine = client.get_pool("p1").virtual_machine_configuration
    assert machine and not machine.extensions


def test_a_write_for_another_version_of_the_pool(client: BatchClient, steady: None) -> None:
    options = models.BatchPoolUpdateOptions(metadata=[])
    old = client.get_pool("p1").etag
    client.update_pool("p1", options, etag=f'"{old}"', match_condition=MatchConditions.IfNotModified)
    with pytest.raises(HttpResponseError) as caught:
        client.update_pool("p1", options, etag=f'"{old}"', match_condition=MatchConditions.IfNotModified)
    assert caught.value.status_code == 412


# Size


def test_resize(client: BatchClient, store: Store, arm: Arm, steady: None) -> None:
    poller = client.begin_resize_pool("p1", models.BatchPoolResizeOptions(target_dedicated_nodes=6), **SOON)
    assert client.get_pool("p1").allocation_state == "resizing"
    again = models.BatchPoolResizeOptions(target_dedicated_nodes=7)
    with pytest.raises(ResourceExistsError) as caught:
        client.begin_resize_pool("p1", again, **SOON)
    assert caught.value.error and caught.value.error.code == "PoolBeingResized"
    store.clock.advance(300)
    poller.wait(5)
    assert poller.done() and targets(client) == (6, 0, 6)
    body = arm.get(POOL).body
    assert body and body["properties"]["scaleSettings"]["fixedScale"]["targetDedicatedNodes"] == 6
    client.begin_resize_pool("p1", models.BatchPoolResizeOptions(target_low_priority_nodes=2), **SOON)
    store.clock.advance(300)
    assert targets(client) == (6, 2, 6)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"target_dedicated_nodes": -1},
        {"target_dedicated_nodes": 1, "resize_timeout": datetime.timedelta(minutes=4)},
        {"target_dedicated_nodes": 1, "node_deallocation_option": "gently"},
    ],
)
def test_resizes_that_are_none(client: BatchClient, steady: None, options: dict[str, Any]) -> None:
    refused = code(lambda: client.begin_resize_pool("p1", models.BatchPoolResizeOptions(**options)))
    assert refused == (400, "InvalidPropertyValue")


def test_a_resize_that_is_stopped_keeps_the_nodes_that_came(client: BatchClient, store: Store, steady: None) -> None:
    client.begin_resize_pool("p1", models.BatchPoolResizeOptions(target_dedicated_nodes=14), **SOON)
    store.clock.advance(40)  # of 60: some VMs are there
    client.begin_stop_pool_resize("p1", **SOON).wait(5)
    pool = client.get_pool("p1")
    assert pool.allocation_state == "steady"
    assert 4 < (pool.current_dedicated_nodes or 0) < 14
    assert [error.code for error in pool.resize_errors or []] == ["ResizeStopped"]
    assert code(lambda: client.begin_stop_pool_resize("p1"))[0] == 409


# Removal


def test_removed_nodes_leave_and_nothing_comes_in_their_place(client: BatchClient, store: Store, steady: None) -> None:
    before = ids(client)
    options = models.BatchNodeRemoveOptions(node_ids=before[1:3])
    poller = client.begin_remove_nodes("p1", options, **SOON)
    states = {node.id: node.state for node in client.list_nodes("p1")}
    assert [states[node_id] for node_id in before] == ["idle", "leavingpool", "leavingpool", "idle"]
    assert client.get_pool("p1").allocation_state == "resizing"
    (counts,) = client.list_pool_node_counts()
    assert counts.dedicated and (counts.dedicated.leaving_pool, counts.dedicated.total) == (2, 4)
    store.clock.advance(60)
    poller.wait(5)
    assert ids(client) == [before[0], before[3]]
    with pytest.raises(ResourceNotFoundError):
        client.get_node("p1", before[1])
    store.clock.advance(10_000)
    assert targets(client) == (2, 0, 2)


def test_nodes_that_come_later_are_other_machines(client: BatchClient, store: Store, steady: None) -> None:
    before = {node.id: node.allocation_time for node in client.list_nodes("p1")}
    _remove_and_regrow(client, store, list(before)[:2])
    after = ids(client)
    assert after[:2] == list(before)[2:] and not set(after[2:]) & set(before) and len(after) == 4


def test_ids_may_be_used_again(client: BatchClient, store: Store, steady: None) -> None:
    store.set("node_ids_reused", "on")
    before = {node.id: node.allocation_time for node in client.list_nodes("p1")}
    gone = list(before)[:2]
    _remove_and_regrow(client, store, gone)
    after = {node.id: node.allocation_time for node in client.list_nodes("p1")}
    assert set(after) == set(before)
    assert {node_id for node_id in after if after[node_id] != before[node_id]} == set(gone)


def _remove_and_regrow(client: BatchClient, store: Store, nodes: list[str]) -> None:
    client.begin_remove_nodes("p1", models.BatchNodeRemoveOptions(node_ids=nodes), **SOON)
    store.clock.advance(60)
    client.begin_resize_pool("p1", models.BatchPoolResizeOptions(target_dedicated_nodes=4), **SOON)
    store.clock.advance(300)


def test_removals_that_are_refused(client: BatchClient, arm: Arm, store: Store, steady: None) -> None:
    def remove(*nodes: str) -> None:
        client.begin_remove_nodes("p1", models.BatchNodeRemoveOptions(node_ids=[*nodes]), **SOON)

    first = ids(client)[0]
    assert code(lambda: remove("tvmps_none"))[1] == "NodeNotFound"
    assert code(lambda: remove(*[first] * 101)) == (400, "InvalidPropertyValue")
    assert code(remove) == (400, "InvalidPropertyValue")
    assert len(ids(client)) == 4
    remove(first)
    assert code(lambda: remove(ids(client)[1])) == (409, "PoolBeingResized")
    arm.put(POOL, pool_body(GPU, metadata=[{"name": "a", "value": "b"}], **scale()))
    store.clock.advance(300)
    assert code(lambda: remove(ids(client)[1])) == (409, "OperationInvalidForCurrentState")


def test_a_removal_waits_for_tasks_when_told_so(client: BatchClient, store: Store, steady: None) -> None:
    Faults(store).busy("p1", nodes=[0], for_seconds=500)
    options = models.BatchNodeRemoveOptions(node_ids=ids(client)[:1], node_deallocation_option="taskcompletion")
    client.begin_remove_nodes("p1", options, **SOON)
    store.clock.advance(300)
    assert len(ids(client)) == 4
    store.clock.advance(300)
    assert len(ids(client)) == 3


# Automatic scaling


@pytest.fixture
def scaling(arm: Arm, store: Store) -> None:
    """Four nodes by a formula, evaluated every five minutes."""
    assert arm.put(POOL, pool_body(GPU, **scale(evaluationInterval="PT5M"))).ok
    store.clock.advance(200)


def test_a_pool_that_scales_by_itself_is_not_resized(client: BatchClient, scaling: None) -> None:
    options = models.BatchPoolResizeOptions(target_dedicated_nodes=1)
    assert code(lambda: client.begin_resize_pool("p1", options)) == (409, "OperationInvalidForCurrentState")


def test_what_was_removed_comes_back_once_scaling_is_on_again(client: BatchClient, store: Store, scaling: None) -> None:
    client.disable_pool_auto_scale("p1")
    assert targets(client) == (4, 0, 4)
    client.begin_remove_nodes("p1", models.BatchNodeRemoveOptions(node_ids=ids(client)[:2]), **SOON)
    store.clock.advance(3600)
    assert targets(client) == (2, 0, 2)
    client.enable_pool_auto_scale(
        "p1",
        models.BatchPoolEnableAutoScaleOptions(
            auto_scale_formula="$TargetDedicatedNodes=4;",
            auto_scale_evaluation_interval=datetime.timedelta(minutes=5),
        ),
    )
    store.clock.advance(300)
    pool = client.get_pool("p1")
    assert pool.enable_auto_scale and pool.current_dedicated_nodes == 4
    assert pool.auto_scale_formula == "$TargetDedicatedNodes=4;"
    assert pool.auto_scale_run and (pool.auto_scale_run.results or "").startswith("$TargetDedicatedNodes=4;")


def test_a_formula_is_evaluated_at_its_interval(client: BatchClient, arm: Arm, store: Store, scaling: None) -> None:
    """Nodes that went while scaling was off come at the next evaluation of a schedule that went on."""
    row = store.find(POOL)
    assert row
    store.execute("UPDATE node_runs SET count = 2 WHERE pool = ?", (row.seq,))
    store.clock.advance(90)
    assert client.get_pool("p1").current_dedicated_nodes == 2
    store.clock.advance(15)
    pool = client.get_pool("p1")
    assert (pool.current_dedicated_nodes, pool.allocation_state) == (4, "resizing")
    body = arm.get(POOL).body
    assert body and body["properties"]["currentDedicatedNodes"] == 4


def test_rules_for_enabling(client: BatchClient, store: Store, steady: None) -> None:
    def enable(**options: Any) -> None:
        client.enable_pool_auto_scale("p1", models.BatchPoolEnableAutoScaleOptions(**options))

    formula = "$TargetDedicatedNodes=4;"
    minute = datetime.timedelta(minutes=1)
    assert code(enable) == (400, "InvalidAutoScalingSettings")
    assert code(lambda: enable(auto_scale_formula=" ")) == (400, "AutoScalingFormulaSyntaxError")
    assert code(lambda: enable(auto_scale_formula="x" * 8193)) == (400, "AutoScalingFormulaTooLong")
    for interval in (4 * minute, 60 * 24 * 7 * minute + minute):
        refused = code(lambda: enable(auto_scale_formula=formula, auto_scale_evaluation_interval=interval))  # noqa: B023
        assert refused == (400, "InvalidPropertyValue")
    enable(auto_scale_formula=formula)
    assert client.get_pool("p1").auto_scale_evaluation_interval == 15 * minute
    store.clock.advance(29)
    assert code(lambda: enable(auto_scale_evaluation_interval=5 * minute))[1] == "TooManyEnableAutoScaleRequests"
    store.clock.advance(1)
    enable(auto_scale_evaluation_interval=5 * minute)
    pool = client.get_pool("p1")
    assert (pool.auto_scale_formula, pool.auto_scale_evaluation_interval) == (formula, 5 * minute)


def test_scaling_is_not_enabled_during_a_resize(client: BatchClient, steady: None) -> None:
    client.begin_resize_pool("p1", models.BatchPoolResizeOptions(target_dedicated_nodes=5), **SOON)
    options = models.BatchPoolEnableAutoScaleOptions(auto_scale_formula="$TargetDedicatedNodes=1;")
    assert code(lambda: client.enable_pool_auto_scale("p1", options)) == (409, "PoolBeingResized")


def test_a_formula_can_be_tried(client: BatchClient, scaling: None) -> None:
    options = models.BatchPoolEvaluateAutoScaleOptions(auto_scale_formula="$TargetDedicatedNodes=9;")
    run = client.evaluate_pool_auto_scale("p1", options)
    assert "$TargetDedicatedNodes=9;" in (run.results or "") and run.error is None
    assert client.get_pool("p1").current_dedicated_nodes == 4
    client.disable_pool_auto_scale("p1")
    assert code(lambda: client.evaluate_pool_auto_scale("p1", options))[0] == 409


# Deletion


def test_a_pool_is_deleted(client: BatchClient, arm: Arm, store: Store, steady: None) -> None:
    poller = client.begin_delete_pool("p1", **SOON)
    assert client.get_pool("p1").state == "deleting"
    assert code(lambda: client.begin_delete_pool("p1")) == (409, "PoolBeingDeleted")
    assert code(lambda: client.disable_pool_auto_scale("p1")) == (409, "PoolBeingDeleted")
    store.clock.advance(120)
    poller.wait(5)
    assert arm.get(POOL).status == 404 and list(client.list_pools()) == []
