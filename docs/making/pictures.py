"""Makes the pictures of the pages from what the commands print on local Azure.

.venv/bin/python -m docs.making.pictures

The pool, its faults and its clock are the same each time, and so are the pictures.
"""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from docs.making.terminal_svg import render_svg
from emulator import Arm, Faults, Store
from emulator.arm.batch_accounts import WELL_KNOWN_KEY

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "pictures"

PICTURES: Mapping[str, tuple[str, ...]] = {
    "status.svg": ("extension-pool", "status", "--pool", "render"),
}
"""Each picture and the command that it shows."""

WIDTH = 124
NODES = 9
ACCOUNT = (
    "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-batch-prod"
    "/providers/Microsoft.Batch/batchAccounts/extpoolprod"
)
LOCKED = (
    "DPKG frontend (/var/lib/dpkg/lock-frontend) is locked by another process, please try reinstalling after sometime"
)
"""As published: https://github.com/MicrosoftDocs/azure-docs/issues/111614."""


def make_pictures() -> dict[str, str]:
    """Every picture by the name of its file."""
    with tempfile.TemporaryDirectory() as folder:
        store = Store.open(Path(folder))
        store.clock.set_speed(0)
        _make_pool(store)
        with _served(Path(folder)) as environment:
            return {name: render_svg(_shown(words, environment), " ".join(words)) for name, words in PICTURES.items()}


def _make_pool(store: Store) -> None:
    """A pool of nine nodes with a certificate and monitoring: two failed to install it, one cannot be reached."""
    extensions: list[dict[str, Any]] = [
        {"name": name, "publisher": publisher, "type": kind, "typeHandlerVersion": "1.0", "settings": {}}
        for name, publisher, kind in (
            ("health", "Microsoft.ManagedServices", "ApplicationHealthLinux"),
            ("monitoring", "Microsoft.Azure.Monitor", "AzureMonitorLinuxAgent"),
        )
    ]
    image = {"publisher": "canonical", "offer": "ubuntu-24_04-lts", "sku": "server", "version": "latest"}
    machine = {"imageReference": image, "nodeAgentSkuId": "batch.node.ubuntu 24.04", "extensions": extensions}
    scale = {"fixedScale": {"targetDedicatedNodes": NODES, "targetLowPriorityNodes": 0}}
    body = {
        "vmSize": "STANDARD_D4S_V5",
        "deploymentConfiguration": {"virtualMachineConfiguration": machine},
        "scaleSettings": scale,
    }
    faults = Faults(store)
    faults.fail_extension("render", "monitoring", message=LOCKED, nodes=[3, 6], cured_by="reboot")
    faults.node_unusable("render", nodes=[8], cured_by="removal")
    answer = Arm(store).put(f"{ACCOUNT}/pools/render", {"properties": body}, "2024-07-01")
    if answer.status != 200:
        raise RuntimeError(f"local Azure does not make the pool: {answer.body}")
    store.clock.advance(3600)


@contextmanager
def _served(folder: Path) -> Iterator[dict[str, str]]:
    """Local Azure's Batch service over the folder; the environment in which a command asks it."""
    emulator = [sys.executable, "-m", "emulator"]
    subprocess.run([*emulator, "start", "--dir", folder], cwd=ROOT, check=True, capture_output=True)
    try:
        server = json.loads((folder / "server.json").read_text(encoding="utf-8"))
        yield {
            "PATH": os.environ.get("PATH", os.defpath),
            "AZURE_BATCH_ENDPOINT": server["endpoint"],
            "AZURE_BATCH_ACCOUNT": "extpoolprod",
            "AZURE_BATCH_ACCESS_KEY": WELL_KNOWN_KEY,
            "TERM": "xterm-256color",
            "COLUMNS": str(WIDTH),
            "LANG": "C.UTF-8",
            "PYTHONUTF8": "1",
        }
    finally:
        subprocess.run([*emulator, "stop", "--dir", folder], cwd=ROOT, check=True, capture_output=True)


def _shown(words: tuple[str, ...], environment: Mapping[str, str]) -> str:
    """What a command shows on a terminal: colours and width are those of one."""
    ours, theirs = pty.openpty()
    program = Path(sys.executable).with_name(words[0])
    running = subprocess.Popen(
        [program, *words[1:]],
        stdout=theirs,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        env=dict(environment),
        cwd=ROOT,
    )
    os.close(theirs)
    read = bytearray()
    while True:
        try:
            piece = os.read(ours, 65536)
        except OSError:  # Linux says so when the other side is closed
            break
        if not piece:
            break
        read += piece
    os.close(ours)
    _, said = running.communicate()
    if running.returncode not in (0, 1):
        raise RuntimeError(f"{' '.join(words)}: exit code {running.returncode}: {said.decode()}")
    return read.decode("utf-8").replace("\r\n", "\n")


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, picture in make_pictures().items():
        (FOLDER / name).write_text(picture, encoding="utf-8")
