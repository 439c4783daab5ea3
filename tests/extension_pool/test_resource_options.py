"""What the options of the component mean for its pool."""

import re
from typing import Any

import pulumi
import pytest

from extension_pool import ExtensionPool
from extension_pool.problems import InvalidInput
from extension_pool.replace_on_changes import REPLACE_ON_CHANGES
from extension_pool.resource_options import find_pool_paths, pool_options, without_effect
from extension_pool.spec import BLUE_GREEN, DELETE_FIRST, MACHINE_FIELDS, PoolSpec, arm_name
from extension_pool.testing import compare, run_program
from tests.extension_pool.test_pool import arguments

MACHINE = "deploymentConfiguration.virtualMachineConfiguration"
OWN = {"key_vault_access", "key_vault_certificates", "key_vault_extension", "rollout"}


def snake(text: str) -> str:
    return re.sub(r"([A-Z])", lambda found: f"_{found[1].lower()}", text)


def options(strategy: str = DELETE_FIRST, **given: Any) -> Any:
    return pool_options(pulumi.ResourceOptions(**given), strategy)


def refused(strategy: str = DELETE_FIRST, **given: Any) -> str:
    with pytest.raises(InvalidInput) as caught:
        options(strategy, **given)
    return str(caught.value)


def test_without_options_nothing_is_ignored_and_the_pool_is_replaced_as_ever() -> None:
    for found in (options(), pool_options(None, DELETE_FIRST)):
        assert found.ignore_changes == () and found.replace_on_changes == REPLACE_ON_CHANGES


@pytest.mark.parametrize(
    ("argument", "paths"),
    [
        ("scale_settings", ("scaleSettings",)),
        ("scaleSettings", ("scaleSettings",)),
        ("scale_settings.fixed_scale.target_dedicated_nodes", ("scaleSettings.fixedScale.targetDedicatedNodes",)),
        ("tags", ("tags",)),
        ("tags.cost_center", ("tags.cost_center",)),
        ("metadata[0].value", ("metadata[0].value",)),
        ("data_disks[0].disk_size_gb", (f"{MACHINE}.dataDisks[0].diskSizeGB",)),
        ("image", (f"{MACHINE}.imageReference", f"{MACHINE}.nodeAgentSkuId")),
        ("image_reference.version", (f"{MACHINE}.imageReference.version",)),
        ("extensions", (f"{MACHINE}.extensions",)),
    ],
)
def test_arguments_are_named_as_the_program_has_them(argument: str, paths: tuple[str, ...]) -> None:
    assert options(ignore_changes=[argument]).ignore_changes == paths


@pytest.mark.parametrize("argument", sorted(set(PoolSpec.model_fields) - OWN))
def test_every_argument_that_becomes_a_property_has_a_path_in_both_spellings(argument: str) -> None:
    paths = find_pool_paths(argument)
    assert paths and paths == find_pool_paths(arm_name(argument))
    assert all(path.startswith(MACHINE) for path in paths) == (
        argument in (*MACHINE_FIELDS, "extensions", "node_agent_sku_id", "image", "image_reference")
    )


@pytest.mark.parametrize("argument", sorted(OWN))
def test_words_of_the_component_that_are_no_property_are_refused(argument: str) -> None:
    assert "opts.ignore_changes: must be arguments that become a property of the pool" in refused(
        ignore_changes=[argument]
    )


def test_a_misspelt_argument_is_named_with_the_one_that_was_meant() -> None:
    said = refused(ignore_changes=["scale_setings", "nonsense"])
    assert 'got "scale_setings"; did you mean scale_settings?' in said
    assert 'got "nonsense"' in said


@pytest.mark.parametrize("given", [f"{MACHINE}.osDisk.caching", f"{snake(MACHINE)}.os_disk"])
def test_a_path_of_the_raw_pool_is_told_as_the_argument_that_it_is(given: str) -> None:
    assert refused(ignore_changes=[given]).endswith("; did you mean os_disk?")


