"""azure-native:keyvault:AccessPolicy as the engine meets it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from emulator import Arm, Store
from emulator.arm.context import DEPLOYER, TENANT
from emulator.provider import access_policies
from emulator.provider.wire import UNKNOWN

from .conftest import GROUP, SUBSCRIPTION, Engine, Refused, vault_inputs

TOKEN = "keyvault:AccessPolicy"
VAULT = f"{GROUP}/providers/Microsoft.KeyVault/vaults/kv-policies"
ID = f"{VAULT}/accessPolicy/{DEPLOYER}"
OTHER = "33333333-3333-3333-3333-333333333333"


def inputs_of(principal: str = DEPLOYER, *secrets: str, **policy: Any) -> dict[str, Any]:
    permissions = {"secrets": [*(secrets or ("get", "list"))]}
    return {
        "resourceGroupName": "rg-batch-staging",
        "vaultName": "kv-policies",
        "policy": {"tenantId": TENANT, "objectId": principal, "permissions": permissions, **policy},
    }


def entries(arm: Arm) -> dict[str, Any]:
    body = arm.get(VAULT).body or {}
    return {item["objectId"]: item["permissions"] for item in body["properties"]["accessPolicies"]}


@pytest.fixture
def vault(engine: Engine) -> tuple[dict[str, Any], dict[str, Any]]:
    """(inputs, state) of a vault without inline policies."""
    _, inputs, state = engine.create("keyvault:Vault", "kv", {**vault_inputs(), "vaultName": "kv-policies"})
    return inputs, state


@pytest.fixture
def made(engine: Engine, vault: Any) -> dict[str, Any]:
    resource_id, inputs, outputs = engine.create(TOKEN, "policy", inputs_of())
    assert resource_id == ID
    assert inputs == inputs_of()  # no name, no azureApiVersion
    assert outputs == inputs_of()
    found: dict[str, Any] = outputs
    return found


def test_a_policy_is_looked_for_then_written_then_read(engine: Engine, store: Store, vault: Any) -> None:
    since = store.operations()[-1].seq
    engine.create(TOKEN, "policy", inputs_of())
    assert [(item.method, item.path.removeprefix(VAULT)) for item in store.operations(since)] == [
        ("GET", ""),
        ("GET", ""),
        ("PUT", "/accessPolicies/replace"),
        ("GET", ""),
    ]


def test_other_entries_stay(engine: Engine, arm: Arm, made: Any) -> None:
    other_id, other, _ = engine.create(TOKEN, "other", inputs_of(OTHER, "set"))
    engine.update(TOKEN, inputs_of(DEPLOYER, "get"), made)
    assert entries(arm) == {DEPLOYER: {"secrets": ["get"]}, OTHER: {"secrets": ["set"]}}
    engine.delete(TOKEN, other_id, other)
    assert entries(arm) == {DEPLOYER: {"secrets": ["get"]}}


def test_an_entry_of_someone_else_is_never_taken_over(engine: Engine, made: Any) -> None:
    with pytest.raises(Refused, match=f'^cannot create already existing resource "{ID}"$'):
        engine.create(TOKEN, "again", inputs_of())


def test_an_entry_that_came_meanwhile(engine: Engine, vault: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    answers: Iterator[Any] = iter([None, {}])
    monkeypatch.setattr(access_policies, "read", lambda *_: next(answers))
    with pytest.raises(Refused, match=f"^access policy for {DEPLOYER} already exists$"):
        engine.create(TOKEN, "policy", inputs_of())
    answers = iter([None, None, None])
    with pytest.raises(Refused, match=r"^newly written access policy not found$"):
        engine.create(TOKEN, "policy", inputs_of())


def test_an_update_of_what_is_gone(engine: Engine, made: Any) -> None:
    engine.delete(TOKEN, ID, inputs_of())
    with pytest.raises(Refused, match=f"^access policy for {DEPLOYER} does not exist$"):
        engine.update(TOKEN, inputs_of(DEPLOYER, "get"), made)
    assert engine.read(TOKEN, ID, inputs_of(), made)[0] == ""
    engine.delete(TOKEN, ID, inputs_of())  # nobody notices


def test_a_deletion_leaves_what_others_granted(engine: Engine, arm: Arm, made: Any) -> None:
    granted = {"tenantId": TENANT, "objectId": DEPLOYER, "permissions": {"secrets": ["set"]}}
    arm.put(f"{VAULT}/accessPolicies/add", {"properties": {"accessPolicies": [granted]}})
    engine.delete(TOKEN, ID, inputs_of())
    assert entries(arm) == {DEPLOYER: {"secrets": ["set"]}}


def test_drift_comes_into_the_inputs(engine: Engine, arm: Arm, made: Any) -> None:
    assert engine.read(TOKEN, ID, inputs_of(), made) == (ID, inputs_of(), made)
    granted = {"tenantId": TENANT, "objectId": DEPLOYER, "permissions": {"secrets": ["get"], "keys": ["get"]}}
    arm.put(f"{VAULT}/accessPolicies/replace", {"properties": {"accessPolicies": [granted]}})
    _, inputs, outputs = engine.read(TOKEN, ID, inputs_of(), made)
    assert inputs["policy"] == outputs["policy"] == granted


def test_ids(engine: Engine, made: Any) -> None:
    assert engine.read(TOKEN, f"{VAULT}/accessPolicy", inputs_of(), made)[2] == made
    assert engine.read(TOKEN, f"{VAULT}/accessPolicy/{OTHER}", inputs_of(), made)[0] == ""
    for wrong in (VAULT, ID.replace("kv-policies", ""), ID.replace("/vaults/", "/vault/")):
        with pytest.raises(Refused, match="unable to parse key vault access policy id in the form"):
            engine.read(TOKEN, wrong, inputs_of(), made)


def test_an_import_brings_an_input_that_no_program_has(engine: Engine, made: Any) -> None:
    """pulumi-azure-native#3586."""
    _, inputs, outputs = engine.read(TOKEN, ID)
    assert inputs == {**inputs_of(), "policy.objectId": DEPLOYER}
    assert engine.check(TOKEN, "policy", inputs) == (inputs, [])
    kinds, answer = engine.diff(TOKEN, inputs, inputs_of(), outputs)
    assert kinds == {"policy.objectId": "DELETE_REPLACE"} and answer.deleteBeforeReplace


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"resourceGroupName": "rg-batch-prod"}, "resourceGroupName"),
        ({"vaultName": "kv-other"}, "vaultName"),
        ({"policy": inputs_of(OTHER)["policy"]}, "policy.objectId"),
    ],
)
def test_what_replaces(engine: Engine, changes: dict[str, Any], path: str) -> None:
    kinds, answer = engine.diff(TOKEN, inputs_of(), {**inputs_of(), **changes})
    assert kinds == {path: "UPDATE_REPLACE"}
    assert list(answer.replaces) == [path] and answer.deleteBeforeReplace


