"""`ExtensionPool`: the wiring of identity, grants and pool. The rules are in `checks`, the shapes in `spec`."""

from collections.abc import Awaitable, Mapping
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
from .pool_names import SECRET_MARK, blue_green_name, digest_of, later_leaves, what_replaces
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
        pool = batch.Pool(
            f"{name}-pool",
            **open_later(_with_secrets(inputs)),
            opts=pulumi.ResourceOptions(
                parent=self,
                # nodes boot and ask for their certificates at once
                depends_on=grants,
                replace_on_changes=list(REPLACE_ON_CHANGES),
                # Where the name stays the new pool cannot be there beside the old one. Where it does not, the provider
                # would still have it so: it takes a pool's name for its place.
                delete_before_replace=not blue_green,
                hooks=refuse_a_taken_name(f"{name}-pool") if blue_green else None,
            ),
        )

        self.pool_id = pool.id
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

    def _identities(self, name: str, spec: PoolSpec) -> tuple[list[PoolIdentity], PoolIdentity | None]:
        """All identities in canonical order, and the one that reads certificates: the chosen one, else the first."""
        child = pulumi.ResourceOptions(parent=self)
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
        child = pulumi.ResourceOptions(parent=self)
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
        tree = what_replaces(inputs, REPLACE_ON_CHANGES, all_extensions(spec, client_id))
        leaves = [_told(leaf) for leaf in later_leaves(tree)]
        # Without leaves, and with known ones, the name is known in previews.
        digest = pulumi.Output.all(*leaves).apply(lambda values: digest_of(tree, values)) if leaves else None
        inputs["pool_name"] = (
            blue_green_name(base, digest_of(tree, []))
            if digest is None and isinstance(base, str)
            else Later(
                pulumi.Output.all(open_later(base), digest if digest is not None else digest_of(tree, [])).apply(
                    lambda parts: blue_green_name(parts[0], parts[1])
                )
            )
        )
    return inputs


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
