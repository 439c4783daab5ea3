"""`ExtensionPool`: what it registers, with which options, and what stays secret."""

import re
from typing import Any, cast

import pulumi
import pytest

from extension_pool import ExtensionPool, ExtensionPoolArgs, InvalidPoolError
from extension_pool.roles import KEY_VAULT_SECRETS_USER
from extension_pool.rolling import declaring
from extension_pool.rolling.hooks import AFTER_CREATE, BEFORE_DELETE
from tests.support.recording import (
    CLIENT_ID,
    EXTENSION_POOL,
    IDENTITY,
    POOL,
    PRINCIPAL_ID,
    ROLE_ASSIGNMENT,
    SUBSCRIPTION,
    RecordingMonitor,
    is_secret,
    record,
)

VAULT = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-vault/providers/Microsoft.KeyVault/vaults/kv1"
EXISTING = (
    f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/it"
)
EXTENSIONS = "deploymentConfiguration.virtualMachineConfiguration.extensions"


def arguments(**changes: Any) -> ExtensionPoolArgs:
    """A whole pool; a test changes the keys it is about, None takes one away."""
    whole = {
        "resource_group_name": "rg",
        "account_name": "account1",
        "vm_size": "Standard_D2s_v5",
        "image": "ubuntu-24.04",
        "key_vault_access": [{"vault_id": VAULT, "mode": "rbac"}],
        "key_vault_certificates": [{"url": "https://kv1.vault.azure.net/secrets/tls"}],
        **changes,
    }
    return cast(ExtensionPoolArgs, {key: value for key, value in whole.items() if value is not None})


def build(name: str = "render", opts: pulumi.ResourceOptions | None = None, **changes: Any) -> RecordingMonitor:
    return record(lambda: ExtensionPool(name, arguments(**changes), opts))


def extensions_of(monitor: RecordingMonitor) -> list[dict[str, Any]]:
    configuration = monitor.the(POOL).inputs["deploymentConfiguration"]["virtualMachineConfiguration"]
    return cast(list[dict[str, Any]], configuration["extensions"])


def test_a_pool_comes_with_its_identity_and_its_grant_as_children() -> None:
    monitor = build()
    component = monitor.the(EXTENSION_POOL)
    children = {one.name: one.type for one in monitor.registered if one.parent == component.urn}
    assert children == {"render-identity": IDENTITY, "render-vault-access": ROLE_ASSIGNMENT, "render-pool": POOL}


def test_the_pool_waits_for_the_grant() -> None:
    monitor = build()
    assert monitor.the(ROLE_ASSIGNMENT).urn in monitor.the(POOL).depends_on


def test_an_edited_extension_replaces_the_pool_and_the_old_one_goes_first() -> None:
    pool = build().the(POOL)
    assert EXTENSIONS in pool.replace_on_changes
    assert pool.delete_before_replace


def test_only_the_pool_is_replaced_by_edits() -> None:
    monitor = build()
    for one in (*monitor.all_of(IDENTITY), *monitor.all_of(ROLE_ASSIGNMENT)):
        assert one.replace_on_changes == () and not one.delete_before_replace


def test_what_is_changed_in_place_is_on_no_replace_path() -> None:
    paths = build().the(POOL).replace_on_changes
    for path in ("metadata", "scaleSettings", "startTask", "applicationPackages", "deploymentConfiguration"):
        assert path not in paths


def test_the_grant_lets_the_identity_read_secrets_of_the_vault() -> None:
    grant = build().the(ROLE_ASSIGNMENT).inputs
    assert grant["scope"] == VAULT
    assert grant["principalId"] == PRINCIPAL_ID
    assert grant["principalType"] == "ServicePrincipal"
    roles = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions"
    assert grant["roleDefinitionId"] == f"{roles}/{KEY_VAULT_SECRETS_USER.id}"


def test_the_name_of_a_grant_follows_from_what_it_grants() -> None:
    def name_of(**changes: Any) -> str:
        return cast(str, build(**changes).the(ROLE_ASSIGNMENT).inputs["roleAssignmentName"])

    assert name_of() == name_of()
    assert name_of() == name_of(
        key_vault_access=[{"vault_id": VAULT.upper().replace("/SUBSCRIPTIONS", "/subscriptions"), "mode": "rbac"}]
    )
    assert name_of() != name_of(key_vault_access=[{"vault_id": VAULT + "2", "mode": "rbac"}])
    assert len(name_of()) == 36


def test_without_access_nothing_is_granted() -> None:
    monitor = build(key_vault_access=None)
    assert monitor.all_of(ROLE_ASSIGNMENT) == []


