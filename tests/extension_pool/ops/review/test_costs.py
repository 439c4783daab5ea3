"""What a pool that goes costs, how it is named, and how to avoid it."""

from __future__ import annotations

from typing import Any

import pytest

from extension_pool.hooks import REFUSE_TAKEN_NAME
from extension_pool.ops.review import costs
from extension_pool.rolling.hooks import AFTER_CREATE
from extension_pool.rollout_record import render_record
from extension_pool.spec import Rollout

from .stepped import ACCOUNT, change, judged, ours, state, step, urn

LATER = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
REPLACED = {"vmSize": "update-replace"}


def hooks(rollout: dict[str, Any], *more: str) -> dict[str, Any]:
    record = render_record(Rollout.model_validate(rollout))
    return {"resourceHooks": {"BeforeCreate": [*more, record], "AfterCreate": [AFTER_CREATE]}}


def fixed(dedicated: Any = 0, spot: Any = 0) -> dict[str, Any]:
    return {"scaleSettings": {"fixedScale": {"targetDedicatedNodes": dedicated, "targetLowPriorityNodes": spot}}}


FORMULA = {"scaleSettings": {"autoScale": {"formula": "$TargetDedicatedNodes=4"}}}
STEADY = {"allocationState": "Steady", "currentDedicatedNodes": 3.0, "currentLowPriorityNodes": 1.0}


@pytest.mark.parametrize(
    ("old", "nodes", "autoscaled"),
    [
        (state(fixed(2.0, 3.0)), 5, False),
        (state({"scaleSettings": {"fixedScale": {"targetDedicatedNodes": 2}}}), 2, False),
        (state({}), 0, False),
        (state({}, outputs=fixed(4)), 4, False),
        (state(FORMULA, outputs=STEADY), 4, True),
        # while it grows nobody knows
        (state(FORMULA, outputs={**STEADY, "allocationState": "Resizing"}), None, True),
        (state({"scaleSettings": "[secret]"}), None, False),
        (state(fixed(LATER)), None, False),
        (state(fixed(float("nan"))), None, False),
    ],
)
def test_the_nodes_that_go(old: dict[str, Any], nodes: int | None, autoscaled: bool) -> None:
    for op in ("replace", "delete"):
        cost = change(step(op, old=old, new=state() if op == "replace" else None)).cost
        assert cost is not None and (cost.nodes, cost.autoscaled) == (nodes, autoscaled)


def test_a_pool_that_azure_keeps_costs_no_nodes() -> None:
    found = change(step("delete", old=state(fixed(4), retainOnDelete=True)))
    assert found.cost is not None and found.cost.nodes == 0
    assert found.avoid == ("Nothing goes in Azure: with its option retainOnDelete only Pulumi lets go of it.",)


def test_only_a_pool_that_goes_costs() -> None:
    assert change(step("update", old=state({"a": 1}), new=state({"a": 2}))).cost is None
    assert change(step("delete", kind="azure-native:batch:BatchAccount", old=state())).cost is None


def test_the_hooks_have_the_names_that_are_looked_for() -> None:
    assert (costs.REFUSE_TAKEN_NAME, costs.AFTER_CREATE) == (REFUSE_TAKEN_NAME, AFTER_CREATE)


@pytest.mark.parametrize(
    ("rollout", "more", "expected"),
    [
        ({}, {}, ("delete-first", False, False, None)),
        ({"gate": {"require": "95%"}}, {}, ("delete-first", False, True, None)),
        ({"strategy": "blue-green"}, {}, ("blue-green", False, True, "migrate")),
        ({"strategy": "blue-green", "gate": {"enabled": False}}, {}, ("blue-green", False, False, None)),
        ({"drain": {"jobs": "terminate"}}, {}, ("delete-first", False, False, "terminate")),
        ({"canary": {"nodes": 2}}, {}, ("delete-first", True, False, None)),
    ],
)
def test_what_the_roll_out_does(rollout: dict[str, Any], more: dict[str, Any], expected: tuple[Any, ...]) -> None:
    marks = [REFUSE_TAKEN_NAME] if rollout.get("strategy") == "blue-green" else []
    new = state({"vmSize": "B"}, **hooks(rollout, *marks), **more)
    cost = change(ours("replace", old=state({"vmSize": "A"}), new=new, detailed=REPLACED)).cost
    assert cost is not None and (cost.strategy, cost.canary, cost.gate, cost.jobs) == expected


def test_a_pool_without_hooks_has_neither_gate_nor_drain() -> None:
    cost = change(ours("replace", old=state({"vmSize": "A"}), new=state({"vmSize": "B"}), detailed=REPLACED)).cost
    assert cost is not None
    assert (cost.strategy, cost.gate, cost.jobs, cost.canary) == ("delete-first", False, None, False)


def test_hooks_of_an_older_release_tell_nothing_of_gate_and_drain() -> None:
    new = state({"vmSize": "B"}, resourceHooks={"AfterCreate": [AFTER_CREATE]}, dependencies=[urn("render-canary")])
    cost = change(ours("replace", old=state({"vmSize": "A"}), new=new, detailed=REPLACED)).cost
    assert cost is not None and (cost.gate, cost.jobs, cost.canary) == (None, None, True)


@pytest.mark.parametrize(
    ("old", "first"), [({"pendingReplacement": True}, True), ({"delete": True}, False), ({}, None)]
)
def test_the_engine_tells_which_pool_goes_first(old: dict[str, Any], first: bool | None) -> None:
    cost = change(
        step("replace", old=state({"vmSize": "A"}, **old), new=state({"vmSize": "B"}), detailed=REPLACED)
    ).cost
    assert cost is not None and cost.deleted_first is first


