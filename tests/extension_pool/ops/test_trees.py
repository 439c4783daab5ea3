import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extension_pool.ops.secret_names import HIDDEN
from extension_pool.ops.trees import find_differences, mask

KEY_VAULT = {
    "secretsManagementSettings": {
        "pollingIntervalInS": "3600",
        "requireInitialSync": True,
        "observedCertificates": [{"url": "https://kv.vault.azure.net/secrets/tls", "keyType": "RSA"}],
    },
    "authenticationSettings": {"msiClientId": "36f41ef8-aed8-4ee3-84bd-d95dad3f32bb"},
}


def test_key_vault_settings_are_shown_as_they_are() -> None:
    assert mask(KEY_VAULT) == KEY_VAULT


@pytest.mark.parametrize(
    "name",
    [
        "password",
        "adminPassword",
        "storageAccountKey",
        "sasToken",
        "client_secret",
        "SECRET",
        "connectionString",
        "PAT",
        "password:",
        "sas:uri",
        "connection/string",
    ],
)
def test_a_value_under_a_name_of_a_secret_is_masked_at_any_depth(name: str) -> None:
    assert mask({"a": [{name: "hush"}]}) == {"a": [{name: HIDDEN}]}
    assert mask({name: {"deep": ["hush", {"x": 12}]}}) == {name: {"deep": [HIDDEN, {"x": HIDDEN}]}}
    assert mask({name: None, "b": 1}) == {name: None, "b": 1}


@pytest.mark.parametrize("name", ["keyVaultUrl", "keyType", "secretsManagementSettings", "tokenLifetime", "monkey"])
def test_a_value_under_a_name_that_only_holds_such_a_word_is_shown(name: str) -> None:
    assert mask({name: "open"}) == {name: "open"}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://a.blob.core.windows.net/x?sv=1&sig=hush%2B&se=2", f"https://a.blob.core.windows.net/x?sv=1&sig={HIDDEN}&se=2"),
        ("AccountName=a;AccountKey=hush==;EndpointSuffix=b", f"AccountName=a;AccountKey={HIDDEN};EndpointSuffix=b"),
        ("InstrumentationKey=hush;IngestionEndpoint=https://b", f"InstrumentationKey={HIDDEN};IngestionEndpoint=https://b"),
        ("https://user:hush@host/x", f"https://user:{HIDDEN}@host/x"),
        ("https://host:8080/x", "https://host:8080/x"),
        ("StorageKey=hush;x=1", f"StorageKey={HIDDEN};x=1"),
        ("key \t=  hush&hush<hush;x=1", f"key \t=  {HIDDEN};x=1"),
        ("AccountKey=hush<hush", f"AccountKey={HIDDEN}"),
        ("mypwd  = hush<hush&x=1", f"mypwd  = {HIDDEN}&x=1"),
        ("https://a/x?sig=hush<hush&x=1", f"https://a/x?sig={HIDDEN}&x=1"),
    ],
)  # fmt: skip
def test_a_secret_within_a_text_is_masked(text: str, shown: str) -> None:
    assert mask({"uri": text}) == {"uri": shown}


trees = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**6), 10**6) | st.text(st.characters(codec="ascii"), max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", min_size=1), inner, max_size=3),
    max_leaves=12,
)
settings_trees = st.dictionaries(st.text("abc", min_size=1, max_size=4), trees, max_size=4)


@settings(deadline=None)
@given(settings_trees)
def test_settings_are_the_same_in_every_shape_that_the_service_gives_them(tree: dict[str, object]) -> None:
    as_strings = {
        key: value if isinstance(value, str) else json.dumps(value) for key, value in tree.items() if value is not None
    }
    assert list(find_differences(tree, tree)) == []
    assert list(find_differences(tree, json.dumps(tree, indent=2).replace("\n", "\r\n"))) == []
    assert list(find_differences(tree, as_strings)) == []


def differences(mine: object, theirs: object) -> list[tuple[str, str]]:
    return [(".".join(path), word) for path, word in find_differences(mine, theirs, hidden="[hidden]")]


def test_a_difference_is_told_by_its_path_and_never_by_its_value() -> None:
    theirs = json.loads(json.dumps(KEY_VAULT))
    theirs["secretsManagementSettings"]["pollingIntervalInS"] = "60"
    theirs["secretsManagementSettings"]["observedCertificates"][0]["url"] = "https://other"
    theirs["authenticationSettings"] = {"msiEndpoint": "http://x"}
    assert differences(KEY_VAULT, theirs) == [
        ("authenticationSettings.msiClientId", "was removed"),
        ("authenticationSettings.msiEndpoint", "was added"),
        ("secretsManagementSettings.observedCertificates.0.url", "differs"),
        ("secretsManagementSettings.pollingIntervalInS", "differs"),
    ]


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        (3600, "3600"),
        (3600.0, 3600),
        (True, "true"),
        (False, "False"),
        (None, {}),
        (None, {"a": None}),
        ({"a": 1, "b": None}, {"a": "1"}),
        ("/subscriptions/0/resourceGroups/RG", "/subscriptions/0/resourcegroups/rg"),
        ("[hidden]", "anything"),
        ({"a": "[hidden]"}, {}),
    ],
)
def test_what_means_the_same_is_no_difference(mine: object, theirs: object) -> None:
    assert differences({"x": mine}, {"x": theirs}) == []


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        (3600, "360"),
        (True, "1"),
        (True, "false"),
        ("a", "A"),
        ([1, 2], [2, 1]),
        ([1], [1, 2]),
        ({"a": 1}, [1]),
        (0, None),
    ],
)
def test_what_means_something_else_is_a_difference(mine: object, theirs: object) -> None:
    found = differences({"x": mine}, {"x": theirs})
    assert found and all(path.split(".")[0] == "x" for path, _ in found)
