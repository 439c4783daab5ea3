"""From the arguments of an `ExtensionPool` to its identity, its grants and its pool.

Loaded with the first pool of a program, and with it the rules in `checks` and the shapes in `spec`: whatever only
imports the component does without them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from datetime import date
from typing import Any, NamedTuple

import pulumi
from pulumi_azure_native import batch

from .access import (
    ModeUnknown,
    PoolIdentity,
    add_access_policy,
    create_identity,
    detect_mode,
    grant_role,
    use_identity,
)
from .args import ExtensionPoolArgs
from .checks import check_pool
from .checks.access import mode_not_found, what_only_rbac_has
from .derived import grant_wait, in_canonical_order
from .extensions.typed import TypedExtension
from .hooks import refuse_a_taken_name
from .pool import InvalidPoolError
from .pool_inputs import canary_inputs, pool_inputs, with_secrets
from .problems import (
    Findings,
    InvalidInput,
    Later,
    Notice,
    Path,
    Problem,
    map_later,
    open_later,
    without_value,
)
from .replace_on_changes import REPLACE_ON_CHANGES
from .resource_options import PoolOptions, pool_options, without_effect
from .rolling.declaring import check_tools, declare, declare_canary, needs_hooks
from .rolling.hooks import bind, register_hooks
from .rolling.moving import guard_move
from .rolling.plans import PoolPlan
from .rolling.protecting import explained_first
from .rollout_record import render_record
from .runs import once_in_a_run
from .spec import ACCESS_POLICY, BLUE_GREEN, DELETE_FIRST, PoolSpec
from .validation import became_known, parse_model


class Made(NamedTuple):
    """What a pool's component is asked for: the outputs of `ExtensionPool`, under their names."""

    pool_id: pulumi.Output[str]
    pool_name: pulumi.Output[str]
    identity_id: pulumi.Output[str] | None
    client_id: pulumi.Output[str] | None
    principal_id: pulumi.Output[str] | None
    extension_names: pulumi.Output[list[str]]


