"""Stacks of programs in YAML, on a local Azure of their own."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from emulator import Store
from emulator.arm import Arm
from engine import go_tools
from engine.get import EngineError
from engine.local import Local
from tests.on_engine.stack import ROOT, SPEED

MONITORING = (
    "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-platform-prod"
    "/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-monitoring"
)


def needs_yaml_host() -> None:
    """Skips where programs in YAML cannot be run: no host came with the engine, and there is no Go to build one."""
    try:
        go_tools.get_yaml_host(say=lambda line: None)
    except EngineError as error:
        pytest.skip(f"no programs in YAML: {error}")


class YamlStack:
    """A project in a folder; the first one is a copy of ``example``, with the plugin of this project.

    changes: what is put over the example's Pulumi.yaml, as text -> text.
    """

    def __init__(self, folder: Path, example: Path, changes: dict[str, str] | None = None) -> None:
        self.project = folder / "project"
        shutil.copytree(example, self.project)
        self.change({"../../plugin": str(ROOT / "plugin"), **(changes or {})})
        self.local = Local(folder / "work", self.project, say=lambda line: None)
        self.local.start_azure()
        self.store.clock.set_speed(SPEED)
        Arm(self.store, logged=False).put(MONITORING, {"location": "westeurope"})
        self.local.install_plugin()
        self.local.pulumi("stack", "select", "--create", "dev")

    @property
    def store(self) -> Store:
        return Store.open(self.local.azure_dir)

    def change(self, texts: dict[str, str]) -> None:
        """Replaces texts of the program; each must be there."""
        file = self.project / "Pulumi.yaml"
        program = file.read_text(encoding="utf-8")
        for before, after in texts.items():
            assert before in program, before
            program = program.replace(before, after)
        file.write_text(program, encoding="utf-8")

    def configure(self, **config: Any) -> None:
        """Puts values into the stack file, in place of those that are there."""
        file = self.project / "Pulumi.dev.yaml"
        document = yaml.safe_load(file.read_text(encoding="utf-8"))
        document["config"].update({f"extension-pool-yaml:{key}": value for key, value in config.items()})
        file.write_text(yaml.safe_dump(document), encoding="utf-8")

    def pulumi(self, *args: str, fails: bool = False) -> str:
        result = self.local.pulumi(*args, "--stack", "dev", check=False, timeout=120)
        assert (result.returncode != 0) == fails, result.stdout + result.stderr
        return result.stdout + result.stderr

    def up(self, fails: bool = False) -> str:
        return self.pulumi("up", "--yes", "--skip-preview", fails=fails)

    def outputs(self) -> dict[str, Any]:
        outputs: dict[str, Any] = json.loads(self.local.pulumi("stack", "output", "--json", "--stack", "dev").stdout)
        return outputs

    def close(self) -> None:
        self.local.stop_azure()
