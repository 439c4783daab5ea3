"""What nodes mount, fetch and install."""

from ..azure_types import HttpUrl, LaterOr, ResourceId, Text
from .base import SpecModel
from .machines import NodeIdentityReference


class ApplicationPackageReference(SpecModel):
    """One entry of ``applicationPackages``."""

    id: LaterOr[ResourceId]
    version: LaterOr[Text] | None = None


class AzureBlobFileSystem(SpecModel):
    """``azureBlobFileSystemConfiguration``: a container mounted by blobfuse."""

    account_name: LaterOr[Text]
    container_name: LaterOr[Text]
    relative_mount_path: LaterOr[Text]
    account_key: LaterOr[Text] | None = None
    sas_key: LaterOr[Text] | None = None
    identity_reference: NodeIdentityReference | None = None
    blobfuse_options: LaterOr[str] | None = None


class AzureFileShare(SpecModel):
    """``azureFileShareConfiguration``."""

    account_name: LaterOr[Text]
    azure_file_url: LaterOr[HttpUrl]
    account_key: LaterOr[Text]
    relative_mount_path: LaterOr[Text]
    mount_options: LaterOr[str] | None = None


class CifsMount(SpecModel):
    """``cifsMountConfiguration``."""

    source: LaterOr[Text]
    user_name: LaterOr[Text]
    password: LaterOr[Text]
    relative_mount_path: LaterOr[Text]
    mount_options: LaterOr[str] | None = None


class NfsMount(SpecModel):
    """``nfsMountConfiguration``."""

    source: LaterOr[Text]
    relative_mount_path: LaterOr[Text]
    mount_options: LaterOr[str] | None = None


class MountConfiguration(SpecModel):
    """One entry of ``mountConfiguration``: exactly one of the four."""

    azure_blob_file_system_configuration: AzureBlobFileSystem | None = None
    azure_file_share_configuration: AzureFileShare | None = None
    cifs_mount_configuration: CifsMount | None = None
    nfs_mount_configuration: NfsMount | None = None


class ResourceFile(SpecModel):
    """One entry of ``startTask.resourceFiles``: exactly one source."""

    auto_storage_container_name: LaterOr[Text] | None = None
    storage_container_url: LaterOr[Text] | None = None
    http_url: LaterOr[Text] | None = None
    blob_prefix: LaterOr[Text] | None = None
    file_path: LaterOr[Text] | None = None
    file_mode: LaterOr[Text] | None = None
    identity_reference: NodeIdentityReference | None = None
