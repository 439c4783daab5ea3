"""What tests of runs share: starting one, and looking at what runs."""

import os
import subprocess
import time
from collections.abc import Callable

from engine.local import Local


def up(local: Local, command: str = "up") -> subprocess.CompletedProcess[str]:
    local.pulumi("stack", "select", "--create", "dev")
    more = ("--yes", "--skip-preview") if command == "up" else ()
    return local.pulumi(command, *more, "--stack", "dev", "--color", "never", check=False, timeout=120)


def running(text: str) -> list[str]:
    """The command lines of other processes that have a text in them."""
    shown = subprocess.run(["ps", "-ww", "-eo", "pid=,args="], capture_output=True, text=True, check=True).stdout
    return [line for line in shown.splitlines() if text in line and f" {os.getpid()} " not in line]


def until(condition: Callable[[], bool], seconds: float = 10.0) -> bool:
    """Whether something comes true within so many seconds."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return False
