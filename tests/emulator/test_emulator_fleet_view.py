"""What nodes make of the vaults and grants that are there, through the store."""

from __future__ import annotations

from typing import Any

import pytest

from emulator import Arm, Faults, Store
from emulator.arm.context import TENANT
from emulator.batch import key_vault
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


# What vaults say


def said(store: Store, name: str = "p1") -> str:
    row = store.find(POOL.replace("p1", name))
    assert row
    (text,) = {
        item.message for node in FleetView(store, row, "extpoolstaging").listing() for item in node.life.extensions
    }
    return text


def test_the_documented_sentence_is_all_that_is_said_by_default(arm: Arm, store: Store, identity: Identity) -> None:
    put_pool(arm, identity)
    store.clock.advance(200)
    assert said(store) == key_vault.RETRYING


def test_what_the_vault_said_can_be_told(arm: Arm, store: Store, identity: Identity) -> None:
    store.set("key_vault_messages", "in-full")
    put_vault(arm)
    put_pool(arm, identity, name="roles")
    put_pool(arm, identity, name="policies", vault=POLICIES)
    put_pool(arm, identity, name="nowhere", vault="/vaults/kv-nowhere")
    store.clock.advance(200)
    assert said(store, "roles") == f"{key_vault.RETRYING} {key_vault.FORBIDDEN_BY_ROLE}"
    assert f"'oid={identity.principal}' does not have secrets get permission on key vault 'kv-policies'" in said(
        store, "policies"
    )
    assert said(store, "nowhere").endswith("Could not resolve host: kv-nowhere.vault.azure.net")


@pytest.mark.parametrize(
    "closed",
    [{"networkAcls": {"defaultAction": "Deny"}}, {"publicNetworkAccess": "disabled"}],
    ids=["deny", "disabled"],
)
def test_a_firewall_keeps_nodes_out(arm: Arm, store: Store, identity: Identity, closed: dict[str, Any]) -> None:
    store.set("key_vault_messages", "in-full")
    put_vault(arm, accessPolicies=[entry(identity, "get", "list")], **closed)
    put_pool(arm, identity, vault=POLICIES)
    store.clock.advance(200)
    assert said(store) == f"{key_vault.RETRYING} {key_vault.FORBIDDEN_BY_FIREWALL}"
    put_vault(arm, accessPolicies=[entry(identity, "get", "list")])
    store.clock.advance(200)
    assert states(store) == {"idle"}


@pytest.mark.parametrize(("subnet", "state"), [("/SUBNETS/nodes", "idle"), ("/subnets/other", "starting")])
def test_a_firewall_lets_its_subnets_in(arm: Arm, store: Store, identity: Identity, subnet: str, state: str) -> None:
    acls = {"defaultAction": "Deny", "virtualNetworkRules": [{"id": "/subnets/nodes"}]}
    put_vault(arm, accessPolicies=[entry(identity, "get", "list")], networkAcls=acls)
    extension = key_vault_extension(identity.client)
    host = "https://kv-policies.vault.azure.net/secrets/tls"
    extension["settings"]["secretsManagementSettings"]["observedCertificates"] = [{"url": host}]
    network = {"subnetId": subnet}
    assert arm.put(POOL, pool_body(extension, identities=(identity.id,), networkConfiguration=network)).ok
    store.clock.advance(200)
    assert states(store) == {state}


def test_a_secret_that_is_missing(arm: Arm, store: Store, identity: Identity) -> None:
    store.set("key_vault_messages", "in-full")
    grant(arm, identity)
    seq = Faults(store).secret_missing("KV-extpool-staging", "TLS")
    put_pool(arm, identity)
    store.clock.advance(200)
    assert said(store).endswith("A secret with (name/id) tls was not found in this key vault.")
    Faults(store).lift(seq)
    assert states(store) == {"idle"}
