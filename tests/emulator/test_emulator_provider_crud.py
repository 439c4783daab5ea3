from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pulumi.runtime.proto import provider_pb2 as pb

from emulator import Arm, Store
from emulator.arm.batch_accounts import WELL_KNOWN_KEY
from emulator.arm.context import DEPLOYER, TENANT
from emulator.provider.wire import UNKNOWN

from .conftest import (
    ACCOUNT,
    POOL,
    SUBSCRIPTION,
    VAULT,
    Engine,
    Identity,
    Refused,
    key_vault_extension,
    pool_inputs,
    role,
    vault_inputs,
)

IDENTITY = "managedidentity:UserAssignedIdentity"
GUID = "33333333-3333-3333-3333-333333333333"


def test_create_looks_first(engine: Engine, store: Store) -> None:
    resource_id, _, outputs = engine.create("batch:Pool", "p1", pool_inputs())
    assert resource_id == POOL
    assert outputs["name"] == "p1" and outputs["azureApiVersion"] == "2024-07-01"
    assert "resourceGroupName" not in outputs and "properties" not in outputs
    assert [item.method for item in store.operations() if item.path == POOL] == ["GET", "PUT", "GET"]
    with pytest.raises(Refused, match=f"^cannot create already existing resource '{POOL}'$"):
        engine.create("batch:Pool", "p1", pool_inputs())


def test_errors_have_code_and_message_and_no_details(engine: Engine) -> None:
    engine.create("batch:Pool", "p1", pool_inputs())
    inputs, _ = engine.check("batch:Pool", "p1", pool_inputs(vmSize="other"))
    with pytest.raises(Refused) as caught:
        engine.update("batch:Pool", inputs, {})
    text = str(caught.value)
    assert text.startswith('Status=400 Code="PropertyCannotBeUpdated" Message="A property that cannot be updated')
    assert "vmSize" not in text


def test_identities_go_as_a_map_and_come_back_as_one(engine: Engine, store: Store, identity: Identity) -> None:
    ids = {"type": "UserAssigned", "userAssignedIdentities": [identity.id]}
    _, _, outputs = engine.create("batch:Pool", "p1", pool_inputs(identity=ids))
    put = next(item for item in store.operations() if item.method == "PUT" and item.path == POOL)
    assert put.body["identity"]["userAssignedIdentities"] == {identity.id: {}}
    assert outputs["identity"]["userAssignedIdentities"] == {
        identity.id: {"clientId": identity.client, "principalId": identity.principal}
    }


def test_preview_of_create(engine: Engine, store: Store) -> None:
    ids = {"type": "UserAssigned", "userAssignedIdentities": ["x"]}
    resource_id, _, outputs = engine.create("batch:Pool", "p1", pool_inputs(identity=ids), preview=True)
    assert resource_id == ""
    assert outputs["vmSize"] == "STANDARD_D2S_V3"
    assert outputs["name"] is outputs["provisioningState"] is UNKNOWN
    # A list would crash the SDK, which expects the output's map; the real provider's answer is unknown.
    assert outputs["identity"] == {"type": "UserAssigned", "userAssignedIdentities": UNKNOWN}
    assert not [item for item in store.operations() if item.path == POOL]


def test_preview_of_update_keeps_name_and_location_only(engine: Engine) -> None:
    inputs = {"resourceGroupName": "rg-batch-staging", "tags": {"a": "b"}, "location": "westeurope"}
    state = {"name": "id1", "location": "westeurope", "clientId": "c", "principalId": "p", "type": "t"}
    outputs = engine.update(IDENTITY, inputs, state, preview=True)
    assert (outputs["name"], outputs["location"], outputs["tags"]) == ("id1", "westeurope", {"a": "b"})
    assert outputs["clientId"] is outputs["principalId"] is outputs["tenantId"] is outputs["type"] is UNKNOWN


