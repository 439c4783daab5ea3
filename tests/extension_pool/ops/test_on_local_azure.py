"""The commands `status` and `gate` against the data plane of local Azure, which shares no code with them."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from extension_pool.ops import cli, watch

pytest.importorskip("aiohttp")

from emulator import Faults, Store

from .local_azure import configured_azure, delete_pool, make_pool

EXTENSIONS = "GET /pools/{pool}/nodes/{node}/extensions"
Status = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture
def azure(store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """Local Azure with a pool of three nodes that has just been made; time stands still."""
    with configured_azure(store, monkeypatch):
        make_pool(store)
        yield store


@pytest.fixture
def status(capsys: pytest.CaptureFixture[str]) -> Status:
    def run(*arguments: str) -> tuple[int, dict[str, Any]]:
        code = cli.run(["status", "--pool", "linux", "--output", "json", *arguments])
        out, err = capsys.readouterr()
        assert err == ""
        return code, json.loads(out)["pools"][0]

    return run


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The paths of the calls for extensions that the command sends."""
    paths: list[str] = []
    send = requests.Session.send

    def noting(self: requests.Session, request: requests.PreparedRequest, **more: Any) -> requests.Response:
        path = str(request.path_url).split("?")[0]
        if path.endswith("/extensions"):
            paths.append(path)
        return send(self, request, **more)

    monkeypatch.setattr(requests.Session, "send", noting)
    return paths


