"""The certificates of a pool, and the Key Vault extension that brings them to its nodes.

https://learn.microsoft.com/azure/virtual-machines/extensions/key-vault-linux
https://learn.microsoft.com/azure/virtual-machines/extensions/key-vault-windows
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..azure_types import AbsolutePath, WindowsStoreLocation
from ..images import LINUX, WINDOWS
from ..problems import Later, Path, Problem
from ..spec import DEFAULT_MSI_ENDPOINT, Acl, Extension, KeyVaultCertificate, KeyVaultExtension
from .kinds import KEY_VAULT_FOR_LINUX, KEY_VAULT_FOR_WINDOWS, ExtensionType
from .typed import fits

# Which options of a certificate only one operating system has.
_ONLY_ON = {
    "certificate_store_name": WINDOWS,
    "key_exportable": WINDOWS,
    "accounts": WINDOWS,
    "custom_symbolic_link_name": LINUX,
    "acls": LINUX,
}


def extension_type_for(os_type: str) -> ExtensionType:
    """The Key Vault extension of an operating system."""
    return KEY_VAULT_FOR_WINDOWS if os_type == WINDOWS else KEY_VAULT_FOR_LINUX


def check_certificate(certificate: KeyVaultCertificate, os_type: str, at: Path) -> list[Problem]:
    """Options that the operating system's extension does not have, and store locations that are not of it."""
    problems = [
        Problem(
            (*at, option),
            f"is an option of {extension_type_for(only_on).type}, but the image is {os_type}",
            do="remove it",
        )
        for option, only_on in _ONLY_ON.items()
        if getattr(certificate, option) is not None and only_on != os_type
    ]
    location = certificate.certificate_store_location
    if location is None or isinstance(location, Later):
        return problems
    at = (*at, "certificate_store_location")
    if os_type == WINDOWS and not fits(WindowsStoreLocation, location):
        do = "upper and lower case matter"
        problems.append(Problem(at, "must be a store of Windows", location, '"LocalMachine", "CurrentUser"', do))
    if os_type == LINUX and not fits(AbsolutePath, location):
        problems.append(Problem(at, "must be a directory of a Linux node", location, do="write it from / on"))
    return problems


def render_key_vault_extension(
    certificates: Sequence[KeyVaultCertificate], options: KeyVaultExtension, os_type: str, client_id: Any
) -> Extension:
    """The extension that brings the certificates to the nodes.

    client_id: the client id of the pool's identity that may read the vault (a string, or `Later`). It is always given:
    nodes of Batch only have user-assigned identities, and without it the extension downloads nothing.
    """
    kind = extension_type_for(os_type)
    management: dict[str, Any] = {
        "pollingIntervalInS": options.polling_interval_in_s,
        "requireInitialSync": options.require_initial_sync,
    }
    if options.link_on_renewal is not None:
        management["linkOnRenewal"] = options.link_on_renewal
    if any(certificate.acls for certificate in certificates):
        # without this switch the extension passes over the acls
        management["aclEnabled"] = True
    management["observedCertificates"] = [_render_certificate(one) for one in sorted(certificates, key=_place)]
    return Extension(
        name=options.name or kind.type,
        publisher=kind.publisher,
        type=kind.type,
        type_handler_version=options.type_handler_version,
        auto_upgrade_minor_version=options.auto_upgrade_minor_version,
        enable_automatic_upgrade=options.enable_automatic_upgrade,
        provision_after_extensions=options.provision_after_extensions,
        settings={
            "secretsManagementSettings": management,
            "authenticationSettings": {"msiEndpoint": DEFAULT_MSI_ENDPOINT, "msiClientId": client_id},
        },
    )


def _place(certificate: KeyVaultCertificate) -> tuple[str, str, str]:
    # their order means nothing, and must not look like a change; what is known later comes last
    url, store = certificate.url, certificate.certificate_store_location
    return (url if isinstance(url, str) else "~", str(store or ""), str(certificate.certificate_store_name or ""))


def _render_certificate(certificate: KeyVaultCertificate) -> dict[str, Any]:
    rendered: dict[str, Any] = {"url": certificate.url}
    for key, value in (
        ("certificateStoreName", certificate.certificate_store_name),
        ("certificateStoreLocation", certificate.certificate_store_location),
        ("keyExportable", certificate.key_exportable),
        ("accounts", certificate.accounts),
        ("customSymbolicLinkName", certificate.custom_symbolic_link_name),
        ("acls", [_render_acl(acl) for acl in certificate.acls] if certificate.acls else None),
    ):
        if value is not None:
            rendered[key] = value
    return rendered


def _render_acl(acl: Acl) -> dict[str, Any]:
    return {"user": acl.user} if acl.group is None else {"user": acl.user, "group": acl.group}
