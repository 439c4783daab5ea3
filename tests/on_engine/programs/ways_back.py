"""A blue-green pool with a gate of the test's own: `gate` says whether it passes, `pause` where the run waits for ever.

`pause` is one of create, gate and delete; the run that waits there says so in the file `paused`, in the project.
"""

import asyncio
from pathlib import Path

import pulumi
from pulumi_azure_native import batch, resources

from extension_pool import ExtensionPool

config = pulumi.Config()
GATE = config.get("gate") or "pass"
PAUSE = config.get("pause")


async def pause(where: str) -> None:
    if where == PAUSE:
        Path(__file__).with_name("paused").write_text(where, encoding="utf-8")
        await asyncio.sleep(600)


async def before_create(args: pulumi.ResourceHookArgs) -> None:
    await pause("create")


async def after_create(args: pulumi.ResourceHookArgs) -> None:
    await pause("gate")
    if GATE == "fail":
        raise pulumi.RunError(f"the gate of {args.name} failed")


async def before_delete(args: pulumi.ResourceHookArgs) -> None:
    await pause("delete")
    if GATE == "fail":
        raise pulumi.RunError(f"the gate of {args.name} failed; the old pool stays")


def beside(args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult | None:
    # the provider deletes an identity before it makes the next one, and the engine all that uses it before that
    if args.type_ != "azure-native:managedidentity:UserAssignedIdentity":
        return None
    opts = pulumi.ResourceOptions.merge(args.opts, pulumi.ResourceOptions(delete_before_replace=False))
    return pulumi.ResourceTransformationResult(args.props, opts)


def gated(args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult | None:
    if args.type_ != "azure-native:batch:Pool":
        return None
    hooks = pulumi.ResourceHookBinding(
        before_create=[pulumi.ResourceHook("test:before-create", before_create)],
        after_create=[pulumi.ResourceHook("test:after-create", after_create)],
        before_delete=[pulumi.ResourceHook("test:before-delete", before_delete)],
    )
    opts = pulumi.ResourceOptions.merge(args.opts, pulumi.ResourceOptions(hooks=hooks))
    return pulumi.ResourceTransformationResult(args.props, opts)


group = resources.ResourceGroup("group", resource_group_name="rg-test")
account = batch.BatchAccount("account", account_name="testaccount", resource_group_name=group.name)
render = ExtensionPool(
    "render",
    {
        "resource_group_name": group.name,
        "account_name": account.name,
        "pool_name": "render",
        "vm_size": config.get("vmSize") or "Standard_D2s_v5",
        "image": "ubuntu-24.04",
        "identity": {"name": config.get("identity") or "id-render"},
        "scale_settings": {"fixed_scale": {"target_dedicated_nodes": 2}},
        "rollout": {"strategy": config.get("strategy") or "blue-green", "gate": {"enabled": False}},
    },
    opts=pulumi.ResourceOptions(transformations=[gated, beside]),
)
# Something that refers to the pool, as a user's own resources do.
pulumi.Stash("name", input=render.pool_name)
pulumi.export("poolName", render.pool_name)
pulumi.export("batchAccountEndpoint", account.account_endpoint)