def test_several_grants_are_named_by_their_own_names() -> None:
    monitor = build(
        key_vault_access=[
            {"vault_id": VAULT, "mode": "rbac"},
            {"vault_id": VAULT + "2", "name": "licenses", "mode": "rbac"},
        ]
    )
    assert sorted(one.name for one in monitor.all_of(ROLE_ASSIGNMENT)) == [
        "render-vault-access",
        "render-vault-access-licenses",
    ]
    assert {one.urn for one in monitor.all_of(ROLE_ASSIGNMENT)} <= set(monitor.the(POOL).depends_on)


def test_a_certificate_is_one_line() -> None:
    (extension,) = extensions_of(build())
    assert extension["name"] == extension["type"] == "KeyVaultForLinux"
    assert extension["settings"]["authenticationSettings"]["msiClientId"] == CLIENT_ID
    (certificate,) = extension["settings"]["secretsManagementSettings"]["observedCertificates"]
    assert certificate == {"url": "https://kv1.vault.azure.net/secrets/tls"}


def test_the_client_id_is_looked_up_and_not_read_off_the_identity() -> None:
    # read off the identity it would be unknown in the preview of any edit of the identity, and the pool would show as
    # replaced
    monitor = build()
    assert [token for token, _ in monitor.azure.calls] == ["azure-native:managedidentity:getUserAssignedIdentity"]


def test_an_existing_identity_is_used_and_none_is_made() -> None:
    monitor = build(identity={"existing": [{"id": EXISTING}]})
    assert monitor.all_of(IDENTITY) == []
    assert monitor.the(POOL).inputs["identity"] == {"type": "UserAssigned", "userAssignedIdentities": [EXISTING]}
    assert monitor.azure.calls[0][1] == {"resourceGroupName": "rg", "resourceName": "it"}


def test_an_identity_of_another_subscription_brings_its_ids_and_is_not_looked_up() -> None:
    other = "33333333-3333-3333-3333-333333333333"
    monitor = build(identity={"existing": [{"id": EXISTING, "client_id": other, "principal_id": other}]})
    assert monitor.azure.calls == []
    assert monitor.the(ROLE_ASSIGNMENT).inputs["principalId"] == other
    assert extensions_of(monitor)[0]["settings"]["authenticationSettings"]["msiClientId"] == other


def test_the_pool_bears_the_name_of_the_component_unless_told_otherwise() -> None:
    assert build().the(POOL).inputs["poolName"] == "render"
    assert build(pool_name="other").the(POOL).inputs["poolName"] == "other"


def test_protected_settings_are_secret_at_their_own_place_and_no_higher() -> None:
    plain = {"name": "AMA", "publisher": "Microsoft.Azure.Monitor", "type": "AzureMonitorLinuxAgent"}
    monitor = build(extensions=[{**plain, "settings": {"a": 1}, "protected_settings": {"key": "hidden"}}])
    extension = next(one for one in extensions_of(monitor) if one["name"] == "AMA")
    assert is_secret(extension["protectedSettings"])
    assert extension["settings"] == {"a": 1}
    pool = monitor.the(POOL).inputs
    assert not is_secret(pool["deploymentConfiguration"])
    assert not is_secret(pool["deploymentConfiguration"]["virtualMachineConfiguration"]["extensions"])


def test_a_secret_or_an_output_inside_settings_stays_where_it_was_put() -> None:
    plain = {"name": "X", "publisher": "Microsoft.Azure.Monitor", "type": "AzureMonitorLinuxAgent"}
    settings = {"list": [{"deep_key": pulumi.Output.secret("s")}], "deepKey": pulumi.Output.from_input("v")}
    extension = next(
        one for one in extensions_of(build(extensions=[{**plain, "settings": settings}])) if one["name"] == "X"
    )
    assert is_secret(extension["settings"]["list"][0]["deep_key"])
    assert extension["settings"]["deepKey"] == "v"


def test_the_order_of_extensions_does_not_matter() -> None:
    one = {"name": "a", "publisher": "Microsoft.Azure.Monitor", "type": "AzureMonitorLinuxAgent"}
    two = {"name": "b", "publisher": "Microsoft.HpcCompute", "type": "NvidiaGpuDriverLinux"}
    assert extensions_of(build(extensions=[one, two])) == extensions_of(build(extensions=[two, one]))


def test_inputs_may_be_outputs_of_other_resources() -> None:
    known = pulumi.Output.from_input
    monitor = build(
        resource_group_name=known("rg"),
        account_name=known("account1"),
        vm_size=known("Standard_D2s_v5"),
        key_vault_access=[{"vault_id": known(VAULT), "mode": "rbac"}],
        key_vault_certificates=[{"url": known("https://kv1.vault.azure.net/secrets/tls")}],
        scale_settings={"fixed_scale": {"target_dedicated_nodes": known(2)}},
    )
    pool = monitor.the(POOL).inputs
    assert pool["accountName"] == "account1"
    assert pool["scaleSettings"]["fixedScale"]["targetDedicatedNodes"] == 2


