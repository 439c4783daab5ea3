"""Disks, security and upgrades of the virtual machines.

https://learn.microsoft.com/azure/templates/microsoft.batch/batchaccounts/pools
"""

from __future__ import annotations

from datetime import date

from ..derived import os_type_of
from ..images import LINUX, WINDOWS
from ..problems import Findings, Later, Problem
from ..spec import PoolSettings
from .repeats import repeated, warn_of_repeated


def check_data_disks(pool: PoolSettings, today: date) -> Findings:
    """Each data disk has a lun of its own."""
    at = ("data_disks",)
    return Findings(tuple(repeated(at, "lun", [disk.lun for disk in pool.data_disks or []])))


def warn_of_repeated_registries(pool: PoolSettings, today: date) -> Findings:
    """Each container registry is named once."""
    configuration = pool.container_configuration
    registries = (configuration.container_registries if configuration else None) or []
    at = ("container_configuration", "container_registries")
    return warn_of_repeated(at, "registry_server", [one.registry_server for one in registries], fold=True)


def check_disk_encryption(pool: PoolSettings, today: date) -> Findings:
    """Linux encrypts the temporary disk only, Windows both disks or none."""
    targets = pool.disk_encryption_configuration.targets if pool.disk_encryption_configuration else None
    if not targets or any(isinstance(target, Later) for target in targets):
        return Findings()
    os_type = os_type_of(pool)
    at = ("disk_encryption_configuration", "targets")
    if os_type == LINUX and set(targets) != {"TemporaryDisk"}:
        return Findings.of(Problem(at, "must be TemporaryDisk alone on Linux", targets))
    if os_type == WINDOWS and set(targets) != {"OsDisk", "TemporaryDisk"}:
        return Findings.of(Problem(at, "must be OsDisk and TemporaryDisk on Windows", targets))
    return Findings()


def check_windows_only(pool: PoolSettings, today: date) -> Findings:
    """What only a Windows image may have."""
    if os_type_of(pool) != LINUX:
        return Findings()
    findings = Findings()
    if pool.windows_configuration is not None:
        rule = "must not be given with a Linux image"
        findings += Findings.of(Problem(("windows_configuration",), rule, do="remove it"))
    if pool.license_type is not None:
        findings += Findings.warning(("license_type",), "has no effect on a Linux image")
    return findings


def check_security_profile(pool: PoolSettings, today: date) -> Findings:
    """UEFI settings need a security type; a confidential VM says how its disk is encrypted, and no other VM does."""
    profile = pool.security_profile
    security_type = profile.security_type if profile else None
    if isinstance(security_type, Later):
        return Findings()
    problems = []
    if profile is not None and profile.uefi_settings is not None and security_type is None:
        do = "set security_type to trustedLaunch or confidentialVM"
        problems.append(Problem(("security_profile", "uefi_settings"), "needs a security_type", do=do))
    disk = pool.os_disk.managed_disk if pool.os_disk else None
    encryption = disk.security_profile if disk else None
    at = ("os_disk", "managed_disk", "security_profile")
    if security_type == "confidentialVM" and encryption is None:
        do = "set security_encryption_type to VMGuestStateOnly or NonPersistedTPM"
        problems.append(Problem(at, "required with security_type confidentialVM, but missing", do=do))
    if security_type != "confidentialVM" and encryption is not None:
        problems.append(Problem(at, "is for security_type confidentialVM only", do="remove it"))
    return Findings(tuple(problems))


def check_upgrade_policy(pool: PoolSettings, today: date) -> Findings:
    """Parts of the upgrade policy agree with each other and with the pool."""
    policy = pool.upgrade_policy
    if policy is None:
        return Findings()
    problems = []
    rolling, automatic = policy.rolling_upgrade_policy, policy.automatic_os_upgrade_policy
    if rolling is not None:
        at = ("upgrade_policy", "rolling_upgrade_policy")
        batch, unhealthy = rolling.max_batch_instance_percent, rolling.max_unhealthy_instance_percent
        if isinstance(batch, int) and isinstance(unhealthy, int) and batch > unhealthy:
            rule = "must not be more than max_unhealthy_instance_percent"
            problems.append(Problem((*at, "max_batch_instance_percent"), rule, batch, f"up to {unhealthy}"))
        placement = pool.node_placement_configuration.policy if pool.node_placement_configuration else "Regional"
        if rolling.enable_cross_zone_upgrade is not None and placement in (None, "Regional"):
            rule = "is for nodes in zones only"
            do = "set node_placement_configuration.policy to Zonal, or remove it"
            problems.append(Problem((*at, "enable_cross_zone_upgrade"), rule, do=do))
    windows = pool.windows_configuration
    if (
        automatic is not None
        and automatic.enable_automatic_os_upgrade is True
        and windows is not None
        and windows.enable_automatic_updates is True
    ):
        rule = "excludes upgrade_policy.automatic_os_upgrade_policy.enable_automatic_os_upgrade"
        path = ("windows_configuration", "enable_automatic_updates")
        problems.append(Problem(path, rule, True, do="set it to false"))
    return Findings(tuple(problems))
