"""The pool as a whole."""

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from ..azure_types import AccountName, DisplayName, LaterOr, PoolName, ResourceGroupName, TaskSlots, Text
from .base import SpecModel, parts_of
from .extensions import Extension, KeyVaultCertificate, KeyVaultExtension
from .identity import Identity, KeyVaultAccess
from .rollout import Rollout

if TYPE_CHECKING:
    from .image import ImageReference
    from .machines import (
        ContainerConfiguration,
        DataDisk,
        DiskEncryptionConfiguration,
        NodePlacementConfiguration,
        OSDisk,
        SecurityProfile,
        ServiceArtifactReference,
        UpgradePolicy,
        WindowsConfiguration,
    )
    from .network import NetworkConfiguration
    from .scale import ScaleSettings, TaskSchedulingPolicy
    from .storage import ApplicationPackageReference, MountConfiguration
    from .tasks import StartTask, UserAccount
else:
    # the same names, for the annotations below
    globals().update(
        **parts_of("image", "ImageReference"),
        **parts_of(
            "machines",
            "ContainerConfiguration",
            "DataDisk",
            "DiskEncryptionConfiguration",
            "NodePlacementConfiguration",
            "OSDisk",
            "SecurityProfile",
            "ServiceArtifactReference",
            "UpgradePolicy",
            "WindowsConfiguration",
        ),
        **parts_of("network", "NetworkConfiguration"),
        **parts_of("scale", "ScaleSettings", "TaskSchedulingPolicy"),
        **parts_of("storage", "ApplicationPackageReference", "MountConfiguration"),
        **parts_of("tasks", "StartTask", "UserAccount"),
    )


class MetadataItem(SpecModel):
    """One entry of ``metadata``."""

    name: LaterOr[Text]
    value: LaterOr[str]


class PoolSettings(SpecModel):
    """A pool, apart from the account that it is in."""

    pool_name: LaterOr[PoolName] | None = None
    display_name: LaterOr[DisplayName] | None = None
    vm_size: LaterOr[Text]
    image: Text | None = None
    image_reference: ImageReference | None = None
    node_agent_sku_id: Text | None = None
    container_configuration: ContainerConfiguration | None = None
    data_disks: list[DataDisk] | None = None
    disk_encryption_configuration: DiskEncryptionConfiguration | None = None
    license_type: LaterOr[Text] | None = None
    node_placement_configuration: NodePlacementConfiguration | None = None
    os_disk: OSDisk | None = None
    security_profile: SecurityProfile | None = None
    service_artifact_reference: ServiceArtifactReference | None = None
    windows_configuration: WindowsConfiguration | None = None
    scale_settings: ScaleSettings | None = None
    identity: Identity = Field(default_factory=Identity)
    key_vault_access: list[KeyVaultAccess] | None = None
    key_vault_certificates: list[KeyVaultCertificate] | None = None
    key_vault_extension: KeyVaultExtension | None = None
    extensions: list[Extension] | None = None
    task_slots_per_node: LaterOr[TaskSlots] | None = None
    task_scheduling_policy: TaskSchedulingPolicy | None = None
    inter_node_communication: LaterOr[Literal["Enabled", "Disabled"]] | None = None
    target_node_communication_mode: LaterOr[Literal["Default", "Classic", "Simplified"]] | None = None
    network_configuration: NetworkConfiguration | None = None
    mount_configuration: list[MountConfiguration] | None = None
    start_task: StartTask | None = None
    user_accounts: list[UserAccount] | None = None
    application_packages: list[ApplicationPackageReference] | None = None
    application_licenses: list[LaterOr[Text]] | None = None
    upgrade_policy: UpgradePolicy | None = None
    metadata: list[MetadataItem] | None = None
    tags: dict[str, LaterOr[str]] | None = None
    resource_tags: dict[str, LaterOr[str]] | None = None
    rollout: Rollout = Field(default_factory=Rollout.model_construct)


class PoolSpec(PoolSettings):
    """All of a pool: the arguments of `ExtensionPool`."""

    resource_group_name: LaterOr[ResourceGroupName]
    account_name: LaterOr[AccountName]


MACHINE_FIELDS = (
    "container_configuration",
    "data_disks",
    "disk_encryption_configuration",
    "license_type",
    "node_placement_configuration",
    "os_disk",
    "security_profile",
    "service_artifact_reference",
    "windows_configuration",
)
"""Which fields ARM has under ``deploymentConfiguration.virtualMachineConfiguration``, besides image and extensions."""
