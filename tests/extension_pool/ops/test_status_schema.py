"""docs/status.schema.json describes what the command prints, and nothing else."""

import copy
import json
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from extension_pool.ops.drift import Drift, DriftKind
from extension_pool.ops.gate import Share, with_gate
from extension_pool.ops.health import judge_pool, missing_pool
from extension_pool.ops.json_view import node_status_json, status_json
from extension_pool.ops.snapshot import (
    Answer,
    Node,
    NodeExtension,
    NodeReading,
    PoolReading,
    Problem,
    Status,
    parse_node,
    parse_node_extension,
    parse_pool,
    parse_time,
)
from extension_pool.ops.status_schema import render_status_schema

ROOT = Path(__file__).parents[3]
SCHEMA = ROOT / "docs" / "status.schema.json"
GOLDENS = sorted((ROOT / "tests" / "goldens" / "status").rglob("*.json"))
COMMAND = "make generate"


def strict() -> dict[str, Any]:
    """The schema without room for keys that it does not know."""
    schema = json.loads(render_status_schema())
    for definition in schema["$defs"].values():
        definition["additionalProperties"] = False
    return schema


VALIDATOR = Draft202012Validator(strict())


def errors(document: Any) -> list[str]:
    return [error.message for error in VALIDATOR.iter_errors(document)]


def objects(value: Any) -> Any:
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from objects(inner)
    if isinstance(value, list):
        for inner in value:
            yield from objects(inner)


def test_the_schema_is_current() -> None:
    if SCHEMA.read_text(encoding="utf-8") != render_status_schema():
        pytest.fail(f"docs/status.schema.json is not what the code says; run: {COMMAND}")


def test_the_schema_is_one_and_says_what_every_key_means() -> None:
    Draft202012Validator.check_schema(json.loads(render_status_schema()))
    for definition in json.loads(render_status_schema())["$defs"].values():
        assert definition["description"]
        assert all(key["description"] for key in definition["properties"].values())
        assert set(definition["required"]) == set(definition["properties"])


def test_keys_that_come_later_do_not_break_who_checks_today() -> None:
    document = {**json.loads(GOLDENS[0].read_text(encoding="utf-8")), "later": 1}
    assert Draft202012Validator(json.loads(render_status_schema())).is_valid(document)
    assert not VALIDATOR.is_valid(document)


@pytest.mark.parametrize("golden", GOLDENS, ids=lambda path: path.stem)
def test_every_golden_fits(golden: Path) -> None:
    document = json.loads(golden.read_text(encoding="utf-8"))
    assert errors(document) == []
    for one in objects(document):
        for key in ("time", "changed", "allocated", "booted", "created"):
            assert one.get(key) is None or parse_time(one[key]) is not None


@pytest.mark.parametrize("golden", GOLDENS, ids=lambda path: path.stem)
def test_no_key_may_be_missing(golden: Path) -> None:
    document = json.loads(golden.read_text(encoding="utf-8"))
    for key in document:
        less = copy.deepcopy(document)
        del less[key]
        assert errors(less) != []


def test_a_word_that_is_no_verdict_is_refused() -> None:
    document = json.loads(GOLDENS[0].read_text(encoding="utf-8"))
    assert errors({**document, "verdict": "fine"}) != []


words = st.text(max_size=6) | st.sampled_from(["\x1b[2J", "\u202e", "idle", "unusable", "preempted", "starting"])
codes = words | st.sampled_from(["ProvisioningState/succeeded", "ProvisioningState/failed/1"])
times = st.none() | st.datetimes(timezones=st.just(timezone.utc), min_value=datetime(1, 1, 2))
statuses = st.builds(Status, codes, words, words, words, times)
problems = st.builds(Problem, words, words)
extensions = st.builds(
    NodeExtension,
    st.sampled_from(["a", "b", "A", ""]),
    words,
    words,
    words,
    words,
    st.lists(statuses, max_size=2).map(tuple),
    st.lists(statuses, max_size=1).map(tuple),
    settings=st.none() | st.dictionaries(words, words, max_size=2),
)
nodes = st.builds(
    Node,
    words,
    words,
    st.lists(problems, max_size=1).map(tuple),
    dedicated=st.none() | st.booleans(),
    changed=times,
    running_tasks=st.none() | st.integers(0, 9),
)
readings = st.builds(
    NodeReading,
    nodes,
    st.sampled_from(Answer),
    st.lists(extensions, max_size=3).map(tuple),
    st.none() | problems,
)
drifts = st.builds(Drift, st.sampled_from(DriftKind), words, words, words)
keys = st.sampled_from(
    "id state allocationState targetDedicatedNodes autoScaleFormula enableAutoScale autoScaleRun error code message "  # noqa: SIM905
    "resizeErrors vmSize creationTime virtualMachineConfiguration extensions name vmExtension instanceView statuses "
    "startTaskInfo failureInfo exitCode imageReference settings stateTransitionTime".split()
)
answers = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | words,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(keys, inner, max_size=5),
    max_leaves=15,
)


@settings(deadline=None)
@given(
    answers,
    st.lists(readings, max_size=3).map(tuple),
    st.none() | st.lists(st.sampled_from(["a", "b", "c"]), max_size=3),
    st.lists(drifts, max_size=2),
    st.none() | st.builds(Share, st.integers(1, 10000)),
)
def test_every_pool_fits(
    raw: Any, rows: tuple[NodeReading, ...], expected: list[str] | None, drift: list[Drift], share: Share | None
) -> None:
    pool = judge_pool(PoolReading(parse_pool(raw), rows), "acct", expected, drift)
    gone = missing_pool("p", "acct", expected, drift)
    pools = [pool, gone] if share is None else [with_gate(pool, share), with_gate(gone, share)]
    assert errors(json.loads(json.dumps(status_json(pools)))) == []


@settings(deadline=None)
@given(answers, st.lists(answers, max_size=2), st.sampled_from(Answer))
def test_every_node_fits(raw: Any, reported: list[Any], answer: Answer) -> None:
    reading = NodeReading(parse_node(raw), answer, tuple(map(parse_node_extension, reported)))
    document = node_status_json(reading, pool="p", expected=("a",))
    assert errors(json.loads(json.dumps(document))) == []
