"""Who the nodes are, and what they may read."""

from typing import Literal

from ..azure_types import Guid, IsoDuration, LaterOr, SecretName, Text, UserAssignedIdentityId, VaultId
from .base import SpecModel

RBAC = "rbac"
ACCESS_POLICY = "access-policy"


class ExistingIdentity(SpecModel):
    """A user-assigned identity that is already there; client and principal id are looked up unless they are given."""

    id: LaterOr[UserAssignedIdentityId]
    client_id: LaterOr[Guid] | None = None
    principal_id: LaterOr[Guid] | None = None
    reads_certificates: bool = False


class Identity(SpecModel):
    """The pool's user-assigned identities: one of our own (``name``, ``tags``), and those of ``existing``.

    create: left out, one is created if there is none in ``existing``. reads_certificates: of the created one.
    """

    create: bool | None = None
    name: LaterOr[Text] | None = None
    tags: dict[str, LaterOr[str]] | None = None
    reads_certificates: bool = False
    existing: list[ExistingIdentity] | None = None

    @property
    def creates(self) -> bool:
        """Whether the component creates an identity."""
        return self.create if self.create is not None else not self.existing


class KeyVaultAccess(SpecModel):
    """One grant: the identity that reads certificates may read the secrets of a vault, or one of them.

    name: tells several grants apart. mode: how the vault decides, looked up unless it is given. role: by name or id, in
    mode rbac. secret_name: one secret instead of all, in mode rbac. wait: how long a new grant gets to work before the
    pool is made.
    """

    vault_id: LaterOr[VaultId]
    name: Text | None = None
    mode: Literal["rbac", "access-policy"] | None = None
    role: Text | None = None
    secret_name: LaterOr[SecretName] | None = None
    wait: IsoDuration | None = None
