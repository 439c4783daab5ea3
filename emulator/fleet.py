"""How many nodes a pool has, and since when: runs of equal nodes, so that thousands cost one row."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from emulator.store import Row, Store, dump

_ASSIGNMENT = re.compile(r"\$TargetDedicated(?:Nodes)?\s*=\s*(?P<value>[^;]+)")
_LOW_ASSIGNMENT = re.compile(r"\$TargetLowPriorityNodes\s*=\s*(?P<value>[^;]+)")
_CALL = re.compile(r"^(?P<name>min|max)\(\s*(?P<values>\d+(?:\s*,\s*\d+)*)\s*\)$")


@dataclass(frozen=True)
class Run:
    """Nodes `first`..`first+count-1` of a pool, all created at `created` with the same identities.

    `identities`: [{"id", "clientId", "principalId"}, ...] as they were on the pool then; `start_task`: the one that
    they booted with, None without.
    """

    dedicated: bool
    first: int
    count: int
    created: float
    identities: list[dict[str, str]]
    start_task: dict[str, Any] | None


def runs(store: Store, pool: Row) -> list[Run]:
    rows = store.query("SELECT * FROM node_runs WHERE pool = ? ORDER BY seq", (pool.seq,))
    return [
        Run(
            dedicated=bool(row["dedicated"]),
            first=row["first"],
            count=row["count"],
            created=row["created"],
            identities=json.loads(row["identities"]),
            start_task=json.loads(row["start_task"]),
        )
        for row in rows
    ]


def counts(store: Store, pool: Row) -> tuple[int, int]:
    """(dedicated, low-priority) nodes that exist now."""
    found = runs(store, pool)
    return sum(run.count for run in found if run.dedicated), sum(run.count for run in found if not run.dedicated)


def targets(properties: dict[str, Any]) -> tuple[int, int]:
    """(dedicated, low-priority) nodes that the scale settings ask for.

    Of an autoscale formula only the last assignment of a number, or of min/max of numbers, is understood; any other
    formula gives one dedicated node.
    """
    scale = properties.get("scaleSettings") or {}
    if scale.get("autoScale"):
        formula = str(scale["autoScale"].get("formula", ""))
        low = _assigned(_LOW_ASSIGNMENT, formula, 0)
        return _assigned(_ASSIGNMENT, formula, 0 if _LOW_ASSIGNMENT.search(formula) else 1), low
    fixed = scale.get("fixedScale") or {}
    return int(fixed.get("targetDedicatedNodes") or 0), int(fixed.get("targetLowPriorityNodes") or 0)


def resize(store: Store, pool: Row, wanted: tuple[int, int], identities: list[dict[str, str]], now: float) -> bool:
    """Make the pool have `wanted` nodes; True when that changed anything.

    Growing adds a run, shrinking takes the youngest nodes first and at once. Nodes that join others get the identities
    that those have: only VMs created after the pool shrank to 0 get a new set (BatchPoolIdentity in Pool.tsp).
    """
    present = runs(store, pool)
    effective = present[0].identities if present else identities
    changed = False
    with store.transaction() as db:
        for dedicated, target in ((True, wanted[0]), (False, wanted[1])):
            have = sum(run.count for run in present if run.dedicated is dedicated)
            if target > have:
                first = max((run.first + run.count for run in present if run.dedicated is dedicated), default=0)
                start_task = pool.body["properties"].get("startTask") or None
                db.execute(
                    "INSERT INTO node_runs (pool, dedicated, first, count, created, identities, start_task)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?)",
                    (pool.seq, int(dedicated), first, target - have, now, dump(effective), dump(start_task)),
                )
            for _ in range(len(present) if target < have else 0):
                have = _shrink(db, pool, dedicated, have, target)
            changed = changed or target != sum(run.count for run in present if run.dedicated is dedicated)
    return changed


def _shrink(db: Any, pool: Row, dedicated: bool, have: int, target: int) -> int:
    if have <= target:
        return have
    last = db.execute(
        "SELECT seq, count FROM node_runs WHERE pool = ? AND dedicated = ? ORDER BY seq DESC LIMIT 1",
        (pool.seq, int(dedicated)),
    ).fetchone()
    gone = min(have - target, last["count"])
    if gone == last["count"]:
        db.execute("DELETE FROM node_runs WHERE seq = ?", (last["seq"],))
    else:
        db.execute("UPDATE node_runs SET count = count - ? WHERE seq = ?", (gone, last["seq"]))
    return have - int(gone)


def _assigned(pattern: re.Pattern[str], formula: str, otherwise: int) -> int:
    found = pattern.findall(formula)
    if not found:
        return otherwise
    value = found[-1].strip()
    if value.isdigit():
        return int(value)
    call = _CALL.match(value)
    if not call:
        return 1
    numbers = [int(number) for number in call["values"].split(",")]
    return min(numbers) if call["name"] == "min" else max(numbers)
