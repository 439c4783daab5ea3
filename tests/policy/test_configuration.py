"""Configuration files: what they may say, and what a mistake is answered."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extension_pool.problems import InvalidInput
from policy.configuration import LEVELS, main, parse_configuration, schema_of
from policy.docs import render_page
from policy.model import ADVISORY, DISABLED, MANDATORY
from policy.rules import RULES
from tests.policy.pools import TODAY, pool

ROOT = Path(__file__).parents[2]
_WORDS = st.sampled_from(
    [
        *(rule.id for rule in RULES),
        "all",
        "enforcementLevel",
        *sorted({one.name for rule in RULES for one in rule.parameters}),
    ]
)
FILES = sorted((ROOT / "policy" / "config").glob("*.json"))


def problems(tree: Any) -> list[str]:
    with pytest.raises(InvalidInput) as raised:
        parse_configuration(tree)
    return str(raised.value).splitlines()


def test_what_a_file_does_not_name_keeps_its_level_and_defaults() -> None:
    configured = parse_configuration({"vm-size-retirement": "disabled"})
    assert configured["vm-size-retirement"].level == DISABLED
    assert {id: one.level for id, one in configured.items() if id != "vm-size-retirement"} == {
        rule.id: rule.level for rule in RULES if rule.id != "vm-size-retirement"
    }


def test_a_level_and_parameters_are_taken_each_alone_or_together() -> None:
    configured = parse_configuration(
        {
            "image-retirement": {"enforcementLevel": "mandatory", "warnDays": 7.0},
            "inbound-endpoints": {"openPorts": [443]},
            "extension-allowed": {"enforcementLevel": "advisory"},
        }
    )
    assert (configured["image-retirement"].level, configured["image-retirement"].values) == (MANDATORY, {"warnDays": 7})
    assert (configured["inbound-endpoints"].level, configured["inbound-endpoints"].values["openPorts"]) == (
        MANDATORY,
        [443],
    )
    assert configured["extension-allowed"].level == ADVISORY


@pytest.mark.parametrize("all_", ["advisory", {"enforcementLevel": "advisory"}])
def test_one_level_for_all_rules_gives_way_to_a_rules_own(all_: Any) -> None:
    configured = parse_configuration({"required-tags": "mandatory", "all": all_})
    assert configured["required-tags"].level == MANDATORY
    assert {one.level for id, one in configured.items() if id != "required-tags"} == {ADVISORY}


@pytest.mark.parametrize(
    ("tree", "said"),
    [
        ({"image-retirment": "advisory"}, "image-retirment: is no rule of this pack; did you mean image-retirement?"),
        (
            {"image-retirement": {"warnDay": 3}},
            "image-retirement.warnDay: is no parameter of image-retirement; did you mean warnDays?",
        ),
        (
            {"image-retirement": {"warnDays": -1}},
            "image-retirement.warnDays: must be a number of days from 0 to 3650, got -1",
        ),
        (
            {"image-retirement": {"warnDays": float("inf")}},
            "image-retirement.warnDays: must be a number of days from 0 to 3650, got Infinity",
        ),
        (
            {"image-retirement": {"warnDays": 1.5}},
            "image-retirement.warnDays: must be a number of days from 0 to 3650, got 1.5",
        ),
        (
            {"image-retirement": {"warnDays": True}},
            "image-retirement.warnDays: must be a number of days from 0 to 3650, got true",
        ),
        (
            {"inbound-endpoints": {"openPorts": [0]}},
            "inbound-endpoints.openPorts: must be a list of ports from 1 to 65535, got [0]",
        ),
        (
            {"public-addresses": {"allowed": ["None"]}},
            'public-addresses.allowed: must be a list of NoPublicIPAddresses, UserManaged, BatchManaged, got ["None"]',
        ),
        (
            {"extension-allowed": {"only": ["DSC"]}},
            'extension-allowed.only: must be a list of PUBLISHER/TYPE, got ["DSC"]',
        ),
        ({"required-tags": {"tags": "team"}}, 'required-tags.tags: must be a list of names, got "team"'),
        (
            {"required-tags": "warn"},
            'required-tags: is no enforcement level, got "warn"; allowed advisory, mandatory, disabled',
        ),
        (
            {"required-tags": {"enforcementLevel": "remediate"}},
            'required-tags.enforcementLevel: is no enforcement level, got "remediate"; allowed advisory, mandatory, '
            "disabled",
        ),
        (
            {"required-tags": 1},
            "required-tags: is no enforcement level, got 1; allowed advisory, mandatory, disabled; write a level, or "
            "an object with enforcementLevel and parameters",
        ),
        (
            {"all": {"enforcementLevel": "advisory", "warnDays": 3}},
            "all.warnDays: cannot be configured for all rules; all takes enforcementLevel only",
        ),
        ([], "(the whole input): must be an object from rules to their configuration, got []"),
    ],
    ids=lambda value: "" if isinstance(value, str) else json.dumps(value)[:50],
)
def test_a_mistake_is_told_with_its_place_and_what_is_allowed(tree: Any, said: str) -> None:
    assert problems(tree) == [said]


def test_all_mistakes_of_a_file_are_told_at_once() -> None:
    assert len(problems({"nonsense": "advisory", "required-tags": {"tags": 1, "tgs": []}})) == 3


def test_what_the_engine_adds_of_its_own_is_no_mistake() -> None:
    assert parse_configuration({"environments": ["org/env"]}).keys() == {rule.id for rule in RULES}


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6) | st.sampled_from(LEVELS),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_WORDS | st.text(max_size=6), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(_WORDS | st.text(max_size=6), _json, max_size=4))
def test_whatever_a_file_says_it_is_taken_or_its_mistakes_are_told(tree: Any) -> None:
    try:
        configured = parse_configuration(tree)
    except InvalidInput as error:
        assert error.problems and all(problem.rule for problem in error.problems)
    else:
        assert configured.keys() == {rule.id for rule in RULES}
        assert {one.level for one in configured.values()} <= set(LEVELS)
        # what was taken can be judged by
        assert all(
            one.check is None or list(one.check(pool(), one.settings(TODAY, configured[one.id].values))) is not None
            for one in RULES
        )


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_the_files_of_this_project_are_right(file: Path) -> None:
    assert parse_configuration(json.loads(file.read_text(encoding="utf-8")))
    assert (ROOT / "stacks" / f"Pulumi.{file.stem}.yaml").is_file()


def test_files_are_checked_without_an_engine(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good, bad, none = tmp_path / "good.json", tmp_path / "bad.json", tmp_path / "none.json"
    good.write_text('{"all": "advisory"}', encoding="utf-8")
    bad.write_text('{"image-retirement": {"warnDay": 3}}', encoding="utf-8")
    assert main([str(good)]) == 0
    assert main([str(good), str(bad), str(none)]) == 2
    said = capsys.readouterr().err.splitlines()
    assert said[0] == f"{bad}: image-retirement.warnDay: is no parameter of image-retirement; did you mean warnDays?"
    assert len(said) == 2 and said[1].startswith(f"{none}: ")


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_the_schema_that_the_engine_checks_by_takes_the_defaults_and_says_what_each_is(rule: Any) -> None:
    properties = schema_of(rule)
    schema = {"type": "object", "properties": properties}
    jsonschema.validate({name: one["default"] for name, one in properties.items()}, schema)
    assert all(one["description"] for one in properties.values())
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"stacks": "prod"}, schema)


def test_the_page_of_the_rules_is_current() -> None:
    if (ROOT / "docs" / "policy.md").read_text(encoding="utf-8") != render_page():
        pytest.fail("docs/policy.md is not what the rules say; run: make generate")


def test_the_example_of_the_page_is_right() -> None:
    example = render_page().partition("```json\n")[2].partition("```")[0]
    assert parse_configuration(json.loads(example))["vm-size-retirement"].level == DISABLED


def test_the_rules_load_neither_pulumi_nor_grpc() -> None:
    program = "import sys, policy.docs; print([one for one in ('pulumi', 'grpc', 'google') if one in sys.modules])"
    seen = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert seen.stdout.strip() == "[]"
