"""A pool by the plugin, with inputs as programs in other languages may send them."""

from typing import Any

import pulumi
from pulumi_azure_native import batch, resources

config = pulumi.Config()


class RemotePool(pulumi.ComponentResource):
    """What a generated SDK has."""

    poolName: pulumi.Output[str]
    extensionNames: pulumi.Output[list[str]]

    def __init__(self, name: str, args: dict[str, Any], opts: pulumi.ResourceOptions | None = None) -> None:
        outputs = {"poolName": None, "extensionNames": None}
        super().__init__("extension-pool:index:ExtensionPool", name, {**outputs, **args}, opts, remote=True)


group = resources.ResourceGroup("group", resource_group_name="rg-test")
account = batch.BatchAccount("account", account_name="testaccount", resource_group_name=group.name)


def sent(value: Any) -> Any:
    """A value as the configuration describes it: {"secret": ...}, {"later": ...} known after the update of a group."""
    if isinstance(value, dict):
        if set(value) == {"secret"}:
            return pulumi.Output.secret(sent(value["secret"]))
        if set(value) == {"later"}:
            return group.id.apply(lambda _: value["later"])
        return {key: sent(one) for key, one in value.items()}
    return [sent(one) for one in value] if isinstance(value, list) else value


pool = RemotePool(
    "render",
    {
        "resourceGroupName": group.name,
        "accountName": account.name,
        "vmSize": "Standard_D2s_v5",
        "image": "ubuntu-24.04",
        "identity": {"create": False},
        **sent(config.get_object("inputs") or {}),
    },
)
pulumi.export("poolName", pool.poolName)
