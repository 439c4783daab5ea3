"""The registry of the extension types that Azure Batch lists.

https://learn.microsoft.com/azure/batch/create-pool-extensions
"""

from __future__ import annotations

from . import dsc, gpu_drivers, health, key_vault, monitoring, security
from .base import ExtensionType, is_reserved

REGISTRY: tuple[ExtensionType, ...] = (
    key_vault.KEY_VAULT_FOR_LINUX,
    key_vault.KEY_VAULT_FOR_WINDOWS,
    monitoring.AZURE_MONITOR_LINUX_AGENT,
    monitoring.AZURE_MONITOR_WINDOWS_AGENT,
    monitoring.OMS_AGENT_FOR_LINUX,
    monitoring.MICROSOFT_MONITORING_AGENT,
    monitoring.IAAS_DIAGNOSTICS,
    gpu_drivers.NVIDIA_GPU_DRIVER_LINUX,
    gpu_drivers.NVIDIA_GPU_DRIVER_WINDOWS,
    gpu_drivers.AMD_GPU_DRIVER_WINDOWS,
    security.IAAS_ANTIMALWARE,
    security.GUEST_ATTESTATION_LINUX,
    security.GUEST_ATTESTATION_WINDOWS,
    health.APPLICATION_HEALTH_LINUX,
    health.APPLICATION_HEALTH_WINDOWS,
    dsc.DSC,
)


def find_extension_type(publisher: str, type_: str) -> ExtensionType | None:
    """The registered type, or None; case does not matter."""
    return next((known for known in REGISTRY if known.matches(publisher, type_)), None)


__all__ = ["REGISTRY", "ExtensionType", "find_extension_type", "is_reserved"]
