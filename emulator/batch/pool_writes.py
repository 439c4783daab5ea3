"""Changes of a pool over the data plane. Both faces show the same pool: what is written here is kept in ARM's form."""

from __future__ import annotations

import copy
from typing import Any

from emulator import fleet, scaling
from emulator.arm import extensions, pool_updates
from emulator.arm.context import POOL, ArmError, new_etag
from emulator.batch import work
from emulator.batch.call import API_VERSION, Call, Done, conflict, from_arm, invalid_property
from emulator.batch.errors import BatchError
from emulator.clock import timestamp
from emulator.redaction import redact
from emulator.store import Row

SAME = (
    "displayName",
    "metadata",
    "mountConfiguration",
    "networkConfiguration",
    "startTask",
    "taskSlotsPerNode",
    "upgradePolicy",
    "userAccounts",
    "vmSize",
)
DEALLOCATION = ("requeue", "terminate", "taskcompletion", "retaineddata")
LARGEST_REMOVAL = 100
ENABLE_EVERY = 30.0


def update(call: Call) -> Done:
    """PATCH: what is given replaces, the rest stays."""
    row, given = _writable(call), call.body()
    properties = copy.deepcopy(row.body["properties"])
    for name in SAME:
        if given.get(name) is not None:
            properties[name] = given[name]
    if given.get("virtualMachineConfiguration") is not None:
        properties["deploymentConfiguration"] = {"virtualMachineConfiguration": given["virtualMachineConfiguration"]}
    if given.get("enableInterNodeCommunication") is not None:
        properties["interNodeCommunication"] = "Enabled" if given["enableInterNodeCommunication"] else "Disabled"
    if given.get("taskSchedulingPolicy") is not None:
        policy = {name: str(value).capitalize() for name, value in given["taskSchedulingPolicy"].items()}
        properties["taskSchedulingPolicy"] = policy
    if given.get("applicationPackageReferences") is not None:
        properties["applicationPackages"] = _packages(call, given["applicationPackageReferences"])
    _change(call, row, properties)
    return Done(200)


def replace_properties(call: Call) -> Done:
    """updateproperties: start task, packages and metadata, each gone when it is left out."""
    row, given = _writable(call), call.body("applicationPackageReferences", "metadata")
    properties = copy.deepcopy(row.body["properties"])
    for name in ("startTask", "metadata", "applicationPackages"):
        properties.pop(name, None)
    if given.get("startTask"):
        properties["startTask"] = given["startTask"]
    if given["metadata"]:
        properties["metadata"] = given["metadata"]
    if given["applicationPackageReferences"]:
        properties["applicationPackages"] = _packages(call, given["applicationPackageReferences"])
    _change(call, row, properties)
    return Done(204)


def _change(call: Call, row: Row, properties: dict[str, Any]) -> None:
    body = {**row.body, "properties": redact(properties)}
    try:
        extensions.check(properties, call.store.get("also_allowed_extensions"))
        pool_updates.refuse(
            row.body,
            body,
            api_version=API_VERSION,
            nodes=sum(fleet.counts(call.store, row)),
            mode=call.store.get("pool_updates"),
            now=call.now,
        )
    except ArmError as error:
        raise from_arm(error) from None
    _save(call, row, body, {})


def resize(call: Call) -> Done:
    row, given = _writable(call), call.body()
    if scaling.autoscale(row):
        raise _invalid("automatic scaling is enabled")
    _require_steady(call, row)
    _check_resize(given)
    fixed = dict((row.body["properties"].get("scaleSettings") or {}).get("fixedScale") or {})
    counts = {name: given[name] for name in ("targetDedicatedNodes", "targetLowPriorityNodes") if name in given}
    if not counts:
        raise invalid_property("targetDedicatedNodes", None, "Give at least one of the two targets.")
    for name, count in counts.items():
        if not isinstance(count, int) or count < 0:
            raise invalid_property(name, count, "It must be a number of nodes.")
        fixed[name] = count
    fixed["resizeTimeout"] = given.get("resizeTimeout") or "PT15M"
    _rescale(call, row, {"fixedScale": fixed})
    return Done(202)


