"""What a replacement or a deletion of a pool costs, in words. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from ...spec.rollout import BLUE_GREEN, DELETE_FIRST
from ..text import count
from .model import Change, Cost, Operation

# docs/rollout.md tells the same of the drain.
_JOBS: Mapping[str, str] = {
    "refuse": "the update stops where jobs are bound to it",
    "wait": "the update waits for its jobs",
    "requeue": "its running tasks go back into the queue",
    "terminate": "its jobs are terminated",
    "migrate": "its jobs move to the new pool",
}


def cost_words(change: Change, cost: Cost, escape: Callable[[str], str]) -> str:
    """``4 nodes go, 7 tasks running now, blue-green: ...``. escape: makes a text from outside safe for the reader."""
    return ", ".join(_parts(change.operation, cost, escape))


def _parts(operation: Operation, cost: Cost, escape: Callable[[str], str]) -> Iterator[str]:
    yield _nodes(cost, operation)
    if cost.running_tasks is not None:
        yield f"{count(cost.running_tasks, 'task')} running now"
    elif cost.not_asked:
        yield f"running tasks not known ({escape(cost.not_asked)})"
    if operation is Operation.REPLACE:
        yield from _order(cost)
    if cost.jobs is None and cost.gate is None:
        yield "what becomes of its jobs, the preview does not tell"
    elif cost.jobs is None:
        yield "its jobs stay bound to its name"
    else:
        yield _JOBS.get(cost.jobs) or f"its jobs: {escape(cost.jobs)}"


def _nodes(cost: Cost, operation: Operation) -> str:
    if cost.nodes is None:
        return "how many nodes go, the preview does not tell"
    number = count(cost.nodes, "node") if cost.nodes else "no node"
    goes = "goes" if cost.nodes < 2 else "go"
    formula = " (as many as its formula had made)" if cost.autoscaled else ""
    return f"{number} {goes}{formula}{' for good' if operation is Operation.DELETE else ''}"


def _order(cost: Cost) -> Iterator[str]:
    if cost.strategy == BLUE_GREEN:
        until = {True: "has passed its gate", False: "was made, and nothing waits for its nodes", None: "was made"}
        yield f"{BLUE_GREEN}: the old pool goes after the new one {until[cost.gate]}"
    elif cost.strategy == DELETE_FIRST or cost.deleted_first:
        name = f"{DELETE_FIRST}: " if cost.strategy == DELETE_FIRST else ""
        yield f"{name}the old pool goes before the new one is made"
    elif cost.deleted_first is False:
        yield "the old pool goes after the new one was made"
    if cost.canary:
        yield "a canary is tried first"
