"""The arguments of `ExtensionPool`. Shapes and names are ARM's, in Python's spelling.

The string under a field is its documentation, here, in other languages, in the schema of the stack files and in the
reference. Pulumi's schema reader takes these types apart to offer the component to other languages, so no module here
has ``from __future__ import annotations``, no unions but Optional, and no Literal.
"""

from .extensions import ExtensionArgs, KeyVaultAclArgs, KeyVaultCertificateArgs, KeyVaultExtensionArgs
from .identity import ExistingIdentityArgs, IdentityArgs, KeyVaultAccessArgs
from .machines import (
    AutomaticOSUpgradePolicyArgs,
    ContainerConfigurationArgs,
    ContainerRegistryArgs,
    DataDiskArgs,
    DiffDiskSettingsArgs,
    DiskEncryptionConfigurationArgs,
    DiskSecurityProfileArgs,
    ImageReferenceArgs,
    ManagedDiskArgs,
    NodeIdentityReferenceArgs,
    NodePlacementConfigurationArgs,
    OSDiskArgs,
    RollingUpgradePolicyArgs,
    SecurityProfileArgs,
    ServiceArtifactReferenceArgs,
    UefiSettingsArgs,
    UpgradePolicyArgs,
    WindowsConfigurationArgs,
)
from .network import (
    EndpointConfigurationArgs,
    InboundNatPoolArgs,
    NetworkConfigurationArgs,
    NetworkSecurityGroupRuleArgs,
    PublicIPAddressConfigurationArgs,
)
from .pool import ExtensionPoolArgs, MetadataItemArgs
from .rollout import CanaryArgs, DrainArgs, GateArgs, RolloutArgs
from .scale import AutoScaleArgs, FixedScaleArgs, ScaleSettingsArgs, TaskSchedulingPolicyArgs
from .storage import (
    ApplicationPackageReferenceArgs,
    AzureBlobFileSystemArgs,
    AzureFileShareArgs,
    CifsMountArgs,
    MountConfigurationArgs,
    NfsMountArgs,
    ResourceFileArgs,
)
from .tasks import (
    AutoUserSpecificationArgs,
    ContainerBindMountArgs,
    EnvironmentSettingArgs,
    LinuxUserConfigurationArgs,
    StartTaskArgs,
    TaskContainerSettingsArgs,
    UserAccountArgs,
    UserIdentityArgs,
    WindowsUserConfigurationArgs,
)

__all__ = [
    "ApplicationPackageReferenceArgs",
    "AutoScaleArgs",
    "AutoUserSpecificationArgs",
    "AutomaticOSUpgradePolicyArgs",
    "AzureBlobFileSystemArgs",
    "AzureFileShareArgs",
    "CanaryArgs",
    "CifsMountArgs",
    "ContainerBindMountArgs",
    "ContainerConfigurationArgs",
    "ContainerRegistryArgs",
    "DataDiskArgs",
    "DiffDiskSettingsArgs",
    "DiskEncryptionConfigurationArgs",
    "DiskSecurityProfileArgs",
    "DrainArgs",
    "EndpointConfigurationArgs",
    "EnvironmentSettingArgs",
    "ExistingIdentityArgs",
    "ExtensionArgs",
    "ExtensionPoolArgs",
    "FixedScaleArgs",
    "GateArgs",
    "IdentityArgs",
    "ImageReferenceArgs",
    "InboundNatPoolArgs",
    "KeyVaultAccessArgs",
    "KeyVaultAclArgs",
    "KeyVaultCertificateArgs",
    "KeyVaultExtensionArgs",
    "LinuxUserConfigurationArgs",
    "ManagedDiskArgs",
    "MetadataItemArgs",
    "MountConfigurationArgs",
    "NetworkConfigurationArgs",
    "NetworkSecurityGroupRuleArgs",
    "NfsMountArgs",
    "NodeIdentityReferenceArgs",
    "NodePlacementConfigurationArgs",
    "OSDiskArgs",
    "PublicIPAddressConfigurationArgs",
    "ResourceFileArgs",
    "RollingUpgradePolicyArgs",
    "RolloutArgs",
    "ScaleSettingsArgs",
    "SecurityProfileArgs",
    "ServiceArtifactReferenceArgs",
    "StartTaskArgs",
    "TaskContainerSettingsArgs",
    "TaskSchedulingPolicyArgs",
    "UefiSettingsArgs",
    "UpgradePolicyArgs",
    "UserAccountArgs",
    "UserIdentityArgs",
    "WindowsConfigurationArgs",
    "WindowsUserConfigurationArgs",
]
