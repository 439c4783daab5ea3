"""The virtual machines: image, disks, containers, security, upgrades."""

from pulumi import Input
from typing_extensions import NotRequired, TypedDict


class ImageReferenceArgs(TypedDict):
    """An image of the Marketplace (publisher, offer, sku), or an image by one of the three ids."""

    publisher: NotRequired[Input[str]]
    """Conditional: required unless an id is given; for example Canonical. Case does not matter."""
    offer: NotRequired[Input[str]]
    """Conditional: required unless an id is given; for example ubuntu-24_04-lts."""
    sku: NotRequired[Input[str]]
    """Conditional: required unless an id is given; for example server."""
    version: NotRequired[Input[str]]
    """Optional. Left out, Batch takes the latest version at the time each node is made."""
    id: NotRequired[Input[str]]
    """Conditional: the resource id of an image or of a gallery image version, instead of everything else. A gallery
    image needs a replica in the account's region."""
    shared_gallery_image_id: NotRequired[Input[str]]
    """Conditional: the unique id of an image in a shared gallery, instead of everything else."""
    community_gallery_image_id: NotRequired[Input[str]]
    """Conditional: the unique id of an image in a community gallery, instead of everything else."""


class NodeIdentityReferenceArgs(TypedDict):
    """The user-assigned identity that a node signs in with; it must be one of the pool's."""

    resource_id: NotRequired[Input[str]]
    """Optional. Its resource id."""


class ContainerRegistryArgs(TypedDict):
    """A registry that nodes pull images from, with a user name and password or with an identity."""

    registry_server: NotRequired[Input[str]]
    """Optional. For example myregistry.azurecr.io. Left out, docker.io."""
    user_name: NotRequired[Input[str]]
    """Conditional: goes with password; instead of both, identity_reference."""
    password: NotRequired[Input[str]]
    """Conditional: goes with user_name. Always a secret; Azure never gives it back."""
    identity_reference: NotRequired[NodeIdentityReferenceArgs]
    """Conditional: instead of user_name and password."""


class ContainerConfigurationArgs(TypedDict):
    """Prepares the nodes for tasks in containers."""

    type: Input[str]
    """Required. DockerCompatible or CriCompatible."""
    container_image_names: NotRequired[list[Input[str]]]
    """Optional. Images that each node pulls before it takes tasks, as for `docker pull`. Left out, each task pulls its
    own."""
    container_registries: NotRequired[list[ContainerRegistryArgs]]
    """Conditional: required for images of private registries."""


class DataDiskArgs(TypedDict):
    """An empty data disk of each node. The node does not see it until something formats and mounts it."""

    lun: Input[int]
    """Required. Tells the disks of a node apart: 0 to 63, each once."""
    disk_size_gb: Input[int]
    """Required. Size in GB."""
    caching: NotRequired[Input[str]]
    """Optional. None (left out, this), ReadOnly or ReadWrite."""
    storage_account_type: NotRequired[Input[str]]
    """Optional. Standard_LRS (left out, this), Premium_LRS or StandardSSD_LRS."""


class DiskEncryptionConfigurationArgs(TypedDict):
    """Encrypts disks while a node is made."""

    targets: NotRequired[list[Input[str]]]
    """Optional. On Linux TemporaryDisk alone; on Windows both OsDisk and TemporaryDisk. Left out, nothing is
    encrypted."""


class NodePlacementConfigurationArgs(TypedDict):
    """Where in the region nodes are placed."""

    policy: NotRequired[Input[str]]
    """Optional. Regional (left out, this) or Zonal: spread over availability zones."""


class DiffDiskSettingsArgs(TypedDict):
    """An ephemeral OS disk: on the host, gone with the node."""

    placement: NotRequired[Input[str]]
    """Optional. CacheDisk: the disk lies in the cache of the VM size, which must be large enough."""


class DiskSecurityProfileArgs(TypedDict):
    """Encryption of the OS disk of a confidential VM."""

    security_encryption_type: NotRequired[Input[str]]
    """Conditional: required for confidential VMs, and only for them: VMGuestStateOnly, or NonPersistedTPM, which does
    not keep the state of the firmware."""


class ManagedDiskArgs(TypedDict):
    """The managed disk behind the OS disk."""

    storage_account_type: NotRequired[Input[str]]
    """Optional. Standard_LRS, Premium_LRS or StandardSSD_LRS. Left out, Azure decides."""
    security_profile: NotRequired[DiskSecurityProfileArgs]
    """Conditional: required for confidential VMs, and only for them."""


