"""The registry of the extension types that Azure Batch lists, each with a typed model.

The models of their settings stand in the module of each family; a mapping with the extension's own keys does as well:
``ApplicationHealthLinux(settings={"protocol": "tcp", "port": 8099})``. A model is loaded when it is first asked for.
https://learn.microsoft.com/azure/batch/create-pool-extensions
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .kinds import REGISTRY, ExtensionType, find_extension_type, is_reserved, major_of
from .schema import judge_protected_settings, judge_settings
from .typed import TypedExtension

if TYPE_CHECKING:
    from .diagnostics import IaaSDiagnostics
    from .dsc import Dsc
    from .gpu_drivers import AmdGpuDriverWindows, NvidiaGpuDriverLinux, NvidiaGpuDriverWindows
    from .health import ApplicationHealthLinux, ApplicationHealthWindows
    from .key_vault import KeyVaultForLinux, KeyVaultForWindows
    from .log_analytics import MicrosoftMonitoringAgent, OmsAgentForLinux
    from .monitoring import AzureMonitorLinuxAgent, AzureMonitorWindowsAgent
    from .security import GuestAttestationLinux, GuestAttestationWindows, IaaSAntimalware

    MODELS: tuple[type[TypedExtension], ...]
else:

    def __getattr__(name: str) -> Any:
        if name == "MODELS":
            return tuple(kind.model for kind in REGISTRY)
        for kind in REGISTRY:
            if kind.model_path.endswith(f".{name}"):
                return kind.model
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})


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
