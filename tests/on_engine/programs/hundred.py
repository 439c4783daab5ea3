"""A hundred pools in one program: one vault, two accounts, every third pool with the shared identity.

The configuration may name one pool whose extension has another version.
"""

import pulumi
from pulumi_azure_native import authorization, batch, keyvault, managedidentity, resources

from extension_pool import ExtensionPool

config = pulumi.Config()
edited = config.get("edited")
COUNT = 100

group = resources.ResourceGroup("group", resource_group_name="rg-test")
accounts = [batch.BatchAccount(f"account{n}", account_name=f"test{n}", resource_group_name=group.name) for n in (0, 1)]
shared = managedidentity.UserAssignedIdentity("shared", resource_group_name=group.name)
vault = keyvault.Vault(
    "vault",
    vault_name="kv-test",
    resource_group_name=group.name,
    properties={
        "tenant_id": authorization.get_client_config_output().tenant_id,
        "sku": {"family": "A", "name": "standard"},
        "enable_rbac_authorization": True,
    },
)
names = []
for number in range(COUNT):
    name = f"pool-{number:03}"
    pool = ExtensionPool(
        name,
        {
            "resource_group_name": group.name,
            "account_name": accounts[number % 2].name,
            "vm_size": "Standard_D2s_v5",
            "image": "ubuntu-24.04",
            "scale_settings": {"fixed_scale": {"target_dedicated_nodes": 1}},
            "identity": {"existing": [{"id": shared.id}]} if number % 3 == 0 else {"create": True},
            "key_vault_access": [] if number % 3 == 0 else [{"vault_id": vault.id, "mode": "rbac"}],
            "key_vault_certificates": [{"url": "https://kv-test.vault.azure.net/secrets/tls"}],
            "extensions": [
                {
                    "name": "driver",
                    "publisher": "Microsoft.HpcCompute",
                    "type": "NvidiaGpuDriverLinux",
                    "type_handler_version": "1.9" if name == edited else "1.6",
                }
            ],
        },
    )
    names.append(pool.pool_name)
pulumi.export("names", names)
