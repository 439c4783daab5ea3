"""Stacks whose programs have `ExtensionPool` from the plugin of this project, as programs in other languages do."""

from __future__ import annotations

from typing import Any

import yaml

from tests.on_engine.stack import ROOT, EngineStack

PLUGIN = ROOT / "plugin"


def with_plugin(stack: EngineStack) -> EngineStack:
    """The stack, with the package `extension-pool` from the folder `plugin/`."""
    file = stack.file.parents[1] / "Pulumi.yaml"
    settings: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    settings["plugins"] = {"providers": [{"name": "extension-pool", "path": str(PLUGIN)}]}
    file.write_text(yaml.safe_dump(settings), encoding="utf-8")
    return stack