class Wiring:
    """The checked arguments of one pool, and how its children come of them.

    notices: what deserves a warning; without_effect: options that do nothing, in words.
    """

    def __init__(self, name: str, args: ExtensionPoolArgs, opts: pulumi.ResourceOptions | None) -> None:
        """Raises InvalidPoolError with every problem; nothing is registered."""
        self._name = name
        self._spec, self.notices, self._given = _checked(name, args, opts)
        self._opts = opts
        self.without_effect = without_effect(opts)
        # A pool that is kept needs its identity, and that its certificates.
        self._retain = opts.retain_on_delete if opts else None

    def declare(self, component: pulumi.ComponentResource, *, protect: bool) -> Made:
        """Registers all children of a component. protect: whether the pool is protected."""
        name, spec, given, opts = self._name, self._spec, self._given, self._opts
        identities, reading = self._identities(component)
        grants = [self._grant(component, index, reading) for index in range(len(spec.key_vault_access or []))]
        inputs = pool_inputs(name, spec, identities, reading, given.replace_on_changes)
        blue_green = spec.rollout.strategy == BLUE_GREEN
        register_hooks()
        plan = declare(component, name, spec, inputs, opts)
        canary = self._canary(component, inputs, reading, grants, plan) if spec.rollout.canary else None
        if protect:
            inputs["pool_name"] = explained_first(component, name, inputs, given.replace_on_changes, plan)
        pool = batch.Pool(
            f"{name}-pool",
            **open_later(with_secrets(inputs)),
            opts=pulumi.ResourceOptions(
                parent=component,
                # Nodes boot and ask for their certificates at once. A canary must have passed, and no input may come of
                # it: the engine would delete the pool before it makes the canary.
                depends_on=[*grants, *([canary] if canary else [])],
                ignore_changes=list(given.ignore_changes),
                replace_on_changes=list(given.replace_on_changes),
                # Where the name stays the new pool cannot be there beside the old one. Where it does not, the provider
                # would still have it so: it takes a pool's name for its place.
                delete_before_replace=not blue_green,
                hooks=_hooks(f"{name}-pool", blue_green, plan),
                # Children inherit `protect` and nothing else of how long and whether at all they are deleted.
                retain_on_delete=self._retain,
                custom_timeouts=opts.custom_timeouts if opts else None,
                deleted_with=opts.deleted_with if opts else None,
            ),
        )
        pool.id.apply(plan.know)
        moved = blue_green and spec.rollout.terms is not None
        return Made(
            pool_id=pool.id.apply(guard_move(plan)) if moved else pool.id,
            pool_name=pool.name,
            identity_id=reading.id if reading else None,
            client_id=reading.client_id if reading else None,
            principal_id=reading.principal_id if reading else None,
            extension_names=pulumi.Output.from_input(list(plan.expected)),
        )

    def _canary(
        self,
        component: pulumi.Resource,
        inputs: Mapping[str, Any],
        reading: PoolIdentity | None,
        grants: list[pulumi.Resource],
        plan: PoolPlan,
    ) -> batch.Pool:
        own = declare_canary(plan)
        canary = batch.Pool(
            own.resource_name,
            **open_later(with_secrets(canary_inputs(inputs, self._spec, reading))),
            opts=pulumi.ResourceOptions(
                parent=component,
                depends_on=grants,
                replace_on_changes=list(REPLACE_ON_CHANGES),
                # One that an earlier update left may have the name of the next: a change that is undone brings it back.
                delete_before_replace=True,
                ignore_changes=["scaleSettings"],
                # Whoever protects the pool means the pool that works.
                protect=False,
            ),
        )
        canary.id.apply(own.know)
        return canary

    def _child_options(self, component: pulumi.Resource) -> pulumi.ResourceOptions:
        """For identity and grants. Beside the new pool the old one goes on working, with its own.

        The provider would have them deleted first, and with the identity the engine takes the pool that has it.
        """
        beside = self._spec.rollout.strategy == BLUE_GREEN
        return pulumi.ResourceOptions(
            parent=component, delete_before_replace=False if beside else None, retain_on_delete=self._retain
        )

    def _identities(self, component: pulumi.Resource) -> tuple[list[PoolIdentity], PoolIdentity | None]:
        """All identities in canonical order, and the one that reads certificates: the chosen one, else the first."""
        name, spec, child = self._name, self._spec, self._child_options(component)
        wanted = spec.identity
        found: list[tuple[PoolIdentity, bool]] = []
        if wanted.creates:
            group = open_later(spec.resource_group_name)
            created = create_identity(
                name, group, name=open_later(wanted.name), tags=open_later(wanted.tags), opts=child
            )
            found.append((created, wanted.reads_certificates))
        for one in in_canonical_order(wanted.existing or []):
            used = use_identity(
                open_later(one.id),
                client_id=open_later(one.client_id),
                principal_id=open_later(one.principal_id),
                opts=child,
            )
            found.append((used, one.reads_certificates))
        chosen = [identity for identity, reads in found if reads]
        return [identity for identity, _ in found], next(iter(chosen or [identity for identity, _ in found]), None)

    def _grant(self, component: pulumi.Resource, index: int, identity: PoolIdentity | None) -> pulumi.Resource:
        name, spec = self._name, self._spec
        access = (spec.key_vault_access or [])[index]
        if identity is None:
            raise AssertionError("grants without an identity have passed the checks")
        vault_id = open_later(access.vault_id)
        try:
            mode: str = access.mode or detect_mode(vault_id, component)
        except ModeUnknown as error:
            raise InvalidPoolError(name, InvalidInput([mode_not_found(index, access, str(error))])) from None
        child = self._child_options(component)
        wait = grant_wait(spec, access, mode)
        if mode == ACCESS_POLICY:
            problems = what_only_rbac_has(index, access)
            if problems:
                raise InvalidPoolError(name, InvalidInput(problems))
            return add_access_policy(name, vault_id, identity, name=access.name, wait=wait, opts=child)
        return grant_role(
            name,
            vault_id,
            identity,
            name=access.name,
            role=access.role,
            secret_name=open_later(access.secret_name),
            wait=wait,
            opts=child,
        )


