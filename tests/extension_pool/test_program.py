"""From Pulumi's configuration to the stack's: secrets marked, mistakes worded for the file they are in."""

from datetime import date
from pathlib import Path
from typing import Any

import pulumi
import pytest

from extension_pool.problems import Later
from extension_pool.program import load_stack_config
from extension_pool.stack_config import StackConfig
from extension_pool.testing import Secret, run_program

TODAY = date(2026, 6, 1)
UNLISTED = {"name": "x", "publisher": "P", "type": "T", "allowUnlisted": True}
POOLS = {
    "linux": {
        "image": "ubuntu-24.04",
        "vmSize": "Standard_D2s_v5",
        "extensions": [{**UNLISTED, "settings": {"plain": "a", "hidden": "b"}}],
    }
}


def load(root: Path, pools: Any = POOLS, secret: bool = True) -> StackConfig:
    """The configuration as a program of a stack ``test`` loads it; secret: whether the engine says that pools are."""
    texts = {"resourceGroup": {"name": "rg"}, "batchAccount": {"name": "account1"}, "pools": pools}
    loaded: list[StackConfig] = []

    def program() -> None:
        loaded.append(load_stack_config(root, TODAY))

    config = {**texts, "azure-native:location": "westeurope"}
    if secret:
        config["pools"] = Secret(pools)
    run_program(program, config=config, project="extension-pool")
    return loaded[0]


def settings_of(config: StackConfig) -> Any:
    (extension,) = config.pools["linux"].extensions or []
    return extension.settings


def test_only_the_secure_places_of_the_file_become_secret(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text("stackConfigDir: stacks")
    (tmp_path / "stacks").mkdir()
    (tmp_path / "stacks" / "Pulumi.test.yaml").write_text(
        "config: {extension-pool:pools: {linux: {extensions: [{settings: {plain: a, hidden: {secure: v1:x}}}]}}}"
    )
    settings = settings_of(load(tmp_path))
    assert settings["plain"] == "a"
    assert isinstance(settings["hidden"], Later) and isinstance(settings["hidden"].value, pulumi.Output)


def test_without_the_file_all_settings_of_a_secret_key_become_secret(tmp_path: Path) -> None:
    settings = settings_of(load(tmp_path))
    assert isinstance(settings["plain"], Later) and isinstance(settings["hidden"], Later)


def test_without_secrets_nothing_becomes_secret(tmp_path: Path) -> None:
    assert settings_of(load(tmp_path, secret=False)) == {"plain": "a", "hidden": "b"}


def test_mistakes_end_the_program_with_one_line_each(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text("stackConfigDir: stacks")
    with pytest.raises(pulumi.RunError) as caught:
        load(tmp_path, {"linux": {"vmSize": 5}})
    assert str(caught.value).splitlines() == [
        "stacks/Pulumi.test.yaml has 2 problems; nothing has been changed:",
        "  extension-pool:pools.linux.vmSize: must be a string, got 5",
        "  extension-pool:pools.linux.image: required, but missing; name one of the catalogue, such as ubuntu-24.04, "
        "or give an image reference with its node agent SKU id",
    ]
