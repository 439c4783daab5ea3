"""The data plane as a background process: started once, found again by server.json, stopped."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from emulator.store import Store

START_SECONDS = 20.0
STOP_SECONDS = 10.0
ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Server:
    """The content of server.json."""

    pid: int
    port: int
    endpoint: str


class NotStarted(RuntimeError):
    """The server did not come up; the message has the end of its log."""


def running(folder: Path) -> Server | None:
    """The server of this folder, if it answers; a stale server.json counts as none."""
    folder = folder.resolve()
    try:
        found = Server(**json.loads(_file(folder).read_text("utf-8")))
        with urllib.request.urlopen(f"{found.endpoint}/healthz", timeout=5) as answer:  # noqa: S310 - own loopback
            # Another folder's server may have got the port since.
            return found if json.load(answer).get("local-azure") == str(folder) else None
    except (OSError, ValueError, TypeError, urllib.error.URLError):
        return None


def start(folder: Path, idle: float) -> tuple[Server, bool]:
    """(the server, True when it was started now). NotStarted when it does not answer in time."""
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    with _alone(folder):
        found = running(folder)
        if found:
            return found, False
        _file(folder).unlink(missing_ok=True)
        log = folder / "server.log"
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
        command = [sys.executable, "-m", "emulator", "serve", "--dir", str(folder), "--idle-timeout", str(idle)]
        with log.open("ab") as output:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                env=environment,
                cwd=folder,
            )
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and process.poll() is None:
            found = running(folder)
            if found:
                return found, True
            time.sleep(0.05)
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        tail = log.read_text("utf-8", errors="replace")[-2000:]
        raise NotStarted(f"local Azure did not start; its log {log} ends with:\n{tail}")


def stop(folder: Path) -> Server | None:
    """End the server and wait until it is gone; the server that was there, None when none ran."""
    if not folder.is_dir():
        return None
    with _alone(folder):
        found = running(folder)
        if found:
            os.kill(found.pid, signal.SIGTERM)
            deadline = time.monotonic() + STOP_SECONDS
            while running(folder) and time.monotonic() < deadline:
                time.sleep(0.05)
            if running(folder):
                os.kill(found.pid, signal.SIGKILL)
        _file(folder).unlink(missing_ok=True)
        return found


def serve(folder: Path, *, host: str, port: int, idle: float) -> None:
    """Serve in this process until told to stop; server.json is there as long as it answers."""
    from emulator.batch import server  # aiohttp is needed here only

    folder = folder.resolve()
    server.require_loopback(host)
    store = Store.open(folder)
    file = _file(folder)

    def started(actual: int) -> None:
        address = f"[{host}]" if ":" in host else host
        content = Server(os.getpid(), actual, f"http://{address}:{actual}")
        temporary = file.with_suffix(f".{os.getpid()}")
        temporary.write_text(json.dumps(asdict(content)) + "\n", "utf-8")
        temporary.replace(file)

    try:
        asyncio.run(server.serve(store, host=host, port=port, idle=idle, started=started))
    finally:
        with contextlib.suppress(OSError, ValueError, KeyError):
            if json.loads(file.read_text("utf-8"))["pid"] == os.getpid():
                file.unlink()


def _file(folder: Path) -> Path:
    return folder / "server.json"


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One start or stop at a time for a folder."""
    with (folder / "server.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
