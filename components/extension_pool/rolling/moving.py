"""A stack that moves from one strategy to the other.

A pool that was made without hooks has none when the engine deletes it: nothing would ask the gate of its successor
again. So the program itself does, and ends before the engine deletes anything.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pulumi

from ..lookups import look_up
from ..pool_names import base_of
from ..spec import BLUE_GREEN
from .asking import hold_gate, say
from .plans import PoolPlan, parse_pool_id


def guard_move(plan: PoolPlan) -> Callable[[str], Awaitable[str]]:
    """For the id of a blue-green pool: raises GateError while it has not passed and a pool with its base name is there.

    Else the id as it came. That costs a question to ARM in each update, and one to Batch where there is such a pool.
    """
    return lambda pool_id: _guard(plan, pool_id)


async def _guard(plan: PoolPlan, pool_id: str) -> str:
    from .destroying import destroying
    from .rollout import refuse_to_go
    from .words import is_off

    place = parse_pool_id(pool_id)
    base = await plan.base.future() or plan.component_name
    if pulumi.runtime.is_dry_run() or is_off() or destroying() or place.pool == base:
        return pool_id
    if not await _is_there(plan, place.group, place.account, base):
        return pool_id
    held = await plan.verdict(hold_gate)
    if not held.passed:
        raise refuse_to_go(plan, held, base)
    return pool_id


async def tell_of_move(plan: PoolPlan, group: str, account: str, name: str) -> None:
    """In a preview: a blue-green pool is about to be made beside one of delete-first."""
    base = await plan.base.future() or plan.component_name
    if await _is_there(plan, group, account, base):
        say(
            plan,
            f"moves to blue-green: pool {name!r} is made beside {base!r}, which is deleted once {name!r} has passed "
            f"its gate. That takes quota for both. Jobs of {base!r} are drained only if it was made, or updated, with "
            "rollout.drain",
        )


def tell_of_return(plan: PoolPlan, old: str) -> None:
    """In a preview: a pool is about to be deleted, under a name that its successor does not have."""
    if plan.rollout.strategy != BLUE_GREEN and base_of(old) is not None:
        say(
            plan,
            f"moves to delete-first: pool {old!r} is deleted before the pool without digits in its name is made; "
            "there is none in between, and none to go back to",
        )


async def _is_there(plan: PoolPlan, group: str, account: str, name: str) -> bool:
    query = {"resourceGroupName": group, "accountName": account, "poolName": name}
    try:
        return bool(await look_up("batch:getPool", query, plan.component))
    except Exception:
        # The engine raises no narrower type, also for the ordinary case: there is none.
        return False
