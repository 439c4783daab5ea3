"""The farm: its pools of nodes."""

from typing import TypedDict

import pulumi
from certificates import Certificates
from network import Network
from pulumi_azure_native import managedidentity
from storage import Storage

from extension_pool import ExtensionPool


class FarmArgs(TypedDict):
    """nodes: how many a new pool of CPU nodes starts with."""

    resource_group_name: pulumi.Input[str]
    account_name: pulumi.Input[str]
    network: Network
    storage: Storage
    certificates: Certificates
    nodes: int


class Farm(pulumi.ComponentResource):
    """Two pools: CPU nodes that an autoscaler of ours resizes, and GPU nodes that are rolled out behind a gate."""

    cpu: ExtensionPool
    gpu: ExtensionPool

    def __init__(self, name: str, args: FarmArgs, opts: pulumi.ResourceOptions) -> None:
        super().__init__("render-farm:index:Farm", name, {}, opts)
        vault, certificate = args["certificates"].vault, args["certificates"].url
        subnet = args["network"].nodes.id
        monitoring = managedidentity.UserAssignedIdentity(
            f"{name}-monitoring",
            resource_group_name=args["resource_group_name"],
            opts=pulumi.ResourceOptions(parent=self),
        )
        agent = {"identifier-name": "mi_res_id", "identifier-value": monitoring.id}
        self.cpu = ExtensionPool(
            f"{name}-cpu",
            {
                "resource_group_name": args["resource_group_name"],
                "account_name": args["account_name"],
                # jobs are bound to this name, which was that of the component before it moved into the farm
                "pool_name": "workers",
                "vm_size": "Standard_D4s_v5",
                "image": "ubuntu-24.04",
                "scale_settings": {"fixed_scale": {"target_dedicated_nodes": args["nodes"]}},
                "network_configuration": {"subnet_id": subnet},
                "mount_configuration": [args["storage"].mount],
                # one identity of its own, which reads the certificate, and the one that the agent signs in with
                "identity": {"create": True, "reads_certificates": True, "existing": [{"id": monitoring.id}]},
                # a vault that is yet to be made cannot be asked how it decides
                "key_vault_access": [{"vault_id": vault.id, "mode": "rbac"}],
                "key_vault_certificates": [{"url": certificate}],
                "extensions": [
                    {
                        "name": "monitoring",
                        "publisher": "Microsoft.Azure.Monitor",
                        "type": "AzureMonitorLinuxAgent",
                        "type_handler_version": "1.33",
                        "auto_upgrade_minor_version": True,
                        "settings": {"authentication": {"managedIdentity": agent}},
                    }
                ],
            },
            pulumi.ResourceOptions(
                parent=self,
                # how many nodes there are is the autoscaler's business from the first node on
                ignore_changes=["scale_settings"],
                # until last year this was the component `workers`, at the top of the program
                aliases=[pulumi.Alias(name="workers", parent=pulumi.ROOT_STACK_RESOURCE)],
            ),
        )
        self.gpu = ExtensionPool(
            f"{name}-gpu",
            {
                "resource_group_name": args["resource_group_name"],
                "account_name": args["account_name"],
                "vm_size": "Standard_NC4as_T4_v3",
                "image": "ubuntu-24.04",
                "scale_settings": {"fixed_scale": {"target_dedicated_nodes": 1}},
                "network_configuration": {
                    "subnet_id": subnet,
                    "public_ip_address_configuration": {
                        "provision": "UserManaged",
                        "ip_address_ids": [args["network"].egress.id],
                    },
                },
                "key_vault_access": [{"vault_id": vault.id, "mode": "rbac"}],
                "key_vault_certificates": [{"url": certificate}],
                "extensions": [
                    {
                        "name": "driver",
                        "publisher": "Microsoft.HpcCompute",
                        "type": "NvidiaGpuDriverLinux",
                        "type_handler_version": "1.6",
                    }
                ],
                # the new pool beside the old one, which goes only when the drivers of the new one are in place
                "rollout": {"strategy": "blue-green", "gate": {"require": "95%", "timeout": "PT30M"}},
            },
            pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({"cpu": self.cpu.pool_name, "gpu": self.gpu.pool_name})
