"""The states that a change starts from: each stack of a base, built in a local Azure of its own, and kept.

A kept state is found by a digest of all that it came from: the base's files, local Azure, the engine, the packages and
the variables that the library reads. When one of them is another, so is the digest, and the state is made anew.
"""

import fcntl
import fnmatch
import hashlib
import importlib.metadata
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

import yaml

from emulator import Store
from engine import sealed
from engine.get import ROOT, Engine
from engine.local import CommandFailed, Local
from engine.processes import run
from engine.project import Project
from engine.revisions import Base
from engine.surroundings import parse_surroundings, put_surroundings

SPEED = 6000.0
"""Local Azure runs this much faster than time while a base is built. What is kept does not run on like that."""

KEPT = 4
"""How many bases are kept, the last used ones: those of a few branches at work. A judgement of ours; each takes about
half a megabyte for a stack."""

_WRAPPER = ".review-base"

Say = Callable[[str], None]


class NotBuilt(Exception):
    """The base of a stack could not be built. The text is what pulumi, or what read its files, said."""


class BaseStates:
    """The base's stacks, each in `.local/review/base/<digest>/<stack>` with the folders `state/` and `azure/`.

    folder: `.local/review`. run: a folder of this run's own, for the base's files. engine: which runs them.
    """

    def __init__(self, base: Base, folder: Path, run: Path, engine: Engine, say: Say) -> None:
        self.base = base
        self.engine = engine
        self.say = say
        self._kept = folder / "base"
        self._run = run
        self._exporting = threading.Lock()
        self._exported: Path | None = None

    @cached_property
    def digest(self) -> str:
        """Of all that a base state comes from."""
        return digest_of(self.base, self.engine, os.environ)

    @cached_property
    def settings(self) -> dict[str, object]:
        """The base's Pulumi.yaml; empty where there is none, or none that can be read: then it has no stacks."""
        try:
            settings = yaml.safe_load(self.base.read("Pulumi.yaml") or "")
        except yaml.YAMLError:
            settings = None
        return settings if isinstance(settings, dict) else {}

    def file(self, stack: str) -> str:
        """Where the base keeps the file of a stack, seen from the project's folder."""
        return os.path.normpath(f"{self.settings.get('stackConfigDir') or '.'}/Pulumi.{stack}.yaml")

    @cached_property
    def stacks(self) -> list[str]:
        """The names of the stacks that have a file in the base."""
        names = self.base.names(str(self.settings.get("stackConfigDir") or "."))
        found = fnmatch.filter(names, "Pulumi.*.yaml")
        return sorted(name.removeprefix("Pulumi.").removesuffix(".yaml") for name in found)

    def copy(self, stack: str, work: Path) -> None:
        """Puts the stack as the base has it into `work`, a folder of the caller's own. Raises NotBuilt."""
        kept = self._kept / self.digest / stack
        kept.parent.mkdir(parents=True, exist_ok=True)
        with kept.with_name(f"{stack}.lock").open("w") as lock:
            # Another run may be building it right now.
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not kept.is_dir():
                self.say(f"{stack}: building the base; it is kept for the next time")
                self._make(stack, kept)
        os.utime(kept.parent)
        shutil.copytree(kept, work, dirs_exist_ok=True)

    def _make(self, stack: str, kept: Path) -> None:
        work = Path(tempfile.mkdtemp(dir=self._run, prefix="building-"))
        local: Local | None = None
        try:
            local = local_of(work, self._program(), stack, engine=self.engine, speed=SPEED, say=self.say)
            self._build(local, stack)
        except CommandFailed as error:
            raise NotBuilt(told_by(error.stdout, error.stderr)) from None
        except sealed.Refused as error:
            raise NotBuilt(str(error)) from None
        finally:
            if local is not None:
                local.stop_azure()
        for name in ("project", "az"):
            shutil.rmtree(work / name, ignore_errors=True)
        # In one step: what is interrupted before it leaves nothing that looks whole.
        work.rename(kept)

    def _build(self, local: Local, stack: str) -> None:
        begin_azure(local)
        for line in surround(local, self.base.read(self.file(stack)) or ""):
            self.say(f"{stack}: {line}")
        local.start_azure()
        local.pulumi("stack", "init", stack)
        local.pulumi("up", "--yes", "--skip-preview", "--color", "never", "--stack", stack)
        store = Store.open(local.azure_dir)
        store.clock.set_speed(1)
        store.close()

    def _program(self) -> Path:
        """The base's files, as they are run: written once in a run, and only when something must be built."""
        with self._exporting:
            if self._exported is None:
                folder = self.base.export(Path(tempfile.mkdtemp(dir=self._run, prefix="files-")))
                _wrap(folder)
                self._exported = folder
            return self._exported


