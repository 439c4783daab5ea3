"""What the service fills into a pool (batch.md 1.4), and the arrays that it treats as keyed sets (batch.md 2.2)."""

from __future__ import annotations

import copy
from typing import Any

# x-ms-identifiers in the specification: order says nothing in these.
IDENTIFIERS: dict[str, tuple[str, ...]] = {
    "extensions": ("name", "type"),
    "metadata": ("name",),
    "userAccounts": ("name",),
    "environmentSettings": ("name",),
    "dataDisks": ("lun",),
    "containerRegistries": ("registryServer",),
}


def with_defaults(properties: dict[str, Any], api_version: str) -> dict[str, Any]:
    """A copy with the documented defaults in place of what was left out."""
    filled: dict[str, Any] = {key: copy.deepcopy(value) for key, value in properties.items() if value is not None}
    filled.setdefault("interNodeCommunication", "Disabled")
    filled.setdefault("taskSlotsPerNode", 1)
    policy = filled.setdefault("taskSchedulingPolicy", {})
    policy.setdefault("nodeFillType", "Spread")
    if api_version < "2025-06-01":
        filled.setdefault("targetNodeCommunicationMode", "Default")
    scale = filled.setdefault("scaleSettings", {})
    if scale.get("autoScale") is not None:
        scale["autoScale"].setdefault("evaluationInterval", "PT15M")
    else:
        fixed = scale.setdefault("fixedScale", {})
        fixed.setdefault("targetDedicatedNodes", 0)
        fixed.setdefault("targetLowPriorityNodes", 0)
        fixed.setdefault("resizeTimeout", "PT15M")
    if filled.get("startTask"):
        filled["startTask"].setdefault("waitForSuccess", True)
        filled["startTask"].setdefault("maxTaskRetryCount", 0)
    else:
        # `startTask: {}` means no start task (batch.md 1.1).
        filled.pop("startTask", None)
    return filled


def canonical(value: Any, name: str = "") -> Any:
    """For comparing: keyed arrays sorted by their keys, nulls dropped."""
    if isinstance(value, dict):
        return {key: canonical(item, key) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        items = [canonical(item) for item in value]
        keys = IDENTIFIERS.get(name)
        if keys and all(isinstance(item, dict) for item in items):
            return sorted(items, key=lambda item: [str(item.get(key, "")).lower() for key in keys])
        return items
    return value