def test_update_is_a_put_of_everything(engine: Engine, store: Store) -> None:
    _, inputs, state = engine.create("batch:Pool", "p1", pool_inputs())
    scale = {"fixedScale": {"targetDedicatedNodes": 4}}
    outputs = engine.update("batch:Pool", {**inputs, "scaleSettings": scale}, state)
    assert outputs["currentDedicatedNodes"] == 4
    last_put = [item for item in store.operations() if item.method == "PUT"][-1]
    assert last_put.body["properties"]["vmSize"] == "STANDARD_D2S_V3"


def test_refresh_right_after_up_shows_no_drift(engine: Engine, store: Store) -> None:
    extension = key_vault_extension("x", protectedSettings={"token": "t"})
    resource_id, inputs, state = engine.create("batch:Pool", "p1", pool_inputs(extension))
    assert engine.read("batch:Pool", resource_id, inputs, state) == (resource_id, inputs, state)
    store.clock.advance(61)
    assert engine.read("batch:Pool", resource_id, inputs, state)[1] == inputs


def test_refresh_takes_over_what_others_changed(engine: Engine) -> None:
    resource_id, inputs, state = engine.create("batch:Pool", "p1", pool_inputs())
    engine.update("batch:Pool", {**inputs, "metadata": [{"name": "by", "value": "hand"}]}, state)
    _, read, _ = engine.read("batch:Pool", resource_id, inputs, state)
    assert read == {**inputs, "metadata": [{"name": "by", "value": "hand"}]}


def test_read_of_what_is_gone(engine: Engine) -> None:
    assert engine.read("batch:Pool", POOL)[0] == ""


def test_import_takes_inputs_from_the_answer(engine: Engine) -> None:
    extension = key_vault_extension("x", protectedSettings={"token": "t"})
    resource_id, _, _ = engine.create("batch:Pool", "p1", pool_inputs(extension))
    _, inputs, _ = engine.read("batch:Pool", resource_id)
    assert (inputs["resourceGroupName"], inputs["accountName"], inputs["poolName"]) == (
        "rg-batch-staging",
        "extpoolstaging",
        "p1",
    )
    assert inputs["taskSchedulingPolicy"] == {"nodeFillType": "Spread"}  # a service default
    assert "token" not in str(inputs)
    with pytest.raises(Refused, match="does not match the path"):
        engine.read("batch:Pool", ACCOUNT)


def test_delete_waits_for_the_end(engine: Engine, store: Store) -> None:
    resource_id, _, _ = engine.create("batch:Pool", "p1", pool_inputs())
    store.clock.set_speed(100_000)
    engine.delete("batch:Pool", resource_id)
    assert store.find(POOL) is None and store.is_pristine()
    engine.delete("batch:Pool", resource_id)


def test_delete_can_be_cancelled(engine: Engine) -> None:
    resource_id, _, _ = engine.create("batch:Pool", "p1", pool_inputs())
    engine.provider.stop.set()
    with pytest.raises(Refused, match="was cancelled"):
        engine.delete("batch:Pool", resource_id)


def test_a_vault_keeps_policies_that_others_added(engine: Engine) -> None:
    _, inputs, state = engine.create("keyvault:Vault", "kv", vault_inputs())
    assert state["properties"]["accessPolicies"] == []
    entry = {"tenantId": TENANT, "objectId": DEPLOYER, "permissions": {"secrets": ["get"]}}
    with_policy = {**inputs, "properties": {**inputs["properties"], "accessPolicies": [entry]}}
    engine.update("keyvault:Vault", with_policy, state)
    outputs = engine.update("keyvault:Vault", inputs, state)
    assert outputs["properties"]["accessPolicies"] == [entry]


def test_a_role_assignment_by_scope(engine: Engine, identity: Identity) -> None:
    inputs = {
        "scope": ACCOUNT,
        "principalId": identity.principal,
        "roleDefinitionId": "/subscriptions/s/providers/Microsoft.Authorization/roleDefinitions/"
        "4633458b-17de-408a-b874-0445c86b69e6",
        "principalType": "ServicePrincipal",
    }
    resource_id, checked, outputs = engine.create("authorization:RoleAssignment", "grant", inputs)
    name = checked["roleAssignmentName"]
    assert resource_id == f"{ACCOUNT}/providers/Microsoft.Authorization/roleAssignments/{name}"
    assert outputs["scope"] == ACCOUNT
    assert engine.read("authorization:RoleAssignment", resource_id, checked, outputs)[1] == checked


