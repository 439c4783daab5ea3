"""Whether an identity of a pool may read a secret of a vault, as far as the resources of one stack show it. Pure.

Before the first update neither ids nor principals are known: then what a value was made from (the engine's property
dependencies) tells which identity it belongs to. What is not known yet is not judged.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from extension_pool.roles import find_role

from .model import UNKNOWN, Resource, Stack
from .reading import at, is_type, known_items, known_text, plain

ALLOWED = "allowed"
REFUSED = "refused"
LATER = "known later"
UNSEEN = "unseen"
"""An identity that was made outside the stack may have a grant outside it."""

_VAULT_SCOPE = re.compile(r"(?i)/providers/microsoft\.keyvault/vaults/(?P<vault>[^/]+)(/secrets/(?P<secret>[^/]+))?")


@dataclass(frozen=True)
class Verdict:
    """kind: one of the constants above; why: what a grant that is there lacks."""

    kind: str
    why: str = ""


@dataclass(frozen=True)
class Identity:
    """A user-assigned identity of the stack. name, principal: in lower case; None while they are not known."""

    urn: str
    name: str | None
    principal: str | None


@dataclass(frozen=True)
class Grant:
    """A grant of the stack.

    principal: in lower case; None while it is not known; made_from: URNs of what it was made from. vaults: those that
    the grant may be for, in lower case; None for whichever. secret: the only one; None for all. lacks: why it does not
    suffice.
    """

    parent: str
    principal: str | None
    made_from: frozenset[str]
    vaults: frozenset[str] | None
    secret: str | None = None
    lacks: str = ""

    def covers(self, vault: str, secret: str) -> bool:
        """Whether it is for a secret of a vault, as far as is known."""
        return (self.vaults is None or vault in self.vaults) and self.secret in (None, secret)


@dataclass(frozen=True)
class Access:
    """Who reads what in a stack."""

    identities: tuple[Identity, ...]
    grants: tuple[Grant, ...]

    @cached_property
    def _urns(self) -> frozenset[str]:
        return frozenset(one.urn for one in self.identities)

    @cached_property
    def _principals(self) -> frozenset[str | None]:
        return frozenset(one.principal for one in self.identities)

    def judge(self, pool: Resource, vault: str, secret: str) -> Verdict:
        """Whether one of the pool's identities may read a secret. vault, secret: their names, in lower case."""
        given = plain(at(pool.props, "identity", "userAssignedIdentities"))
        if not given or not isinstance(given, (list, tuple, Mapping)):
            return Verdict(LATER)
        ids = [plain(one) for one in given]
        own = self._own(pool, ids)
        elsewhere = len(own) < len(ids)
        verdicts = [
            (self._is_of(grant, own, elsewhere, pool), grant.lacks)
            for grant in self.grants
            if grant.covers(vault, secret)
        ]
        if (True, "") in verdicts:
            return Verdict(ALLOWED)
        if (None, "") in verdicts or (not own and any(one is UNKNOWN for one in ids)):
            return Verdict(LATER)
        lacks = next((lacks for is_own, lacks in verdicts if is_own), "")
        return Verdict(UNSEEN) if elsewhere and not lacks else Verdict(REFUSED, lacks)

    def _own(self, pool: Resource, ids: Sequence[Any]) -> list[Identity]:
        """The identities of the stack that are the pool's."""
        urns = set(pool.depends_on.get("identity", ()))
        names = {one.rstrip("/").rpartition("/")[2].lower() for one in ids if isinstance(one, str)}
        return [one for one in self.identities if one.urn in urns or one.name in names]

    def _is_of(self, grant: Grant, own: list[Identity], elsewhere: bool, pool: Resource) -> bool | None:
        """Whether a grant is one of the pool's identities'; None where that cannot be told.

        elsewhere: whether the pool has identities that the stack did not make.
        """
        urns = {one.urn for one in own}
        # a component grants to the identity that reads its certificates, wherever that was made
        if grant.made_from & urns or (pool.of_component and grant.parent == pool.parent):
            return True
        if grant.made_from & self._urns:
            return False
        if grant.principal is None:
            return None
        if grant.principal in {one.principal for one in own}:
            return True
        if grant.principal in self._principals:
            return False
        return None if elsewhere or any(one.principal is None for one in own) else False


