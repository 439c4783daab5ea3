"""Runs the `pulumi` on PATH for the project in the working folder, to read and mend a stack's state.

Secrets stay ciphertext: a state is exported without them and goes back as it came.
"""

import glob
import json
import os
import re
import socket
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from .errors import BadUsage, CannotAsk, OpsError
from .lenient import parse_time
from .text import clean_block

FOLDER = Path(".extension-pool")
"""Where backups of states are kept, under the working folder; that of the journals of `repair`."""

State = dict[str, Any]
"""What `pulumi stack export` prints."""

_BACKEND = re.compile(r"^Backend URL:\s*(\S+)", re.MULTILINE)

# Both kinds of backends, in the words of the CLI 3.255: those with files of their own, and Pulumi Cloud.
_LOCKED = ("currently locked by", "another update is currently in progress")


class NoCli(BadUsage):
    """There is no `pulumi` on PATH."""


class Refused(OpsError):
    """What was asked for cannot be done as things are; the message says why, and what to do. Exit code 1."""

    exit_code = 1


class Locked(Refused):
    """Another run has the stack, or had it when it was killed."""


@dataclass(frozen=True)
class Lock:
    """A lock on a stack. `holder`: for people. `alive`: whether the run that has it goes on; None if nobody can say."""

    holder: str
    alive: bool | None


def export_stack(name: str) -> object:
    """The state of a stack as JSON, secrets as ciphertext.

    Raises `BadUsage` when there is no CLI or when it fails, with what it says.
    """
    try:
        code, out, err = run("stack", "export", "--stack", name)
    except NoCli as error:
        raise NoCli(f"{error}, or name pools with --pool") from None
    if code != 0:
        raise BadUsage(
            f"--stack: reading the state of {name!r} failed; run it in the project's folder, with a stack that "
            f"'pulumi stack ls' shows; {_said(code, err)}"
        )
    try:
        return json.loads(out)
    except ValueError:
        raise BadUsage(f"--stack: 'pulumi stack export --stack {name}' printed no JSON; update the CLI") from None


