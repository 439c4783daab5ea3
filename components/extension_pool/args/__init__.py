"""The arguments of `ExtensionPool`. Shapes and names are ARM's, in Python's spelling.

Pulumi's schema reader takes these types apart to offer the component to other languages, so this module has no
``from __future__ import annotations``, no unions but Optional, and no Literal.
"""

from collections.abc import Mapping
from typing import Any

from pulumi import Input
from typing_extensions import NotRequired, TypedDict


class ImageReferenceArgs(TypedDict):
    """An image of the Marketplace (publisher, offer, sku), or an image of one's own (id)."""

    publisher: NotRequired[Input[str]]
    """Conditional: required unless id is given. Case does not matter."""
    offer: NotRequired[Input[str]]
    """Conditional: required unless id is given."""
    sku: NotRequired[Input[str]]
    """Conditional: required unless id is given."""
    version: NotRequired[Input[str]]
    """Optional. Left out, Batch takes the latest version at the time each node is made."""
    id: NotRequired[Input[str]]
    """Conditional: the resource id of an image or of a gallery image version, instead of the other four."""


class FixedScaleArgs(TypedDict):
    """``scaleSettings.fixedScale``: a number of nodes that stays."""

    target_dedicated_nodes: NotRequired[Input[int]]
    """Optional. Left out, none."""
    target_low_priority_nodes: NotRequired[Input[int]]
    """Optional. Spot or low-priority nodes, which Azure may take back. Left out, none."""
    resize_timeout: NotRequired[Input[str]]
    """Optional. ISO 8601 duration, at least PT5M. Left out, PT15M; the vendor advises PT30M above 1000 nodes."""
    node_deallocation_option: NotRequired[Input[str]]
    """Optional. What happens to tasks of nodes that go: Requeue (left out, this), Terminate, TaskCompletion,
    RetainedData."""


class AutoScaleArgs(TypedDict):
    """``scaleSettings.autoScale``: a formula decides."""

    formula: Input[str]
    """Required. https://learn.microsoft.com/azure/batch/batch-automatic-scaling"""
    evaluation_interval: NotRequired[Input[str]]
    """Optional. ISO 8601 duration from PT5M to PT168H. Left out, PT15M."""


class ScaleSettingsArgs(TypedDict):
    """How many nodes: exactly one of the two."""

    fixed_scale: NotRequired[FixedScaleArgs]
    """Conditional: a fixed number."""
    auto_scale: NotRequired[AutoScaleArgs]
    """Conditional: a formula."""


class TaskSchedulingPolicyArgs(TypedDict):
    """How tasks are spread over nodes with several task slots."""

    node_fill_type: Input[str]
    """Required. Spread or Pack."""


class MetadataItemArgs(TypedDict):
    """A name and a value that Batch only carries."""

    name: Input[str]
    """Required."""
    value: Input[str]
    """Required."""


class ExistingIdentityArgs(TypedDict):
    """A user-assigned identity that is already there."""

    id: Input[str]
    """Required. Its resource id."""
    client_id: NotRequired[Input[str]]
    """Optional. Left out, it is looked up by the id, in the subscription of the provider."""
    principal_id: NotRequired[Input[str]]
    """Optional. Left out, it is looked up by the id, in the subscription of the provider."""


class IdentityArgs(TypedDict):
    """The user-assigned identity with which the nodes read the vault."""

    name: NotRequired[Input[str]]
    """Optional. The name of the identity that the component creates. Left out, Pulumi makes one from the component's
    name."""
    tags: NotRequired[Mapping[str, Input[str]]]
    """Optional. Tags of the identity that the component creates."""
    existing: NotRequired[ExistingIdentityArgs]
    """Optional. Left out, the component creates an identity in the pool's resource group."""


class KeyVaultAccessArgs(TypedDict):
    """A grant: the role Key Vault Secrets User on one vault for the pool's identity. The vault is in RBAC mode."""

    vault_id: Input[str]
    """Required. Resource id of the vault."""
    name: NotRequired[str]
    """Conditional: required when there are several grants; tells them apart, so that their order does not matter."""


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
    provision_after_extensions: NotRequired[list[str]]
    """Optional. Names of extensions of this pool that must finish first."""


class ExtensionPoolArgs(TypedDict):
    """A Batch pool with extensions. An edit that Azure refuses on a live pool replaces the pool."""

    resource_group_name: Input[str]
    """Required. The Batch account's resource group; a created identity goes there too."""
    account_name: Input[str]
    """Required. The Batch account."""
    pool_name: NotRequired[Input[str]]
    """Optional. 1 to 64 letters, digits, hyphens, underscores. Left out, the component's name."""
    display_name: NotRequired[Input[str]]
    """Optional. At most 1024 characters."""
    vm_size: Input[str]
    """Required. For example Standard_D2s_v5."""
    image: NotRequired[str]
    """Conditional: a name of the catalogue, such as ubuntu-24.04 or windows-server-2022. Exactly one of image and
    image_reference."""
    image_reference: NotRequired[ImageReferenceArgs]
    """Conditional: any other image. Exactly one of image and image_reference."""
    node_agent_sku_id: NotRequired[str]
    """Conditional: required with an image_reference that the catalogue does not know; for example
    batch.node.ubuntu 24.04."""
    scale_settings: NotRequired[ScaleSettingsArgs]
    """Optional. Left out, a fixed scale of no nodes."""
    identity: NotRequired[IdentityArgs]
    """Optional. Left out, the component creates a user-assigned identity."""
    key_vault_access: NotRequired[list[KeyVaultAccessArgs]]
    """Optional. Vaults whose secrets the identity may read. Left out, nothing is granted."""
    key_vault_certificates: NotRequired[list[KeyVaultCertificateArgs]]
    """Optional. Certificates that every node gets and keeps fresh; the component makes the Key Vault extension that
    fits the image's operating system."""
    key_vault_extension: NotRequired[KeyVaultExtensionArgs]
    """Optional. Options of the extension behind key_vault_certificates."""
    extensions: NotRequired[list[ExtensionArgs]]
    """Optional. Further extensions. Their order does not matter."""
    task_slots_per_node: NotRequired[Input[int]]
    """Optional. At most 4 times the cores of the size, and 256. Left out, 1."""
    task_scheduling_policy: NotRequired[TaskSchedulingPolicyArgs]
    """Optional. Left out, Spread."""
    inter_node_communication: NotRequired[Input[str]]
    """Optional. Enabled or Disabled. Left out, Disabled."""
    metadata: NotRequired[list[MetadataItemArgs]]
    """Optional. Changed in place."""
    tags: NotRequired[Mapping[str, Input[str]]]
    """Optional. Tags of the pool's resource."""