def read_access(stack: Stack) -> Access:
    """The identities and grants of a stack."""
    vaults = {one.urn: name for one in stack.resources if (name := _name_of_vault(one)) is not None}
    return Access(
        tuple(
            Identity(one.urn, _lower(one, "name") or _lower(one, "resourceName"), _lower(one, "principalId"))
            for one in stack.resources
            if is_type(one.type, "managedidentity", "UserAssignedIdentity")
        ),
        tuple(grant for one in stack.resources for grant in _grants(one, vaults)),
    )


def _grants(resource: Resource, vaults: Mapping[str, str]) -> Iterator[Grant]:
    """The grants that a resource makes. vaults: names of the stack's vaults, by their URNs."""
    if is_type(resource.type, "authorization", "RoleAssignment"):
        yield _assignment(resource, vaults)
    elif is_type(resource.type, "keyvault", "AccessPolicy"):
        name = _lower(resource, "vaultName")
        yield _entry(resource, at(resource.props, "policy"), "policy", name)
    elif resource.urn in vaults and plain(at(resource.props, "properties", "enableRbacAuthorization")) is not True:
        for _, entry in known_items(at(resource.props, "properties", "accessPolicies")):
            yield _entry(resource, entry, "properties", vaults[resource.urn])


def _assignment(resource: Resource, vaults: Mapping[str, str]) -> Grant:
    """A role. A scope that is wider than a vault is taken to be around the vault, as it may be."""
    made_from = frozenset(resource.depends_on.get("principalId", ()))
    role = find_role((known_text(resource.props, "roleDefinitionId") or "").rpartition("/")[2])
    # of a role that is not known here, a custom one, nothing is said
    lacks = f"{role.name}, which it has, {role.why}" if role is not None and not role.suffices else ""
    named, secret = None, None
    scope = known_text(resource.props, "scope")
    if scope is None:
        known = frozenset(vaults[urn] for urn in resource.depends_on.get("scope", ()) if urn in vaults)
        named = known or None
    elif match := _VAULT_SCOPE.search(scope):
        named = frozenset({match["vault"].lower()})
        secret = match["secret"].lower() if match["secret"] else None
    return Grant(resource.parent, _lower(resource, "principalId"), made_from, named, secret, lacks)


def _entry(resource: Resource, entry: Any, key: str, vault: str | None) -> Grant:
    """An entry of a vault's access policies. key: the property of the resource that it is in."""
    principal = known_text(entry, "objectId")
    return Grant(
        resource.parent,
        principal.lower() if principal is not None else None,
        frozenset(resource.depends_on.get(key, ())),
        frozenset({vault}) if vault is not None else None,
        lacks=_permissions_lack(plain(at(entry, "permissions", "secrets"))),
    )


def _permissions_lack(permissions: Any) -> str:
    if permissions is None:
        return "its entry in the access policies has no permissions on secrets"
    known = [plain(one) for _, one in known_items(permissions)]
    if not isinstance(permissions, (list, tuple)) or len(known) < len(permissions):
        return ""
    allowed = {str(one).lower() for one in known}
    enough = "all" in allowed or {"get", "list"} <= allowed
    return "" if enough else "its entry in the access policies lacks get or list on secrets"


def _name_of_vault(resource: Resource) -> str | None:
    if not is_type(resource.type, "keyvault", "Vault"):
        return None
    return _lower(resource, "vaultName") or _lower(resource, "name")


def _lower(resource: Resource, key: str) -> str | None:
    text = known_text(resource.props, key)
    return text.lower() if text else None
