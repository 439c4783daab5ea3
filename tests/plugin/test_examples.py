"""The example in YAML against the package schema, as far as that goes without an engine."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from extension_pool.languages.package import TOKEN, package_schema

ROOT = Path(__file__).parents[2]
PROGRAM = yaml.safe_load((ROOT / "examples" / "yaml" / "Pulumi.yaml").read_text(encoding="utf-8"))
SCHEMA = package_schema()
KINDS: dict[str, tuple[type, ...]] = {"string": (str,), "integer": (int,), "boolean": (bool,), "number": (int, float)}


def faults(value: Any, described: dict[str, Any], at: str) -> Iterator[str]:
    """What does not fit the schema, each with its path."""
    if isinstance(value, str) and value.startswith("${"):
        return
    if "$ref" in described:
        if described["$ref"].startswith("#/types/"):
            yield from members(value, SCHEMA["types"][described["$ref"].removeprefix("#/types/")], at)
    elif described["type"] == "array":
        for index, one in enumerate(value):
            yield from faults(one, described["items"], f"{at}[{index}]")
    elif described["type"] == "object":
        for name, one in value.items():
            yield from faults(one, described["additionalProperties"], f"{at}.{name}")
    elif type(value) not in KINDS[described["type"]]:
        yield f"{at}: {value!r} is no {described['type']}"


def members(value: dict[str, Any], owner: dict[str, Any], at: str) -> Iterator[str]:
    for name in owner.get("required", ()):
        if name not in value:
            yield f"{at}.{name}: is missing"
    for name, one in value.items():
        if name not in owner["properties"]:
            yield f"{at}.{name}: is unknown"
        else:
            yield from faults(one, owner["properties"][name], f"{at}.{name}")


def faults_of(properties: dict[str, Any]) -> list[str]:
    component = SCHEMA["resources"][TOKEN]
    inputs = {"properties": component["inputProperties"], "required": component["requiredInputs"]}
    return list(members(properties, inputs, "pool"))


def test_the_example_fits_the_schema() -> None:
    (pool,) = PROGRAM["resources"].values()
    assert pool["type"] == "extension-pool:ExtensionPool"
    assert faults_of(pool["properties"]) == []
    outputs = SCHEMA["resources"][TOKEN]["properties"]
    assert {text.removeprefix("${render.").removesuffix("}") for text in PROGRAM["outputs"].values()} <= set(outputs)


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"vmSiz": "x"}, "pool.vmSiz: is unknown"),
        ({"taskSlotsPerNode": "4"}, "pool.taskSlotsPerNode: '4' is no integer"),
        ({"rollout": {"gate": {"require": 95}}}, "pool.rollout.gate.require: 95 is no string"),
        ({"keyVaultCertificates": [{}]}, "pool.keyVaultCertificates[0].url: is missing"),
    ],
)
def test_an_example_that_does_not_fit_would_be_seen(changed: dict[str, Any], told: str) -> None:
    (pool,) = PROGRAM["resources"].values()
    assert faults_of({**pool["properties"], **changed}) == [told]


def test_it_shows_what_a_team_starts_with() -> None:
    (pool,) = PROGRAM["resources"].values()
    wanted = {"networkConfiguration", "keyVaultAccess", "keyVaultCertificates", "extensions", "rollout"}
    assert wanted <= set(pool["properties"])
    assert pool["properties"]["rollout"]["strategy"] == "blue-green" and pool["properties"]["rollout"]["gate"]
    assert set(PROGRAM["config"]) > {"resourceGroup", "batchAccount", "subnetId", "keyVaultId", "certificateUrl"}
