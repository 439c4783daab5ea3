"""Which Azure roles let the Key Vault extension read a certificate, and which do not.

The extension needs the data actions secrets/getSecret and secrets/readMetadata.
https://learn.microsoft.com/azure/key-vault/general/rbac-guide
https://learn.microsoft.com/azure/role-based-access-control/built-in-roles/security
"""

from __future__ import annotations

from typing import NamedTuple

from .problems import nearest


class Role(NamedTuple):
    """A built-in role. suffices: whether the extension can read secrets with it; why: what it lacks or has too much."""

    name: str
    id: str
    suffices: bool
    why: str


KEY_VAULT_SECRETS_USER = Role(
    "Key Vault Secrets User", "4633458b-17de-408a-b874-0445c86b69e6", True, "what the extension's pages ask for"
)

ROLES = (
    KEY_VAULT_SECRETS_USER,
    Role("Key Vault Certificate User", "db79e9a7-68ee-4b58-9aeb-b90e7c24fcba", True, "reads keys too"),
    Role("Key Vault Secrets Officer", "b86a8fe4-44ce-4948-aee5-eccb2c155cd7", True, "may change secrets too"),
    Role("Key Vault Administrator", "00482a5a-887f-4fb3-b363-3b7fe8e74483", True, "may do everything"),
    Role("Key Vault Reader", "21090545-7ca7-4776-b22c-e363652d74d2", False, "reads metadata only"),
    Role("Key Vault Certificates Officer", "a4417e6f-fecd-4de8-b567-7b0420556985", False, "reads no secret part"),
    Role("Key Vault Crypto Officer", "14b46e9e-c2b7-41b4-b07b-48a6ebf60603", False, "is for keys"),
    Role("Key Vault Crypto User", "12338af0-0e69-4776-bea7-57ae8d297424", False, "is for keys"),
    Role("Key Vault Crypto Service Encryption User", "e147488a-f6f5-4113-8e2d-b22465e65bf6", False, "is for keys"),
    Role("Key Vault Crypto Service Release User", "08bbd89e-9f13-488c-ac41-acfcb10c90ab", False, "is for keys"),
    Role("Key Vault Data Access Administrator", "8b54135c-b56d-4d72-a534-26097cfdc8d8", False, "assigns roles only"),
    Role("Key Vault Contributor", "f25e0fa2-a7c8-4377-a976-54943a77a395", False, "manages the vault, reads no secrets"),
)


def find_role(name_or_id: str) -> Role | None:
    """A built-in role by its name or its id; case does not matter."""
    return next((role for role in ROLES if name_or_id.lower() in (role.name.lower(), role.id)), None)


def nearest_role(name: str) -> str | None:
    """The name that a misspelt one was most likely meant to be."""
    return nearest(name, [role.name for role in ROLES])


def sufficient_roles() -> tuple[str, ...]:
    """Names of the roles that suffice, the least one first."""
    return tuple(role.name for role in ROLES if role.suffices)