def test_an_extension_is_not_named_by_its_position() -> None:
    assert "can only be named whole" in refused(ignore_changes=["extensions[0].settings"])


def test_further_arguments_replace_the_pool_too() -> None:
    found = options(replace_on_changes=["start_task", "vm_size"]).replace_on_changes
    assert found == (*REPLACE_ON_CHANGES, "startTask")
    assert "always replaces the pool" in refused(replace_on_changes=["pool_name"])


@pytest.mark.parametrize("argument", ["vm_size", "extensions", "image", "network_configuration.subnet_id", "pool_name"])
def test_a_blue_green_pool_ignores_nothing_that_is_in_its_name(argument: str) -> None:
    assert "blue-green" in refused(BLUE_GREEN, ignore_changes=[argument])
    assert options(ignore_changes=[argument]).ignore_changes


def test_a_blue_green_pool_may_ignore_its_scale() -> None:
    assert options(BLUE_GREEN, ignore_changes=["scale_settings"]).ignore_changes == ("scaleSettings",)
    said = refused(BLUE_GREEN, ignore_changes=["start_task.command_line"], replace_on_changes=["start_task"])
    assert 'got "start_task.command_line"' in said


def test_a_component_is_not_imported_and_the_way_is_told() -> None:
    assert "opts.import_: a component cannot be imported" in refused(import_="/subscriptions/x")


def test_what_does_nothing_is_told() -> None:
    given = pulumi.ResourceOptions(
        delete_before_replace=True,
        additional_secret_outputs=["clientId"],
        version="1.0",
        plugin_download_url="x",
        hide_diffs=["tags"],
    )
    said = without_effect(given)
    assert [one.split()[2] for one in said] == [
        "delete_before_replace",
        "additional_secret_outputs",
        "version",
        "plugin_download_url",
        "hide_diffs",
    ]
    assert without_effect(pulumi.ResourceOptions(ignore_changes=["tags"], protect=True)) == []
    assert without_effect(None) == []


@pytest.mark.parametrize(
    ("option", "given"),
    [
        ("hooks", pulumi.ResourceHookBinding(before_update=[pulumi.ResourceHook.__new__(pulumi.ResourceHook)])),
        ("replacement_trigger", "v2"),
        ("replacement_trigger", 0),
        ("replacement_trigger", False),
        ("replace_with", [pulumi.Resource.__new__(pulumi.Resource)]),
    ],
)
def test_what_reaches_the_component_and_not_its_pool_is_told(option: str, given: Any) -> None:
    options = pulumi.ResourceOptions()
    setattr(options, option, given)
    (said,) = without_effect(options)
    assert said.startswith(f"the option {option} of an ExtensionPool does nothing to its pool: ")


def test_an_option_that_says_nothing_is_not_told() -> None:
    options = pulumi.ResourceOptions(hooks=pulumi.ResourceHookBinding(before_create=[]), replace_with=[])
    assert without_effect(options) == []


@pytest.mark.parametrize("strategy", [DELETE_FIRST, BLUE_GREEN])
def test_what_is_told_of_a_trigger_is_a_way(strategy: Any) -> None:
    def program(value: str) -> None:
        given = arguments(metadata=[{"name": "trigger", "value": value}], rollout={"strategy": strategy})
        ExtensionPool("render", given, pulumi.ResourceOptions(replace_on_changes=["metadata"]))

    before = run_program(lambda: program("1"))
    assert compare(before, run_program(lambda: program("2"))).replaced == ("render",)
    assert compare(before, run_program(lambda: program("1"))).unchanged == ("render",)


def test_options_without_effect_are_warnings_of_the_program() -> None:
    opts = pulumi.ResourceOptions(replacement_trigger="v2", delete_before_replace=True)
    said = run_program(lambda: ExtensionPool("render", arguments(), opts)).warnings
    assert [one.split(": ")[0] for one in said] == [
        "the option delete_before_replace does nothing on an ExtensionPool",
        "the option replacement_trigger of an ExtensionPool does nothing to its pool",
    ]
