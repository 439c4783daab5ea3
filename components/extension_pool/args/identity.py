"""Who the nodes are, and what they may read."""

from collections.abc import Mapping

from pulumi import Input
from typing_extensions import NotRequired, TypedDict


class ExistingIdentityArgs(TypedDict):
    """A user-assigned identity that is already there."""

    id: Input[str]
    """Required. Its resource id. Resource group and subscription may be others than the pool's, the tenant not."""
    client_id: NotRequired[Input[str]]
    """Conditional: required with an identity in another subscription. Left out, it is looked up by the id, in the
    subscription of the provider."""
    principal_id: NotRequired[Input[str]]
    """Conditional: required with an identity in another subscription. Left out, it is looked up by the id, in the
    subscription of the provider."""
    reads_certificates: NotRequired[bool]
    """Conditional: true for exactly one identity when the pool has several and grants or certificates. It gets the
    grants, and its client id goes into the Key Vault extension."""


class IdentityArgs(TypedDict):
    """The pool's user-assigned identities. Azure gives a changed set to new nodes only: a change replaces the pool."""

    create: NotRequired[bool]
    """Optional. Whether the component creates an identity, in the pool's resource group. Left out, it does if there is
    none in existing. With false and none in existing the pool has no identity."""
    name: NotRequired[Input[str]]
    """Optional. The name of the created identity. Left out, Pulumi makes one from the component's name."""
    tags: NotRequired[Mapping[str, Input[str]]]
    """Optional. Tags of the created identity. Changed in place, without touching the pool."""
    reads_certificates: NotRequired[bool]
    """Conditional: true for exactly one identity when the pool has several and grants or certificates; this one is the
    created identity's."""
    existing: NotRequired[list[ExistingIdentityArgs]]
    """Optional. Identities that are already there. Their order does not matter."""


class KeyVaultAccessArgs(TypedDict):
    """A grant: the identity that reads certificates may read the secrets of a vault.
    https://learn.microsoft.com/azure/key-vault/general/rbac-guide"""

    vault_id: Input[str]
    """Required. Resource id of the vault. In mode rbac it may be in another subscription."""
    name: NotRequired[str]
    """Conditional: required when there are several grants; tells them apart, so that their order does not matter."""
    mode: NotRequired[str]
    """Conditional: rbac (a role assignment) or access-policy (an entry of its own in the vault's access policies, the
    others stay). Left out, it is looked up; required where that is not possible: a vault that is yet to be made, or one
    in another subscription."""
    role: NotRequired[str]
    """Optional, mode rbac. Name or id of the role. Left out, Key Vault Secrets User, which is enough; roles with which
    the extension cannot read a certificate are refused."""
    secret_name: NotRequired[Input[str]]
    """Optional, mode rbac. Grants one secret instead of all of the vault."""
    wait: NotRequired[str]
    """Optional. ISO 8601 duration that a new grant gets to work before the pool is made. Left out, PT10M for a role
    where nodes wait for their certificates (Azure needs up to ten minutes), else PT0S. Old grants are not waited
    for."""
