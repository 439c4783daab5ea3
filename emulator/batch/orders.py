"""What was ordered for single nodes (emulator.faults) and what was done to them, put together node by node."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace

from emulator.batch.nodes import NEVER, ExtensionFault, Life, NodeFault, Restart, StartTaskFault
from emulator.faults import CURES, Fault, Faults, hits
from emulator.fleet import Run
from emulator.store import Row, Store

# States of a node that has no VM, so that no extension of it can be asked.
WITHOUT_VM = ("creating", "preempted", "deallocated")
RESTARTS = {"reboot": "rebooting", "reimage": "reimaging"}


@dataclass(frozen=True)
class Event:
    """Something done to a node. `time`: when it takes effect, inf for never. `tasks`: what becomes of running ones."""

    seq: int
    kind: str
    time: float
    tasks: str


@dataclass(frozen=True)
class Text:
    """An order to answer something else about an extension; `changes` as JSON."""

    extension: str
    changes: str
    message: str | None


@dataclass(frozen=True)
class Orders:
    """All that makes one node differ from the others of its run; equal orders give equal lives.

    `state`: ordered state and since when. `disabled`: since when its scheduling is, None while it is enabled.
    `tasks`: how many run by order, and since when.
    """

    extension_faults: tuple[ExtensionFault, ...] = ()
    node_fault: NodeFault | None = None
    start_task_fault: StartTaskFault | None = None
    restarts: tuple[Restart, ...] = ()
    state: tuple[str, float] | None = None
    disabled: float | None = None
    tasks: int = 0
    tasks_since: float = 0.0
    texts: tuple[Text, ...] = ()


NONE = Orders()


@dataclass(frozen=True)
class _OnNodes:
    """A fault with its node list made quick to look into."""

    fault: Fault
    listed: frozenset[int | str] | None = field(default=None)

    def hits(self, index: int, node_id: str) -> bool:
        if self.listed is None:
            return hits(self.fault.target["nodes"], index, node_id)
        return index in self.listed or node_id in self.listed


class PoolOrders:
    """Every order for the nodes of one pool, at one moment."""

    def __init__(self, store: Store, pool: Row, account: str, now: float) -> None:
        self._pool, self._now = pool, now
        self._reboot, self._reimage = store.seconds("node_reboot"), store.seconds("node_reimage")
        self._faults = [
            _on_nodes(fault)
            for fault in Faults(store).of_pool(pool.name, account)
            if "nodes" in fault.target and now < _until(fault)
        ]
        self._events = store.cached(("events", pool.seq), lambda: events(store, pool))

    def of(self, run: Run, index: int, node_id: str) -> Orders:
        done = self._events.get((run.dedicated, index), [])
        if not done and not self._faults:
            return NONE
        faults = [
            item.fault for item in self._faults if item.hits(index, node_id) and not self._cured(item.fault, run, done)
        ]
        if not done and not faults:
            return NONE
        by_kind: dict[str, list[Fault]] = {}
        for fault in faults:
            by_kind.setdefault(fault.kind, []).append(fault)
        broken, start, state = (by_kind.get(kind, [None])[0] for kind in ("node", "start_task", "state"))
        busy = [fault for fault in by_kind.get("busy", []) if not self._freed(fault, done)]
        return Orders(
            extension_faults=tuple(
                ExtensionFault(item.target["extension"], item.target["message"], item.target["blocks_node"])
                for item in by_kind.get("extension", [])
            ),
            node_fault=NodeFault(broken.target["code"], broken.target["message"]) if broken else None,
            start_task_fault=StartTaskFault(start.target["exit_code"]) if start else None,
            restarts=tuple(self._restart(event) for event in done if event.kind in RESTARTS),
            state=(state.target["state"], state.target["ordered"]) if state else None,
            disabled=disabled_since(done, self._now),
            tasks=sum(fault.target["tasks"] for fault in busy),
            tasks_since=max((fault.target["ordered"] for fault in busy), default=0.0),
            texts=tuple(
                Text(item.target["extension"], json.dumps(item.target["changes"]), item.target["message"])
                for item in by_kind.get("text", [])
            ),
        )

    def busy_until(self, index: int, node_id: str) -> float:
        """When the ordered tasks of a node end: now without any, inf when they never do."""
        ends = [_until(item.fault) for item in self._faults if item.fault.kind == "busy" and item.hits(index, node_id)]
        return max(ends, default=self._now)

    def _restart(self, event: Event) -> Restart:
        lasts = self._reboot if event.kind == "reboot" else self._reimage
        return Restart(RESTARTS[event.kind], event.time, event.time + lasts)

    def _cured(self, fault: Fault, run: Run, done: list[Event]) -> bool:
        """Was the node given what helps, or made after the fault had its nodes?"""
        cure = fault.target["cured_by"]
        if cure is None:
            return False
        marks = fault.target["marks"]
        original = run.created <= self._pool.created and not marks["pool"]
        if run.born > marks["runs"] and not original:
            return True
        strong = CURES[CURES.index(cure) :]
        return any(item.kind in strong and item.seq > marks["events"] and item.time <= self._now for item in done)

    def _freed(self, fault: Fault, done: list[Event]) -> bool:
        """Did an action on the node take its ordered tasks away?"""
        marks = fault.target["marks"]
        return any(
            item.seq > marks["events"] and item.time <= self._now and item.tasks in ("requeue", "terminate")
            for item in done
        )


def events(store: Store, pool: Row) -> dict[tuple[bool, int], list[Event]]:
    """What was done to the nodes of a pool, by (dedicated, number), oldest first."""
    found: dict[tuple[bool, int], list[Event]] = {}
    for row in store.query("SELECT * FROM node_events WHERE pool = ? ORDER BY seq", (pool.seq,)):
        time = NEVER if row["time"] is None else row["time"]
        event = Event(row["seq"], row["kind"], time, json.loads(row["options"])["tasks"])
        found.setdefault((bool(row["dedicated"]), row["number"]), []).append(event)
    return found


def disabled_since(done: list[Event], now: float) -> float | None:
    """Since when a node's scheduling is disabled; None while it is enabled."""
    switches = [item for item in done if item.kind in ("disablescheduling", "enablescheduling") and item.time <= now]
    last = switches[-1] if switches else None
    return last.time if last and last.kind == "disablescheduling" else None


def seen(life: Life, orders: Orders, run: Run) -> Life:
    """The life of a node with what was ordered or done over it."""
    if run.leaving is not None:
        return replace(life, state="leavingpool", since=run.leaving)
    if life.state in ("creating", *RESTARTS.values()):
        return life
    if orders.state:
        state, ordered = orders.state
        kept = () if state in WITHOUT_VM else life.extensions
        return replace(life, state=state, since=max(ordered, life.allocated), extensions=kept)
    if life.state == "idle" and orders.tasks:
        return replace(life, state="running", since=max(life.since, orders.tasks_since))
    if life.state == "idle" and orders.disabled is not None:
        return replace(life, state="offline", since=max(life.since, orders.disabled))
    return life


def _until(fault: Fault) -> float:
    until = fault.target.get("until")
    return NEVER if until is None else float(until)


def _on_nodes(fault: Fault) -> _OnNodes:
    nodes = fault.target["nodes"]
    return _OnNodes(fault, frozenset(nodes) if isinstance(nodes, list) else None)
