"""Programs to test the kit with: a good one, and raw pools that lack what the component brings."""

from __future__ import annotations

from typing import Any

import pulumi
from pulumi_azure_native import batch, managedidentity, resources

from extension_pool import ExtensionPool
from tests.extension_pool.test_pool import arguments

AGENT = {"name": "AMA", "publisher": "Microsoft.Azure.Monitor", "type": "AzureMonitorLinuxAgent"}
HIDDEN = "hunter2"
PROTECTED = {**AGENT, "protected_settings": {"key": HIDDEN}}
EXTENSIONS = "deploymentConfiguration.virtualMachineConfiguration.extensions"


def render(**changes: Any) -> ExtensionPool:
    return ExtensionPool("render", arguments(extensions=[PROTECTED], **changes))


def raw_pool(
    opts: pulumi.ResourceOptions | None = None, *, secret: str = "leaf", polling: str = "3600", **changes: Any
) -> batch.Pool:
    """A pool by hand. secret: where it is marked, at the ``leaf``, the ``whole`` configuration, or ``nowhere``."""
    protected: Any = {"key": HIDDEN}
    extension = {
        "name": "x",
        "publisher": "Microsoft.Azure.KeyVault",
        "type": "KeyVaultForLinux",
        "settings": {"pollingIntervalInS": polling},
        "protected_settings": pulumi.Output.secret(protected) if secret == "leaf" else protected,
    }
    machines = {"image_reference": {"publisher": "canonical"}, "node_agent_sku_id": "a", "extensions": [extension]}
    configuration: Any = {"virtual_machine_configuration": machines}
    whole: dict[str, Any] = {
        "resource_group_name": "rg",
        "account_name": "account1",
        "pool_name": "raw",
        "vm_size": "Standard_D2s_v5",
        "deployment_configuration": pulumi.Output.secret(configuration) if secret == "whole" else configuration,
        **changes,
    }
    return batch.Pool("raw", **whole, opts=opts)


def surroundings() -> dict[str, pulumi.Output[Any]]:
    """What a program has around its pools."""
    group = resources.ResourceGroup("hpc")
    account = batch.BatchAccount("account", resource_group_name=group.name)
    one = managedidentity.UserAssignedIdentity("one", resource_group_name=group.name)
    other = managedidentity.UserAssignedIdentity("other", resource_group_name=group.name)
    found = managedidentity.get_user_assigned_identity_output(resource_group_name=group.name, resource_name=one.name)
    return {
        "group": group.id,
        "endpoint": account.account_endpoint,
        "account": account.id,
        "one": one.client_id,
        "other": other.client_id,
        "found": found.client_id,
    }
