"""The start task, and the users that tasks run as."""

from pulumi import Input
from typing_extensions import NotRequired, TypedDict

from .machines import ContainerRegistryArgs
from .storage import ResourceFileArgs


class EnvironmentSettingArgs(TypedDict):
    """An environment variable. It can be read back by whoever may read the pool: no place for a secret."""

    name: Input[str]
    """Required. The name of the variable."""
    value: NotRequired[Input[str]]
    """Optional. Left out, the variable has no value."""


class AutoUserSpecificationArgs(TypedDict):
    """A user that Batch makes."""

    elevation_level: NotRequired[Input[str]]
    """Optional. NonAdmin (left out, this) or Admin."""
    scope: NotRequired[Input[str]]
    """Optional. Pool (left out, this): one user for all tasks of a node; Task: a user for each task."""


class UserIdentityArgs(TypedDict):
    """The user that the start task runs as: exactly one of the two."""

    auto_user: NotRequired[AutoUserSpecificationArgs]
    """Conditional: a user that Batch makes."""
    user_name: NotRequired[Input[str]]
    """Conditional: one of the pool's user_accounts."""


class ContainerBindMountArgs(TypedDict):
    """A directory of the node that the container sees."""

    source: NotRequired[Input[str]]
    """Optional. Shared, Startup, VfsMounts, Task, JobPrep or Applications."""
    is_read_only: NotRequired[Input[bool]]
    """Optional. Left out, false; on Linux the rights on the node still decide who may write."""


class TaskContainerSettingsArgs(TypedDict):
    """The container that the start task runs in. Needs the pool's container_configuration."""

    image_name: Input[str]
    """Required. As for `docker pull`. Without a tag, latest."""
    container_run_options: NotRequired[Input[str]]
    """Optional. Further options of `docker create`."""
    registry: NotRequired[ContainerRegistryArgs]
    """Optional. Left out, the registries of the pool's container_configuration."""
    working_directory: NotRequired[Input[str]]
    """Optional. TaskWorkingDirectory (left out, this) or ContainerImageDefault."""
    container_host_batch_bind_mounts: NotRequired[list[ContainerBindMountArgs]]
    """Optional. What the container sees of the node. Left out, all of Batch's directories; an empty list, nothing."""


class StartTaskArgs(TypedDict):
    """A command that runs when a node joins the pool, and again whenever it restarts."""

    command_line: Input[str]
    """Required. No shell runs it; for one write /bin/sh -c "COMMAND" or cmd /c COMMAND."""
    container_settings: NotRequired[TaskContainerSettingsArgs]
    """Optional. Left out, it runs on the node itself."""
    environment_settings: NotRequired[list[EnvironmentSettingArgs]]
    """Optional. Environment variables."""
    max_task_retry_count: NotRequired[Input[int]]
    """Optional. Tries after the first one has failed; -1, without end. Left out, none."""
    resource_files: NotRequired[list[ResourceFileArgs]]
    """Optional. Files that are downloaded first."""
    user_identity: NotRequired[UserIdentityArgs]
    """Optional. Left out, a user of the task's own without administrator's rights."""
    wait_for_success: NotRequired[Input[bool]]
    """Optional. Whether a node takes tasks only when the start task has succeeded; when it fails for good, the node is
    unusable. Left out, true."""


class LinuxUserConfigurationArgs(TypedDict):
    """A user on Linux nodes."""

    uid: NotRequired[Input[int]]
    """Conditional: goes with gid. Left out, the system chooses."""
    gid: NotRequired[Input[int]]
    """Conditional: goes with uid. Left out, the system chooses."""
    ssh_private_key: NotRequired[Input[str]]
    """Optional. For SSH between the nodes of a pool with inter_node_communication; no passphrase. Always a secret;
    Azure never gives it back. Left out, the nodes have no keys of each other."""


class WindowsUserConfigurationArgs(TypedDict):
    """A user on Windows nodes."""

    login_mode: NotRequired[Input[str]]
    """Optional. Batch or Interactive (left out, this)."""


class UserAccountArgs(TypedDict):
    """A user account on every node."""

    name: Input[str]
    """Required. At most 20 characters."""
    password: Input[str]
    """Required. Always a secret; Azure never gives it back."""
    elevation_level: NotRequired[Input[str]]
    """Optional. NonAdmin (left out, this) or Admin."""
    linux_user_configuration: NotRequired[LinuxUserConfigurationArgs]
    """Optional, Linux. Left out, the system's defaults."""
    windows_user_configuration: NotRequired[WindowsUserConfigurationArgs]
    """Optional, Windows. Left out, the system's defaults."""
