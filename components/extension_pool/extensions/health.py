"""Application Health.

https://learn.microsoft.com/azure/virtual-machine-scale-sets/virtual-machine-scale-sets-health-extension
"""

from .base import LINUX, WINDOWS, ExtensionType

_PUBLISHER = "Microsoft.ManagedServices"

APPLICATION_HEALTH_LINUX = ExtensionType(
    "Application Health for Linux", _PUBLISHER, "ApplicationHealthLinux", LINUX, "2.0", twin="ApplicationHealthWindows"
)
APPLICATION_HEALTH_WINDOWS = ExtensionType(
    "Application Health for Windows",
    _PUBLISHER,
    "ApplicationHealthWindows",
    WINDOWS,
    "2.0",
    twin="ApplicationHealthLinux",
)
