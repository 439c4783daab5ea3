"""The extension types that Azure Batch lists: what each is, without the models of its settings. Pure.

A pool uses a few of them, and the models of all take longer to load than everything else that a pool needs: each type
says where its own stands, and it is loaded when it is asked for.
https://learn.microsoft.com/azure/batch/create-pool-extensions
"""

from __future__ import annotations

import re
from datetime import date
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

from ..images import LINUX, WINDOWS

if TYPE_CHECKING:
    from .base import ProtectedSchemas, Schemas
    from .typed import TypedExtension

    # inside `ExtensionType` the word `type` is a field
    Model = type[TypedExtension]

RESERVED_TYPE_PREFIX = "customscript"
"""Batch keeps the custom script extension for itself, in each of its forms (CustomScript, CustomScriptExtension,
CustomScriptForLinux). https://learn.microsoft.com/azure/batch/create-pool-extensions"""


class Retirement(NamedTuple):
    """The end of an extension. on: the first day without support; successor: what to use instead."""

    on: date
    successor: str


class ExtensionType(NamedTuple):
    """One extension that Batch lists. Azure compares publisher and type without regard to case.

    os_type: ``linux`` or ``windows``. type_handler_version: the version to use. model_path: module and class of the
    typed model, inside this package. twin: what the other operating system has for the same purpose, where it has
    something. upgrades_itself: whether the type takes part in automatic upgrades (None: not documented).
    listed_for_sure: False where Batch's own page has not been seen to list it. needs_settings: without any, it fails.
    """

    title: str
    publisher: str
    type: str
    os_type: str
    type_handler_version: str
    model_path: str
    twin: str | None = None
    retirement: Retirement | None = None
    upgrades_itself: bool | None = None
    listed_for_sure: bool = True
    needs_settings: bool = False

    @property
    def model(self) -> Model:
        """The typed model, loaded when it is first asked for."""
        module, _, name = self.model_path.partition(".")
        found: Model = getattr(import_module(f".{module}", __package__), name)
        return found

    @property
    def settings(self) -> Schemas:
        """The schemas of the settings."""
        return self.model.schemas

    @property
    def protected_settings(self) -> ProtectedSchemas:
        """The schemas of the protected settings."""
        return self.model.protected_schemas

    def matches(self, publisher: str, type_: str) -> bool:
        return (self.publisher.lower(), self.type.lower()) == (publisher.lower(), type_.lower())


