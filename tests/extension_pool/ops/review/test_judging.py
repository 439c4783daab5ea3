"""The whole judgement of a preview: lines, order, and whatever stands in it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extension_pool.ops.review.judging import judge_preview
from extension_pool.ops.review.model import Environment, Operation, Place, Standing
from extension_pool.ops.review.places import Places
from extension_pool.ops.review.preview import parse_preview
from tests.support.previews import read_golden

from .stepped import ACCOUNT, COMPONENT, change, digest, judged, ours, state, step, urn

LATER = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
REPLACED = {"vmSize": "update-replace"}


def from_golden(name: str) -> Environment:
    return judge_preview(parse_preview("prod", read_golden(name)), places=None)


STACK_FILE = """config:
  extension-pool:pools:
    render:
      vmSize: {size}
"""


def test_an_edit_of_a_stack_file_is_told_by_its_line() -> None:
    path = "stacks/Pulumi.prod.yaml"
    places = Places.between({path: STACK_FILE.format(size="A")}, {path: STACK_FILE.format(size="B")})
    replaced = ours("replace", old=state({"vmSize": "A"}), new=state({"vmSize": "B"}), detailed=REPLACED)
    assert change(replaced, places=places).leaves[0].place == Place(path, 4)
    raw = step("replace", old=state({"vmSize": "A"}), new=state({"vmSize": "B"}), detailed=REPLACED)
    assert change(raw, places=places).leaves[0].place is None
    assert change(replaced).leaves[0].place is None


def test_a_pool_that_is_taken_out_of_the_stack_file_is_told_by_its_line() -> None:
    path = "stacks/Pulumi.prod.yaml"
    text = STACK_FILE.format(size="A")
    places = Places.between({path: f"{text}    other:\n      vmSize: A\n"}, {path: text})
    found = change(ours("delete", "other", old=state(id=f"{ACCOUNT}/pools/other")), places=places)
    assert found.place == Place(path, 5, removed=True)


def test_the_order_does_not_hang_on_that_of_the_engine() -> None:
    steps = json.loads(read_golden("edits.json"))["steps"]
    forwards, backwards = judged(*steps), judged(*reversed(steps))
    assert forwards == backwards
    kinds = [one.operation for one in forwards.changes]
    assert kinds == sorted(kinds, key=list(Operation).index)
    first = [one.type for one in forwards.changes if one.operation is Operation.REPLACE]
    assert first[0].endswith(":Pool")


def test_the_same_preview_gives_the_same_report() -> None:
    assert repr(from_golden("edits.json")) == repr(from_golden("edits.json"))


def test_what_failed_or_is_missing_has_its_reason_and_what_it_came_to() -> None:
    broken = from_golden("raw-broken.json")
    assert (broken.standing, bool(broken.changes)) == (Standing.FAILED, True)
    assert broken.messages[0].startswith("error:") and "AccountKey=[secret]" in broken.messages[0]
    assert "\n" not in broken.reason


@pytest.mark.parametrize(("depth", "readable"), [(50, True), (900, None), (20_000, False)])
def test_what_is_nested_without_end_is_read_or_never_passes(depth: int, readable: bool | None) -> None:
    """How deep Python can read hangs on its version."""
    old, new = ('{"a":' * depth + value + "}" * depth for value in "12")
    text = digest(step("update", old=state("OLD"), new=state("NEW"), diffReasons=["a"]))
    parsed = parse_preview("prod", text.replace('"OLD"', old).replace('"NEW"', new))
    environment = judge_preview(parsed, places=None)
    fresh = environment.standing is Standing.FRESH
    assert readable in (None, fresh)
    assert bool(environment.changes) or not fresh


TREES = st.recursive(
    st.none() | st.integers(0, 3) | st.sampled_from(["a", LATER, "[secret]"]),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["a", "name", "value"]), inner, max_size=3)
    ),
    max_leaves=6,
)
PATHS = st.sampled_from(["a", "a.name", "a[0]", "a[0].value", "a[7]", 'a["x.y"]', "", "a..b", "[", "name.a"])
STEPS = st.fixed_dictionaries(
    {
        "op": st.sampled_from(["replace", "update", "delete", "create", "refresh", "delete-replaced", "x"]),
        "urn": st.sampled_from([urn("raw"), urn("render-pool", under=COMPONENT), "", "urn"]),
        "oldState": st.dictionaries(st.sampled_from(["inputs", "outputs", "id", "parent", "type", "urn"]), TREES),
        "newState": st.dictionaries(st.sampled_from(["inputs", "outputs", "dependencies", "resourceHooks"]), TREES),
        "detailedDiff": st.none()
        | st.dictionaries(PATHS, st.fixed_dictionaries({"kind": st.sampled_from(["update-replace", "add", "delete"])})),
        "diffReasons": st.lists(PATHS, max_size=2),
        "replaceReasons": st.lists(PATHS | st.just("id"), max_size=2),
    }
)


@given(st.lists(STEPS, max_size=4))
def test_no_step_is_refused(steps: list[dict[str, Any]]) -> None:
    environment = judge_preview(parse_preview("prod", digest(*steps)), places=Places.between({}, {}))
    assert len(environment.changes) <= len(steps)
    assert sum(number for fate, number in environment.counts.items() if fate is not Operation.UNCHANGED) == len(
        environment.changes
    )
