"""Limits of names, ids, URLs and durations."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ConfigDict, TypeAdapter, ValidationError

from extension_pool.azure_types import (
    AbsolutePath,
    AccountName,
    BackendPort,
    BatchPercent,
    ClientId,
    DiskSize,
    DisplayName,
    EvaluationInterval,
    FrontendPort,
    HandlerVersion,
    HttpUrl,
    IsoDuration,
    LaterOr,
    Lun,
    NatPoolName,
    NodeCount,
    Percent,
    PollingInterval,
    PollingSeconds,
    PoolName,
    Port,
    ResizeTimeout,
    ResourceGroupName,
    RetryCount,
    RulePriority,
    SecretUrl,
    SecretUrlWithoutVersion,
    SourcePorts,
    TaskSlots,
    UserAssignedIdentityId,
    UserName,
    VaultId,
    VaultName,
    WindowsStoreLocation,
    duration_in_seconds,
    has_version,
    is_promise,
    parse_identity_id,
    spell_identity_id,
)
from extension_pool.problems import Later

SUB = "/subscriptions/s/resourceGroups/rg/providers"


def accepts(kind: Any, value: Any) -> bool:
    try:
        TypeAdapter(kind, config=ConfigDict(strict=True, arbitrary_types_allowed=True)).validate_python(value)
    except ValidationError:
        return False
    return True


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        (PoolName, ["a", "a-b_C", "x" * 64], ["", "a b", "x" * 65, "a.b", "a\n", 5]),
        (AccountName, ["abc", "a1" * 12], ["ab", "Abc", "a-b", "a" * 25]),
        (ResourceGroupName, ["rg", "a.b-(c)_d", "x" * 90], ["", "a.", "x" * 91, "a/b"]),
        (VaultName, ["kv1", "my-vault-1"], ["k", "1kv", "a--b", "kv-", "x" * 25]),
        (NodeCount, [0, 5, 5.0], [-1, 5.5, "5", True]),
        (TaskSlots, [1, 256], [0, 257]),
        (PollingInterval, ["3600", 3600, 300.0], ["", "0", "1h", "3600.5", -5, True, None]),
        (ResizeTimeout, ["PT5M", "PT1H", "P1D"], ["PT4M", "5", "PT", "P", "PT5", "pt5m"]),
        (EvaluationInterval, ["PT5M", "PT168H"], ["PT299S", "PT169H"]),
        (
            SecretUrl,
            [
                "https://kv1.vault.azure.net/secrets/tls",
                "https://kv1.vault.azure.net/secrets/tls/0123456789abcdef0123456789abcdef",
                "https://kv1.vault.azure.cn/secrets/tls",
                "https://kv1.vault.usgovcloudapi.net/secrets/tls",
                "https://kv1.vault.sovcloud-api.fr/secrets/tls",
            ],
            [
                "http://kv1.vault.azure.net/secrets/tls",
                "https://kv1.vault.azure.net/certificates/tls",
                "https://kv1.vault.azure.net/secrets/",
                "https://kv1.azure.net/secrets/tls",
                "kv1/secrets/tls",
            ],
        ),
        (
            UserAssignedIdentityId,
            [
                f"{SUB}/Microsoft.ManagedIdentity/userAssignedIdentities/it",
                # as Azure itself sometimes answers
                "/subscriptions/s/resourcegroups/rg/providers/microsoft.managedidentity/userassignedidentities/it",
            ],
            ["it", f"{SUB}/Microsoft.KeyVault/vaults/kv", f"{SUB}/Microsoft.ManagedIdentity/userAssignedIdentities/"],
        ),
        (DisplayName, ["x", "ü" * 1024], ["", "x" * 1025]),
        (UserName, ["app", "Zoë", "x" * 20], ["", "x" * 21]),
        (NatPoolName, ["a", "ssh", "a.b-c_1", "x" * 77], ["", "-a", "a-", "a.", "a b", "x" * 78]),
        (SourcePorts, ["*", "22", "100-200"], ["", "a", "1-2-3", "-1"]),
        (HandlerVersion, ["3.0", "1.10", "1.14.0.6", "3"], ["", "v3", "3.", "latest", 3.0]),
        (ClientId, ["885b1a3d-f13c-4030-afcf-9f05044d78dc"], ["", "it", f"{SUB}/x/y"]),
        (AbsolutePath, ["/", "/var/lib"], ["", "var", "LocalMachine", "C:\\certs"]),
        (WindowsStoreLocation, ["LocalMachine", "CurrentUser"], ["localmachine", "MY", ""]),
        (HttpUrl, ["https://a.b/c", "http://x"], ["", "a.b", "ftp://a", "https://a b"]),
        (
            SecretUrlWithoutVersion,
            ["https://kv1.vault.azure.net/secrets/tls"],
            ["https://kv1.vault.azure.net/secrets/tls/0123456789abcdef", "kv1"],
        ),
        (Port, [1, 65535, 80.0], [0, 65536, "80", True]),
        (BackendPort, [22, 29875, 29878, 65535], [0, 29876, 29877, 65536]),
        (FrontendPort, [1, 49999, 55001, 65534], [0, 50000, 55000, 65535]),
        (RulePriority, [150, 4096], [149, 4097]),
        (Lun, [0, 63], [-1, 64]),
        (DiskSize, [1, 4096], [0]),
        (RetryCount, [-1, 0, 9], [-2]),
        (Percent, [0, 100], [-1, 101]),
        (BatchPercent, [5, 100], [4, 101]),
        (PollingSeconds, ["1", "3600"], [3600, "0", "1h", ""]),
        (IsoDuration, ["PT0S", "PT1H", "P3D"], ["", "1h"]),
        (VaultId, [f"{SUB}/Microsoft.KeyVault/vaults/kv"], ["kv", "https://kv.vault.azure.net"]),
    ],
)
def test_limits(kind: Any, good: list[Any], bad: list[Any]) -> None:
    assert [value for value in good if not accepts(kind, value)] == []
    assert [value for value in bad if accepts(kind, value)] == []


def test_seconds_come_out_as_text() -> None:
    for spelling in ("3600", 3600, 3600.0):
        assert TypeAdapter(PollingInterval).validate_python(spelling) == "3600"


def test_what_is_known_later_passes_every_type() -> None:
    later = Later(object())
    assert accepts(LaterOr[PoolName], later) and accepts(LaterOr[NodeCount], later)
    assert not accepts(PoolName, later)


def test_an_output_passes_as_a_later_value_and_so_does_what_is_awaited() -> None:
    class LikeAnOutput:
        def apply(self) -> None: ...

    async def wait() -> str:
        return "x"

    output, awaited = LikeAnOutput(), wait()
    kind = TypeAdapter(LaterOr[PoolName], config=ConfigDict(strict=True, arbitrary_types_allowed=True))
    for promise in (output, awaited):
        later = kind.validate_python(promise)
        assert isinstance(later, Later) and later.value is promise
    awaited.close()
    assert not is_promise("x") and not is_promise({"apply": 1})


def test_a_version_in_the_url_of_a_secret_is_seen() -> None:
    assert has_version("https://kv1.vault.azure.net/secrets/tls/0123456789abcdef")
    assert not has_version("https://kv1.vault.azure.net/secrets/tls/")


@given(days=st.integers(0, 9), hours=st.integers(0, 99), minutes=st.integers(0, 99), seconds=st.integers(0, 99))
def test_durations_are_read_as_written(days: int, hours: int, minutes: int, seconds: int) -> None:
    text = f"P{days}DT{hours}H{minutes}M{seconds}S"
    assert duration_in_seconds(text) == ((days * 24 + hours) * 60 + minutes) * 60 + seconds


@given(st.text(max_size=20))
def test_any_text_is_a_duration_or_none(text: str) -> None:
    seconds = duration_in_seconds(text)
    assert seconds is None or (text.startswith("P") and seconds >= 0)


def test_parts_of_a_resource_id() -> None:
    assert parse_identity_id(f"{SUB}/Microsoft.ManagedIdentity/userAssignedIdentities/it") == ("s", "rg", "it")
    with pytest.raises(ValueError, match="not the id of a resource"):
        parse_identity_id("it")


VAULT = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/kv1"


@pytest.mark.parametrize(
    ("kind", "written", "spelled"),
    [
        (VaultId, "/SUBSCRIPTIONS/S/resourcegroups/RG/Providers/microsoft.keyvault/VAULTS/Kv1", VAULT),
        (VaultId, VAULT, VAULT),
        (SecretUrl, "https://KV1.vault.azure.net/secrets/Tls", "https://kv1.vault.azure.net/secrets/Tls"),
    ],
)
def test_spellings_that_azure_takes_for_the_same_become_one(kind: Any, written: str, spelled: str) -> None:
    assert TypeAdapter(kind).validate_python(written) == spelled


def test_an_identity_id_gets_arms_own_words_and_keeps_its_names() -> None:
    written = "/subscriptions/S/resourcegroups/RG/providers/microsoft.managedidentity/userassignedidentities/It"
    meant = "/subscriptions/S/resourceGroups/RG/providers/Microsoft.ManagedIdentity/userAssignedIdentities/It"
    assert spell_identity_id(written) == spell_identity_id(meant) == meant
    assert spell_identity_id("/subscriptions/S") == "/subscriptions/S"
