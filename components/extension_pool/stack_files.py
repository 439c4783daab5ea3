"""Reads a stack's own file: the one place that says which nested values of its configuration are secrets.

The engine decrypts ``secure:`` values inside objects and hands them to the program unmarked; unmarked they would stand
in the state in clear text.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml


def stack_file(root: Path, stack: str) -> Path:
    """Where a project keeps the file of a stack: in ``stackConfigDir`` of Pulumi.yaml, else beside it."""
    project = _read(root / "Pulumi.yaml") or {}
    directory = project.get("stackConfigDir") or project.get("config") or "."
    return root / (directory if isinstance(directory, str) else ".") / f"Pulumi.{stack}.yaml"


def read_stack_file(root: Path, stack: str) -> Any:
    """The stack file as plain data; None where there is none (a stack configured from elsewhere)."""
    return _read(stack_file(root, stack))


def _read(path: Path) -> Any:
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError):
        return None
