"""The virtual machines: disks, containers, security, upgrades."""

from typing import Literal

from ..azure_types import (
    BatchPercent,
    DiskSize,
    IsoDuration,
    LaterOr,
    Lun,
    Percent,
    ResourceId,
    Text,
    UserAssignedIdentityId,
)
from .base import SpecModel

CachingType = Literal["None", "ReadOnly", "ReadWrite"]
StorageAccountType = Literal["Standard_LRS", "Premium_LRS", "StandardSSD_LRS"]


class NodeIdentityReference(SpecModel):
    """``identityReference``: the pool's identity that a node signs in with."""

    resource_id: LaterOr[UserAssignedIdentityId] | None = None


class ContainerRegistry(SpecModel):
    """A registry that nodes pull images from."""

    registry_server: LaterOr[Text] | None = None
    user_name: LaterOr[Text] | None = None
    password: LaterOr[Text] | None = None
    identity_reference: NodeIdentityReference | None = None


class ContainerConfiguration(SpecModel):
    """``containerConfiguration``."""

    type: LaterOr[Literal["DockerCompatible", "CriCompatible"]]
    container_image_names: list[LaterOr[Text]] | None = None
    container_registries: list[ContainerRegistry] | None = None


class DataDisk(SpecModel):
    """One entry of ``dataDisks``."""

    lun: LaterOr[Lun]
    disk_size_gb: LaterOr[DiskSize]
    caching: LaterOr[CachingType] | None = None
    storage_account_type: LaterOr[StorageAccountType] | None = None


class DiskEncryptionConfiguration(SpecModel):
    """``diskEncryptionConfiguration``."""

    targets: list[LaterOr[Literal["OsDisk", "TemporaryDisk"]]] | None = None


class NodePlacementConfiguration(SpecModel):
    """``nodePlacementConfiguration``."""

    policy: LaterOr[Literal["Regional", "Zonal"]] | None = None


class DiffDiskSettings(SpecModel):
    """``ephemeralOSDiskSettings``."""

    placement: LaterOr[Literal["CacheDisk"]] | None = None


class DiskSecurityProfile(SpecModel):
    """``managedDisk.securityProfile``, for confidential VMs."""

    security_encryption_type: LaterOr[Literal["NonPersistedTPM", "VMGuestStateOnly"]] | None = None


class ManagedDisk(SpecModel):
    """``managedDisk``."""

    storage_account_type: LaterOr[StorageAccountType] | None = None
    security_profile: DiskSecurityProfile | None = None


class OSDisk(SpecModel):
    """``osDisk``."""

    caching: LaterOr[CachingType] | None = None
    disk_size_gb: LaterOr[DiskSize] | None = None
    ephemeral_os_disk_settings: DiffDiskSettings | None = None
    managed_disk: ManagedDisk | None = None
    write_accelerator_enabled: LaterOr[bool] | None = None


class UefiSettings(SpecModel):
    """``uefiSettings``."""

    secure_boot_enabled: LaterOr[bool] | None = None
    v_tpm_enabled: LaterOr[bool] | None = None


class SecurityProfile(SpecModel):
    """``securityProfile``."""

    security_type: LaterOr[Literal["trustedLaunch", "confidentialVM"]] | None = None
    encryption_at_host: LaterOr[bool] | None = None
    uefi_settings: UefiSettings | None = None


class ServiceArtifactReference(SpecModel):
    """``serviceArtifactReference``."""

    id: LaterOr[ResourceId]


class WindowsConfiguration(SpecModel):
    """``windowsConfiguration``."""

    enable_automatic_updates: LaterOr[bool] | None = None


class AutomaticOSUpgradePolicy(SpecModel):
    """``upgradePolicy.automaticOSUpgradePolicy``."""

    disable_automatic_rollback: LaterOr[bool] | None = None
    enable_automatic_os_upgrade: LaterOr[bool] | None = None
    os_rolling_upgrade_deferral: LaterOr[bool] | None = None
    use_rolling_upgrade_policy: LaterOr[bool] | None = None


class RollingUpgradePolicy(SpecModel):
    """``upgradePolicy.rollingUpgradePolicy``."""

    enable_cross_zone_upgrade: LaterOr[bool] | None = None
    max_batch_instance_percent: LaterOr[BatchPercent] | None = None
    max_unhealthy_instance_percent: LaterOr[BatchPercent] | None = None
    max_unhealthy_upgraded_instance_percent: LaterOr[Percent] | None = None
    pause_time_between_batches: LaterOr[IsoDuration] | None = None
    prioritize_unhealthy_instances: LaterOr[bool] | None = None
    rollback_failed_instances_on_policy_breach: LaterOr[bool] | None = None


class UpgradePolicy(SpecModel):
    """``upgradePolicy``."""

    mode: LaterOr[Literal["automatic", "manual", "rolling"]]
    automatic_os_upgrade_policy: AutomaticOSUpgradePolicy | None = None
    rolling_upgrade_policy: RollingUpgradePolicy | None = None
