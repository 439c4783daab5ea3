"""The start task, and the users that tasks run as."""

from typing import Literal

from ..azure_types import LaterOr, RetryCount, Text, UserName, WholeNumber
from .base import SpecModel
from .machines import ContainerRegistry
from .storage import ResourceFile


class EnvironmentSetting(SpecModel):
    """One entry of ``environmentSettings``."""

    name: LaterOr[Text]
    value: LaterOr[str] | None = None


class AutoUserSpecification(SpecModel):
    """``userIdentity.autoUser``."""

    elevation_level: LaterOr[Literal["NonAdmin", "Admin"]] | None = None
    scope: LaterOr[Literal["Task", "Pool"]] | None = None


class UserIdentity(SpecModel):
    """``userIdentity``: exactly one of the two."""

    auto_user: AutoUserSpecification | None = None
    user_name: LaterOr[Text] | None = None


class ContainerBindMount(SpecModel):
    """One entry of ``containerHostBatchBindMounts``."""

    source: LaterOr[Literal["Shared", "Startup", "VfsMounts", "Task", "JobPrep", "Applications"]] | None = None
    is_read_only: LaterOr[bool] | None = None


class TaskContainerSettings(SpecModel):
    """``containerSettings``."""

    image_name: LaterOr[Text]
    container_run_options: LaterOr[str] | None = None
    registry: ContainerRegistry | None = None
    working_directory: LaterOr[Literal["TaskWorkingDirectory", "ContainerImageDefault"]] | None = None
    container_host_batch_bind_mounts: list[ContainerBindMount] | None = None


class StartTask(SpecModel):
    """``startTask``."""

    command_line: LaterOr[Text]
    container_settings: TaskContainerSettings | None = None
    environment_settings: list[EnvironmentSetting] | None = None
    max_task_retry_count: LaterOr[RetryCount] | None = None
    resource_files: list[ResourceFile] | None = None
    user_identity: UserIdentity | None = None
    wait_for_success: LaterOr[bool] | None = None


class LinuxUserConfiguration(SpecModel):
    """``linuxUserConfiguration``."""

    uid: LaterOr[WholeNumber] | None = None
    gid: LaterOr[WholeNumber] | None = None
    ssh_private_key: LaterOr[Text] | None = None


class WindowsUserConfiguration(SpecModel):
    """``windowsUserConfiguration``."""

    login_mode: LaterOr[Literal["Batch", "Interactive"]] | None = None


class UserAccount(SpecModel):
    """One entry of ``userAccounts``."""

    name: LaterOr[UserName]
    password: LaterOr[Text]
    elevation_level: LaterOr[Literal["NonAdmin", "Admin"]] | None = None
    linux_user_configuration: LinuxUserConfiguration | None = None
    windows_user_configuration: WindowsUserConfiguration | None = None
