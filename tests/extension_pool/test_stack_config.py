"""A stack file in the operator's words: what it may say, and how mistakes are named."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from extension_pool.problems import InvalidInput, Later
from extension_pool.stack_config import (
    StackConfig,
    find_secure,
    mark_secrets,
    parse_stack_config,
    pool_arguments,
    settings_leaves,
    wants_stack_vault,
    warn_of_clear_text,
)

UNLISTED = {"name": "x", "publisher": "P", "type": "T", "allowUnlisted": True}
TODAY = date(2026, 6, 1)
STACKS = Path(__file__).parents[2] / "stacks"


def values(**changes: Any) -> dict[str, Any]:
    """A whole stack; a test changes the keys it is about, None takes one away."""
    whole: dict[str, Any] = {
        "resourceGroup": {"name": "rg"},
        "batchAccount": {"name": "account1"},
        "keyVault": {"name": "kv1"},
        "pools": {"linux": pool()},
        **changes,
    }
    return {key: value for key, value in whole.items() if value is not None}


def pool(**changes: Any) -> dict[str, Any]:
    whole = {"image": "ubuntu-24.04", "vmSize": "Standard_D2s_v5", **changes}
    return {key: value for key, value in whole.items() if value is not None}


def problems_of(config: dict[str, Any]) -> list[str]:
    with pytest.raises(InvalidInput) as caught:
        parse_stack_config(config, TODAY)
    return [problem.sentence() for problem in caught.value.problems]


def test_a_whole_stack() -> None:
    config = parse_stack_config(values(), TODAY)
    assert config.pools["linux"].vm_size == "Standard_D2s_v5"


@pytest.mark.parametrize("stack", ["dev", "staging", "prod"])
def test_the_stacks_of_this_project_are_right(stack: str) -> None:
    document = yaml.safe_load((STACKS / f"Pulumi.{stack}.yaml").read_text(encoding="utf-8"))
    config = {
        key.split(":")[1]: value for key, value in document["config"].items() if key.startswith("extension-pool:")
    }
    assert isinstance(parse_stack_config(config, TODAY), StackConfig)


@pytest.mark.parametrize(
    ("config", "sentences"),
    [
        (
            values(resourceGroup=None),
            ["extension-pool:resourceGroup: required, but missing; add it"],
        ),
        (
            values(pols={}),
            ["extension-pool:pols: unknown key; did you mean extension-pool:pools?"],
        ),
        (
            values(pools={"linux": pool(vmSize=5)}),
            ["extension-pool:pools.linux.vmSize: must be a string, got 5"],
        ),
        (
            values(pools={"linux": pool(vmSize=None, vm_size="x")}),
            # and not that vmSize is missing
            ["extension-pool:pools.linux.vm_size: unknown key of pools.linux; did you mean vmSize?"],
        ),
        (
            values(pools={"linux": pool(vmSize=None, vmSkuProfile={})}),
            [
                "extension-pool:pools.linux.vmSize: required, but missing; add it",
                "extension-pool:pools.linux.vmSkuProfile: needs API version 2026-08-01 or later, and the component "
                "speaks 2024-07-01; remove it, or keep this pool out of the component until azure-native sends "
                "2026-08-01",
            ],
        ),
        (
            values(pools={"linux": pool(imgae="x")}),
            ["extension-pool:pools.linux.imgae: unknown key of pools.linux; did you mean image?"],
        ),
        (
            values(pools={"linux": pool(scaleSettings={"fixedScale": {"targetDedicatedNode": 2}})}),
            [
                "extension-pool:pools.linux.scaleSettings.fixedScale.targetDedicatedNode: unknown key of "
                "pools.linux.scaleSettings.fixedScale; did you mean targetDedicatedNodes?"
            ],
        ),
        (
            values(pools={"linux": pool(keyVaultCertificates=["kv1/tls"])}),
            [
                "extension-pool:pools.linux.keyVaultCertificates[0]: must be the URL of a secret in a key vault, got "
                '"kv1/tls"; write https://VAULT.vault.azure.net/secrets/NAME (a certificate\'s secret has the '
                "certificate's name)"
            ],
        ),
        (
            values(pools={"linux": pool(extensions=[{"name": "x", "publisher": "P", "type": "CustomScript"}])}),
            [
                "extension-pool:pools.linux.extensions[0].type: custom script extensions are reserved for Azure Batch "
                'itself, got "CustomScript"; use the pool\'s start task to run a script'
            ],
        ),
        (
            values(pools={"a b": pool()}),
            ['extension-pool:pools.a b: as a name must be 1 to 64 letters, digits, hyphens or underscores, got "a b"; '
             "rename it"],
        ),
        (values(pools={}), ["extension-pool:pools: must not be empty, got {}"]),
        (values(pools=5), ["extension-pool:pools: must be a mapping, got 5"]),
        (values(pools={"linux": None}), ["extension-pool:pools.linux: must be a mapping, got null"]),
        (
            values(keyVault=None, pools={"linux": pool(keyVaultCertificates=["https://kv1.vault.azure.net/secrets/a"])}),
            [
                "extension-pool:pools.linux.keyVaultCertificates: the pool's identity has no access to a vault; name "
                "the vault under extension-pool:keyVault, or give the pool keyVaultAccess ([]: no grant)"
            ],
        ),
        (
            values(resourceGroup={"name": "rg", "create": True}),
            [
                "extension-pool:batchAccount: cannot be there already in a resource group that the stack creates, got "
                '"account1"; set create: true, or name its resource group'
            ],
        ),
    ],
)  # fmt: skip
def test_a_mistake_is_named_by_its_place_in_the_file(config: dict[str, Any], sentences: list[str]) -> None:
    assert problems_of(config) == sentences


def test_all_mistakes_are_named_at_once_of_every_kind_and_pool() -> None:
    config = values(
        batchAccount=None,
        pools={
            "linux": pool(vmSize=5, image="ubuntu-24.4"),
            "windows": pool(
                image="windows-server-2022", extensions=[5, {"name": "x", "publisher": "P", "type": "CustomScript"}]
            ),
        },
    )
    places = [sentence.split(": ")[0] for sentence in problems_of(config)]
    assert places == [
        "extension-pool:batchAccount",
        "extension-pool:pools.linux.vmSize",
        "extension-pool:pools.windows.extensions[0]",
        "extension-pool:pools.linux.image",
        "extension-pool:pools.windows.extensions[1].type",
    ]


def test_a_bare_url_and_an_object_mean_the_same() -> None:
    url = "https://kv1.vault.azure.net/secrets/tls"
    short, long = (
        parse_stack_config(values(pools={"linux": pool(keyVaultCertificates=[one])}), TODAY)
        for one in (url, {"url": url})
    )
    assert short == long
    assert pool_arguments(short.pools["linux"])["key_vault_certificates"] == [{"url": url}]


def test_a_pool_with_certificates_gets_the_stacks_vault_unless_it_says_otherwise() -> None:
    certificates = {"keyVaultCertificates": ["https://kv1.vault.azure.net/secrets/tls"]}
    config = parse_stack_config(
        values(pools={"a": pool(**certificates), "b": pool(), "c": pool(**certificates, keyVaultAccess=[])}), TODAY
    )
    assert [wants_stack_vault(one) for one in config.pools.values()] == [True, False, False]


def test_protection_is_said_in_the_stack_file_and_is_no_argument_of_the_component() -> None:
    config = parse_stack_config(values(pools={"a": pool(protect=True), "b": pool()}), TODAY)
    assert [one.protect for one in config.pools.values()] == [True, False]
    assert "protect" not in pool_arguments(config.pools["a"])


def test_secure_places_are_found_and_marked_and_carried_to_the_arguments() -> None:
    document = yaml.safe_load(
        """
        config:
          azure-native:clientSecret: {secure: x}
          extension-pool:pools:
            linux:
              extensions:
                - settings: {plain: 1, key: {secure: v1:abc}}
                  protectedSettings: {secure: v1:def}
          bare: {secure: v1:ghi}
        """
    )
    places = find_secure(document)
    assert places == {
        ("pools", "linux", "extensions", 0, "settings", "key"),
        ("pools", "linux", "extensions", 0, "protectedSettings"),
        ("bare",),
    }
    extension = {**UNLISTED, "settings": {"plain": 1, "key": "s"}}
    config = values(pools={"linux": pool(extensions=[{**extension, "protectedSettings": {"a": "s"}}])})
    marked = mark_secrets(config, places, lambda value: ("secret", value))
    arguments = pool_arguments(parse_stack_config(marked, TODAY).pools["linux"])
    assert arguments["extensions"][0]["settings"] == {"plain": 1, "key": ("secret", "s")}
    assert arguments["extensions"][0]["protected_settings"] == ("secret", {"a": "s"})


def test_protected_settings_in_clear_text_warn() -> None:
    def warnings(protected: Any) -> list[str]:
        extension = {**UNLISTED, "protectedSettings": protected}
        config = parse_stack_config(values(pools={"linux": pool(extensions=[extension])}), TODAY)
        return [notice.sentence() for notice in warn_of_clear_text(config)]

    assert warnings({}) == warnings(Later({"a": 1})) == warnings({"a": [Later("s")]}) == []
    (warning,) = warnings({"a": [Later("s"), "hunter2"]})
    assert warning.startswith("extension-pool:pools.linux.extensions[0].protectedSettings: stands in the stack file in")
    assert "hunter2" not in warning


def test_where_the_file_is_not_at_hand_every_setting_counts_as_secret() -> None:
    tree = {"linux": {"vmSize": "x", "extensions": [{"settings": {"a": [1]}, "protectedSettings": {"b": 2}}]}}
    assert settings_leaves(tree, ("pools",)) == {
        ("pools", "linux", "extensions", 0, "settings", "a", 0),
        ("pools", "linux", "extensions", 0, "protectedSettings", "b"),
    }


def test_a_secret_is_not_shown_in_a_mistake() -> None:
    config = values(pools={"linux": pool(vmSize=Later("hunter2"), image=Later("hunter2"), poolName="a b")})
    assert "hunter2" not in "\n".join(problems_of(config))


words = st.sampled_from(
    ["pools", "linux", "resourceGroup", "batchAccount", "keyVault", "name", "create", "image", "vmSize", "extensions",
     "type", "publisher", "settings", "protectedSettings", "scaleSettings", "fixedScale", "identity", "existing", "id",
     "keyVaultCertificates", "url", "metadata", "value", "zzz"]
)  # fmt: skip
trees = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8) | st.just(Later("s")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=5),
    max_leaves=25,
)


@given(st.dictionaries(words, trees, max_size=6))
def test_whatever_stands_in_a_stack_file_is_a_configuration_or_a_named_mistake(config: dict[str, Any]) -> None:
    try:
        parse_stack_config(config, TODAY)
    except InvalidInput as error:
        assert error.problems
        assert all(problem.sentence().startswith("extension-pool:") for problem in error.problems)


@given(trees)
def test_whatever_stands_in_a_pool_is_a_pool_or_a_named_mistake(tree: Any) -> None:
    try:
        parse_stack_config(values(pools={"linux": tree}), TODAY)
    except InvalidInput as error:
        assert all(problem.path[:2] == ("extension-pool:pools", "linux") for problem in error.problems)