def _hooks(resource_name: str, blue_green: bool, plan: PoolPlan) -> pulumi.ResourceHookBinding | None:
    """Bound only where the roll-out asks for them: a resource with hooks of deletion is not destroyed without them."""
    refusing = refuse_a_taken_name(resource_name) if blue_green else None
    if not needs_hooks(plan):
        return refusing
    binding = bind()
    before = refusing.before_create if refusing is not None else None
    binding.before_create = [*(before or []), *(binding.before_create or []), _record(plan)]
    return binding


def _record(plan: PoolPlan) -> pulumi.ResourceHook:
    """For whoever reads the state or a preview: the name is all there is to it."""
    name = render_record(plan.rollout)
    return once_in_a_run(name, lambda: pulumi.ResourceHook(name, _do_nothing))


async def _do_nothing(args: pulumi.ResourceHookArgs) -> None:
    """The hook of a record."""


def _checked(
    name: str, args: ExtensionPoolArgs, opts: pulumi.ResourceOptions | None
) -> tuple[PoolSpec, tuple[Notice, ...], PoolOptions]:
    """What is wrong with arguments and options, all at once."""
    problems: list[Problem] = []
    strategy = DELETE_FIRST
    try:
        spec, notices = _checked_arguments(name, args)
        strategy = spec.rollout.strategy
    except InvalidInput as error:
        problems += error.problems
    try:
        given = pool_options(opts, strategy)
    except InvalidInput as error:
        problems += error.problems
    if problems:
        raise InvalidPoolError(name, InvalidInput(problems))
    return spec, notices, given


def _checked_arguments(name: str, args: ExtensionPoolArgs) -> tuple[PoolSpec, tuple[Notice, ...]]:
    """Raises InvalidInput."""
    today = date.today()
    found = Findings()
    later = False

    def rules(spec: PoolSpec) -> tuple[Problem, ...]:
        nonlocal found
        found = check_pool(spec, today)
        return found.problems

    def check_when_known(value: Later, path: Path) -> Later:
        nonlocal later
        later = True
        output = pulumi.Output.from_input(value.value)

        async def check(value: Any) -> Any:
            formed, problems = became_known(PoolSpec, tree, path, value, rules)
            if problems:
                shown = without_value(problems, value) if await output.is_secret() else problems
                raise InvalidPoolError(name, InvalidInput(shown))
            return formed

        # at its own leaf, as it came
        return Later(output.apply(check))

    tree = _defer_outputs(args)
    unnamed = isinstance(tree, Mapping) and tree.get("pool_name") is None
    if unnamed:
        # what the pool will be called is judged as well
        tree = {**tree, "pool_name": name}
    try:
        spec = parse_model(PoolSpec, tree, rules, stack_words=False)
    except InvalidInput as error:
        raise InvalidInput([_of_the_name(one) if unnamed else one for one in error.problems]) from None
    # `rules` sees the pool again when a value becomes known
    notices = found.notices
    # Only now: what a refused pool was given must not be looked at any more. The rules have judged this tree already,
    # and what comes later is closed to them in either.
    watched = map_later(tree, check_when_known)
    if later:
        spec = parse_model(PoolSpec, watched, lambda _: (), stack_words=False)
    missing = check_tools(spec)
    if missing:
        raise InvalidInput(missing)
    return spec, notices


def _of_the_name(problem: Problem) -> Problem:
    """Nobody gave a `pool_name`: what is wrong with it is wrong with the component's name."""
    if problem.path != ("pool_name",):
        return problem
    return problem._replace(do="it is the component's name, since pool_name is left out; give a pool_name")


def _defer_outputs(value: Any) -> Any:
    """The arguments as a plain tree, each Output or awaitable as a `Later`; what was given as None is left out."""
    if isinstance(value, (pulumi.Output, Awaitable)):
        return Later(value)
    if isinstance(value, TypedExtension):
        return value.arguments()
    if isinstance(value, Mapping):
        return {key: _defer_outputs(inner) for key, inner in value.items() if inner is not None}
    if isinstance(value, (list, tuple)):
        return [_defer_outputs(inner) for inner in value]
    return value
