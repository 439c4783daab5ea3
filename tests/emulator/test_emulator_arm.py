"""Resource groups, identities, vaults, role assignments and Batch accounts."""

from __future__ import annotations

from typing import Any

import pytest

from emulator import Arm, Store
from emulator.arm.batch_accounts import WELL_KNOWN_KEY
from emulator.arm.context import DEPLOYER, TENANT

from .conftest import ACCOUNT, GROUP, POOL, SUBSCRIPTION, VAULT, Identity, assignment, grant, pool_body, role

IDENTITIES = f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities"
VAULTS = f"{GROUP}/providers/Microsoft.KeyVault/vaults"


def vault(**properties: Any) -> dict[str, Any]:
    required = {"tenantId": TENANT, "sku": {"family": "A", "name": "standard"}, "enableRbacAuthorization": True}
    return {"location": "westeurope", "properties": {**required, **properties}}


def test_what_local_azure_does_not_have_is_refused(arm: Arm) -> None:
    answer = arm.put(f"{GROUP}/providers/Microsoft.Compute/virtualMachines/x", {})
    assert (answer.status, answer.code) == (404, "InvalidResourceType")
    assert "Microsoft.Batch/batchAccounts/pools" in str(answer.body)
    assert arm.get(POOL, "1999-01-01").code == "InvalidApiVersionParameter"


@pytest.mark.parametrize("path", [f"{IDENTITIES}/x", f"{VAULTS}/kv-x", ACCOUNT])
def test_the_group_must_exist(arm: Arm, path: str) -> None:
    answer = arm.put(path.replace("rg-batch-staging", "rg-none"), vault())
    assert (answer.status, answer.code) == (404, "ResourceGroupNotFound")
    assert answer.body == {
        "error": {"code": "ResourceGroupNotFound", "message": "Resource group 'rg-none' could not be found."}
    }


def test_the_account_must_exist(arm: Arm) -> None:
    answer = arm.put(POOL.replace("extpoolstaging", "nobody"), pool_body())
    assert (answer.status, answer.code) == (404, "ResourceNotFound")
    assert "'Microsoft.Batch/batchAccounts/nobody' under resource group 'rg-batch-staging'" in str(answer.body)


def test_a_group_is_deleted_with_everything_in_it(arm: Arm, store: Store) -> None:
    arm.put(POOL, pool_body())
    answer = arm.delete(GROUP)
    assert answer.status == 202 and answer.headers["Location"].startswith("https://")
    assert arm.put(GROUP, {"location": "westeurope"}).code == "ResourceGroupBeingDeleted"
    store.clock.advance(60)
    assert arm.get(GROUP).code == "ResourceGroupNotFound"
    assert arm.delete(GROUP).status == 404
    assert not [item for _, item in store.resources() if item.startswith(GROUP)]


def test_a_group_does_not_move(arm: Arm) -> None:
    assert arm.put(GROUP, {"location": "eastus"}).status == 409
    assert arm.put(GROUP, {"location": "West Europe", "tags": {"a": "b"}}).status == 200


def test_an_identity_keeps_its_ids_until_it_is_recreated(arm: Arm, identity: Identity) -> None:
    again = arm.put(identity.id, {"location": "westeurope", "tags": {"a": "b"}})
    assert again.status == 200 and again.body
    assert again.body["properties"]["clientId"] == identity.client
    assert arm.delete(identity.id).status == 200
    assert arm.delete(identity.id).status == 204
    new = arm.put(identity.id, {"location": "westeurope"})
    assert new.body and new.body["properties"]["principalId"] != identity.principal


def test_an_identity_id_may_have_a_lower_case_segment(arm: Arm, store: Store) -> None:
    store.set("identity_id_segment", "resourcegroups")
    answer = arm.put(f"{IDENTITIES}/x", {"location": "westeurope"})
    assert answer.body and "/resourcegroups/" in answer.body["id"]


def test_a_vault_name_is_taken_everywhere_and_after_deletion(arm: Arm, store: Store) -> None:
    assert arm.put(f"{VAULTS}/kv-new", vault()).status == 201
    other = f"{SUBSCRIPTION}/resourceGroups/rg-batch-prod/providers/Microsoft.KeyVault/vaults/kv-new"
    assert (arm.put(other, vault()).status, arm.put(other, vault()).code) == (409, "VaultAlreadyExists")
    arm.delete(f"{VAULTS}/kv-new")
    assert arm.put(f"{VAULTS}/kv-new", vault()).code == "ConflictError"
    assert arm.put(f"{VAULTS}/kv-new", vault(createMode="recover")).status == 201
    assert arm.put(f"{VAULTS}/kv-never", vault(createMode="recover")).code == "SoftDeletedVaultDoesNotExist"
    arm.delete(f"{VAULTS}/kv-new")
    store.clock.advance(91 * 86400)
    assert arm.put(f"{VAULTS}/kv-new", vault()).status == 201


def test_a_vault_answers_with_its_defaults(arm: Arm) -> None:
    answer = arm.put(f"{VAULTS}/kv-new", vault())
    assert answer.body
    properties = answer.body["properties"]
    assert properties["vaultUri"] == "https://kv-new.vault.azure.net/"
    assert properties["enableSoftDelete"] is True and properties["softDeleteRetentionInDays"] == 90


