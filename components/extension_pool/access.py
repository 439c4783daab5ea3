"""The pool's user-assigned identities and their access to key vaults."""

from __future__ import annotations

import os
import uuid
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import pulumi
from pulumi_azure_native import authorization, keyvault, managedidentity

from .azure_types import duration_in_seconds, parse_identity_id, parse_vault_id, spell_identity_id
from .hooks import wait_after_create
from .roles import KEY_VAULT_SECRETS_USER, find_role
from .runs import once_in_a_run
from .spec import ACCESS_POLICY, RBAC

WAIT_VARIABLE = "EXTENSION_POOL_GRANT_WAIT"
"""Environment variable with an ISO 8601 duration for all grants, whatever the program says: for places where a grant
works at once, such as tests."""

_GRANTS = uuid.uuid5(
    uuid.NAMESPACE_URL, "https://management.azure.com/providers/Microsoft.Authorization/roleAssignments"
)


class ModeUnknown(Exception):
    """How a vault decides who may read could not be looked up. The text says why."""


class PoolIdentity(NamedTuple):
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
    found = _look_up(created.id, opts)
    return PoolIdentity(created.id, found.client_id, found.principal_id)


def use_identity(
    id: pulumi.Input[str],
    *,
    client_id: pulumi.Input[str] | None = None,
    principal_id: pulumi.Input[str] | None = None,
    opts: pulumi.ResourceOptions,
) -> PoolIdentity:
    """An identity that is already there, with the ids that were given; the others are looked up.

    Upper and lower case in the id change nothing: where it is looked up, its names are spelled as Azure has them.
    """
    identity_id = pulumi.Output.from_input(id).apply(spell_identity_id)
    if client_id is not None and principal_id is not None:
        return PoolIdentity(identity_id, pulumi.Output.from_input(client_id), pulumi.Output.from_input(principal_id))
    found = _look_up(identity_id, opts)
    return PoolIdentity(
        pulumi.Output.all(identity_id, found.id).apply(lambda ids: _as_azure_has_it(*ids)),
        found.client_id if client_id is None else pulumi.Output.from_input(client_id),
        found.principal_id if principal_id is None else pulumi.Output.from_input(principal_id),
    )


def _as_azure_has_it(given: str, found: str | None) -> str:
    # an answer that is about another identity, as a test's mocks may give, says nothing
    return spell_identity_id(found) if found is not None and found.lower() == given.lower() else given


def detect_mode(vault_id: str, parent: pulumi.Resource) -> str:
    """``rbac`` or ``access-policy``, as the vault says, asked once in a run. Raises ModeUnknown where it cannot be."""
    key = ("mode of vault", vault_id.lower(), _provider(parent))
    return once_in_a_run(key, lambda: _ask_mode(vault_id, parent))


def _ask_mode(vault_id: str, parent: pulumi.Resource) -> str:
    subscription, group, name = parse_vault_id(vault_id)
    try:
        vault = keyvault.get_vault(resource_group_name=group, vault_name=name, opts=pulumi.InvokeOptions(parent=parent))
    except Exception as error:  # the engine raises no narrower type
        raise ModeUnknown(" ".join(str(error).split())) from error
    if parse_vault_id(vault.id)[0].lower() != subscription.lower():
        raise ModeUnknown("it is in another subscription than the provider's")
    return RBAC if vault.properties.enable_rbac_authorization else ACCESS_POLICY


def grant_role(
    component: str,
    vault_id: pulumi.Input[str],
    identity: PoolIdentity,
    *,
    name: str | None = None,
    role: str | None = None,
    secret_name: pulumi.Input[str] | None = None,
    wait: int = 0,
    opts: pulumi.ResourceOptions,
) -> authorization.RoleAssignment:
    """Lets the identity read secrets of a vault in RBAC mode.

    The resource is ``<component>-vault-access``, with ``-<name>`` where it has one. role: name or id, Key Vault Secrets
    User if None. secret_name: this secret only. wait: seconds until whatever depends on a new grant goes on.
    """
    known = find_role(role) if role is not None else KEY_VAULT_SECRETS_USER
    role_id = known.id if known is not None else role
    resource_name = _grant_name(component, name)

    def define(vault: str) -> str:
        return f"/subscriptions/{parse_vault_id(vault)[0]}/providers/Microsoft.Authorization/roleDefinitions/{role_id}"

    scope: pulumi.Input[str]
    definition: pulumi.Input[str]
    if isinstance(vault_id, str):
        # a program with hundreds of pools feels each Output
        scope, definition = vault_id, define(vault_id)
    else:
        scope = pulumi.Output.from_input(vault_id)
        definition = scope.apply(define)
    if secret_name is not None:
        scope = pulumi.Output.concat(scope, "/secrets/", secret_name)
    return authorization.RoleAssignment(
        resource_name,
        scope=scope,
        # An assignment's name says what it assigns: with another principal, scope or role it is another assignment,
        # and Azure would refuse to change the one there is (RoleAssignmentUpdateNotPermitted).
        role_assignment_name=_assignment_name(scope, identity.principal_id, definition),
        role_definition_id=definition,
        principal_id=identity.principal_id,
        # The SDK's default is User. With the type said, Azure does not ask a directory that may not have heard of the
        # new identity yet. https://learn.microsoft.com/azure/role-based-access-control/troubleshooting
        principal_type=authorization.PrincipalType.SERVICE_PRINCIPAL,
        opts=_waiting(opts, resource_name, wait),
    )


