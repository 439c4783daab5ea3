"""Drivers of NVIDIA and AMD GPUs. They need the internet, may restart the node, and do not work with Secure Boot.

https://learn.microsoft.com/azure/virtual-machines/extensions/hpccompute-gpu-linux
https://learn.microsoft.com/azure/virtual-machines/extensions/hpccompute-gpu-windows
https://learn.microsoft.com/azure/virtual-machines/extensions/hpccompute-amd-gpu-windows
"""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from ..azure_types import LaterOr, Text
from .base import LINUX, WINDOWS, ExtensionType, SettingsModel
from .typed import TypedExtension

_PUBLISHER = "Microsoft.HpcCompute"


class NvidiaGpuDriverLinuxSettings(SettingsModel):
    """driver_version: left out, the latest. install_cuda: NC and ND sizes, left out true; the other two: GRID instead.

    update_os: updates the kernel first, left out false.
    """

    update_os: LaterOr[bool] | None = Field(default=None, alias="updateOS")
    driver_version: LaterOr[Text] | None = None
    install_cuda: LaterOr[bool] | None = Field(default=None, alias="installCUDA")
    install_grid_nc: LaterOr[bool] | None = Field(default=None, alias="installGridNC")
    install_grid_nd: LaterOr[bool] | None = Field(default=None, alias="installGridND")


class NvidiaGpuDriverWindowsSettings(SettingsModel):
    """driver_version: left out, the latest; NVv3 sizes need 538.46."""

    driver_version: LaterOr[Text] | None = None


class AmdGpuDriverWindowsSettings(SettingsModel):
    """There are none."""


class NvidiaGpuDriverLinux(TypedExtension):
    """The NVIDIA driver for Linux nodes."""

    kind: ClassVar[ExtensionType] = ExtensionType(
        "NVIDIA GPU driver for Linux",
        _PUBLISHER,
        "NvidiaGpuDriverLinux",
        LINUX,
        "1.6",
        twin="NvidiaGpuDriverWindows",
        settings={1: NvidiaGpuDriverLinuxSettings},
    )
    settings: NvidiaGpuDriverLinuxSettings = Field(default_factory=NvidiaGpuDriverLinuxSettings)


class NvidiaGpuDriverWindows(TypedExtension):
    """The NVIDIA driver for Windows nodes."""

    # minor ten, not one
    kind: ClassVar[ExtensionType] = ExtensionType(
        "NVIDIA GPU driver for Windows",
        _PUBLISHER,
        "NvidiaGpuDriverWindows",
        WINDOWS,
        "1.10",
        twin="NvidiaGpuDriverLinux",
        settings={1: NvidiaGpuDriverWindowsSettings},
    )
    settings: NvidiaGpuDriverWindowsSettings = Field(default_factory=NvidiaGpuDriverWindowsSettings)


class AmdGpuDriverWindows(TypedExtension):
    """The AMD driver for Windows nodes (NVv4)."""

    kind: ClassVar[ExtensionType] = ExtensionType(
        "AMD GPU driver for Windows",
        _PUBLISHER,
        "AmdGpuDriverWindows",
        WINDOWS,
        "1.1",
        settings={1: AmdGpuDriverWindowsSettings},
    )
    settings: AmdGpuDriverWindowsSettings = Field(default_factory=AmdGpuDriverWindowsSettings)
