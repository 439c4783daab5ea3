"""A program with every resource and option that the test kit tells of; `pool` and `raw` in the configuration change the
pools, `team` a tag of the group."""

import pulumi
from pulumi_azure_native import batch, keyvault, resources

from extension_pool import ExtensionPool

config = pulumi.Config()
group = resources.ResourceGroup(
    "group",
    resource_group_name="rg-kit",
    tags={"team": config.get("team") or "none"},
    opts=pulumi.ResourceOptions(retain_on_delete=False, aliases=[pulumi.Alias(name="former")]),
)
account = batch.BatchAccount(
    "account",
    account_name="kitaccount",
    resource_group_name=group.name,
    opts=pulumi.ResourceOptions(
        ignore_changes=["tags"],
        custom_timeouts=pulumi.CustomTimeouts(delete="1h"),
        additional_secret_outputs=["accountEndpoint"],
    ),
)
vault = keyvault.Vault(
    "vault",
    vault_name="kv-kit",
    resource_group_name=group.name,
    properties={
        "tenant_id": "11111111-1111-1111-1111-111111111111",
        "sku": {"family": "A", "name": "standard"},
        "enable_rbac_authorization": True,
    },
    opts=pulumi.ResourceOptions(depends_on=[account], delete_before_replace=True),
)
pool = ExtensionPool(
    "render",
    {
        "resource_group_name": group.name,
        "account_name": account.name,
        "vm_size": "Standard_D2s_v5",
        "image": "ubuntu-24.04",
        "identity": {"name": "render-identity"},
        "scale_settings": {"fixed_scale": {"target_dedicated_nodes": 1}},
        "key_vault_access": [{"vault_id": vault.id, "mode": "rbac", "wait": "PT0S"}],
        "key_vault_certificates": [{"url": "https://kv-kit.vault.azure.net/secrets/tls"}],
        "extensions": [
            {
                "name": "agent",
                "publisher": "Microsoft.EnterpriseCloud.Monitoring",
                "type": "OmsAgentForLinux",
                "type_handler_version": "1.14",
                "settings": {"workspaceId": "11111111-1111-1111-1111-111111111111"},
                "protected_settings": {"workspaceKey": "hunter2"},
            }
        ],
        **(config.get_object("pool") or {}),
    },
)
raw = batch.Pool(
    "raw",
    **{
        "resource_group_name": group.name,
        "account_name": account.name,
        "pool_name": "raw",
        "vm_size": "Standard_D2s_v5",
        "deployment_configuration": {
            "virtual_machine_configuration": {
                "image_reference": {"publisher": "canonical", "offer": "ubuntu-24_04-lts", "sku": "server"},
                "node_agent_sku_id": "batch.node.ubuntu 24.04",
            }
        },
        **(config.get_object("raw") or {}),
    },
    opts=pulumi.ResourceOptions(
        depends_on=[pool], replace_on_changes=["vmSize", "networkConfiguration.subnetId"], ignore_changes=["metadata"]
    ),
)
pulumi.export("pool", pool.pool_id)
pulumi.export("client", pool.client_id)
pulumi.export("principal", pool.principal_id)
pulumi.export("endpoint", account.account_endpoint)
pulumi.export("vault", vault.properties.vault_uri)
pulumi.export("hidden", pulumi.Output.secret("hunter3"))
