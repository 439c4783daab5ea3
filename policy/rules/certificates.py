"""Certificates from Key Vault: who reads them, and whether they are renewed.

https://learn.microsoft.com/azure/virtual-machines/extensions/key-vault-linux
https://learn.microsoft.com/azure/key-vault/general/rbac-guide
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from extension_pool.azure_types import has_version
from extension_pool.extensions.kinds import KEY_VAULT
from extension_pool.problems import Path

from ..grants import REFUSED, UNSEEN, Verdict, read_access
from ..model import ADVISORY, MANDATORY, UNKNOWN, Parameter, Resource, Rule, Settings, Stack, Violation, applies
from ..reading import Extension, at, extensions_of, is_pool, known_items, plain

_SECRET_URL = re.compile(r"(?i)https://(?P<vault>[^./]+)\.vault\.[^/]+/secrets/(?P<secret>[^/]+)")


def find_missing_identity(pool: Resource, settings: Settings) -> Iterator[Violation]:
    """A Key Vault extension on nodes that have no identity to sign in with."""
    readers = _key_vault_extensions(pool)
    identities = plain(at(pool.props, "identity", "userAssignedIdentities"))
    if readers and identities is not UNKNOWN and not identities:
        what = f"{readers[0].name} reads certificates, and the pool has no user-assigned identity"
        yield Violation(("identity", "userAssignedIdentities"), what)


def find_missing_grants(stack: Stack, settings: Settings) -> Iterator[Violation]:
    """Vaults that no identity of the pool may read, as far as this stack shows it: once for each vault."""
    elsewhere = {one.lower() for one in settings.words("grantedElsewhere")}
    access = read_access(stack)
    for pool in stack.resources:
        if not is_pool(pool) or not applies(pool, settings):
            continue
        told: set[str] = set()
        for path, name, vault, secret in _reads(pool):
            if vault in elsewhere or vault in told:
                continue
            verdict = access.judge(pool, vault, secret)
            if verdict.kind in (REFUSED, UNSEEN):
                told.add(vault)
                yield _ungranted(verdict, pool, path, f"{name} reads {secret} of the vault {vault}")


def _ungranted(verdict: Verdict, pool: Resource, path: Path, what: str) -> Violation:
    if verdict.kind == REFUSED:
        why = f": {verdict.why}" if verdict.why else ""
        return Violation(path, f"{what}, and no identity of the pool may do so{why}", urn=pool.urn)
    what += "; whether the pool's identity may do so cannot be told, as it was made outside this stack"
    return Violation(path, what, do="see to it, and name the vault in grantedElsewhere", urn=pool.urn, sure=False)


def find_pinned_certificates(pool: Resource, settings: Settings) -> Iterator[Violation]:
    """URLs that name one version of a secret."""
    for extension in _key_vault_extensions(pool):
        for path, url in _urls(extension):
            if has_version(url):
                what = f"{extension.name} stays with one version of the certificate, which is never renewed"
                yield Violation(path, what, url, "leave out what stands behind the secret's name")


def _key_vault_extensions(pool: Resource) -> list[Extension]:
    return [one for one in extensions_of(pool) if one.kind in KEY_VAULT]


def _reads(pool: Resource) -> Iterator[tuple[Path, str, str, str]]:
    """Each secret that is read: place of its URL, name of the extension, vault and secret in lower case."""
    for extension in _key_vault_extensions(pool):
        for path, url in _urls(extension):
            match = _SECRET_URL.match(url)
            if match is not None:
                yield path, extension.name, match["vault"].lower(), match["secret"].lower()


def _urls(extension: Extension) -> Iterator[tuple[Path, str]]:
    """The URLs of certificates that are known, whichever form they have."""
    certificates = at(extension.tree, "settings", "secretsManagementSettings", "observedCertificates")
    root: Path = (*extension.path, "settings", "secretsManagementSettings", "observedCertificates")
    for index, one in known_items(certificates):
        value: Any = plain(one)
        path: Path = (*root, index)
        if isinstance(value, Mapping):
            value, path = plain(value.get("url")), (*path, "url")
        if isinstance(value, str):
            yield path, value


_PAGE = "https://learn.microsoft.com/azure/virtual-machines/extensions/key-vault-linux"

RULES = (
    Rule(
        "key-vault-identity",
        "A pool with the Key Vault extension has a user-assigned identity.",
        MANDATORY,
        "without one the extension fails on every node",
        "Give the pool an identity: ExtensionPool makes one unless it is told not to.",
        find_missing_identity,
        source=_PAGE,
    ),
    Rule(
        "key-vault-grant",
        "An identity of the pool may read the vaults that its certificates come from.",
        MANDATORY,
        "without the grant the extension fails on every node; what another stack grants is not seen here, and advises",
        "Grant Key Vault Secrets User at the vault or the secret (`key_vault_access` of ExtensionPool does), or get "
        "and list on secrets where the vault has access policies.",
        whole_stack=find_missing_grants,
        own=(Parameter("grantedElsewhere", "names", [], "vaults whose grants are made outside this stack"),),
        source="https://learn.microsoft.com/azure/key-vault/general/rbac-guide",
    ),
    Rule(
        "certificate-version",
        "Certificates are named without a version, so that a renewal reaches the nodes.",
        ADVISORY,
        "it only ages: the version works until the certificate ends",
        "Leave the version out of the URL.",
        find_pinned_certificates,
        source=_PAGE,
    ),
)
