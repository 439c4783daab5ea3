"""The workflows on GitHub, as their linter sees them: https://github.com/rhysd/actionlint"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from engine import go_module
from engine.go_tools import Tool, get_tool

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
LINTER = Tool("actionlint", Path(__file__).parent / "actionlint", "github.com/rhysd/actionlint/cmd/actionlint")


@pytest.fixture(scope="module")
def linter() -> Path:
    """Built from its Go module once, which takes seconds."""
    if not LINTER.built.exists():
        try:
            go_module.check(os.environ, LINTER.module / "go.mod")
        except go_module.GoError as error:
            pytest.skip(f"actionlint is built with Go: {error}")
    return get_tool(LINTER)


def lint(linter: Path, *files: Path) -> subprocess.CompletedProcess[str]:
    # shellcheck and pyflakes would be taken from PATH, where they are on some machines only
    command = [linter, "-no-color", "-oneline", "-shellcheck=", "-pyflakes=", *files]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_the_linter_finds_nothing(linter: Path) -> None:
    done = lint(linter, *WORKFLOWS)
    assert (done.stdout + done.stderr, done.returncode) == ("", 0)


@pytest.mark.parametrize(
    ("file", "right", "wrong", "said"),
    [
        ("preview.yml", "inputs.environments }}", "inputs.environment }}", "property \"environment\" is not defined"),
        ("preview.yml", "pull-requests: write", "pull-request: write", "unknown permission scope"),
        ("pull-request.yml", "package: --", "packages: --", "input \"packages\" is not defined"),
        ("review.yml", "          LABELS: ${{ toJSON(github.event.pull_request.labels.*.name) }}\n        run: |\n",
         "        run: |\n          echo ${{ github.head_ref }}\n", "potentially untrusted"),
    ],
)  # fmt: skip
def test_the_linter_would_say_what_is_wrong(
    linter: Path, tmp_path: Path, file: str, right: str, wrong: str, said: str
) -> None:
    folder = tmp_path / ".github" / "workflows"
    shutil.copytree(ROOT / ".github" / "workflows", folder)
    text = (folder / file).read_text(encoding="utf-8")
    assert right in text
    (folder / file).write_text(text.replace(right, wrong, 1), encoding="utf-8")
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    command = [linter, "-no-color", "-oneline", "-shellcheck=", "-pyflakes=", folder / file]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert said in done.stdout
