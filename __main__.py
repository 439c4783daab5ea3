"""The stack program: reads the stack's configuration, builds what it asks for, exports outputs."""

from datetime import date
from pathlib import Path
from typing import Any, cast

import pulumi
from pulumi_azure_native import authorization, batch, keyvault, resources

from extension_pool import ExtensionPool, ExtensionPoolArgs
from extension_pool.checks.rollout import in_order
from extension_pool.program import load_stack_config
from extension_pool.stack_config import BatchAccount, KeyVault, ResourceGroup, pool_arguments, wants_stack_vault


def resource_group(wanted: ResourceGroup) -> pulumi.Output[str]:
    if not wanted.create:
        return resources.get_resource_group_output(resource_group_name=wanted.name).name
    return resources.ResourceGroup("resource-group", resource_group_name=wanted.name).name


def batch_account(wanted: BatchAccount, group: pulumi.Input[str]) -> tuple[pulumi.Output[str], pulumi.Output[str]]:
    """Name and endpoint of the account."""
    if not wanted.create:
        found = batch.get_batch_account_output(account_name=wanted.name, resource_group_name=group)
        return found.name, found.account_endpoint
    created = batch.BatchAccount("batch-account", account_name=wanted.name, resource_group_name=group)
    return created.name, created.account_endpoint


def key_vault(wanted: KeyVault, group: pulumi.Input[str]) -> dict[str, Any]:
    """Access to the vault, as a pool asks for it."""
    if not wanted.create:
        # asked at once and not as an Output: how the vault decides who may read also says what is to be made
        found = keyvault.get_vault(
            vault_name=wanted.name, resource_group_name=wanted.resource_group or config.resource_group.name
        )
        return {"vault_id": found.id}
    created = keyvault.Vault(
        "key-vault",
        vault_name=wanted.name,
        resource_group_name=group,
        properties={
            "tenant_id": authorization.get_client_config_output().tenant_id,
            "sku": {"family": keyvault.SkuFamily.A, "name": keyvault.SkuName.STANDARD},
            "enable_rbac_authorization": True,
        },
    )
    return {"vault_id": created.id, "mode": "rbac"}


config = load_stack_config(Path(pulumi.get_root_directory()), date.today())

group = resource_group(config.resource_group)
account_group = config.batch_account.resource_group or group
account, endpoint = batch_account(config.batch_account, account_group)
access = key_vault(config.key_vault, config.key_vault.resource_group or group) if config.key_vault else None

pools: dict[str, ExtensionPool] = {}
for name in in_order(config.pools):
    wanted = config.pools[name]
    pools[name] = ExtensionPool(
        name,
        cast(
            ExtensionPoolArgs,
            {
                "resource_group_name": account_group,
                "account_name": account,
                "key_vault_access": [access] if access and wants_stack_vault(wanted) else [],
                **pool_arguments(wanted),
            },
        ),
        pulumi.ResourceOptions(protect=wanted.protect, depends_on=[pools[one] for one in wanted.rollout.after or []]),
    )

pulumi.export("batchAccountEndpoint", endpoint)
pulumi.export(
    "pools",
    {
        name: {
            "poolId": pool.pool_id,
            "poolName": pool.pool_name,
            "identityId": pool.identity_id,
            "clientId": pool.client_id,
            "principalId": pool.principal_id,
            "extensionNames": pool.extension_names,
        }
        for name, pool in pools.items()
    },
)