def run(*words: str, stdin: str | None = None) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of `pulumi WORDS`, which asks no questions. Raises `NoCli`, `BadUsage`."""
    given: Mapping[str, Any] = {"input": stdin} if stdin is not None else {"stdin": subprocess.DEVNULL}
    environ = {**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"}
    try:
        done = subprocess.run(
            ["pulumi", *words, "--non-interactive"],
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            env=environ,
            check=False,
            **given,
        )
    except FileNotFoundError:
        raise NoCli(
            "--stack: needs the Pulumi CLI, and there is no 'pulumi' on PATH; install it "
            "(https://www.pulumi.com/docs/install/)"
        ) from None
    except (OSError, ValueError) as error:
        raise BadUsage(f"--stack: 'pulumi {words[0]}' does not start ({error}); check the name of the stack") from error
    return done.returncode, done.stdout, done.stderr


class Stack:
    """A stack of the project in the working folder."""

    def __init__(self, name: str) -> None:
        self.name = name

    def export(self) -> State:
        """The state, secrets as ciphertext. Raises `BadUsage`."""
        state = export_stack(self.name)
        if not isinstance(state, dict) or not isinstance(state.get("deployment"), dict):
            raise BadUsage("--stack: must be a state as 'pulumi stack export' prints it, got something else")
        return state

    def import_state(self, state: State) -> None:
        """Makes `state` the stack's. The engine forgets its pending operations then, whatever `state` says.

        Raises `Locked` and `CannotAsk`; the state is as it was then.
        """
        code, _, err = self._run("stack", "import", stdin=json.dumps(state))
        if code == 0:
            return
        if any(word in err.lower() for word in _LOCKED):
            raise Locked(f"--stack: {self.name!r} is locked; {_said(code, err)}")
        raise CannotAsk(f"--stack: writing the state of {self.name!r} failed; it is as it was; {_said(code, err)}")

    def cancel(self) -> None:
        """Takes the lock away. Raises `CannotAsk`."""
        self._must("cancel", "--yes")

    def refresh(self, urns: Sequence[str]) -> None:
        """Lets the provider read these resources anew; those that are gone leave the state. Raises `CannotAsk`."""
        self._must("refresh", "--yes", "--skip-preview", *(word for urn in urns for word in ("--target", urn)))

    def find_lock(self) -> Lock | None:
        """The lock on the stack; None without one, and where a backend does not show its locks.

        Pulumi Cloud and backends of files show them. Those in object stores tell at the next change.
        """
        code, out, _ = self._run("whoami", "--verbose", stack=False)
        backend = _BACKEND.search(out)
        if code == 0 and backend is not None and backend[1].startswith("file://"):
            project, stack = self._names()
            return find_lock_file(file_of(backend[1]), project, stack)
        code, out, _ = self._run("stack", "ls", "--json", stack=False)
        try:
            listed = json.loads(out) if code == 0 else []
        except ValueError:
            listed = []
        busy = any(
            isinstance(one, dict) and one.get("updateInProgress") is True and _last(one.get("name")) == _last(self.name)
            for one in listed
        )
        return Lock("a run that Pulumi Cloud knows of", None) if busy else None

    def _names(self) -> tuple[str, str]:
        """The project's and the stack's name, as they stand in every URN."""
        resources = self.export()["deployment"].get("resources") or [{}]
        parts = str(resources[0].get("urn", "")).removeprefix("urn:pulumi:").split("::")
        return (parts[1], parts[0]) if len(parts) > 2 else ("", _last(self.name))

    def _must(self, *words: str) -> None:
        code, out, err = self._run(*words)
        if any(word in (out + err).lower() for word in _LOCKED):
            raise Locked(f"--stack: {self.name!r} is locked; {_said(code, out + err)}")
        if code != 0:
            raise CannotAsk(f"--stack: 'pulumi {words[0]}' of {self.name!r} failed; {_said(code, err or out, 15)}")

    def _run(self, *words: str, stdin: str | None = None, stack: bool = True) -> tuple[int, str, str]:
        named = ["--stack", self.name] if stack else []
        return run(*words, *named, stdin=stdin)


def file_of(url: str) -> Path:
    """The folder of a backend of files, `file://...`. The CLI writes ~ and relative ones as they were given."""
    parts = urlsplit(url)
    return Path(unquote(parts.netloc + parts.path)).expanduser()


def find_lock_file(backend: Path, project: str, stack: str) -> Lock | None:
    """The lock that a stack has in a backend of files; of several the one that may be alive.

    project: empty if the state does not say it, as that of a stack without any resource.
    """
    folder = backend / ".pulumi" / "locks" / "organization"
    paths = folder.glob(f"{glob.escape(project) or '*'}/{glob.escape(stack)}/*.json")
    locks = [read_lock(_read(path)) for path in sorted(paths)]
    order = {True: 0, None: 1, False: 2}
    return min(locks, key=lambda lock: order[lock.alive], default=None)


def read_lock(text: str) -> Lock:
    """A lock as the CLI writes it: `{"pid", "username", "hostname", "timestamp"}`. What cannot be read may be alive."""
    try:
        raw = json.loads(text)
        pid, host, user = int(raw["pid"]), str(raw["hostname"]), str(raw.get("username", ""))
        since = parse_time(raw.get("timestamp"))
    except (ValueError, KeyError, TypeError, AttributeError):
        return Lock("a run that did not say who it is", None)
    alive = _runs(pid) if host == socket.gethostname() else None
    return Lock(f"process {pid} of {user or 'somebody'} on {host}{_since(since)}", alive)


def _since(moment: datetime | None) -> str:
    return f", since {moment:%Y-%m-%d %H:%M:%S %Z}" if moment is not None else ""


def _runs(pid: int) -> bool:
    """Whether a process of that number is a pulumi; the system gives a number again after a while."""
    try:
        return "pulumi" in Path(f"/proc/{pid}/comm").read_text(encoding="utf-8")
    except OSError:
        pass  # no such process, or a system without /proc
    try:
        shown = subprocess.run(["ps", "-o", "comm=", "-p", str(pid)], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return False
    return "pulumi" in shown.stdout


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError:
        return ""


def _last(name: object) -> str:
    return str(name).rsplit("/", 1)[-1].removesuffix("*")


def _said(code: int, text: str, lines: int = 5) -> str:
    return "pulumi said: " + (" ".join(clean_block(text)[-lines:]) or f"exit code {code}")


def keep_backup(stack: str, state: State, folder: Path = FOLDER) -> Path:
    """Writes a state into a new file, readable by its owner only. Raises `BadUsage`; nothing must be changed then."""
    safe = "".join(char if char.isalnum() or char in "-_." else "-" for char in stack)
    path = folder / f"state-{safe}-{datetime.now(timezone.utc):%Y%m%dT%H%M%S.%fZ}.json"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(state, file, indent=2)
            file.flush()
            os.fsync(descriptor)
    except OSError as error:
        raise BadUsage(
            f"{path}: must be a file that can be written, for the state as it is now ({error.strerror}); nothing is "
            "changed; run it in a folder of your own"
        ) from None
    return path