def digest_of(base: Base, engine: Engine, environ: Mapping[str, str], code: Path = ROOT) -> str:
    """What a base state is kept under. code: the folder of `emulator` and `engine`."""
    parts = [base.tree, base.repository.prefix, str(engine.version), sys.version]
    parts += sorted({f"{one.name}=={one.version}" for one in importlib.metadata.distributions()})
    parts += sorted(f"{name}={value}" for name, value in environ.items() if name.startswith("EXTENSION_POOL_"))
    for package in ("emulator", "engine"):
        files = (path for path in (code / package).rglob("*") if path.is_file() and "__pycache__" not in path.parts)
        for file in sorted(files):
            parts += [str(file.relative_to(code)), hashlib.sha256(file.read_bytes()).hexdigest()]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:24]


def local_of(work: Path, program: Path, stack: str, *, engine: Engine, say: Say, speed: float | None = None) -> Local:
    """One stack of `program` with a local Azure of its own, and with the library that lies beside the program."""
    # Before what is installed, which is the working tree's.
    library = [str(program / "components"), *filter(None, [os.environ.get("PYTHONPATH")])]
    variables = {"PYTHONPATH": os.pathsep.join(library), "LOCAL_AZURE_EXISTING": ""}

    def tell(line: str) -> None:
        if not line.startswith("local Azure: http"):  # it is gone before anybody could ask it
            say(line)

    local = Local(work, program, speed=speed, say=tell, variables=variables, only=stack)
    local.engine = engine
    return local


def begin_azure(local: Local) -> None:
    """Makes a local Azure in which there is nothing yet."""
    command: list[str | Path] = [local.python, "-m", "emulator", "reset", "--dir", local.azure_dir]
    local.azure_dir.mkdir(parents=True, exist_ok=True)
    result = run(command, env=local.environment(), cwd=ROOT, capture=True)
    if result.returncode != 0:
        raise CommandFailed(result.returncode, list(map(str, command)), result.stdout, result.stderr)


def surround(local: Local, text: str) -> list[str]:
    """Puts what a stack file names as there already around the stack; returns what local Azure refused, a line each."""
    surroundings = parse_surroundings(text)
    if surroundings.subscription:
        # The provider's: else it would look up what the file's ids name in another one.
        local.variables["ARM_SUBSCRIPTION_ID"] = surroundings.subscription
    return put_surroundings(local.azure_dir, surroundings)


def told_by(out: str, err: str) -> str:
    """What pulumi said of a failure: its diagnostics where it has them, for the rest is progress."""
    _, found, diagnostics = out.partition("\nDiagnostics:\n")
    return "\n".join(part for part in (diagnostics.strip() if found else out.strip(), err.strip()) if part)


def remove_old(folder: Path, kept: int = KEPT) -> None:
    """Removes all but the last used bases and previews, unless another run is on; and what killed runs have left."""
    with alone(folder, fcntl.LOCK_EX | fcntl.LOCK_NB) as free:
        if not free:
            return
        for name in ("base", "previews"):
            found = sorted((folder / name).glob("*"), key=lambda path: path.stat().st_mtime, reverse=True)
            for old in found[kept:]:
                shutil.rmtree(old, ignore_errors=True)
        for left in (folder / "runs").glob("*"):
            for place, _, files in os.walk(left):  # rglob fails where what still runs removes a folder
                if "server.json" in files:
                    command = [sys.executable, "-m", "emulator", "stop", "--dir", place]
                    subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
            shutil.rmtree(left, ignore_errors=True)


@contextmanager
def alone(folder: Path, how: int) -> Iterator[bool]:
    """Holds the lock of all reviews of a folder, shared or alone; False when it cannot be had at once."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("a") as lock:
        try:
            fcntl.flock(lock, how)
        except BlockingIOError:
            yield False
            return
        yield True


def _wrap(program: Path) -> None:
    """Makes the project in `program` run `engine.base_program`, which runs what it ran before."""
    project = Project(program, program / _WRAPPER)
    settings = project.settings()
    runtime = settings.get("runtime")
    if (runtime.get("name") if isinstance(runtime, dict) else runtime) != "python":
        return
    wrapper = program / _WRAPPER
    wrapper.mkdir()
    shutil.copy(ROOT / "engine" / "base_program.py", wrapper / "__main__.py")
    (wrapper / "program").write_text(str(program / str(settings.get("main") or ".")), encoding="utf-8")
    text = yaml.safe_dump({**settings, "main": _WRAPPER}, sort_keys=False, allow_unicode=True)
    (program / "Pulumi.yaml").write_text(text, encoding="utf-8")