KEY_VAULT_FOR_LINUX = ExtensionType(
    "Key Vault for Linux",
    "Microsoft.Azure.KeyVault",
    "KeyVaultForLinux",
    LINUX,
    "3.0",
    "key_vault.KeyVaultForLinux",
    twin="KeyVaultForWindows",
    upgrades_itself=True,
    needs_settings=True,
)
KEY_VAULT_FOR_WINDOWS = ExtensionType(
    "Key Vault for Windows",
    "Microsoft.Azure.KeyVault",
    "KeyVaultForWindows",
    WINDOWS,
    "3.0",
    "key_vault.KeyVaultForWindows",
    twin="KeyVaultForLinux",
    upgrades_itself=True,
    needs_settings=True,
)
AZURE_MONITOR_LINUX_AGENT = ExtensionType(
    "Azure Monitor Agent for Linux",
    "Microsoft.Azure.Monitor",
    "AzureMonitorLinuxAgent",
    LINUX,
    "1.21",
    "monitoring.AzureMonitorLinuxAgent",
    twin="AzureMonitorWindowsAgent",
    upgrades_itself=True,
)
AZURE_MONITOR_WINDOWS_AGENT = ExtensionType(
    "Azure Monitor Agent for Windows",
    "Microsoft.Azure.Monitor",
    "AzureMonitorWindowsAgent",
    WINDOWS,
    "1.0",
    "monitoring.AzureMonitorWindowsAgent",
    twin="AzureMonitorLinuxAgent",
    upgrades_itself=True,
)
OMS_AGENT_FOR_LINUX = ExtensionType(
    "Log Analytics agent for Linux",
    "Microsoft.EnterpriseCloud.Monitoring",
    "OmsAgentForLinux",
    LINUX,
    "1.16",
    "log_analytics.OmsAgentForLinux",
    twin="MicrosoftMonitoringAgent",
    retirement=Retirement(date(2024, 8, 31), "AzureMonitorLinuxAgent"),
    upgrades_itself=True,
    needs_settings=True,
)
MICROSOFT_MONITORING_AGENT = ExtensionType(
    "Log Analytics agent for Windows",
    "Microsoft.EnterpriseCloud.Monitoring",
    "MicrosoftMonitoringAgent",
    WINDOWS,
    "1.0",
    "log_analytics.MicrosoftMonitoringAgent",
    twin="OmsAgentForLinux",
    retirement=Retirement(date(2024, 8, 31), "AzureMonitorWindowsAgent"),
    upgrades_itself=True,
    needs_settings=True,
)
IAAS_DIAGNOSTICS = ExtensionType(
    "Azure Diagnostics for Windows",
    "Microsoft.Azure.Diagnostics",
    "IaaSDiagnostics",
    WINDOWS,
    "1.5",
    "diagnostics.IaaSDiagnostics",
    retirement=Retirement(date(2026, 3, 31), "AzureMonitorWindowsAgent"),
    needs_settings=True,
)
NVIDIA_GPU_DRIVER_LINUX = ExtensionType(
    "NVIDIA GPU driver for Linux",
    "Microsoft.HpcCompute",
    "NvidiaGpuDriverLinux",
    LINUX,
    "1.6",
    "gpu_drivers.NvidiaGpuDriverLinux",
    twin="NvidiaGpuDriverWindows",
)
NVIDIA_GPU_DRIVER_WINDOWS = ExtensionType(
    "NVIDIA GPU driver for Windows",
    "Microsoft.HpcCompute",
    "NvidiaGpuDriverWindows",
    WINDOWS,
    # minor ten, not one
    "1.10",
    "gpu_drivers.NvidiaGpuDriverWindows",
    twin="NvidiaGpuDriverLinux",
)
AMD_GPU_DRIVER_WINDOWS = ExtensionType(
    "AMD GPU driver for Windows",
    "Microsoft.HpcCompute",
    "AmdGpuDriverWindows",
    WINDOWS,
    "1.1",
    "gpu_drivers.AmdGpuDriverWindows",
)
IAAS_ANTIMALWARE = ExtensionType(
    "Microsoft Antimalware for Windows",
    "Microsoft.Azure.Security",
    "IaaSAntimalware",
    WINDOWS,
    "1.3",
    "security.IaaSAntimalware",
    needs_settings=True,
)
GUEST_ATTESTATION_LINUX = ExtensionType(
    "Guest Attestation for Linux",
    "Microsoft.Azure.Security.LinuxAttestation",
    "GuestAttestation",
    LINUX,
    "1.0",
    "security.GuestAttestationLinux",
    upgrades_itself=True,
    listed_for_sure=False,
)
GUEST_ATTESTATION_WINDOWS = ExtensionType(
    "Guest Attestation for Windows",
    "Microsoft.Azure.Security.WindowsAttestation",
    "GuestAttestation",
    WINDOWS,
    "1.0",
    "security.GuestAttestationWindows",
    upgrades_itself=True,
    listed_for_sure=False,
)
APPLICATION_HEALTH_LINUX = ExtensionType(
    "Application Health for Linux",
    "Microsoft.ManagedServices",
    "ApplicationHealthLinux",
    LINUX,
    "2.0",
    "health.ApplicationHealthLinux",
    twin="ApplicationHealthWindows",
    upgrades_itself=True,
    needs_settings=True,
)
APPLICATION_HEALTH_WINDOWS = ExtensionType(
    "Application Health for Windows",
    "Microsoft.ManagedServices",
    "ApplicationHealthWindows",
    WINDOWS,
    "2.0",
    "health.ApplicationHealthWindows",
    twin="ApplicationHealthLinux",
    upgrades_itself=True,
    needs_settings=True,
)
DSC = ExtensionType(
    "PowerShell DSC",
    "Microsoft.Powershell",
    "DSC",
    WINDOWS,
    "2.77",
    "dsc.Dsc",
    retirement=Retirement(date(2028, 3, 31), "Azure Machine Configuration"),
)

KEY_VAULT = (KEY_VAULT_FOR_LINUX, KEY_VAULT_FOR_WINDOWS)
AZURE_MONITOR = (AZURE_MONITOR_LINUX_AGENT, AZURE_MONITOR_WINDOWS_AGENT)
NVIDIA_GPU_DRIVER = (NVIDIA_GPU_DRIVER_LINUX, NVIDIA_GPU_DRIVER_WINDOWS)
GUEST_ATTESTATION = (GUEST_ATTESTATION_LINUX, GUEST_ATTESTATION_WINDOWS)
APPLICATION_HEALTH = (APPLICATION_HEALTH_LINUX, APPLICATION_HEALTH_WINDOWS)

REGISTRY: tuple[ExtensionType, ...] = (
    KEY_VAULT_FOR_LINUX,
    KEY_VAULT_FOR_WINDOWS,
    AZURE_MONITOR_LINUX_AGENT,
    AZURE_MONITOR_WINDOWS_AGENT,
    OMS_AGENT_FOR_LINUX,
    MICROSOFT_MONITORING_AGENT,
    IAAS_DIAGNOSTICS,
    NVIDIA_GPU_DRIVER_LINUX,
    NVIDIA_GPU_DRIVER_WINDOWS,
    AMD_GPU_DRIVER_WINDOWS,
    IAAS_ANTIMALWARE,
    GUEST_ATTESTATION_LINUX,
    GUEST_ATTESTATION_WINDOWS,
    APPLICATION_HEALTH_LINUX,
    APPLICATION_HEALTH_WINDOWS,
    DSC,
)


def find_extension_type(publisher: str, type_: str) -> ExtensionType | None:
    """The registered type, or None; case does not matter."""
    return next((known for known in REGISTRY if known.matches(publisher, type_)), None)


def is_reserved(type_: str) -> bool:
    """Whether Batch keeps a type for itself."""
    return type_.lower().startswith(RESERVED_TYPE_PREFIX)


def major_of(type_handler_version: Any) -> int | None:
    """The major version: what decides the schema of the settings; None where the version is not known or is none."""
    match = re.match(r"(\d{1,6})(\.|$)", type_handler_version) if isinstance(type_handler_version, str) else None
    return int(match[1]) if match else None
