"""The command line, the background server, and the plugin as the engine starts it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import provider_pb2_grpc

from emulator import Store, background
from emulator.__main__ import main

from .conftest import GROUP

ROOT = Path(__file__).resolve().parents[2]
PLUGIN = ROOT / "emulator" / "plugin" / "pulumi-resource-azure-native"


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    made = tmp_path / "azure"
    yield made
    background.stop(made)


def test_start_is_idempotent_and_stop_waits(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["start", "--dir", str(folder)]) == 0
    server = json.loads((folder / "server.json").read_text())
    assert server["endpoint"] == f"http://127.0.0.1:{server['port']}"
    assert main(["start", "--dir", str(folder)]) == 0
    assert json.loads((folder / "server.json").read_text()) == server
    assert main(["stop", "--dir", str(folder)]) == 0
    assert not (folder / "server.json").exists()
    assert main(["stop", "--dir", str(folder)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(" at ")[0].split(" (")[0] for line in lines] == [
        "local Azure runs",
        "local Azure already runs",
        "local Azure stopped",
        "local Azure does not run",
    ]


def test_a_killed_server_is_replaced(folder: Path) -> None:
    first, new = background.start(folder, 60)
    assert new
    os.kill(first.pid, signal.SIGKILL)
    os.waitpid(first.pid, 0)
    assert (folder / "server.json").exists() and background.running(folder) is None
    second, new = background.start(folder, 60)
    assert new and second.pid != first.pid


def test_it_ends_by_itself_when_idle(folder: Path) -> None:
    background.start(folder, 0.3)
    deadline = time.monotonic() + 5
    while background.running(folder) and time.monotonic() < deadline:
        time.sleep(0.2)  # looking at it does not count as use
    assert background.running(folder) is None
    assert not (folder / "server.json").exists()


def test_a_server_that_cannot_start_says_why(folder: Path) -> None:
    folder.mkdir()
    (folder / "azure.db").write_text("this is no database, and it is long enough to be seen as none")
    with pytest.raises(background.NotStarted, match="file is not a database"):
        background.start(folder, 60)


def test_other_addresses_are_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", "--dir", str(folder), "--host", "0.0.0.0"]) == 1
    assert "loopback only" in capsys.readouterr().err


def test_log_clock_and_reset(store: Store, arm: Any, capsys: pytest.CaptureFixture[str]) -> None:
    where = ["--dir", str(store.folder)]
    arm.put(GROUP, {"location": "westeurope"}, "2024-03-01")
    assert main(["log", *where]) == 0
    assert f" 200 PUT    {GROUP}" in capsys.readouterr().out
    assert main(["log", *where, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["body"] == {"location": "westeurope"}
    before = store.clock.now()
    assert main(["clock", *where, "--advance", "60", "--speed", "5"]) == 0
    assert "(speed 5)" in capsys.readouterr().out
    assert store.clock.now() >= before + 60
    assert main(["settings", *where, "vault_soft_delete=off", "pool_delete_seconds=5"]) == 0
    assert "vault_soft_delete=off\n" in capsys.readouterr().out
    assert store.seconds("pool_delete") == 5
    assert main(["settings", *where, "nothing"]) == main(["settings", *where, "nothing=1"]) == 1
    store.close()
    assert main(["reset", *where]) == 0
    assert Store.open(store.folder).operations() == []


def test_usage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.delenv("LOCAL_AZURE_DIR", raising=False)
    assert main(["log"]) == 2
    assert "LOCAL_AZURE_DIR" in capsys.readouterr().err
    assert main(["log", "--dir", str(tmp_path / "none")]) == 1
    assert "there is no local Azure" in capsys.readouterr().err


def plugin(folder: Path, **changes: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LOCAL_AZURE", "PYTHONPATH"))}
    variables = {"LOCAL_AZURE_PYTHON": sys.executable, "LOCAL_AZURE_ROOT": str(ROOT), "LOCAL_AZURE_DIR": str(folder)}
    return {**kept, **variables, **changes}


def test_the_plugin_says_what_it_misses(tmp_path: Path) -> None:
    result = subprocess.run([PLUGIN], env=plugin(tmp_path, LOCAL_AZURE_ROOT=""), capture_output=True, text=True)
    assert result.returncode == 2 and result.stdout == ""
    assert "LOCAL_AZURE_ROOT is not set" in result.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_plugin_serves_and_leaves_at_once(tmp_path: Path, number: int) -> None:
    process = subprocess.Popen(
        [PLUGIN], env=plugin(tmp_path), cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout
    port = int(process.stdout.readline())
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        stub: Any = provider_pb2_grpc.ResourceProviderStub(channel)
        assert stub.GetPluginInfo(Empty(), timeout=10).version == "3.29.0"
    process.send_signal(number)
    started = time.monotonic()
    out, err = process.communicate(timeout=5)
    assert time.monotonic() - started < 1
    assert (out, err, process.returncode) == ("", "", 0)
