"""Storage: what tasks read and write."""

import pulumi
from pulumi_azure_native import storage

from extension_pool import MountConfigurationArgs


class Storage(pulumi.ComponentResource):
    """A storage account, linked to the Batch account, with a file share that the nodes mount."""

    account: storage.StorageAccount
    mount: MountConfigurationArgs
    """The share as an entry of a pool's `mount_configuration`."""

    def __init__(self, name: str, resource_group_name: pulumi.Input[str], opts: pulumi.ResourceOptions) -> None:
        super().__init__("render-farm:index:Storage", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        self.account = storage.StorageAccount(
            name,
            resource_group_name=resource_group_name,
            kind="StorageV2",
            sku={"name": "Standard_LRS"},
            opts=child,
        )
        share = storage.FileShare(
            f"{name}-assets",
            resource_group_name=resource_group_name,
            account_name=self.account.name,
            share_name="assets",
            opts=child,
        )
        keys = storage.list_storage_account_keys_output(
            resource_group_name=resource_group_name,
            account_name=self.account.name,
            opts=pulumi.InvokeOutputOptions(parent=self),
        )
        self.mount = {
            "azure_file_share_configuration": {
                "account_name": self.account.name,
                "azure_file_url": pulumi.Output.concat(
                    "https://", self.account.name, ".file.core.windows.net/", share.name
                ),
                "account_key": pulumi.Output.secret(keys.keys[0].value),
                "relative_mount_path": "assets",
            }
        }
        self.register_outputs({})