def _assignment_name(
    scope: pulumi.Input[str], principal_id: pulumi.Output[str], definition: pulumi.Input[str]
) -> pulumi.Output[str]:
    def name(parts: Sequence[str]) -> str:
        return str(uuid.uuid5(_GRANTS, "|".join(str(part).lower() for part in parts)))

    if isinstance(scope, str) and isinstance(definition, str):
        return principal_id.apply(lambda principal: name((scope, principal, definition)))
    return pulumi.Output.all(scope, principal_id, definition).apply(name)


def add_access_policy(
    component: str,
    vault_id: pulumi.Input[str],
    identity: PoolIdentity,
    *,
    name: str | None = None,
    wait: int = 0,
    opts: pulumi.ResourceOptions,
) -> keyvault.AccessPolicy:
    """Adds one entry to the access policies of a vault, get and list on secrets for the identity; others stay.

    The resource is named as in `grant_role`. https://learn.microsoft.com/azure/key-vault/general/assign-access-policy
    """
    resource_name = _grant_name(component, name)
    parts = pulumi.Output.from_input(vault_id).apply(parse_vault_id)
    return keyvault.AccessPolicy(
        resource_name,
        resource_group_name=parts.apply(lambda parts: parts[1]),
        vault_name=parts.apply(lambda parts: parts[2]),
        policy={
            # a pool's identity is in the tenant of its account, and so is whoever deploys
            "tenant_id": _tenant(opts.parent),
            "object_id": identity.principal_id,
            "permissions": {"secrets": [keyvault.SecretPermissions.GET, keyvault.SecretPermissions.LIST]},
        },
        opts=_waiting(opts, resource_name, wait),
    )


def _grant_name(component: str, name: str | None) -> str:
    return f"{component}-vault-access" + (f"-{name}" if name else "")


def _waiting(opts: pulumi.ResourceOptions, resource_name: str, wait: int) -> pulumi.ResourceOptions:
    seconds = duration_in_seconds(os.environ.get(WAIT_VARIABLE, ""))
    seconds = wait if seconds is None else seconds
    if not seconds:
        return opts
    return pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(hooks=wait_after_create(resource_name, seconds)))


def _look_up(
    identity_id: pulumi.Output[str], opts: pulumi.ResourceOptions
) -> pulumi.Output[managedidentity.GetUserAssignedIdentityResult]:
    """Asked once in a run for each identity and provider, however many pools share it."""

    def ask(known: str) -> pulumi.Output[managedidentity.GetUserAssignedIdentityResult]:
        _, group, name = parse_identity_id(known)
        return managedidentity.get_user_assigned_identity_output(
            resource_group_name=group, resource_name=name, opts=pulumi.InvokeOutputOptions(parent=opts.parent)
        )

    return identity_id.apply(
        lambda known: once_in_a_run(("identity", known.lower(), _provider(opts.parent)), lambda: ask(known))
    )


def _tenant(parent: pulumi.Resource | None) -> pulumi.Output[str]:
    """The tenant of whoever deploys, asked once in a run for each provider."""
    return once_in_a_run(
        ("tenant", _provider(parent)),
        lambda: authorization.get_client_config_output(opts=pulumi.InvokeOutputOptions(parent=parent)).tenant_id,
    )


def _provider(parent: pulumi.Resource | None) -> pulumi.ProviderResource | None:
    """Whom a lookup for a child of `parent` is sent to; None for the default provider."""
    return parent.get_provider("azure-native:index:any") if parent is not None else None
