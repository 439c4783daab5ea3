"""What the data plane answers, without HTTP: a route and its parameters in, JSON out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from emulator.batch import images, jobs, node_writes, odata, pool_writes, schedule_calls, shapes
from emulator.batch.answers import listed, page, single
from emulator.batch.call import Call, Done
from emulator.batch.errors import BatchError
from emulator.batch.fleet_view import FleetView, Node
from emulator.batch.orders import WITHOUT_VM

NODE_FILTERS = ("state",)
POOL_FILTERS = ("id", "state", "allocationState")


def list_pools(call: Call) -> dict[str, Any]:
    test = odata.filtered(call.query.get("$filter"), POOL_FILTERS)
    rendered = [shapes.pool(call.store, row, call.base, call.shape()) for row in call.pools()]
    return listed(call, "pools", [item for item in rendered if test(item)])


def get_pool(call: Call) -> dict[str, Any]:
    return single(call, "pools", shapes.pool(call.store, call.pool(), call.base, call.shape()))


def list_nodes(call: Call) -> Done:
    test, view = odata.filtered(call.query.get("$filter"), NODE_FILTERS), call.fleet()

    def answer() -> dict[str, Any]:
        if call.query.get("$filter"):
            matching = [item for item in view.listing() if test({"state": item.life.state})]
            items, start = odata.page(matching, call.query)
        else:
            begin, end = odata.bounds(call.query)
            items, start = list(view.listing(begin, end)), end if end < view.count() else None
        return page(call, "nodes", [shapes.node(view, item, call.base) for item in items], start)

    return call.kept(view, None, answer)


def get_node(call: Call) -> dict[str, Any]:
    view = call.fleet()
    return single(call, "nodes", shapes.node(view, call.node(view), call.base))


def list_extensions(call: Call) -> Done:
    """Empty while there is no VM: what the service answers then is not documented; a judgement, and a setting."""
    view = call.fleet()
    node = call.node(view)
    _require_vm(call, node)

    def answer() -> dict[str, Any]:
        shape = call.shape()
        items = [shapes.extension(view, item, shape, node.texts) for item in node.life.extensions]
        return listed(call, "extensions", items)

    # A next page's link names the node, so only whole answers are those of another node too.
    about = None if "maxresults" in call.query else (node.life.extensions, node.texts)
    return call.kept(view, about, answer)


def _require_vm(call: Call, node: Node) -> None:
    answer = call.store.get("extensions_without_vm")
    if node.life.state in WITHOUT_VM and answer != "empty":
        if answer == "404":
            raise BatchError(404, "NodeNotFound", "The specified node does not exist.")
        raise BatchError(409, "NodeBeingCreated", "The specified node is being created.")


def get_extension(call: Call) -> dict[str, Any]:
    view = call.fleet()
    wanted = call.names["extension"].lower()
    node = call.node(view)
    _require_vm(call, node)
    status = next((item for item in node.life.extensions if item.name.lower() == wanted), None)
    if status is None:
        raise BatchError(404, "ResourceNotFound", "The specified extension does not exist on the node.")
    return single(call, "extensions", shapes.extension(view, status, call.shape(), node.texts))


def node_counts(call: Call) -> dict[str, Any]:
    call.advance()
    test = odata.filtered(call.query.get("$filter"), ("poolId",))
    rows = [row for row in call.pools() if test({"poolId": row.name})]
    counted = [shapes.node_counts(row.name, FleetView(call.store, row, call.account.name).states()) for row in rows]
    return listed(call, "poolnodecounts", counted)


ROUTES: dict[str, Callable[[Call], dict[str, Any] | Done]] = {
    "GET /pools": list_pools,
    "GET /pools/{pool}": get_pool,
    "HEAD /pools/{pool}": get_pool,
    "PATCH /pools/{pool}": pool_writes.update,
    "DELETE /pools/{pool}": pool_writes.delete,
    "POST /pools/{pool}/updateproperties": pool_writes.replace_properties,
    "POST /pools/{pool}/resize": pool_writes.resize,
    "POST /pools/{pool}/stopresize": pool_writes.stop_resize,
    "POST /pools/{pool}/enableautoscale": pool_writes.enable_autoscale,
    "POST /pools/{pool}/disableautoscale": pool_writes.disable_autoscale,
    "POST /pools/{pool}/evaluateautoscale": pool_writes.evaluate_autoscale,
    "POST /pools/{pool}/removenodes": pool_writes.remove_nodes,
    "POST /pools/{pool}/nodes/{node}/reboot": node_writes.reboot,
    "POST /pools/{pool}/nodes/{node}/reimage": node_writes.reimage,
    "POST /pools/{pool}/nodes/{node}/disablescheduling": node_writes.disable_scheduling,
    "POST /pools/{pool}/nodes/{node}/enablescheduling": node_writes.enable_scheduling,
    "GET /pools/{pool}/nodes": list_nodes,
    "GET /pools/{pool}/nodes/{node}": get_node,
    "GET /pools/{pool}/nodes/{node}/extensions": list_extensions,
    "GET /pools/{pool}/nodes/{node}/extensions/{extension}": get_extension,
    "POST /jobs": jobs.create_job,
    "GET /jobs": jobs.list_jobs,
    "GET /jobs/{job}": jobs.get_job,
    "PATCH /jobs/{job}": jobs.update_job,
    "PUT /jobs/{job}": jobs.replace_job,
    "DELETE /jobs/{job}": jobs.delete_job,
    "POST /jobs/{job}/disable": jobs.disable_job,
    "POST /jobs/{job}/enable": jobs.enable_job,
    "POST /jobs/{job}/terminate": jobs.terminate_job,
    "GET /jobs/{job}/taskcounts": jobs.task_counts,
    "POST /jobs/{job}/addtaskcollection": jobs.create_tasks,
    "POST /jobs/{job}/tasks": jobs.create_task,
    "GET /jobs/{job}/tasks": jobs.list_tasks,
    "GET /jobs/{job}/tasks/{task}": jobs.get_task,
    "PUT /jobs/{job}/tasks/{task}": jobs.replace_task,
    "DELETE /jobs/{job}/tasks/{task}": jobs.delete_task,
    "POST /jobs/{job}/tasks/{task}/terminate": jobs.terminate_task,
    "POST /jobs/{job}/tasks/{task}/reactivate": jobs.reactivate_task,
    "POST /jobschedules": schedule_calls.create,
    "GET /jobschedules": schedule_calls.list_all,
    "GET /jobschedules/{schedule}": schedule_calls.get,
    "HEAD /jobschedules/{schedule}": schedule_calls.get,
    "PATCH /jobschedules/{schedule}": schedule_calls.update,
    "PUT /jobschedules/{schedule}": schedule_calls.replace,
    "DELETE /jobschedules/{schedule}": schedule_calls.delete,
    "POST /jobschedules/{schedule}/disable": schedule_calls.disable,
    "POST /jobschedules/{schedule}/enable": schedule_calls.enable,
    "POST /jobschedules/{schedule}/terminate": schedule_calls.terminate,
    "GET /jobschedules/{schedule}/jobs": schedule_calls.list_jobs,
    "GET /nodecounts": node_counts,
    "GET /supportedimages": lambda call: listed(call, "supportedimages", images.supported(call.query.get("$filter"))),
}
