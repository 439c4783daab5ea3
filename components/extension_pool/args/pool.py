"""The pool as a whole."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeAlias

from pulumi import Input
from typing_extensions import NotRequired, TypedDict

from .extensions import ExtensionArgs, KeyVaultCertificateArgs, KeyVaultExtensionArgs
from .identity import IdentityArgs, KeyVaultAccessArgs
from .machines import (
    ContainerConfigurationArgs,
    DataDiskArgs,
    DiskEncryptionConfigurationArgs,
    ImageReferenceArgs,
    NodePlacementConfigurationArgs,
    OSDiskArgs,
    SecurityProfileArgs,
    ServiceArtifactReferenceArgs,
    UpgradePolicyArgs,
    WindowsConfigurationArgs,
)
from .network import NetworkConfigurationArgs
from .rollout import RolloutArgs
from .scale import ScaleSettingsArgs, TaskSchedulingPolicyArgs
from .storage import ApplicationPackageReferenceArgs, MountConfigurationArgs
from .tasks import StartTaskArgs, UserAccountArgs

if TYPE_CHECKING:
    from ..extensions.typed import TypedExtension

    AnyExtension: TypeAlias = ExtensionArgs | TypedExtension
else:
    # The schema reader takes no union, and other languages have no models of ours.
    AnyExtension = ExtensionArgs


class MetadataItemArgs(TypedDict):
    """A name and a value that Batch only carries."""

    name: Input[str]
    """Required. Each name once."""
    value: Input[str]
    """Required. Any text."""


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
    """Required. For example Standard_D2s_v5. https://learn.microsoft.com/azure/batch/batch-pool-vm-sizes"""
    image: NotRequired[str]
    """Conditional: a name of the catalogue, such as ubuntu-24.04 or windows-server-2022. Exactly one of image and
    image_reference."""
    image_reference: NotRequired[ImageReferenceArgs]
    """Conditional: any other image. Exactly one of image and image_reference."""
    node_agent_sku_id: NotRequired[str]
    """Conditional: required with an image_reference that the catalogue does not know; for example
    batch.node.ubuntu 24.04."""
    container_configuration: NotRequired[ContainerConfigurationArgs]
    """Optional. Prepares the nodes for tasks in containers; every ordinary task of the pool must then bring container
    settings. Left out, tasks run on the nodes themselves."""
    data_disks: NotRequired[list[DataDiskArgs]]
    """Optional. Empty disks of each node. Left out, none."""
    disk_encryption_configuration: NotRequired[DiskEncryptionConfigurationArgs]
    """Optional. Left out, disks are encrypted only as Azure Storage does it."""
    license_type: NotRequired[Input[str]]
    """Optional, Windows. Windows_Server or Windows_Client, when you hold licenses for the nodes. Left out, the price
    includes them."""
    node_placement_configuration: NotRequired[NodePlacementConfigurationArgs]
    """Optional. Left out, Regional."""
    os_disk: NotRequired[OSDiskArgs]
    """Optional. Left out, the disk is as the image and the VM size have it."""
    security_profile: NotRequired[SecurityProfileArgs]
    """Optional. Trusted launch, confidential VMs, encryption at the host. Left out, Azure decides."""
    service_artifact_reference: NotRequired[ServiceArtifactReferenceArgs]
    """Optional. Keeps image versions the same over all nodes of an automatic upgrade from a gallery."""
    windows_configuration: NotRequired[WindowsConfigurationArgs]
    """Optional, Windows. Left out, Windows updates itself."""
    scale_settings: NotRequired[ScaleSettingsArgs]
    """Optional. Left out, a fixed scale of no nodes."""
    identity: NotRequired[IdentityArgs]
    """Optional. Left out, the component creates a user-assigned identity."""
    key_vault_access: NotRequired[list[KeyVaultAccessArgs]]
    """Optional. Vaults whose secrets the identity may read. Left out, nothing is granted; in a stack file, the stack's
    vault if there are certificates."""
    key_vault_certificates: NotRequired[list[KeyVaultCertificateArgs]]
    """Optional. Certificates that every node gets and keeps fresh; the component makes the Key Vault extension that
    fits the image's operating system."""
    key_vault_extension: NotRequired[KeyVaultExtensionArgs]
    """Optional. Options of the extension behind key_vault_certificates."""
    extensions: NotRequired[list[AnyExtension]]
    """Optional. Further extensions. Their order does not matter."""
    task_slots_per_node: NotRequired[Input[int]]
    """Optional. At most 4 times the cores of the size, and 256. Left out, 1."""
    task_scheduling_policy: NotRequired[TaskSchedulingPolicyArgs]
    """Optional. Left out, Spread."""
    inter_node_communication: NotRequired[Input[str]]
    """Optional. Enabled or Disabled. Enabled, fewer nodes may be had. Left out, Disabled."""
    target_node_communication_mode: NotRequired[Input[str]]
    """Optional. How nodes and the Batch service talk: Default, Classic or Simplified. Left out, Default: Batch
    decides."""
    network_configuration: NotRequired[NetworkConfigurationArgs]
    """Optional. Left out, the nodes are in a network of Batch."""
    mount_configuration: NotRequired[list[MountConfigurationArgs]]
    """Optional. File systems that every node mounts."""
    start_task: NotRequired[StartTaskArgs]
    """Optional. A command that runs when a node joins the pool. Changed in place; nodes that are there run the new one
    when they restart."""
    user_accounts: NotRequired[list[UserAccountArgs]]
    """Optional. Accounts on every node."""
    application_packages: NotRequired[list[ApplicationPackageReferenceArgs]]
    """Optional. At most 10. Changed in place; nodes that are there get a new one when they restart."""
    application_licenses: NotRequired[list[Input[str]]]
    """Optional. Licenses that Batch offers by the minute, for example maya; Azure refuses others."""
    upgrade_policy: NotRequired[UpgradePolicyArgs]
    """Optional. How nodes get changes of the OS image. Left out, Azure decides."""
    metadata: NotRequired[list[MetadataItemArgs]]
    """Optional. Changed in place."""
    tags: NotRequired[Mapping[str, Input[str]]]
    """Optional. Tags of the pool's resource."""
    resource_tags: NotRequired[Mapping[str, Input[str]]]
    """Optional. Tags of the resources behind the pool; only in an account of pool allocation mode UserSubscription."""
    rollout: NotRequired[RolloutArgs]
    """Optional. How a change that Azure refuses on a live pool is rolled out."""
