"""Local Azure in another process, with pools of any size whose nodes are up."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from emulator import Arm, Store, background
from emulator.arm.batch_accounts import WELL_KNOWN_KEY

ACCOUNT = "extpoolprod"
_ACCOUNT_ID = (
    "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-batch-prod"
    f"/providers/Microsoft.Batch/batchAccounts/{ACCOUNT}"
)
_EXTENSIONS = [
    {
        "name": name,
        "publisher": publisher,
        "type": kind,
        "typeHandlerVersion": "1.0",
        "settings": {"setting": "x" * 2000},
    }
    for name, publisher, kind in (
        ("monitoring", "Microsoft.Azure.Monitor", "AzureMonitorLinuxAgent"),
        ("health", "Microsoft.ManagedServices", "ApplicationHealthLinux"),
    )
]
# Longer than any node takes to come up.
_UP_SECONDS = 3600


@dataclass(frozen=True)
class LocalAzure:
    """A server that runs: its store, and the environment in which the command talks to it."""

    store: Store
    environ: Mapping[str, str]

    def make_pool(self, name: str, nodes: int) -> None:
        """A pool with two extensions and `nodes` nodes; they are up at once."""
        image = {
            "publisher": "microsoftcblmariner",
            "offer": "cbl-mariner",
            "sku": "cbl-mariner-2",
            "version": "latest",
        }
        machine = {"imageReference": image, "nodeAgentSkuId": "batch.node.mariner 2.0", "extensions": _EXTENSIONS}
        properties = {
            "vmSize": "STANDARD_DS2_V2",
            "deploymentConfiguration": {"virtualMachineConfiguration": machine},
            "scaleSettings": {"fixedScale": {"targetDedicatedNodes": nodes, "targetLowPriorityNodes": 0}},
        }
        answer = Arm(self.store).put(f"{_ACCOUNT_ID}/pools/{name}", {"properties": properties}, "2024-07-01")
        if answer.status != 200:
            raise RuntimeError(f"local Azure does not make the pool: {answer.body}")
        self.store.clock.advance(_UP_SECONDS)


@contextmanager
def local_azure() -> Iterator[LocalAzure]:
    """Local Azure in a folder and a process of its own, both gone at the end."""
    with tempfile.TemporaryDirectory() as folder:
        store = Store.open(Path(folder))
        store.clock.set_speed(0)
        store.set("also_allowed_extensions", "Microsoft.ManagedServices/ApplicationHealthLinux")
        server, _ = background.start(Path(folder), 600)
        environ = {
            "AZURE_BATCH_ENDPOINT": server.endpoint,
            "AZURE_BATCH_ACCOUNT": ACCOUNT,
            "AZURE_BATCH_ACCESS_KEY": WELL_KNOWN_KEY,
        }
        try:
            yield LocalAzure(store, environ)
        finally:
            background.stop(Path(folder))
