"""Extensions, and certificates as the high-level way to one."""

from collections.abc import Mapping
from typing import Any

from pulumi import Input
from typing_extensions import NotRequired, TypedDict


class KeyVaultAclArgs(TypedDict):
    """Read access to a certificate's private key for a local account (Linux)."""

    user: Input[str]
    """Required. The account on the node."""
    group: NotRequired[Input[str]]
    """Optional. A group on the node."""


class KeyVaultCertificateArgs(TypedDict):
    """A certificate that every node gets and keeps fresh."""

    url: Input[str]
    """Required. URL of the certificate's secret: https://VAULT.vault.azure.net/secrets/NAME. With a version at the end
    the certificate is never renewed."""
    certificate_store_location: NotRequired[Input[str]]
    """Optional. Linux: a directory (left out, /var/lib/waagent/Microsoft.Azure.KeyVault.Store/). Windows: LocalMachine
    (left out, this) or CurrentUser, case-sensitive."""
    certificate_store_name: NotRequired[Input[str]]
    """Optional, Windows. The store; left out, MY."""
    key_exportable: NotRequired[Input[bool]]
    """Optional, Windows. Whether the private key may be exported."""
    accounts: NotRequired[list[Input[str]]]
    """Optional, Windows. Accounts that may read the private key besides Administrators and SYSTEM."""
    custom_symbolic_link_name: NotRequired[Input[str]]
    """Optional, Linux. Name of the link to the newest version; left out, VAULT.CERTIFICATE."""
    acls: NotRequired[list[KeyVaultAclArgs]]
    """Optional, Linux. Accounts that may read the private key besides root."""


class KeyVaultExtensionArgs(TypedDict):
    """How the Key Vault extension behind `key_vault_certificates` is set up."""

    name: NotRequired[str]
    """Optional. Name of the extension on the nodes. Left out, KeyVaultForLinux or KeyVaultForWindows."""
    polling_interval_in_s: NotRequired[Input[str]]
    """Optional. Seconds between two looks at the vault, as a string. Left out, "3600"."""
    require_initial_sync: NotRequired[Input[bool]]
    """Optional. Whether a node takes tasks only when all certificates are there. Left out, true. To see why nodes stay
    away, set it to false for a while: they become idle and you can log in and read the extension's log."""
    link_on_renewal: NotRequired[Input[bool]]
    """Optional, Windows. Rebinds s-channel to a renewed certificate. Without effect on Linux."""
    type_handler_version: NotRequired[str]
    """Optional. Left out, 3.0."""
    auto_upgrade_minor_version: NotRequired[Input[bool]]
    """Optional. Whether new nodes get the newest minor version. Left out, true."""
    enable_automatic_upgrade: NotRequired[Input[bool]]
    """Optional. Whether Azure upgrades the extension on running nodes. Left out, Azure decides."""
    provision_after_extensions: NotRequired[list[str]]
    """Optional. Names of extensions of this pool that must finish first."""


class ExtensionArgs(TypedDict):
    """An extension as ARM has it. https://learn.microsoft.com/azure/batch/create-pool-extensions"""

    name: str
    """Required. Its name on the nodes, unique in the pool."""
    publisher: str
    """Required. For example Microsoft.Azure.Monitor."""
    type: str
    """Required. For example AzureMonitorLinuxAgent. Types CustomScript* are reserved for Batch."""
    type_handler_version: NotRequired[Input[str]]
    """Optional. Major and minor version, for example 1.21."""
    auto_upgrade_minor_version: NotRequired[Input[bool]]
    """Optional. Whether new nodes get the newest minor version."""
    enable_automatic_upgrade: NotRequired[Input[bool]]
    """Optional. Whether Azure upgrades the extension on running nodes."""
    settings: NotRequired[Input[Mapping[str, Input[Any]]]]
    """Optional. An object, passed on as typed."""
    protected_settings: NotRequired[Input[Mapping[str, Input[Any]]]]
    """Optional. An object, passed on as typed; always a secret. Azure never gives it back."""
    protected_settings_version: NotRequired[str]
    """Conditional: required with the strategy blue-green when the protected settings change. Any text, no secret: what
    is secret is not in the name of a pool, so this says that it is another."""
    provision_after_extensions: NotRequired[list[str]]
    """Optional. Names of extensions of this pool that must finish first."""
    allow_unlisted: NotRequired[bool]
    """Optional. Takes a type that Azure Batch does not list, once Azure support has allowed it for the account."""
