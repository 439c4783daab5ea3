"""ExtensionPools as programs in other languages have them: made by a plugin that runs beside the program."""

from typing import Any

import pulumi
from pulumi_azure_native import batch, resources

config = pulumi.Config()


class RemotePool(pulumi.ComponentResource):
    """What a generated SDK has."""

    poolName: pulumi.Output[str]

    def __init__(self, name: str, args: dict[str, Any], opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("extension-pool:index:ExtensionPool", name, {**args, "poolName": None}, opts, remote=True)


group = resources.ResourceGroup("group", resource_group_name="rg-test")
account = batch.BatchAccount("account", account_name="testaccount", resource_group_name=group.name)
declared: list[dict[str, Any]] = config.get_object("pools") or []
for one in declared:
    driver = {
        "name": "driver",
        "publisher": "Microsoft.HpcCompute",
        "type": "NvidiaGpuDriverLinux",
        "typeHandlerVersion": one.get("version", "1.0"),
    }
    pool = RemotePool(
        one["name"],
        {
            "resourceGroupName": group.name,
            "accountName": account.name,
            "vmSize": "Standard_D2s_v5",
            "image": "ubuntu-24.04",
            "scaleSettings": {"fixedScale": {"targetDedicatedNodes": 2}},
            "identity": {"create": False},
            "extensions": [driver],
            "rollout": one.get("rollout"),
        },
    )
    pulumi.export(one["name"], pool.poolName)
