"""The pool's user-assigned identity and its access to key vaults."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
from pulumi_azure_native import authorization, managedidentity

from .azure_types import parse_identity_id, parse_vault_id

KEY_VAULT_SECRETS_USER = "4633458b-17de-408a-b874-0445c86b69e6"
"""The role that the extension's pages ask for.
https://learn.microsoft.com/azure/key-vault/general/rbac-guide#azure-built-in-roles-for-key-vault-data-plane-operations"""

_GRANTS = uuid.uuid5(
    uuid.NAMESPACE_URL, "https://management.azure.com/providers/Microsoft.Authorization/roleAssignments"
)


@dataclass(frozen=True)
class PoolIdentity:
    """A user-assigned identity. id: resource id; client_id: what extensions sign in with; principal_id: what roles are
    assigned to."""

    id: pulumi.Output[str]
    client_id: pulumi.Output[str]
    principal_id: pulumi.Output[str]


def create_identity(
    component: str,
    resource_group_name: pulumi.Input[str],
    *,
    name: pulumi.Input[str] | None = None,
    tags: Mapping[str, pulumi.Input[str]] | None = None,
    opts: pulumi.ResourceOptions,
) -> PoolIdentity:
    """Creates ``<component>-identity``; without a name, Pulumi makes one.

    Its client and principal id come from a lookup by its id: they are unknown in the preview of any update of the
    identity, even of a tag, and the pool and the grant would show as replaced.
    """
    created = managedidentity.UserAssignedIdentity(
        f"{component}-identity", resource_group_name=resource_group_name, resource_name_=name, tags=tags, opts=opts
    )
    return _looked_up(created.id, opts)


def use_identity(
    id: pulumi.Input[str],
    *,
    client_id: pulumi.Input[str] | None = None,
    principal_id: pulumi.Input[str] | None = None,
    opts: pulumi.ResourceOptions,
) -> PoolIdentity:
    """An identity that is already there, with the ids that were given; the others are looked up."""
    identity_id = pulumi.Output.from_input(id)
    if client_id is not None and principal_id is not None:
        return PoolIdentity(identity_id, pulumi.Output.from_input(client_id), pulumi.Output.from_input(principal_id))
    found = _looked_up(identity_id, opts)
    return PoolIdentity(
        identity_id,
        found.client_id if client_id is None else pulumi.Output.from_input(client_id),
        found.principal_id if principal_id is None else pulumi.Output.from_input(principal_id),
    )


def grant_vault_access(
    component: str,
    vault_id: pulumi.Input[str],
    identity: PoolIdentity,
    *,
    name: str | None = None,
    opts: pulumi.ResourceOptions,
) -> authorization.RoleAssignment:
    """Lets the identity read the vault's secrets: ``<component>-vault-access``, with ``-<name>`` where it has one."""
    scope = pulumi.Output.from_input(vault_id)
    role = scope.apply(
        lambda scope: (
            f"/subscriptions/{parse_vault_id(scope)[0]}"
            f"/providers/Microsoft.Authorization/roleDefinitions/{KEY_VAULT_SECRETS_USER}"
        )
    )
    return authorization.RoleAssignment(
        f"{component}-vault-access" + (f"-{name}" if name else ""),
        scope=scope,
        # An assignment's name says what it assigns: with another principal, scope or role it is another assignment,
        # and Azure would refuse to change the one there is (RoleAssignmentUpdateNotPermitted).
        role_assignment_name=pulumi.Output.all(scope, identity.principal_id, role).apply(
            lambda parts: str(uuid.uuid5(_GRANTS, "|".join(str(part).lower() for part in parts)))
        ),
        role_definition_id=role,
        principal_id=identity.principal_id,
        # The SDK's default is User. With the type said, Azure does not ask a directory that may not have heard of the
        # new identity yet. https://learn.microsoft.com/azure/role-based-access-control/troubleshooting
        principal_type=authorization.PrincipalType.SERVICE_PRINCIPAL,
        opts=opts,
    )


def _looked_up(identity_id: pulumi.Output[str], opts: pulumi.ResourceOptions) -> PoolIdentity:
    parts = identity_id.apply(parse_identity_id)
    found = managedidentity.get_user_assigned_identity_output(
        resource_group_name=parts.apply(lambda parts: parts[1]),
        resource_name=parts.apply(lambda parts: parts[2]),
        opts=pulumi.InvokeOutputOptions(parent=opts.parent),
    )
    return PoolIdentity(identity_id, found.client_id, found.principal_id)
