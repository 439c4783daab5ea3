"""Drivers of NVIDIA and AMD GPUs. They need the internet, may restart the node, and do not work with Secure Boot.

https://learn.microsoft.com/azure/virtual-machines/extensions/hpccompute-gpu-linux
https://learn.microsoft.com/azure/virtual-machines/extensions/hpccompute-gpu-windows
https://learn.microsoft.com/azure/virtual-machines/extensions/hpccompute-amd-gpu-windows
"""

from typing import ClassVar

from pydantic import Field

from ..azure_types import LaterOr, Text
from .base import Schemas, SettingsModel
from .kinds import AMD_GPU_DRIVER_WINDOWS, NVIDIA_GPU_DRIVER_LINUX, NVIDIA_GPU_DRIVER_WINDOWS, ExtensionType
from .typed import TypedExtension


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

    kind: ClassVar[ExtensionType] = NVIDIA_GPU_DRIVER_LINUX
    schemas: ClassVar[Schemas] = {1: NvidiaGpuDriverLinuxSettings}

    settings: NvidiaGpuDriverLinuxSettings = Field(default_factory=NvidiaGpuDriverLinuxSettings)


class NvidiaGpuDriverWindows(TypedExtension):
    """The NVIDIA driver for Windows nodes."""

    kind: ClassVar[ExtensionType] = NVIDIA_GPU_DRIVER_WINDOWS
    schemas: ClassVar[Schemas] = {1: NvidiaGpuDriverWindowsSettings}

    settings: NvidiaGpuDriverWindowsSettings = Field(default_factory=NvidiaGpuDriverWindowsSettings)


class AmdGpuDriverWindows(TypedExtension):
    """The AMD driver for Windows nodes (NVv4)."""

    kind: ClassVar[ExtensionType] = AMD_GPU_DRIVER_WINDOWS
    schemas: ClassVar[Schemas] = {1: AmdGpuDriverWindowsSettings}

    settings: AmdGpuDriverWindowsSettings = Field(default_factory=AmdGpuDriverWindowsSettings)
