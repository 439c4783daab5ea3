"""Azure Batch pools with VM extensions, as one Pulumi component."""

from .args import (
    AutoScaleArgs,
    ExistingIdentityArgs,
    ExtensionArgs,
    ExtensionPoolArgs,
    FixedScaleArgs,
    IdentityArgs,
    ImageReferenceArgs,
    KeyVaultAccessArgs,
    KeyVaultAclArgs,
    KeyVaultCertificateArgs,
    KeyVaultExtensionArgs,
    MetadataItemArgs,
    ScaleSettingsArgs,
    TaskSchedulingPolicyArgs,
)
from .pool import ExtensionPool, InvalidPoolError

__all__ = [
    "AutoScaleArgs",
    "ExistingIdentityArgs",
    "ExtensionArgs",
    "ExtensionPool",
    "ExtensionPoolArgs",
    "FixedScaleArgs",
    "IdentityArgs",
    "ImageReferenceArgs",
    "InvalidPoolError",
    "KeyVaultAccessArgs",
    "KeyVaultAclArgs",
    "KeyVaultCertificateArgs",
    "KeyVaultExtensionArgs",
    "MetadataItemArgs",
    "ScaleSettingsArgs",
    "TaskSchedulingPolicyArgs",
]
