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
    Arm(store).put(path, body, api_version)     # the ARM face without Pulumi; answers status and body
    Faults(store).fail_extension("pool", "certs", message="...", nodes=[0], cured_by="reboot")
    Faults(store).node_unusable("pool", nodes=1, cured_by="removal")
    Faults(store).node_state("pool", "preempted", nodes=[2], for_seconds=600)
    Faults(store).start_task_fails("pool", exit_code=127)
    Faults(store).busy("pool", tasks=2, nodes=[0])                # running tasks without a job
    Faults(store).resize_error("pool", "AccountCoreQuotaReached", "...", allocated=3)
    Faults(store).extension_text("pool", "certs", {"instanceView": None})
    Faults(store).secret_missing("vault", "tls")
    Faults(store).http("GET /pools/{pool}/nodes", 429, times=None, every=10, retry_after=1)
    Faults(store).slow("*", 0.5)
    Faults(store).drop("GET /pools/{pool}", after=100)
    store.set("latency_seconds", 0.05)                            # real seconds, of every answer

The data plane answers what emulator.batch.service lists: pools (read, PATCH, updateproperties, resize, stopresize,
automatic scaling, removenodes, DELETE), nodes (read, reboot, reimage, scheduling), their extensions, node counts, jobs,
tasks and job schedules. `GET /healthz` tells how often each route was asked. A task runs `task_seconds`, or what its
environment says: LOCAL_AZURE_TASK_SECONDS (virtual), LOCAL_AZURE_TASK_EXIT_CODE.

Environment
    ``LOCAL_AZURE_DIR``       folder of azure.db, server.json and server.log
    ``LOCAL_AZURE_SPEED``     speed of the clock of a new store
    ``LOCAL_AZURE_EXISTING``  another file than existing.toml for a new store; empty for none
    ``ARM_SUBSCRIPTION_ID``   the provider's subscription where the stack says none, as the real one takes it
    ``LOCAL_AZURE_PYTHON``, ``LOCAL_AZURE_ROOT``  what the plugin runs: an interpreter, and this package's parent

Deliberately simple: nodes leave a pool that is resized at once (those that are removed by name take their time), a
stopped resize is over at once, autoscale formulas are numbers, min and max, every subscription exists (its resource
groups must be put), every secret exists in every vault unless it is ordered to be missing, a vault's firewall knows
subnets and no addresses, access policies are not looked up in a directory, tasks depend on nothing and have no files,
job preparation and release tasks do not run, pools that jobs specify are not made, and Azure's limits other than the
pool quota are not counted.

Nothing here imports the library that it serves to test.
"""

from emulator.arm import Arm
from emulator.clock import Clock
from emulator.faults import Faults
from emulator.store import Operation, Store

__all__ = ["Arm", "Clock", "Faults", "Operation", "Store"]