def stop_resize(call: Call) -> Done:
    """The pool keeps as many nodes as have their VM by now, and is steady at once."""
    row = _writable(call)
    if call.now >= row.state["steady_at"]:
        raise _invalid("it is not being resized")
    if any(run.leaving is not None for run in fleet.runs(call.store, row)):
        raise _invalid("the removal of nodes cannot be stopped")  # a judgement
    dedicated, low = call.fleet().states()
    there = (dedicated.total() - dedicated["creating"], low.total() - low["creating"])
    fleet.resize(call.store, row, there, [], call.now)
    message = "Desired number of nodes could not be allocated as the resize was stopped"  # a judgement
    errors = [{"code": "ResizeStopped", "message": message, "details": []}]
    _save(call, row, row.body, {"steady_at": call.now, "resize_errors": errors})
    return Done(202)


def enable_autoscale(call: Call) -> Done:
    row, given = _writable(call), call.body()
    current, now = scaling.autoscale(row), call.now
    _require_steady(call, row)
    if now < row.state.get("autoscale_enabled", 0.0) + ENABLE_EVERY:
        raise BatchError(
            503, "TooManyEnableAutoScaleRequests", "Too many Enable Pool AutoScale requests are issued on the pool."
        )
    formula, every = given.get("autoScaleFormula"), given.get("autoScaleEvaluationInterval")
    if formula is None and current is None:
        raise BatchError(
            400,
            "InvalidAutoScalingSettings",
            "The specified auto-scaling settings are not valid: a formula is missing.",
        )
    if formula is not None:
        _check_formula(formula)
    shortest, longest = scaling.INTERVALS
    if every is not None and not shortest <= (scaling.seconds(every) or 0) <= longest:
        raise invalid_property(
            "autoScaleEvaluationInterval", every, "It must be between 5 minutes and 168 hours, in ISO 8601."
        )
    settings = dict(current or {})
    if formula is not None:
        settings["formula"] = formula
    settings["evaluationInterval"] = every or settings.get("evaluationInterval") or "PT15M"
    # "If you specify a new interval ... a new autoscale evaluation schedule will be started, with its starting time
    # being the time when this request was issued."
    fresh = current is None or every is not None
    state = {"autoscale_enabled": now, **({"schedule": now} if fresh else {})}
    if fresh:
        _rescale(call, row, {"autoScale": settings}, state)
    else:
        _save(call, row, _with_scale(row, {"autoScale": settings}), state)
    return Done(200)


def disable_autoscale(call: Call) -> Done:
    """The pool stays at the size that the last evaluation gave it."""
    row = _writable(call)
    if scaling.autoscale(row):
        dedicated, low = fleet.targets(row.body["properties"])
        fixed = {"targetDedicatedNodes": dedicated, "targetLowPriorityNodes": low, "resizeTimeout": "PT15M"}
        _save(call, row, _with_scale(row, {"fixedScale": fixed}), {})
    return Done(200)


def evaluate_autoscale(call: Call) -> dict[str, Any]:
    row, given = _writable(call), call.body("autoScaleFormula")
    if scaling.autoscale(row) is None:
        raise _invalid("automatic scaling is disabled")
    _check_formula(given["autoScaleFormula"])
    dedicated, low = fleet.targets({"scaleSettings": {"autoScale": {"formula": given["autoScaleFormula"]}}})
    return {
        "odata.metadata": f"{call.base}/$metadata#Microsoft.Azure.Batch.Protocol.Entities.AutoScaleRun",
        "timestamp": timestamp(call.now),
        "results": f"$TargetDedicatedNodes={dedicated};$TargetLowPriorityNodes={low};$NodeDeallocationOption=requeue",
    }


