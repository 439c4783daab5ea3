"""Faults that can be ordered in advance; each is a row that the face concerned reads when it answers."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from emulator.store import Store, dump

Nodes = int | Sequence[int | str] | None
CURES = ("reboot", "reimage", "removal")


@dataclass(frozen=True)
class Fault:
    seq: int
    kind: str
    target: dict[str, Any]
    remaining: int | None


class Faults:
    """Order, list and lift faults. `nodes`: None for all, a number for the first N, or a list of indexes or ids.

    `account`: empty for the pools of that name in every account. `cured_by`: "reboot", "reimage" or "removal"; the
    fault leaves a node that this, or a stronger one of the three, was done to after the order. None: nothing helps.
    `for_seconds`: virtual seconds from now on; None: until it is lifted.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    # What happens to nodes and pools

    def fail_extension(
        self,
        pool: str,
        extension: str,
        *,
        message: str,
        nodes: Nodes = None,
        account: str = "",
        blocks_node: bool = False,
        cured_by: str | None = None,
    ) -> int:
        """The extension ends in ProvisioningState/failed with `message`; with `blocks_node` the node ends unusable."""
        more = {"extension": extension, "message": message, "blocks_node": blocks_node}
        return self._on_nodes("extension", pool, account, nodes, more, cured_by=cured_by)

    def extension_text(
        self,
        pool: str,
        extension: str,
        changes: Mapping[str, Any] | None = None,
        *,
        message: str | None = None,
        nodes: Nodes = None,
        account: str = "",
    ) -> int:
        """The answer about the extension says something else, whatever the node does.

        `changes` is merged into the extension's JSON: objects member by member, lists and all else as a whole; None
        takes the member away. {"instanceView": None}: no instance view; {"provisioningState": "SUCCEEDED"}: another
        casing. `message` replaces the text of the first status only.
        """
        more = {"extension": extension, "changes": dict(changes or {}), "message": message}
        return self._on_nodes("text", pool, account, nodes, more)

    def node_unusable(
        self,
        pool: str,
        *,
        nodes: Nodes = None,
        account: str = "",
        code: str = "",
        message: str = "",
        cured_by: str | None = None,
    ) -> int:
        """The nodes end unusable; without `code` the node's error list stays empty, as when Batch lost the VM."""
        return self._on_nodes("node", pool, account, nodes, {"code": code, "message": message}, cured_by=cured_by)

    def node_state(
        self,
        pool: str,
        state: str,
        *,
        nodes: Nodes = None,
        account: str = "",
        for_seconds: float | None = None,
        cured_by: str | None = None,
    ) -> int:
        """The nodes are in `state`: preempted, unknown, offline, leavingpool, deallocated, upgradingos, or any word.

        A node whose VM has not come yet, or that leaves, keeps its own state. With preempted and deallocated the VM is
        gone, and with it what its extensions reported.
        """
        more = {"state": state}
        return self._on_nodes("state", pool, account, nodes, more, cured_by=cured_by, for_seconds=for_seconds)

    def start_task_fails(
        self,
        pool: str,
        *,
        exit_code: int = 1,
        nodes: Nodes = None,
        account: str = "",
        cured_by: str | None = None,
    ) -> int:
        """The start task ends with `exit_code`: the node is starttaskfailed, or idle when it need not wait for success.

        Only where the pool has a start task.
        """
        return self._on_nodes("start_task", pool, account, nodes, {"exit_code": exit_code}, cured_by=cured_by)

    def busy(
        self,
        pool: str,
        *,
        tasks: int = 1,
        nodes: Nodes = None,
        account: str = "",
        for_seconds: float | None = None,
    ) -> int:
        """`tasks` tasks run on each of the nodes that are idle: they are `running`.

        They leave a node when it is rebooted or reimaged, or its scheduling disabled, with requeue or terminate; with
        taskcompletion that waits for them.
        """
        return self._on_nodes("busy", pool, account, nodes, {"tasks": tasks}, for_seconds=for_seconds)

    def resize_error(
        self,
        pool: str,
        code: str,
        message: str,
        details: Mapping[str, str] | None = None,
        *,
        account: str = "",
        allocated: int | None = None,
    ) -> int:
        """The pool's last resize failed: seen as soon as the pool is steady, and after every later resize.

        `details`: the error's values by name. `allocated`: a resize from now on ends at that many dedicated nodes when
        it asks for more; None: nodes come and the error is told all the same.
        """
        target = {"account": account, "pool": pool, "code": code, "message": message, "allocated": allocated}
        return self._add("resize", {**target, "details": dict(details or {})})

    def secret_missing(self, vault: str, secret: str) -> int:
        """The vault of that name has no such secret, and never had. When it is lifted the secret was always there."""
        return self._add("secret", {"vault": vault, "secret": secret})

    # What happens to requests of the data plane: `route` as `GET /pools/{pool}/nodes`, or `*`; `times`: None for ever

    def http(
        self,
        route: str,
        status: int,
        *,
        times: int | None = 1,
        every: int = 1,
        retry_after: float | None = None,
        code: str = "",
    ) -> int:
        """Answer the next `times` requests of a route with `status`; with `every` N only each Nth one that matches."""
        if every < 1:
            raise ValueError(f"every: {every} is not allowed; at least 1")
        target = {"route": route, "status": status, "retry_after": retry_after, "code": code, "every": every}
        return self._add("http", target, times)

    def slow(self, route: str, seconds: float, *, times: int | None = 1) -> int:
        """Answer the next `times` requests of a route `seconds` (of real time) later."""
        return self._add("slow", {"route": route, "seconds": seconds}, times)

    def drop(self, route: str, *, times: int | None = 1, after: int = 0) -> int:
        """Close the connection of the next `times` requests of a route; with `after`, when so many bytes of the body
        were sent. The request itself was carried out: the client cannot know."""
        return self._add("drop", {"route": route, "after": after}, times)

    def lift(self, seq: int | None = None) -> None:
        """Take back one fault, or all."""
        if seq is None:
            self._store.execute("DELETE FROM faults")
        else:
            self._store.execute("DELETE FROM faults WHERE seq = ?", (seq,))

    def of(self, kind: str) -> list[Fault]:
        return [fault for fault in _every(self._store) if fault.kind == kind]

    def of_pool(self, pool: str, account: str) -> list[Fault]:
        """What is ordered for a pool and its nodes, in the order of ordering."""
        wanted = pool.lower(), ("", account.lower())
        return [
            fault
            for fault in _every(self._store)
            if "pool" in fault.target
            and fault.target["pool"].lower() == wanted[0]
            and fault.target["account"].lower() in wanted[1]
        ]

    def take(self, kind: str, route: str, seen: dict[int, int] | None = None) -> Fault | None:
        """The fault of the kind that hits this request, counted down; None when there is none.

        `seen`: matching requests so far by fault, for faults that hit each Nth one only; kept by the server.
        """
        for fault in self.of(kind):
            if fault.target["route"] not in ("*", route) or fault.remaining == 0:
                continue
            every = fault.target.get("every", 1)
            if every > 1 and seen is not None:
                seen[fault.seq] = seen.get(fault.seq, 0) + 1
                if seen[fault.seq] % every:
                    continue
            if fault.remaining is None:
                return fault
            changed = self._store.execute(
                "UPDATE faults SET remaining = remaining - 1 WHERE seq = ? AND remaining > 0", (fault.seq,)
            )
            if changed:
                return fault
        return None

    def _on_nodes(
        self,
        kind: str,
        pool: str,
        account: str,
        nodes: Nodes,
        more: dict[str, Any],
        *,
        cured_by: str | None = None,
        for_seconds: float | None = None,
    ) -> int:
        if cured_by is not None and cured_by not in CURES:
            raise ValueError(f"cured_by: {cured_by!r} is not allowed; allowed are {', '.join(CURES)}")
        target = {"account": account, "pool": pool, "nodes": _nodes(nodes), **more, "cured_by": cured_by}
        now = self._store.clock.now()
        with self._store.transaction():
            target["ordered"] = now
            target["until"] = None if for_seconds is None else now + for_seconds
            target["marks"] = self._marks(pool, account)
            return self._add(kind, target)

    def _marks(self, pool: str, account: str) -> dict[str, Any]:
        """How far things were when the fault was ordered: what is done or created later can have cured it."""
        written = {row["name"]: row["seq"] for row in self._store.query("SELECT name, seq FROM sqlite_sequence")}
        ends = f"/batchaccounts/{account.lower()}/pools/{pool.lower()}" if account else f"/pools/{pool.lower()}"
        there = self._store.query(
            "SELECT 1 FROM resources WHERE deleted IS NULL AND substr(id_key, ?) = ? LIMIT 1", (-len(ends), ends)
        )
        return {"runs": written.get("node_runs", 0), "events": written.get("node_events", 0), "pool": bool(there)}

    def _add(self, kind: str, target: dict[str, Any], remaining: int | None = None) -> int:
        with self._store.transaction() as db:
            db.execute("INSERT INTO faults (kind, target, remaining) VALUES (?, ?, ?)", (kind, dump(target), remaining))
            return int(db.execute("SELECT last_insert_rowid()").fetchone()[0])


def _every(store: Store) -> list[Fault]:
    return store.cached("faults", lambda: _read(store))


def _read(store: Store) -> list[Fault]:
    rows = store.query("SELECT * FROM faults ORDER BY seq")
    return [Fault(row["seq"], row["kind"], json.loads(row["target"]), row["remaining"]) for row in rows]


def _nodes(nodes: Nodes) -> Any:
    return nodes if nodes is None or isinstance(nodes, int) else list(nodes)


def hits(nodes: Any, index: int, node_id: str) -> bool:
    """Does a fault's `nodes` name the node with this index and id?"""
    if nodes is None:
        return True
    if isinstance(nodes, int):
        return index < nodes
    return index in nodes or node_id in nodes
