"""`ExtensionPool`: what it registers, with which options, and what stays secret."""

import re
from collections.abc import Callable
from typing import Any, cast

import pulumi
import pytest

from extension_pool import ExtensionPool, ExtensionPoolArgs, InvalidPoolError, register_hooks
from extension_pool.roles import KEY_VAULT_SECRETS_USER
from extension_pool.rolling import declaring
from extension_pool.rolling.hooks import AFTER_CREATE, BEFORE_DELETE
from extension_pool.testing import RecordedStack, Resource, Secret, run_program
from extension_pool.testing.azure import SUBSCRIPTION
from extension_pool.testing.tokens import EXTENSION_POOL, IDENTITY, POOL, ROLE_ASSIGNMENT

VAULT = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-vault/providers/Microsoft.KeyVault/vaults/kv1"
EXISTING = (
    f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/it"
)


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


def build(name: str = "render", opts: pulumi.ResourceOptions | None = None, **changes: Any) -> RecordedStack:
    return run_program(lambda: ExtensionPool(name, arguments(**changes), opts))


def extensions_of(stack: RecordedStack, pool: str = "render") -> list[dict[str, Any]]:
    return [dict(one.body) for one in stack.pool(pool).extensions]


def test_a_pool_comes_with_its_identity_and_its_grant_as_children() -> None:
    stack = build()
    component = stack.only(EXTENSION_POOL)
    children = {one.logical_name: one.type for one in component.children}
    assert children == {"render-identity": IDENTITY, "render-vault-access": ROLE_ASSIGNMENT, "render-pool": POOL}


def test_the_pool_waits_for_the_grant() -> None:
    stack = build()
    assert stack.pool("render").depends_on("render-vault-access")


def test_an_edited_extension_replaces_the_pool_and_the_old_one_goes_first() -> None:
    pool = build().pool("render")
    assert pool.replaces_on("extensions")
    assert pool.deletes_first


def test_only_the_pool_is_replaced_by_edits() -> None:
    stack = build()
    for one in (*stack.resources(IDENTITY), *stack.resources(ROLE_ASSIGNMENT)):
        assert one.options.replace_on_changes == () and not one.deletes_first


def test_what_is_changed_in_place_is_on_no_replace_path() -> None:
    pool = build().pool("render")
    for path in ("metadata", "scaleSettings", "startTask", "applicationPackages", "deploymentConfiguration"):
        assert not pool.replaces_on(path)


def test_the_grant_lets_the_identity_read_secrets_of_the_vault() -> None:
    stack = build()
    assert stack.grants[0].lets(stack.identity("render"))
    grant = stack.only(ROLE_ASSIGNMENT).inputs
    assert grant["scope"] == VAULT
    assert grant["principalType"] == "ServicePrincipal"
    roles = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions"
    assert grant["roleDefinitionId"] == f"{roles}/{KEY_VAULT_SECRETS_USER.id}"


def test_the_name_of_a_grant_follows_from_what_it_grants() -> None:
    def name_of(**changes: Any) -> str:
        return cast(str, build(**changes).only(ROLE_ASSIGNMENT).inputs["roleAssignmentName"])

    assert name_of() == name_of()
    assert name_of() == name_of(
        key_vault_access=[{"vault_id": VAULT.upper().replace("/SUBSCRIPTIONS", "/subscriptions"), "mode": "rbac"}]
    )
    assert name_of() != name_of(key_vault_access=[{"vault_id": VAULT + "2", "mode": "rbac"}])
    assert len(name_of()) == 36


def test_without_access_nothing_is_granted() -> None:
    stack = build(key_vault_access=None)
    assert stack.grants == ()


def test_several_grants_are_named_by_their_own_names() -> None:
    stack = build(
        key_vault_access=[
            {"vault_id": VAULT, "mode": "rbac"},
            {"vault_id": VAULT + "2", "name": "licenses", "mode": "rbac"},
        ]
    )
    assert [one.logical_name for one in stack.grants] == [
        "render-vault-access",
        "render-vault-access-licenses",
    ]
    assert all(stack.pool("render").depends_on(grant) for grant in stack.grants)


def test_a_certificate_is_one_line() -> None:
    stack = build()
    (extension,) = extensions_of(stack)
    assert extension["name"] == extension["type"] == "KeyVaultForLinux"
    assert extension["settings"]["authenticationSettings"]["msiClientId"] == stack.identity("render").client_id
    (certificate,) = extension["settings"]["secretsManagementSettings"]["observedCertificates"]
    assert certificate == {"url": "https://kv1.vault.azure.net/secrets/tls"}


def test_the_client_id_is_looked_up_and_not_read_off_the_identity() -> None:
    # read off the identity it would be unknown in the preview of any edit of the identity, and the pool would show as
    # replaced
    stack = build()
    assert [call.token for call in stack.calls] == ["azure-native:managedidentity:getUserAssignedIdentity"]


