"""Data-plane JSON: pools, nodes, node extensions, node counts (batch.md 3.3)."""

from __future__ import annotations

import datetime
import json
from collections import Counter
from typing import Any

from emulator import fleet
from emulator.arm.pool_defaults import with_defaults
from emulator.batch.fleet_view import FleetView, Node
from emulator.batch.key_vault import is_key_vault
from emulator.batch.nodes import ExtensionStatus
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
    else:
        rendered["targetDedicatedNodes"] = scale["fixedScale"]["targetDedicatedNodes"]
        rendered["targetLowPriorityNodes"] = scale["fixedScale"]["targetLowPriorityNodes"]
        rendered["resizeTimeout"] = scale["fixedScale"]["resizeTimeout"]
    if steady and state.get("resize_errors"):
        rendered["resizeErrors"] = [
            {
                "code": error["code"],
                "message": error["message"],
                "values": [{"name": item["code"], "value": item["message"]} for item in error["details"]],
            }
            for error in state["resize_errors"]
        ]
    for name in ("displayName", "metadata", "networkConfiguration", "startTask"):
        if name in properties:
            rendered[name] = properties[name]
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
        "schedulingState": "enabled",
        "stateTransitionTime": timestamp(life.since),
        "allocationTime": timestamp(item.run.created),
        "ipAddress": f"10.{item.index >> 16 & 255}.{item.index >> 8 & 255}.{item.index & 255}",
        "affinityId": f"TVM:{item.id}",
        "vmSize": properties["vmSize"].lower(),
        "totalTasksRun": 0,
        "totalTasksSucceeded": 0,
        "runningTasksCount": 0,
        "runningTaskSlotsCount": 0,
        "isDedicated": item.run.dedicated,
        "virtualMachineInfo": {"imageReference": machine["imageReference"]},
    }
    if view.now >= life.booted:
        rendered["lastBootTime"] = timestamp(life.booted)
        rendered["nodeAgentInfo"] = {"version": "1.13.5", "lastUpdateTime": timestamp(life.booted)}
    if item.run.start_task is not None:
        rendered["startTask"] = without_secrets(item.run.start_task)
    if life.start_task:
        started, ended = life.start_task
        done = view.now >= ended
        rendered["startTaskInfo"] = {
            "state": "completed" if done else "running",
            "startTime": timestamp(started),
            "retryCount": 0,
            **({"endTime": timestamp(ended), "exitCode": 0, "result": "success"} if done else {}),
        }
    if life.fault and life.fault.code:
        rendered["errors"] = [{"code": life.fault.code, "message": life.fault.message, "errorDetails": []}]
    return rendered


def extension(view: FleetView, status: ExtensionStatus, shape: str) -> dict[str, Any]:
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
    return rendered


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
