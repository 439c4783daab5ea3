"""The test kit tells what the real engine gets, and `compare` what a real preview says."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from extension_pool.testing import Azure, RecordedStack, Resource, Secret, compare, run_program
from extension_pool.testing.values import reveal, secret_places
from extension_pool.wire_marks import SIGNATURE
from tests.on_engine.stack import EngineStack

pytestmark = pytest.mark.drill

TENANT = "11111111-1111-1111-1111-111111111111"


def record(made: EngineStack, preview: bool = False) -> RecordedStack:
    """The program of a stack with its configuration, as the kit runs it."""
    return run_program(made.file.parents[1], stack=made.name, azure=Azure(tenant_id=TENANT), preview=preview)


@pytest.fixture(scope="module")
def made(new_stack: Callable[..., EngineStack]) -> EngineStack:
    stack = new_stack("kit.py")
    stack.up()
    return stack


@pytest.fixture(scope="module")
def state(made: EngineStack) -> dict[str, dict[str, Any]]:
    """What the engine keeps of each resource, by its URN, secrets in the clear."""
    deployment = json.loads(made.pulumi("stack", "export", "--show-secrets"))["deployment"]
    return {one["urn"]: one for one in deployment["resources"] if not one["type"].startswith("pulumi:")}


@pytest.fixture(scope="module")
def told(made: EngineStack, state: dict[str, dict[str, Any]]) -> RecordedStack:
    return record(made)


def opened(tree: Any) -> Any:
    """A value of the state with `Secret` where the engine has one."""
    if isinstance(tree, dict):
        if SIGNATURE in tree and "plaintext" in tree:
            return Secret(json.loads(tree["plaintext"]))
        return {key: opened(value) for key, value in tree.items()}
    return [opened(value) for value in tree] if isinstance(tree, list) else tree


def same_ids(tree: Any, told: RecordedStack, state: dict[str, dict[str, Any]]) -> Any:
    """A tree with the kit's ids of identities in the place of those that local Azure has drawn."""
    text = json.dumps(tree)
    for identity in told.identities:
        drawn = state[identity.urn]["outputs"]
        for key in ("clientId", "principalId"):
            text = text.replace(drawn[key], identity.outputs[key])
    return json.loads(text)


def test_the_kit_and_the_engine_tell_of_the_same_resources(
    told: RecordedStack, state: dict[str, dict[str, Any]]
) -> None:
    assert {one.urn for one in told.resources()} == set(state)
    assert len(state) == 8


def test_inputs_are_the_same_and_so_are_their_secrets(told: RecordedStack, state: dict[str, dict[str, Any]]) -> None:
    for one in (one for one in told.resources() if one.custom):
        kept = opened(state[one.urn]["inputs"])
        plain = same_ids(reveal(kept), told, state)
        for name, value in one.inputs.items():
            # made of the principal's id
            if name != "roleAssignmentName":
                assert plain[name] == reveal(value), (one, name)
        # the engine keeps a whole list as a secret when there is one in it
        hidden, mine = list(secret_places(kept)), list(secret_places(one.inputs))
        assert all(any(place[: len(above)] == above for above in hidden) for place in mine), one
        assert all(any(place[: len(above)] == above for place in mine) for above in hidden), one
    assert [one.logical_name for one in told.resources() if one.secrets] == ["render-pool"]


def test_options_are_the_same(told: RecordedStack, state: dict[str, dict[str, Any]]) -> None:
    for one in told.resources():
        kept, options = state[one.urn], one.options
        assert sorted(kept.get("dependencies", [])) == list(options.dependencies), one
        depends = {key: sorted(urns) for key, urns in kept.get("propertyDependencies", {}).items() if urns}
        assert depends == {key: list(urns) for key, urns in options.property_dependencies.items()}, one
        assert kept.get("protect", False) is (options.protect or False)
        assert kept.get("retainOnDelete", False) is (options.retain_on_delete or False)
        assert tuple(kept.get("ignoreChanges", [])) == options.ignore_changes, one
        assert tuple(kept.get("replaceOnChanges", [])) == options.replace_on_changes, one
        assert set(options.additional_secret_outputs) <= set(kept.get("additionalSecretOutputs", []))
        assert {key: value for key, value in kept.get("customTimeouts", {}).items() if value} == _seconds(one)
        assert kept["parent"] == options.parent
        hooks = {name for names in kept.get("resourceHooks", {}).values() for name in names}
        assert hooks == {name for names in options.hooks.values() for name in names}, one
    assert told.resource("account").options.timeouts and told.resource("vault").deletes_first


