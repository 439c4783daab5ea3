"""Every rule of the pack: a case that breaks it, in the words that a user reads, and what it takes to say nothing."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policy.judging import Configured, judge_resource, judge_stack
from policy.model import ADVISORY, DISABLED, MANDATORY, UNKNOWN, Resource, Secret, Stack
from policy.rules import RULES, find_rule
from tests.policy.pools import (
    KEY_VAULT,
    SETTINGS,
    TODAY,
    URL,
    component_pool,
    found,
    only,
    pool,
    pool_with,
    without,
)

CONFIGURATION = "deploymentConfiguration.virtualMachineConfiguration"
OMS = {
    "name": "oms",
    "publisher": "Microsoft.EnterpriseCloud.Monitoring",
    "type": "OmsAgentForLinux",
    "typeHandlerVersion": "1.16",
}
SSH = {"name": "ssh", "protocol": "TCP", "backendPort": 22}
NAT_POOLS = ("networkConfiguration", "endpointConfiguration", "inboundNatPools")
PROVISION = ("networkConfiguration", "publicIPAddressConfiguration", "provision")
IMAGE = ("deploymentConfiguration", "virtualMachineConfiguration", "imageReference")

# rule -> a pool that breaks it, its configuration, and all that is said
BROKEN: dict[str, tuple[Resource, dict[str, Any], str]] = {
    "extension-allowed": (
        pool_with({"name": "script", "publisher": "Microsoft.Azure.Extensions", "type": "CustomScript"}),
        {},
        f"{CONFIGURATION}.extensions[0].type: script is of a type that Azure Batch reserves for itself, got "
        '"CustomScript"; use the pool\'s start task to run a script',
    ),
    "extension-retirement": (
        pool_with(OMS),
        {},
        f"{CONFIGURATION}.extensions[0].type: Azure's support of oms ended on 2024-08-31, got "
        '"OmsAgentForLinux"; use AzureMonitorLinuxAgent',
    ),
    "image-retirement": (
        pool({IMAGE: {"publisher": "Canonical", "offer": "0001-com-ubuntu-server-focal", "sku": "20_04-lts"}}),
        {},
        f"{CONFIGURATION}.imageReference: Batch's support of the image canonical 0001-com-ubuntu-server-focal "
        "20_04-lts ended on 2025-04-23; use ubuntu-24.04",
    ),
    "vm-size-retirement": (
        pool({("vmSize",): "Standard_D2_v2"}),
        {},
        "vmSize: Batch has announced to retire the Dv2 family (https://github.com/Azure/Batch/issues/140), got "
        '"Standard_D2_v2"; use Standard_D2s_v5 (Dsv5)',
    ),
    "key-vault-identity": (
        pool({("identity",): None}),
        {},
        "identity.userAssignedIdentities: certificates reads certificates, and the pool has no user-assigned identity. "
        "Give the pool an identity: ExtensionPool makes one unless it is told not to.",
    ),
    "certificate-version": (
        pool_with({**KEY_VAULT, "settings": {"secretsManagementSettings": {"observedCertificates": [f"{URL}/0a1b"]}}}),
        {},
        f"{SETTINGS}.secretsManagementSettings.observedCertificates[0]: certificates stays with one version of the "
        f'certificate, which is never renewed, got "{URL}/0a1b"; leave out what stands behind the secret\'s name',
    ),
    "protected-values-secret": (
        pool_with({**OMS, "protectedSettings": {"workspaceKey": "hush"}}),
        {},
        f"{CONFIGURATION}.extensions[0].protectedSettings.workspaceKey: is a secret, and stands in the state of the "
        "stack in plain text. Use `pulumi.Output.secret(...)`, `config.require_secret(...)`, or a `secure:` value of "
        "the stack file.",
    ),
    "settings-without-secrets": (
        pool_with({**OMS, "settings": {"workspaceKey": "hush"}}),
        {},
        f"{SETTINGS}.workspaceKey: looks like a secret of oms, and Azure shows settings to whoever reads the pool. "
        "Move the value to the extension's protectedSettings, and renew it: it has been readable.",
    ),
    "production-protected": (
        pool(protect=False),
        {},
        "The pool is not protected. Set `protect` in the options of ExtensionPool or of the pool; to replace it, take "
        "that away first.",
    ),
    "inbound-endpoints": (
        pool({NAT_POOLS: [SSH]}),
        {},
        "networkConfiguration.endpointConfiguration.inboundNatPools[0].networkSecurityGroupRules: without rules "
        "everybody reaches ssh (SSH): Batch makes one that allows it; allow the addresses that need it, or remove the "
        "endpoint",
    ),
    "public-addresses": (
        pool({PROVISION: "BatchManaged"}),
        {},
        "networkConfiguration.publicIPAddressConfiguration.provision: is not what production asks for, got "
        '"BatchManaged"; write NoPublicIPAddresses or UserManaged',
    ),
    "node-communication": (
        pool({("targetNodeCommunicationMode",): "Classic"}),
        {},
        "targetNodeCommunicationMode: is a mode that Batch has announced to retire on 2026-03-31, got "
        '"Classic"; leave it out',
    ),
    "required-tags": (
        pool(),
        {"tags": ["environment", "cost-centre"]},
        "tags: must have cost-centre. Add them: `tags` are the pool's own, `resourceTags` go to the machines and disks "
        "that Batch makes for it.",
    ),
}
TAGS = {"tags": ["environment"], "resourceTags": ["environment"]}
_KEYS = {
    *pool().props,
    *("virtualMachineConfiguration", "imageReference", "extensions", "settings", "protectedSettings", "publisher"),
    *("type", "secretsManagementSettings", "observedCertificates", "url", "endpointConfiguration", "inboundNatPools"),
    *("networkSecurityGroupRules", "sourceAddressPrefix", "access", "priority", "userAssignedIdentities", "provision"),
}
OF_STACKS = {"key-vault-grant": "test_grants", "production-rollout": "test_production"}


@pytest.mark.parametrize("rule", BROKEN)
def test_a_pool_that_breaks_a_rule_is_told_so_in_words_to_act_on(rule: str) -> None:
    broken, values, text = BROKEN[rule]
    (finding,) = found(rule, broken, **values)
    assert finding.text == text
    assert (finding.urn, finding.rule.id) == (broken.urn, rule)


@pytest.mark.parametrize("rule", BROKEN)
def test_a_pool_that_keeps_a_rule_hears_nothing(rule: str) -> None:
    values = {"tags": ["environment"]} if rule == "required-tags" else {}
    assert found(rule, pool(), **values) == []


@pytest.mark.parametrize("rule", BROKEN)
def test_without_the_rule_nothing_is_said_of_what_it_is_about(rule: str) -> None:
    broken, values, text = BROKEN[rule]
    others = judge_resource(broken, {**without(rule)}, TODAY)
    assert text not in [one.text for one in others]
    assert text in [one.text for one in judge_resource(broken, {rule: Configured(ADVISORY, values)}, TODAY)]


def test_every_rule_has_a_case() -> None:
    assert {one.id for one in RULES} == {*BROKEN, *OF_STACKS}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_every_rule_says_what_holds_what_to_do_and_why_it_weighs_what_it_weighs(rule: Any) -> None:
    assert rule.level in (ADVISORY, MANDATORY)
    assert all((rule.title.endswith("."), rule.do.endswith("."), rule.why, rule.source))
    assert (rule.check is None) != (rule.whole_stack is None)
    assert find_rule(rule.id) is rule
    assert rule.id == rule.id.lower() and " " not in rule.id


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_what_only_ages_advises_unless_it_is_configured(rule: Any) -> None:
    assert (rule.level == ADVISORY) == rule.why.startswith("it only ages")


@pytest.mark.parametrize("version", ["azure-native:batch/v20240701:Pool", "azure-native_batch_v20240201:batch:Pool"])
def test_pools_of_another_api_version_are_judged_too(version: str) -> None:
    assert found("extension-retirement", pool_with(OMS, type=version))


@pytest.mark.parametrize("other", ["azure-native:sql:Pool", "azure:batch/pool:Pool", "azure-native:batch:PoolX"])
def test_what_is_no_pool_of_azure_native_is_passed_over(other: str) -> None:
    assert judge_resource(pool_with(OMS, type=other), {}, TODAY) == []


def test_the_pools_of_a_component_are_judged_as_raw_ones_are() -> None:
    assert judge_resource(component_pool(), {}, TODAY) == []
    raw = pool_with(OMS)
    ours = component_pool(props=raw.props)
    assert [one.text for one in judge_resource(ours, {}, TODAY)] == [one.text for one in judge_resource(raw, {}, TODAY)]


def test_a_rule_that_is_for_some_stacks_and_pools_leaves_the_others_alone() -> None:
    broken = pool_with(OMS, stack="dev")
    rule = "extension-retirement"
    assert found(rule, broken, stacks=["d*"]) and not found(rule, broken, stacks=["prod"])
    assert found(rule, broken, pools=["po?l"]) and found(rule, broken, pools=["render"])
    assert not found(rule, broken, pools=["other"]) and not found(rule, broken, exceptPools=["rend*"])


@pytest.mark.parametrize("stack", ["prod", "prod-eu", "hpc-prod", "production"])
@pytest.mark.parametrize("rule", ["production-protected", "public-addresses"])
def test_production_rules_are_for_production_stacks(rule: str, stack: str) -> None:
    broken = {"protect": False, "change": {PROVISION: None}}
    assert found(rule, pool(stack=stack, **broken)) and not found(rule, pool(stack="staging", **broken))


@pytest.mark.parametrize("rule", [one.id for one in RULES if one.check])
@pytest.mark.parametrize("value", [UNKNOWN, Secret(UNKNOWN)], ids=["unknown", "secret"])
def test_what_a_preview_does_not_know_yet_breaks_no_rule(rule: str, value: Any) -> None:
    values = {"tags": ["environment"]} if rule == "required-tags" else {}
    tops = dict.fromkeys((*pool().props, "targetNodeCommunicationMode", "resourceTags"), value)
    assert found(rule, pool(protect=True, props=tops), **values) == []


@pytest.mark.parametrize("shape", [None, 7, "text", [], {}, [None, 7, "text", {}], {"a": {"b": [1]}}, True, 1.5])
def test_inputs_of_the_wrong_shape_stop_nobody(shape: Any) -> None:
    """Azure or the provider refuses them in their own words; a rule that gives up says so, and none does."""
    for key in pool().props:
        for one in (
            pool(props={**pool().props, key: shape}),
            pool({("deploymentConfiguration", "virtualMachineConfiguration"): {"extensions": shape}}),
            pool_with({**KEY_VAULT, "settings": shape, "protectedSettings": shape}),
            pool({("networkConfiguration", "endpointConfiguration"): {"inboundNatPools": shape}}),
            pool({NAT_POOLS: [{"backendPort": shape, "networkSecurityGroupRules": shape}]}),
        ):
            findings = [*judge_resource(one, {}, TODAY), *judge_stack(Stack((one,)), {}, TODAY)]
            assert not any("could not be judged" in finding.text for finding in findings)


_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.just(UNKNOWN))
    | st.sampled_from(["*", "Allow", "KeyVaultForLinux", "Microsoft.Azure.KeyVault", URL]),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(sorted(_KEYS)) | st.text(max_size=8), inner, max_size=5),
        st.builds(Secret, inner),
    ),
    max_leaves=20,
)


@settings(max_examples=80, deadline=None)
@given(st.dictionaries(st.sampled_from(sorted(_KEYS)), _values, max_size=8))
def test_whatever_a_pool_looks_like_every_rule_has_an_answer(props: dict[str, Any]) -> None:
    one = pool(props=props)
    every = {**{rule.id: Configured(MANDATORY) for rule in RULES}, "required-tags": Configured(MANDATORY, TAGS)}
    findings = [*judge_resource(one, every, TODAY), *judge_stack(Stack((one,)), every, TODAY)]
    assert not any("could not be judged" in finding.text for finding in findings)


def test_a_rule_that_trips_advises_and_tells_nothing_of_what_it_saw() -> None:
    class Odd(dict):  # type: ignore[type-arg]
        def get(self, key: object, default: object = None) -> Any:
            if key == "vmSize":
                raise ValueError("hush")
            return default

    (finding,) = found("vm-size-retirement", pool(props=Odd(vmSize="x")))
    assert finding.level == ADVISORY and "hush" not in finding.text and "ValueError" in finding.text


def test_a_disabled_rule_is_not_even_asked() -> None:
    broken, _, _ = BROKEN["vm-size-retirement"]
    assert (
        judge_resource(broken, {**only("vm-size-retirement"), "vm-size-retirement": Configured(DISABLED)}, TODAY) == []
    )
