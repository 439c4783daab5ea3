"""A stack of its own on the real engine and on a local Azure of its own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

from emulator import Operation, Store
from engine.local import Local

ROOT = Path(__file__).parents[2]
PROGRAMS = Path(__file__).parent / "programs"

SPEED = 6000
"""Local Azure runs this much faster than time: a pool that takes two minutes to go is gone in 20 ms."""


class EngineStack:
    """Project and stack in a folder; by default the program is this project's own `__main__.py`.

    folder: gets the project, the state and the store. program: a file of `programs/`, for programs that are not ours.
    """

    name = "test"

    def __init__(self, folder: Path, program: str | None = None) -> None:
        project = folder / "project"
        (project / "stacks").mkdir(parents=True)
        settings: dict[str, Any] = {"name": "extension-pool", "stackConfigDir": "stacks", "runtime": "python"}
        if program is None:
            settings["main"] = str(ROOT)
        else:
            (project / "__main__.py").write_text((PROGRAMS / program).read_text(encoding="utf-8"), encoding="utf-8")
        (project / "Pulumi.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
        self.file = project / "stacks" / f"Pulumi.{self.name}.yaml"
        self.configure({})
        self.notices: list[str] = []
        self.local = Local(folder / "work", project, say=self.notices.append)
        self.store.clock.set_speed(SPEED)
        self.printed = ""
        self._ready = False

    def configure(self, config: dict[str, Any]) -> None:
        """Writes the stack file; keys of ours without the namespace."""
        keys = {key if ":" in key else f"extension-pool:{key}": value for key, value in config.items()}
        document = {"config": {"azure-native:location": "westeurope", **keys}}
        self.file.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")

    def keep_secret(self, path: str, value: str) -> None:
        """Puts a ``secure:`` value into the stack file, as a user does."""
        self._make_ready()
        self.local.pulumi("config", "set", "--secret", "--path", path, value, "--stack", self.name)

    @property
    def store(self) -> Store:
        return Store.open(self.local.azure_dir)

    def last_operation(self) -> int:
        return max((one.seq for one in self.store.operations()), default=0)

    def changes(self, since: int = 0) -> list[Operation]:
        """What Azure was asked to change, and agreed to, after the operation ``since``."""
        return [one for one in self.store.operations(since) if one.method != "GET" and one.status < 400]

    def verbs(self, since: int, what: str) -> list[str]:
        """The verbs of the changes to resources whose path ends with ``what``."""
        return [one.method for one in self.changes(since) if one.path.lower().endswith(what.lower())]

    def body(self, what: str) -> Any:
        """The body that Azure received last for the resource whose path ends with ``what``."""
        return [one.body for one in self.changes() if one.method == "PUT" and one.path.endswith(what)][-1]

    def pulumi(self, *args: str, check: bool = True) -> str:
        """Runs a pulumi command on the stack; what it printed, both streams, kept in ``printed`` too."""
        self._make_ready()
        result = self.local.pulumi(*args, "--stack", self.name, check=check, timeout=120)
        text = result.stdout + result.stderr
        self.printed += text
        return text

    def up(self, *args: str) -> str:
        return self.pulumi("up", "--yes", "--skip-preview", "--diff", *args)

    def up_fails(self) -> str:
        """An update that must fail; what it printed."""
        self._make_ready()
        result = self.local.pulumi("up", "--yes", "--skip-preview", "--stack", self.name, check=False, timeout=120)
        assert result.returncode != 0, result.stdout
        self.printed += result.stdout + result.stderr
        return result.stdout + result.stderr

    def preview(self) -> dict[str, dict[str, Any]]:
        """The steps of a preview, by the resource's name."""
        self._make_ready()
        result = self.local.pulumi("preview", "--json", "--stack", self.name, timeout=120)
        self.printed += result.stdout + result.stderr
        steps = json.loads(result.stdout)["steps"]
        return {step["urn"].rsplit("::", 1)[1]: step for step in steps if step["op"] not in _ENGINE_STEPS}

    def changed(self) -> dict[str, str]:
        """What a preview says will change: name -> operation."""
        return {name: step["op"] for name, step in self.preview().items() if step["op"] not in ("same", "read")}

    def export(self) -> str:
        return self.pulumi("stack", "export")

    def outputs(self) -> dict[str, Any]:
        outputs: dict[str, Any] = json.loads(self.pulumi("stack", "output", "--json"))
        return outputs

    def close(self) -> None:
        self.local.stop_azure()

    def _make_ready(self) -> None:
        if not self._ready:
            self.local.install_plugin()
            self.local.pulumi("stack", "select", "--create", self.name)
            self._ready = True


# the two halves of a replacement; the step `replace` tells of it
_ENGINE_STEPS = ("create-replacement", "delete-replaced")
