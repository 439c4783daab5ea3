"""Does the Key Vault extension get its certificates? Judged from what is in local Azure, never assumed.

Every secret exists in every vault, except those that are ordered to be missing. Texts are the vendor's: those of the
extension (Key Vault VM extension pages, azure-linux-extensions#1915, azure-docs#43099) and of the vault. That the
extension's status ever repeats what the vault said is a judgement: no page shows one.
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

# What a vault says: by role (SparebankenVest/akv2k8s-website#72), by access policy (azure-key-vault-to-kubernetes#203),
# by its firewall, and of a name that it does not hold (learn.microsoft.com azure/key-vault/general/rest-error-codes).
FORBIDDEN_BY_ROLE = (
    "Caller is not authorized to perform action on resource. If role assignments, deny assignments or role definitions "
    "were changed recently, please observe propagation time."
)
FORBIDDEN_BY_POLICY = (
    "The user, group or application 'oid={principal}' does not have secrets get permission on key vault '{vault}'."
)
FORBIDDEN_BY_FIREWALL = "Client address is not authorized and caller is not a trusted service."
UNKNOWN_NAME = "A secret with (name/id) {secret} was not found in this key vault."
# curl's words for a name that no server has; that the extension uses them is a judgement.
UNKNOWN_HOST = "Could not resolve host: {host}"
UNKNOWN_URL = "The address is not one of a secret in a key vault: {url}"

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
    """How a vault decides until a time, inf for now. `policies`: object id -> permissions on secrets, lower case.

    `closed`: its firewall lets none in but `subnets` (ARM ids, lower case).
    """

    rbac: bool
    policies: dict[str, frozenset[str]] = field(default_factory=dict)
    until: float = float("inf")
    closed: bool = False
    subnets: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Vault:
    """`rules`: oldest first, the last one holds now. `deleted` is inf while it lives. `missing`: secrets it lacks."""

    id: str
    host: str
    rules: tuple[Rule, ...]
    created: float
    deleted: float
    missing: frozenset[str] = frozenset()

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
    """`problem`: the text while it does not work. `permanent`: retrying never helps. `refusal(t)`: what the vault says
    at time t, empty when it works; None: it is not asked."""

    problem: str
    permanent: bool = False
    refusal: Callable[[float], str] | None = None

    def works(self, time: float) -> bool:
        return self.refusal is not None and not self.refusal(time)

    def told(self, time: float, in_full: bool) -> str:
        """The text of the status at a time when it does not work."""
        said = self.refusal(time) if self.refusal and in_full else ""
        return f"{self.problem} {said}".rstrip()


def is_key_vault(extension: dict[str, Any]) -> bool:
    return str(extension.get("publisher", "")).lower() == "microsoft.azure.keyvault"


def syncs_first(extension: dict[str, Any]) -> bool:
    """Is success reported only after all certificates are there? requireInitialSync; always so from Windows 4.0 on."""
    if str(extension.get("type", "")).lower() == "keyvaultforwindows" and _major(extension) >= 4:
        return True
    return _management(extension).get("requireInitialSync") is True


def judge(
    extension: dict[str, Any],
    identities: list[dict[str, str]],
    vaults: list[Vault],
    grants: list[Grant],
    subnet: str = "",
) -> Access:
    """`subnet`: ARM id of the nodes' own, empty without one."""
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
    tests = [_test(url, principal, vaults, grants, subnet.lower()) for url in urls]
    return Access(RETRYING, refusal=lambda time: next(filter(None, (test(time) for test in tests)), ""))


def _test(url: str, principal: str, vaults: list[Vault], grants: list[Grant], subnet: str) -> Callable[[float], str]:
    """What is said at a time to who asks for the secret, empty when it is given."""
    found = _URL.match(url)
    if not found:
        return lambda _: UNKNOWN_URL.format(url=url)
    host, secret = found["host"].lower(), found["name"]
    of_host = [vault for vault in vaults if vault.host == host]

    def refusal(time: float) -> str:
        there = [vault for vault in of_host if vault.created <= time < vault.deleted]
        if not there:
            return UNKNOWN_HOST.format(host=host)
        return _refusal(there[0], secret, principal, grants, subnet, time)

    return refusal


def _refusal(vault: Vault, secret: str, principal: str, grants: list[Grant], subnet: str, time: float) -> str:
    rule = vault.rule(time)
    if rule.closed and subnet not in rule.subnets:
        return FORBIDDEN_BY_FIREWALL
    if not rule.rbac:
        # Both models are exclusive; extensions need get and list (Key Vault VM extension for Windows, kvw). No delay of
        # access policies is documented like that of role assignments: they hold at once, a judgement.
        if not {"get", "list"} <= rule.policies.get(principal, frozenset()):
            return FORBIDDEN_BY_POLICY.format(principal=principal, vault=vault.host.split(".")[0])
    elif not _granted(vault, secret, principal, grants, time):
        return FORBIDDEN_BY_ROLE
    return UNKNOWN_NAME.format(secret=secret) if secret.lower() in vault.missing else ""


def _granted(vault: Vault, secret: str, principal: str, grants: list[Grant], time: float) -> bool:
    target = f"{vault.id}/secrets/{secret}".lower()
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
