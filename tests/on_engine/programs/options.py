"""ExtensionPools with the resource options that the configuration names."""

from typing import Any, cast

import pulumi
from pulumi_azure_native import batch, keyvault, resources

from extension_pool import ExtensionPool, ExtensionPoolArgs

config = pulumi.Config()
group = resources.ResourceGroup("group", resource_group_name="rg-test")
vault = keyvault.Vault(
    "vault",
    vault_name="kv-test",
    resource_group_name=group.name,
    properties={
        "tenant_id": "11111111-1111-1111-1111-111111111111",
        "sku": {"family": "A", "name": "standard"},
        "enable_rbac_authorization": True,
    },
)
account = None
if not config.get_bool("closed"):
    account = batch.BatchAccount("account", account_name="testaccount", resource_group_name=group.name)

declared: list[dict[str, Any]] = [] if account is None else config.get_object("pools") or []
made: dict[str, ExtensionPool] = {}
for one in declared:
    given = dict(one.get("options") or {})
    if given.pop("deletedWithAccount", False):
        given["deleted_with"] = account
    if given.pop("transforms", False):
        # as users tag; what is not a pool stays as it is
        given["transforms"] = [
            lambda args: (
                pulumi.ResourceTransformResult({**args.props, "tags": {"by": "transform"}}, args.opts)
                if args.type_ == "azure-native:batch:Pool"
                else None
            )
        ]
    after = given.pop("after", None)
    made[one["name"]] = ExtensionPool(
        one["name"],
        cast(
            ExtensionPoolArgs,
            {
                "resource_group_name": group.name,
                "account_name": account.name if account else "",
                "vm_size": one.get("size", "Standard_D2s_v5"),
                "image": "ubuntu-24.04",
                "scale_settings": {"fixed_scale": {"target_dedicated_nodes": one.get("nodes", 1)}},
                "start_task": {"command_line": one.get("start", "/bin/true")},
                "key_vault_access": [{"vault_id": vault.id, "mode": "rbac"}],
            },
        ),
        pulumi.ResourceOptions(depends_on=[made[after]] if after else None, **given),
    )
