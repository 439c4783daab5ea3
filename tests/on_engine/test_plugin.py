"""The component from the plugin and the component in a Python program are one."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.on_engine.plugins import with_plugin
from tests.on_engine.rolled import POOLS
from tests.on_engine.stack import EngineStack

pytestmark = pytest.mark.drill

NewStack = Callable[..., EngineStack]
Pair = tuple[EngineStack, EngineStack]
POOL = "render-pool"
# what time, chance and the place of a line decide
BY_CHANCE = ("created", "modified", "sourcePosition", "stackTrace", "external")
STAMPS = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z|W/\\?\"0x[0-9A-F]+\\?\"")


@pytest.fixture(scope="module")
def pair(new_stack: NewStack) -> Pair:
    """The same pool in a Python program and from the plugin; each in a stack of its own that is up."""
    made = (with_plugin(new_stack("either_way.py")), with_plugin(new_stack("either_way.py")))
    configured(made)
    for stack in made:
        stack.up()
    return made


def configured(pair: Pair, **config: Any) -> None:
    for stack, remote in zip(pair, (False, True), strict=True):
        stack.configure({"remote": remote, **config})


def resources(stack: EngineStack, name: str = "render") -> dict[str, dict[str, Any]]:
    """The state by name, secrets in the open, without what differs between any two stacks."""
    exported = stack.local.pulumi("stack", "export", "--show-secrets", "--stack", stack.name).stdout
    text = STAMPS.sub("TIME", exported)
    found = {one["urn"].rsplit("::", 1)[1]: one for one in json.loads(text)["deployment"]["resources"]}
    given = ids(found, name)
    for before, after in given.items():
        text = text.replace(before, after)
    everything = json.loads(text)["deployment"]["resources"]
    return {name_of(one): comparable(one) for one in everything if ":default" not in one["urn"]}


def ids(found: dict[str, Any], name: str) -> dict[str, str]:
    """Ids that Azure and the engine make up, and what stands for them."""
    identity = found[f"{name}-identity"]
    made_up = {
        identity["inputs"]["resourceName"]: "IDENTITY",
        identity["outputs"]["clientId"]: "CLIENT",
        identity["outputs"]["principalId"]: "PRINCIPAL",
        found[f"{name}-vault-access"]["inputs"]["roleAssignmentName"]: "GRANT",
        # with the strategy blue-green; it tells of the identity
        f'"{found[f"{name}-pool"]["outputs"]["name"]}"': '"POOL"',
        f"pools/{found[f'{name}-pool']['outputs']['name']}": "pools/POOL",
    }
    made_up |= {one["id"]: f"PROVIDER {key}" for key, one in found.items() if "pulumi:providers" in one["type"]}
    return made_up


def name_of(resource: dict[str, Any]) -> str:
    return str(resource["urn"].split("::", 2)[2])


def comparable(value: Any) -> Any:
    if isinstance(value, dict):
        if isinstance(value.get("plaintext"), str):
            return {**value, "plaintext": comparable(json.loads(value["plaintext"]))}
        return {key: comparable(one) for key, one in value.items() if key not in BY_CHANCE}
    if isinstance(value, list):
        everything = [comparable(one) for one in value]
        # dependencies have no order
        return sorted(everything) if all(str(one).startswith("urn:") for one in everything) else everything
    return value


def test_secrets_are_nowhere_in_the_open(pair: Pair) -> None:
    for stack in pair:
        told = stack.printed + stack.export()
        assert [one for one in ("s3cr3t-setting", "s3cr3t-protected", "hunter-two-22") if one in told] == []
        assert "hunter-two-22" in stack.local.pulumi("stack", "export", "--show-secrets", "--stack", "test").stdout


def test_the_plugin_makes_the_same_resources_with_the_same_options(pair: Pair) -> None:
    ours, plugins = (resources(stack) for stack in pair)
    compare(ours, plugins)


def compare(ours: dict[str, Any], plugins: dict[str, Any]) -> None:
    component = next(name for name in ours if "ExtensionPool::" in name)
    # the component itself depends on what came in from outside, which a plugin is told as its dependencies
    assert set(ours[component].pop("dependencies")) < set(plugins[component].pop("dependencies"))
    for name in ours:
        assert plugins[name] == ours[name]
    assert set(ours) == set(plugins)


def test_the_comparison_would_see_a_lost_option(pair: Pair) -> None:
    ours = resources(pair[0])
    pool = next(one for name, one in ours.items() if name.endswith(POOL))
    assert pool["customTimeouts"]["delete"] == 42 * 60 and pool["replaceOnChanges"]
    assert pool["provider"].endswith("PROVIDER explicit")
    assert any(one.endswith("::first") for one in pool["dependencies"])
    assert pool["parent"].endswith("$extension-pool:index:ExtensionPool::render")
    inputs = pool["inputs"]
    assert inputs["metadata"]["plaintext"][1] == {"name": "price", "value": "17"}


def test_a_setting_reaches_arm_as_it_was_typed(pair: Pair) -> None:
    """A number is a float on the wire: 5 must not become 5.0 in the JSON of the extension."""
    bodies = [json.dumps(stack.body("pools/render")) for stack in pair]
    for body in bodies:
        machines = json.loads(body)["properties"]["deploymentConfiguration"]["virtualMachineConfiguration"]
        (settings,) = [one["settings"] for one in machines["extensions"] if one["name"] == "agent"]
        assert json.dumps([settings[key] for key in ("whole", "part", "text", "yes", "list")]) == (
            '[5, 5.5, "5", true, [1, 2.5, {"deep": 3}]]'
        )


def test_a_program_in_another_language_takes_a_pool_over(pair: Pair) -> None:
    pair[0].configure({"remote": True})
    changed = pair[0].changed()
    pair[0].configure({"remote": False})
    assert {name: how for name, how in changed.items() if not name.startswith("default")} == {}


def test_an_edit_replaces_the_pool_in_the_same_way(pair: Pair) -> None:
    configured(pair, version="2")
    ours, plugins = (stack.preview()[POOL] for stack in pair)
    assert ours["op"] == plugins["op"] == "replace"
    assert ours["detailedDiff"] == plugins["detailedDiff"]
    for stack in pair:
        before = stack.last_operation()
        stack.up()
        assert stack.verbs(before, "pools/render") == ["DELETE", "PUT"]


def test_renamed_protected_and_scaled_it_is_the_same_pool_in_both(pair: Pair) -> None:
    """The alias and the protection of the program's own parent reach what the plugin makes."""
    configured(pair, version="2", nodes=5, name="renamed", protect=True)
    for stack in pair:
        before = stack.last_operation()
        stack.up()
        assert stack.verbs(before, "pools/render") == ["PUT"]
        assert stack.body("pools/render")["properties"]["scaleSettings"]["fixedScale"]["targetDedicatedNodes"] == 5
    ours, plugins = (resources(stack, "renamed") for stack in pair)
    assert all(one["protect"] for name, one in plugins.items() if "$azure-native" in name)
    compare(ours, plugins)
    configured(pair, version="2", nodes=5, name="renamed")
    for stack in pair:
        stack.up()


def test_blue_green_pools_have_the_same_hooks_whoever_makes_them(pair: Pair) -> None:
    configured(pair, version="3", name="renamed", strategy="blue-green")
    for stack in pair:
        stack.local.start_azure()
        stack.up()
        assert re.fullmatch(r"render-[0-9a-f]{8}", stack.outputs()["poolName"])
    ours, plugins = (resources(stack, "renamed") for stack in pair)
    pool = next(one for name, one in plugins.items() if name.endswith("::renamed-pool"))
    assert {"BeforeCreate", "AfterCreate", "BeforeDelete"} <= set(pool["resourceHooks"])
    compare(ours, plugins)


def test_destroy_leaves_nothing(pair: Pair) -> None:
    for stack in pair:
        stack.pulumi("destroy", "--yes", "--skip-preview", "--run-program")
        assert [row.name for row in stack.store.living(POOLS) if row.deleting is None] == []
