"""Runs the scripts of a workflow as the agents do, and with them what needs the network is on PATH as a stand-in."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

# What each stand-in does: it writes down its arguments and its folder, and answers as told.
_STAND_IN = """\
#!{python}
import json, os, subprocess, sys
arguments = sys.argv[1:]
{special}
with open({log!r}, "a", encoding="utf-8") as file:
    file.write(json.dumps([{name!r}, arguments, os.getcwd()]) + "\\n")
answers = json.load(open({answers!r}, encoding="utf-8"))
for words, (code, text) in answers:
    if all(word in " ".join([{name!r}, *arguments]) for word in words):
        sys.stdout.write(text)
        sys.exit(code)
sys.exit(0)
"""
_PASS_ON = """\
if {unless}:
    os.execv({real!r}, [{real!r}, *arguments])
"""


@dataclass
class Done:
    """What a script did. commands: `##vso[...]` lines that it printed, for Azure Pipelines."""

    code: int
    out: str
    err: str

    @property
    def printed(self) -> str:
        return self.out + self.err


@dataclass
class StandIns:
    """Programs that would use the network, in a folder that comes first on PATH.

    answers: for commands that have all of some words, the exit code and what is printed; without one, 0 and nothing.
    """

    folder: Path
    pulumi: Path
    answers: list[tuple[list[str], tuple[int, str]]] = field(default_factory=list)

    def write(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._one("pulumi", self.pulumi, 'arguments != ["install"]')
        for name in ("python", "python3"):
            self._one(name, Path(sys.executable), 'arguments[:3] != ["-m", "pip", "install"]')
        self._one("curl", Path(shutil.which("curl") or "/nonexistent"), 'arguments[-1] != "https://get.pulumi.com"')
        for name in ("gh", "az", "make"):
            self._one(name, None, "False")
        self.say()

    def say(self) -> None:
        (self.folder / "answers.json").write_text(json.dumps(self.answers), encoding="utf-8")

    def calls(self, name: str) -> list[tuple[list[str], Path]]:
        """Arguments and folder of each call of a stand-in."""
        log = self.folder / "calls"
        lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
        return [(arguments, Path(where)) for called, arguments, where in map(json.loads, lines) if called == name]

    def _one(self, name: str, real: Path | None, unless: str) -> None:
        special = _PASS_ON.format(unless=unless, real=str(real)) if real is not None else ""
        file = self.folder / name
        file.write_text(
            _STAND_IN.format(
                python=sys.executable,
                name=name,
                special=special,
                log=str(self.folder / "calls"),
                answers=str(self.folder / "answers.json"),
            ),
            encoding="utf-8",
        )
        file.chmod(0o755)


def run_script(text: str, words: list[str], *, folder: Path, environment: dict[str, str], scratch: Path) -> Done:
    """Runs a script from a file, as agents do. words: bash with its options, as the agent gives them."""
    scratch.mkdir(parents=True, exist_ok=True)
    file = scratch / f"script-{len(list(scratch.iterdir()))}.sh"
    file.write_text(text, encoding="utf-8")
    done = subprocess.run(
        [*words, file], cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=120
    )
    return Done(done.returncode, done.stdout, done.stderr)


def clone(origin: Path, target: Path, revision: str) -> None:
    """What a checkout makes: all branches as those of `origin`, and the revision as the working tree."""
    if target.exists():
        shutil.rmtree(target)
    subprocess.run(["git", "clone", "--quiet", "--no-checkout", origin, target], check=True, env=_plain())
    subprocess.run(["git", "checkout", "--quiet", "--detach", revision], cwd=target, check=True, env=_plain())


def _plain() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
