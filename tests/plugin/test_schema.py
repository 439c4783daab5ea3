"""The package schema: what SDKs in other languages, and YAML, are made from."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import pytest
import yaml
from pydantic import BaseModel

from extension_pool.field_docs import docs_of_models
from extension_pool.languages.package import TOKEN, package_schema
from extension_pool.spec import PoolSpec

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "tests" / "goldens" / "plugin" / "schema.json"
SCHEMA = package_schema()
COMPONENT = SCHEMA["resources"][TOKEN]
FREE = {"extension-pool:index:Extension.settings", "extension-pool:index:Extension.protectedSettings"}


def owners() -> Iterator[tuple[str, dict[str, Any], list[str]]]:
    """Everything that has properties, with those that are required."""
    yield TOKEN, COMPONENT["inputProperties"], COMPONENT["requiredInputs"]
    yield f"{TOKEN} outputs", COMPONENT["properties"], COMPONENT["required"]
    for token, described in SCHEMA["types"].items():
        yield token, described["properties"], described.get("required", [])


PROPERTIES = {f"{owner}.{name}": one for owner, properties, _ in owners() for name, one in properties.items()}


def test_an_sdk_changes_only_when_somebody_looked_at_it() -> None:
    text = json.dumps({**SCHEMA, "version": "0.0.0"}, indent=2) + "\n"
    if os.environ.get("REWRITE_GOLDENS"):
        GOLDEN.write_text(text, encoding="utf-8")
    assert text == GOLDEN.read_text(encoding="utf-8"), "REWRITE_GOLDENS=1 writes it anew; look at the difference"


def test_the_version_is_that_of_the_distribution() -> None:
    assert SCHEMA["version"] == version("batch-extension-pool")


@pytest.mark.parametrize("path", PROPERTIES)
def test_whoever_looks_at_a_property_reads_what_it_is(path: str) -> None:
    text = PROPERTIES[path]["description"]
    assert text[0].isupper() and text.endswith((".", "/batch-pool-vm-sizes", "-scaling"))
    assert text not in ("Required.", "Optional.", "Conditional.")


@pytest.mark.parametrize("token", SCHEMA["types"])
def test_whoever_looks_at_a_type_reads_what_it_is(token: str) -> None:
    assert SCHEMA["types"][token]["description"]
    assert COMPONENT["description"]


def test_the_texts_name_arguments_as_other_languages_write_them() -> None:
    fields = {name for model in docs_of_models() for name in model.model_fields if "_" in name}
    texts = json.dumps(SCHEMA)
    assert [name for name in fields if f" {name} " in texts or f" {name}," in texts] == []
    assert "keyVaultCertificates" in COMPONENT["inputProperties"]["keyVaultExtension"]["description"]


def test_every_argument_is_there_under_the_name_that_arm_and_the_stack_files_have_for_it() -> None:
    seen = 0
    for model, doc in docs_of_models().items():
        if not issubclass(model, BaseModel) or (doc.name == "ExtensionPoolArgs" and model is not PoolSpec):
            continue
        token = f"extension-pool:index:{doc.name.removesuffix('Args')}"
        properties = COMPONENT["inputProperties"] if model is PoolSpec else SCHEMA["types"][token]["properties"]
        assert set(properties) == {field.alias for field in model.model_fields.values()}, doc.name
        seen += 1
    assert seen == len(SCHEMA["types"]) + 1


def test_what_must_be_given_is_what_the_checks_want() -> None:
    assert COMPONENT["requiredInputs"] == ["accountName", "resourceGroupName", "vmSize"]
    for model, doc in docs_of_models().items():
        described = SCHEMA["types"].get(f"extension-pool:index:{doc.name.removesuffix('Args')}")
        if described is not None:
            required = {field.alias for field in model.model_fields.values() if field.is_required()}
            assert set(described.get("required", [])) == required, doc.name


def test_what_a_property_may_be_is_named_where_only_some_values_are_allowed() -> None:
    checked = 0
    for model, doc in docs_of_models().items():
        owner = TOKEN if model is PoolSpec else f"extension-pool:index:{doc.name.removesuffix('Args')}"
        for field in model.model_fields.values():
            for value in literals(field.annotation, *field.metadata):
                described = PROPERTIES.get(f"{owner}.{field.alias}")
                assert described is None or value in described["description"], f"{owner}.{field.alias}: {value}"
                checked += described is not None
    assert checked > 60


def literals(*annotations: Any) -> Iterator[str]:
    for one in annotations:
        if get_origin(one) is Literal:
            yield from get_args(one)
        else:
            yield from literals(*get_args(one))


def test_secrets_are_secrets_in_every_sdk() -> None:
    secrets = {path.rsplit(":", 1)[1] for path, one in PROPERTIES.items() if one.get("secret")}
    assert secrets == {
        *("AzureBlobFileSystem.accountKey", "AzureBlobFileSystem.sasKey", "AzureFileShare.accountKey"),
        *("CifsMount.password", "ContainerRegistry.password", "Extension.protectedSettings"),
        *("LinuxUserConfiguration.sshPrivateKey", "UserAccount.password"),
    }


def test_only_what_an_extension_leaves_open_is_of_any_type() -> None:
    open_ones = {path for path, one in PROPERTIES.items() if "pulumi.json#/Any" in json.dumps(one)}
    assert open_ones == FREE
    assert all("type" in one or "$ref" in one for one in PROPERTIES.values())


def test_every_type_that_is_named_is_there_and_every_one_that_is_there_is_named() -> None:
    named = {path.split('"', 1)[0] for path in json.dumps(SCHEMA).split('"#/types/')[1:]}
    assert named == set(SCHEMA["types"])
    assert not [token for token in SCHEMA["types"] if token.endswith("Args")], "SDKs put Args behind it themselves"


def test_what_decides_which_resources_there_are_takes_no_output_and_what_goes_to_azure_does() -> None:
    inputs = COMPONENT["inputProperties"]
    assert all(inputs[name].get("plain") for name in ("image", "extensions", "identity", "rollout"))
    assert not any("plain" in inputs[name] for name in ("vmSize", "resourceGroupName", "displayName"))
    assert not any("plain" in one for one in COMPONENT["properties"].values())


def test_the_plugin_names_an_environment_of_its_own() -> None:
    """Pulumi makes a new one there: the project's would be gone."""
    settings = yaml.safe_load((ROOT / "plugin" / "PulumiPlugin.yaml").read_text(encoding="utf-8"))
    assert settings["runtime"] == {"name": "python", "options": {"toolchain": "pip", "virtualenv": "venv"}}
    needs = (ROOT / "plugin" / "requirements.txt").read_text(encoding="utf-8").splitlines()
    assert [line for line in needs if not line.startswith("#")] == ["-c ../constraints.txt", "-e ..[ops]"]


def test_the_plugin_starts_where_nothing_of_the_project_is_on_the_path(tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "plugin"), "--help"]
    seen = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env={}, check=True)
    assert "address of the Pulumi engine" in seen.stdout
