"""Extensions that need something of the virtual machine: GPU drivers and Guest Attestation."""

from __future__ import annotations

from datetime import date

from ..derived import image_of
from ..extensions.kinds import AMD_GPU_DRIVER_WINDOWS, GUEST_ATTESTATION, NVIDIA_GPU_DRIVER
from ..problems import Findings, Problem
from ..spec import PoolSettings
from ..vm_sizes import parse_vm_size
from .extensions import known_extensions

_DRIVERS = {**{kind.type: "nvidia" for kind in NVIDIA_GPU_DRIVER}, AMD_GPU_DRIVER_WINDOWS.type: "amd"}


def check_secure_boot(pool: PoolSettings, today: date) -> Findings:
    """NVIDIA's driver extensions do not support Secure Boot."""
    uefi = pool.security_profile.uefi_settings if pool.security_profile else None
    if uefi is None or uefi.secure_boot_enabled is not True:
        return Findings()
    return Findings(
        tuple(
            Problem((*at, "type"), "does not support Secure Boot", extension.type, do="switch secure_boot_enabled off")
            for at, extension, kind in known_extensions(pool)
            if kind in NVIDIA_GPU_DRIVER
        )
    )


def warn_of_missing_gpu(pool: PoolSettings, today: date) -> Findings:
    """A driver on a size without its GPU fails. What a size has is read off its name, so it warns."""
    size = parse_vm_size(pool.vm_size) if isinstance(pool.vm_size, str) else None
    findings = Findings()
    for at, _, kind in known_extensions(pool):
        maker = _DRIVERS.get(kind.type)
        if maker is not None and size is not None and size.gpu != maker:
            title = {"nvidia": "NVIDIA", "amd": "AMD"}[maker]
            findings += Findings.warning((*at, "type"), f"{pool.vm_size} has no {title} GPU, as its name says")
    return findings


def warn_of_second_driver(pool: PoolSettings, today: date) -> Findings:
    """Images with an NVIDIA driver of their own do not go together with another one."""
    image = image_of(pool)
    if image is None:
        return Findings()
    has_driver = any(one.startswith("Nvidia") for one in image.capabilities) or image.offer == "ubuntu-hpc"
    findings = Findings()
    for at, _, kind in known_extensions(pool):
        if has_driver and kind in NVIDIA_GPU_DRIVER:
            findings += Findings.warning((*at, "type"), f"the image {image.title} brings an NVIDIA driver; remove one")
    return findings


def warn_of_missing_trusted_launch(pool: PoolSettings, today: date) -> Findings:
    """Guest Attestation attests the boot of nodes with trusted launch, Secure Boot and vTPM."""
    profile = pool.security_profile
    uefi = profile.uefi_settings if profile else None
    told: list[object] = [profile.security_type if profile else None]
    told += [uefi.secure_boot_enabled if uefi else None, uefi.v_tpm_enabled if uefi else None]
    findings = Findings()
    if any(one is None or one is False for one in told):
        text = "needs security_profile with security_type trustedLaunch, secure_boot_enabled and v_tpm_enabled"
        for at, _, kind in known_extensions(pool):
            if kind in GUEST_ATTESTATION:
                findings += Findings.warning((*at, "type"), text)
    return findings
