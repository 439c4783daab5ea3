"""Storage accounts, file shares, and secrets that ARM writes into vaults."""

from __future__ import annotations

from typing import Any

import pytest

from emulator import Arm, Store

from .conftest import GROUP, VAULT, Engine, Refused

STORAGE = f"{GROUP}/providers/Microsoft.Storage/storageAccounts/scratch"
SECRET = f"{VAULT}/secrets/tls"
BODY = {"location": "westeurope", "kind": "StorageV2", "sku": {"name": "Standard_LRS"}}


def account_inputs(**changes: Any) -> dict[str, Any]:
    return {"resourceGroupName": "rg-batch-staging", "accountName": "scratch", **BODY, **changes}


def secret_inputs(value: str | None = "hush", **changes: Any) -> dict[str, Any]:
    properties = {"value": value, "contentType": "application/x-pkcs12"}
    return {
        "resourceGroupName": "rg-platform-staging",
        "vaultName": "kv-extpool-staging",
        "secretName": "tls",
        "properties": {key: one for key, one in properties.items() if one is not None},
        **changes,
    }


def test_an_account_has_endpoints_and_keys(engine: Engine) -> None:
    resource_id, inputs, outputs = engine.create("storage:StorageAccount", "scratch", account_inputs())
    assert resource_id == STORAGE
    assert outputs["primaryEndpoints"]["file"] == "https://scratch.file.core.windows.net/"
    assert outputs["sku"] == {"name": "Standard_LRS", "tier": "Standard"}
    place = {"resourceGroupName": "rg-batch-staging", "accountName": "scratch"}
    keys = engine.invoke("storage:listStorageAccountKeys", place)["keys"]
    assert [key["keyName"] for key in keys] == ["key1", "key2"] and keys[0]["value"] != keys[1]["value"]
    assert engine.invoke("storage:getStorageAccount", place)["id"] == STORAGE
    assert engine.read("storage:StorageAccount", resource_id, inputs, outputs)[1] == inputs


def test_keys_of_an_account_that_is_not_there(engine: Engine) -> None:
    place = {"resourceGroupName": "rg-batch-staging", "accountName": "nobody"}
    with pytest.raises(Refused, match="ResourceNotFound"):
        engine.invoke("storage:listStorageAccountKeys", place)


@pytest.mark.parametrize("name", ["ab", "Upper", "with-hyphen", "a" * 25])
def test_names_of_accounts(arm: Arm, name: str) -> None:
    answer = arm.put(STORAGE.replace("scratch", name), BODY)
    assert (answer.status, answer.code) == (400, "AccountNameInvalid")


def test_a_name_is_taken_in_all_of_azure(arm: Arm) -> None:
    assert arm.put(STORAGE, BODY).status == arm.put(STORAGE, BODY).status == 200
    elsewhere = STORAGE.replace("rg-batch-staging", "rg-batch-prod")
    assert arm.put(elsewhere, BODY).code == "StorageAccountAlreadyTaken"


def test_a_share_lives_in_its_account(engine: Engine, arm: Arm) -> None:
    share = {"resourceGroupName": "rg-batch-staging", "accountName": "scratch", "shareName": "results"}
    with pytest.raises(Refused, match="ResourceNotFound"):
        engine.create("storage:FileShare", "results", share)
    engine.create("storage:StorageAccount", "scratch", account_inputs())
    resource_id, _, outputs = engine.create("storage:FileShare", "results", {**share, "shareQuota": 100})
    assert resource_id == f"{STORAGE}/fileServices/default/shares/results"
    assert (outputs["name"], outputs["shareQuota"], outputs["enabledProtocols"]) == ("results", 100, "SMB")
    arm.delete(STORAGE)
    assert arm.get(resource_id).status == 404


@pytest.mark.parametrize("name", ["ab", "Upper", "two--hyphens", "-first"])
def test_names_of_shares(arm: Arm, name: str) -> None:
    arm.put(STORAGE, BODY)
    assert arm.put(f"{STORAGE}/fileServices/default/shares/{name}", {}).code == "InvalidResourceName"


def test_a_secret_of_a_vault_is_never_kept_logged_or_given_back(engine: Engine, store: Store) -> None:
    resource_id, inputs, outputs = engine.create("keyvault:Secret", "tls", secret_inputs("very-hush-value"))
    assert resource_id == SECRET
    assert outputs["properties"]["secretUri"] == "https://kv-extpool-staging.vault.azure.net/secrets/tls"
    assert "value" not in outputs["properties"]
    assert engine.read("keyvault:Secret", resource_id, inputs, outputs)[1] == inputs
    kept = "\n".join(one.read_bytes().decode("latin-1") for one in store.file.parent.iterdir() if one.is_file())
    assert "very-hush-value" not in kept and "sha256:" in kept


def test_another_value_is_another_version(engine: Engine) -> None:
    _, inputs, state = engine.create("keyvault:Secret", "tls", secret_inputs())
    first = state["properties"]["secretUriWithVersion"]
    assert engine.update("keyvault:Secret", inputs, state)["properties"]["secretUriWithVersion"] == first
    other = engine.update("keyvault:Secret", secret_inputs("new"), state)["properties"]
    assert other["secretUriWithVersion"] != first and other["secretUri"] == state["properties"]["secretUri"]


def test_a_secret_needs_its_vault_and_a_value(engine: Engine, arm: Arm) -> None:
    with pytest.raises(Refused, match="'value' is required"):
        engine.create("keyvault:Secret", "tls", secret_inputs(None))
    assert arm.put(SECRET.replace("kv-extpool-staging", "kv-none"), {}).code == "ResourceNotFound"
    assert arm.put(f"{VAULT}/secrets/under_score", {"properties": {"value": "x"}}).status == 400
