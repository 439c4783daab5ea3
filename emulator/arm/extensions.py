"""Which extensions Batch lets into a pool, written from its own pages; this list never sees the library's registry."""

from __future__ import annotations

from typing import Any

from emulator.arm.context import invalid, missing

PATH = "deploymentConfiguration.virtualMachineConfiguration.extensions"

# Batch page "Use extensions with Batch pools" (create-pool-extensions.md, 2023-12-05).
ALLOWED = {
    ("Microsoft.Azure.KeyVault", "KeyVaultForLinux"),
    ("Microsoft.Azure.KeyVault", "KeyVaultForWindows"),
    ("Microsoft.EnterpriseCloud.Monitoring", "OmsAgentForLinux"),
    ("Microsoft.EnterpriseCloud.Monitoring", "MicrosoftMonitoringAgent"),
    ("Microsoft.Powershell", "DSC"),
    ("Microsoft.Azure.Diagnostics", "IaaSDiagnostics"),
    ("Microsoft.HpcCompute", "AmdGpuDriverWindows"),
    ("Microsoft.HpcCompute", "NvidiaGpuDriverWindows"),
    ("Microsoft.HpcCompute", "NvidiaGpuDriverLinux"),
    ("Microsoft.Azure.Security", "IaaSAntimalware"),
    ("Microsoft.Azure.Monitor", "AzureMonitorLinuxAgent"),
    ("Microsoft.Azure.Monitor", "AzureMonitorWindowsAgent"),
    # On the newer page according to a 2026 third-party note; the page's own considerations name Application Health.
    ("Microsoft.ManagedServices", "ApplicationHealthLinux"),
    ("Microsoft.ManagedServices", "ApplicationHealthWindows"),
    ("Microsoft.Azure.Security.LinuxAttestation", "GuestAttestation"),
    ("Microsoft.Azure.Security.WindowsAttestation", "GuestAttestation"),
}
_ALLOWED_KEYS = {(publisher.lower(), kind.lower()) for publisher, kind in ALLOWED}


def of_pool(properties: dict[str, Any]) -> list[dict[str, Any]]:
    """The extensions in a pool's properties; empty when there are none."""
    configuration = (properties.get("deploymentConfiguration") or {}).get("virtualMachineConfiguration") or {}
    return list(configuration.get("extensions") or [])


def check(properties: dict[str, Any], also_allowed: str = "") -> None:
    """ArmError for the first extension that Batch would not take."""
    extra = {_pair(item) for item in also_allowed.split(",") if "/" in item}
    seen: set[str] = set()
    handlers: set[tuple[str, str]] = set()
    for index, extension in enumerate(of_pool(properties)):
        path = f"{PATH}[{index}]"
        for needed in ("name", "publisher", "type"):
            if not extension.get(needed):
                raise missing(f"{path}.{needed}")
        name, kind = str(extension["name"]), str(extension["type"])
        handler = (str(extension["publisher"]).lower(), kind.lower())
        if kind.lower().startswith("customscript"):
            # The page: "The CustomScript extension type is reserved for the Azure Batch service and can't be
            # overridden." That the Windows and the old Linux handler are blocked as well is inferred.
            raise invalid(
                f"{path}.type",
                kind,
                "The CustomScript extension type is reserved for the Azure Batch service and can't be overridden.",
            )
        if handler not in _ALLOWED_KEYS and handler not in extra:
            raise invalid(
                f"{path}.type",
                f"{extension['publisher']}/{kind}",
                "The extension publisher and type are not in the list of extensions that Azure Batch allows.",
            )
        if name.lower() in seen or handler in handlers:
            # Compute installs one extension of a handler on a VM, and names are keys; the error's form is a judgement.
            raise invalid(f"{path}.name", name, "Extension names and handlers must be unique in a pool.")
        seen.add(name.lower())
        handlers.add(handler)
    _check_order(properties, seen)


def _check_order(properties: dict[str, Any], names: set[str]) -> None:
    for index, extension in enumerate(of_pool(properties)):
        for name in extension.get("provisionAfterExtensions") or []:
            if str(name).lower() not in names:
                raise invalid(
                    f"{PATH}[{index}].provisionAfterExtensions", name, "The pool has no extension with this name."
                )


def settings_as_text(properties: dict[str, Any]) -> bool:
    """True when an extension's settings were sent as JSON text: such nodes are never allocated (azurerm#20530)."""
    return any(isinstance(extension.get("settings"), str) for extension in of_pool(properties))


def _pair(text: str) -> tuple[str, str]:
    publisher, _, kind = text.strip().partition("/")
    return publisher.lower(), kind.lower()