def _seconds(one: Resource) -> dict[str, int]:
    return dict.fromkeys(one.options.timeouts, 3600)


def test_azure_answers_as_local_azure_does(told: RecordedStack, state: dict[str, dict[str, Any]]) -> None:
    for one in (one for one in told.resources() if one.custom):
        kept = same_ids(reveal(opened(state[one.urn]["outputs"])), told, state)
        if one.logical_name != "render-vault-access":
            assert state[one.urn]["id"] == one.id
        common = set(one.outputs) & set(kept) - {"roleAssignmentName", "name" if one in told.grants else ""}
        assert "name" in common or one in told.grants
        for name in common:
            assert _within(reveal(one.outputs[name]), kept[name]), (one, name)


def _within(mine: Any, theirs: Any) -> bool:
    """Whether all that the kit answers is so in Azure; Azure says more, and keeps protected settings to itself."""
    if isinstance(mine, dict) and isinstance(theirs, dict):
        return all(_within(value, theirs[key]) for key, value in mine.items() if key != "protectedSettings")
    if isinstance(mine, list) and isinstance(theirs, list):
        return len(mine) == len(theirs) and all(_within(*pair) for pair in zip(mine, theirs, strict=True))
    return bool(mine == theirs)


def test_exports_are_the_same(made: EngineStack, told: RecordedStack, state: dict[str, dict[str, Any]]) -> None:
    outputs = json.loads(made.pulumi("stack", "output", "--json", "--show-secrets"))
    assert same_ids(outputs, told, state) == reveal(told.exports)
    shown = made.outputs()
    secret = {name for name, value in shown.items() if value == "[secret]"}
    assert (
        secret == {name for name, value in told.exports.items() if isinstance(value, Secret)} == {"hidden", "endpoint"}
    )


def test_a_first_preview_knows_as_much_as_the_engine_does(new_stack: Callable[..., EngineStack]) -> None:
    fresh = new_stack("kit.py")
    told = record(fresh, preview=True)
    steps = fresh.preview()
    unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
    for one in (one for one in told.resources() if one.custom):
        inputs = steps[one.logical_name]["newState"]["inputs"]
        for path in ("resourceGroupName", "poolName", "vmSize", "scope", "principalId"):
            if path in one.inputs:
                assert (inputs[path] == unknown) is (repr(one.inputs[path]) == "UNKNOWN"), (one, path)


MONITOR = {"name": "ama", "publisher": "Microsoft.Azure.Monitor", "type": "AzureMonitorLinuxAgent"}
SUBNET = "/subscriptions/0/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/v/subnets/s"
NETWORK = {"network_configuration": {"subnet_id": SUBNET}}
METADATA = {"metadata": [{"name": "a", "value": "b"}]}
EDITS: list[dict[str, Any]] = [
    {"pool": {"vm_size": "Standard_D4s_v5"}, "raw": NETWORK},
    {"pool": {**METADATA, "scale_settings": {"fixed_scale": {"target_dedicated_nodes": 2}}}},
    {"pool": {"key_vault_extension": {"polling_interval_in_s": 60}}, "raw": {**METADATA, "task_slots_per_node": 2}},
    {"pool": {"extensions": [MONITOR]}, "raw": {"display_name": "a", "pool_name": "raw2"}},
    {"pool": {"pool_name": "other", **NETWORK}, "raw": {"vm_size": "Standard_D4s_v5"}},
    {"team": "other"},
]


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: json.dumps(edit)[:50])
def test_compare_says_what_the_preview_says(made: EngineStack, told: RecordedStack, edit: dict[str, Any]) -> None:
    made.configure(edit)
    changes = compare(told, record(made))
    steps = made.preview()
    for change, name in ((changes.pool("render"), "render-pool"), (changes.pool("raw"), "raw")):
        step = steps.get(name, {"op": "same"})
        assert change.operation == step["op"], str(changes)
        found = step.get("detailedDiff") or {}
        assert sorted(change.edited) == sorted(found)
        replacing = {place for place, one in found.items() if one["kind"].endswith("-replace")}
        assert set(change.because) == replacing
