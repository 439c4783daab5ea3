"""Every writable leaf of azure-native's `Pool`, edited on the real engine: the preview said what the update then did.

One stack with a pool for each leaf; the leaves are read off the SDK's argument types. What Azure refuses is decided by
local Azure, which never sees mutability.toml.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from emulator import Arm, Operation, Store
from extension_pool.mutability import Azure, Ours, Rule, find_rule
from tests.on_engine.leaf_edits import ADDRESS, Edit, edits
from tests.on_engine.pool_files import put_surroundings, write_pools
from tests.on_engine.stack import EngineStack
from tests.support.sdk_leaves import Path

EDITS = edits()

# Some under the other strategy too: of each kind of edit one or two.
BLUE_GREEN = (
    "vmSize",
    "networkConfiguration.subnetId",
    "extensions.settings",
    "identity.userAssignedIdentities",
    "metadata.value",
    "startTask.commandLine",
    "fixedScale.targetDedicatedNodes",
)

# A pool without an identity has none of these.
GOES_WITH = {("identity", "type"): {("identity", "userAssignedIdentities")}}


@dataclass(frozen=True)
class Landed:
    """What became of all the edits: the steps of the preview, what Azure was asked before and after, and the stack."""

    stack: EngineStack
    preview: dict[str, dict[str, Any]]
    before: list[Operation]
    after: list[Operation]


def blue_green(edit: Edit) -> Edit:
    def beside(arguments: dict[str, Any]) -> dict[str, Any]:
        name = arguments["pool_name"].replace("leaf", "green")
        return {**arguments, "pool_name": name, "rollout": {"strategy": "blue-green", "gate": {"enabled": False}}}

    return Edit(edit.path, beside(edit.before), beside(edit.after))


GREEN = {
    name.replace("leaf", "green"): blue_green(edit)
    for name, edit in EDITS.items()
    if any(".".join(edit.path).endswith(end) for end in BLUE_GREEN)
}


@pytest.fixture(scope="module")
def landed(new_stack: Callable[..., EngineStack]) -> Landed:
    stack = new_stack("pools_from_file.py")
    put_surroundings(stack.store)
    every = {**EDITS, **GREEN}
    write_pools(stack, {name: edit.before for name, edit in every.items()})
    stack.up()
    since = stack.last_operation()
    before = stack.changes()
    write_pools(stack, {name: edit.after for name, edit in every.items()})
    preview = stack.preview()
    assert stack.changes(since) == []
    stack.up()
    return Landed(stack, preview, before, stack.changes(since))


def of(operations: list[Operation], name: str) -> list[Operation]:
    """The operations on a pool under any of its names: its own, and those that begin with it and a hyphen."""
    last = [(one, one.path.rsplit("/", 1)[1]) for one in operations if "/pools/" in one.path]
    return [one for one, pool in last if pool == name or pool.startswith(f"{name}-")]


def rule_of(edit: Edit) -> Rule:
    rule = find_rule(".".join(edit.path))
    assert rule is not None
    return rule


def values(tree: Any, at: Path = ()) -> Iterator[tuple[Path, str]]:
    """Every value of a body with its path; the items of lists have no index, their order says nothing here."""
    if isinstance(tree, dict) and tree:
        for key, value in tree.items():
            yield from values(value, at if at == () and key == "properties" else (*at, key))
    elif isinstance(tree, list) and tree:
        for item in tree:
            yield from values(item, at)
    else:
        yield at, json.dumps(tree)


def changed(before: Any, after: Any) -> set[Path]:
    """The paths at which two bodies differ."""
    old, new = Counter(values(before)), Counter(values(after))
    return {path for path, _ in ((old - new) + (new - old))}


@pytest.mark.parametrize("name", EDITS, ids=lambda name: ".".join(EDITS[name].path))
def test_the_update_does_what_the_preview_said(landed: Landed, name: str) -> None:
    edit = EDITS[name]
    replaces = rule_of(edit).ours is Ours.REPLACE
    assert landed.preview[f"{name}-pool"]["op"] == ("replace" if replaces else "update")
    assert [one.method for one in of(landed.after, name)] == (["DELETE", "PUT"] if replaces else ["PUT"])


@pytest.mark.parametrize("name", EDITS, ids=lambda name: ".".join(EDITS[name].path))
def test_azure_receives_the_edit_and_nothing_else(landed: Landed, name: str) -> None:
    edit = EDITS[name]
    before, after = of(landed.before, name)[-1], of(landed.after, name)[-1]
    seen = changed(before.body, after.body)
    if edit.path[0] in ADDRESS:
        assert (seen, before.path != after.path) == (set(), True)
        return
    places = {path for path in seen if path[: len(edit.path)] == edit.path}
    # an object that held nothing else is empty now
    around = {path for path in seen if edit.path[: len(path)] == path}
    assert places
    assert {path[:2] for path in seen - places - around} == GOES_WITH.get(edit.path, set())


@pytest.mark.parametrize("name", EDITS, ids=lambda name: ".".join(EDITS[name].path))
def test_the_preview_names_the_place_in_words_that_the_table_knows(landed: Landed, name: str) -> None:
    edit = EDITS[name]
    shown = landed.preview[f"{name}-pool"]["detailedDiff"]
    found = {find_rule(path) for path in shown}
    assert rule_of(edit) in found
    # an account is in one group: with the group it is another account too
    assert len(found) == (2 if edit.path == ("resourceGroupName",) else 1)


@pytest.mark.parametrize("name", GREEN, ids=lambda name: ".".join(GREEN[name].path))
def test_under_blue_green_the_new_pool_comes_first(landed: Landed, name: str) -> None:
    edit = GREEN[name]
    replaces = rule_of(edit).ours is Ours.REPLACE
    step = landed.preview[f"{name}-pool"]
    done = of(landed.after, name)
    assert step["op"] == ("replace" if replaces else "update")
    assert [one.method for one in done] == (["PUT", "DELETE"] if replaces else ["PUT"])
    assert done[0].path.rsplit("/", 1)[1] == step["newState"]["inputs"]["poolName"]
    places = {path[: len(edit.path)] for path in changed(of(landed.before, name)[-1].body, done[0].body)}
    assert places == {edit.path}


def test_after_all_edits_nothing_is_left_to_do(landed: Landed) -> None:
    assert landed.stack.changed() == {}


@pytest.fixture(scope="module")
def untouched(landed: Landed, tmp_path_factory: pytest.TempPathFactory) -> Store:
    """Another Azure, with every pool as it was before its edit."""
    store = Store.open(tmp_path_factory.mktemp("azure"))
    put_surroundings(store)
    for name in EDITS:
        made = of(landed.before, name)[-1]
        assert Arm(store).put(made.path, made.body, "2024-07-01").ok
    return store


@pytest.mark.parametrize(
    "name",
    [name for name, edit in EDITS.items() if edit.path[0] not in ADDRESS],
    ids=lambda name: ".".join(EDITS[name].path),
)
def test_in_place_azure_takes_what_the_table_says_that_it_takes(landed: Landed, untouched: Store, name: str) -> None:
    # the twin: the same edit as one PUT on the live pool, without the replacement
    edited = of(landed.after, name)[-1]
    answer = Arm(untouched).put(edited.path, edited.body, "2024-07-01")
    refused = rule_of(EDITS[name]).azure is Azure.REFUSED
    assert answer.ok is not refused
    assert not refused or answer.body["error"]["code"] == "PropertyCannotBeUpdated"
