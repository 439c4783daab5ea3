"""The canary: a small pool with the new configuration that is tried before the working pool is touched.

It is declared without nodes and gets them here, through the Batch service: the state always has it empty, so that a
refresh finds no drift once it is empty again. It is tried when the engine is about to delete the working pool, and at
no other time: a first pool, a change in place and a change that is undone cost no nodes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pulumi

from ..spec import Gate
from .asking import find_causes, hold_gate, operate, say
from .gate import Held
from .plans import GateError, PoolPlan, known, parse_pool_id
from .scaling import empty_pool, resize_pool
from .words import OFF, explain

if TYPE_CHECKING:
    from ..ops.batch import BatchAccount


async def require_canary(plan: PoolPlan, working: str) -> None:
    """Raises GateError unless the canary passes, or has passed in this run: then `working` may be replaced."""
    if not await known(plan):
        raise GateError(
            f"canary: pool {working!r} is not touched, since its canary is not there; run 'pulumi up' again"
        )
    held = await plan.verdict(_try)
    if held.passed:
        return
    name = parse_pool_id(plan.current or "").pool
    steps = (
        f"Pool {working!r} is not touched and goes on working. The canary keeps its nodes for inspection.\n"
        f"  look: extension-pool diagnose --stack {pulumi.get_stack()} --pool {name}\n"
        "  then: mend the cause and run 'pulumi up' again, which tries the canary again, with new nodes\n"
        "  or back: undo the change of the configuration; the canary goes with the next 'pulumi up'\n"
        f"  or replace the pool whatever the canary says: {OFF}=off pulumi up"
    )
    raise GateError("\n".join([*explain(held, find_causes(held, plan), pool=name), steps]))


async def _try(plan: PoolPlan) -> Held:
    """Nodes up, gate, nodes away again; when it does not pass they stay."""
    nodes = plan.canary_nodes or 0
    gate = plan.rollout.terms or Gate()
    spot = _only_spot(await plan.scale.future())
    limit = gate_seconds(gate)
    say(plan, f"canary: trying {nodes} new nodes with the new configuration")
    try:
        # those of an earlier try may bear its failure
        await operate(plan, _emptied(limit))
        await operate(plan, lambda account, pool, sleep: resize_pool(account, pool, nodes, spot, limit, sleep))
        held = await hold_gate(plan, gate=gate, at_least=nodes)
        if held.passed:
            await operate(plan, _emptied(limit))
            say(plan, "canary: passed, and has no nodes any more")
    except GateError as error:
        from ..ops.errors import CannotAsk
        from .gate import Result

        return Held(Result.NOT_ASKED, error=CannotAsk(str(error)))
    return held


def gate_seconds(gate: Gate) -> float:
    """How long a gate waits, in seconds."""
    from ..azure_types import duration_in_seconds

    return float(duration_in_seconds(gate.timeout) or 0)


def _emptied(limit: float) -> Callable[[BatchAccount, str, Callable[[float], None]], None]:
    return lambda account, pool, sleep: empty_pool(account, pool, limit, sleep)


def _only_spot(scale: object) -> bool:
    """Whether the pool has spot nodes only; then the canary has such."""
    fixed = scale.get("fixed_scale") if isinstance(scale, dict) else None
    if not isinstance(fixed, dict):
        return False
    return bool(fixed.get("target_low_priority_nodes")) and not fixed.get("target_dedicated_nodes")
