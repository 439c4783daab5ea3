"""`ExtensionPool`: the wiring of identity, grants and pool. The rules are in `checks`, the shapes in `spec`."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import date
from typing import Any, Optional

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
from .derived import all_extensions, extension_names, grant_wait, in_canonical_order
from .extensions import TypedExtension
from .hooks import refuse_a_taken_name
from .pool_names import SECRET_MARK, blue_green_name, canary_name, digest_of, later_leaves, what_replaces
from .problems import (
    SECRET_FIELDS,
    InvalidInput,
    Later,
    Notice,
    Path,
    Problem,
    map_later,
    open_later,
    render_path,
    without_value,
)
from .render import render_pool_inputs
from .rolling.declaring import check_tools, declare, declare_canary, needs_hooks
from .rolling.hooks import bind, register_hooks
from .rolling.moving import guard_move
from .rolling.plans import PoolPlan
from .rolling.protecting import explained_first
from .rollout import REPLACE_ON_CHANGES
from .spec import ACCESS_POLICY, BLUE_GREEN, PoolSpec
from .validation import became_known, parse_model


class InvalidPoolError(pulumi.RunError, pulumi.InputPropertiesError):
    """The arguments of a pool break rules: one line for each.

    A Pulumi program that does not catch it ends with these lines and no traceback; nothing has been created.
    """

    def __init__(self, name: str, error: InvalidInput) -> None:
        pulumi.InputPropertiesError.__init__(
            self,
            f"ExtensionPool {name!r} cannot be made:\n{error}",
            [{"property_path": render_path(one.path), "reason": one.sentence()} for one in error.problems],
        )


class ExtensionPool(pulumi.ComponentResource):
    """An Azure Batch pool with VM extensions, its user-assigned identity and its access to key vaults.

    Extensions of a live pool cannot be changed: an edit of one deletes the pool and makes it anew, under its name.
    https://learn.microsoft.com/azure/batch/create-pool-extensions
    """

    pool_id: pulumi.Output[str]
    """Resource id of the pool."""
    pool_name: pulumi.Output[str]
    """Name of the pool in the Batch account: what jobs are bound to."""
    identity_id: pulumi.Output[str] | None
    """Resource id of the user-assigned identity that reads certificates; None for a pool without an identity."""
    client_id: pulumi.Output[str] | None
    """Client id of this identity: what extensions and tasks sign in with."""
    principal_id: pulumi.Output[str] | None
    """Principal (object) id of this identity: what roles are assigned to."""
    extension_names: pulumi.Output[list[str]]
    """Names of all extensions, as the nodes report them."""

    def __init__(self, name: str, args: ExtensionPoolArgs, opts: Optional[pulumi.ResourceOptions] = None) -> None:  # noqa: UP045 - schema reader
        """Raises InvalidPoolError with every problem of the arguments before any resource is registered."""
        spec, notices = _checked(name, args)
        super().__init__("extension-pool:index:ExtensionPool", name, {}, opts)
        for notice in notices:
            pulumi.log.warn(notice.sentence(), self)

        identities, reading = self._identities(name, spec)
        grants = [self._grant(name, spec, index, reading) for index in range(len(spec.key_vault_access or []))]
        inputs = _pool_inputs(name, spec, identities, reading)
        blue_green = spec.rollout.strategy == BLUE_GREEN
        register_hooks()
        plan = declare(self, name, spec, inputs, opts)
        canary = self._canary(name, spec, inputs, reading, grants, plan) if spec.rollout.canary else None
        if self._protect:
            inputs["pool_name"] = explained_first(self, name, inputs, REPLACE_ON_CHANGES, plan)
        pool = batch.Pool(
            f"{name}-pool",
            **open_later(_with_secrets(inputs)),
            opts=pulumi.ResourceOptions(
                parent=self,
                # Nodes boot and ask for their certificates at once. A canary must have passed, and no input may come of
                # it: the engine would delete the pool before it makes the canary.
                depends_on=[*grants, *([canary] if canary else [])],
                replace_on_changes=list(REPLACE_ON_CHANGES),
                # Where the name stays the new pool cannot be there beside the old one. Where it does not, the provider
                # would still have it so: it takes a pool's name for its place.
                delete_before_replace=not blue_green,
                hooks=_hooks(f"{name}-pool", blue_green, plan),
                # Children inherit `protect` and nothing else of how long and whether at all they are deleted.
                retain_on_delete=opts.retain_on_delete if opts else None,
                custom_timeouts=opts.custom_timeouts if opts else None,
            ),
        )
        pool.id.apply(plan.know)

        self.pool_id = pool.id
        if blue_green and spec.rollout.terms is not None:
            self.pool_id = pool.id.apply(guard_move(plan))
        self.pool_name = pool.name
        self.identity_id = reading.id if reading else None
        self.client_id = reading.client_id if reading else None
        self.principal_id = reading.principal_id if reading else None
        self.extension_names = pulumi.Output.from_input(extension_names(spec))
        self.register_outputs(
            {
                "poolId": self.pool_id,
                "poolName": self.pool_name,
                "identityId": self.identity_id,
                "clientId": self.client_id,
                "principalId": self.principal_id,
                "extensionNames": self.extension_names,
            }
        )

    def _canary(
        self,
        name: str,
        spec: PoolSpec,
        inputs: Mapping[str, Any],
        reading: PoolIdentity | None,
        grants: list[pulumi.Resource],
        plan: PoolPlan,
    ) -> batch.Pool:
        own = declare_canary(plan)
        canary = batch.Pool(
            own.resource_name,
            **open_later(_with_secrets(_canary_inputs(inputs, spec, reading))),
            opts=pulumi.ResourceOptions(
                parent=self,
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

    def _child_options(self, spec: PoolSpec) -> pulumi.ResourceOptions:
        """For identity and grants. Beside the new pool the old one goes on working, with its own.

        The provider would have them deleted first, and with the identity the engine takes the pool that has it.
        """
        beside = spec.rollout.strategy == BLUE_GREEN
        return pulumi.ResourceOptions(parent=self, delete_before_replace=False if beside else None)

    def _identities(self, name: str, spec: PoolSpec) -> tuple[list[PoolIdentity], PoolIdentity | None]:
        """All identities in canonical order, and the one that reads certificates: the chosen one, else the first."""
        child = self._child_options(spec)
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

    def _grant(self, name: str, spec: PoolSpec, index: int, identity: PoolIdentity | None) -> pulumi.Resource:
        access = (spec.key_vault_access or [])[index]
        if identity is None:
            raise AssertionError("grants without an identity have passed the checks")
        vault_id = open_later(access.vault_id)
        try:
            mode: str = access.mode or detect_mode(vault_id, self)
        except ModeUnknown as error:
            raise InvalidPoolError(name, InvalidInput([mode_not_found(index, access, str(error))])) from None
        child = self._child_options(spec)
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
    if refusing is not None:
        binding.before_create = [*(refusing.before_create or []), *(binding.before_create or [])]
    return binding


def _pool_inputs(
    name: str, spec: PoolSpec, identities: list[PoolIdentity], reading: PoolIdentity | None
) -> dict[str, Any]:
    client_id = Later(reading.client_id) if reading else None
    base = spec.pool_name if spec.pool_name is not None else name
    inputs = render_pool_inputs(
        spec.model_copy(update={"pool_name": base}),
        identity_ids=[Later(one.id) for one in identities],
        client_id=client_id,
    )
    if spec.rollout.strategy == BLUE_GREEN:
        inputs["pool_name"] = _digested_name(blue_green_name, base, inputs, spec, client_id)
    return inputs


def _canary_inputs(inputs: Mapping[str, Any], spec: PoolSpec, reading: PoolIdentity | None) -> dict[str, Any]:
    """Those of the pool, under a name that says what it is made with; its nodes come and go by its hooks."""
    client_id = Later(reading.client_id) if reading else None
    none = {"fixed_scale": {"target_dedicated_nodes": 0, "target_low_priority_nodes": 0}}
    name = _digested_name(canary_name, inputs["pool_name"], inputs, spec, client_id)
    return {**inputs, "pool_name": name, "scale_settings": none}


def _digested_name(
    make: Callable[[str, str], str], base: Any, inputs: Mapping[str, Any], spec: PoolSpec, client_id: Any
) -> Any:
    """A name made of the base and of the digest of all that replaces the pool; known in previews where these are."""
    tree = what_replaces(inputs, REPLACE_ON_CHANGES, all_extensions(spec, client_id))
    leaves = [_told(leaf) for leaf in later_leaves(tree)]
    if not leaves and isinstance(base, str):
        return make(base, digest_of(tree, []))
    digest = pulumi.Output.all(*leaves).apply(lambda values: digest_of(tree, values)) if leaves else digest_of(tree, [])
    return Later(pulumi.Output.all(open_later(base), digest).apply(lambda parts: make(parts[0], parts[1])))


def _told(leaf: Later) -> pulumi.Output[Any]:
    """What the name of a pool may know of a value: a secret is a secret, whatever it says."""
    output = pulumi.Output.from_input(leaf.value)
    return pulumi.Output.all(output.is_secret(), pulumi.Output.unsecret(output)).apply(
        lambda both: SECRET_MARK if both[0] else both[1]
    )


def _checked(name: str, args: ExtensionPoolArgs) -> tuple[PoolSpec, tuple[Notice, ...]]:
    today = date.today()

    def rules(spec: PoolSpec) -> tuple[Problem, ...]:
        return check_pool(spec, today).problems

    def check_when_known(later: Later, path: Path) -> Later:
        output = pulumi.Output.from_input(later.value)

        async def check(value: Any) -> Any:
            formed, problems = became_known(PoolSpec, tree, path, value, rules)
            if problems:
                shown = without_value(problems, value) if await output.is_secret() else problems
                raise InvalidPoolError(name, InvalidInput(shown))
            return formed

        # at its own leaf, as it came
        return Later(output.apply(check))

    tree = _defer_outputs(args)
    try:
        parse_model(PoolSpec, tree, rules, stack_words=False)
    except InvalidInput as error:
        raise InvalidPoolError(name, error) from None
    # Only now: what a refused pool was given must not be looked at any more. The rules have judged this tree already,
    # and what comes later is closed to them in either.
    spec = parse_model(PoolSpec, map_later(tree, check_when_known), lambda _: (), stack_words=False)
    missing = check_tools(spec)
    if missing:
        raise InvalidPoolError(name, InvalidInput(missing))
    return spec, check_pool(spec, today).notices


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


def _with_secrets(tree: Any) -> Any:
    """The tree with each value of `SECRET_FIELDS` as a secret, at that place and no higher."""
    if isinstance(tree, Mapping):
        return {
            key: Later(pulumi.Output.secret(open_later(value))) if key in SECRET_FIELDS else _with_secrets(value)
            for key, value in tree.items()
        }
    if isinstance(tree, list):
        return [_with_secrets(value) for value in tree]
    return tree
