"""Whole programs of `examples/` on the real engine and on a local Azure of their own."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import yaml

from engine.local import Local
from tests.on_engine.stack import ROOT, SPEED, EngineStack


class ExampleStack(EngineStack):
    """A copy of an example with its stack `dev`; `rewrite` changes the copy."""

    name = "dev"

    def __init__(self, folder: Path, example: str) -> None:
        self.program = folder / "project"
        ignored = shutil.ignore_patterns("__pycache__", ".*", "node_modules")
        shutil.copytree(ROOT / "examples" / example, self.program, ignore=ignored)
        self.file = self.program / "Pulumi.dev.yaml"
        self.notices: list[str] = []
        self.local = Local(folder / "work", self.program, say=self.notices.append)
        self.store.clock.set_speed(SPEED)
        self.printed = ""
        self._ready = False

    def rewrite(self, file: str, old: str, new: str) -> None:
        """Replaces a text that is in the file once."""
        path = self.program / file
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, (file, old, text.count(old))
        path.write_text(text.replace(old, new), encoding="utf-8")

    def set(self, **values: Any) -> None:
        """Sets keys of the stack's configuration, in the project's namespace."""
        document = yaml.safe_load(self.file.read_text(encoding="utf-8"))
        project = yaml.safe_load((self.program / "Pulumi.yaml").read_text(encoding="utf-8"))["name"]
        document["config"].update({f"{project}:{key}": value for key, value in values.items()})
        self.file.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
