"""Which property differs, which forces a replacement, and what its values read like."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extension_pool.ops.review.model import Edit
from extension_pool.ops.review.values import LONGEST_TEXT

from .stepped import change, judged, ours, state, step, urn

EXTENSIONS = "deploymentConfiguration.virtualMachineConfiguration.extensions"
LATER = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
REPLACED = {"vmSize": "update-replace"}


def machines(*extensions: Any, **more: Any) -> dict[str, Any]:
    return {"deploymentConfiguration": {"virtualMachineConfiguration": {"extensions": list(extensions)}}, **more}


def extension(name: str, version: str = "1.0") -> dict[str, Any]:
    return {"name": name, "type": name, "typeHandlerVersion": version}


@pytest.mark.parametrize(
    ("kind", "edit", "forces"),
    [
        ("add", Edit.ADDED, False),
        ("add-replace", Edit.ADDED, True),
        ("delete", Edit.REMOVED, False),
        ("delete-replace", Edit.REMOVED, True),
        ("update", Edit.CHANGED, False),
        ("update-replace", Edit.CHANGED, True),
    ],
)
def test_the_kinds_of_a_detailed_difference(kind: str, edit: Edit, forces: bool) -> None:
    old, new = state({"a": {"b": 1.0}}), state({"a": {"b": "two"}})
    found = change(step("replace", old=old, new=new, detailed={"a.b": kind})).leaves
    (leaf,) = found
    assert (leaf.edit, leaf.forces) == (edit, forces)
    assert leaf.old == (None if edit is Edit.ADDED else "1")
    assert leaf.new == (None if edit is Edit.REMOVED else "two")


def test_a_forced_replacement_without_reasons_is_judged_by_its_details() -> None:
    found = change(step("replace", old=state({"vmSize": "A"}), new=state({"vmSize": "B"}), detailed=REPLACED))
    (leaf,) = found.leaves
    assert (leaf.forces, leaf.old, leaf.new, found.why, found.because_of) == (True, "A", "B", "", ())
    assert leaf.rule is not None and leaf.rule.path == "vmSize"


def test_without_details_the_inputs_are_compared_and_the_reasons_believed() -> None:
    old = state({"a": {"b": 1, "c": 2}, "d": [1], "same": "x", "__internal": 1})
    new = state({"a": {"b": 1, "c": 3}, "d": [1, 2], "same": "x"})
    found = change(step("replace", old=old, new=new, diffReasons=["a", "d", "hidden"], replaceReasons=["a"]))
    assert [(leaf.path, leaf.old, leaf.new, leaf.forces) for leaf in found.leaves] == [
        ("a.c", "2", "3", True),
        ("d", "[1]", "[1, 2]", False),
        ("hidden", None, None, False),
    ]


@pytest.mark.parametrize("details", [None, {}])
def test_details_may_be_missing_or_empty(details: Any) -> None:
    found = change(step("update", old=state({"a": 1}), new=state({"a": 2}), diffReasons=["a"], detailedDiff=details))
    assert [(leaf.path, leaf.forces) for leaf in found.leaves] == [("a", False)]


@pytest.mark.parametrize(
    "state_of",
    [
        {"propertyDependencies": {"accountName": [urn("account")]}},
        {"dependencies": [urn("account")]},
        {"deletedWith": urn("account")},
        {"parent": urn("account")},
    ],
)
def test_what_goes_along_names_what_takes_it(state_of: dict[str, Any]) -> None:
    environment = judged(
        step("replace", "account", old=state({"a": 1}), new=state({"a": 2}), detailed={"a": "update-replace"}),
        step("replace", "raw", old=state(**state_of), new=state(**state_of)),
        step("update", "other", old=state({"b": 1}), new=state({"b": 2}, dependencies=[urn("account")])),
    )
    found = {one.name: one for one in environment.changes}
    assert (found["raw"].because_of, found["raw"].why) == (("account",), "")
    assert (found["account"].because_of, found["other"].because_of) == ((), ())
    assert found["raw"].avoid[0].startswith("Leave account as it was")


def test_of_many_dependencies_the_option_names_the_one() -> None:
    options = {"dependencies": [urn("one"), urn("two")], "replaceWith": [urn("two")]}
    replaced = [step("replace", name, old=state({"a": 1}), new=state({"a": 2})) for name in ("one", "two")]
    follower = step("replace", "raw", old=state(**options), new=state(**options), replaceReasons=["replaceWith"])
    assert next(one for one in judged(*replaced, follower).changes if one.name == "raw").because_of == ("two",)


@pytest.mark.parametrize(
    ("old", "new", "reasons", "why"),
    [
        ({"taint": True}, {}, ["id"], "it is marked to be replaced (pulumi state taint)"),
        ({}, {}, ["id"], "it is to be replaced by the command line (--replace or --target-replace)"),
        ({"replacementTrigger": 1}, {"replacementTrigger": 2}, [], "its option replacementTrigger changed"),
        ({}, {}, [], "the preview does not say why"),
    ],
)
def test_a_replacement_that_was_asked_for_says_so(
    old: dict[str, Any], new: dict[str, Any], reasons: list[str], why: str
) -> None:
    found = change(step("replace", old=state(**old), new=state(**new), replaceReasons=reasons))
    assert (found.why, found.leaves) == (why, ())


def test_an_index_counts_in_the_list_that_has_the_element() -> None:
    old = state(machines(extension("agent"), extension("driver", "1.0"), extension("vault")))
    new = state(machines(extension("driver", "2.0"), extension("vault"), extension("extra")))
    details = {
        f"{EXTENSIONS}[0]": "delete-replace",
        f"{EXTENSIONS}[0].typeHandlerVersion": "update-replace",
        f"{EXTENSIONS}[2]": "add-replace",
    }
    leaves = {leaf.shown: leaf for leaf in change(step("replace", old=old, new=new, detailed=details)).leaves}
    assert set(leaves) == {'extensions["agent"]', 'extensions["driver"].typeHandlerVersion', 'extensions["extra"]'}
    moved = leaves['extensions["driver"].typeHandlerVersion']
    assert (moved.path, moved.old, moved.new) == (f"{EXTENSIONS}[0].typeHandlerVersion", '"1.0"', '"2.0"')
    agent = leaves['extensions["agent"]'].old
    assert agent is not None and json.loads(agent)["name"] == "agent"


names = st.lists(st.sampled_from("abcdef"), unique=True, max_size=6)


@given(names, names, st.data())
def test_the_values_are_those_of_the_element_that_is_named(before: list[str], now: list[str], data: Any) -> None:
    kept = [name for name in now if name in before]
    if not kept:
        return
    name = data.draw(st.sampled_from(kept))
    old = state(machines(*(extension(one, f"old-{one}") for one in before)))
    new = state(machines(*(extension(one, f"new-{one}") for one in now)))
    path = f"{EXTENSIONS}[{now.index(name)}].typeHandlerVersion"
    (leaf,) = change(step("update", old=old, new=new, detailed={path: "update"})).leaves
    assert (leaf.shown, leaf.old, leaf.new) == (
        f'extensions["{name}"].typeHandlerVersion',
        f"old-{name}",
        f"new-{name}",
    )


def test_lists_without_names_are_compared_by_place() -> None:
    old, new = state({"rules": ["a", "b"]}), state({"rules": ["a", "c"]})
    (leaf,) = change(step("update", old=old, new=new, detailed={"rules[1]": "update"})).leaves
    assert (leaf.shown, leaf.old, leaf.new) == ("rules[1]", "b", "c")


def test_the_name_of_a_hidden_extension_comes_from_the_stack() -> None:
    hidden = {"deploymentConfiguration": {"virtualMachineConfiguration": {"extensions": "[secret]"}}}
    outputs = {"pools": {"render": {"extensionNames": ["agent", "vault"]}}}
    stack = step("same", "prod", kind="pulumi:pulumi:Stack", old={"outputs": outputs}, new={})
    path = f"{EXTENSIONS}[1].protectedSettings.key"

    def shown(**details: str) -> list[str]:
        replaced = ours("replace", old=state(hidden), new=state(hidden), detailed=details)
        return [leaf.shown for leaf in change(stack, replaced).leaves]

    assert shown(**{path: "update-replace"}) == ['extensions["vault"].protectedSettings.key']
    # an index in another list says nothing of this one
    assert shown(**{path: "update-replace", f"{EXTENSIONS}[0]": "delete-replace"}) == [
        'extensions["agent"]',
        "extensions[1].protectedSettings.key",
    ]


@pytest.mark.parametrize(
    ("path", "tree"),
    [("tags.a.b", {"tags": {"a.b": "x"}}), ('tags["a.b"]', {"tags": {"a.b": "x"}}), ("tags.a", {"tags": {"a": "x"}})],
)
def test_a_name_with_a_dot_is_found_as_the_provider_writes_it(path: str, tree: dict[str, Any]) -> None:
    (leaf,) = change(step("update", old=state(tree), new=state(tree), detailed={path: "update"})).leaves
    assert (leaf.old, leaf.new) == ("x", "x")


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("text", "text"),
        ("3600", '"3600"'),
        (3600.0, "3600"),
        (1.5, "1.5"),
        (True, "true"),
        ("true", '"true"'),
        (None, "null"),
        ("", '""'),
        (" a", '" a"'),
        ({"b": 1.0, "a": ["x"]}, '{"b": 1, "a": ["x"]}'),
        (LATER, "(known after the update)"),
        ({"a": LATER}, '{"a": "(known after the update)"}'),
        ("dd056dcd-154b-4c76-9bd3-c8f88648b5ff", "(known after the update)"),
        ("two\nlines\tand \x1b[31mcolour\u202e", "two lines and [31mcolour"),
        ("x" * (LONGEST_TEXT + 7), "x" * LONGEST_TEXT + "… (7 more letters)"),
    ],
)
def test_a_value_is_one_line_that_says_which_kind_it_is(value: Any, shown: str) -> None:
    (leaf,) = change(
        step("update", old=state({"a": "before"}), new=state({"a": value}), detailed={"a": "update"})
    ).leaves
    assert leaf.new == shown


def test_a_value_that_is_not_known_may_turn_out_the_same() -> None:
    found = change(step("replace", old=state({"a": "x"}), new=state({"a": LATER}), detailed={"a": "update-replace"}))
    assert not found.leaves[0].settled
    assert found.avoid[0].startswith("It may not come to that")
