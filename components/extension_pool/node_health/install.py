# ruff: noqa: PTH112, PTH118, PTH123, T201, UP006, UP035
"""Starts the composite health server on a Linux node, so that it outlives the start task. Runs on the node, as root.

One file of the standard library alone, for the python3 of the marketplace images: Python 3.6 and newer. It may run any
number of times, as start tasks do. Nothing stays in the start task's directory: a process that keeps it open would
keep Batch from running the start task again.
https://learn.microsoft.com/rest/api/batchservice/pool/add#starttask
"""

import http.client
import os
import shutil
import signal
import subprocess
import sys
import time
from typing import Callable, List

NAME = "batch-node-health"
SECONDS_TO_START = 30
SECONDS_TO_STOP = 5

_UNIT = """[Unit]
Description=Health of the Batch node agent and the node's own health server, as one answer
StartLimitIntervalSec=0

[Service]
ExecStart={command}
User=nobody
WorkingDirectory=/
Restart=always
RestartSec=2

[Install]
WantedBy=multi-user.target
"""


def render_unit(command: List[str]) -> str:
    """The systemd unit; in its command lines % and $ mean something to systemd."""
    return _UNIT.format(command=" ".join(word.replace("%", "%%").replace("$", "$$") for word in command))


def start_unit(command: List[str], units: str) -> None:
    """As a service, which systemd starts again after a reboot, before the start task runs."""
    with open(os.path.join(units, NAME + ".service"), "w") as file:
        file.write(render_unit(command))
    for verb in (["daemon-reload"], ["enable", NAME], ["restart", NAME]):
        subprocess.check_call(["systemctl", *verb], stdin=subprocess.DEVNULL)


def start_process(command: List[str], directory: str) -> "subprocess.Popen[bytes]":
    """As a process of its own session; its output goes to server.log."""
    pid_file = os.path.join(directory, "server.pid")
    stop_process(pid_file, command[1])
    with open(os.path.join(directory, "server.log"), "w") as log:
        process = subprocess.Popen(
            command, cwd="/", stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
    with open(pid_file, "w") as file:
        file.write(str(process.pid))
    return process


def stop_process(pid_file: str, server: str) -> None:
    """Ends the server that an earlier run has started. After a reboot its number may belong to another process."""
    try:
        with open(pid_file) as file:
            pid = int(file.read())
    except (OSError, ValueError):
        return
    if not _runs(pid, server):
        return
    os.kill(pid, signal.SIGTERM)
    if not wait_for(lambda: not _runs(pid, server), SECONDS_TO_STOP):
        os.kill(pid, signal.SIGKILL)
        wait_for(lambda: not _runs(pid, server), SECONDS_TO_STOP)


def _runs(pid: int, server: str) -> bool:
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return server.encode() in file.read().split(b"\0")
    except OSError:
        return False


def wait_for(condition: Callable[[], bool], seconds: float) -> bool:
    """Whether the condition came true in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return condition()


def answers(port: int) -> bool:
    """Whether the server, and not something else, answers on the port."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("HEAD", "/")
        return connection.getresponse().getheader("Server", "") == NAME
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def main(directory: str, units: str, booted: str, port: str, *arguments: str) -> int:
    """directory: where server.py is. units: where systemd reads. booted: what is there only when systemd runs."""
    command = [sys.executable, os.path.join(directory, "server.py"), "--port", port, *arguments]
    process = None
    if os.path.isdir(booted) and shutil.which("systemctl") is not None:
        start_unit(command, units)
    else:
        process = start_process(command, directory)

    def has_ended() -> bool:
        return process is not None and process.poll() is not None

    if wait_for(lambda: has_ended() or answers(int(port)), SECONDS_TO_START) and not has_ended():
        return 0
    log = "journalctl -u " + NAME if process is None else os.path.join(directory, "server.log")
    print(f"{NAME}: does not answer on port {port}; see {log}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
