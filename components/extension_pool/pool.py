"""`ExtensionPool`: what a program sees of it. How its children are made is in `wiring`."""

from typing import Optional

import pulumi

from .args import ExtensionPoolArgs
from .problems import InvalidInput, render_path


class InvalidPoolError(pulumi.RunError, pulumi.InputPropertiesError):
    """The arguments of a pool break rules: one line for each.

    A Pulumi program that does not catch it ends with these lines and no traceback; nothing has been created.
    """

    def __init__(self, name: str, error: InvalidInput) -> None:
        self.problems = error.problems
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
    """Resource id of the user-assigned identity that reads certificates; nothing for a pool without one."""
    client_id: pulumi.Output[str] | None
    """Client id of this identity: what extensions and tasks sign in with."""
    principal_id: pulumi.Output[str] | None
    """Principal (object) id of this identity: what roles are assigned to."""
    extension_names: pulumi.Output[list[str]]
    """Names of all extensions, as the nodes report them."""

    # the words are those of Python; a plugin's users have others
    _worded = staticmethod(lambda notice: notice)
    _option_worded = staticmethod(lambda said: said)

    def __init__(self, name: str, args: ExtensionPoolArgs, opts: Optional[pulumi.ResourceOptions] = None) -> None:  # noqa: UP045 - schema reader
        """Raises InvalidPoolError with every problem of arguments and options before any resource is registered."""
        # Rules, shapes and azure-native take most of the time that this package takes to load.
        from .wiring import Wiring

        wiring = Wiring(name, args, opts)
        super().__init__("extension-pool:index:ExtensionPool", name, {}, opts)
        warnings = [
            *(self._worded(notice).sentence() for notice in wiring.notices),
            *map(self._option_worded, wiring.without_effect),
        ]
        for said in warnings:
            pulumi.log.warn(said, self)

        made = wiring.declare(self, protect=bool(self._protect))
        self.pool_id = made.pool_id
        self.pool_name = made.pool_name
        self.identity_id = made.identity_id
        self.client_id = made.client_id
        self.principal_id = made.principal_id
        self.extension_names = made.extension_names
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
