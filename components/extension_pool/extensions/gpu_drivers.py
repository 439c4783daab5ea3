"""Drivers of NVIDIA and AMD GPUs.

https://learn.microsoft.com/azure/virtual-machines/extensions/hpccompute-gpu-linux
"""

from .base import LINUX, WINDOWS, ExtensionType

_PUBLISHER = "Microsoft.HpcCompute"

NVIDIA_GPU_DRIVER_LINUX = ExtensionType(
    "NVIDIA GPU driver for Linux", _PUBLISHER, "NvidiaGpuDriverLinux", LINUX, "1.6", twin="NvidiaGpuDriverWindows"
)
NVIDIA_GPU_DRIVER_WINDOWS = ExtensionType(
    "NVIDIA GPU driver for Windows", _PUBLISHER, "NvidiaGpuDriverWindows", WINDOWS, "1.10", twin="NvidiaGpuDriverLinux"
)
AMD_GPU_DRIVER_WINDOWS = ExtensionType("AMD GPU driver for Windows", _PUBLISHER, "AmdGpuDriverWindows", WINDOWS, "1.1")
