"""docs/stack-file.schema.json describes the stack files that a preview takes, and no others."""

import copy
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator

from extension_pool.extensions import REGISTRY
from extension_pool.images import aliases
from extension_pool.problems import InvalidInput, Later
from extension_pool.stack_config import NAMESPACE, find_secure, mark_secrets, parse_stack_config
from extension_pool.stack_schema import build_stack_schema, render_stack_schema

ROOT = Path(__file__).parents[2]
SCHEMA = ROOT / "docs" / "stack-file.schema.json"
STACKS = sorted((ROOT / "stacks").glob("Pulumi.*.yaml"))
COMMAND = "make generate"

VALIDATOR = Draft7Validator(build_stack_schema())

POOL = {
    "image": "ubuntu-24.04",
    "vmSize": "Standard_D2s_v5",
    "userAccounts": [{"name": "render", "password": "x"}],
    "startTask": {"commandLine": "true", "maxTaskRetryCount": 1},
}
STACK: dict[str, Any] = {
    "config": {
        "azure-native:location": "westeurope",
        f"{NAMESPACE}:resourceGroup": {"name": "rg"},
        f"{NAMESPACE}:batchAccount": {"name": "account1"},
        f"{NAMESPACE}:keyVault": {"name": "kv-one"},
        f"{NAMESPACE}:pools": {"linux": POOL},
    }
}
SECURE = {"secure": "v1:abc"}


def errors(document: Any) -> list[str]:
    return [error.message for error in VALIDATOR.iter_errors(document)]


def preview_takes(document: Any) -> bool:
    """Whether the program itself takes the stack file."""
    keys = {key.removeprefix(f"{NAMESPACE}:"): value for key, value in document["config"].items()}
    ours = {key: value for key, value in keys.items() if ":" not in key}
    try:
        parse_stack_config(mark_secrets(ours, find_secure(document), lambda value: value), date(2026, 1, 1))
    except InvalidInput:
        return False
    return True


def changed(path: str, value: Any) -> Any:
    """The stack with a value at a path of the pool, or None: with the key taken away."""
    document = copy.deepcopy(STACK)
    *way, last = path.split(".")
    place = document["config"][f"{NAMESPACE}:pools"]["linux"]
    for key in way:
        place = place[int(key)] if isinstance(place, list) else place[key]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return document


def test_the_schema_is_current() -> None:
    if SCHEMA.read_text(encoding="utf-8") != render_stack_schema():
        pytest.fail(f"docs/stack-file.schema.json is not what the code says; run: {COMMAND}")


def test_the_schema_is_one() -> None:
    Draft7Validator.check_schema(build_stack_schema())


@pytest.mark.parametrize("stack", STACKS, ids=lambda path: path.name)
def test_the_stacks_of_this_project_fit_and_tell_editors_of_the_schema(stack: Path) -> None:
    text = stack.read_text(encoding="utf-8")
    assert errors(yaml.safe_load(text)) == []
    first_line = text.partition("\n")[0]
    assert first_line == "# yaml-language-server: $schema=../docs/stack-file.schema.json"
    assert (stack.parent / first_line.partition("=")[2]).resolve() == SCHEMA


RIGHT: dict[str, Any] = {
    "as it is": STACK,
    "an alias in capitals": changed("image", "Ubuntu-24.04"),
    "a secret at a leaf": changed("userAccounts.0.password", SECURE),
    "a secret in settings": changed(
        "extensions",
        [
            {
                "name": "AzureMonitorLinuxAgent",
                "publisher": "Microsoft.Azure.Monitor",
                "type": "AzureMonitorLinuxAgent",
                "protectedSettings": {"proxy": SECURE},
            }
        ],
    ),
    "a bare URL": changed("keyVaultCertificates", ["https://kv-one.vault.azure.net/secrets/tls"]),
    "keys without the namespace": {
        "config": {key.removeprefix(f"{NAMESPACE}:"): value for key, value in STACK["config"].items()}
    },
    "a file of Pulumi's own keys": {"secretsprovider": "passphrase", "encryptionsalt": "v1:x", **STACK},
}
WRONG: dict[str, Any] = {
    "an unknown key": changed("vmsize", "x"),
    "a word of Python": changed("display_name", "x"),
    "a missing key": changed("vmSize", None),
    "a number for a text": changed("vmSize", 5),
    "a text for a number": changed("startTask.maxTaskRetryCount", "3"),
    "a text for a list": changed("applicationLicenses", "maya"),
    "a word that is none of the allowed": changed("interNodeCommunication", "On"),
    "a number above the limit": changed("taskSlotsPerNode", 257),
    "a number below the limit": changed("scaleSettings", {"fixedScale": {"targetDedicatedNodes": -1}}),
    "a secret for a mapping": changed("startTask", SECURE),
    "a secret where a name must be known": changed("image", SECURE),
    "a misspelt key of ours": {"config": {**STACK["config"], f"{NAMESPACE}:pool": {}}},
    "no pools": {"config": {key: value for key, value in STACK["config"].items() if not key.endswith("pools")}},
    "an empty list of pools": {"config": {**STACK["config"], f"{NAMESPACE}:pools": {}}},
}


@pytest.mark.parametrize("document", RIGHT.values(), ids=RIGHT)
def test_what_a_preview_takes_fits(document: Any) -> None:
    assert errors(document) == []
    assert preview_takes(document)


@pytest.mark.parametrize("document", WRONG.values(), ids=WRONG)
def test_what_a_preview_refuses_does_not_fit(document: Any) -> None:
    assert errors(document) != []
    assert not preview_takes(document)


def test_every_key_is_explained_in_the_words_of_stack_files() -> None:
    schema = build_stack_schema()
    keys = [*described(schema["definitions"]), *described(schema["properties"]["config"]["properties"])]
    assert len(keys) > 150
    assert [key for key, text in keys if not text] == []
    assert not [text for _, text in keys if "image_reference" in text or "key_vault" in text]


def described(mapping: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Each property below a mapping of schemas with its description."""
    for name, schema in mapping.items():
        for part in (schema, *schema.get("anyOf", ())):
            for key, value in part.get("properties", {}).items():
                if name != "Secure":
                    yield f"{name}.{key}", value.get("description", "")


def test_editors_complete_the_names_of_images_and_of_extensions() -> None:
    definitions = build_stack_schema()["definitions"]
    assert definitions["Pool"]["properties"]["image"]["anyOf"][0]["enum"] == list(aliases())
    assert {kind.type for kind in REGISTRY} == set(definitions["Extension"]["properties"]["type"]["anyOf"][0]["enum"])


def test_a_secret_may_stand_where_a_value_may_be_known_later() -> None:
    places = [path for path in ("vmSize", "displayName") if errors(changed(path, SECURE)) == []]
    assert places == ["vmSize", "displayName"]
    assert isinstance(mark_secrets({"a": SECURE}, frozenset({("a",)}), lambda value: value)["a"], Later)
