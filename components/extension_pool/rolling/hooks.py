"""The hooks of a pool that is rolled out, under fixed names, each registered once in a run.

`before-delete` is registered in every run with an ExtensionPool, bound or not: a pool in the state remembers the hooks
that it was made with, and the engine fails for one that the program does not bring.
"""

from __future__ import annotations

import asyncio
import shlex

import pulumi

from ..runs import once_in_a_run
from ..spec import BLUE_GREEN
from .deleting import Deletion, judge_deletion
from .plans import GateError, PoolPlan, parse_pool_id, plans

AFTER_CREATE = "extension-pool:after-create"
BEFORE_CREATE = "extension-pool:before-create"
# The engine prints the name, and nothing else of ours, when the program does not bring the hook: so the name says what
# to do then. A state keeps it: with another name the pools of every stack need one update before they can be removed.
BEFORE_DELETE = (
    "extension-pool:before-delete (is the last pool removed? call extension_pool.register_hooks(), "
    "or first run 'pulumi up' with its rollout.gate.enabled and rollout.drain.enabled false)"
)
ON_ERROR = "extension-pool:on-error"

_POOL_QUOTA = "PoolQuotaReached"

# How long the deletion of an old pool waits for a sign that the current one is deleted as well, as in a destroy.
SIGN_SECONDS = 3.0


def register_hooks() -> None:
    """Makes the hooks of deletions known to the engine.

    Every ExtensionPool does it. A program whose last ExtensionPool was removed calls it for the update that deletes
    the pool. https://www.pulumi.com/docs/iac/concepts/resources/options/hooks/
    """
    _before_delete_hook()


def bind() -> pulumi.ResourceHookBinding:
    """The hooks of a pool, for those that need them: see `declaring.needs_hooks`."""
    told_in_previews = pulumi.ResourceHookOptions(on_dry_run=True)
    before = once_in_a_run(BEFORE_CREATE, lambda: pulumi.ResourceHook(BEFORE_CREATE, _before_create, told_in_previews))
    after = once_in_a_run(AFTER_CREATE, lambda: pulumi.ResourceHook(AFTER_CREATE, _after_create))
    error = once_in_a_run(ON_ERROR, lambda: pulumi.ErrorHook(ON_ERROR, _on_error))
    return pulumi.ResourceHookBinding(
        before_create=[before], after_create=[after], before_delete=[_before_delete_hook()], on_error=[error]
    )


def _before_delete_hook() -> pulumi.ResourceHook:
    told_in_previews = pulumi.ResourceHookOptions(on_dry_run=True)
    return once_in_a_run(BEFORE_DELETE, lambda: pulumi.ResourceHook(BEFORE_DELETE, _before_delete, told_in_previews))


async def _before_create(args: pulumi.ResourceHookArgs) -> None:
    """Pools that come before this one must have passed."""
    plan = await plans().find(args.urn, args.name)
    if plan is None:
        return
    if not pulumi.runtime.is_dry_run():
        await _require_predecessors(plan, "is not made")
        return
    inputs = dict(args.new_inputs or {})
    group, account, name = (inputs.get(key) for key in ("resourceGroupName", "accountName", "poolName"))
    if plan.rollout.strategy == BLUE_GREEN and isinstance(group, str) and isinstance(account, str):
        from .moving import tell_of_move

        if isinstance(name, str):
            await tell_of_move(plan, group, account, name)


async def _after_create(args: pulumi.ResourceHookArgs) -> None:
    """A new pool must pass its gate before the update goes on."""
    plan = await plans().find(args.urn, args.name)
    if plan is None:
        return
    plan.know(args.id)
    plan.made = True
    from .rollout import bring_up

    await bring_up(plan)


