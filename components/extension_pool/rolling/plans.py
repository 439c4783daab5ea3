"""What a run knows of each pool that it rolls out: known to the hooks, which the engine calls by URN."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import pulumi

from ..runs import once_in_a_run
from ..spec import Rollout

if TYPE_CHECKING:
    from .gate import Held

POOL_TYPE = "azure-native:batch:Pool"

_SOON_SECONDS = 2.0

_ID = (
    r"(?i)/subscriptions/[^/]+/resourceGroups/(?P<group>[^/]+)/providers/Microsoft\.Batch"
    r"/batchAccounts/(?P<account>[^/]+)/pools/(?P<pool>[^/]+)"
)


class GateError(pulumi.RunError):
    """Ends the update: what a hook says to the engine, without a traceback."""


class PoolId(NamedTuple):
    """The parts of a pool's resource id."""

    group: str
    account: str
    pool: str


def parse_pool_id(text: str) -> PoolId:
    """Raises ValueError for what is no id of a Batch pool."""
    match = re.fullmatch(_ID, text)
    if match is None:
        raise ValueError(f"must be the resource id of a Batch pool, got {text!r}")
    return PoolId(match["group"], match["account"], match["pool"])


def pool_id(group: str, account: str, pool: str) -> str:
    """An id of which only these parts count: `parse_pool_id` reads it."""
    return f"/subscriptions/-/resourceGroups/{group}/providers/Microsoft.Batch/batchAccounts/{account}/pools/{pool}"


@dataclass(eq=False)
class PoolPlan:
    """A pool that this run declares, and what has become of it so far.

    component: its ExtensionPool; resource_name: the pool's logical name; expected: the extensions it should have;
    given_scale: `scale_settings` as declared, None for none; given_base: the name in Azure that both strategies begin
    with; given_name: the whole of it;
    after: pools that must have passed before this one is touched; depends_on: all that the caller says it depends on,
    such pools among it; canary: tried before; canary_nodes: set for a canary.
    """

    component: pulumi.Resource
    component_name: str
    resource_name: str
    rollout: Rollout
    expected: tuple[str, ...]
    given_scale: pulumi.Input[Any]
    given_base: pulumi.Input[str]
    given_name: pulumi.Input[str]
    after: tuple[PoolPlan, ...] = ()
    depends_on: tuple[pulumi.Resource, ...] = ()
    canary: PoolPlan | None = None
    canary_nodes: int | None = None
    current: str | None = None
    """Resource id of the pool that this run made or found; None while it is not registered."""
    made: bool = False
    """Whether this run made it; then the run is no destroy."""
    goes: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the current pool itself is deleted: then all of it may go."""
    _verdict: asyncio.Future[Held] | None = None

    # Outputs are made when a hook asks: most pools have none, and a program with hundreds of them feels each Output.

    @cached_property
    def urn(self) -> pulumi.Output[str]:
        """The URN of the pool."""
        # as `pulumi.create_urn` makes it, with one Output instead of six
        own = f"${POOL_TYPE}::{self.resource_name}"
        return self.component.urn.apply(lambda parent: f"{parent.rpartition('::')[0]}{own}")

    @cached_property
    def scale(self) -> pulumi.Output[Any]:
        """`scale_settings` as declared."""
        return pulumi.Output.from_input(self.given_scale)

    @cached_property
    def base(self) -> pulumi.Output[str]:
        """The name in Azure that both strategies begin with."""
        return pulumi.Output.from_input(self.given_base)

    @cached_property
    def pool_name(self) -> pulumi.Output[str]:
        """The name in Azure."""
        return pulumi.Output.from_input(self.given_name)

    def know(self, pool_id: str) -> None:
        """The pool of this plan is there, under this id."""
        if pool_id:
            self.current = pool_id

    def is_current(self, pool_id: str) -> bool:
        """Whether this id is that of the pool that this run made or found. Azure does not tell ids by their case."""
        return self.current is not None and self.current.lower() == pool_id.lower()

    async def verdict(self, ask: Callable[[PoolPlan], Awaitable[Held]]) -> Held:
        """What the gate of the current pool says: asked once in a run."""
        if self._verdict is None:
            self._verdict = asyncio.ensure_future(ask(self))
        return await asyncio.shield(self._verdict)


class Plans:
    """The plans of one run."""

    def __init__(self) -> None:
        self._plans: list[PoolPlan] = []

    def add(self, plan: PoolPlan) -> None:
        self._plans.append(plan)

    def of_components(self, components: Sequence[Any]) -> tuple[PoolPlan, ...]:
        """The plans of those that are ExtensionPools with a gate, in their order."""
        if not components:
            return ()
        wanted = {id(one) for one in components}
        return tuple(plan for plan in self._plans if id(plan.component) in wanted and plan.rollout.terms is not None)

    async def before(self, plan: PoolPlan) -> tuple[PoolPlan, ...]:
        """The plans that come before one. In a plugin the caller's resources are known by their URNs only."""
        known = (plan, *plan.after)
        others = [one for one in self._plans if one not in known and one.rollout.terms is not None]
        if not others or not plan.depends_on:
            return plan.after
        urns = {await soon(one.urn, "") for one in plan.depends_on} - {""}
        return (*plan.after, *[one for one in others if await soon(one.component.urn, "-") in urns])

    async def find(self, urn: str, resource_name: str) -> PoolPlan | None:
        """The plan of a pool; None when this run declares no such pool."""
        for plan in self._plans:
            if plan.resource_name == resource_name and await soon(plan.urn, urn) == urn:
                return plan
        return None


async def soon(value: pulumi.Output[str], default: str) -> str:
    """A value that is known by now, else `default`.

    What comes of resources that wait for the end of a hook must not be waited for in it. For a URN the default is the
    one that is looked for: nothing else bears the pool's name in practice.
    """
    future = cast("Awaitable[str | None]", value.future())
    try:
        return await asyncio.wait_for(asyncio.shield(asyncio.ensure_future(future)), _SOON_SECONDS) or default
    except asyncio.TimeoutError:
        return default


async def known(plan: PoolPlan) -> bool:
    """Whether the pool of a plan is there, given the moment in which its id comes in."""
    for _ in range(20):
        if plan.current is not None:
            return True
        await asyncio.sleep(_SOON_SECONDS / 20)
    return False


def plans() -> Plans:
    """The plans of the run that goes on."""
    return once_in_a_run(Plans, Plans)
