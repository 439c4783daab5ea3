"""Disks, security and upgrades."""

from typing import Any

import pytest

from extension_pool.problems import Findings, Later

from .pools import findings, notices, problems

WINDOWS = {"image": "windows-server-2022"}
ROLLING = {"max_batch_instance_percent": 20, "max_unhealthy_instance_percent": 20}
CONFIDENTIAL = {"security_type": "confidentialVM"}
ENCRYPTED = {"managed_disk": {"security_profile": {"security_encryption_type": "VMGuestStateOnly"}}}


def disks(*luns: Any) -> dict[str, Any]:
    return {"data_disks": [{"lun": lun, "disk_size_gb": 10} for lun in luns]}


def encrypted(*targets: Any) -> dict[str, Any]:
    return {"disk_encryption_configuration": {"targets": list(targets)}}


def rolling(**values: Any) -> dict[str, Any]:
    return {"upgrade_policy": {"mode": "rolling", "rolling_upgrade_policy": {**ROLLING, **values}}}


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (disks(0, 1, 0), "data_disks[0].lun: used by another entry too, got 0"),
        (encrypted("OsDisk"), "disk_encryption_configuration.targets: must be TemporaryDisk alone on Linux"),
        ({**WINDOWS, **encrypted("OsDisk")}, "disk_encryption_configuration.targets: must be OsDisk and TemporaryDisk"),
        (
            {"windows_configuration": {"enable_automatic_updates": False}},
            "windows_configuration: must not be given with a Linux image",
        ),
        (
            {"security_profile": {"uefi_settings": {"v_tpm_enabled": True}}},
            "security_profile.uefi_settings: needs a security_type",
        ),
        (
            {"security_profile": CONFIDENTIAL},
            "os_disk.managed_disk.security_profile: required with security_type confidentialVM",
        ),
        ({"os_disk": ENCRYPTED}, "os_disk.managed_disk.security_profile: is for security_type confidentialVM only"),
        (
            rolling(max_batch_instance_percent=21),
            "upgrade_policy.rolling_upgrade_policy.max_batch_instance_percent: must not be more than "
            "max_unhealthy_instance_percent, got 21; allowed up to 20",
        ),
        (
            rolling(enable_cross_zone_upgrade=True),
            "upgrade_policy.rolling_upgrade_policy.enable_cross_zone_upgrade: is for nodes in zones only",
        ),
        (
            {
                **WINDOWS,
                "windows_configuration": {"enable_automatic_updates": True},
                "upgrade_policy": {
                    "mode": "automatic",
                    "automatic_os_upgrade_policy": {"enable_automatic_os_upgrade": True},
                },
            },
            "windows_configuration.enable_automatic_updates: excludes upgrade_policy.automatic_os_upgrade_policy",
        ),
    ],
)
def test_what_is_refused(changes: dict[str, Any], sentence: str) -> None:
    found = problems(**changes)
    assert found and found[0].startswith(sentence), found


@pytest.mark.parametrize(
    "changes",
    [
        disks(0, 1, Later("later"), Later("later")),
        encrypted("TemporaryDisk"),
        encrypted(Later("later")),
        {**WINDOWS, **encrypted("OsDisk", "TemporaryDisk")},
        {**WINDOWS, "windows_configuration": {"enable_automatic_updates": True}},
        {"image": "ubuntu-24.04-cvm", "security_profile": CONFIDENTIAL, "os_disk": ENCRYPTED},
        {"security_profile": {"security_type": Later("later"), "uefi_settings": {"v_tpm_enabled": True}}},
        rolling(),
        {**rolling(enable_cross_zone_upgrade=False), "node_placement_configuration": {"policy": "Zonal"}},
    ],
)
def test_what_passes(changes: dict[str, Any]) -> None:
    assert findings(**changes) == Findings()


def test_a_windows_license_on_linux_warns() -> None:
    assert notices(license_type="Windows_Server") == ["license_type: has no effect on a Linux image"]
    assert notices(license_type="Windows_Server", **WINDOWS) == []


def registries(*servers: Any) -> dict[str, Any]:
    listed = [{"registry_server": server} for server in servers]
    return {"container_configuration": {"type": "DockerCompatible", "container_registries": listed}}


def test_a_registry_that_is_named_twice_warns() -> None:
    first, second = notices(**registries("a.azurecr.io", "A.azurecr.io"))
    assert first.startswith(
        "container_configuration.container_registries[0].registry_server: used by another entry too"
    )
    assert second.startswith("container_configuration.container_registries[1].registry_server")
    assert notices(**registries("a.azurecr.io", "b.azurecr.io", None, Later("x"))) == []
