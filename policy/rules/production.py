"""How production pools are kept from being lost by an edit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..model import MANDATORY, PRODUCTION, Resource, Rule, Settings, Stack, Violation, applies
from ..reading import at, is_pool, plain

_POOL, _CANARY = "-pool", "-canary"


def find_unprotected(pool: Resource, settings: Settings) -> Iterator[Violation]:
    """Pools that an edit or a `destroy` takes away without another word."""
    # A canary comes and goes by design, and is never protected.
    if not pool.protect and not _is_canary(pool):
        yield Violation((), "the pool is not protected")


def find_hard_replacements(stack: Stack, settings: Settings) -> Iterator[Violation]:
    """Pools that an edit replaces before anything has been tried."""
    names = {(one.parent, one.name) for one in stack.resources if is_pool(one)}
    for pool in stack.resources:
        if not is_pool(pool) or _is_canary(pool) or not applies(pool, settings):
            continue
        component = pool.name.removesuffix(_POOL)
        if not pool.of_component:
            what = "a pool of azure-native alone has neither a gate nor a canary: an edit deletes it, jobs and all"
            yield Violation((), what, do="build it with ExtensionPool, and a rollout", urn=pool.urn)
        elif pool.delete_before_replace is not False and (pool.parent, component + _CANARY) not in names:
            what = "an edit that Azure refuses deletes the pool before the new one has been tried"
            do = "set rollout.strategy to blue-green, or give rollout.canary"
            yield Violation(("rollout",), what, do=do, urn=pool.urn)
        elif _gate_is_off(stack.rollouts, component):
            what = "without a gate the old pool goes whether or not the new one works"
            yield Violation(("rollout", "gate", "enabled"), what, False, "take it away", pool.urn)


def _is_canary(pool: Resource) -> bool:
    return pool.of_component and pool.name.endswith(_CANARY)


def _gate_is_off(rollouts: Mapping[str, Any] | None, component: str) -> bool:
    """Whether the stack file turns the gate off. Both strategies that get here have one by default."""
    return plain(at(rollouts, component, "gate", "enabled")) is False


RULES = (
    Rule(
        "production-protected",
        "Production pools are protected.",
        MANDATORY,
        "a deleted pool takes its queue of running work along",
        "Set `protect` in the options of ExtensionPool or of the pool; to replace it, take that away first.",
        find_unprotected,
        stacks=PRODUCTION,
        source="https://www.pulumi.com/docs/iac/concepts/resources/options/protect/",
    ),
    Rule(
        "production-rollout",
        "Production pools are replaced blue-green or after a canary, behind a gate.",
        MANDATORY,
        "an edit of an extension replaces the pool, and one that does not work is found out by its jobs",
        "Set `rollout` of ExtensionPool: strategy blue-green, or a canary; both have a gate unless it is turned off.",
        whole_stack=find_hard_replacements,
        stacks=PRODUCTION,
        source="docs/rollout.md",
    ),
)
