"""Programs in every form are run, in one process, one after the other, and leave nothing behind."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

import pulumi
import pytest
from pulumi_azure_native import keyvault, resources

from extension_pool import ExtensionPool, InvalidPoolError
from extension_pool.testing import UNKNOWN, RecordedStack, Secret, run_program
from extension_pool.testing.tokens import RESOURCE_GROUP
from tests.extension_pool.test_pool import arguments
from tests.extension_pool.testing.programs import raw_pool, render, surroundings

ROOT = Path(__file__).parents[3]


def groups(stack: RecordedStack) -> list[str]:
    return [one.logical_name for one in stack.resources(RESOURCE_GROUP)]


def group(name: str, **options: Any) -> resources.ResourceGroup:
    return resources.ResourceGroup(name, opts=pulumi.ResourceOptions(**options))


# programs


def test_a_function_exports_and_what_it_returns_is_exported_too() -> None:
    def program() -> dict[str, Any]:
        made = group("a")
        pulumi.export("one", made.name)
        return {"nested": {"id": made.id, "list": [1, 2.5, True, None]}, "hidden": pulumi.Output.secret("s")}

    exports = run_program(program).exports
    assert exports["one"].startswith("a") and exports["nested"]["list"] == [1, 2.5, True, None]
    assert exports["nested"]["id"].endswith(f"/resourceGroups/{exports['one']}")
    assert exports["hidden"] == Secret("s") and "'s'" not in repr(exports)


def test_an_async_function_is_awaited() -> None:
    async def program() -> dict[str, Any]:
        await asyncio.sleep(0)
        made = group("a")
        return {"name": await made.name.future()}

    assert run_program(program).exports["name"].startswith("a")


def test_an_async_test_can_run_a_program_too() -> None:
    async def test() -> RecordedStack:
        await asyncio.sleep(0)
        return run_program(render)

    assert asyncio.run(test()).pool("render").replaces_on("extensions")
    assert run_program(render).pool("render").replaces_on("extensions")


def test_outputs_that_a_test_makes_beforehand_can_be_given() -> None:
    given_later = pulumi.Output.from_input("Standard_D4s_v5")
    stack = run_program(lambda: ExtensionPool("render", arguments(vm_size=given_later)))
    assert stack.pool("render").input("vmSize") == "Standard_D4s_v5"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project whose program has a module of its own, which makes a resource."""
    (tmp_path / "Pulumi.yaml").write_text(
        "name: shop\nruntime: python\nstackConfigDir: stacks\n"
        "config: {shop:color: {default: blue}, size: {value: 5}, team: {type: string}}\n"
    )
    (tmp_path / "stacks").mkdir()
    (tmp_path / "stacks" / "Pulumi.prod.yaml").write_text(
        "config:\n  shop:color: red\n  shop:key: {secure: v1:abc}\n"
        "  shop:tree: {a: [{secure: v1:def}], plain: 1}\n  azure-native:location: northeurope\n"
    )
    (tmp_path / "local_parts.py").write_text(
        "import pulumi\nfrom pulumi_azure_native import resources\n"
        "group = resources.ResourceGroup(pulumi.Config().require('color'))\n"
    )
    (tmp_path / "__main__.py").write_text(
        "import os, json, pulumi, local_parts\nconfig = pulumi.Config()\n"
        "pulumi.export('location', local_parts.group.location)\n"
        "pulumi.export('key', config.get_secret('key'))\n"
        "pulumi.export('size', config.get_int('size'))\n"
        "pulumi.export('tree', config.get_object('tree'))\n"
        "pulumi.export('secret tree', config.get_secret_object('tree'))\n"
        "pulumi.export('where', [os.getcwd(), pulumi.get_root_directory(), __name__])\n"
        "pulumi.export('names', [pulumi.get_project(), pulumi.get_stack(), pulumi.get_organization()])\n"
    )
    return tmp_path


def test_a_project_gets_its_name_its_stack_file_and_its_folder(project: Path) -> None:
    stack = run_program(project, stack="prod")
    exports = stack.exports
    assert groups(stack) == ["red"]
    assert exports["location"] == "northeurope"
    assert exports["key"] == Secret("secret of shop:key")
    assert exports["tree"] == {"a": ["secret of shop:tree.a[0]"], "plain": 1}
    assert exports["secret tree"] == Secret(exports["tree"])
    assert exports["size"] == 5
    assert exports["where"] == [str(project), str(project), "__main__"]
    assert exports["names"] == ["shop", "prod", "organization"]


def test_without_a_stack_a_project_has_its_own_defaults(project: Path) -> None:
    stack = run_program(project / "__main__.py")
    assert (stack.project, stack.name, groups(stack)) == ("shop", "test", ["blue"])


def test_configuration_of_the_test_goes_before_that_of_the_file(project: Path) -> None:
    config = {"color": "green", "key": Secret("mine"), "size": 7, "tree": {"b": Secret([1])}}
    stack = run_program(project, stack="prod", config=config, organization="acme")
    assert groups(stack) == ["green"]
    assert stack.exports["key"] == Secret("mine") and stack.exports["size"] == 7
    assert stack.exports["secret tree"] == Secret({"b": [1]})
    assert stack.exports["names"][2] == "acme"


