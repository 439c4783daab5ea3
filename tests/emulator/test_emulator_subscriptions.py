"""Two providers, two subscriptions: what one makes the other does not see."""

from __future__ import annotations

from pathlib import Path

import pytest
from pulumi.runtime.proto import provider_pb2 as pb

from emulator import Store

from .conftest import Engine, Refused, role

OTHER = "aaaaaaaa-0000-0000-0000-000000000001"
GROUP = "resources:ResourceGroup"
IDENTITY = "managedidentity:UserAssignedIdentity"


@pytest.fixture
def other(engine: Engine, store: Store) -> Engine:
    """The provider of another subscription, on the same Azure."""
    made = Engine(store)
    variables = {"azure-native:config:subscriptionId": OTHER}
    made.provider.Configure(pb.ConfigureRequest(variables=variables), made.context)
    return made


def test_a_provider_works_in_the_subscription_it_is_configured_with(engine: Engine, other: Engine) -> None:
    inputs = {"resourceGroupName": "rg-shared", "location": "westeurope"}
    ours, _, _ = engine.create(GROUP, "shared", inputs)
    theirs, _, _ = other.create(GROUP, "shared", inputs)
    assert ours == "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-shared"
    assert theirs == f"/subscriptions/{OTHER}/resourceGroups/rg-shared"
    client = other.invoke("authorization:getClientConfig", {})
    assert client["subscriptionId"] == OTHER
    assert client["tenantId"] == engine.invoke("authorization:getClientConfig", {})["tenantId"]


def test_a_lookup_sees_its_own_subscription_only(engine: Engine, other: Engine) -> None:
    place = {"resourceGroupName": "rg-platform", "location": "westeurope"}
    other.create(GROUP, "platform", place)
    made, _, outputs = other.create(IDENTITY, "nodes", {"resourceGroupName": "rg-platform", "resourceName": "nodes"})
    query = {"resourceGroupName": "rg-platform", "resourceName": "nodes"}
    assert other.invoke("managedidentity:getUserAssignedIdentity", query)["clientId"] == outputs["clientId"]
    with pytest.raises(Refused, match="ResourceGroupNotFound"):
        engine.invoke("managedidentity:getUserAssignedIdentity", query)
    assert made.startswith(f"/subscriptions/{OTHER}/")


def test_a_role_is_assigned_at_a_scope_of_another_subscription(engine: Engine, other: Engine) -> None:
    other.create(GROUP, "platform", {"resourceGroupName": "rg-platform", "location": "westeurope"})
    _, _, nodes = other.create(IDENTITY, "nodes", {"resourceGroupName": "rg-platform", "resourceName": "nodes"})
    scope = f"/subscriptions/{OTHER}/resourceGroups/rg-platform"
    inputs = {
        "scope": scope,
        "principalId": nodes["principalId"],
        "principalType": "ServicePrincipal",
        "roleDefinitionId": role(),
    }
    resource_id, _, _ = engine.create("authorization:RoleAssignment", "grant", inputs)
    assert resource_id.startswith(f"{scope}/providers/Microsoft.Authorization/roleAssignments/")


def test_a_group_takes_nothing_of_its_namesake_with_it(engine: Engine, other: Engine, store: Store) -> None:
    for one in (engine, other):
        one.create(GROUP, "shared", {"resourceGroupName": "rg-shared", "location": "westeurope"})
        one.create(IDENTITY, "nodes", {"resourceGroupName": "rg-shared", "resourceName": "nodes"})
    answer = engine.provider.azure.arm.delete(
        "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-shared"
    )
    store.clock.advance(31)
    assert answer.status == 202
    left = [row.id for row in store.living() if "rg-shared" in row.id]
    assert left and all(one.startswith(f"/subscriptions/{OTHER}/") for one in left)


def test_names_of_vaults_are_taken_in_every_subscription(engine: Engine, other: Engine, tmp_path: Path) -> None:
    other.create(GROUP, "platform", {"resourceGroupName": "rg-platform", "location": "westeurope"})
    vault = {
        "resourceGroupName": "rg-platform",
        "vaultName": "kv-extpool-staging",
        "properties": {"tenantId": "t", "sku": {"family": "A", "name": "standard"}},
    }
    with pytest.raises(Refused, match="VaultAlreadyExists"):
        other.create("keyvault:Vault", "kv", vault)