def test_an_existing_identity_is_used_and_none_is_made() -> None:
    stack = build(identity={"existing": [{"id": EXISTING}]})
    assert stack.identities == ()
    assert stack.only(POOL).inputs["identity"] == {"type": "UserAssigned", "userAssignedIdentities": [EXISTING]}
    assert stack.calls[0].arguments == {"resourceGroupName": "rg", "resourceName": "it"}


def test_an_identity_of_another_subscription_brings_its_ids_and_is_not_looked_up() -> None:
    other = "33333333-3333-3333-3333-333333333333"
    stack = build(identity={"existing": [{"id": EXISTING, "client_id": other, "principal_id": other}]})
    assert stack.calls == ()
    assert stack.only(ROLE_ASSIGNMENT).inputs["principalId"] == other
    assert extensions_of(stack)[0]["settings"]["authenticationSettings"]["msiClientId"] == other


def test_the_pool_bears_the_name_of_the_component_unless_told_otherwise() -> None:
    assert build().only(POOL).inputs["poolName"] == "render"
    assert build(pool_name="other").only(POOL).inputs["poolName"] == "other"


@pytest.mark.parametrize(
    ("name", "rollout", "words"),
    [
        ("render.eu", {}, "pool_name: must be 1 to 64 letters, digits, hyphens or underscores, got"),
        ("p" * 60, {"strategy": "blue-green"}, "pool_name: must be at most 55 characters with the strategy blue-green"),
    ],
)
def test_a_name_of_the_component_that_no_pool_can_have_is_refused(name: str, rollout: Any, words: str) -> None:
    with pytest.raises(InvalidPoolError) as caught:
        run_program(lambda: ExtensionPool(name, arguments(rollout=rollout)))
    (problem,) = caught.value.problems
    assert problem.sentence().startswith(words)
    assert problem.do == "it is the component's name, since pool_name is left out; give a pool_name"
    assert run_program(lambda: ExtensionPool(name, arguments(rollout=rollout, pool_name="render"))).pools
    assert run_program(lambda: ExtensionPool("p" * 55, arguments(rollout=rollout))).pools


def test_protected_settings_are_secret_at_their_own_place_and_no_higher() -> None:
    plain = {"name": "AMA", "publisher": "Microsoft.Azure.Monitor", "type": "AzureMonitorLinuxAgent"}
    stack = build(extensions=[{**plain, "settings": {"a": 1}, "protected_settings": {"key": "hidden"}}])
    pool = stack.pool("render")
    assert pool.has_secret("...protectedSettings")
    assert pool.extension("AMA").settings == {"a": 1}
    assert not pool.has_secret("deploymentConfiguration") and not pool.has_secret("extensions")


def test_a_secret_or_an_output_inside_settings_stays_where_it_was_put() -> None:
    plain = {"name": "X", "publisher": "Microsoft.Azure.Monitor", "type": "AzureMonitorLinuxAgent"}
    settings = {"list": [{"deep_key": pulumi.Output.secret("s")}], "deepKey": pulumi.Output.from_input("v")}
    extension = next(
        one for one in extensions_of(build(extensions=[{**plain, "settings": settings}])) if one["name"] == "X"
    )
    assert isinstance(extension["settings"]["list"][0]["deep_key"], Secret)
    assert extension["settings"]["deepKey"] == "v"


def test_the_order_of_extensions_does_not_matter() -> None:
    one = {"name": "a", "publisher": "Microsoft.Azure.Monitor", "type": "AzureMonitorLinuxAgent"}
    two = {"name": "b", "publisher": "Microsoft.HpcCompute", "type": "NvidiaGpuDriverLinux"}
    assert extensions_of(build(extensions=[one, two])) == extensions_of(build(extensions=[two, one]))


def test_inputs_may_be_outputs_of_other_resources() -> None:
    known = pulumi.Output.from_input
    stack = build(
        resource_group_name=known("rg"),
        account_name=known("account1"),
        vm_size=known("Standard_D2s_v5"),
        key_vault_access=[{"vault_id": known(VAULT), "mode": "rbac"}],
        key_vault_certificates=[{"url": known("https://kv1.vault.azure.net/secrets/tls")}],
        scale_settings={"fixed_scale": {"target_dedicated_nodes": known(2)}},
    )
    pool = stack.only(POOL).inputs
    assert pool["accountName"] == "account1"
    assert pool["scaleSettings"]["fixedScale"]["targetDedicatedNodes"] == 2


def test_outputs_of_the_component() -> None:
    names = ("pool_id", "pool_name", "identity_id", "client_id", "principal_id", "extension_names")

    def program() -> dict[str, Any]:
        pool = ExtensionPool("render", arguments())
        return {name: getattr(pool, name) for name in names}

    stack = run_program(program)
    identity = stack.identity("render")
    seen = stack.exports
    assert seen["pool_id"].endswith("/batchAccounts/account1/pools/render")
    assert seen["pool_name"] == "render"
    assert seen["identity_id"] == identity.id and f"/userAssignedIdentities/{identity.name}" in seen["identity_id"]
    assert (seen["client_id"], seen["principal_id"]) == (identity.client_id, identity.principal_id)
    assert seen["extension_names"] == ["KeyVaultForLinux"]
    assert list(stack.only(EXTENSION_POOL).outputs.values()) == [seen[name] for name in sorted(names)]


