"""Sealed runs of a Pulumi project against local Azure: real engine, real SDK, no account, no way to real Azure.

    local = Local()                      # this project, in .local
    local.ready("dev")                   # engine, plugin, local Azure, stack
    local.pulumi("up", "--yes", "--skip-preview", "--stack", "dev")
    local.stop_azure()

A test gives folders of its own, `Local(work=tmp_path, program=tmp_path / "program")`: its state and its Azure are its
own, engine and plugin are shared.
"""

import fcntl
import filecmp
import importlib.metadata
import json
import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

from engine import get, locks, sealed
from engine.get import ENGINE, ROOT, Engine
from engine.processes import run
from engine.project import Project
from engine.sealed import PLUGIN, Refused

PLUGIN_SOURCE = ROOT / "emulator" / "plugin"
HOME = ENGINE / "home"
MUTATING = frozenset({"up", "update", "destroy", "refresh", "import", "state", "watch"})
"""Commands that take the stack's lock, so that a lock left behind would stop them."""


class CommandFailed(subprocess.CalledProcessError):
    """A command's exit code was not 0; the message has what it printed."""

    def __str__(self) -> str:
        return f"{super().__str__()}\n{self.stdout or ''}{self.stderr or ''}"


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


class Local:
    """One project on one local Azure.

    work: folder of the run's own: `state/` (the backend), `azure/` (local Azure), `project/` (the copy that is run).
    program: folder of the Pulumi.yaml to run. speed: seconds of local Azure per second; None leaves it to
    LOCAL_AZURE_SPEED or local Azure's own default; it counts when the Azure of `work` is first made.
    home: PULUMI_HOME with the plugin. say: gets each one-line notice; standard error when left out. variables: further
    variables of the sealed environment. only: the one stack whose file is copied; all when None.
    Errors: `sealed.Refused` for what cannot be sealed, `get.EngineError` when no engine can be had.
    """

    def __init__(
        self,
        work: Path = ROOT / ".local",
        program: Path = ROOT,
        *,
        speed: float | None = None,
        home: Path = HOME,
        say: Callable[[str], None] = _say,
        variables: Mapping[str, str] | None = None,
        only: str | None = None,
    ) -> None:
        self.variables = dict(variables or {})
        self.work = work.resolve()
        self.program = program.resolve()
        self.speed = speed
        self.home = home.resolve()
        self.say = say
        self.python = Path(sys.executable)
        virtualenv = self.python.parent.parent if (self.python.parent.parent / "pyvenv.cfg").exists() else None
        self.project = Project(self.program, self.work / "project", virtualenv, only)
        self.started_azure = False
        """Whether this object started the local Azure that runs, and so should stop it when interrupted."""

    @property
    def azure_dir(self) -> Path:
        """Folder of local Azure: its store, its log, and `server.json` while it runs."""
        return self.work / "azure"

    @cached_property
    def engine(self) -> Engine:
        """The engine; got on first use, which can take minutes."""
        return get.get(self.say)

    def environment(self) -> dict[str, str]:
        """The sealed environment, with the address of local Azure's Batch service while it runs."""
        batch: dict[str, str] = {}
        if server := self.azure():
            from emulator.arm.batch_accounts import WELL_KNOWN_KEY

            # The names that `az batch` uses; `extension-pool` reads the same.
            endpoint = str(server["endpoint"])
            batch = {"AZURE_BATCH_ENDPOINT": endpoint, "AZURE_BATCH_ACCESS_KEY": WELL_KNOWN_KEY}
            batch["AZURE_RESOURCE_MANAGER_ENDPOINT"] = endpoint
        made = sealed.environment(
            os.environ,
            engine=self.engine.path.parent,
            home=self.home,
            work=self.work,
            root=ROOT,
            python=self.python,
            speed=self.speed,
            batch=batch,
        )
        return {**made, **self.variables}

    def pulumi(
        self, *args: str, check: bool = True, capture: bool = True, timeout: float | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Runs one pulumi command on the project's copy.

        capture: False shows the output and may ask questions. timeout: seconds, after which it is interrupted.
        Raises CommandFailed for another exit code than 0 (unless `check` is False), subprocess.TimeoutExpired,
        sealed.Refused. After a `config` command the project's own stack files have what it changed.
        """
        self.refuse()
        sealed.refuse_command(args)
        self.project.write(self.say)
        (self.work / "state").mkdir(parents=True, exist_ok=True)
        environment = self.environment()
        command = next((word for word in args if not word.startswith("-")), "")
        if command in MUTATING:
            self._cancel_stale(environment)
        result = self._run([self.engine.path, *args], environment, capture, timeout)
        if command == "config":
            self.project.take_back()
        if check and result.returncode != 0:
            # `config set` has values, secret ones too, among its arguments.
            shown = args[: args.index("config") + 2] if command == "config" else args
            raise CommandFailed(result.returncode, ["pulumi", *shown], result.stdout, result.stderr)
        return result

    def _run(
        self, command: Sequence[str | Path], environment: dict[str, str], capture: bool, timeout: float | None
    ) -> subprocess.CompletedProcess[str]:
        return run(command, env=environment, cwd=self.project.copy, capture=capture, timeout=timeout)

    def refuse(self) -> None:
        """Raises Refused for anything around this run that could make it reach more than local Azure."""
        settings = self.project.settings()
        sealed.refuse_foreign_backend(os.environ, settings, str(self.program / "Pulumi.yaml"))
        sealed.refuse_providers(settings, self.program, str(self.program / "Pulumi.yaml"))
        if foreign := sealed.foreign_plugins(self.home, self._plugin_folder()):
            names = " ".join(str(path) for path in foreign)
            raise Refused(f"local runs have local Azure as their only plugin, and there is more; remove: {names}")

    def check_stack(self, stack: str) -> None:
        """Raises Refused for a name that is none, or a stack without a file."""
        if not re.fullmatch(r"[A-Za-z0-9_.-]{1,100}", stack):
            raise Refused(f"stack {stack!r}: a name has letters, digits, '-', '_' and '.', at most 100")
        known = self.project.stacks()
        if stack not in known:
            file = self.project.stacks_folder() / f"Pulumi.{stack}.yaml"
            there = f"there are: {', '.join(known)}" if known else "there is none in that folder"
            raise Refused(f"{file}: there is no such stack file; {there}; choose with STACK=NAME")

    def ready(self, stack: str) -> None:
        """Makes everything ready for `stack`: engine, plugin, local Azure, and the stack itself, selected."""
        self.remove_old_plugins()
        self.refuse()
        self.check_stack(stack)
        self.say(f"engine: {self.engine}")
        self.install_plugin()
        self.start_azure()
        self.pulumi("stack", "select", "--create", stack)

    def deployed(self) -> list[str]:
        """The stacks of this project that exist in this run's state."""
        folder = self.work / "state" / ".pulumi" / "stacks" / self.project.name()
        return sorted(path.name.removesuffix(".json") for path in folder.glob("*.json"))

    def has_delete_hooks(self, stack: str) -> bool:
        """Whether a resource of the stack has hooks that run before or after its deletion."""
        file = self.work / "state" / ".pulumi" / "stacks" / self.project.name() / f"{stack}.json"
        latest = json.loads(file.read_text(encoding="utf-8"))["checkpoint"].get("latest") or {}
        hooks = [resource.get("resourceHooks") or {} for resource in latest.get("resources") or ()]
        return any(one.get("BeforeDelete") or one.get("AfterDelete") for one in hooks)

    def forget(self) -> None:
        """Stops local Azure and forgets what is in it, and every stack: as if it had never been used."""
        self.stop_azure()
        shutil.rmtree(self.azure_dir, ignore_errors=True)
        shutil.rmtree(self.work / "state", ignore_errors=True)

    # The plugin

    def _plugin_folder(self) -> Path:
        return self.home / "plugins" / f"resource-{PLUGIN}-v{plugin_version()}"

    def remove_old_plugins(self) -> None:
        """Removes our plugin as installed for other versions of the SDK."""
        for old in (self.home / "plugins").glob(f"resource-{PLUGIN}-v*"):
            if old.is_dir() and old != self._plugin_folder():
                shutil.rmtree(old, ignore_errors=True)

    def install_plugin(self, version: str | None = None) -> None:
        """Installs local Azure as the provider plugin, unless it is there as it is now in `emulator/plugin`.

        version: that of the installed SDK when None; another one only a test wants.
        """
        folder = self._plugin_folder() if version is None else self.home / "plugins" / f"resource-{PLUGIN}-v{version}"
        if not (PLUGIN_SOURCE / f"pulumi-resource-{PLUGIN}").is_file():
            raise Refused(f"{PLUGIN_SOURCE}: local Azure's plugin is not there; this copy of the project is not whole")
        if version is None:
            self.remove_old_plugins()
        with self._alone():
            if folder.is_dir() and _same(PLUGIN_SOURCE, folder):
                return
            self.say("local Azure: installing the provider plugin")
            shutil.rmtree(folder, ignore_errors=True)
            arguments = ["plugin", "install", "resource", PLUGIN, f"v{version or plugin_version()}"]
            command: list[str | Path] = [self.engine.path, *arguments, "--file", PLUGIN_SOURCE, "--reinstall"]
            result = run(command, env=self.environment(), cwd=ROOT, capture=True)
            if result.returncode != 0:
                raise CommandFailed(result.returncode, ["pulumi", *arguments], result.stdout, result.stderr)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        self.home.mkdir(parents=True, exist_ok=True)
        with (self.home / "install.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    # Local Azure

    def azure(self) -> dict[str, Any] | None:
        """What runs: {pid, port, endpoint}; None when local Azure is not running."""
        try:
            server = json.loads((self.azure_dir / "server.json").read_text(encoding="utf-8"))
            # The file outlives a server that was killed, and a process id is given again.
            socket.create_connection(("127.0.0.1", int(server["port"])), timeout=2).close()
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return dict(server)

    def start_azure(self) -> None:
        """Starts local Azure in the background unless it runs."""
        if self.azure() is None:
            self.started_azure = True  # before it is true: an interrupt may come between
            self._emulator("start")
            self.say(f"local Azure: {(self.azure() or {}).get('endpoint')}")

    def stop_azure(self) -> None:
        """Stops local Azure; fine when it does not run."""
        self._emulator("stop")
        self.started_azure = False

    def _emulator(self, verb: str) -> None:
        command: list[str | Path] = [self.python, "-m", "emulator", verb, "--dir", self.azure_dir]
        environment = sealed.without_credentials(os.environ)
        environment.update(sealed.past_proxies(environment))
        if self.speed is not None:
            environment["LOCAL_AZURE_SPEED"] = str(self.speed)
        # A Ctrl-C must not end a start half way, with a server that runs and that nobody can find yet.
        result = run(command, env=environment, cwd=ROOT, capture=True, timeout=60, own_session=True)
        if result.returncode != 0:
            raise CommandFailed(result.returncode, list(map(str, command)), result.stdout, result.stderr)

    # Locks

    def _cancel_stale(self, environment: dict[str, str]) -> None:
        for stack in locks.stale_stacks(self.work / "state", self.project.name()):
            self.say(f"stack {stack}: locked by a run that was killed; cancelling it")
            self._run([self.engine.path, "cancel", "--yes", "--stack", stack], environment, True, 60)


def plugin_version() -> str:
    """The provider version that programs ask for: that of the installed SDK."""
    return importlib.metadata.version("pulumi-azure-native")


def _same(source: Path, installed: Path) -> bool:
    """Whether every file of `source` is in `installed` with the same bytes."""
    names = [str(path.relative_to(source)) for path in source.rglob("*") if path.is_file() and path.suffix != ".pyc"]
    equal, _, _ = filecmp.cmpfiles(source, installed, names, shallow=False)
    return len(equal) == len(names)
