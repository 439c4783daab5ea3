"""Who the nodes are, and what they may read."""

from __future__ import annotations

from ..azure_types import Guid, LaterOr, Text, UserAssignedIdentityId, VaultId
from .base import SpecModel


class ExistingIdentity(SpecModel):
    """A user-assigned identity that is already there; client and principal id are looked up unless they are given."""

    id: LaterOr[UserAssignedIdentityId]
    client_id: LaterOr[Guid] | None = None
    principal_id: LaterOr[Guid] | None = None


class Identity(SpecModel):
    """The pool's user-assigned identity: one of our own (``name``, ``tags``), or ``existing``."""

    name: LaterOr[Text] | None = None
    tags: dict[str, LaterOr[str]] | None = None
    existing: ExistingIdentity | None = None


class KeyVaultAccess(SpecModel):
    """One grant: the pool's identity may read the secrets of a vault. ``name`` tells several grants apart."""

    vault_id: LaterOr[VaultId]
    name: Text | None = None
