"""Access policies in ARM: entries of a vault."""

from __future__ import annotations

import copy
from typing import Any

import pulumi_azure_native.keyvault as sdk
import pytest

from emulator import Arm, Store
from emulator.arm.access_policies import PERMISSIONS
from emulator.arm.context import DEPLOYER, TENANT

from .conftest import GROUP, Identity

VAULT = f"{GROUP}/providers/Microsoft.KeyVault/vaults/kv-policies"
OTHER = "33333333-3333-3333-3333-333333333333"


def entry(principal: str = DEPLOYER, *secrets: str, **changes: Any) -> dict[str, Any]:
    return {"tenantId": TENANT, "objectId": principal, "permissions": {"secrets": [*secrets]}, **changes}


def put_vault(arm: Arm, *, rbac: bool = False, **properties: Any) -> Any:
    required = {"tenantId": TENANT, "sku": {"family": "A", "name": "standard"}, "enableRbacAuthorization": rbac}
    body = {"location": "westeurope", "properties": {**required, "accessPolicies": [], **properties}}
    return arm.put(VAULT, body)


def change(arm: Arm, operation: str, *entries: dict[str, Any]) -> Any:
    return arm.put(f"{VAULT}/accessPolicies/{operation}", {"properties": {"accessPolicies": [*entries]}}, "2023-02-01")


def secrets(arm: Arm) -> dict[str, list[str]]:
    body = arm.get(VAULT).body or {}
    return {item["objectId"]: item["permissions"]["secrets"] for item in body["properties"]["accessPolicies"]}


@pytest.fixture
def vault(arm: Arm) -> str:
    assert put_vault(arm).status == 201
    return VAULT


def test_entries_are_changed_one_by_one(arm: Arm, vault: str) -> None:
    assert change(arm, "add", entry(OTHER, "set")).status == 200
    answer = change(arm, "replace", entry(DEPLOYER, "get"))
    assert answer.status == 200
    assert answer.body == {
        "id": f"{vault}/accessPolicies/",
        "type": "Microsoft.KeyVault/vaults/accessPolicies",
        "properties": {"accessPolicies": [entry(DEPLOYER, "get")]},
    }
    change(arm, "add", entry(DEPLOYER.upper(), "list", "get"))
    assert secrets(arm) == {OTHER: ["set"], DEPLOYER: ["get", "list"]}
    change(arm, "replace", entry(DEPLOYER, "list"))
    assert secrets(arm) == {OTHER: ["set"], DEPLOYER: ["list"]}
    change(arm, "remove", entry(DEPLOYER, "list"))
    assert secrets(arm) == {OTHER: ["set"]}


def test_removal_is_of_permissions_with_their_case_and_says_nothing(arm: Arm, vault: str) -> None:
    change(arm, "add", entry(DEPLOYER, "get", "list", "set"))
    assert change(arm, "remove", entry(DEPLOYER, "Get", "LIST")).status == 200
    assert change(arm, "remove", entry(OTHER, "get")).status == 200
    assert secrets(arm) == {DEPLOYER: ["get", "list", "set"]}
    change(arm, "remove", entry(DEPLOYER, "get", "list"))
    assert secrets(arm) == {DEPLOYER: ["set"]}


def test_an_application_has_an_entry_of_its_own(arm: Arm, vault: str) -> None:
    change(arm, "replace", entry(DEPLOYER, "get", applicationId=""))
    change(arm, "replace", entry(DEPLOYER, "set", applicationId=OTHER))
    body = arm.get(vault).body or {}
    assert body["properties"]["accessPolicies"] == [
        entry(DEPLOYER, "get"),
        entry(DEPLOYER, "set", applicationId=OTHER),
    ]


@pytest.mark.parametrize(
    "wrong",
    [
        None,
        {},
        [entry(tenantId=OTHER)],
        [entry(permissions=None)],
        [entry(permissions={"secret": ["get"]})],
        [entry(DEPLOYER, " list")],
        [entry(f"{GROUP[:-20]}{number:020}") for number in range(17)],
    ],
)
def test_what_the_service_does_not_take(arm: Arm, vault: str, wrong: Any) -> None:
    answer = arm.put(f"{vault}/accessPolicies/add", {"properties": {"accessPolicies": wrong}})
    assert (answer.status, answer.code) == (400, "BadRequest")
    assert "An invalid value was provided for 'accessPolicies'." in str(answer.body)


def test_sixteen_at_once_and_1024_in_all(arm: Arm, vault: str) -> None:
    many = [entry(f"00000000-0000-0000-0000-{number:012}", "get") for number in range(1025)]
    assert change(arm, "add", *many[:16]).status == 200
    assert change(arm, "add", *many[:17]).status == 400
    assert put_vault(arm, accessPolicies=many).status == 400
    assert put_vault(arm, accessPolicies=many[:1024]).status == 200
    assert change(arm, "add", many[1024]).status == 400


def test_a_client_id_is_no_object_id(arm: Arm, vault: str, identity: Identity) -> None:
    for principal in (identity.client, identity.id):
        answer = change(arm, "add", entry(principal, "get"))
        assert f"Invalid value found at accessPolicies[0].ObjectId: {principal}" in str(answer.body)
    assert change(arm, "add", entry(identity.principal, "get")).ok


def test_paths(arm: Arm, store: Store, vault: str) -> None:
    assert change(arm, "merge", entry()).code == "BadRequest"
    path = f"{vault}/accessPolicies/add"
    assert [arm.get(path).status, arm.delete(path).status] == [405, 405]
    assert arm.put(path.replace("kv-policies", "kv-none"), {}).code == "ResourceNotFound"
    assert arm.put(path.replace("rg-batch-staging", "rg-none"), {}).code == "ResourceGroupNotFound"
    since = store.operations()[-1].seq
    change(arm, "replace", entry(DEPLOYER, "get"))
    (logged,) = store.operations(since)
    assert (logged.method, logged.path, logged.status) == ("PUT", f"{vault}/accessPolicies/replace", 200)
    assert logged.body["properties"]["accessPolicies"][0]["permissions"] == {"secrets": ["get"]}


def test_permissions_are_those_of_the_sdk() -> None:
    enumerations: dict[str, Any] = {
        "keys": sdk.KeyPermissions,
        "secrets": sdk.SecretPermissions,
        "certificates": sdk.CertificatePermissions,
        "storage": sdk.StoragePermissions,
    }
    assert set(enumerations) == set(PERMISSIONS)
    for kind, values in enumerations.items():
        assert {item.value.lower() for item in values} == PERMISSIONS[kind]


def test_an_entry_left_in_an_existing_vault_is_seen(arm: Arm, store: Store) -> None:
    path = VAULT.replace("rg-batch-staging", "rg-platform-staging").replace("kv-policies", "kv-extpool-staging")
    body = {"properties": {"accessPolicies": [entry(DEPLOYER, "get")]}}
    assert store.is_pristine()
    arm.put(f"{path}/accessPolicies/add", copy.deepcopy(body))
    assert not store.is_pristine()
    arm.put(f"{path}/accessPolicies/remove", body)
    assert store.is_pristine()
