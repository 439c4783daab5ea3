"""The report for programs, and docs/report.schema.json, which describes it and nothing else."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from extension_pool.ops.review.json_view import json_report, render_json
from extension_pool.ops.review.model import Finding, Report
from extension_pool.ops.review.schema import render_report_schema

from . import reports
from .reports import deleted, environment, failed, other, recreated, report, updated

SCHEMA = Path(__file__).parents[4] / "docs" / "report.schema.json"
COMMAND = "make generate"


def everything() -> Report:
    changes = [recreated(cost=reports.BLUE_GREEN), deleted(), updated(), other()]
    findings = (Finding("prod", "prod: add a label", False, "urn:x"), Finding("dev", "dev: fine", True))
    return report(environment("prod", *changes, messages=("warning: x",)), failed("dev"), findings=findings)


def strict() -> Draft202012Validator:
    """The schema without room for keys that it does not know."""
    schema = json.loads(render_report_schema())
    for definition in (schema, *schema["$defs"].values()):
        definition["additionalProperties"] = False
    return Draft202012Validator(schema)


def test_the_schema_is_current() -> None:
    if SCHEMA.read_text(encoding="utf-8") != render_report_schema():
        pytest.fail(f"docs/report.schema.json is not what the code says; run: {COMMAND}")


def test_the_schema_is_one_and_says_what_every_key_means() -> None:
    schema = json.loads(render_report_schema())
    Draft202012Validator.check_schema(schema)
    for definition in (schema, *schema["$defs"].values()):
        assert definition["description"]
        assert all(key["description"] for key in definition["properties"].values())
        assert set(definition["required"]) == set(definition["properties"])


@pytest.mark.parametrize("made", [everything(), reports.hostile(), report()], ids=["everything", "hostile", "empty"])
def test_what_is_printed_is_what_the_schema_says(made: Report) -> None:
    assert [error.message for error in strict().iter_errors(json.loads(render_json(made)))] == []


def objects(value: Any) -> Any:
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from objects(inner)


def test_a_key_less_or_more_is_not_what_the_schema_says() -> None:
    document = json.loads(render_json(everything()))
    for number in range(len(list(objects(document)))):
        for edit in ("less", "more"):
            changed = copy.deepcopy(document)
            one = list(objects(changed))[number]
            if edit == "more":
                one["unheard"] = 1
            else:
                one.pop(next(iter(one)))
            assert not strict().is_valid(changed)


def test_the_text_says_what_the_report_says() -> None:
    told = json.loads(render_json(everything()))
    assert told == json_report(everything())
    assert told["passes"] is False
    prod, dev = told["environments"]
    assert prod["counts"] == {"create": 0, "update": 1, "replace": 2, "delete": 1, "other": 0, "unchanged": 10}
    assert (dev["standing"], dev["verdict"]) == ("failed", "PREVIEW FAILED")
    pool, gone = prod["changes"][:2]
    (leaf,) = pool["leaves"]
    assert (leaf["path"], leaf["shown"]) == (reports.POLLING, reports.SHOWN)
    assert (leaf["old"], leaf["new"], leaf["forces"]) == ('"900"', '"60"', True)
    assert leaf["place"] == {"file": "stacks/Pulumi.prod.yaml", "line": 29, "removed": False}
    assert leaf["rule"]["azure"] == "refused"
    assert (pool["cost"]["nodes"], pool["cost"]["runningTasks"], pool["cost"]["jobs"]) == (12, 7, "migrate")
    assert (gone["operation"], gone["place"]["removed"]) == ("delete", True)


def test_a_path_without_a_name_for_people_is_told_without_what_every_pool_has() -> None:
    plain = json_report(report(environment("prod", recreated("render", reports.polling(shown="")))))
    (leaf,) = plain["environments"][0]["changes"][0]["leaves"]
    assert leaf["shown"].startswith("extensions[0].settings.")


def test_printing_it_drives_no_terminal_and_no_run() -> None:
    text = render_json(reports.hostile())
    assert text.isascii()
    assert "##" not in text
    # and it is all there
    assert json.loads(text)["environments"][0]["name"] == reports.HOSTILE
