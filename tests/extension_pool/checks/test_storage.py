"""Mounts, packages, downloads."""

from typing import Any

import pytest

from extension_pool.problems import Findings, Later

from .pools import findings, notices, problems

NFS = {"nfs_mount_configuration": {"source": "s", "relative_mount_path": "m"}}
BLOB = {"account_name": "a", "container_name": "c", "relative_mount_path": "m"}
BLOB_AT = "mount_configuration[0].azure_blob_file_system_configuration"
PACKAGE = {"id": "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Batch/batchAccounts/a/applications/x"}


def blob(**access: Any) -> dict[str, Any]:
    return {"mount_configuration": [{"azure_blob_file_system_configuration": {**BLOB, **access}}]}


def download(**file: Any) -> dict[str, Any]:
    return {"start_task": {"command_line": "x", "resource_files": [file]}}


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"mount_configuration": [{}]}, "mount_configuration[0]: must have exactly one of azure_blob_file_system_conf"),
        (
            {"mount_configuration": [{**NFS, **blob(sas_key="hunter2")["mount_configuration"][0]}]},
            "mount_configuration[0]: must have exactly one of",
        ),
        (
            blob(),
            f"{BLOB_AT}: must have exactly one of account_key, sas_key, identity_reference; add one",
        ),
        (
            blob(sas_key="hunter2", account_key="hunter2"),
            f"{BLOB_AT}: must have exactly one of account_key, sas_key, identity_reference, has account_key and "
            "sas_key; keep one",
        ),
        ({"application_packages": [PACKAGE] * 11}, "application_packages: must be at most 10, got 11"),
        (download(), "start_task.resource_files[0]: must have exactly one of auto_storage_container_name"),
        (download(http_url="https://a/b"), "start_task.resource_files[0].file_path: required with http_url"),
        (
            download(http_url="https://a/b", file_path="b", blob_prefix="p"),
            "start_task.resource_files[0].blob_prefix: is for containers",
        ),
        (
            download(auto_storage_container_name="c", file_path="a/../../b"),
            "start_task.resource_files[0].file_path: must not leave the task's working directory",
        ),
    ],
)
def test_what_is_refused(changes: dict[str, Any], sentence: str) -> None:
    found = problems(**changes)
    assert found and found[0].startswith(sentence), found
    assert "hunter2" not in " ".join(found)


@pytest.mark.parametrize(
    "changes",
    [
        {"mount_configuration": [NFS] * 10},
        blob(sas_key=Later("secret")),
        {"application_packages": [PACKAGE] * 10},
        download(http_url="https://a/b", file_path="b"),
        download(storage_container_url="https://a/c", blob_prefix="p", file_path="a..b"),
    ],
)
def test_what_passes(changes: dict[str, Any]) -> None:
    assert findings(**changes) == Findings()


def test_many_mounts_warn() -> None:
    assert notices(mount_configuration=[NFS] * 11) == ["mount_configuration: Batch mounts at most 10 on a node"]