def test_options_of_the_caller_stay_with_the_component() -> None:
    aliased = pulumi.ResourceOptions(aliases=[pulumi.Alias(name="old")], delete_before_replace=True)
    stack = build(opts=aliased)
    assert not stack.only(IDENTITY).deletes_first


def test_bad_arguments_register_nothing_and_name_every_problem() -> None:
    problems: list[str] = []

    def program() -> None:
        with pytest.raises(InvalidPoolError) as caught:
            ExtensionPool("render", arguments(vm_size=5, image="ubuntu-24.4", pool_name="a b", vmsize="x"))
        problems.extend(detail["property_path"] for detail in caught.value.errors or [])

    stack = run_program(program)
    assert stack.resources() == ()
    assert sorted(problems) == ["image", "pool_name", "vm_size", "vmsize"]


def test_a_whole_mapping_as_an_output_is_refused_since_its_replacement_would_be_missed() -> None:
    def program() -> None:
        with pytest.raises(InvalidPoolError, match="scale_settings: must be a mapping of its own, not an Output"):
            ExtensionPool("render", arguments(scale_settings=pulumi.Output.from_input({"fixed_scale": {}})))

    assert run_program(program).resources() == ()


def test_no_secret_stands_in_an_error() -> None:
    def program() -> None:
        with pytest.raises(InvalidPoolError) as caught:
            extension = {"name": "x", "publisher": "p", "type": 1, "protected_settings": "hunter2"}
            ExtensionPool("render", arguments(extensions=[extension, {"protected_settings": {"a": "hunter2"}}]))
        assert "hunter2" not in str(caught.value)
        assert "extensions[0].protected_settings: must be a mapping" in str(caught.value)

    run_program(program)


def hooks_of(**rollout: Any) -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    """The hooks after creation and before deletion of each pool, by its logical name."""
    return {one.logical_name: hooked(one) for one in build(rollout=rollout).resources(POOL)}


def hooked(pool: Resource) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return pool.options.hooks.get("after_create", ()), pool.options.hooks.get("before_delete", ())


BOUND = ((AFTER_CREATE,), (BEFORE_DELETE,))


def test_hooks_are_bound_only_where_the_roll_out_asks_for_them() -> None:
    # a resource with hooks of deletion is not destroyed without --run-program
    assert hooks_of() == {"render-pool": ((), ())}
    assert hooks_of(strategy="blue-green", gate={"enabled": False}) == {"render-pool": ((), ())}
    assert hooks_of(strategy="blue-green") == {"render-pool": BOUND}
    assert hooks_of(gate={}) == hooks_of(drain={}) == {"render-pool": BOUND}
    assert hooks_of(canary={"nodes": 1}) == {"render-canary": ((), ()), "render-pool": BOUND}


def test_a_canary_is_declared_empty_and_the_pool_only_waits_for_it() -> None:
    stack = build(rollout={"canary": {"nodes": 3}}, scale_settings={"fixed_scale": {"target_dedicated_nodes": 9}})
    pool = stack.pool("render")
    assert (canary := pool.canary) is not None
    none = {"targetDedicatedNodes": 0, "targetLowPriorityNodes": 0}
    assert canary.inputs["scaleSettings"] == {"fixedScale": none}
    assert re.fullmatch(r"render-canary-[0-9a-f]{8}", canary.inputs["poolName"])
    assert pool.depends_on(canary)
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

    assert len(run_program(program).resources(POOL)) == 1


@pytest.mark.parametrize("act", [register_hooks, lambda: ExtensionPool("render", arguments())])
def test_outside_of_a_run_it_is_said_what_starts_one(act: Callable[[], Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that forgot to run its program, and a module that makes a pool when it is imported."""
    # another test may have left its mocks
    monkeypatch.setattr("pulumi.runtime.settings.get_monitor", lambda: None)
    with pytest.raises(pulumi.RunError, match=r"no Pulumi program is running.*extension_pool\.testing\.run_program"):
        act()


def test_what_is_wrong_with_arguments_and_options_is_told_at_once() -> None:
    opts = pulumi.ResourceOptions(ignore_changes=["vm_sise"])
    with pytest.raises(InvalidPoolError) as caught:
        build(opts=opts, vm_size="", image="ubuntu-2404")
    assert [one.path for one in caught.value.problems] == [("vm_size",), ("image",), ("opts", "ignore_changes")]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"image": "ubuntu"},
            "image: must be a string of its own, not an Output as a whole; give a value that is known",
        ),
        (
            {"start_task": {"command_line": "x"}},
            "start_task: must be a mapping of its own, not an Output as a whole; ",
        ),
    ],
)
def test_an_output_where_none_may_be_says_what_to_give(changes: dict[str, Any], sentence: str) -> None:
    later = {key: pulumi.Output.from_input(value) for key, value in changes.items()}
    with pytest.raises(InvalidPoolError) as caught:
        run_program(lambda: ExtensionPool("render", arguments(**later)))
    assert any(one.sentence().startswith(sentence) for one in caught.value.problems)