def secret_grant(identity: Identity, scope: str) -> dict[str, Any]:
    return {
        "scope": scope,
        "principalId": identity.principal,
        "roleDefinitionId": role(),
        "principalType": "ServicePrincipal",
    }


def test_a_role_assignment_at_one_secret(engine: Engine, store: Store, identity: Identity) -> None:
    token, scope = "authorization:RoleAssignment", f"{VAULT}/secrets/tls"
    inputs = secret_grant(identity, scope)
    resource_id, checked, outputs = engine.create(token, "grant", inputs)
    assert resource_id == f"{scope}/providers/Microsoft.Authorization/roleAssignments/{checked['roleAssignmentName']}"
    assert outputs["scope"] == scope
    assert engine.read(token, resource_id, checked, outputs)[1] == checked
    assert engine.read(token, resource_id)[1]["scope"].strip("/") == scope.strip("/")
    with pytest.raises(Refused, match='Status=409 Code="RoleAssignmentExists"'):
        engine.create(token, "again", {**inputs, "roleAssignmentName": GUID})
    other = {**secret_grant(identity, f"{VAULT}/secrets/other"), "roleAssignmentName": GUID}
    other_id, _, _ = engine.create(token, "other", other)
    for one in (resource_id, other_id):
        engine.delete(token, one)
        assert engine.read(token, one)[0] == ""
        engine.delete(token, one)
    assert not store.living("Microsoft.Authorization/roleAssignments")
    nowhere = VAULT.replace("kv-extpool-staging", "kv-none") + "/secrets/tls"
    with pytest.raises(Refused, match=r'Status=404 Code="ResourceNotFound" Message="The Resource .*/vaults/kv-none'):
        engine.create(token, "nowhere", secret_grant(identity, nowhere))


def vault_elsewhere(arm: Arm) -> str:
    """The id of a vault in another subscription than the provider's."""
    group = f"/subscriptions/{GUID}/resourceGroups/rg-elsewhere"
    assert arm.put(group, {"location": "westeurope"}).status == 201
    vault = f"{group}/providers/Microsoft.KeyVault/vaults/kv-elsewhere"
    properties = {"tenantId": TENANT, "sku": {"family": "A", "name": "standard"}, "enableRbacAuthorization": True}
    assert arm.put(vault, {"location": "westeurope", "properties": properties}).status == 201
    return vault


def test_a_role_assignment_in_another_subscription(engine: Engine, arm: Arm, identity: Identity) -> None:
    token = "authorization:RoleAssignment"
    vault = vault_elsewhere(arm)
    for scope in (vault, f"{vault}/secrets/tls"):
        resource_id, checked, outputs = engine.create(token, scope[-3:], secret_grant(identity, scope), seed=scope)
        assert resource_id.startswith(scope + "/") and outputs["scope"] == scope
        assert engine.read(token, resource_id, checked, outputs)[1] == checked
        engine.delete(token, resource_id)
        assert engine.read(token, resource_id)[0] == ""


def test_a_lookup_reads_the_own_subscription(engine: Engine, arm: Arm) -> None:
    vault = vault_elsewhere(arm)
    names = {"resourceGroupName": "rg-elsewhere", "vaultName": "kv-elsewhere"}
    with pytest.raises(Refused, match='Status=404 Code="ResourceGroupNotFound"'):
        engine.invoke("keyvault:getVault", names)
    arm.put(f"{SUBSCRIPTION}/resourceGroups/rg-elsewhere", {"location": "westeurope"})
    with pytest.raises(Refused, match=f'^request failed {SUBSCRIPTION}/.*: Status=404 Code="ResourceNotFound"'):
        engine.invoke("keyvault:getVault", names)
    variables = {"azure-native:config:subscriptionId": GUID}
    engine.provider.Configure(pb.ConfigureRequest(variables=variables), engine.context)
    assert engine.invoke("keyvault:getVault", names)["id"] == vault


