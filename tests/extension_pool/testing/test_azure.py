"""The mocks answer as Azure does, the same in every run, and what they do not know they give back."""

from __future__ import annotations

import contextvars
import importlib
from typing import Any

import pulumi
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi import _types
from pulumi_azure_native import authorization, batch, keyvault, managedidentity, network, resources, storage

from extension_pool import ExtensionPool
from extension_pool.testing import UNKNOWN, Azure, client_id, principal_id, run_program
from extension_pool.testing.arm_types import ARM_TYPES, find_lookup, find_type
from extension_pool.testing.azure import SUBSCRIPTION
from tests.extension_pool.test_pool import VAULT, arguments
from tests.extension_pool.testing.programs import render, surroundings

GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg"


def test_ids_are_those_of_arm_and_the_same_in_every_run() -> None:
    first, second = run_program(surroundings).exports, run_program(surroundings).exports
    assert first == second
    assert first["account"].startswith(f"{first['group']}/providers/Microsoft.Batch/batchAccounts/account")
    name = first["account"].rsplit("/", 1)[1]
    assert first["endpoint"] == f"{name}.westeurope.batch.azure.com"


def test_each_identity_has_ids_of_its_own_and_a_lookup_agrees() -> None:
    found = run_program(surroundings).exports
    assert found["one"] == found["found"] != found["other"]
    identity = f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/x"
    assert client_id(identity) == client_id(identity.upper()) != principal_id(identity)


def test_identities_of_a_pool_come_back_as_a_map_with_their_ids() -> None:
    stack = run_program(render)
    identity = stack.identity("render")
    assert stack.pool("render").outputs["identity"]["userAssignedIdentities"] == {
        identity.id: {"clientId": identity.client_id, "principalId": identity.principal_id}
    }


def test_vaults_decide_as_they_are_told_to() -> None:
    def program() -> dict[str, Any]:
        for name in ("kv1", "kv2"):
            ExtensionPool(name, arguments(key_vault_access=[{"vault_id": VAULT.replace("kv1", name)}]))
        return {}

    def roles(azure: Azure) -> list[str]:
        return [grant.role for grant in run_program(program, azure=azure).grants]

    assert roles(Azure()) == ["Key Vault Secrets User"] * 2
    assert roles(Azure(vault_mode="access-policy")) == ["access policy"] * 2
    assert roles(Azure(vaults={"kv2": "access-policy"})) == ["Key Vault Secrets User", "access policy"]
    with pytest.raises(ValueError, match="vault_mode: must be one of the modes, got 'roles'; allowed rbac"):
        Azure(vault_mode="roles")


def test_a_vault_of_the_program_is_looked_up_as_it_was_made() -> None:
    def program() -> dict[str, Any]:
        made = keyvault.Vault(
            "v",
            vault_name="mine",
            resource_group_name="rg",
            properties={
                "tenant_id": "t",
                "sku": {"family": "A", "name": "standard"},
                "enable_rbac_authorization": False,
            },
        )
        found = keyvault.get_vault_output(resource_group_name="rg", vault_name=made.name)
        return {"rbac": found.properties.enable_rbac_authorization, "id": found.id, "uri": found.properties.vault_uri}

    assert run_program(program).exports == {
        "rbac": False,
        "id": f"{GROUP}/providers/Microsoft.KeyVault/vaults/mine",
        "uri": "https://mine.vault.azure.net/",
    }


