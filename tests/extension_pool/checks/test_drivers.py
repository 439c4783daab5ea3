"""What drivers and Guest Attestation need of the virtual machine."""

from typing import Any

import pytest

from .pools import DRIVERS, extension, findings, notices, problems

NVIDIA = extension("NvidiaGpuDriverLinux", DRIVERS)
NVIDIA_WINDOWS = extension("NvidiaGpuDriverWindows", DRIVERS)
AMD = extension("AmdGpuDriverWindows", DRIVERS)
TRUSTED = {
    "security_type": "trustedLaunch",
    "uefi_settings": {"secure_boot_enabled": True, "v_tpm_enabled": True},
}


def test_nvidia_drivers_refuse_secure_boot() -> None:
    gpu = {"vm_size": "Standard_NC4as_T4_v3", "extensions": [NVIDIA]}
    assert problems(**gpu, security_profile=TRUSTED) == [
        'extensions[0].type: does not support Secure Boot, got "NvidiaGpuDriverLinux"; switch secure_boot_enabled off'
    ]
    off = {**TRUSTED, "uefi_settings": {"secure_boot_enabled": False}}
    assert problems(**gpu, security_profile=off) == []


@pytest.mark.parametrize(
    ("image", "size", "plain", "fits"),
    [
        ("ubuntu-24.04", "Standard_NC4as_T4_v3", NVIDIA, True),
        ("ubuntu-24.04", "Standard_NC24ads_A100_v4", NVIDIA, True),
        ("windows-server-2022", "Standard_NV6ads_A10_v5", NVIDIA_WINDOWS, True),
        ("windows-server-2022", "Standard_NV4as_v4", AMD, True),
        ("windows-server-2022", "Standard_NV4as_v4", NVIDIA_WINDOWS, False),
        ("windows-server-2022", "Standard_NC4as_T4_v3", AMD, False),
        ("ubuntu-24.04", "Standard_D2s_v5", NVIDIA, False),
        ("ubuntu-24.04", "a size of the future", NVIDIA, True),
    ],
)
def test_a_driver_without_its_gpu_warns(image: str, size: str, plain: dict[str, Any], fits: bool) -> None:
    found = findings(image=image, vm_size=size, extensions=[plain])
    assert found.problems == ()
    assert any("GPU, as its name says" in notice.text for notice in found.notices) != fits


def test_a_second_driver_warns() -> None:
    gpu = {"vm_size": "Standard_NC4as_T4_v3", "extensions": [NVIDIA]}
    assert any("brings an NVIDIA driver" in text for text in notices(**gpu, image="ubuntu-hpc-24.04"))
    assert notices(**gpu) == []


def test_attestation_without_trusted_launch_warns() -> None:
    plain = extension("GuestAttestation", "Microsoft.Azure.Security.LinuxAttestation", allow_unlisted=True)
    (warning,) = notices(extensions=[plain])
    assert "needs security_profile with security_type trustedLaunch" in warning
    assert notices(extensions=[plain], security_profile=TRUSTED) == []