@pytest.mark.parametrize("rbac", [True, False])
def test_a_vault_says_how_it_is_opened(engine: Engine, rbac: bool) -> None:
    resource_id, inputs, _ = engine.create("keyvault:Vault", "kv", vault_inputs(enableRbacAuthorization=rbac))
    names = {name: inputs[name] for name in ("resourceGroupName", "vaultName")}
    found = engine.invoke("keyvault:getVault", names)
    assert (found["id"], found["name"]) == (resource_id, inputs["vaultName"])
    assert found["properties"]["enableRbacAuthorization"] is rbac
    assert found["properties"]["tenantId"] == TENANT
    assert found["properties"]["accessPolicies"] == []


def test_invokes(engine: Engine, identity: Identity) -> None:
    group = {"resourceGroupName": "rg-batch-staging"}
    found = engine.invoke("managedidentity:getUserAssignedIdentity", {**group, "resourceName": "nodes"})
    assert (found["id"], found["clientId"]) == (identity.id, identity.client)
    keys = engine.invoke("batch:listBatchAccountKeys", {**group, "accountName": "extpoolstaging"})
    assert keys["primary"] == WELL_KNOWN_KEY
    account = engine.invoke("batch:getBatchAccount", {**group, "accountName": "extpoolstaging"})
    assert account["accountEndpoint"] == "extpoolstaging.westeurope.batch.azure.com"
    assert engine.invoke("resources:getResourceGroup", group)["location"] == "westeurope"
    assert engine.invoke("authorization:getClientConfig", {})["tenantId"] == TENANT
    vault = engine.invoke(
        "keyvault:getVault", {"resourceGroupName": "rg-platform-staging", "vaultName": "kv-extpool-staging"}
    )
    assert vault["properties"]["enableRbacAuthorization"] is True
    with pytest.raises(Refused, match='Status=404 Code="ResourceNotFound" Message="The Resource'):
        engine.invoke("batch:getPool", {**group, "accountName": "extpoolstaging", "poolName": "none"})
    with pytest.raises(Refused, match="does not have the function azure-native:batch:getApplication; it has: "):
        engine.invoke("batch:getApplication", {})


def test_the_engine_is_not_asked_for_secrets_or_outputs(engine: Engine) -> None:
    """As the real provider: the engine then unwraps them and marks them again by itself."""
    shaken = engine.provider.Handshake(pb.ProviderHandshakeRequest(), engine.context)
    configured = engine.provider.Configure(pb.ConfigureRequest(), engine.context)
    assert not (shaken.accept_secrets or shaken.accept_outputs)
    assert not (configured.acceptSecrets or configured.acceptOutputs)
    assert configured.supportsPreview and configured.supports_autonaming_configuration


def test_the_subscription_comes_from_configuration(engine: Engine) -> None:
    variables = {"azure-native:config:subscriptionId": "33333333-3333-3333-3333-333333333333"}
    engine.provider.Configure(pb.ConfigureRequest(variables=variables), engine.context)
    assert engine.invoke("authorization:getClientConfig", {})["subscriptionId"] == variables.popitem()[1]


FIRST_LOOK = """
import sys, threading
from emulator.provider import schema
sys.setswitchinterval(1e-6)
failures = []
def look():
    try:
        schema.outputs_of("resources", "ResourceGroup")
    except Exception as error:
        failures.append(error)
import pulumi_azure_native
threads = [threading.Thread(target=look) for _ in range(8)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
assert not failures, failures
"""


def test_many_threads_may_look_into_the_sdk_first() -> None:
    """Its modules load lazily, which is not safe by itself; a refresh starts with many reads at once."""
    subprocess.run([sys.executable, "-c", FIRST_LOOK], cwd=Path(__file__).resolve().parents[2], check=True, timeout=60)
