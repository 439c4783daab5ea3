"""Local Azure's server in a thread of the test, and pools in it."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from aiohttp import web

from emulator import Arm, Store
from emulator.arm.batch_accounts import WELL_KNOWN_KEY
from emulator.batch.server import DataPlane

ACCOUNT = (
    "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-batch-prod"
    "/providers/Microsoft.Batch/batchAccounts/extpoolprod"
)
API_VERSION = "2024-07-01"
MONITORING = {
    "name": "monitoring",
    "publisher": "Microsoft.Azure.Monitor",
    "type": "AzureMonitorLinuxAgent",
    "typeHandlerVersion": "1.0",
    "settings": {"GCS_AUTO_CONFIG": True},
}


@contextmanager
def local_azure(store: Store) -> Iterator[str]:
    """The server's URL."""
    loop = asyncio.new_event_loop()
    runner = web.AppRunner(DataPlane(store).application(), access_log=None, shutdown_timeout=0.1)
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def start() -> None:
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()

    asyncio.run_coroutine_threadsafe(start(), loop).result(10)
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"

    async def stop() -> None:
        await runner.cleanup()
        # Answers that are still to come, to clients that are gone.
        left = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    asyncio.run_coroutine_threadsafe(stop(), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    loop.close()


@contextmanager
def configured_azure(store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The server's URL; the environment points the command at it."""
    with local_azure(store) as url:
        monkeypatch.setenv("AZURE_BATCH_ENDPOINT", url)
        monkeypatch.setenv("AZURE_BATCH_ACCOUNT", "extpoolprod")
        monkeypatch.setenv("AZURE_BATCH_ACCESS_KEY", WELL_KNOWN_KEY)
        yield url


def make_pool(store: Store, name: str = "linux", nodes: int = 3, **properties: Any) -> None:
    """A Linux pool with one extension, `monitoring`. It has just been made: its nodes need the clock to advance."""
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
    body = {
        "vmSize": "STANDARD_DS2_V2",
        "deploymentConfiguration": {"virtualMachineConfiguration": machine},
        "scaleSettings": {"fixedScale": {"targetDedicatedNodes": nodes, "targetLowPriorityNodes": 0}},
        **properties,
    }
    answer = Arm(store).put(f"{ACCOUNT}/pools/{name}", {"properties": body}, API_VERSION)
    assert answer.status == 200, answer.body


def delete_pool(store: Store, name: str = "linux") -> None:
    """Gone at once, behind the back of whoever made it."""
    answer = Arm(store).delete(f"{ACCOUNT}/pools/{name}", API_VERSION)
    assert answer.status in {200, 202, 204}, answer.body
    store.clock.advance(3600)
