"""A render farm on Azure Batch: its network, storage, certificates and account, and two pools of nodes."""

import pulumi
from certificates import Certificates
from farm import Farm
from network import Network
from pulumi_azure_native import Provider, batch, resources
from storage import Storage
from tags import tagging

config = pulumi.Config()
location = config.require("location")

# Tags on whatever has tags: the pools and their identities as well, and no pool is recreated for it.
pulumi.runtime.register_stack_transformation(tagging({"team": config.require("team"), "stack": pulumi.get_stack()}))

workload = Provider("workload", subscription_id=config.require("subscriptionId"), location=location)
platform = Provider("platform", subscription_id=config.require("platformSubscriptionId"), location=location)
in_workload = pulumi.ResourceOptions(provider=workload)

group = resources.ResourceGroup("farm", opts=in_workload)
network = Network("farm", group.name, pulumi.ResourceOptions(providers=[workload]))
storage = Storage("farm", group.name, pulumi.ResourceOptions(providers=[workload]))
certificates = Certificates("farm", config.require_secret("certificate"), pulumi.ResourceOptions(providers=[platform]))
account = batch.BatchAccount(
    "farm",
    resource_group_name=group.name,
    auto_storage={"storage_account_id": storage.account.id},
    opts=in_workload,
)

farm = Farm(
    "farm",
    {
        "resource_group_name": group.name,
        "account_name": account.name,
        "network": network,
        "storage": storage,
        "certificates": certificates,
        "nodes": config.require_int("nodes"),
    },
    # The pools, their identities and every lookup go to the subscription of the farm; only the grants are made where
    # the vault is, since a role assignment belongs to what it is about.
    pulumi.ResourceOptions(providers=[workload]),
)

pulumi.export("batchEndpoint", account.account_endpoint)
pulumi.export("pools", {"cpu": farm.cpu.pool_name, "gpu": farm.gpu.pool_name})