@pytest.fixture
def passing(azure: Store, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses that a command makes; in each of them twenty seconds go by in local Azure."""
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        azure.clock.advance(20)

    monkeypatch.setitem(watch.watch.__kwdefaults__, "sleep", sleep)
    return slept


def process(*arguments: str) -> "subprocess.Popen[str]":
    """The command in a process of its own, in pipes."""
    environ = {**os.environ, "PYTHONPATH": str(Path(cli.__file__).parents[2]), "PYTHONUNBUFFERED": "1"}
    line = [sys.executable, "-m", "extension_pool.ops.cli", *arguments]
    return subprocess.Popen(line, text=True, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


@pytest.mark.parametrize("shape", ["spec", "documented"])
def test_a_pool_from_its_making_to_health(azure: Store, status: Status, shape: str) -> None:
    azure.set("status_shape", shape)

    code, pool = status()
    assert (code, pool["verdict"], pool["expectedExtensions"]) == (1, "waiting", ["monitoring"])

    azure.clock.advance(3600)
    code, pool = status()
    assert (code, pool["summary"]) == (0, "3 of 3 nodes: the extension succeeded")
    (cell,) = pool["nodes"][0]["extensions"]
    assert (cell["code"], cell["level"]) == ("ProvisioningState/succeeded", "info")
    assert (cell["type"], cell["time"] is None) == ("AzureMonitorLinuxAgent", shape == "documented")


@pytest.mark.parametrize("shape", ["spec", "documented"])
def test_a_failed_extension_and_an_unusable_node(azure: Store, status: Status, shape: str) -> None:
    azure.set("status_shape", shape)
    Faults(azure).fail_extension("linux", "monitoring", message="The agent does not start.", nodes=[0])
    Faults(azure).node_unusable("linux", nodes=[1], code="DiskFull", message="There is not enough disk space.")
    azure.clock.advance(3600)

    code, pool = status()

    assert (code, pool["summary"]) == (1, "1 of 3 nodes: the extension succeeded; 2 failed")
    cells = [cell for node in pool["nodes"] for cell in node["extensions"] if cell["verdict"] == "failed"]
    assert [(cell["message"], cell["level"]) for cell in cells] == [("The agent does not start.", "error")]
    (unusable,) = [node for node in pool["nodes"] if node["state"] == "unusable"]
    assert unusable["errors"] == [{"code": "DiskFull", "message": "There is not enough disk space."}]


def test_waiting_sees_the_pool_come_up(passing: list[float], status: Status) -> None:
    code, pool = status("--wait", "20m")
    assert (code, pool["verdict"]) == (0, "healthy")
    assert len(passing) > 2


def test_throttling_is_waited_out(azure: Store, status: Status) -> None:
    azure.clock.advance(3600)
    Faults(azure).http(EXTENSIONS, 429, times=2, retry_after=0.05)
    assert status()[0] == 0


def test_another_key_and_another_pool(
    azure: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["status", "--pool", "lin"]) == 2
    assert "must be a pool of account 'extpoolprod', got 'lin'; it has linux" in capsys.readouterr().err
    monkeypatch.setenv("AZURE_BATCH_ACCESS_KEY", "b3RoZXI=")
    assert cli.run(["status", "--pool", "linux"]) == 3
    assert capsys.readouterr().err.startswith("extension-pool: login: account 'extpoolprod' does not accept it; ")


def test_a_thousand_nodes_are_a_few_lines(azure: Store, capsys: pytest.CaptureFixture[str]) -> None:
    make_pool(azure, "big", nodes=1000)
    Faults(azure).fail_extension("big", "monitoring", message="The agent does not start.", nodes=31)
    Faults(azure).node_unusable("big", nodes=range(31, 52))
    azure.clock.advance(3600)

    assert cli.run(["status", "--pool", "big", "--require", "94%"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert "948 of 1000 nodes: the extension succeeded; 52 failed" in out
    assert "94% wanted" in out
    assert len(out.splitlines()) < 25
    # What failed comes first.
    assert re.findall(r"(?m)^(\d+) +(idle|unusable) ", out) == [("31", "idle"), ("21", "unusable"), ("948", "idle")]

    assert cli.run(["status", "--pool", "big", "--all"]) == 1
    assert len(capsys.readouterr().out.splitlines()) > 1000


def test_nodes_on_which_all_is_well_are_not_asked_again(
    azure: Store, passing: list[float], asked: list[str], status: Status
) -> None:
    azure.clock.advance(3600)
    Faults(azure).node_state("linux", "starting", nodes=[2], for_seconds=50)
    assert status("--wait", "20m")[0] == 0
    assert len(passing) == 3
    # Two nodes once, the third in every round.
    assert len(asked) == 2 + 4
    assert sorted(asked.count(path) for path in set(asked)) == [1, 1, 4]


def test_one_node_with_all_that_the_service_knows(azure: Store, capsys: pytest.CaptureFixture[str]) -> None:
    Faults(azure).fail_extension("linux", "monitoring", message="The agent does not start.", nodes=[0])
    azure.clock.advance(3600)
    cli.run(["status", "--pool", "linux", "--output", "json"])
    nodes = json.loads(capsys.readouterr().out)["pools"][0]["nodes"]
    (failed,) = [node["id"] for node in nodes if node["verdict"] == "failed"]
    healthy = next(node["id"] for node in nodes if node["verdict"] == "healthy")

    assert cli.run(["status", "--pool", "linux", "--node", failed]) == 1
    out, err = capsys.readouterr()
    assert err == ""
    for text in (failed, "The agent does not start.", "AzureMonitorLinuxAgent", "GCS_AUTO_CONFIG", "idle"):
        assert text in out

    assert (
        cli.run(["status", "--pool", "linux", "--node", healthy, "--extension", "monitoring", "--output", "json"]) == 0
    )
    answer = json.loads(capsys.readouterr().out)
    assert healthy in json.dumps(answer)

    assert cli.run(["status", "--pool", "linux", "--node", "tvm-nobody"]) == 2
    assert "tvm-nobody" in capsys.readouterr().err


def test_watching_in_a_pipe_appends_what_changes(azure: Store) -> None:
    watching = process("status", "--pool", "linux", "--watch")
    assert watching.stdout is not None
    first = watching.stdout.readline()
    azure.clock.advance(3600)
    second = watching.stdout.readline()
    watching.send_signal(signal.SIGINT)
    rest, err = watching.communicate(timeout=10)
    stamp = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ  linux: "
    assert re.fullmatch(stamp + ".* waiting\n", first), first
    assert re.fullmatch(stamp + r"3 of 3 nodes: the extension succeeded\n", second), second
    assert (rest, err, watching.returncode) == ("", "extension-pool: interrupted\n", 130)


def test_watching_ends_when_nobody_reads_any_more(azure: Store) -> None:
    watching = process("status", "--pool", "linux", "--watch", "--output", "json")
    assert watching.stdout is not None and watching.stderr is not None
    document = json.loads(watching.stdout.readline())
    watching.stdout.close()
    azure.clock.advance(3600)
    assert watching.wait(timeout=30) == 0
    assert (document["verdict"], watching.stderr.read()) == ("waiting", "")
    watching.stderr.close()


def test_ctrl_c_in_the_middle_of_hundreds_of_slow_nodes(azure: Store) -> None:
    make_pool(azure, "big", nodes=400)
    azure.clock.advance(3600)
    Faults(azure).slow(EXTENSIONS, 20, times=1000)
    reading = process("status", "--pool", "big")
    while not (asked := 1000 - (Faults(azure).of("slow")[0].remaining or 0)) and reading.poll() is None:
        time.sleep(0.02)
    assert (asked > 0, reading.poll()) == (True, None)
    begun = time.monotonic()
    reading.send_signal(signal.SIGINT)
    out, err = reading.communicate(timeout=10)
    assert (out, err, reading.returncode) == ("", "extension-pool: interrupted\n", 130)
    assert time.monotonic() - begun < 3


def gate(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, list[str], list[str]]:
    """Exit code, lines of stdout, and the sentences on stderr without their times."""
    code = cli.run(["gate", "--pool", "linux", *arguments])
    out, err = capsys.readouterr()
    return code, out.splitlines(), re.sub(r"(?m)^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ  ", "", err).splitlines()


def test_a_gate_waits_for_the_pool_and_tells_a_log_what_changes(
    passing: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, told = gate(capsys, "--wait", "20m")
    assert code == 0
    assert told[0].startswith("linux: 0 of 3 nodes usable with all extensions (0%), 100% wanted")
    assert told[-1] == "linux: 3 of 3 nodes usable with all extensions (100%), 100% wanted"
    assert len(set(told)) == len(told) <= len(passing) + 1
    assert any("3 of 3 nodes usable" in line for line in out)


def test_a_gate_ends_early_when_it_cannot_pass_any_more(
    azure: Store, passing: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    Faults(azure).fail_extension("linux", "monitoring", message="The agent does not start.", nodes=[0])
    Faults(azure).node_state("linux", "starting", nodes=[1])
    code, out, told = gate(capsys, "--wait", "7d", "--output", "json")
    assert code == 1
    assert sum(passing) < 600
    (pool,) = json.loads("\n".join(out))["pools"]
    assert pool["gate"]["outcome"] == "failed"
    assert told[-1] == f"linux: {pool['gate']['summary']}"


def test_a_gate_that_wants_less_passes_beside_a_failure(
    azure: Store, passing: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    Faults(azure).fail_extension("linux", "monitoring", message="The agent does not start.", nodes=[0])
    code, out, _ = gate(capsys, "--require", "66%")
    assert code == 0
    # What failed is seen all the same.
    assert any("The agent does not start." in line for line in out)


def test_when_the_time_is_over_the_gate_is_not_passed(
    azure: Store, passing: list[float], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert gate(capsys, "--wait", "0")[0] == 1
    assert passing == []
    clock = iter(range(0, 10_000, 10))
    monkeypatch.setitem(watch.watch.__kwdefaults__, "clock", lambda: float(next(clock)))
    Faults(azure).node_state("linux", "starting", nodes=[1])
    code, _, told = gate(capsys, "--wait", "1m")
    assert code == 1
    assert told[-1].endswith("; 1 waiting")


def test_a_gate_on_nodes_that_nobody_can_tell_anything_of_is_no_verdict(
    azure: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    Faults(azure).node_state("linux", "unknown", nodes=[1])
    azure.clock.advance(3600)
    assert gate(capsys, "--wait", "0")[0] == 3
    assert gate(capsys, "--wait", "0", "--require", "60%")[0] == 0


def test_a_pool_that_is_deleted_while_a_gate_waits_is_not_passed(
    azure: Store, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(watch.watch.__kwdefaults__, "sleep", lambda seconds: delete_pool(azure))
    code, _, told = gate(capsys)
    assert code == 1
    assert len(told) == 2
    assert "deleted while it was watched" in told[1]


def test_a_gate_cannot_ask(azure: Store, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_BATCH_ACCESS_KEY", "b3RoZXI=")
    assert gate(capsys)[0] == 3
