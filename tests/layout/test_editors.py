"""Editors, hooks and the dev container use what `make` uses, and nothing that is not here."""

from __future__ import annotations

import fnmatch
import json
import re
from typing import Any

import yaml

from tests.support.tree import ROOT, files

MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def parse_jsonc(text: str) -> Any:
    """JSON with lines of comment, as editors have it."""
    return json.loads(re.sub(r"^\s*//.*$", "", text, flags=re.MULTILINE))


SETTINGS = parse_jsonc(read(".vscode/settings.json"))
CONTAINER = parse_jsonc(read(".devcontainer/devcontainer.json"))
(LOCAL,) = yaml.safe_load(read(".pre-commit-config.yaml"))["repos"]


def target(name: str) -> str:
    """The commands of a target of make."""
    found = re.search(rf"^{re.escape(name)}:[^\n]*\n((?:\t[^\n]*\n)+)", MAKEFILE, re.MULTILINE)
    assert found is not None
    return found[1]


def tools(commands: str) -> set[str]:
    """The programs of the environment that are run, with their first word where they have several uses."""
    return {f"{tool} {word}".strip() for tool, word in re.findall(r"bin/(ruff|codespell|mypy)\b ?([a-z]*)", commands)}


def test_a_commit_is_checked_by_what_make_check_runs() -> None:
    check = target("check").replace("$(BIN)", ".venv/bin")
    assert tools(" ".join(hook["entry"] for hook in LOCAL["hooks"])) == tools(check)
    assert any("tests/layout" in hook["entry"] for hook in LOCAL["hooks"]) and "tests/layout" in check


def test_hooks_download_nothing() -> None:
    assert LOCAL["repo"] == "local"
    assert {hook["language"] for hook in LOCAL["hooks"]} == {"system"}
    assert all(hook["entry"].startswith(".venv/bin/") for hook in LOCAL["hooks"])


def test_an_editor_finds_the_schemas_and_the_files_that_they_are_for() -> None:
    schemas = SETTINGS["yaml.schemas"]
    for schema, pattern in schemas.items():
        assert (ROOT / schema).is_file()
        described = [name for name in files() if fnmatch.fnmatch(name, pattern)]
        # the first line of each says the same to editors without these settings
        said = [read(name).splitlines()[0] for name in described]
        assert described and all(line.endswith(schema) and "yaml-language-server" in line for line in said)


def test_an_editor_uses_the_tools_of_the_environment() -> None:
    paths = re.findall(r"\.venv/bin/(\w+)", read(".vscode/settings.json"))
    assert set(paths) == {"python", "ruff", "mypy"}
    assert SETTINGS["[python]"]["editor.rulers"] == [120]
    assert "line-length = 120" in read("pyproject.toml") and "max_line_length = 120" in read(".editorconfig")


def test_the_container_is_made_by_a_target_of_make() -> None:
    made = re.findall(r"make (\S+)", CONTAINER["postCreateCommand"])
    assert made and all(f"\n{one}:" in MAKEFILE for one in made)
    recommended = parse_jsonc(read(".vscode/extensions.json"))["recommendations"]
    assert CONTAINER["customizations"]["vscode"]["extensions"] == recommended


def test_a_hook_that_make_check_lacks_is_found() -> None:
    assert tools(".venv/bin/ruff check .") != tools(".venv/bin/ruff check . && .venv/bin/ruff format .")
