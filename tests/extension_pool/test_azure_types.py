"""Limits of names, ids, URLs and durations."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ConfigDict, TypeAdapter, ValidationError

from extension_pool.azure_types import (
    AccountName,
    EvaluationInterval,
    LaterOr,
    NodeCount,
    PollingInterval,
    PoolName,
    ResizeTimeout,
    ResourceGroupName,
    SecretUrl,
    TaskSlots,
    UserAssignedIdentityId,
    VaultId,
    VaultName,
    duration_in_seconds,
    parse_identity_id,
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
