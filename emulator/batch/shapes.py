"""Data-plane JSON: pools, nodes, node extensions, node counts (batch.md 3.3)."""

from __future__ import annotations

import datetime
import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

from emulator import fleet, scaling
from emulator.arm.pool_defaults import with_defaults
from emulator.batch.fleet_view import FleetView, Node
from emulator.batch.key_vault import is_key_vault
from emulator.batch.nodes import ExtensionStatus, Life
from emulator.batch.orders import Text
from emulator.clock import timestamp
from emulator.redaction import without_secrets
from emulator.store import Row, Store

STATES = {"creating": "Creating", "transitioning": "Transitioning", "succeeded": "Succeeded", "failed": "Failed"}
DISPLAY = {
    "creating": "Creating",
    "transitioning": "Transitioning",
    "succeeded": "Provisioning succeeded",
    "failed": "Provisioning failed",
}
COUNTERS = {
    "creating": "creating",
    "idle": "idle",
    "offline": "offline",
    "preempted": "preempted",
    "rebooting": "rebooting",
    "reimaging": "reimaging",
    "running": "running",
    "starting": "starting",
    "starttaskfailed": "startTaskFailed",
    "leavingpool": "leavingPool",
    "unknown": "unknown",
    "unusable": "unusable",
    "waitingforstarttask": "waitingForStartTask",
    "deallocated": "deallocated",
    "deallocating": "deallocating",
    "upgradingos": "upgradingOS",
}
LEVELS: dict[str, dict[str, str | int]] = {"spec": {"failed": "Error"}, "documented": {"failed": 2}}


def pool(store: Store, row: Row, base: str, shape: str) -> dict[str, Any]:
    """A pool as the data plane shows it: lower-case enumerations, no nesting below deploymentConfiguration."""
    now, state = store.clock.now(), row.state
    properties = with_defaults(without_secrets(row.body["properties"]), "2025-06-01")
    machine = dict(properties["deploymentConfiguration"]["virtualMachineConfiguration"])
    if machine.get("extensions"):
        machine["extensions"] = [_with_settings(item, shape) for item in machine["extensions"]]
    steady = now >= state["steady_at"]
    dedicated, low = fleet.counts(store, row)
    scale = properties["scaleSettings"]
    rendered: dict[str, Any] = {
        "id": row.name,
        "url": f"{base}/pools/{row.name}",
        "eTag": state["etag"].removeprefix("W/").strip('"'),
        "lastModified": timestamp(state["modified"]),
        "creationTime": timestamp(state["created"]),
        "state": "deleting" if row.deleting is not None else "active",
        "stateTransitionTime": timestamp(state["created"]),
        "allocationState": "steady" if steady else "resizing",
        "allocationStateTransitionTime": timestamp(state["steady_at"] if steady else state["resize_at"]),
        "vmSize": properties["vmSize"].lower(),
        "virtualMachineConfiguration": machine,
        "currentDedicatedNodes": dedicated,
        "currentLowPriorityNodes": low,
        "enableAutoScale": "autoScale" in scale,
        "enableInterNodeCommunication": properties["interNodeCommunication"] == "Enabled",
        "taskSlotsPerNode": properties["taskSlotsPerNode"],
        "taskSchedulingPolicy": {"nodeFillType": properties["taskSchedulingPolicy"]["nodeFillType"].lower()},
    }
    if "autoScale" in scale:
        rendered["autoScaleFormula"] = scale["autoScale"].get("formula")
        rendered["autoScaleEvaluationInterval"] = scale["autoScale"]["evaluationInterval"]
        evaluated = timestamp(scaling.evaluated_at(row, now))
        rendered["autoScaleRun"] = {"timestamp": evaluated, "results": scaling.results(row)}
    else:
        rendered["targetDedicatedNodes"] = scale["fixedScale"]["targetDedicatedNodes"]
        rendered["targetLowPriorityNodes"] = scale["fixedScale"]["targetLowPriorityNodes"]
        rendered["resizeTimeout"] = scale["fixedScale"]["resizeTimeout"]
    errors = fleet.resize_errors(store, row) if steady else []
    if errors:
        rendered["resizeErrors"] = [
            {
                "code": error["code"],
                "message": error["message"],
                "values": [{"name": item["code"], "value": item["message"]} for item in error["details"]],
            }
            for error in errors
        ]
    for name in ("displayName", "metadata", "mountConfiguration", "networkConfiguration", "startTask", "userAccounts"):
        if name in properties:
            rendered[name] = properties[name]
    if properties.get("applicationPackages"):
        rendered["applicationPackageReferences"] = [
            {
                "applicationId": item["id"].rsplit("/", 1)[-1],
                **({"version": item["version"]} if "version" in item else {}),
            }
            for item in properties["applicationPackages"]
        ]
    identity = row.body.get("identity") or {}
    if identity.get("userAssignedIdentities"):
        found = {key: store.find(key) for key in identity["userAssignedIdentities"]}
        rendered["identity"] = {
            "type": "UserAssigned",
            "userAssignedIdentities": [
                {"resourceId": key, **(value.state if value else {})} for key, value in found.items()
            ],
        }
    return rendered


