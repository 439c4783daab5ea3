"""Pools: what PUT checks, what Azure refuses on a live pool, what GET shows."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from emulator import Arm, Store, fleet
from emulator.arm.pool_updates import changes

from .conftest import GROUP, POOL, Identity, key_vault_extension, pool_body

VERSION = "2024-07-01"
MACHINE = ("properties", "deploymentConfiguration", "virtualMachineConfiguration")


def edited(body: dict[str, Any], path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    new = copy.deepcopy(body)
    target = new
    for part in path[:-1]:
        target = target[part]
    target[path[-1]] = value
    return new


def test_put_answers_with_defaults_and_get_agrees(arm: Arm, store: Store) -> None:
    put = arm.put(POOL, pool_body(), VERSION)
    assert put.status == 200 and put.body and put.headers["ETag"].startswith('W/"0x')
    properties = put.body["properties"]
    assert "location" not in put.body
    assert properties["interNodeCommunication"] == "Disabled"
    assert properties["taskSlotsPerNode"] == 1
    assert properties["taskSchedulingPolicy"] == {"nodeFillType": "Spread"}
    assert properties["scaleSettings"]["fixedScale"]["resizeTimeout"] == "PT15M"
    assert (properties["provisioningState"], properties["allocationState"]) == ("Succeeded", "Resizing")
    assert arm.get(POOL, VERSION).body == put.body
    store.clock.advance(61)
    later = arm.get(POOL, VERSION).body
    assert later and later["properties"]["allocationState"] == "Steady"
    assert arm.put(POOL, pool_body(), VERSION).status == 200


def test_identities_come_back_as_a_map_with_their_ids(arm: Arm, identity: Identity) -> None:
    sent = identity.id.replace("resourceGroups", "resourcegroups")
    answer = arm.put(POOL, pool_body(identities=(sent,)), VERSION)
    assert answer.body and answer.body["identity"]["userAssignedIdentities"] == {
        sent: {"clientId": identity.client, "principalId": identity.principal}
    }


def test_an_identity_that_is_not_there_is_refused(arm: Arm) -> None:
    missing = f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/none"
    answer = arm.put(POOL, pool_body(identities=(missing,)), VERSION)
    assert answer.status == 400 and "none' was not found" in str(answer.body)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"vmSize": None}, "MissingRequiredProperty"),
        ({"deploymentConfiguration": None}, "MissingRequiredProperty"),
        ({"deploymentConfiguration": {"cloudServiceConfiguration": {}}}, "InvalidPropertyValue"),
        ({"scaleSettings": {"fixedScale": {"resizeTimeout": "PT4M59S"}}}, "InvalidPropertyValue"),
        ({"scaleSettings": {"fixedScale": {"resizeTimeout": "soon"}}}, "InvalidPropertyValue"),
    ],
)
def test_bodies_that_are_refused(arm: Arm, changes: dict[str, Any], code: str) -> None:
    answer = arm.put(POOL, pool_body(**changes), VERSION)
    assert (answer.status, answer.code) == (400, code)
    names = [item["code"] for item in (answer.body or {})["error"]["details"]]
    assert names[0] == "PropertyName" and names[-1] == "Reason"


@pytest.mark.parametrize("name", ["a" * 65, "with.dot", "sp ace"])
def test_names_that_are_refused(arm: Arm, name: str) -> None:
    assert arm.put(POOL.replace("/p1", f"/{name}"), pool_body(), VERSION).code == "InvalidPropertyValue"


@pytest.mark.parametrize(
    ("publisher", "kind"),
    [
        ("Microsoft.Azure.Extensions", "CustomScript"),
        ("Microsoft.Compute", "CustomScriptExtension"),
        ("Microsoft.OSTCExtensions", "customscriptforlinux"),
        ("Microsoft.Azure.ActiveDirectory", "AADSSHLoginForLinux"),
    ],
)
def test_extensions_that_batch_does_not_take(arm: Arm, publisher: str, kind: str) -> None:
    answer = arm.put(POOL, pool_body({"name": "x", "publisher": publisher, "type": kind}), VERSION)
    assert (answer.status, answer.code) == (400, "InvalidPropertyValue")
    assert ("reserved for the Azure Batch service" in str(answer.body)) is kind.lower().startswith("customscript")


def test_an_extension_after_a_support_request(arm: Arm, store: Store) -> None:
    store.set("also_allowed_extensions", "Contoso/Agent, Other/Thing")
    assert arm.put(POOL, pool_body({"name": "x", "publisher": "contoso", "type": "Agent"}), VERSION).ok


def test_settings_as_text_allocate_no_node(arm: Arm, store: Store) -> None:
    body = pool_body(key_vault_extension("x", settings='{"a": 1}'))
    answer = arm.put(POOL, body, VERSION)
    assert answer.body and "errors" not in answer.body["properties"]["resizeOperationStatus"]
    store.clock.advance(61)
    properties = (arm.get(POOL, VERSION).body or {})["properties"]
    assert properties["currentDedicatedNodes"] == 0
    (error,) = properties["resizeOperationStatus"]["errors"]
    assert error["code"] == "AllocationFailed"
    assert error["details"][0]["message"] == "The server encountered an internal error"


def test_the_same_body_again_is_fine(arm: Arm, identity: Identity) -> None:
    body = pool_body(
        key_vault_extension(identity.client, protectedSettings={"a": "b"}), identities=(identity.id,), metadata=[]
    )
    assert arm.put(POOL, body, VERSION).ok
    assert arm.put(POOL, body, VERSION).ok
    explicit = edited(body, ("properties", "taskSlotsPerNode"), 1)
    assert arm.put(POOL, explicit, VERSION).ok


REFUSED: list[tuple[tuple[Any, ...], Any, str]] = [
    (("properties", "vmSize"), "STANDARD_D4S_V3", "vmSize"),
    (("properties", "displayName"), "new", "displayName"),
    (("properties", "taskSlotsPerNode"), 2, "taskSlotsPerNode"),
    (("properties", "networkConfiguration"), {"subnetId": "x"}, "networkConfiguration"),
    ((*MACHINE, "nodeAgentSkuId"), "batch.node.el 9", "deploymentConfiguration"),
    ((*MACHINE, "extensions"), [], "deploymentConfiguration"),
    ((*MACHINE, "extensions", 0, "settings"), {"a": 2}, "deploymentConfiguration"),
    ((*MACHINE, "extensions", 0, "protectedSettings"), {"key": "rotated"}, "deploymentConfiguration"),
]


@pytest.mark.parametrize(("path", "value", "name"), REFUSED)
def test_what_cannot_be_updated(arm: Arm, path: tuple[Any, ...], value: Any, name: str) -> None:
    extension = key_vault_extension("x", protectedSettings={"key": "first"})
    body = pool_body(extension)
    assert arm.put(POOL, body, VERSION).ok
    answer = arm.put(POOL, edited(body, path, value), VERSION)
    assert (answer.status, answer.code) == (400, "PropertyCannotBeUpdated")
    error = (answer.body or {})["error"]
    sentence = "A property that cannot be updated was specified as part of the request."
    assert error["message"].startswith(f"{sentence}\nRequestId:") and "\nTime:" in error["message"]
    assert error["target"] == "BatchAccount"
    assert error["details"] == [
        {"code": "Reason", "message": sentence},
        {"code": "PropertyName", "message": name},
        {"code": "PropertyPath", "message": f"properties.{name}"},
    ]


ACCEPTED: list[tuple[str, Any]] = [
    ("scaleSettings", {"fixedScale": {"targetDedicatedNodes": 3}}),
    ("scaleSettings", {"autoScale": {"formula": "$TargetDedicatedNodes=2;"}}),
    ("metadata", [{"name": "a", "value": "b"}]),
    ("startTask", {"commandLine": "true"}),
    ("applicationPackages", [{"id": "x"}]),
    ("certificates", [{"id": "x"}]),
]


@pytest.mark.parametrize(("name", "value"), ACCEPTED)
def test_what_can_be_updated_in_place(arm: Arm, name: str, value: Any) -> None:
    body = pool_body()
    assert arm.put(POOL, body, VERSION).ok
    answer = arm.put(POOL, edited(body, ("properties", name), value), VERSION)
    assert answer.ok, answer.body


def test_tags_can_be_updated_in_place(arm: Arm) -> None:
    assert arm.put(POOL, pool_body(), VERSION).ok
    assert arm.put(POOL, {**pool_body(), "tags": {"team": "hpc"}}, VERSION).ok


def test_identity_can_be_updated_in_place(arm: Arm, identity: Identity) -> None:
    assert arm.put(POOL, pool_body(), VERSION).ok
    assert arm.put(POOL, pool_body(identities=(identity.id,)), VERSION).ok


def test_zero_nodes_by_setting_and_version(arm: Arm, store: Store) -> None:
    body = pool_body(nodes=0)
    assert arm.put(POOL, body, VERSION).ok
    changed = edited(body, ("properties", "vmSize"), "STANDARD_D4S_V3")
    assert not arm.put(POOL, changed, VERSION).ok
    store.set("pool_updates", "zero-nodes-allowed")
    assert not arm.put(POOL, changed, "2024-02-01").ok
    assert arm.put(POOL, changed, VERSION).ok
    assert arm.put(POOL, edited(changed, ("properties", "scaleSettings", "fixedScale"), {"targetDedicatedNodes": 1})).ok
    assert not arm.put(POOL, body, VERSION).ok


def test_certificates_left_the_api(arm: Arm) -> None:
    answer = arm.put(POOL, pool_body(certificates=[{"id": "x"}]), "2025-06-01")
    assert answer.code == "InvalidPropertyValue"


def test_order_of_extensions_is_no_change() -> None:
    one, two = key_vault_extension("x"), {"name": "gpu", "publisher": "Microsoft.HpcCompute", "type": "G"}
    assert changes(pool_body(one, two), pool_body(two, one), VERSION) == []


@pytest.mark.parametrize("name", ["userAccounts", "mountConfiguration"])
def test_empty_arrays_are_refused_on_redeployment(arm: Arm, name: str) -> None:
    assert arm.put(POOL, pool_body(**{name: []}), VERSION).ok
    assert arm.put(POOL, pool_body(**{name: []}), VERSION).code == "InvalidPropertyValue"


def test_a_deleted_pool_blocks_its_name_for_a_while(arm: Arm, store: Store) -> None:
    arm.put(POOL, pool_body(), VERSION)
    answer = arm.delete(POOL, VERSION)
    assert answer.status == 202 and answer.headers["Retry-After"] == "15"
    assert (arm.get(POOL, VERSION).body or {})["properties"]["provisioningState"] == "Deleting"
    again = arm.put(POOL, pool_body(), VERSION)
    assert (again.status, again.code) == (409, "PoolBeingDeleted")
    store.clock.advance(120)
    assert arm.get(POOL, VERSION).status == 404
    assert arm.delete(POOL, VERSION).status == 204
    assert arm.put(POOL, pool_body(), VERSION).ok


def test_nodes_follow_the_scale_settings(arm: Arm, store: Store, identity: Identity) -> None:
    def scaled(count: int, *identities: str) -> list[tuple[int, int, int]]:
        assert arm.put(POOL, pool_body(nodes=count, identities=identities), VERSION).ok
        row = store.find(POOL)
        assert row
        return [(run.first, run.count, len(run.identities)) for run in fleet.runs(store, row)]

    assert scaled(5) == [(0, 5, 0)]
    assert scaled(8) == [(0, 5, 0), (5, 3, 0)]
    assert scaled(4, identity.id) == [(0, 4, 0)]
    assert scaled(6, identity.id) == [(0, 4, 0), (8, 2, 0)]  # nodes that join others have the old identities
    assert scaled(0, identity.id) == []
    assert scaled(2, identity.id) == [(10, 2, 1)]  # nobody gets the number of a node that left
    store.set("node_ids_reused", "on")
    assert scaled(7, identity.id) == [(10, 2, 1), (0, 5, 1)]


@pytest.mark.parametrize(
    ("formula", "nodes"),
    [
        ("$TargetDedicatedNodes=3", (3, 0)),
        ("$TargetDedicated = 1; $TargetDedicatedNodes = min(10, 4);", (4, 0)),
        ("$TargetDedicatedNodes=max(2,7)", (7, 0)),
        ("$TargetLowPriorityNodes=5;", (0, 5)),
        ("startingNumberOfVMs = 1; $TargetDedicatedNodes=avg($PendingTasks.GetSample(1));", (1, 0)),
    ],
)
def test_autoscale_formulas(formula: str, nodes: tuple[int, int]) -> None:
    assert fleet.targets({"scaleSettings": {"autoScale": {"formula": formula}}}) == nodes


def test_the_pool_quota(arm: Arm) -> None:
    for number in range(100):
        assert arm.put(f"{POOL}-{number}", pool_body(nodes=0), VERSION).ok
    assert arm.put(POOL, pool_body(), VERSION).code == "PoolQuotaReached"


@pytest.mark.parametrize(
    ("extensions", "code"),
    [
        (({"name": "a", "publisher": "Microsoft.HpcCompute"},), "MissingRequiredProperty"),
        ((key_vault_extension("x"), key_vault_extension("x", name="other")), "InvalidPropertyValue"),
        ((key_vault_extension("x", provisionAfterExtensions=["none"]),), "InvalidPropertyValue"),
    ],
)
def test_extension_lists_that_are_refused(arm: Arm, extensions: tuple[dict[str, Any], ...], code: str) -> None:
    assert arm.put(POOL, pool_body(*extensions), VERSION).code == code


def test_identity_blocks_that_are_refused(arm: Arm) -> None:
    for identity in ({"type": "SystemAssigned"}, {"type": "UserAssigned"}):
        assert arm.put(POOL, {**pool_body(), "identity": identity}, VERSION).status == 400
