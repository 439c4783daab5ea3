"""The borders of rules: what just breaks one, and what just does not."""

from __future__ import annotations

from typing import Any

import pytest

from policy.model import UNKNOWN, Secret
from tests.policy.pools import KEY_VAULT, MONITOR, URL, found, pool, pool_with, texts

NAT_POOLS = ("networkConfiguration", "endpointConfiguration", "inboundNatPools")
PROVISION = ("networkConfiguration", "publicIPAddressConfiguration", "provision")
MACHINE = ("deploymentConfiguration", "virtualMachineConfiguration")


def extension(publisher: str, type_: str) -> dict[str, str]:
    return {"name": "one", "publisher": publisher, "type": type_}


# the allow list


@pytest.mark.parametrize(
    ("one", "values", "said"),
    [
        (MONITOR, {}, ""),
        (extension("microsoft.azure.monitor", "AZUREMONITORLINUXAGENT"), {}, ""),
        (extension("Contoso", "Agent"), {}, "ask Azure support to allow it"),
        (extension("Contoso", "Agent"), {"alsoAllowed": ["contoso/AGENT"]}, ""),
        (extension("Microsoft.Azure.KeyVault", "KeyVaultForLinx"), {}, "did you mean KeyVaultForLinux?"),
        (extension("Microsoft.Azure.Vault", "KeyVaultForLinux"), {}, "use the publisher Microsoft.Azure.KeyVault"),
        (MONITOR, {"only": ["Microsoft.Azure.KeyVault/KeyVaultForLinux"]}, "not on the list `only`"),
        (KEY_VAULT, {"only": ["Microsoft.Azure.KeyVault/KeyVaultForLinux"]}, ""),
        (
            extension("Microsoft.OSTCExtensions", "CustomScriptForLinux"),
            {"alsoAllowed": ["*/*"]},
            "reserves for itself",
        ),
        (extension("Contoso", UNKNOWN), {}, ""),
    ],
)
def test_the_allow_list_can_be_widened_and_narrowed(one: Any, values: dict[str, Any], said: str) -> None:
    found_texts = texts("extension-allowed", pool_with(one), **values)
    assert bool(found_texts) == bool(said)
    assert said in "".join(found_texts)


# dates


@pytest.mark.parametrize(("days", "said"), [(0, 0), (666, 0), (669, 1)])
def test_an_end_that_comes_is_told_as_many_days_ahead_as_asked(days: int, said: int) -> None:
    # DSC ends on 2028-03-31, 669 days after the day of these tests
    dsc = extension("Microsoft.Powershell", "DSC")
    assert len(found("extension-retirement", pool_with(dsc), warnDays=days)) == said


def test_a_node_agent_tells_of_the_end_where_the_image_is_ones_own() -> None:
    own = {"imageReference": {"id": "/subscriptions/s/x/galleries/g"}, "nodeAgentSkuId": "batch.node.ubuntu 20.04"}
    assert texts("image-retirement", pool({MACHINE: own})) == [
        "deploymentConfiguration.virtualMachineConfiguration.nodeAgentSkuId: Batch's support of the node agent ended "
        'on 2025-04-23, got "batch.node.ubuntu 20.04"; use an image of batch.node.ubuntu 24.04'
    ]


# certificates


@pytest.mark.parametrize("form", [f"{URL}/0a1b", {"url": f"{URL}/0a1b"}])
@pytest.mark.parametrize("type_", ["KeyVaultForLinux", "KeyVaultForWindows"])
def test_a_pinned_certificate_is_found_in_each_form(form: Any, type_: str) -> None:
    def one(url: Any) -> dict[str, Any]:
        return {**KEY_VAULT, "type": type_, "settings": {"secretsManagementSettings": {"observedCertificates": [url]}}}

    assert len(found("certificate-version", pool_with(one(form)))) == 1
    assert found("certificate-version", pool_with(one(URL))) == []


# secrets


@pytest.mark.parametrize(
    ("value", "plain"),
    [("hush", True), (Secret("hush"), False), (UNKNOWN, False), (Secret(UNKNOWN), False), (None, False)],
)
def test_a_value_that_the_program_marks_is_no_longer_told_of(value: Any, plain: bool) -> None:
    for settings in ({"key": value}, {"deep": [{"key": value}]}):
        assert bool(found("protected-values-secret", pool_with({**MONITOR, "protectedSettings": settings}))) == plain
    whole = {**MONITOR, "protectedSettings": Secret({"key": "hush"})}
    assert found("protected-values-secret", pool_with(whole)) == []