def test_what_surrounds_a_pool_answers_as_azure_does() -> None:
    def program() -> dict[str, Any]:
        vnet = network.VirtualNetwork(
            "vnet", resource_group_name="rg", virtual_network_name="net", subnets=[{"name": "inline"}]
        )
        subnet = network.Subnet("nodes", resource_group_name="rg", virtual_network_name=vnet.name)
        account = storage.StorageAccount(
            "store", account_name="store1", resource_group_name="rg", kind="StorageV2", sku={"name": "Standard_LRS"}
        )
        keys = storage.list_storage_account_keys_output(account_name=account.name, resource_group_name="rg")
        config = authorization.get_client_config_output()
        definition = authorization.get_role_definition_output(
            role_definition_id="4633458b-17de-408a-b874-0445c86b69e6", scope=GROUP
        )
        there = managedidentity.UserAssignedIdentity.get(
            "there", f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/old"
        )
        return {
            "subnet": subnet.id,
            "inline": vnet.subnets.apply(lambda subnets: subnets[0].id),
            "blob": account.primary_endpoints.blob,
            "key": keys.keys[0].value,
            "subscription": config.subscription_id,
            "role": definition.role_name,
            "there": there.client_id,
        }

    stack = run_program(program)
    assert stack.exports == {
        "subnet": f"{GROUP}/providers/Microsoft.Network/virtualNetworks/net/subnets/nodes",
        "inline": f"{GROUP}/providers/Microsoft.Network/virtualNetworks/net/subnets/inline",
        "blob": "https://store1.blob.core.windows.net/",
        "key": "key1-of-storage",
        "subscription": SUBSCRIPTION,
        "role": "Key Vault Secrets User",
        "there": client_id(f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/old"),
    }
    assert stack.identity("there").is_read and stack.identity("there").name == "old"


def test_an_unknown_type_gives_back_its_inputs_and_an_id() -> None:
    class Widget(pulumi.CustomResource):
        color: pulumi.Output[str]

        def __init__(self, name: str) -> None:
            super().__init__("acme:index:Widget", name, {"color": "red", "secret": pulumi.Output.secret("s")})

    def program() -> dict[str, Any]:
        made = Widget("w")
        return {"id": made.id, "color": made.color, "asked": pulumi.runtime.invoke("acme:index:ask", {"a": 1}).value}

    assert run_program(program).exports == {"id": "w-id", "color": "red", "asked": {"a": 1}}


def test_answers_of_ones_own_are_added_and_can_refuse() -> None:
    def refuse(arguments: Any) -> dict[str, Any]:
        raise RuntimeError(f"no account {arguments['accountName']}")

    azure = Azure(
        functions={"azure-native:batch:getBatchAccount": refuse},
        states={"hpc": {"managedBy": "us"}, "azure-native:batch:Pool": lambda given: {"name": given["poolName"] * 2}},
    )

    def program() -> dict[str, Any]:
        return {"by": resources.ResourceGroup("hpc").managed_by, "pool": render().pool_name}

    assert run_program(program, azure=azure).exports == {"by": "us", "pool": "renderrender"}
    with pytest.raises(RuntimeError, match="no account a"):
        run_program(lambda: batch.get_batch_account(account_name="a", resource_group_name="rg"), azure=azure)


def test_a_pool_is_not_there_before_it_is_made() -> None:
    def program() -> dict[str, Any]:
        def ask() -> str:
            return str(batch.get_pool(account_name="account1", resource_group_name="rg", pool_name="render").name)

        return {"before": ask(), "after": render().pool_id.apply(lambda _: ask())}

    assert run_program(program).exports == {"before": "None", "after": "render"}


def test_what_one_program_made_the_next_does_not_find() -> None:
    azure = Azure()
    run_program(
        lambda: managedidentity.UserAssignedIdentity(
            "x", resource_name_="x", resource_group_name="rg", tags={"a": "b"}
        ),
        azure=azure,
    )

    def look() -> dict[str, Any]:
        found = managedidentity.get_user_assigned_identity(resource_name="x", resource_group_name="rg")
        return {"tags": found.tags or "none"}

    assert run_program(look, azure=azure).exports == {"tags": "none"}


def test_it_answers_plain_mocks_of_pulumi_too() -> None:
    found: list[Any] = []

    def within() -> None:
        pulumi.runtime.set_mocks(Azure(), project="p", stack="s", preview=False)

        @pulumi.runtime.test
        def run() -> Any:
            return surroundings()["endpoint"].apply(found.append)

        run()

    contextvars.copy_context().run(within)
    assert found[0].endswith(".westeurope.batch.azure.com")


@pytest.mark.parametrize("token", sorted(ARM_TYPES))
def test_every_known_type_is_one_of_the_sdk_with_these_parameters(token: str) -> None:
    known = ARM_TYPES[token]
    module, name = token.removeprefix("azure-native:").split(":")
    sdk = importlib.import_module(f"pulumi_azure_native.{module}")
    arguments = getattr(sdk, f"{name}InitArgs", None) or getattr(sdk, f"{name}Args")
    inputs = set(_types.input_type_py_to_pulumi_names(arguments).values())
    # the object id is within the policy
    assert set(known.parameters) - {"subscriptionId", "objectId"} <= inputs


@given(values=st.lists(st.text("abcXYZ019-_", min_size=1, max_size=8), min_size=6, max_size=6))
def test_an_id_says_what_it_was_made_of(values: list[str]) -> None:
    for known in ARM_TYPES.values():
        named = dict(zip(known.parameters, values, strict=False))
        assert known.find_values(known.id(named)) == named
        assert known.find_values("/subscriptions/0/other") is None


def test_types_of_other_api_versions_and_functions_find_their_type() -> None:
    assert find_type("azure-native:batch/v20240701:Pool") is find_lookup("azure-native:batch:getPool")
    assert find_lookup("azure-native:batch:listBatchAccountKeys") is None and find_type("acme:index:Widget") is None


def test_a_preview_asks_what_is_there() -> None:
    stack = run_program(
        lambda: ExtensionPool("render", arguments(key_vault_access=[{"vault_id": VAULT}])), preview=True
    )
    assert [call.token for call in stack.calls] == ["azure-native:keyvault:getVault"]
    assert stack.grants[0].role == "Key Vault Secrets User" and stack.grants[0].principal_id is UNKNOWN
