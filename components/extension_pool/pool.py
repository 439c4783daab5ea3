"""`ExtensionPool`: the wiring of identity, grants and pool. The rules are in `checks`, the shapes in `spec`."""

from collections.abc import Awaitable, Mapping
from datetime import date
from typing import Any, Optional

import pulumi
from pulumi_azure_native import batch

from .access import PoolIdentity, create_identity, grant_vault_access, use_identity
from .args import ExtensionPoolArgs
from .checks import check_pool
from .derived import extension_names
from .problems import SECRET_FIELDS, InvalidInput, Later, Notice, open_later, render_path
from .render import render_pool_inputs
from .rollout import REPLACE_ON_CHANGES
from .spec import PoolSpec, plain_tree
from .validation import parse_model


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
    identity_id: pulumi.Output[str]
    """Resource id of the pool's user-assigned identity."""
    client_id: pulumi.Output[str]
    """Client id of the identity: what extensions and tasks sign in with."""
    principal_id: pulumi.Output[str]
    """Principal (object) id of the identity: what roles are assigned to."""
    extension_names: pulumi.Output[list[str]]
    """Names of all extensions, as the nodes report them."""

    def __init__(self, name: str, args: ExtensionPoolArgs, opts: Optional[pulumi.ResourceOptions] = None) -> None:  # noqa: UP045 - schema reader
        """Raises InvalidPoolError with every problem of the arguments before any resource is registered."""
        spec, notices = _checked(name, args)
        super().__init__("extension-pool:index:ExtensionPool", name, {}, opts)
        for notice in notices:
            pulumi.log.warn(notice.sentence(), self)

        identity = self._identity(name, spec)
        grants = [
            grant_vault_access(
                name, open_later(access.vault_id), identity, name=access.name, opts=pulumi.ResourceOptions(parent=self)
            )
            for access in spec.key_vault_access or []
        ]
        inputs = render_pool_inputs(
            spec if spec.pool_name is not None else spec.model_copy(update={"pool_name": name}),
            identity_id=Later(identity.id),
            client_id=Later(identity.client_id),
        )
        pool = batch.Pool(
            f"{name}-pool",
            **open_later(_with_secrets(inputs)),
            opts=pulumi.ResourceOptions(
                parent=self,
                # nodes boot and ask for their certificates at once
                depends_on=grants,
                replace_on_changes=list(REPLACE_ON_CHANGES),
                # the name stays, so the new pool cannot be there beside the old one
                delete_before_replace=True,
            ),
        )

        self.pool_id = pool.id
        self.pool_name = pool.name
        self.identity_id = identity.id
        self.client_id = identity.client_id
        self.principal_id = identity.principal_id
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

    def _identity(self, name: str, spec: PoolSpec) -> PoolIdentity:
        child = pulumi.ResourceOptions(parent=self)
        if spec.identity.existing is not None:
            return use_identity(**open_later(plain_tree(spec.identity.existing)), opts=child)
        group = open_later(spec.resource_group_name)
        return create_identity(name, group, **open_later(plain_tree(spec.identity)), opts=child)


def _checked(name: str, args: ExtensionPoolArgs) -> tuple[PoolSpec, tuple[Notice, ...]]:
    today = date.today()
    try:
        spec = parse_model(
            PoolSpec, _defer_outputs(args), lambda spec: check_pool(spec, today).problems, stack_words=False
        )
    except InvalidInput as error:
        raise InvalidPoolError(name, error) from None
    return spec, check_pool(spec, today).notices


def _defer_outputs(value: Any) -> Any:
    """The arguments as a plain tree, each Output or awaitable as a `Later`; what was given as None is left out."""
    if isinstance(value, (pulumi.Output, Awaitable)):
        return Later(value)
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
