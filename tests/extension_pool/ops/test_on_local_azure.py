"""The command against the data plane of local Azure, which shares no code with it."""

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from extension_pool.ops import cli, watch

pytest.importorskip("aiohttp")

from aiohttp import web

from emulator import Arm, Faults, Store
from emulator.arm.batch_accounts import WELL_KNOWN_KEY
from emulator.batch.server import DataPlane

ACCOUNT = (
    "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-batch-prod"
    "/providers/Microsoft.Batch/batchAccounts/extpoolprod"
)
MONITORING = {
    "name": "monitoring",
    "publisher": "Microsoft.Azure.Monitor",
    "type": "AzureMonitorLinuxAgent",
    "typeHandlerVersion": "1.0",
    "settings": {"GCS_AUTO_CONFIG": True},
}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = Store.open(tmp_path / "azure")
    store.clock.set_speed(0)
    return store


@pytest.fixture
def azure(store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """Local Azure with a pool of three nodes that has just been made; time stands still."""
    loop, ready = asyncio.new_event_loop(), threading.Event()
    addresses: list[Any] = []

    async def start() -> web.AppRunner:
        runner = web.AppRunner(DataPlane(store).application(), access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        addresses.extend(runner.addresses)
        return runner

    def serve() -> None:
        asyncio.set_event_loop(loop)
        runner = loop.run_until_complete(start())
        ready.set()
        loop.run_forever()
        loop.run_until_complete(runner.cleanup())

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    assert ready.wait(10)
    monkeypatch.setenv("AZURE_BATCH_ENDPOINT", f"http://127.0.0.1:{addresses[0][1]}")
    monkeypatch.setenv("AZURE_BATCH_ACCOUNT", "extpoolprod")
    monkeypatch.setenv("AZURE_BATCH_ACCESS_KEY", WELL_KNOWN_KEY)
    machine = {
        "imageReference": {
            "publisher": "microsoftcblmariner",
            "offer": "cbl-mariner",
            "sku": "cbl-mariner-2",
            "version": "latest",
        },
        "nodeAgentSkuId": "batch.node.mariner 2.0",
        "extensions": [MONITORING],
    }
    properties = {
        "vmSize": "STANDARD_DS2_V2",
        "deploymentConfiguration": {"virtualMachineConfiguration": machine},
        "scaleSettings": {"fixedScale": {"targetDedicatedNodes": 3, "targetLowPriorityNodes": 0}},
    }
    answer = Arm(store).put(f"{ACCOUNT}/pools/linux", {"properties": properties}, "2024-07-01")
    assert answer.status == 200, answer.body
    yield store
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    loop.close()


@pytest.fixture
def status(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, dict[str, Any]]]:
    def run(*arguments: str) -> tuple[int, dict[str, Any]]:
        code = cli.run(["status", "--pool", "linux", "--output", "json", *arguments])
        out, err = capsys.readouterr()
        assert err == ""
        return code, json.loads(out)["pools"][0]

    return run


Status = Callable[..., tuple[int, dict[str, Any]]]


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


def test_waiting_sees_the_pool_come_up(azure: Store, status: Status, monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        azure.clock.advance(20)

    monkeypatch.setitem(watch.watch.__kwdefaults__, "sleep", sleep)
    code, pool = status("--wait", "20m")
    assert (code, pool["verdict"]) == (0, "healthy")
    assert len(slept) > 2


def test_throttling_is_waited_out(azure: Store, status: Status) -> None:
    azure.clock.advance(3600)
    Faults(azure).http("GET /pools/{pool}/nodes/{node}/extensions", 429, times=2, retry_after=0.05)
    assert status()[0] == 0


def test_another_key_and_another_pool(
    azure: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["status", "--pool", "lin"]) == 2
    assert "must be a pool of account 'extpoolprod', got 'lin'; it has linux" in capsys.readouterr().err
    monkeypatch.setenv("AZURE_BATCH_ACCESS_KEY", "b3RoZXI=")
    assert cli.run(["status", "--pool", "linux"]) == 3
    assert capsys.readouterr().err.startswith("extension-pool: login: account 'extpoolprod' does not accept it; ")
