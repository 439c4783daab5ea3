"""How many nodes a pool has, and since when: runs of equal nodes, so that thousands cost one row."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from emulator.faults import Faults
from emulator.store import Row, Store, dump

_ASSIGNMENT = re.compile(r"\$TargetDedicated(?:Nodes)?\s*=\s*(?P<value>[^;]+)")
_LOW_ASSIGNMENT = re.compile(r"\$TargetLowPriorityNodes\s*=\s*(?P<value>[^;]+)")
_CALL = re.compile(r"^(?P<name>min|max)\(\s*(?P<values>\d+(?:\s*,\s*\d+)*)\s*\)$")


@dataclass(frozen=True)
class Run:
    """Nodes `first`..`first+count-1` of a pool, all created at `created` with the same identities.

    `identities`: [{"id", "clientId", "principalId"}, ...] as they were on the pool then; `start_task`: the one that
    they booted with, None without. `born` grows with each run that is made, and stays when a run is split. Nodes that
    leave the pool do so since `leaving`, until `gone`.
    """

    dedicated: bool
    first: int
    count: int
    created: float
    identities: list[dict[str, str]]
    start_task: dict[str, Any] | None
    born: int = 0
    leaving: float | None = None
    gone: float | None = None


def runs(store: Store, pool: Row) -> list[Run]:
    """What the pool has now, dedicated and low-priority nodes in the order of their creation."""
    now = store.clock.now()
    every = store.cached(("runs", pool.seq), lambda: _every_run(store, pool))
    return [run for run in every if run.gone is None or now < run.gone]


def _every_run(store: Store, pool: Row) -> list[Run]:
    rows = store.query("SELECT * FROM node_runs WHERE pool = ? ORDER BY born, first", (pool.seq,))
    return [_run(row) for row in rows]


def _run(row: Any) -> Run:
    return Run(
        dedicated=bool(row["dedicated"]),
        first=row["first"],
        count=row["count"],
        created=row["created"],
        identities=json.loads(row["identities"]),
        start_task=json.loads(row["start_task"]),
        born=row["born"],
        leaving=row["leaving"],
        gone=row["gone"],
    )


def counts(store: Store, pool: Row) -> tuple[int, int]:
    """(dedicated, low-priority) nodes that exist now, those included that are leaving."""
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
    changed = False
    with store.transaction() as db:
        present = [run for run in runs(store, pool) if run.leaving is None]
        effective = present[0].identities if present else identities
        for dedicated, target in ((True, wanted[0]), (False, wanted[1])):
            have = sum(run.count for run in present if run.dedicated is dedicated)
            if dedicated:
                target = _allocated(store, pool, target, have)
            if target > have:
                start_task = pool.body["properties"].get("startTask") or None
                run = Run(dedicated, 0, target - have, now, effective, start_task)
                _grow(store, pool, run)
            for _ in range(len(present) if target < have else 0):
                have = _shrink(db, pool, dedicated, have, target)
            changed = changed or target != sum(run.count for run in present if run.dedicated is dedicated)
    return changed


def resize_errors(store: Store, pool: Row) -> list[dict[str, Any]]:
    """What a steady pool tells of its last resize, {"code", "message", "details"}: ordered errors, and its own."""
    ordered = [
        {
            "code": fault.target["code"],
            "message": fault.target["message"],
            "details": [{"code": name, "message": value} for name, value in fault.target["details"].items()],
        }
        for fault in Faults(store).of_pool(pool.name, _account(pool))
        if fault.kind == "resize"
    ]
    return [*ordered, *pool.state.get("resize_errors", [])]


def _allocated(store: Store, pool: Row, wanted: int, have: int) -> int:
    """How many dedicated nodes a resize gets, ordered failures considered; it takes none away."""
    faults = [fault for fault in Faults(store).of_pool(pool.name, _account(pool)) if fault.kind == "resize"]
    limits = [int(fault.target["allocated"]) for fault in faults if fault.target["allocated"] is not None]
    return min([wanted, *(max(limit, have) for limit in limits)])


def _account(pool: Row) -> str:
    return pool.id.rsplit("/", 3)[1]


def _grow(store: Store, pool: Row, run: Run) -> None:
    """Give the nodes of `run` their numbers: new ones, or with `node_ids_reused` those that are free first."""
    kind = (pool.seq, int(run.dedicated))
    row = store.query("SELECT next FROM node_numbers WHERE pool = ? AND dedicated = ?", kind)
    unused = int(row[0]["next"]) if row else 0
    left = run.count
    if store.get("node_ids_reused") == "on":
        taken = [item for item in runs(store, pool) if item.dedicated is run.dedicated]
        for first, count in _gaps(taken, unused):
            count = min(count, left)
            if count:
                _insert(store, pool, replace(run, first=first, count=count))
            left -= count
    if left:
        _insert(store, pool, replace(run, first=unused, count=left))
        store.execute(
            "INSERT OR REPLACE INTO node_numbers (pool, dedicated, next) VALUES (?, ?, ?)", (*kind, unused + left)
        )


def _gaps(taken: list[Run], unused: int) -> list[tuple[int, int]]:
    """(first, count) of the numbers below `unused` that no node has."""
    found, at = [], 0
    for run in sorted(taken, key=lambda item: item.first):
        found.append((at, run.first - at))
        at = run.first + run.count
    return [(first, count) for first, count in [*found, (at, unused - at)] if count > 0]


def _insert(store: Store, pool: Row, run: Run) -> None:
    """A run without `born` gets the next."""
    with store.transaction() as db:
        db.execute(
            "INSERT INTO node_runs"
            " (pool, dedicated, first, count, created, identities, start_task, born, leaving, gone)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                pool.seq,
                int(run.dedicated),
                run.first,
                run.count,
                run.created,
                dump(run.identities),
                dump(run.start_task),
                run.born,
                run.leaving,
                run.gone,
            ),
        )
        db.execute("UPDATE node_runs SET born = seq WHERE seq = last_insert_rowid() AND born = 0")


def _shrink(db: Any, pool: Row, dedicated: bool, have: int, target: int) -> int:
    if have <= target:
        return have
    last = db.execute(
        "SELECT seq, first, count FROM node_runs WHERE pool = ? AND dedicated = ? AND leaving IS NULL"
        " ORDER BY born DESC, first DESC LIMIT 1",
        (pool.seq, int(dedicated)),
    ).fetchone()
    gone = min(have - target, last["count"])
    if gone == last["count"]:
        db.execute("DELETE FROM node_runs WHERE seq = ?", (last["seq"],))
    else:
        db.execute("UPDATE node_runs SET count = count - ? WHERE seq = ?", (gone, last["seq"]))
    end = last["first"] + last["count"]
    db.execute(
        "DELETE FROM node_events WHERE pool = ? AND dedicated = ? AND number >= ? AND number < ?",
        (pool.seq, int(dedicated), end - gone, end),
    )
    return have - int(gone)


def remove(store: Store, pool: Row, nodes: Sequence[tuple[bool, int]], now: float, gone: float) -> None:
    """The nodes, (dedicated, number) each, leave the pool now and are no more at `gone`; unknown ones are none."""
    with store.transaction():
        store.execute("DELETE FROM node_runs WHERE pool = ? AND gone <= ?", (pool.seq, now))
        for dedicated, number in nodes:
            rows = store.query(
                "SELECT * FROM node_runs WHERE pool = ? AND dedicated = ? AND first <= ? AND first + count > ?"
                " AND leaving IS NULL",
                (pool.seq, int(dedicated), number, number),
            )
            for row in rows:
                run = _run(row)
                store.execute("DELETE FROM node_runs WHERE seq = ?", (row["seq"],))
                for first, count in ((run.first, number - run.first), (number + 1, run.first + run.count - number - 1)):
                    if count:
                        _insert(store, pool, replace(run, first=first, count=count))
                _insert(store, pool, replace(run, first=number, count=1, leaving=now, gone=gone))
            store.execute(
                "DELETE FROM node_events WHERE pool = ? AND dedicated = ? AND number = ?",
                (pool.seq, int(dedicated), number),
            )


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