async def _on_error(args: pulumi.ErrorHookArgs) -> bool:
    """Says what a refused creation means for the roll-out. Nothing is tried again: the provider does that."""
    plan = await plans().find(args.urn, args.name)
    quota = any(_POOL_QUOTA in error for error in args.errors)
    if plan is not None and args.failed_operation == "create" and quota and plan.rollout.strategy == BLUE_GREEN:
        pulumi.log.warn(
            f"{plan.component_name}: the account may have no more pools ({_POOL_QUOTA}), and blue-green needs room for "
            "two. A pool that was to be replaced is not touched and goes on working. Delete pools that nobody needs, "
            "ask for a higher pool quota (https://learn.microsoft.com/azure/batch/batch-quota-limit), or choose "
            "strategy: delete-first, with a canary",
            plan.component,
        )
    return False


async def _before_delete(args: pulumi.ResourceHookArgs) -> None:
    """Whatever is deleted because of a new pool waits for the new pool's word; what is taken down goes."""
    plan = await plans().find(args.urn, args.name)
    if plan is None:
        # The program does not have this pool any more.
        return
    if pulumi.runtime.is_dry_run():
        from .moving import tell_of_return

        tell_of_return(plan, parse_pool_id(args.id).pool)
        return
    from .destroying import destroying, updating
    from .words import OFF, is_off

    if is_off():
        from .asking import say

        say(plan, f"{OFF}=off: {args.id.rsplit('/', 1)[-1]} is deleted whatever the gates say")
        return
    deletion = judge_deletion(plan.current, args.id, destroying=destroying(), updating=plan.made or updating())
    if deletion is Deletion.TWICE:
        raise GateError(_taken_for_the_old_one(plan, args.id))
    if deletion is Deletion.CURRENT:
        plan.goes.set()
    elif deletion is Deletion.MADE_ANEW:
        await _before_making_anew(plan, args.id)
    elif deletion is Deletion.STALE and (plan.made or not await _goes(plan)):
        from .rollout import let_go

        await let_go(plan, args.id)


def _taken_for_the_old_one(plan: PoolPlan, pool_id: str) -> str:
    """What is said where an old record has the id of the pool that works."""
    name = parse_pool_id(pool_id).pool
    return (
        f"{plan.component_name}: pool {name!r} stays: the state has it twice, once as an old pool of the same name "
        "that is to be deleted, and the deletion would take the one that works. Take the old record out: "
        f"extension-pool recover --stack {shlex.quote(pulumi.get_stack())} --yes; then run 'pulumi up' again"
    )


async def _before_making_anew(plan: PoolPlan, pool_id: str) -> None:
    """delete-first: the old pool goes, and there is no new one yet."""
    name = parse_pool_id(pool_id).pool
    if plan.rollout.strategy == BLUE_GREEN:
        # pulumi 3.272, runtime/_callbacks.py: the answer of a transform cannot carry delete_before_replace=False, and
        # the provider's own order, the old pool first, is back.
        raise GateError(
            f"{plan.component_name}: pool {name!r} stays: Pulumi was about to delete it before the new pool is there, "
            "which is not blue-green. A `transforms` of the program that returns options takes away "
            "delete_before_replace=False: return None for this pool, or use `transformations`; or choose "
            "strategy: delete-first"
        )
    await _require_predecessors(plan, f"is not replaced: pool {name!r} stays as it is")
    if plan.canary is not None:
        from .canary import require_canary

        await require_canary(plan.canary, name)
    from .rollout import make_room

    await make_room(plan, pool_id)


async def _require_predecessors(plan: PoolPlan, consequence: str) -> None:
    from .rollout import require_predecessor

    for one in await plans().before(plan):
        await require_predecessor(one, plan, consequence)


async def _goes(plan: PoolPlan) -> bool:
    try:
        await asyncio.wait_for(plan.goes.wait(), SIGN_SECONDS)
    except asyncio.TimeoutError:
        return False
    return True


__all__ = ["AFTER_CREATE", "BEFORE_CREATE", "BEFORE_DELETE", "ON_ERROR", "GateError", "bind", "register_hooks"]
