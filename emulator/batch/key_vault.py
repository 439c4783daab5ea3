"""Does the Key Vault extension get its certificates? Judged from what is in local Azure, never assumed.

Which secrets a vault holds is not modelled: every name exists. Texts are the vendor's (Key Vault VM extension pages,
azure-linux-extensions#1915, azure-docs#43099).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

IDENTITY_NOT_FOUND = "Identity not found"
NO_AUTH_CONFIG = "Attempt to get non-existent AuthConfig"
NOT_AN_OBJECT = "CertificateManagementConfiguration: not an object"
RETRYING = "Failed to download one or more certificates, retrying..."

# Roles with which secrets can be read (rbac-guide.md, built-in-roles/security.md): Secrets User, Certificate User,
# Administrator, Secrets Officer. Key Vault Reader and the others read no secret value.
SUFFICIENT_ROLES = frozenset(
    {
        "4633458b-17de-408a-b874-0445c86b69e6",
        "db79e9a7-68ee-4b58-9aeb-b90e7c24fcba",
        "00482a5a-887f-4fb3-b363-3b7fe8e74483",
        "b86a8fe4-44ce-4948-aee5-eccb2c155cd7",
    }
)

_URL = re.compile(r"^https://(?P<host>[a-z0-9-]+\.vault\.azure\.net)(?::443)?/secrets/(?P<name>[^/?#]+)", re.I)


@dataclass(frozen=True)
class Rule:
    """How a vault decides until a time, inf for now. `policies`: object id -> permissions on secrets, lower case."""

    rbac: bool
    policies: dict[str, frozenset[str]] = field(default_factory=dict)
    until: float = float("inf")


@dataclass(frozen=True)
class Vault:
    """`rules`: oldest first, the last one holds now. `deleted` is inf while it lives."""

    id: str
    host: str
    rules: tuple[Rule, ...]
    created: float
    deleted: float

    def rule(self, time: float) -> Rule:
        return next(rule for rule in self.rules if time < rule.until)


@dataclass(frozen=True)
class Grant:
    """A role assignment; `effective` is when it has propagated."""

    principal: str
    role: str
    scope: str
    effective: float
    deleted: float


@dataclass(frozen=True)
class Access:
    """`problem`: the text while it does not work. `permanent`: retrying never helps. `works(t)`: it does at time t."""

    problem: str
    permanent: bool = False
    works: Callable[[float], bool] = field(default=lambda _: False)


def is_key_vault(extension: dict[str, Any]) -> bool:
    return str(extension.get("publisher", "")).lower() == "microsoft.azure.keyvault"


def syncs_first(extension: dict[str, Any]) -> bool:
    """Is success reported only after all certificates are there? requireInitialSync; always so from Windows 4.0 on."""
    if str(extension.get("type", "")).lower() == "keyvaultforwindows" and _major(extension) >= 4:
        return True
    return _management(extension).get("requireInitialSync") is True


def judge(
    extension: dict[str, Any], identities: list[dict[str, str]], vaults: list[Vault], grants: list[Grant]
) -> Access:
    settings = extension.get("settings")
    if not isinstance(settings, dict) or not isinstance(settings.get("secretsManagementSettings"), dict):
        return Access(NOT_AN_OBJECT, permanent=True)
    urls = _urls(extension)
    if urls is None:
        return Access(NOT_AN_OBJECT, permanent=True)
    authentication = settings.get("authenticationSettings")
    if not isinstance(authentication, dict):
        # Also when it was put inside secretsManagementSettings or outside settings.
        return Access(NO_AUTH_CONFIG, permanent=True)
    client = str(authentication.get("msiClientId", "")).lower()
    identity = next((item for item in identities if item["clientId"].lower() == client), None)
    if identity is None:
        # Batch pools have user-assigned identities only, so the id is needed even when there is just one.
        return Access(IDENTITY_NOT_FOUND)
    principal = identity["principalId"].lower()
    tests = [_test(url, principal, vaults, grants) for url in urls]
    return Access(RETRYING, works=lambda time: all(test(time) for test in tests))


def _test(url: str, principal: str, vaults: list[Vault], grants: list[Grant]) -> Callable[[float], bool]:
    found = _URL.match(url)
    if not found:
        return lambda _: False
    secret = found["name"].lower()
    of_host = [vault for vault in vaults if vault.host == found["host"].lower()]

    def works(time: float) -> bool:
        return any(
            vault.created <= time < vault.deleted and _may_read(vault, secret, principal, grants, time)
            for vault in of_host
        )

    return works


def _may_read(vault: Vault, secret: str, principal: str, grants: list[Grant], time: float) -> bool:
    rule = vault.rule(time)
    if not rule.rbac:
        # Both models are exclusive; extensions need get and list (Key Vault VM extension for Windows, kvw). No delay of
        # access policies is documented like that of role assignments: they hold at once, a judgement.
        return {"get", "list"} <= rule.policies.get(principal, frozenset())
    vault_id = vault.id.lower()
    target = f"{vault_id}/secrets/{secret}"
    return any(
        grant.principal == principal
        and grant.role in SUFFICIENT_ROLES
        and (target == grant.scope or target.startswith(grant.scope.rstrip("/") + "/"))
        and grant.effective <= time < grant.deleted
        for grant in grants
    )


def _urls(extension: dict[str, Any]) -> list[str] | None:
    """The URLs of the observed certificates; None when they have a form that the version does not read."""
    observed = _management(extension).get("observedCertificates")
    if not isinstance(observed, list):
        return None
    linux = str(extension.get("type", "")).lower() == "keyvaultforlinux"
    # The Batch page pairs KeyVaultForLinux 3.0 with the older list of strings, and it is accepted ("Found v1.x config",
    # AzureTRE#3492). Windows reads objects from 3.0 on.
    strings = linux or _major(extension) < 3
    objects = _major(extension) >= 3
    urls = []
    for item in observed:
        if isinstance(item, str) and strings:
            urls.append(item)
        elif isinstance(item, dict) and objects and isinstance(item.get("url"), str):
            urls.append(item["url"])
        else:
            return None
    return urls


def _management(extension: dict[str, Any]) -> dict[str, Any]:
    settings = extension.get("settings")
    found = settings.get("secretsManagementSettings") if isinstance(settings, dict) else None
    return found if isinstance(found, dict) else {}


def _major(extension: dict[str, Any]) -> int:
    """Without a version the newest documented major, 3."""
    text = str(extension.get("typeHandlerVersion") or "3.0").split(".")[0]
    return int(text) if text.isdigit() else 3
