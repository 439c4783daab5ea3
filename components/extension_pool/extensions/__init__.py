"""The registry of the extension types that Azure Batch lists, each with a typed model.

The models of their settings stand in the module of each family; a mapping with the extension's own keys does as well:
``ApplicationHealthLinux(settings={"protocol": "tcp", "port": 8099})``.
https://learn.microsoft.com/azure/batch/create-pool-extensions
"""

from __future__ import annotations

from .base import ExtensionType, is_reserved, major_of
from .diagnostics import IaaSDiagnostics
from .dsc import Dsc
from .gpu_drivers import AmdGpuDriverWindows, NvidiaGpuDriverLinux, NvidiaGpuDriverWindows
from .health import ApplicationHealthLinux, ApplicationHealthWindows
from .key_vault import KeyVaultForLinux, KeyVaultForWindows
from .log_analytics import MicrosoftMonitoringAgent, OmsAgentForLinux
from .monitoring import AzureMonitorLinuxAgent, AzureMonitorWindowsAgent
from .schema import judge_protected_settings, judge_settings
from .security import GuestAttestationLinux, GuestAttestationWindows, IaaSAntimalware
from .typed import TypedExtension

MODELS: tuple[type[TypedExtension], ...] = (
    KeyVaultForLinux,
    KeyVaultForWindows,
    AzureMonitorLinuxAgent,
    AzureMonitorWindowsAgent,
    OmsAgentForLinux,
    MicrosoftMonitoringAgent,
    IaaSDiagnostics,
    NvidiaGpuDriverLinux,
    NvidiaGpuDriverWindows,
    AmdGpuDriverWindows,
    IaaSAntimalware,
    GuestAttestationLinux,
    GuestAttestationWindows,
    ApplicationHealthLinux,
    ApplicationHealthWindows,
    Dsc,
)

REGISTRY: tuple[ExtensionType, ...] = tuple(model.kind for model in MODELS)


def find_extension_type(publisher: str, type_: str) -> ExtensionType | None:
    """The registered type, or None; case does not matter."""
    return next((known for known in REGISTRY if known.matches(publisher, type_)), None)


__all__ = [
    "MODELS",
    "REGISTRY",
    "AmdGpuDriverWindows",
    "ApplicationHealthLinux",
    "ApplicationHealthWindows",
    "AzureMonitorLinuxAgent",
    "AzureMonitorWindowsAgent",
    "Dsc",
    "ExtensionType",
    "GuestAttestationLinux",
    "GuestAttestationWindows",
    "IaaSAntimalware",
    "IaaSDiagnostics",
    "KeyVaultForLinux",
    "KeyVaultForWindows",
    "MicrosoftMonitoringAgent",
    "NvidiaGpuDriverLinux",
    "NvidiaGpuDriverWindows",
    "OmsAgentForLinux",
    "TypedExtension",
    "find_extension_type",
    "is_reserved",
    "judge_protected_settings",
    "judge_settings",
    "major_of",
]