class OSDiskArgs(TypedDict):
    """The OS disk."""

    caching: NotRequired[Input[str]]
    """Optional. None, ReadOnly or ReadWrite. Left out, Azure decides."""
    disk_size_gb: NotRequired[Input[int]]
    """Optional. Size in GB. Left out, the image's."""
    ephemeral_os_disk_settings: NotRequired[DiffDiskSettingsArgs]
    """Optional. Left out, the disk is a managed one."""
    managed_disk: NotRequired[ManagedDiskArgs]
    """Optional. Left out, Azure decides."""
    write_accelerator_enabled: NotRequired[Input[bool]]
    """Optional. Write acceleration, which only some VM sizes have. Left out, off."""


class UefiSettingsArgs(TypedDict):
    """What the virtual firmware does; needs a security_type."""

    secure_boot_enabled: NotRequired[Input[bool]]
    """Optional. Whether nodes start only signed boot loaders, kernels and drivers. GPU driver extensions may need it
    off."""
    v_tpm_enabled: NotRequired[Input[bool]]
    """Optional. Whether nodes have a virtual TPM."""


class SecurityProfileArgs(TypedDict):
    """Trusted launch, confidential VMs, encryption at the host."""

    security_type: NotRequired[Input[str]]
    """Conditional: required with uefi_settings: trustedLaunch or confidentialVM. The image must be of generation 2."""
    encryption_at_host: NotRequired[Input[bool]]
    """Optional. Encrypts all disks at the host, the temporary one included. The subscription must have the feature."""
    uefi_settings: NotRequired[UefiSettingsArgs]
    """Optional. Works only with a security_type."""


class ServiceArtifactReferenceArgs(TypedDict):
    """Keeps image versions the same over all nodes of an automatic upgrade from a gallery."""

    id: Input[str]
    """Required. Resource id of a gallery's VM artifacts profile: .../galleries/GALLERY/serviceArtifacts/ARTIFACT/
    vmArtifactsProfiles/PROFILE."""


class WindowsConfigurationArgs(TypedDict):
    """Windows of the nodes. Azure refuses it with a Linux image."""

    enable_automatic_updates: NotRequired[Input[bool]]
    """Optional. Whether Windows updates itself, which may restart nodes at work. Left out, true."""


class AutomaticOSUpgradePolicyArgs(TypedDict):
    """Automatic upgrades of nodes to a newer OS image."""

    disable_automatic_rollback: NotRequired[Input[bool]]
    """Optional. Whether a failed upgrade stays as it is instead of being rolled back."""
    enable_automatic_os_upgrade: NotRequired[Input[bool]]
    """Optional. Whether nodes get a newer OS image, some at a time. On Windows it excludes enable_automatic_updates."""
    os_rolling_upgrade_deferral: NotRequired[Input[bool]]
    """Optional. Whether a node with running tasks is upgraded later."""
    use_rolling_upgrade_policy: NotRequired[Input[bool]]
    """Optional. Whether rolling_upgrade_policy holds for these upgrades too. Left out, Azure's default policy."""


class RollingUpgradePolicyArgs(TypedDict):
    """How a rolling upgrade goes over the nodes."""

    enable_cross_zone_upgrade: NotRequired[Input[bool]]
    """Conditional: only with node placement Zonal. Whether a batch may hold nodes of several zones. Left out, Azure
    decides."""
    max_batch_instance_percent: NotRequired[Input[int]]
    """Optional. Percent of all nodes that are upgraded at a time, 5 to 100, not more than
    max_unhealthy_instance_percent. Unhealthy nodes make the batches smaller."""
    max_unhealthy_instance_percent: NotRequired[Input[int]]
    """Optional. Percent of all nodes that may be unhealthy or in upgrade before it is aborted, 5 to 100."""
    max_unhealthy_upgraded_instance_percent: NotRequired[Input[int]]
    """Optional. Percent of upgraded nodes that may be unhealthy before it is aborted, 0 to 100."""
    pause_time_between_batches: NotRequired[Input[str]]
    """Optional. ISO 8601 duration, for example PT0S."""
    prioritize_unhealthy_instances: NotRequired[Input[bool]]
    """Optional. Whether unhealthy nodes are upgraded first."""
    rollback_failed_instances_on_policy_breach: NotRequired[Input[bool]]
    """Optional. Whether failed nodes go back to the former image when the policy is violated."""


class UpgradePolicyArgs(TypedDict):
    """How nodes get changes of the OS image."""

    mode: Input[str]
    """Required. automatic (all nodes at once), manual, or rolling (batches with a pause)."""
    automatic_os_upgrade_policy: NotRequired[AutomaticOSUpgradePolicyArgs]
    """Optional. Left out, no automatic OS upgrades."""
    rolling_upgrade_policy: NotRequired[RollingUpgradePolicyArgs]
    """Optional. For mode rolling, and for automatic OS upgrades that use it. Left out, Azure's default policy."""