def test_a_vault_with_access_policies_needs_them(arm: Arm) -> None:
    assert arm.put(f"{VAULTS}/kv-new", vault(enableRbacAuthorization=False)).status == 400
    assert arm.put(f"{VAULTS}/kv-new", vault(enableRbacAuthorization=False, accessPolicies=[])).status == 201


def test_role_assignments_are_unique(arm: Arm, identity: Identity) -> None:
    assert grant(arm, identity).status == 201
    assert grant(arm, identity).status == 200
    twice = grant(arm, identity, number=2)
    assert (twice.status, twice.code) == (409, "RoleAssignmentExists")
    assert str(twice.body).count("00000000000000000000000000000001") == 1
    for changed in ({"guid": "21090545-7ca7-4776-b22c-e363652d74d2"}, {"scope": GROUP}):
        answer = grant(arm, identity, **changed)
        assert (answer.status, answer.code) == (400, "RoleAssignmentUpdateNotPermitted")
    assert arm.delete(assignment(VAULT)).status == 200
    assert arm.delete(assignment(VAULT)).status == 204


def test_role_assignment_names_and_scopes(arm: Arm, identity: Identity) -> None:
    properties = {"principalId": identity.principal, "principalType": "ServicePrincipal", "roleDefinitionId": role()}
    bad = f"{VAULT}/providers/Microsoft.Authorization/roleAssignments/not-a-guid"
    assert arm.put(bad, {"properties": properties}).code == "InvalidRoleAssignmentId"
    assert arm.put(assignment(f"{VAULT}/secrets/tls"), {"properties": properties}).status == 201
    assert arm.put(assignment(VAULT + "x", 2), {"properties": properties}).code == "ResourceNotFound"


def test_principal_types(arm: Arm, store: Store, identity: Identity) -> None:
    def put(principal: str, **more: str) -> tuple[int, str]:
        properties = {"principalId": principal, "roleDefinitionId": role(), **more}
        answer = arm.put(assignment(VAULT), {"properties": properties})
        return answer.status, answer.code

    assert put(identity.principal) == (400, "PrincipalNotFound")
    assert put(identity.principal, principalType="User") == (400, "UnmatchedPrincipalType")
    assert put("33333333-3333-3333-3333-333333333333", principalType="User") == (400, "PrincipalNotFound")
    assert put(DEPLOYER, principalType="ServicePrincipal") == (400, "UnmatchedPrincipalType")
    store.clock.advance(61)
    assert put(identity.principal) == (201, "")


def test_role_assignments_go_with_their_scope(arm: Arm, store: Store, identity: Identity) -> None:
    grant(arm, identity)
    arm.delete(VAULT)
    assert not [kind for kind, _ in store.resources() if kind.endswith("roleAssignments")]


def test_batch_accounts(arm: Arm) -> None:
    assert arm.put(f"{ACCOUNT}X", {"location": "westeurope"}).code == "InvalidResourceName"
    other = ACCOUNT.replace("rg-batch-staging", "rg-batch-prod")
    assert arm.put(other, {"location": "westeurope"}).status == 409
    answer = arm.get(ACCOUNT)
    assert answer.body
    assert answer.body["properties"]["accountEndpoint"] == "extpoolstaging.westeurope.batch.azure.com"
    assert arm.post(f"{ACCOUNT}/listKeys").body == {
        "accountName": "extpoolstaging",
        "primary": WELL_KNOWN_KEY,
        "secondary": WELL_KNOWN_KEY,
    }
    arm.put(ACCOUNT, {"location": "westeurope", "properties": {"allowedAuthenticationModes": ["AAD"]}})
    assert not arm.post(f"{ACCOUNT}/listKeys").ok


def test_an_account_is_deleted_with_its_pools(arm: Arm, store: Store) -> None:
    arm.put(POOL, pool_body())
    assert arm.delete(ACCOUNT).status == 202
    store.clock.advance(120)
    assert arm.get(ACCOUNT).status == arm.get(POOL).status == 404


@pytest.mark.parametrize("path", [f"{SUBSCRIPTION}/resourceGroups/rg-x", f"{IDENTITIES}/x", f"{VAULTS}/kv-x", ACCOUNT])
def test_a_location_is_needed(arm: Arm, path: str) -> None:
    assert arm.put(path, {"properties": {}}).code == "LocationRequired"


def test_user_subscription_accounts(arm: Arm) -> None:
    def put(**properties: Any) -> str:
        body = {"location": "westeurope", "properties": {"poolAllocationMode": "UserSubscription", **properties}}
        return arm.put(ACCOUNT, body).code

    assert put() == "MissingRequiredProperty"
    assert put(keyVaultReference={"id": "x", "url": "y"}) == ""
    assert not arm.post(f"{ACCOUNT}/listKeys").ok  # Entra only


def test_vault_names_and_purge_protection(arm: Arm) -> None:
    for name in ("1kv", "kv--x", "kv-x-", "k", "a" * 25):
        assert arm.put(f"{VAULTS}/{name}", vault()).code == "VaultNameNotValid"
    assert arm.put(f"{VAULTS}/kv-x", vault(enablePurgeProtection=True)).ok
    assert arm.put(f"{VAULTS}/kv-x", vault(enablePurgeProtection=False)).status == 400
    assert arm.put(f"{VAULTS}/kv-x", vault(sku=None)).status == 400
