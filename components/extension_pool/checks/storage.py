"""Mounts, application packages and downloads.

https://learn.microsoft.com/azure/batch/virtual-file-mount
"""

from __future__ import annotations

from datetime import date
from typing import Any

from ..problems import Findings, Path, Problem
from ..spec import PoolSettings

_MOUNTS = (
    "azure_blob_file_system_configuration",
    "azure_file_share_configuration",
    "cifs_mount_configuration",
    "nfs_mount_configuration",
)
_BLOB_ACCESS = ("account_key", "sas_key", "identity_reference")
_FILE_SOURCES = ("auto_storage_container_name", "storage_container_url", "http_url")
_MOST_PACKAGES = 10
_MOST_MOUNTS = 10


def check_mounts(pool: PoolSettings, today: date) -> Findings:
    """Each mount is of one kind; a blob container is reached in one way."""
    problems: list[Problem] = []
    mounts = pool.mount_configuration or []
    for index, mount in enumerate(mounts):
        at: Path = ("mount_configuration", index)
        problems += _exactly_one(mount, _MOUNTS, at)
        if mount.azure_blob_file_system_configuration is not None:
            blob = mount.azure_blob_file_system_configuration
            problems += _exactly_one(blob, _BLOB_ACCESS, (*at, "azure_blob_file_system_configuration"))
    findings = Findings(tuple(problems))
    if len(mounts) > _MOST_MOUNTS:
        findings += Findings.warning(("mount_configuration",), f"Batch mounts at most {_MOST_MOUNTS} on a node")
    return findings


def check_application_packages(pool: PoolSettings, today: date) -> Findings:
    """At most 10 packages on a pool."""
    count = len(pool.application_packages or [])
    if count <= _MOST_PACKAGES:
        return Findings()
    rule = f"must be at most {_MOST_PACKAGES}"
    return Findings.of(Problem(("application_packages",), rule, count, do="pack some of them together"))


def check_resource_files(pool: PoolSettings, today: date) -> Findings:
    """Each download has one source, and what goes with it."""
    problems: list[Problem] = []
    files = pool.start_task.resource_files if pool.start_task else None
    for index, file in enumerate(files or []):
        at: Path = ("start_task", "resource_files", index)
        problems += _exactly_one(file, _FILE_SOURCES, at)
        if file.http_url is not None and file.file_path is None:
            problems.append(Problem((*at, "file_path"), "required with http_url, but missing", do="add it"))
        if file.http_url is not None and file.blob_prefix is not None:
            problems.append(Problem((*at, "blob_prefix"), "is for containers, not for http_url", do="remove it"))
        if isinstance(file.file_path, str) and ".." in file.file_path.replace("\\", "/").split("/"):
            rule = "must not leave the task's working directory"
            problems.append(Problem((*at, "file_path"), rule, file.file_path, do="write it without .."))
    return Findings(tuple(problems))


def _exactly_one(holder: Any, names: tuple[str, ...], at: Path) -> list[Problem]:
    given = [name for name in names if getattr(holder, name, None) is not None]
    if len(given) == 1:
        return []
    seen = f", has {' and '.join(given)}" if given else ""
    return [Problem(at, f"must have exactly one of {', '.join(names)}{seen}", do="keep one" if given else "add one")]
