"""The settings of the Key Vault extension: each major version has a schema of its own.

https://learn.microsoft.com/azure/virtual-machines/extensions/key-vault-linux
https://learn.microsoft.com/azure/virtual-machines/extensions/key-vault-windows
"""

from typing import Annotated, Any

from pydantic import AfterValidator

from ..azure_types import (
    AbsolutePath,
    ClientId,
    LaterOr,
    PollingSeconds,
    SecretUrl,
    SecretUrlWithoutVersion,
    Text,
    WindowsStoreLocation,
    broken,
)
from ..problems import Later
from ..spec import DEFAULT_MSI_ENDPOINT
from .base import DOUBTFUL, OlderForm, SettingsModel


def _five_to_sixty_minutes(value: str) -> str:
    if not 300 <= int(value) <= 3600:
        raise broken("must be from 300 to 3600 seconds in major version 4")
    return value


class AuthenticationSettings(SettingsModel):
    """Who the extension signs in as. It stands beside ``secretsManagementSettings``, and is always needed on Batch.

    msi_client_id: the client id of an identity of the pool. msi_endpoint: left out, that of the Batch samples.
    """

    msi_client_id: LaterOr[ClientId]
    msi_endpoint: LaterOr[Text] = DEFAULT_MSI_ENDPOINT


class LinuxSecretsV1(SettingsModel):
    """Majors 1 and 2 for Linux: URLs as strings, one directory for all.

    polling_interval_in_s: seconds, as a string. require_initial_sync: success only with all certificates on disk.
    """

    polling_interval_in_s: LaterOr[PollingSeconds]
    certificate_store_location: LaterOr[AbsolutePath] | None = None
    certificate_store_name: LaterOr[str] | None = None
    link_on_renewal: LaterOr[bool] | None = None
    require_initial_sync: LaterOr[bool] | None = None
    observed_certificates: LaterOr[list[LaterOr[SecretUrl]]]


class LinuxAcl(SettingsModel):
    """Read access to the private key for a local account."""

    user: Annotated[LaterOr[Text], DOUBTFUL]
    group: LaterOr[Text] | None = None


class LinuxCertificate(SettingsModel):
    """custom_symbolic_link_name: left out, VAULT.CERTIFICATE. acls: need ``acl_enabled``."""

    url: LaterOr[SecretUrl]
    certificate_store_location: LaterOr[AbsolutePath] | None = None
    custom_symbolic_link_name: LaterOr[Text] | None = None
    acls: LaterOr[list[LaterOr[LinuxAcl]]] | None = None


class LinuxSecrets(SettingsModel):
    """Major 3 for Linux: each certificate an object."""

    polling_interval_in_s: LaterOr[PollingSeconds]
    require_initial_sync: LaterOr[bool] | None = None
    link_on_renewal: LaterOr[bool] | None = None
    acl_enabled: LaterOr[bool] | None = None
    observed_certificates: LaterOr[list[LaterOr[LinuxCertificate]]]


class LoggingSettings(SettingsModel):
    """Where the extension logs to, for example fluentd on tcp://localhost:24224."""

    logger: LaterOr[Text] | None = None
    endpoint: LaterOr[Text] | None = None
    format: LaterOr[Text] | None = None
    servicename: LaterOr[Text] | None = None


class WindowsSecretsV1(SettingsModel):
    """Major 1 for Windows: URLs as strings, one store for all."""

    polling_interval_in_s: LaterOr[PollingSeconds]
    certificate_store_name: LaterOr[Text]
    certificate_store_location: LaterOr[WindowsStoreLocation]
    link_on_renewal: LaterOr[bool] | None = None
    require_initial_sync: LaterOr[bool] | None = None
    observed_certificates: LaterOr[list[LaterOr[SecretUrl]]]


class WindowsCertificate(SettingsModel):
    """certificate_store_name: left out, MY; certificate_store_location: left out, LocalMachine."""

    url: LaterOr[SecretUrl]
    certificate_store_name: LaterOr[Text] | None = None
    certificate_store_location: LaterOr[WindowsStoreLocation] | None = None
    key_exportable: LaterOr[bool] | None = None
    accounts: LaterOr[list[LaterOr[Text]]] | None = None


class WindowsSecrets(SettingsModel):
    """Major 3 for Windows: each certificate an object. link_on_renewal: rebinds s-channel to a renewed certificate."""

    polling_interval_in_s: LaterOr[PollingSeconds]
    link_on_renewal: LaterOr[bool] | None = None
    require_initial_sync: LaterOr[bool] | None = None
    observed_certificates: LaterOr[list[LaterOr[WindowsCertificate]]]


class WindowsCertificateV4(SettingsModel):
    """Private keys are never exportable; the URL names no version."""

    url: LaterOr[SecretUrlWithoutVersion]
    certificate_store_name: LaterOr[Text] | None = None
    certificate_store_location: LaterOr[WindowsStoreLocation] | None = None
    accounts: LaterOr[list[LaterOr[Text]]] | None = None


class WindowsSecretsV4(SettingsModel):
    """Major 4 for Windows. polling_interval_in_s: "300" to "3600", left out "3600"."""

    polling_interval_in_s: LaterOr[Annotated[PollingSeconds, AfterValidator(_five_to_sixty_minutes)]] | None = None
    observed_certificates: LaterOr[list[LaterOr[WindowsCertificateV4]]]


class KeyVaultForLinuxSettingsV1(SettingsModel):
    """Majors 1 and 2 for Linux; the form that Batch's own page shows, under 3.0."""

    secrets_management_settings: LaterOr[LinuxSecretsV1]
    authentication_settings: LaterOr[AuthenticationSettings]


class KeyVaultForLinuxSettings(SettingsModel):
    """Major 3 for Linux."""

    secrets_management_settings: LaterOr[LinuxSecrets]
    authentication_settings: LaterOr[AuthenticationSettings]
    logging_settings: LaterOr[LoggingSettings] | None = None


class KeyVaultForWindowsSettingsV1(SettingsModel):
    """Major 1 for Windows."""

    secrets_management_settings: LaterOr[WindowsSecretsV1]
    authentication_settings: LaterOr[AuthenticationSettings]


class KeyVaultForWindowsSettings(SettingsModel):
    """Major 3 for Windows."""

    secrets_management_settings: LaterOr[WindowsSecrets]
    authentication_settings: LaterOr[AuthenticationSettings]


class KeyVaultForWindowsSettingsV4(SettingsModel):
    """Major 4 for Windows: Windows Server 2022 and 2025."""

    secrets_management_settings: LaterOr[WindowsSecretsV4]
    authentication_settings: LaterOr[AuthenticationSettings]


def older_linux_form(major: int, settings: Any) -> OlderForm | None:
    """Certificates as strings under major 3: the page of Batch writes them so, that of the extension wants objects."""
    management = settings.get("secretsManagementSettings") if isinstance(settings, dict) else None
    certificates = management.get("observedCertificates") if isinstance(management, dict) else None
    if major != 3 or not isinstance(certificates, list):
        return None
    plain = [one for one in certificates if not isinstance(one, Later)]
    if not plain or not all(isinstance(one, str) for one in plain):
        return None
    text = 'are strings, the form before 3.0; write each as {"url": URL}, or use type handler version 2.2'
    return KeyVaultForLinuxSettingsV1, text
