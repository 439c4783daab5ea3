"""A reader at work: the commands of a page, one after the other, on a project and a local Azure of their own."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from emulator import Arm, Store
from engine.local import Local
from engine.project import with_absolute_paths
from tests.docs.commands import PROGRAMS
from tests.docs.console import Simple, Step, simple_commands, steps_of
from tests.docs.pages import ROOT, Block, blocks_of, read

SPEED = 6000
"""Local Azure runs this much faster than time: nodes boot in an instant."""

FOLLOWED = frozenset({"README.md", "docs/getting-started.md", "docs/operating.md"})
"""Pages that test_sessions.py follows from top to bottom: whatever they show has been printed."""

GROUP = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups"

# `python -m engine` as it is, with the project of the session in place of this one.
_ENGINE = """
import sys
from pathlib import Path
import engine.__main__ as command
from engine.local import Local
work, program, speed = sys.argv[1:4]
command.Local = lambda: Local(Path(work), Path(program), speed=float(speed))
sys.exit(command.main(sys.argv[4:]))
"""


@dataclass(frozen=True)
class Ran:
    """A step that was run: the exit code of its last program, and what all of them printed."""

    step: Step
    code: int
    printed: str


class Session:
    """folder: gets the project (stack files, rules and program of this one), its state and its Azure."""

    def __init__(self, folder: Path) -> None:
        self.project = folder / "project"
        self.project.mkdir()
        for name in ("Pulumi.yaml", "__main__.py", "review.yaml"):
            shutil.copy(ROOT / name, self.project / name)
        shutil.copytree(ROOT / "stacks", self.project / "stacks")
        self.local = Local(folder / "work", self.project, speed=SPEED, say=lambda line: None)
        self.ran: list[Ran] = []

    @property
    def store(self) -> Store:
        return Store.open(self.local.azure_dir)

    def ready(self) -> None:
        """Local Azure runs, as `make up` has it run."""
        self.local.install_plugin()
        self.local.start_azure()

    def stack_file(self, name: str) -> Path:
        return self.project / "stacks" / f"Pulumi.{name}.yaml"

    def edit(self, stack: str, old: str, new: str) -> None:
        """As a reader edits a stack file."""
        file = self.stack_file(stack)
        text = file.read_text(encoding="utf-8")
        assert old in text, f"{file.name} has no {old!r}"
        file.write_text(text.replace(old, new), encoding="utf-8")

    def follow(self, page: str, before: Mapping[str, Callable[[], None]], skip: Sequence[str] = ()) -> list[Ran]:
        """Runs a page from top to bottom; its whole stack files are written to where they say.

        before: what to do first, by the command (its first occurrence). skip: beginnings of commands not to run.
        """
        left = dict(before)
        for block in blocks_of(page, read(page)):
            if file := _stack_file(block):
                (self.project / file).write_text(block.text + "\n", encoding="utf-8")
            if block.language != "console":
                continue
            for step in steps_of(block, PROGRAMS):
                if not step.command or step.command.startswith(tuple(skip)):
                    continue
                if act := left.pop(step.command, None):
                    act()
                self.run(step)
        assert not left, f"{page}: no such command: {', '.join(left)}"
        return self.ran

    def run(self, step: Step) -> None:
        """Runs a step if it is one of the programs that are here; others leave nothing behind."""
        code, printed = 0, ""
        for simple in simple_commands(step.command):
            run = self._runner(simple)
            if run is None:
                return
            done = run(simple.words)
            code, text = done.returncode, done.stdout + (done.stderr or "")
            if simple.files:
                (self.local.project.copy / simple.files[0]).write_text(done.stdout, encoding="utf-8")
                text = done.stderr or ""
            printed += text
        self.ran.append(Ran(step, code, printed))

    def _runner(self, simple: Simple) -> Callable[[Sequence[str]], subprocess.CompletedProcess[str]] | None:
        name = simple.words[0].rsplit("/", 1)[-1]
        if name == "az":
            return self._az
        if name == "make" and simple.words[1] in {"up", "preview", "status", "down"}:
            return self._make
        if name == "extension-pool":
            return self._extension_pool
        if name == "pulumi" and simple.words[1] not in {"login", "install", "new", "package", "import"}:
            return self._pulumi
        if simple.words[1:3] == ("-m", "engine"):
            return lambda words: self._engine(words[3:])
        return None

    def _make(self, words: Sequence[str]) -> subprocess.CompletedProcess[str]:
        """What the Makefile would run, without making the environment."""
        told = subprocess.run(["make", "-n", *words[1:]], cwd=ROOT, capture_output=True, text=True, check=True).stdout
        (line,) = re.findall(r"-m engine (.*)$", told, re.MULTILINE)
        return self._engine(line.split())

    def _engine(self, words: Sequence[str]) -> subprocess.CompletedProcess[str]:
        folders = [str(self.local.work), str(self.project), str(SPEED)]
        return _ran([sys.executable, "-c", _ENGINE, *folders, *words], ROOT, dict(os.environ))

    def _extension_pool(self, words: Sequence[str]) -> subprocess.CompletedProcess[str]:
        program = Path(sys.executable).with_name("extension-pool")
        return _ran([str(program), *words[1:]], self.local.project.copy, self.local.environment())

    def _pulumi(self, words: Sequence[str]) -> subprocess.CompletedProcess[str]:
        answers = ["--yes"] if words[1] in {"up", "destroy", "refresh"} and "--yes" not in words else []
        given = with_absolute_paths(words[1:], ROOT)
        ran = self.local.pulumi(*given, *answers, check=False, timeout=120)
        if "--json" in words:
            return ran
        return subprocess.CompletedProcess(ran.args, ran.returncode, ran.stdout + ran.stderr, "")

    def _az(self, words: Sequence[str]) -> subprocess.CompletedProcess[str]:
        """What `az` makes that a pool stands on; what it says and signs in is not here."""
        options = dict(pairwise(words))
        what, name = " ".join(words[1:4]), options.get("--name", "")
        group = f"{GROUP}/{options.get('--resource-group', '')}/providers"
        place = {"location": options.get("--location", "westeurope")}
        if what.startswith("group create"):
            self._put(f"{GROUP}/{name}", place, "2024-03-01")
        elif what == "batch account create":
            self._put(f"{group}/Microsoft.Batch/batchAccounts/{name}", {**place, "properties": {}}, "2024-07-01")
        elif what.startswith("keyvault create"):
            rules = {"enableRbacAuthorization": options.get("--enable-rbac-authorization") == "true"}
            tenant = {"tenantId": "11111111-1111-1111-1111-111111111111", "sku": {"family": "A", "name": "standard"}}
            body = {**place, "properties": {**tenant, **rules}}
            self._put(f"{group}/Microsoft.KeyVault/vaults/{name}", body, "2024-11-01")
        return subprocess.CompletedProcess(list(words), 0, "", "")

    def _put(self, path: str, body: Mapping[str, object], version: str) -> None:
        answer = Arm(self.store).put(path, dict(body), version)
        assert answer.status < 300, answer.body

    def close(self) -> None:
        self.local.stop_azure()


def _stack_file(block: Block) -> str | None:
    found = re.match(r"# (stacks/Pulumi\.[\w-]+\.yaml)\n", block.text)
    return found[1] if found and block.language == "yaml" else None


def _ran(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    variables = {**environment, "EXTENSION_POOL_GRANT_WAIT": "PT0S", "EXTENSION_POOL_GATE_POLL": "PT1S"}
    return subprocess.run(
        command,
        cwd=folder,
        env=variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        stdin=subprocess.DEVNULL,
    )
