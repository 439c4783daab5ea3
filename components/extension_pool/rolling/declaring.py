"""From the arguments of a pool to its plan."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping, Sequence
from typing import Any

import pulumi

from ..derived import extension_names
from ..problems import Problem, open_later
from ..spec import PoolSpec, Rollout
from .plans import PoolPlan, plans


def declare(
    component: pulumi.Resource,
    name: str,
    spec: PoolSpec,
    inputs: Mapping[str, Any],
    opts: pulumi.ResourceOptions | None,
) -> PoolPlan:
    """The plan of a pool, known to the hooks from now on: a pool that is deleted may have hooks of an earlier roll-out.

    inputs: those of azure-native's `Pool`.
    """
    depends_on = _resources(opts)
    plan = PoolPlan(
        component=component,
        component_name=name,
        resource_name=f"{name}-pool",
        rollout=spec.rollout,
        expected=tuple(extension_names(spec)),
        given_scale=open_later(inputs.get("scale_settings")),
        given_base=open_later(spec.pool_name if spec.pool_name is not None else name),
        given_name=open_later(inputs["pool_name"]),
        after=plans().of_components(depends_on),
        depends_on=tuple(one for one in depends_on if isinstance(one, pulumi.Resource)),
    )
    plans().add(plan)
    return plan


def needs_hooks(plan: PoolPlan) -> bool:
    """Whether a pool has a gate, a canary, a drain, or pools with a gate before it."""
    return _asks_batch(plan.rollout) or bool(plan.after)


def declare_canary(plan: PoolPlan) -> PoolPlan:
    """The plan of a pool's canary, which the pool's own plan knows from now on."""
    canary = plan.rollout.canary
    if canary is None:
        raise AssertionError("a pool with a canary has one in its rollout")
    name = f"{plan.component_name}-canary"
    plan.canary = PoolPlan(
        component=plan.component,
        component_name=plan.component_name,
        resource_name=name,
        rollout=plan.rollout,
        expected=plan.expected,
        given_scale=plan.given_scale,
        given_base=plan.given_base,
        given_name=plan.given_name,
        canary_nodes=canary.nodes,
    )
    return plan.canary


def check_tools(spec: PoolSpec) -> list[Problem]:
    """A gate asks the Batch service, with what only the extra `ops` installs: better said in the preview."""
    if not _asks_batch(spec.rollout):
        return []
    missing = [name for name in ("azure.batch", "azure.identity", "typer", "rich") if not _installed(name)]
    if not missing:
        return []
    return [
        Problem(
            ("rollout",),
            f"asks the Batch service, and needs packages that are not installed: {', '.join(missing)}",
            do="run pip install 'batch-extension-pool[ops]', or set gate.enabled in it to false",
        )
    ]


def _asks_batch(rollout: Rollout) -> bool:
    return not (rollout.terms is None and rollout.canary is None and rollout.draining is None)


def _installed(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:
        return False


def _resources(opts: pulumi.ResourceOptions | None) -> Sequence[Any]:
    """What the caller's options name as a dependency, as far as it is known now."""
    given = opts.depends_on if opts is not None else None
    if isinstance(given, (list, tuple)):
        return given
    return [] if given is None else [given]
