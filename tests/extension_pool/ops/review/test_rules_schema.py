"""docs/review-rules.schema.json describes the files that the command takes, and editors find mistakes by it."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator

from extension_pool.ops.errors import BadUsage
from extension_pool.ops.review.rules import parse_rules
from extension_pool.ops.review.rules_schema import build_rules_schema, render_rules_schema

ROOT = Path(__file__).parents[4]
SCHEMA = ROOT / "docs" / "review-rules.schema.json"
COMMAND = "make generate"

VALIDATOR = Draft7Validator(build_rules_schema())


def fits(document: Any) -> bool:
    return not list(VALIDATOR.iter_errors(document))


def is_taken(text: str) -> bool:
    try:
        parse_rules(text)
    except BadUsage:
        return False
    return True


def test_the_schema_is_current() -> None:
    if SCHEMA.read_text(encoding="utf-8") != render_rules_schema():
        pytest.fail(f"docs/review-rules.schema.json is not what the code says; run: {COMMAND}")


def test_the_schema_is_one_and_fits_the_rules_of_this_repository() -> None:
    Draft7Validator.check_schema(build_rules_schema())
    assert fits(yaml.safe_load((ROOT / "review.yaml").read_text(encoding="utf-8")))


def test_this_repository_names_the_schema_for_editors() -> None:
    first = (ROOT / "review.yaml").read_text(encoding="utf-8").splitlines()[0]
    assert first == "# yaml-language-server: $schema=docs/review-rules.schema.json"


@pytest.mark.parametrize(
    "text",
    [
        "environments: {prod: free}",
        "others: {delete: never}",
        "maxAge: 24h\nenvironments: {prod: {preview: optional, maxAge: 1h}}",
        'windows: {w: {days: Mon-Fri, from: "8:00", to: "17:00", zone: Europe/Berlin}}\n'
        "environments: {prod: {replace: {onlyIn: w, needsAnyLabel: [a], needsAllLabels: [b], needsLabel: c}}}",
        "windows: {w: {days: [Sat, Mon - Tue]}}\nothers: {pools: {x*: {update: never}}}",
        "others: {resources: {azure-native:keyvault:*: {create: {needsLabel: a}}}}",
    ],
)
def test_editors_take_what_the_command_takes(text: str) -> None:
    assert is_taken(text)
    assert fits(yaml.safe_load(text))


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "maxAge: 24h",
        "environments: {prod: fre}",
        "environments: {prod: {}}",
        "environments: {prod: }",
        "environments: {prod: {delte: never}}",
        "environments: {prod: {delete: nevr}}",
        "environments: {prod: {delete: {}}}",
        "environments: {prod: {delete: {needsLabel: [a]}}}",
        "environments: {prod: {delete: {needsAnyLabel: []}}}",
        "environments: {prod: {preview: maybe}}",
        "environments: {prod: {pools: {}}}",
        "environments: {prod: {pools: {x: {}}}}",
        "windows: {w: {days: Munday}}\nothers: free",
        "others: {preview: optional}",
    ],
)
def test_editors_mark_what_the_command_refuses(text: str) -> None:
    assert not is_taken(text)
    assert not fits(yaml.safe_load(text))


def test_every_key_is_described() -> None:
    schema = build_rules_schema()
    for part in [schema, *schema["definitions"].values()]:
        forms = [part, *part.get("anyOf", [])]
        properties = [one for form in forms for one in form.get("properties", {}).values()]
        assert part["description"]
        assert all(one["description"].startswith(("Optional.", "Conditional:")) for one in properties)
