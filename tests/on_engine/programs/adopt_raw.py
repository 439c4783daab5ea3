"""A pool written with azure-native alone, and the same pool under the component: `way` chooses."""

import pulumi
from pulumi_azure_native import batch

from extension_pool import ExtensionPool

config = pulumi.Config()
IDENTITY = (
    "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-batch-prod"
    "/providers/Microsoft.ManagedIdentity/userAssignedIdentities/nodes"
)
MACHINES = {
    "image_reference": {"publisher": "canonical", "offer": "ubuntu-24_04-lts", "sku": "server", "version": "latest"},
    "node_agent_sku_id": "batch.node.ubuntu 24.04",
    "extensions": [
        {
            "name": "monitoring",
            "publisher": "Microsoft.Azure.Monitor",
            "type": "AzureMonitorLinuxAgent",
            "type_handler_version": "1.21",
            "settings": {"GCS_AUTO_CONFIG": True},
            "protected_settings": {"proxyPassword": config.require_secret("password")},
        }
    ],
}
PLACE = {"resource_group_name": "rg-batch-prod", "account_name": "extpoolprod", "pool_name": "old"}
REST = {
    "vm_size": "Standard_D2s_v5",
    "scale_settings": {"fixed_scale": {"target_dedicated_nodes": config.require_int("nodes")}},
}


def with_alias(args: pulumi.ResourceTransformArgs) -> pulumi.ResourceTransformResult | None:
    if args.type_ != "azure-native:batch:Pool":
        return None
    # the pool was called `raw` and had no parent
    alias = pulumi.Alias(name="raw", parent=pulumi.ROOT_STACK_RESOURCE)
    opts = pulumi.ResourceOptions.merge(args.opts, pulumi.ResourceOptions(aliases=[alias]))
    return pulumi.ResourceTransformResult(args.props, opts)


if config.require("way") == "raw":
    batch.Pool(
        "raw",
        **PLACE,
        **REST,
        identity={"type": "UserAssigned", "user_assigned_identities": [IDENTITY]},
        deployment_configuration={"virtual_machine_configuration": MACHINES},
    )
else:
    ExtensionPool(
        "old",
        {**PLACE, **REST, **MACHINES, "identity": {"existing": [{"id": IDENTITY}]}},
        opts=pulumi.ResourceOptions(transforms=[with_alias] if config.require("way") == "alias" else []),
    )
