"""The way back to a pool that a replacement has not deleted yet: which one, and the state that makes it current. Pure.

Under blue-green a failed gate leaves two pools in the state: the new one, which is current, and the old one, which
waits to be deleted. The engine knows no way back: with the old configuration it would create the old pool once more.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .deployment import (
    Resource,
    created,
    last_name,
    made_current,
    made_stale,
    operations_of,
    resources_of,
    under,
    uses,
    with_resources,
)
from .health import Verdict
from .pulumi_cli import Refused, State
from .stack import StackPool, read_pools
from .text import count, some


@dataclass(frozen=True)
class Seen:
    """What Azure says of a pool of the state. `verdict`: None if it was not judged.

    `another`: the pool in Azure is not the one that the state means, it was made anew under its name.
    """

    there: bool
    deleting: bool = False
    another: bool = False
    verdict: Verdict | None = None
    summary: str = ""

    @property
    def hindrance(self) -> str:
        """Why nobody can go back to it; empty if one can."""
        if not self.there:
            return "Azure does not have it any more"
        if self.deleting:
            return "Azure is deleting it"
        return "it was deleted and made anew outside Pulumi" if self.another else ""

    def explain(self) -> str:
        """How it is, in words."""
        return self.hindrance or self.summary or "it is there"


Sight = Mapping[StackPool, Seen]
"""What Azure says of each pool, current and stale."""


@dataclass(frozen=True)
class Return:
    """From the pool that is current to an older one.

    `others` are names of stale pools that the next update deletes all the same. `kept`: Azure keeps the pool that is
    left (retainOnDelete). `restored` are the other resources of the component that become current again with the
    pool, by their names; what replaced them is deleted by the next update.
    """

    component: str
    left: StackPool
    to: StackPool
    others: tuple[str, ...] = ()
    kept: bool = False
    restored: tuple[str, ...] = ()


def find_ways(state: State, names: Sequence[str] = ()) -> dict[StackPool, tuple[StackPool, ...]]:
    """Each current pool that has stale ones, with these, the newest first. `names`: of components or pools.

    Raises `Refused` if there is nothing to return to, or if an update was interrupted.
    """
    if operations_of(state):
        raise Refused(
            f"--stack: an update was interrupted, {count(len(operations_of(state)), 'operation')} of it "
            "may be done or not; put that right first: extension-pool recover --stack STACK"
        )
    resources = resources_of(state)
    current, stale = read_pools(state), read_pools(state, stale=True)
    for name in names:
        if not any(name in (pool.component, pool.pool) for pool in (*current, *stale)):
            has = some(sorted({pool.component for pool in current}), 20) or "none"
            raise Refused(f"--pool: must be a pool of the stack, got {name!r}; it has {has}")
    ways = {}
    for pool in current:
        old = [one for one in stale if one.urn == pool.urn]
        wanted = not names or any(name in (one.component, one.pool) for name in names for one in (pool, *old))
        if old and wanted:
            ways[pool] = tuple(
                sorted(old, key=lambda one: created(record_of(one, resources, stale=True)), reverse=True)
            )
    if not ways:
        raise Refused(
            "--stack: there is nothing to return to: no pool waits to be deleted, so none was replaced that is still "
            "there. Under delete-first the old pool goes before the new one is made: revert the configuration and run "
            "'pulumi up', which makes it anew"
        )
    return ways


def plan_rollback(
    state: State, ways: Mapping[StackPool, Sequence[StackPool]], sight: Sight, to: str | None = None
) -> tuple[Return, ...]:
    """The ways back, one for each current pool of `ways`. `to`: the name of the pool to return to.

    Raises `Refused`, with the reason, if one of them is none.
    """
    if to is not None:
        ways = {pool: old for pool, old in ways.items() if any(one.pool == to for one in old)}
        if not ways:
            raise Refused(f"--to: must be a pool that waits to be deleted, got {to!r}; look at the plan without --to")
    resources = resources_of(state)
    plans = []
    for pool, old in ways.items():
        left = record_of(pool, resources)
        if left.get("protect"):
            raise Refused(
                f"{pool.component}: pool {pool.pool!r} is protected and would be deleted; "
                f"take that away first: pulumi state unprotect {pool.urn!r}"
            )
        target = _choose(pool.component, old, sight, to)
        plans.append(
            Return(
                pool.component,
                pool,
                target,
                tuple(one.pool for one in old if one != target),
                bool(left.get("retainOnDelete")),
                tuple(last_name(urn) for urn in _restored(target, resources)),
            )
        )
    return tuple(plans)


def roll_back(state: State, plans: Sequence[Return]) -> State:
    """The state after it: the old pools are current, those that were are in it no more."""
    resources = resources_of(state)
    change: dict[int, Resource | None] = {}
    for plan in plans:
        old = record_of(plan.to, resources, stale=True)
        change[id(record_of(plan.left, resources))] = None
        change[id(old)] = made_current(old)
        for current, stale in _restored(plan.to, resources).values():
            change[id(current)], change[id(stale)] = made_stale(current), made_current(stale)
    changed = (change.get(id(one), one) for one in resources)
    return with_resources(state, [one for one in changed if one is not None])


def record_of(pool: StackPool, resources: Sequence[Resource], *, stale: bool = False) -> Resource:
    """The resource of a pool that was read from this state."""
    end = f"/batchAccounts/{pool.account}/pools/{pool.pool}".lower()
    for one in resources:
        ours = one.get("urn") == pool.urn and str(one.get("id")).lower().endswith(end)
        if ours and bool(one.get("delete")) is stale:
            return one
    raise ValueError(f"pool {pool.pool!r} is not of this state")


def _choose(component: str, old: Sequence[StackPool], sight: Sight, to: str | None) -> StackPool:
    if to is not None:
        (target,) = [one for one in old if one.pool == to][:1]
        if sight[target].hindrance:
            raise Refused(f"--to: cannot return to pool {to!r}: {sight[target].hindrance}")
        return target
    usable = [one for one in old if not sight[one].hindrance]
    if not usable:
        reasons = "; ".join(f"pool {one.pool!r}: {sight[one].hindrance}" for one in old)
        raise Refused(
            f"{component}: there is nothing to return to: {reasons}. Revert the configuration and run "
            "'pulumi up --refresh', which makes the pool anew"
        )
    if len(usable) == 1:
        return usable[0]
    healthy = [one for one in usable if sight[one].verdict is Verdict.HEALTHY]
    if not healthy:
        states = "; ".join(f"{one.pool}: {sight[one].explain()}" for one in usable)
        raise Refused(f"{component}: several pools wait to be deleted and none is healthy; choose with --to: {states}")
    return healthy[0]


def _restored(pool: StackPool, resources: Sequence[Resource]) -> dict[str, tuple[Resource, Resource]]:
    """What the pool uses and what was replaced since it was made: URN -> what is current, what it was.

    Without it the next update would delete, for one, the identity that the pool's nodes sign in with.
    """
    record = record_of(pool, resources, stale=True)
    found = {}
    for urn in uses(record, resources):
        same = [one for one in resources if one.get("urn") == urn]
        stale = [one for one in same if one.get("delete") and created(one) <= created(record)]
        current = next((one for one in same if not one.get("delete")), None)
        if current is None or not stale or created(current) <= created(record):
            continue
        if not under(urn, str(record.get("parent")), resources):
            raise Refused(
                f"{pool.component}: pool {pool.pool!r} uses {last_name(urn)!r}, which was replaced since and waits to "
                "be deleted, and which is not the component's own; there is no way back without it"
            )
        found[urn] = (current, max(stale, key=created))
    return found


def unchanged(before: State, now: State) -> bool:
    """Whether nobody has changed the stack between two exports."""
    return before["deployment"].get("resources") == now["deployment"].get("resources") and not operations_of(now)


def render_plan(plan: Return, sight: Sight, *, jobs: str) -> Iterator[str]:
    """A way back as lines. `jobs`: what becomes of those that are bound to the pool that is left; empty for none."""
    left, to = plan.left.pool, plan.to.pool
    yield f"{plan.component} (account {plan.left.account}): back from {left} to {to}"
    yield f"  {to}: {sight[plan.to].explain()}"
    yield f"  {left}: {sight[plan.left].explain()}"
    if jobs:
        yield f"  jobs: {jobs}"
    if not sight[plan.left].there:
        yield f"  Azure: {left} is gone already"
    else:
        yield f"  Azure: {left} " + ("stays, for it is to be retained (retainOnDelete)" if plan.kept else "is deleted")
    yield f"  state: {to} is the pool of {plan.component} again, {left} leaves it"
    if plan.restored:
        names = some(list(plan.restored))
        yield f"  state: it gets {names} back; what replaced that is deleted by the next 'pulumi up'"
    for other in plan.others:
        yield f"  {other} goes on waiting to be deleted, by the next 'pulumi up'"


def plan_json(plan: Return, sight: Sight, jobs: Sequence[str]) -> dict[str, Any]:
    """A way back for programs; its keys stay (new ones may be added)."""

    def pool(one: StackPool) -> dict[str, Any]:
        seen = sight[one]
        verdict = seen.verdict.value if seen.verdict is not None else None
        return {"name": one.pool, "there": seen.there, "verdict": verdict, "summary": seen.explain()}

    return {
        "component": plan.component,
        "account": plan.left.account,
        "from": pool(plan.left),
        "to": pool(plan.to),
        "jobs": list(jobs),
        "deletesInAzure": sight[plan.left].there and not plan.kept,
        "restored": list(plan.restored),
        "stillToBeDeleted": list(plan.others),
    }
