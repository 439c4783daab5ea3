"""One pool with much in it, in the program itself or by the plugin, as the configuration wants it."""

from typing import Any

import pulumi
from pulumi_azure_native import Provider, batch, keyvault, resources

from extension_pool import ExtensionPool
from extension_pool.spec import arm_name

config = pulumi.Config()


class RemotePool(pulumi.ComponentResource):
    """What a generated SDK has."""

    poolId: pulumi.Output[str]
    poolName: pulumi.Output[str]
    identityId: pulumi.Output[str]
    clientId: pulumi.Output[str]
    principalId: pulumi.Output[str]
    extensionNames: pulumi.Output[list[str]]

    def __init__(self, name: str, args: dict[str, Any], opts: pulumi.ResourceOptions | None = None) -> None:
        outputs = dict.fromkeys(RemotePool.__annotations__)
        super().__init__("extension-pool:index:ExtensionPool", name, {**outputs, **args}, opts, remote=True)


FREE = ("settings", "protected_settings", "tags")


def as_other_languages_have_it(value: Any) -> Any:
    """Arguments as the package schema names them."""
    if isinstance(value, dict):
        return {arm_name(k): v if k in FREE else as_other_languages_have_it(v) for k, v in value.items()}
    if isinstance(value, list):
        return [as_other_languages_have_it(one) for one in value]
    return value


class Team(pulumi.ComponentResource):
    def __init__(self, name: str) -> None:
        super().__init__("test:index:Team", name, {}, pulumi.ResourceOptions(protect=config.get_bool("protect")))


group = resources.ResourceGroup("group", resource_group_name="rg-test")
account = batch.BatchAccount("account", account_name="testaccount", resource_group_name=group.name)
vault = keyvault.Vault(
    "vault",
    vault_name="kv-test",
    resource_group_name=group.name,
    properties={
        "tenant_id": "00000000-0000-0000-0000-000000000001",
        "sku": {"family": "A", "name": "standard"},
        "enable_rbac_authorization": True,
    },
)
first = resources.ResourceGroup("first", resource_group_name="rg-first")

arguments: dict[str, Any] = {
    "resource_group_name": group.name,
    "account_name": account.name,
    "pool_name": "render",
    "vm_size": "Standard_D2s_v5",
    "image": "ubuntu-24.04",
    "scale_settings": {
        "fixed_scale": {"target_dedicated_nodes": config.get_int("nodes") or 2, "resize_timeout": "PT20M"}
    },
    "task_slots_per_node": 2,
    "data_disks": [{"lun": 0, "disk_size_gb": pulumi.Output.from_input(64)}],
    "metadata": [{"name": "team", "value": first.name}, {"name": "price", "value": pulumi.Output.secret("17")}],
    "tags": {"owner": group.name, "cost": "1"},
    "key_vault_access": [{"vault_id": vault.id, "mode": "rbac"}],
    "key_vault_certificates": [{"url": vault.name.apply(lambda n: f"https://{n}.vault.azure.net/secrets/tls")}],
    "user_accounts": [
        {
            "name": "worker",
            "password": pulumi.Output.secret("hunter-two-22"),
            "linux_user_configuration": {"uid": 1500, "gid": 1500},
        }
    ],
    "extensions": [
        {
            "name": "agent",
            "publisher": "Microsoft.Azure.Monitor",
            "type": "AzureMonitorLinuxAgent",
            "type_handler_version": "1.21",
            "auto_upgrade_minor_version": True,
            "settings": {
                "whole": 5,
                "part": 5.5,
                "text": "5",
                "yes": True,
                "list": [1, 2.5, {"deep": 3}],
                "vault": vault.id,
                "hidden": pulumi.Output.secret("s3cr3t-setting"),
                "version": config.get("version") or "1",
            },
            "protected_settings": {"key": "s3cr3t-protected", "count": 7},
            **({"protected_settings_version": "1"} if config.get("strategy") else {}),
        }
    ],
    **(
        {"rollout": {"strategy": config.get("strategy"), "gate": {"timeout": "PT10S"}}}
        if config.get("strategy")
        else {}
    ),
}
name = config.get("name") or "render"
options = pulumi.ResourceOptions(
    parent=Team("team"),
    depends_on=[first],
    aliases=[pulumi.Alias(name="render")],
    providers={"azure-native": Provider("explicit", location="westeurope")},
    custom_timeouts=pulumi.CustomTimeouts(create="41m", delete="42m"),
    retain_on_delete=config.get_bool("retain"),
)
pool: Any
if config.get_bool("remote"):
    pool = RemotePool(name, as_other_languages_have_it(arguments), options)
    outputs = {output: getattr(pool, output) for output in RemotePool.__annotations__}
else:
    pool = ExtensionPool(name, arguments, options)  # type: ignore[arg-type]
    names = ("pool_id", "pool_name", "identity_id", "client_id", "principal_id", "extension_names")
    outputs = {arm_name(output): getattr(pool, output) for output in names}
for output, value in outputs.items():
    pulumi.export(output, value)
