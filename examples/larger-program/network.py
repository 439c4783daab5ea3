"""The farm's network: nodes reach storage and Key Vault, and the outside world through one known address."""

import pulumi
from pulumi_azure_native import network


class Network(pulumi.ComponentResource):
    """A virtual network with a subnet for nodes, and the public address of the nodes that need one."""

    nodes: network.Subnet
    egress: network.PublicIPAddress

    def __init__(self, name: str, resource_group_name: pulumi.Input[str], opts: pulumi.ResourceOptions) -> None:
        super().__init__("render-farm:index:Network", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        rules = network.NetworkSecurityGroup(
            f"{name}-nodes",
            resource_group_name=resource_group_name,
            # https://learn.microsoft.com/azure/batch/batch-virtual-network
            security_rules=[
                {
                    "name": "batch-node-management",
                    "access": "Allow",
                    "direction": "Outbound",
                    "priority": 100,
                    "protocol": "*",
                    "source_address_prefix": "*",
                    "source_port_range": "*",
                    "destination_address_prefix": "BatchNodeManagement",
                    "destination_port_range": "443",
                }
            ],
            opts=child,
        )
        vnet = network.VirtualNetwork(
            f"{name}-network",
            resource_group_name=resource_group_name,
            address_space={"address_prefixes": ["10.20.0.0/16"]},
            opts=child,
        )
        self.nodes = network.Subnet(
            f"{name}-nodes",
            resource_group_name=resource_group_name,
            virtual_network_name=vnet.name,
            subnet_name="nodes",
            address_prefix="10.20.0.0/20",
            network_security_group={"id": rules.id},
            opts=child,
        )
        self.egress = network.PublicIPAddress(
            f"{name}-egress",
            resource_group_name=resource_group_name,
            sku={"name": "Standard"},
            public_ip_allocation_method="Static",
            opts=child,
        )
        self.register_outputs({})
