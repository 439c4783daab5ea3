"""What nodes mount, fetch and install."""

from pulumi import Input
from typing_extensions import NotRequired, TypedDict

from .machines import NodeIdentityReferenceArgs


class ApplicationPackageReferenceArgs(TypedDict):
    """An application package of the Batch account."""

    id: Input[str]
    """Required. Resource id of the application, in the pool's account."""
    version: NotRequired[Input[str]]
    """Conditional: required unless the application has a default version; Azure refuses the pool otherwise."""


class AzureBlobFileSystemArgs(TypedDict):
    """A blob container, mounted by blobfuse. Exactly one of account_key, sas_key and identity_reference."""

    account_name: Input[str]
    """Required. The storage account."""
    container_name: Input[str]
    """Required. The blob container."""
    relative_mount_path: Input[str]
    """Required. Below the directory of AZ_BATCH_NODE_MOUNTS_DIR."""
    account_key: NotRequired[Input[str]]
    """Conditional: a key of the account. Always a secret; Azure never gives it back."""
    sas_key: NotRequired[Input[str]]
    """Conditional: a shared access signature. Always a secret; Azure never gives it back."""
    identity_reference: NotRequired[NodeIdentityReferenceArgs]
    """Conditional: an identity of the pool that may read the container."""
    blobfuse_options: NotRequired[Input[str]]
    """Optional. Further options of the mount command."""


class AzureFileShareArgs(TypedDict):
    """An Azure Files share."""

    account_name: Input[str]
    """Required. The storage account."""
    azure_file_url: Input[str]
    """Required. https://ACCOUNT.file.core.windows.net/SHARE."""
    account_key: Input[str]
    """Required. A key of the account. Always a secret; Azure never gives it back."""
    relative_mount_path: Input[str]
    """Required. Below the directory of AZ_BATCH_NODE_MOUNTS_DIR."""
    mount_options: NotRequired[Input[str]]
    """Optional. Further options: of `mount` on Linux, of `net use` on Windows."""


class CifsMountArgs(TypedDict):
    """A CIFS/SMB file system."""

    source: Input[str]
    """Required. URI of the file system."""
    user_name: Input[str]
    """Required. Who signs in."""
    password: Input[str]
    """Required. Always a secret; Azure never gives it back."""
    relative_mount_path: Input[str]
    """Required. Below the directory of AZ_BATCH_NODE_MOUNTS_DIR."""
    mount_options: NotRequired[Input[str]]
    """Optional. Further options: of `mount` on Linux, of `net use` on Windows."""


class NfsMountArgs(TypedDict):
    """An NFS file system."""

    source: Input[str]
    """Required. URI of the file system."""
    relative_mount_path: Input[str]
    """Required. Below the directory of AZ_BATCH_NODE_MOUNTS_DIR."""
    mount_options: NotRequired[Input[str]]
    """Optional. Further options: of `mount` on Linux, of `net use` on Windows."""


class MountConfigurationArgs(TypedDict):
    """A file system that every node mounts: exactly one of the four."""

    azure_blob_file_system_configuration: NotRequired[AzureBlobFileSystemArgs]
    """Conditional: a blob container."""
    azure_file_share_configuration: NotRequired[AzureFileShareArgs]
    """Conditional: an Azure Files share."""
    cifs_mount_configuration: NotRequired[CifsMountArgs]
    """Conditional: a CIFS/SMB file system."""
    nfs_mount_configuration: NotRequired[NfsMountArgs]
    """Conditional: an NFS file system."""


class ResourceFileArgs(TypedDict):
    """Files that are downloaded before the start task runs, from exactly one of the three sources."""

    auto_storage_container_name: NotRequired[Input[str]]
    """Conditional: a container of the storage account that is linked to the Batch account."""
    storage_container_url: NotRequired[Input[str]]
    """Conditional: URL of a blob container that nodes can read and list: by a signature in it, by identity_reference,
    or because it is public."""
    http_url: NotRequired[Input[str]]
    """Conditional: URL of one file that nodes can read: by a signature in it, by identity_reference, or because it is
    public."""
    blob_prefix: NotRequired[Input[str]]
    """Optional. With a container: only blobs whose names start so. Left out, all."""
    file_path: NotRequired[Input[str]]
    """Conditional: required with http_url, the file's path on the node; with a container the directory. Relative to the
    task's working directory, and inside it."""
    file_mode: NotRequired[Input[str]]
    """Optional, Linux. Octal, as text: "0755". Left out, 0770."""
    identity_reference: NotRequired[NodeIdentityReferenceArgs]
    """Optional. The identity of the pool that reads the source."""
