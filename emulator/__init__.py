"""Local Azure: enough of Azure Batch to deploy to and to watch, over one SQLite file on this machine.

Faces
    ``emulator.provider``  the Pulumi plugin that poses as ``azure-native``; the engine starts one for each command
    ``emulator.batch``     the Batch data plane over HTTP on loopback (``python -m emulator start``), supported images
                           included, and beside it ARM GET

Both read and write the store in one folder, ``LOCAL_AZURE_DIR``. Time runs on the store's own clock, 60 times faster
than real time unless told otherwise; every duration below is in seconds of that virtual clock.

For tests::

    store = Store.open(folder)                  # creates azure.db, with what existing.toml lists
    store.operations(since=0)                   # what ARM received; secrets in bodies are digests
    store.resources()                           # [(type, id), ...] that exist now
    store.is_pristine()                         # True when only the content of existing.toml is there
    store.clock.set_speed(6000)                 # 0 freezes time
    store.clock.advance(600)
    store.set("pool_updates", "zero-nodes-allowed")          # every setting with its default: emulator.settings
    Faults(store).fail_extension("pool", "certs", message="...", nodes=[0])
    Faults(store).node_unusable("pool", nodes=1)
    Faults(store).http("GET /pools/{pool}/nodes", 503, times=2, retry_after=1)
    Arm(store).put(path, body, api_version)     # the ARM face without Pulumi; answers status and body

Environment
    ``LOCAL_AZURE_DIR``       folder of azure.db, server.json and server.log
    ``LOCAL_AZURE_SPEED``     speed of the clock of a new store
    ``LOCAL_AZURE_EXISTING``  another file than existing.toml for a new store; empty for none
    ``LOCAL_AZURE_PYTHON``, ``LOCAL_AZURE_ROOT``  what the plugin runs: an interpreter, and this package's parent

Deliberately simple: nodes leave a shrinking pool at once, every subscription exists (its resource groups must be put),
every secret name exists in every vault, access policies are not looked up in a directory, and Azure's limits other than
the pool quota are not counted.

Nothing here imports the library that it serves to test.
"""

from emulator.arm import Arm
from emulator.clock import Clock
from emulator.faults import Faults
from emulator.store import Operation, Store

__all__ = ["Arm", "Clock", "Faults", "Operation", "Store"]