def remove_nodes(call: Call) -> Done:
    """The nodes leave, and the targets sink with them: nothing comes in their place by itself."""
    row, given = _writable(call), call.body("nodeList")
    _check_resize(given)
    ids = given["nodeList"]
    if not isinstance(ids, list) or not 1 <= len(ids) <= LARGEST_REMOVAL:
        raise invalid_property("nodeList", len(ids), f"1 to {LARGEST_REMOVAL} nodes can be removed by one request.")
    if scaling.autoscale(row):
        # Seen in the field, without its code (Azure/BatchExplorer#2082).
        raise _invalid("automatic scaling is enabled")
    _require_steady(call, row)
    view = call.fleet()
    found = [view.find(str(node_id)) for node_id in dict.fromkeys(ids)]
    nodes = [node for node in found if node]
    if len(nodes) != len(found):
        raise BatchError(404, "NodeNotFound", "The specified node does not exist.")
    starts, option = call.now, str(given.get("nodeDeallocationOption") or "requeue")
    for node in nodes:
        if option == "taskcompletion":
            starts = max(starts, view.orders.busy_until(node.index, node.id), node.work.ends)
        work.take_away(call.store, node.id, option)
    ends = starts + call.store.seconds("node_removal")
    fleet.remove(call.store, row, [(node.run.dedicated, node.index) for node in nodes], call.now, ends)
    fixed = dict((row.body["properties"].get("scaleSettings") or {}).get("fixedScale") or {})
    for name, dedicated in (("targetDedicatedNodes", True), ("targetLowPriorityNodes", False)):
        gone = sum(node.run.dedicated is dedicated for node in nodes)
        fixed[name] = max(int(fixed.get(name) or 0) - gone, 0)
    _save(call, row, _with_scale(row, {"fixedScale": fixed}), {"resize_at": call.now, "steady_at": ends})
    return Done(202)


def delete(call: Call) -> Done:
    row = _writable(call)
    call.store.delete(row.id, call.now + call.store.seconds("pool_delete"))
    return Done(202)


def _writable(call: Call) -> Row:
    row = call.pool()
    call.require_match(row.state["etag"])
    if row.deleting is not None:
        text = "The specified pool has been marked for deletion and is being reclaimed."
        raise conflict("PoolBeingDeleted", text)
    return row


def _invalid(why: str) -> BatchError:
    """The pages name only the status 409 for these; the code is a judgement."""
    text = "The specified operation is not valid for the current state of the resource"
    return conflict("OperationInvalidForCurrentState", f"{text}: {why}.")


def _require_steady(call: Call, row: Row) -> None:
    if call.now < row.state["steady_at"]:
        raise conflict("PoolBeingResized", "The specified pool is being resized.")


def _check_resize(given: dict[str, Any]) -> None:
    timeout = given.get("resizeTimeout")
    if timeout is not None and (scaling.seconds(timeout) or 0) < scaling.SHORTEST_TIMEOUT:
        raise invalid_property("resizeTimeout", timeout, "The minimum is 5 minutes, in ISO 8601.")
    option = given.get("nodeDeallocationOption")
    if option is not None and option not in DEALLOCATION:
        raise invalid_property("nodeDeallocationOption", option, f"It is one of {', '.join(DEALLOCATION)}.")


def _check_formula(formula: object) -> None:
    if not isinstance(formula, str) or not formula.strip():
        text = "The specified auto-scaling formula has a syntax error."
        raise BatchError(400, "AutoScalingFormulaSyntaxError", text)
    if len(formula) > scaling.LONGEST_FORMULA:
        text = "The specified auto-scaling formula exceeds lengths limit."
        raise BatchError(400, "AutoScalingFormulaTooLong", text)


def _packages(call: Call, references: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {
            "id": f"{call.account.id}/applications/{item['applicationId']}",
            **({"version": item["version"]} if item.get("version") else {}),
        }
        for item in references
    ]


def _with_scale(row: Row, scale: dict[str, Any]) -> dict[str, Any]:
    return {**row.body, "properties": {**row.body["properties"], "scaleSettings": scale}}


def _rescale(call: Call, row: Row, scale: dict[str, Any], state: dict[str, Any] | None = None) -> None:
    row.state.pop("resize_errors", None)
    with call.store.transaction():
        saved = _save(call, row, _with_scale(row, scale), state or {})
        scaling.apply(call.store, saved, scaling.identities_of(call.store, saved), call.now)


def _save(call: Call, row: Row, body: dict[str, Any], state: dict[str, Any]) -> Row:
    now = call.now
    merged = {**row.state, **state, "modified": now, "etag": new_etag(row.id, now, body, row.state["etag"])}
    return call.store.save(row.id, POOL, body, merged)
