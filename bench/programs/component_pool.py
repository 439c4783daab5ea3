"""As many pools as `pools` says, each an `ExtensionPool` with an identity, a grant and the Key Vault extension.

first: the number of the first, 0 unless said.
"""

import pulumi

from extension_pool import ExtensionPool

config = pulumi.Config()

first = config.get_int("first") or 0
for number in range(first, first + (config.get_int("pools") or 1)):
    ExtensionPool(
        f"render{number or ''}",
        {
            "resource_group_name": "rg-batch-prod",
            "account_name": "extpoolprod",
            "vm_size": "Standard_D2s_v5",
            "image_reference": {
                "publisher": "canonical",
                "offer": "ubuntu-24_04-lts",
                "sku": "server",
                "version": "latest",
            },
            "node_agent_sku_id": "batch.node.ubuntu 24.04",
            "scale_settings": {"fixed_scale": {"target_dedicated_nodes": 1}},
            "identity": {"name": f"nodes{number or ''}"},
            "key_vault_access": [{"vault_id": config.require("vault"), "mode": "rbac"}],
            "key_vault_certificates": [{"url": config.require("certificate")}],
            "key_vault_extension": {"polling_interval_in_s": config.require("polling")},
        },
    )
