"""Certificates, and the Key Vault extension that brings them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from ..azure_types import SecretUrl, has_version
from ..derived import os_type_of
from ..extensions.certificates import check_certificate
from ..extensions.kinds import KEY_VAULT, KEY_VAULT_FOR_LINUX, major_of
from ..extensions.typed import fits
from ..images import WINDOWS
from ..problems import Findings, Path, Problem
from ..spec import PoolSettings
from .extensions import known_extensions

_NEVER_RENEWED = "names one version of the secret, which is never renewed; leave the version out to follow the newest"


def check_certificates(pool: PoolSettings, today: date) -> Findings:
    """The options of certificates and of their extension fit the operating system and each other."""
    if not pool.key_vault_certificates:
        if pool.key_vault_extension is None:
            return Findings()
        do = "add the certificates, or remove the options"
        return Findings.of(Problem(("key_vault_extension",), "has no certificates to work on", do=do))
    os_type = os_type_of(pool)
    if os_type is None:
        return Findings()
    problems: list[Problem] = []
    for index, certificate in enumerate(pool.key_vault_certificates):
        problems += check_certificate(certificate, os_type, ("key_vault_certificates", index))
    return Findings(tuple(problems))


def check_certificate_version(pool: PoolSettings, today: date) -> Findings:
    """The component writes the settings of major 3, which Windows' major 4 does not take; below it wants strings."""
    options = pool.key_vault_extension
    major = major_of(options.type_handler_version) if options else 3
    if options is None or major == 3 or not pool.key_vault_certificates:
        return Findings()
    return Findings.of(
        Problem(
            ("key_vault_extension", "type_handler_version"),
            "must be of major version 3, whose settings key_vault_certificates become",
            options.type_handler_version,
            do="for another version write the extension among extensions",
        )
    )


def warn_of_pinned_certificates(pool: PoolSettings, today: date) -> Findings:
    """A URL with a version gives that version for ever."""
    findings = Findings()
    for index, certificate in enumerate(pool.key_vault_certificates or []):
        if isinstance(certificate.url, str) and has_version(certificate.url):
            findings += Findings.warning(("key_vault_certificates", index, "url"), _NEVER_RENEWED)
    for at, extension, kind in known_extensions(pool):
        # major 4 refuses it
        if kind in KEY_VAULT and major_of(extension.type_handler_version) != 4:
            for path, url in _observed(extension.settings_object):
                if fits(SecretUrl, url) and has_version(url):
                    findings += Findings.warning((*at, "settings", *path), _NEVER_RENEWED)
    return findings


def check_msi_endpoint(pool: PoolSettings, today: date) -> Findings:
    """``msiEndpoint`` goes with ``msiClientId``."""
    problems = []
    for at, extension, kind in known_extensions(pool):
        settings = extension.settings_object
        authentication = settings.get("authenticationSettings") if isinstance(settings, Mapping) else None
        if kind not in KEY_VAULT or not isinstance(authentication, Mapping):
            continue
        if "msiClientId" in authentication and "msiEndpoint" not in authentication:
            path = (*at, "settings", "authenticationSettings", "msiEndpoint")
            do = "write http://169.254.169.254/metadata/identity"
            problems.append(Problem(path, "required with msiClientId, but missing", do=do))
    return Findings(tuple(problems))


def warn_of_misplaced_authentication(pool: PoolSettings, today: date) -> Findings:
    """The extension looks for ``authenticationSettings`` beside ``secretsManagementSettings``."""
    findings = Findings()
    for at, extension, kind in known_extensions(pool):
        settings = extension.settings_object
        management = settings.get("secretsManagementSettings") if isinstance(settings, Mapping) else None
        if kind in KEY_VAULT and isinstance(management, Mapping) and "authenticationSettings" in management:
            path = (*at, "settings", "secretsManagementSettings", "authenticationSettings")
            findings += Findings.warning(path, "is not read here; it belongs beside secretsManagementSettings")
    return findings


def warn_of_idle_options(pool: PoolSettings, today: date) -> Findings:
    """Options that the extension of the image's system passes over."""
    findings = Findings()
    options = pool.key_vault_extension
    if options is not None and options.link_on_renewal is not None and os_type_of(pool) not in (None, WINDOWS):
        findings += Findings.warning(("key_vault_extension", "link_on_renewal"), "has no effect on Linux")
    for at, extension, kind in known_extensions(pool):
        settings = extension.settings_object
        management = settings.get("secretsManagementSettings") if isinstance(settings, Mapping) else None
        if kind is not KEY_VAULT_FOR_LINUX or not isinstance(management, Mapping):
            continue
        certificates = management.get("observedCertificates")
        with_acls = (
            [one for one in certificates or [] if isinstance(one, Mapping) and "acls" in one]
            if isinstance(certificates, list)
            else []
        )
        if with_acls and management.get("aclEnabled") in (None, False):
            path = (*at, "settings", "secretsManagementSettings", "aclEnabled")
            findings += Findings.warning(path, "must be true for the acls to count")
    return findings


def _observed(settings: Any) -> Iterator[tuple[Path, Any]]:
    """The URLs of observed certificates, whichever form they have."""
    management = settings.get("secretsManagementSettings") if isinstance(settings, Mapping) else None
    certificates = management.get("observedCertificates") if isinstance(management, Mapping) else None
    for index, certificate in enumerate(certificates if isinstance(certificates, list) else []):
        path: Path = ("secretsManagementSettings", "observedCertificates", index)
        if isinstance(certificate, Mapping):
            yield (*path, "url"), certificate.get("url")
        else:
            yield path, certificate