def test_pools_are_named_as_the_program_names_them() -> None:
    old = state({"vmSize": "A", "accountName": "acct"}, id=f"{ACCOUNT}/pools/render-12345678")
    found = change(ours("replace", old=old, new=state({"vmSize": "B"}), detailed=REPLACED))
    assert (found.name, found.pool, found.account, found.ours) == ("render", "render-12345678", "acct", True)
    made = change(ours("create", new=state({"poolName": "render", "accountName": LATER})))
    assert (made.name, made.pool, made.account) == ("render", "render", None)
    other = change(step("delete", "raw", old=state(id=f"{ACCOUNT}/pools/raw")))
    assert (other.name, other.pool, other.ours) == ("raw", "raw", False)


def test_the_name_that_follows_from_the_edit_is_no_reason_of_its_own() -> None:
    old, new = {"vmSize": "A", "poolName": "render-12345678"}, {"vmSize": "B", "poolName": "render-9abcdef0"}
    details = {**REPLACED, "poolName": "update-replace"}
    leaves = change(ours("replace", old=state(old), new=state(new), detailed=details)).leaves
    assert [(leaf.path, leaf.forces) for leaf in leaves] == [("vmSize", True), ("poolName", False)]
    # a name that somebody chose is one
    new = {**new, "poolName": "other"}
    leaves = change(ours("replace", old=state(old), new=state(new), detailed=details)).leaves
    assert all(leaf.forces for leaf in leaves)


def test_a_canary_is_told_as_one() -> None:
    old, new = state({**fixed(), "vmSize": "A"}), state({**fixed(), "vmSize": "B"})
    found = change(ours("replace", resource="render-canary", old=old, new=new, detailed=REPLACED))
    assert (found.is_canary, found.name, found.avoid) == (True, "render-canary", ())
    assert found.cost is not None and found.cost.nodes == 0


def test_the_account_of_a_pool_that_goes_is_known_by_its_endpoint() -> None:
    gone = step("delete", old=state(id=f"{ACCOUNT}/pools/raw"))
    stack = step("same", "prod", kind="pulumi:pulumi:Stack", old={"outputs": {"batchAccountEndpoint": "of.the.stack"}})
    account = step(
        "update",
        "a",
        kind="azure-native:batch:BatchAccount",
        old={"id": ACCOUNT, "outputs": {"accountEndpoint": "own"}},
    )
    assert judged(gone).changes[0].endpoint is None
    assert judged(gone, stack).changes[0].endpoint == "of.the.stack"
    assert judged(gone, stack, account).changes[0].endpoint == "own"


def ways(**more: Any) -> str:
    old, new = state({"vmSize": "A", "tags": {}}), state({"vmSize": "B", "tags": {"a": "b"}}, **more)
    return " ".join(change(ours("replace", old=old, new=new, detailed={**REPLACED, "tags.a": "add"})).avoid)


def test_a_replacement_says_how_to_avoid_it() -> None:
    said = ways()
    assert "Leave vmSize as it was" in said and "tags.a changes in place" in said
    assert "rollout: {strategy: blue-green}" in said and "rollout: {canary: {nodes: 1}}" in said


def test_blue_green_is_not_advised_to_who_has_it() -> None:
    assert "strategy: blue-green" not in ways(**hooks({"strategy": "blue-green"}, REFUSE_TAKEN_NAME))
    off = {"strategy": "blue-green", "gate": {"enabled": False}}
    assert "take rollout.gate.enabled: false away" in ways(**hooks(off, REFUSE_TAKEN_NAME))


def test_a_raw_pool_may_ignore_the_edit() -> None:
    found = change(step("replace", old=state({"vmSize": "A"}), new=state({"vmSize": "B"}), detailed=REPLACED))
    assert any('ignoreChanges ["vmSize"]' in way for way in found.avoid)
    assert not any("rollout" in way for way in found.avoid)


@pytest.mark.parametrize(
    ("old", "name", "fails"),
    [("delete", "raw", True), ("delete", "other", False), ("pendingReplacement", "raw", False)],
)
def test_a_raw_pool_that_would_be_made_beside_itself_is_told(old: str, name: str, fails: bool) -> None:
    states = {
        "old": state({"vmSize": "A", "poolName": "raw"}, **{old: True}),
        "new": state({"vmSize": "B", "poolName": name}),
    }
    found = change(step("replace", **states, detailed=REPLACED))
    assert any("Set deleteBeforeReplace" in way for way in found.avoid) is fails


def test_an_update_of_a_raw_pool_that_azure_refuses_says_so() -> None:
    old, new = state({"vmSize": "A", "tags": {}}), state({"vmSize": "B", "tags": {"a": "b"}})
    found = change(step("update", old=old, new=new, detailed={"vmSize": "update", "tags.a": "add"}))
    assert len(found.avoid) == 1 and "Azure refuses to change vmSize." in found.avoid[0]
    assert change(step("update", old=old, new=new, detailed={"tags.a": "add"})).avoid == ()


def test_a_deletion_says_how_to_keep_the_pool() -> None:
    gone = step("delete", "raw", old=state(id=f"{ACCOUNT}/pools/raw"))
    assert "protect" in " ".join(change(gone).avoid)
    renamed = judged(gone, step("create", "other", new=state({"poolName": "raw"})))
    assert any("aliases" in way for way in renamed.changes[0].avoid)
    assert not any("aliases" in way for way in change(gone).avoid)
