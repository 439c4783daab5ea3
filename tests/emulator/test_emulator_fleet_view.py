"""What nodes make of the vaults and grants that are there, through the store."""

from __future__ import annotations

from typing import Any

import pytest

from emulator import Arm, Store
from emulator.arm.context import TENANT
from emulator.batch.fleet_view import FleetView
from emulator.batch.nodes import GROUPS

from .conftest import GROUP, POOL, VAULT, Identity, assignment, grant, key_vault_extension, pool_body

POLICIES = f"{GROUP}/providers/Microsoft.KeyVault/vaults/kv-policies"
OTHER = "33333333-3333-3333-3333-333333333333"


def put_pool(arm: Arm, identity: Identity, *, name: str = "p1", vault: str = VAULT, nodes: int = GROUPS) -> None:
    extension = key_vault_extension(identity.client)
    management = extension["settings"]["secretsManagementSettings"]
    host = vault.rsplit("/", 1)[-1]
    management["observedCertificates"] = [{"url": f"https://{host}.vault.azure.net/secrets/tls"}]
    body = pool_body(extension, identities=(identity.id,), nodes=nodes)
    assert arm.put(POOL.replace("p1", name), body).ok


def states(store: Store, name: str = "p1") -> set[str]:
    row = store.find(POOL.replace("p1", name))
    assert row
    return {node.life.state for node in FleetView(store, row, "extpoolstaging").listing()}


# Grants that come late


def test_by_default_the_tries_last_until_a_grant_counts(arm: Arm, store: Store, identity: Identity) -> None:
    store.set("role_propagation_seconds", 600)  # "up to 10 minutes"
    grant(arm, identity)
    put_pool(arm, identity)
    store.clock.advance(590)
    assert states(store) == {"starting"}
    store.clock.advance(90)
    assert states(store) == {"idle"}


@pytest.mark.parametrize(
    ("settings", "last"),
    [
        ({"role_propagation_seconds": 600, "key_vault_retry_seconds": 300}, 415),
        ({"role_propagation_seconds": 1200}, 1015),
    ],
)
def test_a_pool_that_did_not_wait_for_its_grant_fails(
    arm: Arm, store: Store, identity: Identity, settings: dict[str, float], last: float
) -> None:
    for name, value in settings.items():
        store.set(name, value)
    grant(arm, identity)
    put_pool(arm, identity)
    store.clock.advance(last - 30)
    assert "starting" in states(store)
    store.clock.advance(30)
    assert states(store) == {"unusable"}
    store.clock.advance(settings["role_propagation_seconds"])
    assert states(store) == {"unusable"}
    put_pool(arm, identity, name="later")
    store.clock.advance(115)
    assert states(store, "later") == {"idle"}


def test_a_pool_that_waited_for_its_grant_is_healthy(arm: Arm, store: Store, identity: Identity) -> None:
    store.set("role_propagation_seconds", 600)
    store.set("key_vault_retry_seconds", 300)
    grant(arm, identity)
    store.clock.advance(600)
    put_pool(arm, identity)
    store.clock.advance(115)
    assert states(store) == {"idle"}


def test_a_grant_of_one_secret(arm: Arm, store: Store, identity: Identity) -> None:
    store.set("role_propagation_seconds", 0)
    grant(arm, identity, scope=f"{VAULT}/secrets/other")
    put_pool(arm, identity)
    grant(arm, identity, scope=f"{VAULT.upper()}/secrets/TLS", number=2)
    store.clock.advance(115)
    assert states(store) == {"idle"}
    arm.delete(assignment(f"{VAULT}/secrets/tls", 2))
    put_pool(arm, identity, name="later")
    store.clock.advance(1015)
    assert (states(store), states(store, "later")) == ({"idle"}, {"unusable"})


def test_a_vault_in_another_subscription(arm: Arm, store: Store, identity: Identity) -> None:
    elsewhere = f"/subscriptions/{OTHER}/resourceGroups/rg"
    assert arm.put(elsewhere, {"location": "westeurope"}).ok
    vault = f"{elsewhere}/providers/Microsoft.KeyVault/vaults/kv-elsewhere"
    put_vault(arm, rbac=True, path=vault)
    assert grant(arm, identity, scope=f"{vault}/secrets/tls").status == 201
    put_pool(arm, identity, vault=vault)
    store.clock.advance(200)
    assert states(store) == {"idle"}


# Access policies


def put_vault(arm: Arm, *, rbac: bool = False, path: str = POLICIES, **properties: Any) -> None:
    required = {"tenantId": TENANT, "sku": {"family": "A", "name": "standard"}, "enableRbacAuthorization": rbac}
    body = {"location": "westeurope", "properties": {**required, "accessPolicies": [], **properties}}
    assert arm.put(path, body).ok


def entry(identity: Identity, *secrets: str, **changes: Any) -> dict[str, Any]:
    return {"tenantId": TENANT, "objectId": identity.principal, "permissions": {"secrets": [*secrets]}, **changes}


def change(arm: Arm, operation: str, *entries: dict[str, Any]) -> None:
    assert arm.put(f"{POLICIES}/accessPolicies/{operation}", {"properties": {"accessPolicies": [*entries]}}).ok


def test_a_policy_lets_nodes_read(arm: Arm, store: Store, identity: Identity) -> None:
    put_vault(arm)
    change(arm, "replace", entry(identity, "Get", "List"))
    put_pool(arm, identity, vault=POLICIES)
    store.clock.advance(200)
    assert states(store) == {"idle"}
    change(arm, "remove", entry(identity, "Get", "List"))
    assert states(store) == {"idle"}
    put_pool(arm, identity, name="later", vault=POLICIES)
    store.clock.advance(1015)
    assert (states(store), states(store, "later")) == ({"idle"}, {"unusable"})
    change(arm, "replace", entry(identity, "get", "list"))
    assert states(store, "later") == {"unusable"}


@pytest.mark.parametrize("changes", [{"permissions": {"keys": ["get", "list"]}}, {"applicationId": OTHER}])
def test_policies_for_something_else(arm: Arm, store: Store, identity: Identity, changes: dict[str, Any]) -> None:
    put_vault(arm)
    change(arm, "replace", entry(identity, "get", "list", **changes))
    put_pool(arm, identity, vault=POLICIES)
    store.clock.advance(1015)
    assert states(store) == {"unusable"}


def test_a_policy_has_no_effect_on_a_vault_that_uses_roles(arm: Arm, store: Store, identity: Identity) -> None:
    put_vault(arm, rbac=True)
    change(arm, "replace", entry(identity, "get", "list"))
    put_pool(arm, identity, vault=POLICIES)
    store.clock.advance(1015)
    assert states(store) == {"unusable"}


def test_what_a_vault_used_when_a_node_asked_is_what_counts(arm: Arm, store: Store, identity: Identity) -> None:
    put_vault(arm, accessPolicies=[entry(identity, "all")])
    put_pool(arm, identity, vault=POLICIES)
    store.clock.advance(200)
    put_vault(arm, rbac=True, accessPolicies=[entry(identity, "all")])
    put_pool(arm, identity, name="later", vault=POLICIES)
    store.clock.advance(1015)
    assert (states(store), states(store, "later")) == ({"idle"}, {"unusable"})
