"""ExtensionPools written in code, as the configuration says; it can take away what protects them."""

from typing import Any, cast

import pulumi
from pulumi_azure_native import batch, resources

from extension_pool import ExtensionPool, ExtensionPoolArgs
from extension_pool.rolling import destroying, hooks

config = pulumi.Config()


async def ask_nothing(args: pulumi.ResourceHookArgs) -> None:
    """A hook that lets everything go."""


def answer(args: pulumi.ResourceTransformArgs) -> pulumi.ResourceTransformResult:
    """A transform that changes nothing, and says so in full."""
    return pulumi.ResourceTransformResult(args.props, args.opts)


if config.get("lacks") == "before-delete":
    vars(hooks)["_before_delete"] = ask_nothing
if config.get("lacks") == "command-line":
    vars(destroying)["destroying"] = lambda: False
if config.get_bool("registerHooks"):
    from extension_pool import register_hooks

    register_hooks()

group = resources.ResourceGroup("group", resource_group_name="rg-test")
account = batch.BatchAccount("account", account_name="testaccount", resource_group_name=group.name)
declared: list[dict[str, Any]] = config.get_object("pools") or []
made: dict[str, ExtensionPool] = {}
for one in declared:
    timeouts = one.get("customTimeouts")
    options = pulumi.ResourceOptions(
        transforms=[answer] if one.get("transforms") else None,
        depends_on=[made[name] for name in one.get("dependsOn", [])],
        protect=one.get("protect"),
        retain_on_delete=one.get("retainOnDelete"),
        custom_timeouts=pulumi.CustomTimeouts(**timeouts) if timeouts else None,
    )
    made[one["name"]] = ExtensionPool(
        one["name"],
        cast(
            ExtensionPoolArgs,
            {
                "resource_group_name": group.name,
                "account_name": account.name,
                "vm_size": "Standard_D2s_v5",
                "image": "ubuntu-24.04",
                "scale_settings": one.get("scale") or {"fixed_scale": {"target_dedicated_nodes": 2}},
                "identity": {"create": False},
                "extensions": [
                    {
                        "name": "driver",
                        "publisher": "Microsoft.HpcCompute",
                        "type": "NvidiaGpuDriverLinux",
                        "type_handler_version": one.get("version", "1.0"),
                    }
                ],
                "rollout": one.get("rollout"),
            },
        ),
        options,
    )
    pulumi.export(one["name"], made[one["name"]].pool_name)
