"""From steps to one fate of each resource."""

from __future__ import annotations

import json

import pytest

from extension_pool.ops.review.judging import judge_preview
from extension_pool.ops.review.model import Environment, Operation
from extension_pool.ops.review.preview import parse_preview
from tests.support.previews import read_golden

from .stepped import ACCOUNT, change, judged, ours, state, step, urn


def from_golden(name: str) -> Environment:
    return judge_preview(parse_preview("prod", read_golden(name)), places=None)


@pytest.mark.parametrize(
    ("ops", "operation"),
    [
        (["create"], Operation.CREATE),
        (["update"], Operation.UPDATE),
        (["delete"], Operation.DELETE),
        (["replace"], Operation.REPLACE),
        (["create-replacement", "replace", "delete-replaced"], Operation.REPLACE),
        (["delete-replaced", "replace", "create-replacement"], Operation.REPLACE),
        (["create-replacement"], Operation.REPLACE),
        (["import"], Operation.OTHER),
        (["import-replacement"], Operation.REPLACE),
        (["read"], Operation.OTHER),
        (["read-replacement"], Operation.REPLACE),
        (["discard"], Operation.OTHER),
        (["discard-replaced"], Operation.OTHER),
        (["remove-pending-replace"], Operation.OTHER),
        (["remove-pending-replace", "create-replacement"], Operation.REPLACE),
        (["a-step-of-the-future"], Operation.OTHER),
        # what a refresh found comes first, and is no change to Azure
        (["refresh", "update"], Operation.UPDATE),
        (["refresh", "replace"], Operation.REPLACE),
        (["refresh", "delete"], Operation.DELETE),
    ],
)
def test_a_resource_is_one_change_however_many_steps_it_has(ops: list[str], operation: Operation) -> None:
    environment = judged(*(step(op, old=state({"a": 1}, id="x"), new=state({"a": 2})) for op in ops))
    assert [one.operation for one in environment.changes] == [operation]
    assert {fate: number for fate, number in environment.counts.items() if number} == {
        operation: 1,
        Operation.UNCHANGED: 3,
    }


def test_what_stays_is_no_change_and_counts() -> None:
    assert judged(step("same", old=state(), new=state())).changes == ()
    events = json.dumps({"sequence": 0, "resourcePreEvent": {"metadata": {"op": "same", "urn": urn("a")}}})
    parsed = judge_preview(parse_preview("prod", events), places=None)
    assert parsed.counts[Operation.UNCHANGED] == 1


@pytest.mark.parametrize(
    ("ops", "expected"),
    [
        (["refresh"], []),
        # the engine calls what a refresh found an update or a deletion
        (["update"], [Operation.OTHER]),
        (["delete"], [Operation.OTHER]),
        (["delete", "create"], [Operation.CREATE]),
        (["update", "update"], [Operation.UPDATE]),
    ],
)
def test_what_changed_outside_is_no_change_that_the_update_makes(ops: list[str], expected: list[Operation]) -> None:
    steps = [step(op, old=state({"a": 1}), new=state({"a": 2})) for op in ops]
    stack = step("refresh", "prod", kind="pulumi:pulumi:Stack", old=state(), new=state())
    assert [one.operation for one in judged(stack, *steps).changes] == expected


def test_an_old_pool_that_waits_to_be_deleted_is_told_beside_its_successor() -> None:
    old = state(id=f"{ACCOUNT}/pools/render-1", delete=True)
    now = state({"vmSize": "A"}, id=f"{ACCOUNT}/pools/render-2")
    environment = judged(
        ours("delete-replaced", old=old),
        ours("update", old=now, new=state({"vmSize": "B"}), detailed={"tags": "update"}),
    )
    told = [(one.operation, one.pool, one.stale) for one in environment.changes]
    assert told == [(Operation.DELETE, "render-1", True), (Operation.UPDATE, "render-2", False)]
    assert "extension-pool rollback" in environment.changes[0].avoid[0]


def test_of_a_real_failed_gate_the_old_pool_is_told() -> None:
    (found,) = from_golden("stale.json").changes
    assert (found.operation, found.name, found.stale) == (Operation.DELETE, "linux", True)


def test_a_resource_that_moves_is_neither_deleted_nor_made() -> None:
    moved = step("same", "new-name", old=state(urn=urn("old-name")), new=state())
    assert change(moved).operation is Operation.OTHER
    assert [one.operation for one in from_golden("raw-renamed.json").changes].count(Operation.DELETE) == 0


def test_a_protection_that_is_taken_away_is_told() -> None:
    found = change(step("same", old=state(protect=True), new=state()))
    assert (found.operation, [(leaf.path, leaf.old, leaf.new) for leaf in found.leaves]) == (
        Operation.OTHER,
        [("protect", "true", "false")],
    )
