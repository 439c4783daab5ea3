"""What a stack file names as there already, and local Azure has it then."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from emulator import Store
from emulator.arm.context import SUBSCRIPTION
from engine.surroundings import parse_surroundings, put_surroundings

OTHER = "/subscriptions/12345678-aaaa-bbbb-cccc-123456789012/resourceGroups/rg-other/providers"
IDENTITY = f"{OTHER}/Microsoft.ManagedIdentity/userAssignedIdentities/nodes"
VAULT = f"{OTHER}/Microsoft.KeyVault/vaults/kv-other"


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setenv("LOCAL_AZURE_EXISTING", "")
    return Store.open(tmp_path)


def file(**words: Any) -> str:
    config = {key if ":" in key else f"extension-pool:{key}": value for key, value in words.items()}
    return yaml.safe_dump({"config": config})


def there(store: Store, text: str) -> set[str]:
    assert put_surroundings(store.folder, parse_surroundings(text)) == []
    return {path.split("/", 3)[3] for _, path in store.resources()}


def test_group_account_and_vault_of_the_stack_are_there_unless_it_makes_them(store):
    text = file(
        resourceGroup={"name": "rg-batch"},
        batchAccount={"name": "account"},
        keyVault={"name": "kv-main", "resourceGroup": "rg-platform"},
    )
    assert there(store, text) == {
        "resourceGroups/rg-batch",
        "resourceGroups/rg-platform",
        "resourceGroups/rg-batch/providers/Microsoft.Batch/batchAccounts/account",
        "resourceGroups/rg-platform/providers/Microsoft.KeyVault/vaults/kv-main",
    }


def test_what_the_stack_makes_is_not_there(store):
    text = file(
        resourceGroup={"name": "rg", "create": True},
        batchAccount={"name": "account", "create": True},
        keyVault={"name": "kv-main", "resourceGroup": "rg-platform", "create": True},
        pools={"a": {"keyVaultAccess": [{"vaultId": VAULT.replace("kv-other", "kv-main")}]}},
    )
    assert there(store, text) == {"resourceGroups/rg-platform"}


def test_identities_and_vaults_are_found_by_their_ids_wherever_they_stand(store):
    text = file(
        pools={"a": {"identity": {"existing": [{"id": IDENTITY}]}, "metadata": [{"value": f"{VAULT}/secrets/x"}]}}
    )
    assert there(store, text) == {
        "resourceGroups/rg-other",
        IDENTITY.split("/", 3)[3],
        VAULT.split("/", 3)[3],
    }


def test_the_subscription_of_the_ids_is_the_provider_s_and_that_of_the_names(store):
    text = file(resourceGroup={"name": "rg"}, pools={"a": {"id": IDENTITY}})
    found = parse_surroundings(text)
    assert found.subscription == OTHER.split("/")[2]
    assert f"/subscriptions/{found.subscription}/resourceGroups/rg" in found.resources


@pytest.mark.parametrize(
    ("more", "home"), [({}, SUBSCRIPTION), ({"azure-native:subscriptionId": "of-the-file"}, "of-the-file")]
)
def test_a_file_that_says_its_subscription_or_names_none_is_left_alone(more, home):
    found = parse_surroundings(file(resourceGroup={"name": "rg"}, **more))
    assert found.subscription is None
    assert list(found.resources) == [f"/subscriptions/{home}/resourceGroups/rg"]


@pytest.mark.parametrize(("mode", "roles"), [("access-policy", False), ("rbac", True), (None, True)])
def test_a_vault_decides_as_the_grant_says(mode, roles):
    access = {"vaultId": VAULT, **({"mode": mode} if mode else {})}
    found = parse_surroundings(file(pools={"a": {"keyVaultAccess": [access]}}))
    assert found.resources[VAULT]["properties"]["enableRbacAuthorization"] is roles


def test_extensions_that_support_allowed_are_allowed(store):
    extension = {"publisher": "Contoso", "type": "Agent", "allowUnlisted": True}
    text = file(pools={"a": {"extensions": [extension, {"publisher": "Contoso", "type": "Other"}]}})
    put_surroundings(store.folder, parse_surroundings(text))
    assert store.get("also_allowed_extensions") == "Contoso/Agent"


def test_what_is_there_stays_as_it_is_and_what_cannot_be_is_told(store):
    first = file(resourceGroup={"name": "rg"}, keyVault={"name": "kv-main"}, **{"azure-native:location": "westeurope"})
    put_surroundings(store.folder, parse_surroundings(first))
    moved = file(
        resourceGroup={"name": "rg"},
        keyVault={"name": "kv-main", "resourceGroup": "rg-elsewhere"},
        **{"azure-native:location": "northeurope"},
    )
    (line,) = put_surroundings(store.folder, parse_surroundings(moved))
    assert "rg-elsewhere/providers/Microsoft.KeyVault/vaults/kv-main, which the stack file names" in line


@pytest.mark.parametrize(
    "text", ["", "- a\n", "config: [\n", "config: 3\n", "config: {a: null, extension-pool:keyVault: x}\n"]
)
def test_what_is_no_stack_file_names_nothing(text):
    assert parse_surroundings(text).resources == {}
