"""Actions on single nodes. Each is a row beside the runs of equal nodes; emulator.batch.orders puts them together."""

from __future__ import annotations

import math

from emulator.batch import work
from emulator.batch.call import Call, Done, conflict, invalid_property
from emulator.batch.errors import BatchError
from emulator.batch.fleet_view import FleetView, Node
from emulator.store import dump

# Codes and texts: "Batch Status and Error Codes" of the REST reference; which state gives which is a judgement.
BUSY = {
    "creating": ("NodeBeingCreated", "The specified node is being created."),
    "starting": ("NodeBeingStarted", "The specified node is being started."),
    "waitingforstarttask": ("NodeBeingStarted", "The specified node is being started."),
    "rebooting": ("NodeBeingRebooted", "The specified node is being rebooted."),
    "reimaging": ("NodeBeingReimaged", "The specified node is being reimaged."),
    "unusable": ("NodeStateUnusable", "The state of the specified node is unusable."),
}
# "only if it is in an idle or running state" (Nodes - Reboot, Reimage). A node whose start task failed can be restarted
# as well: that is how it is mended (Azure/BatchExplorer#102, Azure/doAzureParallel#80). That one that is offline can is
# a judgement. An unusable one cannot (Azure/doAzureParallel#328, Azure/aztk#557), unless the setting allows it.
RESTARTABLE = ("idle", "running", "offline", "starttaskfailed")
INVALID = ("OperationInvalidForCurrentState", "The specified operation is not valid for the current state.")


def reboot(call: Call) -> Done:
    return _restart(call, "reboot", "nodeRebootOption")


def reimage(call: Call) -> Done:
    """The SDK still says that it is for cloud-service pools only, which are gone, the REST reference does not."""
    if call.store.get("node_reimage") == "refused":
        raise conflict("OperationNotValidOnNode", "The specified operation is not valid on the node.")
    return _restart(call, "reimage", "nodeReimageOption")


def _restart(call: Call, kind: str, option: str) -> Done:
    view, node = _found(call)
    tasks = _option(call, option, ("requeue", "terminate", "taskcompletion", "retaineddata"))
    state = node.life.state
    allowed = state in RESTARTABLE or (state == "unusable" and call.store.get("unusable_restarts") == "allowed")
    if not allowed:
        raise conflict(*BUSY.get(state, INVALID))
    begins = view.now
    if tasks == "taskcompletion" and state == "running":
        begins = max(view.orders.busy_until(node.index, node.id), node.work.ends)
    work.take_away(call.store, node.id, tasks)
    _record(call, view, node, kind, begins, tasks)
    return Done(202)


def disable_scheduling(call: Call) -> Done:
    view, node = _found(call)
    tasks = _option(call, "nodeDisableSchedulingOption", ("requeue", "terminate", "taskcompletion"))
    _switch(call, view, node, "disablescheduling", "disabled", tasks)
    work.take_away(call.store, node.id, tasks)
    return Done(200)


def enable_scheduling(call: Call) -> Done:
    view, node = _found(call)
    _switch(call, view, node, "enablescheduling", "enabled", "")
    return Done(200)


def _switch(call: Call, view: FleetView, node: Node, kind: str, wanted: str, tasks: str) -> None:
    if node.scheduling == wanted:
        raise conflict(
            "NodeAlreadyInTargetSchedulingState", "The specified node is already in the target scheduling state."
        )
    _record(call, view, node, kind, view.now, tasks)


def _found(call: Call) -> tuple[FleetView, Node]:
    view = call.fleet()
    node = call.node(view)
    if view.pool.deleting is not None:
        text = "The specified pool has been marked for deletion and is being reclaimed."
        raise BatchError(409, "PoolBeingDeleted", text)
    if node.run.leaving is not None:
        raise conflict(*INVALID)
    return view, node


def _option(call: Call, name: str, allowed: tuple[str, ...]) -> str:
    given = str(call.body().get(name) or "requeue")
    if given not in allowed:
        raise invalid_property(name, given, f"It is one of {', '.join(allowed)}.")
    return given


def _record(call: Call, view: FleetView, node: Node, kind: str, time: float, tasks: str) -> None:
    call.store.execute(
        "INSERT INTO node_events (pool, dedicated, number, kind, time, options) VALUES (?, ?, ?, ?, ?, ?)",
        (
            view.pool.seq,
            int(node.run.dedicated),
            node.index,
            kind,
            None if math.isinf(time) else time,
            dump({"tasks": tasks}),
        ),
    )
