"""The steps of a roll-out: the new pool's jobs, size and gate; the old pool's jobs before it goes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi

from ..azure_types import duration_in_seconds
from ..spec import BLUE_GREEN, LIVE, Gate
from . import scaling
from .asking import find_causes, hold_gate, operate, say
from .plans import GateError, PoolPlan, known, parse_pool_id, soon
from .words import explain, next_steps

if TYPE_CHECKING:
    from ..ops.batch import BatchAccount
    from ..ops.snapshot import Pool
    from .gate import Held


async def bring_up(plan: PoolPlan) -> None:
    """A pool that was made in this run: its jobs may run, and it must pass its gate. Raises GateError.

    Where the old pool is gone its jobs wait for this one, and run as soon as there are nodes. Beside an old pool only
    those can wait that an earlier change of strategy has left: they wait for the gate as well.
    """
    waited_for = plan.rollout.strategy != BLUE_GREEN
    if waited_for:
        await _enable_jobs(plan)
    nodes = await _take_live_size(plan) if plan.rollout.size == LIVE else 0
    held = await plan.verdict(lambda one: hold_gate(one, at_least=nodes))
    if not held.passed:
        raise GateError(_refusal(plan, held, _after_failure(plan)))
    await _restore_formula(plan)
    if not waited_for:
        await _enable_jobs(plan)


async def let_go(plan: PoolPlan, pool_id: str) -> None:
    """An old pool beside the current one: it may go when the current one has passed and has its jobs."""
    old = parse_pool_id(pool_id).pool
    held = await plan.verdict(hold_gate)
    if not held.passed:
        raise refuse_to_go(plan, held, old)
    await _restore_formula(plan)
    await _drain(plan, pool_id)


def refuse_to_go(plan: PoolPlan, held: Held, old: str) -> GateError:
    """What is said when `old` must stay since the current pool has not passed."""
    steps = next_steps(pulumi.get_stack(), plan.component_name, deleted=old, kept=_inspection(plan))
    return GateError(_refusal(plan, held, steps))


async def make_room(plan: PoolPlan, pool_id: str) -> None:
    """A pool that goes before its replacement is there: its jobs wait for that."""
    await _drain(plan, pool_id)


async def require_predecessor(first: PoolPlan, plan: PoolPlan, consequence: str) -> None:
    """Raises GateError unless `first`, which comes before `plan`, has passed."""
    if not await known(first):
        raise GateError(f"{plan.component_name}: {first.component_name} comes before it and is not there; look there")
    held = await first.verdict(lambda one: hold_gate(one, soak=False))
    if not held.passed:
        kept = f"{plan.component_name} {consequence}, since {first.component_name} comes before it."
        steps = next_steps(pulumi.get_stack(), first.component_name, deleted=None, kept=kept)
        raise GateError(_refusal(first, held, steps))


async def _enable_jobs(plan: PoolPlan) -> None:
    if plan.rollout.draining is None:
        return
    from . import drain

    await drain.after_create(plan)


async def _drain(plan: PoolPlan, pool_id: str) -> None:
    """The formula off first: a pool that scales itself would shrink as jobs leave, and take nodes of running tasks.

    Where the jobs cannot leave, the pool stays and goes on working: with its formula.
    """
    wanted = plan.rollout.draining
    if wanted is None:
        return
    from . import drain

    pool = parse_pool_id(pool_id)
    limit = float(duration_in_seconds(wanted.timeout) or 0)
    found = await operate(plan, lambda account, name, sleep: _quiet(account, name, limit, sleep), pool_id)
    if found is None:
        say(plan, f"pool {pool.pool} is not there any more; there is nothing to drain")
        return
    later = "" if plan.current is not None else await soon(plan.pool_name, pool.pool)
    try:
        await drain.before_delete(
            plan, drain.Drain(wanted.jobs, limit), pool_id, later="" if later == pool.pool else later
        )
    except GateError:
        formula = found.autoscale
        if formula is not None:
            await operate(
                plan,
                lambda account, name, sleep: scaling.restore_formula(
                    account, name, formula.formula, formula.interval, limit, sleep
                ),
                pool_id,
            )
            say(plan, f"pool {pool.pool}: its formula decides again")
        raise


def _quiet(account: BatchAccount, pool: str, limit: float, sleep: scaling.Sleep) -> Pool | None:
    """Switches a formula off; the pool as it was before, None if it is not there at all."""
    from ..ops.errors import UnknownPool

    try:
        return scaling.stop_formula(account, pool, limit, sleep)
    except UnknownPool:
        return None


async def _take_live_size(plan: PoolPlan) -> int:
    """How many nodes the new pool was given: as many as the old one has; 0 where it keeps the declared size."""
    base = await soon(plan.base, plan.component_name)
    limit = _seconds(plan)
    try:
        taken = await operate(plan, lambda account, pool, sleep: scaling.take_size(account, pool, base, limit, sleep))
    except GateError as error:
        say(plan, f"size: stays as declared, since the old pool's could not be taken over: {error}")
        return 0
    if taken is None:
        say(plan, "size: stays as declared, since there is no old pool with nodes to count")
        return 0
    old, dedicated, spot = taken
    say(plan, f"size: {dedicated} dedicated and {spot} spot nodes, as pool {old} has now (rollout.size: live)")
    return dedicated + spot


async def _restore_formula(plan: PoolPlan) -> None:
    """A formula that was switched off for the live size decides again."""
    scale = await plan.scale.future()
    formula = scale.get("auto_scale") if plan.rollout.size == LIVE and isinstance(scale, dict) else None
    if not isinstance(formula, dict):
        return
    text, interval = str(formula["formula"]), str(formula.get("evaluation_interval") or "")
    limit = _seconds(plan)
    if await operate(
        plan, lambda account, pool, sleep: scaling.restore_formula(account, pool, text, interval, limit, sleep)
    ):
        say(plan, "size: the formula of scale_settings decides again")


def _seconds(plan: PoolPlan) -> float:
    return float(duration_in_seconds((plan.rollout.terms or Gate()).timeout) or 0)


def _refusal(plan: PoolPlan, held: Held, steps: str) -> str:
    name = parse_pool_id(plan.current or "").pool
    return "\n".join([*explain(held, find_causes(held, plan), pool=name), steps])


def _inspection(plan: PoolPlan) -> str:
    return f"The new pool {parse_pool_id(plan.current or '').pool!r} is kept for inspection."


def _after_failure(plan: PoolPlan) -> str:
    stack = pulumi.get_stack()
    if plan.rollout.strategy == BLUE_GREEN:
        kept = f"{_inspection(plan)} A pool that it was to replace is not deleted and goes on working."
    else:
        kept = f"{_inspection(plan)} The pool that it has replaced was deleted before it (strategy delete-first)."
    return next_steps(stack, plan.component_name, deleted=None, kept=kept)