def test_passwords_and_keys_beside_the_extensions_are_found_too() -> None:
    change = {
        ("userAccounts",): [{"name": "admin", "password": "hush1"}],
        ("mountConfiguration",): [{"azureBlobFileSystemConfiguration": {"sasKey": "hush2", "accountName": "a"}}],
    }
    said = texts("protected-values-secret", pool(change))
    assert [text.partition(":")[0] for text in said] == [
        "userAccounts[0].password",
        "mountConfiguration[0].azureBlobFileSystemConfiguration.sasKey",
    ]
    assert "hush" not in "".join(said)


@pytest.mark.parametrize(
    "settings",
    [
        {"storageAccountKey": "hush0000hush"},
        {"nested": [{"Password": "hush0000hush"}]},
        {"url": "https://x.blob.core.windows.net/c?sv=1&sig=hush0000hush"},
        {"connection": "DefaultEndpointsProtocol=https;AccountKey=hush0000hush=="},
        {"file": "-----BEGIN RSA PRIVATE KEY-----\nhush0000hush"},
        '{"storageAccountKey": "hush0000hush"}',
        Secret({"storageAccountKey": "hush0000hush"}),
    ],
)
def test_what_looks_like_a_secret_in_settings_is_found_and_not_shown(settings: Any) -> None:
    (text,) = texts("settings-without-secrets", pool_with({**MONITOR, "settings": settings}))
    assert "hush" not in text


@pytest.mark.parametrize(
    "settings",
    [
        {"keyExportable": True, "secretsManagementSettings": {"pollingIntervalInS": "3600"}},
        {"storageAccountKey": ""},
        {"publicKey": "ssh-rsa AAAA", "workspaceId": "00000000-0000-0000-0000-000000000001"},
        "not JSON",
        None,
    ],
)
def test_settings_that_are_no_secrets_are_left_alone(settings: Any) -> None:
    assert found("settings-without-secrets", pool_with({**MONITOR, "settings": settings})) == []


# endpoints


def rule(priority: Any, access: Any, prefix: Any) -> dict[str, Any]:
    return {"priority": priority, "access": access, "sourceAddressPrefix": prefix}


@pytest.mark.parametrize(
    ("rules", "is_open"),
    [
        (None, True),
        ([], True),
        ([rule(150, "Allow", "*")], True),
        ([rule(150, "Allow", "Internet")], True),
        ([rule(150, "Allow", "0.0.0.0/0")], True),
        ([rule(150, "allow", "::/0")], True),
        ([rule(150, "Allow", "10.0.0.0/8")], False),
        ([rule(200, "Deny", "*"), rule(150, "Allow", "203.0.113.7")], False),
        ([rule(200, "Allow", "*"), rule(150, "Deny", "*")], False),
        ([rule(150, "Allow", "*"), rule(200, "Deny", "*")], True),
        ([rule(150, "Allow", UNKNOWN)], False),
        ([rule(UNKNOWN, "Allow", "*")], False),
        ([UNKNOWN], False),
        (UNKNOWN, False),
    ],
)
def test_an_endpoint_is_open_when_the_first_rule_about_everybody_allows(rules: Any, is_open: bool) -> None:
    endpoint = {"name": "rdp", "backendPort": 3389, "networkSecurityGroupRules": rules}
    assert bool(found("inbound-endpoints", pool({NAT_POOLS: [endpoint]}))) == is_open


def test_a_port_that_may_be_open_is_left_alone_and_no_other() -> None:
    endpoints = [{"name": "web", "backendPort": 443}, {"name": "ssh", "backendPort": 22}]
    (text,) = texts("inbound-endpoints", pool({NAT_POOLS: endpoints}), openPorts=[443])
    assert "ssh (SSH)" in text


# addresses and tags


@pytest.mark.parametrize(
    ("provision", "said"), [("UserManaged", 0), ("noPublicIPAddresses", 0), (None, 1), (UNKNOWN, 0), (Secret("X"), 1)]
)
def test_addresses_that_batch_manages_are_told_of(provision: Any, said: int) -> None:
    assert len(found("public-addresses", pool({PROVISION: provision}))) == said


@pytest.mark.parametrize(
    ("tags", "said"),
    [({"Environment": "prod"}, 0), ({"environment": ""}, 1), ({}, 1), (None, 1), ({"environment": UNKNOWN}, 0)],
)
def test_tags_that_are_asked_for_must_be_there_and_say_something(tags: Any, said: int) -> None:
    assert len(found("required-tags", pool({("tags",): tags}), tags=["environment"])) == said
    assert len(found("required-tags", pool({("resourceTags",): tags}), resourceTags=["environment"])) == said