def test_what_updates(engine: Engine) -> None:
    kinds, answer = engine.diff(TOKEN, inputs_of(), inputs_of(DEPLOYER, "get", "set"))
    assert kinds == {"policy.permissions.secrets[1]": "UPDATE"}
    assert list(answer.diffs) == ["policy"] and not answer.replaces
    unknown = engine.diff(TOKEN, inputs_of(), {**inputs_of(), "policy": UNKNOWN})
    assert unknown[0] == {"policy": "UPDATE"}


def test_previews_have_no_outputs(engine: Engine, made: Any) -> None:
    assert engine.create(TOKEN, "policy", inputs_of(OTHER), preview=True)[2] == {}
    assert engine.update(TOKEN, inputs_of(DEPLOYER, "get"), made, preview=True) == {}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"policy": {"objectId": "x"}}, "missing required property 'policy.permissions'"),
        ({"policy": "x"}, "'policy' should be of type 'object' but got a string"),
        ({"vaultNam": "x"}, "'vaultNam' is not a property of AccessPolicy"),
    ],
)
def test_inputs_that_are_refused(engine: Engine, changes: dict[str, Any], reason: str) -> None:
    assert any(found.startswith(reason) for found in engine.check(TOKEN, "policy", {**inputs_of(), **changes})[1])


def test_nothing_gets_a_name(engine: Engine) -> None:
    inputs, reasons = engine.check(TOKEN, "policy", {})
    assert inputs == {}
    assert sorted(reasons) == [f"missing required property '{name}'" for name in sorted(inputs_of())]


def test_a_vault_that_is_not_there(engine: Engine, made: Any) -> None:
    elsewhere = {**inputs_of(), "vaultName": "kv-none"}
    with pytest.raises(Refused, match=r"(?s)^PUT https://management.azure.com/.*\nERROR CODE: ResourceNotFound\n"):
        engine.create(TOKEN, "policy", elsewhere)
    with pytest.raises(Refused, match="RESPONSE 404: 404 Not Found"):
        engine.delete(TOKEN, ID, elsewhere)
    with pytest.raises(Refused, match="sent no inputs"):
        engine.delete(TOKEN, ID)


def test_a_vault_in_another_subscription_is_not_found(engine: Engine, arm: Arm) -> None:
    """The inputs name no subscription: the provider's own is meant."""
    path = VAULT.replace(SUBSCRIPTION, f"/subscriptions/{OTHER}")
    assert arm.put(path.split("/providers/")[0], {"location": "westeurope"}).ok
    properties = {"tenantId": TENANT, "sku": {"family": "A", "name": "standard"}, "accessPolicies": []}
    assert arm.put(path, {"location": "westeurope", "properties": properties}).status == 201
    with pytest.raises(Refused, match="ERROR CODE: ResourceNotFound"):
        engine.create(TOKEN, "policy", inputs_of())


def test_an_update_of_the_vault_keeps_them(engine: Engine, arm: Arm, vault: Any, made: Any) -> None:
    inputs, state = vault
    outputs = engine.update("keyvault:Vault", {**inputs, "tags": {"a": "b"}}, state)
    assert entries(arm) == {DEPLOYER: {"secrets": ["get", "list"]}}
    _, read, _ = engine.read("keyvault:Vault", VAULT, {**inputs, "tags": {"a": "b"}}, outputs)
    assert "accessPolicies" not in read["properties"]


def test_a_vault_that_says_its_policies_takes_the_others_away(engine: Engine, arm: Arm, vault: Any, made: Any) -> None:
    inputs, state = vault
    inline = {"tenantId": TENANT, "objectId": OTHER, "permissions": {"secrets": ["get"]}}
    engine.update(
        "keyvault:Vault", {**inputs, "properties": {**inputs["properties"], "accessPolicies": [inline]}}, state
    )
    assert list(entries(arm)) == [OTHER]


def test_a_vault_that_uses_roles_takes_them_too(engine: Engine, arm: Arm) -> None:
    inputs = {**vault_inputs(enableRbacAuthorization=True), "vaultName": "kv-policies"}
    engine.create("keyvault:Vault", "kv", inputs)
    engine.create(TOKEN, "policy", inputs_of())
    assert list(entries(arm)) == [DEPLOYER]