def test_modules_of_the_program_make_their_resources_in_each_run(project: Path) -> None:
    here, path = Path.cwd(), list(sys.path)
    assert groups(run_program(project)) == groups(run_program(project)) == ["blue"]
    assert "local_parts" not in sys.modules
    assert (Path.cwd(), sys.path) == (here, path)


@pytest.mark.parametrize(
    ("path", "stack", "words"),
    [
        ("nowhere", None, "no program at"),
        ("stacks", None, ""),
        (".", "staging", "stack 'staging' has no file"),
    ],
)
def test_a_program_or_a_stack_that_is_not_there_is_named(
    project: Path, path: str, stack: str | None, words: str
) -> None:
    if not words:
        # a folder within a project is that project's
        assert groups(run_program(project / path, stack=stack)) == ["blue"]
        return
    with pytest.raises(FileNotFoundError, match=words):
        run_program(project / path, stack=stack)


def test_this_projects_own_program_runs_with_each_of_its_stacks() -> None:
    for file in sorted((ROOT / "stacks").glob("Pulumi.*.yaml")):
        stack = run_program(ROOT, stack=file.name.split(".")[1])
        assert set(stack.exports["pools"]) == {one.component.logical_name for one in stack.pools if one.component}
        assert all(pool.replaces_on("extensions") for pool in stack.pools)


# previews


def test_a_preview_knows_what_was_given_and_nothing_that_azure_adds() -> None:
    stack = run_program(surroundings, preview=True)
    assert set(stack.exports.values()) == {UNKNOWN}
    made = stack.resource("hpc")
    assert made.id is None and made.outputs["name"] is UNKNOWN
    account = stack.resource("account")
    assert account.input("resourceGroupName") is UNKNOWN


def test_a_preview_of_a_pool_keeps_secrets_and_marks_what_comes_later() -> None:
    pool = run_program(render, preview=True).pool("render")
    assert pool.has_secret("...protectedSettings")
    assert pool.name == "render" and pool.identity_ids == (UNKNOWN,)
    assert pool.extension("KeyVaultForLinux").settings["authenticationSettings"]["msiClientId"] is UNKNOWN
    assert pool.outputs["identity"]["userAssignedIdentities"] is UNKNOWN
    assert pool.outputs["vmSize"] == "Standard_D2s_v5"
    assert isinstance(pool.outputs["deploymentConfiguration"], (dict, Secret))


def test_what_is_inside_an_object_is_unknown_where_azure_adds_it() -> None:
    def program() -> dict[str, Any]:
        vault = keyvault.Vault(
            "v", resource_group_name="rg", properties={"tenant_id": "t", "sku": {"family": "A", "name": "standard"}}
        )
        return {"uri": vault.properties.vault_uri, "tenant": vault.properties.tenant_id}

    assert run_program(program, preview=True).exports == {"uri": UNKNOWN, "tenant": "t"}
    assert run_program(program).exports["uri"].startswith("https://v")


# errors


class Broken(Exception):
    pass


def test_what_a_program_raises_is_raised_and_not_what_came_of_it() -> None:
    def program() -> None:
        made = group("a", depends_on=[group("b")])
        pulumi.export("x", made.name.apply(lambda name: 1 / 0))
        raise Broken("mine")

    with pytest.raises(Broken, match="mine"):
        run_program(program)


def test_what_fails_later_is_raised_as_well() -> None:
    def program() -> None:
        group("b", depends_on=[resources.ResourceGroup("a", location=group("c").name.apply(lambda name: _fail()))])

    with pytest.raises(Broken):
        run_program(program)
    with pytest.raises(InvalidPoolError, match="pool_name: must be 1 to 64"):
        run_program(lambda: render(pool_name=pulumi.Output.from_input("a b")))


def _fail() -> str:
    raise Broken


def test_a_program_that_exits_is_told_as_such() -> None:
    with pytest.raises(SystemExit) as caught:
        run_program(lambda: sys.exit(3))
    assert caught.value.code == 3
    assert run_program(render).pools


def test_two_resources_of_one_name_are_refused_as_by_the_engine() -> None:
    with pytest.raises(RuntimeError, match=r"Duplicate resource URN '.*::a'; try giving it a unique name"):
        run_program(lambda: [group("a"), group("a")])


def test_two_hooks_of_one_name_are_refused_as_by_the_engine() -> None:
    def program() -> None:
        for _ in range(2):
            hook = pulumi.ResourceHook("mine", lambda args: None)
            raw_pool(pulumi.ResourceOptions(hooks=pulumi.ResourceHookBinding(after_create=[hook])))

    with pytest.raises(RuntimeError, match='resource hook already registered for name "mine"'):
        run_program(program)


def test_a_program_cannot_run_another() -> None:
    with pytest.raises(RuntimeError, match="cannot run another one"):
        run_program(lambda: run_program(render))


def test_transforms_are_not_run_and_a_warning_says_so() -> None:
    def program() -> None:
        pulumi.runtime.register_resource_transform(lambda args: None)
        group("a")

    with pytest.warns(UserWarning, match="has transforms, which only the engine runs"):
        run_program(program)


def test_transformations_are_seen() -> None:
    def program() -> None:
        def rename(args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult:
            return pulumi.ResourceTransformationResult({**args.props, "managed_by": "us"}, args.opts)

        pulumi.runtime.register_stack_transformation(rename)
        group("a")

    assert run_program(program).resource("a").input("managedBy") == "us"
