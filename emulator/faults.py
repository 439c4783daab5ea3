"""Faults that can be ordered in advance; each is a row that the face concerned reads when it answers."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from emulator.store import Store, dump


@dataclass(frozen=True)
class Fault:
    seq: int
    kind: str
    target: dict[str, Any]
    remaining: int | None


class Faults:
    """Order, list and lift faults. `nodes`: None for all, a number for the first N, or a list of indexes or ids."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def fail_extension(
        self,
        pool: str,
        extension: str,
        *,
        message: str,
        nodes: int | Sequence[int | str] | None = None,
        account: str = "",
        blocks_node: bool = False,
    ) -> int:
        """The extension ends in ProvisioningState/failed with `message`; with `blocks_node` the node ends unusable."""
        target = {"account": account, "pool": pool, "extension": extension, "nodes": _nodes(nodes)}
        return self._add("extension", {**target, "message": message, "blocks_node": blocks_node})

    def node_unusable(
        self,
        pool: str,
        *,
        nodes: int | Sequence[int | str] | None = None,
        account: str = "",
        code: str = "",
        message: str = "",
    ) -> int:
        """The nodes end unusable; without `code` the node's error list stays empty, as when Batch lost the VM."""
        target = {"account": account, "pool": pool, "nodes": _nodes(nodes), "code": code, "message": message}
        return self._add("node", target)

    def http(
        self, route: str, status: int, *, times: int | None = 1, retry_after: float | None = None, code: str = ""
    ) -> int:
        """Answer the next `times` requests of a data-plane route (`GET /pools/{pool}/nodes`, or `*`) with `status`."""
        return self._add("http", {"route": route, "status": status, "retry_after": retry_after, "code": code}, times)

    def lift(self, seq: int | None = None) -> None:
        """Take back one fault, or all."""
        if seq is None:
            self._store.execute("DELETE FROM faults")
        else:
            self._store.execute("DELETE FROM faults WHERE seq = ?", (seq,))

    def of(self, kind: str) -> list[Fault]:
        rows = self._store.query("SELECT * FROM faults WHERE kind = ? ORDER BY seq", (kind,))
        return [Fault(row["seq"], row["kind"], json.loads(row["target"]), row["remaining"]) for row in rows]

    def take_http(self, route: str) -> Fault | None:
        """The fault that hits this request, counted down; None when there is none."""
        for fault in self.of("http"):
            if fault.target["route"] not in ("*", route):
                continue
            if fault.remaining is None:
                return fault
            changed = self._store.execute(
                "UPDATE faults SET remaining = remaining - 1 WHERE seq = ? AND remaining > 0", (fault.seq,)
            )
            if changed:
                return fault
        return None

    def _add(self, kind: str, target: dict[str, Any], remaining: int | None = None) -> int:
        with self._store.transaction() as db:
            db.execute("INSERT INTO faults (kind, target, remaining) VALUES (?, ?, ?)", (kind, dump(target), remaining))
            return int(db.execute("SELECT last_insert_rowid()").fetchone()[0])


def _nodes(nodes: int | Sequence[int | str] | None) -> Any:
    return nodes if nodes is None or isinstance(nodes, int) else list(nodes)


def hits(nodes: Any, index: int, node_id: str) -> bool:
    """Does a fault's `nodes` name the node with this index and id?"""
    if nodes is None:
        return True
    if isinstance(nodes, int):
        return index < nodes
    return index in nodes or node_id in nodes