def node(view: FleetView, item: Node, base: str) -> dict[str, Any]:
    life, properties = item.life, view.pool.body["properties"]
    machine = properties["deploymentConfiguration"]["virtualMachineConfiguration"]
    rendered: dict[str, Any] = {
        "id": item.id,
        "url": f"{base}/pools/{view.pool.name}/nodes/{item.id}",
        "state": life.state,
        "schedulingState": item.scheduling,
        "stateTransitionTime": timestamp(life.since),
        "allocationTime": timestamp(item.run.created),
        "ipAddress": f"10.{item.index >> 16 & 255}.{item.index >> 8 & 255}.{item.index & 255}",
        "affinityId": f"TVM:{item.id}",
        "vmSize": properties["vmSize"].lower(),
        "totalTasksRun": item.work.ran + item.work.tasks,
        "totalTasksSucceeded": item.work.succeeded,
        "runningTasksCount": item.tasks,
        "runningTaskSlotsCount": item.slots,
        "isDedicated": item.run.dedicated,
        "virtualMachineInfo": {"imageReference": machine["imageReference"]},
    }
    if view.now >= life.booted:
        rendered["lastBootTime"] = timestamp(life.booted)
        rendered["nodeAgentInfo"] = {"version": "1.13.5", "lastUpdateTime": timestamp(life.booted)}
    if item.run.start_task is not None:
        rendered["startTask"] = without_secrets(item.run.start_task)
    if life.start_task:
        rendered["startTaskInfo"] = _start_task_info(life, item.run.start_task or {}, view.now)
    if life.fault and life.fault.code:
        rendered["errors"] = [{"code": life.fault.code, "message": life.fault.message, "errorDetails": []}]
    return rendered


def _start_task_info(life: Life, start_task: dict[str, Any], now: float) -> dict[str, Any]:
    started, ended = life.start_task or (now, now)
    if now < ended:
        return {"state": "running", "startTime": timestamp(started), "retryCount": 0}
    info = {"state": "completed", "startTime": timestamp(started), "endTime": timestamp(ended), "retryCount": 0}
    if not life.start_task_fault:
        return {**info, "exitCode": 0, "result": "success"}
    # The words that Batch has for a command that ends with another code than 0 (FailureExitCode).
    text = "The task exited with an exit code representing a failure"
    failure = {"category": "usererror", "code": "FailureExitCode", "message": text}
    retries = int(start_task.get("maxTaskRetryCount") or 0)
    return {
        **info,
        "retryCount": retries,
        **({"lastRetryTime": timestamp(started)} if retries else {}),
        "exitCode": life.start_task_fault.exit_code,
        "result": "failure",
        "failureInfo": {**failure, "details": [{"name": "Message", "value": text}]},
    }


def extension(view: FleetView, status: ExtensionStatus, shape: str, texts: Sequence[Text] = ()) -> dict[str, Any]:
    """One extension of a node, in the shape of the REST examples ("spec") or of the page ("documented")."""
    configured = next(item for item in view.extensions if item["name"] == status.name)
    message = status.message
    if status.phase == "succeeded" and is_key_vault(configured):
        moment = datetime.datetime.fromtimestamp(status.time, tz=datetime.timezone.utc)
        message = f"Successfully started Key Vault extension service. {moment:%Y-%m-%dT%H:%M:%SZ}"
    report: dict[str, Any] = {
        "code": f"ProvisioningState/{status.phase}",
        "displayStatus": DISPLAY[status.phase],
        "level": LEVELS[shape].get(status.phase, "Info" if shape == "spec" else 0),
        "message": message,
    }
    if shape == "spec":
        report["time"] = timestamp(status.time)
    rendered: dict[str, Any] = {
        "vmExtension": _with_settings(configured, shape),
        "instanceView": {"name": status.name, "statuses": [report], "subStatuses": []},
    }
    if shape == "spec":
        # PowerShell shows Succeeded and Failed; the page's sample has no provisioningState at all.
        rendered["provisioningState"] = STATES[status.phase]
    for text in texts:
        if text.extension.lower() == status.name.lower():
            rendered = _reworded(rendered, text)
    return rendered


def _reworded(rendered: dict[str, Any], text: Text) -> dict[str, Any]:
    if text.message is not None:
        rendered["instanceView"]["statuses"][0]["message"] = text.message
    merged = _merged(rendered, json.loads(text.changes))
    return merged if isinstance(merged, dict) else rendered


def _merged(value: Any, changes: Any) -> Any:
    """As a JSON merge patch (RFC 7396)."""
    if not isinstance(changes, dict):
        return changes
    merged = dict(value) if isinstance(value, dict) else {}
    for name, item in changes.items():
        if item is None:
            merged.pop(name, None)
        else:
            merged[name] = _merged(merged.get(name), item)
    return merged


def node_counts(pool_name: str, counted: tuple[Counter[str], Counter[str]]) -> dict[str, Any]:
    rendered: dict[str, Any] = {"poolId": pool_name}
    for name, states in zip(("dedicated", "lowPriority"), counted, strict=True):
        counters = {counter: states.get(state, 0) for state, counter in COUNTERS.items()}
        rendered[name] = {**counters, "total": sum(states.values())}
    return rendered


def _with_settings(configured: dict[str, Any], shape: str) -> dict[str, Any]:
    """The data plane's two forms of settings: an object of strings, or JSON text with CR LF."""
    found = {name: value for name, value in configured.items() if name != "protectedSettings"}
    settings = found.get("settings")
    if isinstance(settings, dict):
        if shape == "documented":
            found["settings"] = json.dumps(settings, indent=2).replace("\n", "\r\n")
        else:
            found["settings"] = {
                name: value if isinstance(value, str) else json.dumps(value) for name, value in settings.items()
            }
    return found
