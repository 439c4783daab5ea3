"""Locks that a killed `pulumi` left in a file backend: the next one would refuse to run until somebody cancels."""

import json
import socket
import subprocess
from pathlib import Path


def stale(state: Path, project: str, stack: str) -> list[Path]:
    """The lock files of a stack whose process is gone.

    The engine writes its process id and its machine's name into a lock. What another machine holds, or what cannot be
    read, counts as held.
    """
    folder = state / ".pulumi" / "locks" / "organization" / project / stack
    return [lock for lock in sorted(folder.glob("*.json")) if not _held(lock)]


def stale_stacks(state: Path, project: str) -> list[str]:
    """The stacks of a project that have a stale lock and none that is held."""
    folder = state / ".pulumi" / "locks" / "organization" / project
    found = []
    for stack in sorted(path for path in folder.glob("*") if path.is_dir()):
        locks = list(stack.glob("*.json"))
        if locks and len(stale(state, project, stack.name)) == len(locks):
            found.append(stack.name)
    return found


def _held(lock: Path) -> bool:
    try:
        content = json.loads(lock.read_text(encoding="utf-8"))
        pid, host = int(content["pid"]), str(content["hostname"])
    except (OSError, ValueError, KeyError, TypeError):
        return lock.exists()
    if host != socket.gethostname():
        return True
    # A process id is given again after a while: only one that is a pulumi counts.
    return "pulumi" in _command(pid)


def _command(pid: int) -> str:
    """The name of a running process; empty when there is none."""
    try:
        return Path(f"/proc/{pid}/comm").read_text(encoding="utf-8")
    except OSError:
        pass  # no such process, or a system without /proc
    try:
        return subprocess.run(["ps", "-o", "comm=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
    except FileNotFoundError:
        return ""
