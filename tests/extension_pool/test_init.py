"""What `import extension_pool` gives, and what it does not load."""

import json
import subprocess
import sys
from typing import Any

import pytest

import extension_pool
from extension_pool import args, pool


def loaded_by(program: str, *packages: str) -> set[str]:
    """Which of `packages` a fresh Python has loaded after `program`."""
    ask = f"import json, sys\n{program}\nprint(json.dumps([n for n in {list(packages)!r} if n in sys.modules]))"
    done = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_the_names_are_those_of_the_modules() -> None:
    assert extension_pool.ExtensionPool is pool.ExtensionPool
    assert extension_pool.InvalidPoolError is pool.InvalidPoolError
    assert extension_pool.args is args
    for name in args.__all__:
        assert getattr(extension_pool, name) is getattr(args, name)


def test_all_of_them_are_listed() -> None:
    expected = {"ExtensionPool", "InvalidPoolError", "register_hooks", *args.__all__}
    assert set(extension_pool.__all__) == expected
    assert expected | {"args"} <= set(dir(extension_pool))


def test_a_star_import_gives_all_of_them() -> None:
    names: dict[str, Any] = {}
    # Inside a function Python allows no star.
    exec("from extension_pool import *", names)
    assert set(extension_pool.__all__) <= set(names)


@pytest.mark.parametrize("name", ["ExtensionPol", "__wrapped__", "_POOLS", "pulumi"])
def test_a_name_that_is_none_of_ours_is_an_error_as_of_any_module(name: str) -> None:
    with pytest.raises(AttributeError, match=rf"^module 'extension_pool' has no attribute '{name}'$"):
        getattr(extension_pool, name)


def test_the_package_alone_loads_no_pulumi() -> None:
    assert loaded_by("import extension_pool", "pulumi", "pydantic") == set()
    assert loaded_by("from extension_pool import ExtensionPool", "pulumi") == {"pulumi"}


@pytest.mark.parametrize("arguments", ["['--help']", "['status', '--help']", "['gate', '--help']"])
def test_the_commands_help_loads_neither_pulumi_nor_azure_nor_rich(arguments: str) -> None:
    pytest.importorskip("typer")
    program = f"from extension_pool.ops import cli\nassert cli.run({arguments}) == 0"
    assert loaded_by(program, "pulumi", "grpc", "azure.core", "azure.batch", "requests", "rich") == set()


def test_using_the_component_loads_no_operating_tools_and_no_service_that_it_does_not_use() -> None:
    program = """
from extension_pool import ExtensionPool
assert not [name for name in sys.modules if name.startswith(("extension_pool.ops", "azure.", "typer", "aiohttp"))]
parts = [name.split(".") for name in sys.modules]
services = {part[1] for part in parts if part[0] == "pulumi_azure_native" and len(part) > 2}
assert services <= {"authorization", "batch", "keyvault", "managedidentity"}, services
"""
    assert loaded_by(program, "pulumi") == {"pulumi"}
