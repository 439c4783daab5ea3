"""What it costs that a pool goes, as far as a preview tells. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import isfinite
from typing import Any

from ...rollout_record import Record, find_record
from .model import Cost, Operation
from .resources import Fate, last_name
from .values import opened

# Of `extension_pool.hooks` and `extension_pool.rolling.hooks`, which load Pulumi; a test holds them together.
REFUSE_TAKEN_NAME = "extension-pool:refuse-taken-name"
AFTER_CREATE = "extension-pool:after-create"


def find_cost(fate: Fate, *, streamed: bool) -> Cost | None:
    """The cost of a pool's replacement or deletion; None for anything else. streamed: events tell no hooks."""
    if not fate.is_pool or fate.operation not in (Operation.REPLACE, Operation.DELETE):
        return None
    nodes, autoscaled = count_nodes(fate.step.old)
    # https://www.pulumi.com/docs/iac/concepts/resources/options/retainondelete/: the state lets go, Azure does not
    nodes = 0 if fate.step.old.get("retainOnDelete") else nodes
    if fate.operation is Operation.DELETE or fate.component is None or fate.is_canary:
        return Cost(nodes, autoscaled, None, False, False, None, deleted_first=fate.deleted_first)
    hooks = None if streamed else list(_hooks(fate.step.new))
    record = find_record(hooks or ())
    untold = hooks is None or (record is None and AFTER_CREATE in hooks)
    gate = None if untold else record is not None and record.gate is not None
    return Cost(
        nodes,
        autoscaled,
        _strategy(fate, hooks),
        _has_canary(fate, record, streamed),
        gate,
        record.jobs if record else None,
        deleted_first=fate.deleted_first,
    )


def count_nodes(state: Mapping[str, Any]) -> tuple[int | None, bool]:
    """Nodes of a pool as the state has it, dedicated and spot, and whether a formula decides on them."""
    inputs, outputs = _mapping(state.get("inputs")), _mapping(state.get("outputs"))
    scale = opened(inputs.get("scaleSettings", outputs.get("scaleSettings")))
    if not isinstance(scale, dict):
        # a secret, or not known; without settings Azure makes a pool of no nodes
        return (0 if scale is None else None), False
    if scale.get("autoScale"):
        settled = outputs.get("allocationState") == "Steady"
        # what was there while it grew says nothing
        return (_sum(outputs, "currentDedicatedNodes", "currentLowPriorityNodes") if settled else None), True
    fixed = opened(scale.get("fixedScale"))
    if not isinstance(fixed, dict):
        return (0 if fixed is None else None), False
    return _sum(fixed, "targetDedicatedNodes", "targetLowPriorityNodes"), False


def _sum(counts: Mapping[str, Any], *keys: str) -> int | None:
    found = [counts.get(key, 0) for key in keys]
    if any(isinstance(one, bool) or not isinstance(one, (int, float)) or not isfinite(one) for one in found):
        return None
    return int(sum(found))


def _strategy(fate: Fate, hooks: list[str] | None) -> str | None:
    if hooks is not None:
        return "blue-green" if REFUSE_TAKEN_NAME in hooks else "delete-first"
    return None if fate.deleted_first is None else "delete-first" if fate.deleted_first else "blue-green"


def _has_canary(fate: Fate, record: Record | None, streamed: bool) -> bool | None:
    if record is not None:
        return record.canary > 0
    dependencies = fate.step.new.get("dependencies")
    if streamed:
        return None
    canary = f"{fate.component}-canary"
    return isinstance(dependencies, list) and any(last_name(str(urn)) == canary for urn in dependencies)


def _hooks(state: Mapping[str, Any]) -> Iterator[str]:
    for names in _mapping(state.get("resourceHooks")).values():
        if isinstance(names, list):
            yield from (name for name in names if isinstance(name, str))


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