def test_outputs_of_the_component() -> None:
    seen: dict[str, Any] = {}

    def program() -> None:
        pool = ExtensionPool("render", arguments())
        for name in ("pool_id", "pool_name", "identity_id", "client_id", "principal_id", "extension_names"):
            getattr(pool, name).apply(lambda value, name=name: seen.update({name: value}))

    record(program)
    assert seen["pool_id"].endswith("/batchAccounts/account1/pools/render")
    assert seen["pool_name"] == "render"
    assert seen["identity_id"].endswith("/userAssignedIdentities/render-identity1234abcd")
    assert (seen["client_id"], seen["principal_id"]) == (CLIENT_ID, PRINCIPAL_ID)
    assert seen["extension_names"] == ["KeyVaultForLinux"]


def test_options_of_the_caller_stay_with_the_component() -> None:
    aliased = pulumi.ResourceOptions(aliases=[pulumi.Alias(name="old")], delete_before_replace=True)
    monitor = build(opts=aliased)
    assert not monitor.the(IDENTITY).delete_before_replace


def test_bad_arguments_register_nothing_and_name_every_problem() -> None:
    problems: list[str] = []

    def program() -> None:
        with pytest.raises(InvalidPoolError) as caught:
            ExtensionPool("render", arguments(vm_size=5, image="ubuntu-24.4", pool_name="a b", vmsize="x"))
        problems.extend(detail["property_path"] for detail in caught.value.errors or [])

    monitor = record(program)
    assert monitor.registered == []
    assert sorted(problems) == ["image", "pool_name", "vm_size", "vmsize"]


def test_a_whole_mapping_as_an_output_is_refused_since_its_replacement_would_be_missed() -> None:
    def program() -> None:
        with pytest.raises(InvalidPoolError, match="scale_settings: must be a mapping of its own, not an Output"):
            ExtensionPool("render", arguments(scale_settings=pulumi.Output.from_input({"fixed_scale": {}})))

    assert record(program).registered == []


def test_no_secret_stands_in_an_error() -> None:
    def program() -> None:
        with pytest.raises(InvalidPoolError) as caught:
            extension = {"name": "x", "publisher": "p", "type": 1, "protected_settings": "hunter2"}
            ExtensionPool("render", arguments(extensions=[extension, {"protected_settings": {"a": "hunter2"}}]))
        assert "hunter2" not in str(caught.value)
        assert "extensions[0].protected_settings: must be a mapping" in str(caught.value)

    record(program)


def hooks_of(**rollout: Any) -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    """The hooks after creation and before deletion of each pool, by its logical name."""
    return {one.name: (one.after_create, one.before_delete) for one in build(rollout=rollout).all_of(POOL)}


BOUND = ((AFTER_CREATE,), (BEFORE_DELETE,))


def test_hooks_are_bound_only_where_the_roll_out_asks_for_them() -> None:
    # a resource with hooks of deletion is not destroyed without --run-program
    assert hooks_of() == {"render-pool": ((), ())}
    assert hooks_of(strategy="blue-green", gate={"enabled": False}) == {"render-pool": ((), ())}
    assert hooks_of(strategy="blue-green") == {"render-pool": BOUND}
    assert hooks_of(gate={}) == hooks_of(drain={}) == {"render-pool": BOUND}
    assert hooks_of(canary={"nodes": 1}) == {"render-canary": ((), ()), "render-pool": BOUND}


def test_a_canary_is_declared_empty_and_the_pool_only_waits_for_it() -> None:
    monitor = build(rollout={"canary": {"nodes": 3}}, scale_settings={"fixed_scale": {"target_dedicated_nodes": 9}})
    canary, pool = sorted(monitor.all_of(POOL), key=lambda one: one.name)
    none = {"targetDedicatedNodes": 0, "targetLowPriorityNodes": 0}
    assert canary.inputs["scaleSettings"] == {"fixedScale": none}
    assert re.fullmatch(r"render-canary-[0-9a-f]{8}", canary.inputs["poolName"])
    assert canary.urn in pool.depends_on
    for key in ("vmSize", "deploymentConfiguration", "identity"):
        assert canary.inputs[key] == pool.inputs[key]


def test_the_hook_of_deletions_is_brought_by_every_program() -> None:
    # a pool in the state may have been made with it
    assert BEFORE_DELETE in build().hooks


def test_a_gate_without_the_tools_that_ask_is_refused_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(declaring, "_installed", lambda name: name != "azure.batch")

    def program() -> None:
        with pytest.raises(
            InvalidPoolError, match=r"not installed: azure\.batch.*pip install 'batch-extension-pool\[ops"
        ):
            ExtensionPool("render", arguments(rollout={"strategy": "blue-green"}))
        ExtensionPool("render", arguments())

    assert len(record(program).all_of(POOL)) == 1
