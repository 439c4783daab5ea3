"""How a pool gets the nodes that its scale settings ask for: at a write, and at each evaluation of its formula."""

from __future__ import annotations

import math
import re
from typing import Any

from emulator import fleet
from emulator.store import Row, Store

DURATION = re.compile(r"^P(?:(?P<d>\d+)D)?(?:T(?:(?P<h>\d+)H)?(?:(?P<m>\d+)M)?(?:(?P<s>[\d.]+)S)?)?$")
DEFAULT_INTERVAL = 900.0
# Pools - Enable Auto Scale: "5 minutes and 168 hours respectively".
INTERVALS = (300.0, 168 * 3600.0)
# Error code strings of the Batch SDKs: "The maximum length is 8192 characters."
LONGEST_FORMULA = 8192
# Pools - Resize, Remove Nodes: "The minimum value is 5 minutes."
SHORTEST_TIMEOUT = 300.0


def seconds(duration: object) -> float | None:
    """Seconds in an ISO 8601 duration; None when it is none."""
    found = DURATION.match(str(duration))
    if not found or str(duration) in ("P", "PT"):
        return None
    days, hours, minutes, rest = (float(found[part] or 0) for part in "dhms")
    return days * 86400 + hours * 3600 + minutes * 60 + rest


def apply(store: Store, row: Row, identities: list[dict[str, str]], now: float, *, failed: bool = False) -> Row:
    """Resize the pool to what its body asks for; `failed`: nothing is allocated, though a resize takes place."""
    changed = failed or fleet.resize(store, row, fleet.targets(row.body["properties"]), identities, now)
    if not changed:
        return row
    return store.save(row.id, row.type, row.body, {**row.state, **resizing(now, store.seconds("pool_resize"))})


def resizing(now: float, lasts: float) -> dict[str, Any]:
    """The state of a pool that resizes from now on."""
    return {"resize_at": now, "steady_at": now + lasts}


def identities_of(store: Store, row: Row) -> list[dict[str, str]]:
    ids = ((row.body.get("identity") or {}).get("userAssignedIdentities")) or {}
    found = {resource_id: store.find(resource_id) for resource_id in ids}
    return [{"id": resource_id, **identity.state} for resource_id, identity in found.items() if identity]


def autoscale(row: Row) -> dict[str, Any] | None:
    found = (row.body["properties"].get("scaleSettings") or {}).get("autoScale")
    return found if isinstance(found, dict) else None


def interval(settings: dict[str, Any]) -> float:
    return seconds(settings.get("evaluationInterval") or "PT15M") or DEFAULT_INTERVAL


def evaluated_at(row: Row, now: float) -> float:
    """When the formula of an autoscaling pool was last evaluated."""
    start, every = row.state.get("schedule", row.state["created"]), interval(autoscale(row) or {})
    return float(start + every * math.floor((now - start) / every))


def settled(store: Store, row: Row, now: float) -> Row:
    """The pool with the evaluations done whose time has come.

    The formulas that are understood always give the same numbers. So an evaluation changes something only when nodes
    have gone since, and the first one after the pool was steady again does all there is to do.
    """
    if _due(store, row, now) is None:
        return row
    with store.transaction():  # once more, alone: another process may be about to do the same
        row = store.find(row.id) or row
        at = _due(store, row, now)
        return row if at is None else apply(store, row, identities_of(store, row), at)


def _due(store: Store, row: Row, now: float) -> float | None:
    """The time of an evaluation that has something to do and was not done yet."""
    settings = autoscale(row)
    if settings is None or row.deleting is not None:
        return None
    present = tuple(
        sum(run.count for run in fleet.runs(store, row) if run.dedicated is dedicated and run.leaving is None)
        for dedicated in (True, False)
    )
    if present == fleet.targets(row.body["properties"]):
        return None
    start, every = row.state.get("schedule", row.state["created"]), interval(settings)
    at = start + every * math.ceil((row.state["steady_at"] - start) / every)
    return float(at) if at <= now else None


def results(row: Row) -> str:
    dedicated, low = fleet.targets(row.body["properties"])
    return f"$TargetDedicatedNodes={dedicated};$TargetLowPriorityNodes={low};$NodeDeallocationOption=requeue"
