"""Keys with dots, as `pulumi new` and `pulumi config set` without --path write them; certificates by their names."""

from datetime import date
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from extension_pool.problems import InvalidInput, Later
from extension_pool.program import load_stack_config
from extension_pool.stack_config import StackConfig, parse_stack_config
from extension_pool.stack_schema import build_stack_schema
from extension_pool.testing import Secret, run_program

TODAY = date(2026, 6, 1)
POOL = {"image": "ubuntu-24.04", "vmSize": "Standard_D2s_v5"}
WHOLE: dict[str, Any] = {
    "resourceGroup": {"name": "rg"},
    "batchAccount": {"name": "account1"},
    "keyVault": {"name": "kv-certificates"},
    "pools": {"linux": POOL},
}


def parse(**changes: Any) -> StackConfig:
    return parse_stack_config({**WHOLE, **changes}, TODAY)


def problems(**changes: Any) -> list[str]:
    with pytest.raises(InvalidInput) as caught:
        parse(**changes)
    return str(caught.value).splitlines()


def urls(*certificates: Any, **changes: Any) -> list[Any]:
    config = parse(pools={"linux": {**POOL, "keyVaultCertificates": list(certificates)}}, **changes)
    return [one.url for one in config.pools["linux"].key_vault_certificates or []]


def test_a_key_with_dots_is_a_place_and_goes_before_the_mapping() -> None:
    config = parse(**{"keyVault.name": "kv-mine", "batchAccount.create": True, "batchAccount.name": "mine"})
    assert config.key_vault is not None and config.key_vault.name == "kv-mine"
    assert (config.batch_account.name, config.batch_account.create) == ("mine", True)
    assert parse(**{"pools.linux.taskSlotsPerNode": 4}).pools["linux"].task_slots_per_node == 4
    # whatever else is there stays
    assert config.resource_group.name == "rg" and set(config.pools) == {"linux"}


def test_it_makes_the_mapping_that_is_not_there() -> None:
    given = {key: value for key, value in WHOLE.items() if key != "batchAccount"}
    config = parse_stack_config({**given, "batchAccount.name": "mine"}, TODAY)
    assert config.batch_account.name == "mine"


def test_what_is_wrong_with_it_is_told_of_its_place() -> None:
    (problem,) = problems(**{"keyVault.nam": "kv-mine"})
    assert problem == "extension-pool:keyVault.nam: unknown key of keyVault; did you mean name?"
    (problem,) = problems(**{"keyVault.name": "kv"})
    assert problem.startswith("extension-pool:keyVault.name: ")
    (problem,) = problems(**{"foo.bar": 1})
    assert "foo.bar" in problem and "unknown key" in problem
    # it leads through a text
    (problem,) = problems(**{"keyVault.name.first": "kv-mine"})
    assert "keyVault.name.first" in problem and "unknown key" in problem


@given(
    st.dictionaries(
        st.lists(st.sampled_from(["keyVault", "name", "create", "x", ""]), min_size=1, max_size=4).map(".".join),
        st.one_of(st.text(max_size=3), st.booleans(), st.none(), st.dictionaries(st.text(max_size=2), st.text())),
        max_size=4,
    )
)
def test_whatever_stands_there_ends_in_a_configuration_or_in_problems(values: dict[str, Any]) -> None:
    try:
        assert parse(**values).resource_group.name == "rg"
    except InvalidInput as error:
        assert error.problems and all(one.path[0] != "" for one in error.problems)


def test_the_order_of_the_keys_does_not_matter() -> None:
    values = {"keyVault.name": "kv-mine", **WHOLE}
    assert parse_stack_config(values, TODAY) == parse_stack_config(dict(reversed(values.items())), TODAY)


def test_a_certificate_by_its_name_is_a_secret_of_the_stacks_vault() -> None:
    url = "https://kv-certificates.vault.azure.net/secrets/web-tls"
    assert urls("web-tls") == urls({"url": "web-tls"}) == urls(url) == [url]
    assert urls("web-tls", **{"keyVault.name": "kv-mine"}) == ["https://kv-mine.vault.azure.net/secrets/web-tls"]
    elsewhere = "https://kv-other.vault.usgovcloudapi.net/secrets/web-tls"
    assert urls(elsewhere, "web-tls") == [elsewhere, url]


def test_its_options_stay() -> None:
    given = {"url": "web-tls", "customSymbolicLinkName": "web"}
    pools = {"linux": {**POOL, "keyVaultCertificates": [given]}}
    (found,) = parse(pools=pools).pools["linux"].key_vault_certificates or []
    assert found.custom_symbolic_link_name == "web"
    assert given["url"] == "web-tls"


def test_without_the_stacks_vault_a_name_is_no_url() -> None:
    pool = {**POOL, "keyVaultCertificates": ["web-tls"], "keyVaultAccess": []}
    (problem,) = problems(keyVault=None, pools={"linux": pool})
    assert problem.startswith("extension-pool:pools.linux.keyVaultCertificates[0]")
    assert 'must be the URL of a secret in a key vault, got "web-tls"' in problem


@pytest.mark.parametrize("typed", ["web tls", "https:/kv", "a/b", "x" * 128])
def test_what_is_no_name_is_told_as_it_was_typed(typed: str) -> None:
    (problem,) = problems(pools={"linux": {**POOL, "keyVaultCertificates": [typed]}})
    assert f'must be the URL of a secret in a key vault, got "{typed[:40]}' in problem


def test_a_secret_at_a_key_with_dots_stays_secret(tmp_path: Path) -> None:
    loaded: list[StackConfig] = []
    (tmp_path / "Pulumi.test.yaml").write_text(
        "config: {'extension-pool:pools.linux.displayName': {secure: v1:x}}", encoding="utf-8"
    )
    config = {**WHOLE, "pools.linux.displayName": Secret("hidden"), "azure-native:location": "westeurope"}
    run_program(
        lambda: loaded.append(load_stack_config(tmp_path, TODAY)), config=config, project="extension-pool", stack="test"
    )
    assert isinstance(loaded[0].pools["linux"].display_name, Later)


def test_editors_take_keys_with_dots_and_names_and_still_find_misspelt_keys() -> None:
    schema = build_stack_schema()

    def accepts(**more: Any) -> bool:
        keys = {f"extension-pool:{key}": value for key, value in {**WHOLE, **more}.items()}
        return jsonschema.Draft7Validator(schema).is_valid({"config": keys})

    assert accepts(**{"keyVault.name": "kv-mine"})
    assert accepts(pools={"linux": {**POOL, "keyVaultCertificates": ["web-tls", {"url": "web-tls"}]}})
    assert not accepts(keyVolt={"name": "kv-mine"})
    assert not accepts(**{"keyVolt.name": "kv-mine"})
