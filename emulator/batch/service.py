"""What the data plane answers, without HTTP: a route and its parameters in, JSON out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from emulator.arm.context import POOL
from emulator.batch import images, odata, shapes
from emulator.batch.errors import BatchError
from emulator.batch.fleet_view import FleetView, Node
from emulator.store import Row, Store

API_VERSION = "2025-06-01"
NODE_FILTERS = ("state",)
POOL_FILTERS = ("id", "state", "allocationState")


@dataclass(frozen=True)
class Call:
    """One authenticated request. `base`: scheme and host for links; `path`: as it came; `names`: from the route."""

    store: Store
    account: Row
    base: str
    path: str
    names: Mapping[str, str]
    query: Mapping[str, str]

    def pools(self) -> list[Row]:
        return self.store.living(POOL, below=self.account.id)

    def pool(self) -> Row:
        row = self.store.find(f"{self.account.id}/pools/{self.names['pool']}")
        if row is None:
            raise BatchError(404, "PoolNotFound", "The specified pool does not exist.")
        return row

    def fleet(self) -> FleetView:
        return FleetView(self.store, self.pool(), self.account.name)

    def node(self, view: FleetView) -> Node:
        found = view.find(self.names["node"])
        if found is None:
            raise BatchError(404, "NodeNotFound", "The specified node does not exist.")
        return found

    def shape(self) -> str:
        return self.store.get("status_shape")


def list_pools(call: Call) -> dict[str, Any]:
    test = odata.filtered(call.query.get("$filter"), POOL_FILTERS)
    rendered = [shapes.pool(call.store, row, call.base, call.shape()) for row in call.pools()]
    return _listed(call, "pools", [item for item in rendered if test(item)])


def get_pool(call: Call) -> dict[str, Any]:
    return _single(call, "pools", shapes.pool(call.store, call.pool(), call.base, call.shape()))


def list_nodes(call: Call) -> dict[str, Any]:
    test, view = odata.filtered(call.query.get("$filter"), NODE_FILTERS), call.fleet()
    matching = [item for item in view.listing() if test({"state": item.life.state})]
    items, start = odata.page(matching, call.query)
    return _page(call, "nodes", [shapes.node(view, item, call.base) for item in items], start)


def get_node(call: Call) -> dict[str, Any]:
    view = call.fleet()
    return _single(call, "nodes", shapes.node(view, call.node(view), call.base))


def list_extensions(call: Call) -> dict[str, Any]:
    """Empty while the VM is being created: what the service answers then is not documented; a judgement."""
    view = call.fleet()
    statuses = call.node(view).life.extensions
    return _listed(call, "extensions", [shapes.extension(view, item, call.shape()) for item in statuses])


def get_extension(call: Call) -> dict[str, Any]:
    view = call.fleet()
    wanted = call.names["extension"].lower()
    status = next((item for item in call.node(view).life.extensions if item.name.lower() == wanted), None)
    if status is None:
        raise BatchError(404, "ResourceNotFound", "The specified extension does not exist on the node.")
    return _single(call, "extensions", shapes.extension(view, status, call.shape()))


def node_counts(call: Call) -> dict[str, Any]:
    test = odata.filtered(call.query.get("$filter"), ("poolId",))
    rows = [row for row in call.pools() if test({"poolId": row.name})]
    counted = [shapes.node_counts(row.name, FleetView(call.store, row, call.account.name).states()) for row in rows]
    return _listed(call, "poolnodecounts", counted)


ROUTES: dict[str, Callable[[Call], dict[str, Any]]] = {
    "GET /pools": list_pools,
    "GET /pools/{pool}": get_pool,
    "HEAD /pools/{pool}": get_pool,
    "GET /pools/{pool}/nodes": list_nodes,
    "GET /pools/{pool}/nodes/{node}": get_node,
    "GET /pools/{pool}/nodes/{node}/extensions": list_extensions,
    "GET /pools/{pool}/nodes/{node}/extensions/{extension}": get_extension,
    "GET /nodecounts": node_counts,
    "GET /supportedimages": lambda call: _listed(call, "supportedimages", images.supported(call.query.get("$filter"))),
}


def _listed(call: Call, kind: str, items: list[dict[str, Any]]) -> dict[str, Any]:
    shown, start = odata.page(items, call.query)
    return _page(call, kind, list(shown), start)


def _page(call: Call, kind: str, items: list[dict[str, Any]], start: int | None) -> dict[str, Any]:
    listed: dict[str, Any] = {
        "odata.metadata": f"{call.base}/$metadata#{kind}",
        "value": [odata.selected(item, call.query.get("$select")) for item in items],
    }
    if start is not None:
        listed["odata.nextLink"] = odata.next_link(call.base, call.path, call.query, start)
    return listed


def _single(call: Call, kind: str, item: dict[str, Any]) -> dict[str, Any]:
    chosen = odata.selected(item, call.query.get("$select"))
    return {"odata.metadata": f"{call.base}/$metadata#{kind}/@Element", **chosen}
