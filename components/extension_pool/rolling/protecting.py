"""Says which edit a protected pool would be replaced for, where the engine only says that it is protected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi

from ..lookups import look_up
from ..problems import Later, open_later
from .plans import PoolPlan
from .protection import find_edits


def explained_first(
    component: pulumi.Resource,
    name: str,
    inputs: Mapping[str, Any],
    paths: Sequence[str],
    plan: PoolPlan | None,
) -> Later:
    """The name of the pool, known as soon as it has been said which edit would replace it.

    The engine refuses when the pool is registered, and ends the program: what is said later is not heard. Nothing is
    said, and nothing fails, where no pool is there or it cannot be read.

    inputs: azure-native's `Pool`'s, with what comes later as `Later`.
    """

    async def explain(place: Sequence[str]) -> str:
        group, account, pool = place
        query = {"resourceGroupName": group, "accountName": account, "poolName": pool}
        live = await _live(component, query, plan)
        edits = find_edits(inputs, live, paths) if live else []
        if edits:
            pulumi.log.warn(
                f"{name}: the pool is protected, and would have to be replaced for: {', '.join(edits)}. Undo that; or "
                "take `protect` away, run 'pulumi up', and then make the change.",
                component,
            )
        return pool

    known = [open_later(inputs[key]) for key in ("resource_group_name", "account_name", "pool_name")]
    return Later(pulumi.Output.all(*known).apply(explain))


async def _live(component: pulumi.Resource, query: Mapping[str, str], plan: PoolPlan | None) -> dict[str, Any]:
    """The pool as Azure has it; a blue-green pool to come has another name than the one that is there."""
    # The engine raises no narrower type, whatever is in the way; the creation itself will tell.
    try:
        return await look_up("batch:getPool", query, component)
    except Exception as error:
        if plan is None or "found" not in str(error).lower():
            return {}
    try:
        old = await _old_name(plan, query)
        return await look_up("batch:getPool", {**query, "poolName": old}, component) if old else {}
    except Exception:
        return {}


async def _old_name(plan: PoolPlan, query: Mapping[str, str]) -> str:
    from .asking import operate
    from .plans import pool_id
    from .scaling import find_old_pool

    base = await plan.base.future() or plan.component_name
    wanted = pool_id(query["resourceGroupName"], query["accountName"], query["poolName"])
    found = await operate(plan, lambda account, pool, sleep: find_old_pool(account, pool, base), wanted)
    return found.id if found else ""
