"""`compare`: what an edit of a program does to its pools, and where it does not claim to know."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest
from hypothesis import given
from hypothesis import strategies as st

from extension_pool import ExtensionPool
from extension_pool.testing import Comparison, NotRecorded, RecordedStack, compare, explain_change, run_program
from tests.extension_pool.test_pool import arguments
from tests.extension_pool.testing.programs import AGENT, EXTENSIONS, HIDDEN, raw_pool

IDENTITY = "/subscriptions/0/resourceGroups/rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/it"
SUBNET = "/subscriptions/0/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/v/subnets/s"
AGENTS = [{**AGENT, "name": name, "protected_settings": {"key": HIDDEN}} for name in ("a", "b")]


def run(opts: pulumi.ResourceOptions | None = None, name: str = "render", **changes: Any) -> RecordedStack:
    return run_program(lambda: ExtensionPool(name, arguments(**changes), opts))


def run_raw(opts: pulumi.ResourceOptions | None = None, **changes: Any) -> RecordedStack:
    return run_program(lambda: raw_pool(opts, **changes))


def edit(before: dict[str, Any], after: dict[str, Any], opts: pulumi.ResourceOptions | None = None) -> Comparison:
    return compare(run(opts, **before), run(opts, **after))


def edit_raw(before: dict[str, Any], after: dict[str, Any], **options: Any) -> Comparison:
    opts = pulumi.ResourceOptions(**options)
    return compare(run_raw(opts, **before), run_raw(opts, **after))


@pytest.mark.parametrize(
    ("before", "after", "operation", "because"),
    [
        ({}, {}, "same", ()),
        ({}, {"vm_size": "Standard_D4s_v5"}, "replace", ("vmSize",)),
        ({}, {"metadata": [{"name": "a", "value": "b"}]}, "update", ()),
        ({}, {"pool_name": "other"}, "replace", ("poolName",)),
        ({}, {"network_configuration": {"subnet_id": SUBNET}}, "replace", ("networkConfiguration",)),
        (
            {},
            {"key_vault_extension": {"polling_interval_in_s": 60}},
            "replace",
            (f"{EXTENSIONS}[0].settings.secretsManagementSettings.pollingIntervalInS",),
        ),
        ({"extensions": AGENTS}, {"extensions": AGENTS[::-1]}, "same", ()),
        ({"extensions": AGENTS}, {"extensions": AGENTS[:1]}, "replace", (f"{EXTENSIONS}[1]",)),
        (
            {"extensions": AGENTS},
            {"extensions": [AGENTS[0], {**AGENTS[1], "protected_settings": {"key": "other"}}]},
            "replace",
            (f"{EXTENSIONS}[1].protectedSettings.key",),
        ),
        ({}, {"task_slots_per_node": 1}, "same", ()),
        ({}, {"task_slots_per_node": 2}, "replace", ("taskSlotsPerNode",)),
    ],
)
def test_an_edit_of_the_component_does_what_the_tables_say(
    before: dict[str, Any], after: dict[str, Any], operation: str, because: tuple[str, ...]
) -> None:
    changes = edit(before, after)
    (change,) = changes.changes
    assert (change.name, change.operation, change.because, change.refused) == ("render", operation, because, ())
    assert HIDDEN not in str(changes)


def test_what_is_made_and_taken_away_is_told() -> None:
    one = run_program(lambda: ExtensionPool("one", arguments()))
    two = run_program(lambda: [ExtensionPool("two", arguments()), raw_pool()])
    changes = compare(one, two)
    assert str(changes) == "one: delete\nraw: create\ntwo: create"
    assert changes.deleted == ("one",) and changes.recreates("one") and not changes.recreates("two")
    with pytest.raises(NotRecorded, match="no pool 'three' in either program; there are: one, raw, two"):
        changes.pool("three")


def test_a_raw_pool_without_the_option_is_updated_and_azure_refuses_it() -> None:
    (change,) = edit_raw({}, {"polling": "60"}).changes
    assert (change.operation, change.because) == ("update", ())
    assert change.refused == (f"{EXTENSIONS}[0].settings.pollingIntervalInS",)
    assert "Azure refuses deploymentConfiguration" in str(change)
    (sentence,) = explain_change(change)
    assert "Azure refuses to change it on a pool that has nodes" in sentence


def test_a_raw_pool_with_the_option_is_replaced() -> None:
    changes = edit_raw({}, {"polling": "60"}, replace_on_changes=[EXTENSIONS])
    assert changes.recreates("raw") and changes.changes[0].refused == ()


def test_an_object_that_comes_is_not_below_the_path_that_would_replace_it() -> None:
    # as the engine: a change of the whole object is not one of what is in it
    network = {"network_configuration": {"subnet_id": "/s"}}
    below = edit_raw({}, network, replace_on_changes=["networkConfiguration.subnetId"])
    assert below.updated == ("raw",) and below.changes[0].refused == ("networkConfiguration",)
    assert edit_raw({}, network, replace_on_changes=["networkConfiguration"]).replaced == ("raw",)


def test_a_group_in_another_spelling_is_the_same_group() -> None:
    assert edit_raw({}, {"resource_group_name": "RG"}).unchanged == ("raw",)
    assert edit_raw({}, {"resource_group_name": "other"}).pool("raw").because == ("resourceGroupName",)


def test_what_is_ignored_is_no_change() -> None:
    assert edit_raw({}, {"vm_size": "x"}, ignore_changes=["vmSize"]).unchanged == ("raw",)


def test_a_replacement_trigger_replaces() -> None:
    if not hasattr(pulumi.ResourceOptions(), "replacement_trigger"):
        pytest.skip("this pulumi has no replacement_trigger")
    runs = [run_raw(pulumi.ResourceOptions(replacement_trigger=one)) for one in ("1", "2")]
    assert compare(*runs).pool("raw").because == ("replacementTrigger",)
    assert compare(runs[0], runs[0]).unchanged == ("raw",)


def test_protection_of_the_pool_before_is_told() -> None:
    changes = edit({}, {"vm_size": "Standard_D4s_v5"}, pulumi.ResourceOptions(protect=True))
    assert changes.pool("render").protected and str(changes).endswith("it is protected")


@pytest.mark.parametrize(
    "options",
    [
        {"aliases": [pulumi.Alias(name="old")]},
        {"aliases": ["urn:pulumi:test::project::extension-pool:index:ExtensionPool::old"]},
    ],
)
def test_a_renamed_component_with_an_alias_keeps_its_pool(options: dict[str, Any]) -> None:
    old = run_program(lambda: ExtensionPool("old", arguments(pool_name="p")))
    new = run_program(lambda: ExtensionPool("new", arguments(pool_name="p"), pulumi.ResourceOptions(**options)))
    assert "new" in [
        change.name for change in compare(old, new).changes if change.operation not in ("create", "delete")
    ]
    without = run_program(lambda: ExtensionPool("new", arguments(pool_name="p")))
    assert str(compare(old, without)) == "new: create\nold: delete"


def test_a_pool_that_moves_into_a_component_by_an_alias_is_the_same_one() -> None:
    class Team(pulumi.ComponentResource):
        def __init__(self) -> None:
            super().__init__("acme:index:Team", "team")

    def within() -> None:
        top = pulumi.Alias(parent=pulumi.ROOT_STACK_RESOURCE)
        raw_pool(pulumi.ResourceOptions(parent=Team(), aliases=[top]))

    assert compare(run_program(raw_pool), run_program(within)).unchanged == ("raw",)


def test_a_preview_is_not_compared() -> None:
    with pytest.raises(ValueError, match="needs two runs with all their values"):
        compare(run_program(raw_pool, preview=True), run_program(raw_pool))


TREES = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3) | st.text("ab", max_size=2),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("ab", min_size=1, max_size=2), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(one=TREES, other=TREES)
def test_two_trees_differ_exactly_where_an_edit_is_told(one: Any, other: Any) -> None:
    from extension_pool.testing.comparing import _value_edits

    same = repr(one) == repr(other) or (one == other and repr(_sorted(one)) == repr(_sorted(other)))
    assert (list(_value_edits(one, other, ("settings",))) == []) is same


def _sorted(tree: Any) -> Any:
    if isinstance(tree, dict):
        return {key: _sorted(tree[key]) for key in sorted(tree)}
    return [_sorted(one) for one in tree] if isinstance(tree, list) else tree
