"""A user's program, typed strictly: what it builds, and a test of it without pytest."""

import json

import pulumi

from extension_pool import (
    ExtensionPool,
    ExtensionPoolArgs,
    InvalidPoolError,
    KeyVaultCertificateArgs,
    RolloutArgs,
    node_health,
)
from extension_pool.arm import parse_pool, render_pool
from extension_pool.extensions import AzureMonitorLinuxAgent, TypedExtension
from extension_pool.images import Image, find_image
from extension_pool.testing import Azure, RecordedStack, compare, run_program

GROUP = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg"

certificate: KeyVaultCertificateArgs = {"url": "https://kv-hpc.vault.azure.net/secrets/render-tls"}
rollout: RolloutArgs = {"strategy": "delete-first"}
image: Image | None = find_image("ubuntu-24.04")
monitoring: TypedExtension = AzureMonitorLinuxAgent()
health: node_health.Companion = node_health.companion("linux")


def arguments(vm_size: str, image: str) -> ExtensionPoolArgs:
    vault = f"{GROUP}/providers/Microsoft.KeyVault/vaults/kv-hpc"
    return {
        "resource_group_name": pulumi.Output.from_input("rg"),
        "account_name": "hpcprod",
        "vm_size": vm_size,
        "image": image,
        "scale_settings": {"fixed_scale": {"target_dedicated_nodes": 4}},
        "key_vault_access": [{"vault_id": vault, "mode": "rbac", "wait": "PT0S"}],
        "key_vault_certificates": [certificate],
        "extensions": [
            monitoring,
            {"name": "NvidiaGpuDriverLinux", "publisher": "Microsoft.HpcCompute", "type": "NvidiaGpuDriverLinux"},
        ],
        "rollout": rollout,
    }


def program(vm_size: str = "Standard_D4s_v5", image: str = "ubuntu-24.04") -> None:
    pool = ExtensionPool("render", arguments(vm_size, image), pulumi.ResourceOptions(protect=False))
    name: pulumi.Output[str] = pool.pool_name
    client: pulumi.Output[str] | None = pool.client_id
    pulumi.export("pool", name)
    pulumi.export("client", client)


def main() -> None:
    stack: RecordedStack = run_program(program, azure=Azure())
    larger = run_program(lambda: program("Standard_D8s_v5"))
    refused: list[str] = []
    try:
        run_program(lambda: program(image="ubunut-24.04"))
    except InvalidPoolError as error:
        refused += [problem.sentence() for problem in error.problems]
    id_ = f"{GROUP}/providers/Microsoft.Batch/batchAccounts/hpcprod/pools/a"
    body = {"id": id_, "name": "a", "properties": {"vmSize": "Standard_D2s_v5"}}
    told = {
        "replaces": bool(stack.pool("render").replaces_on("extensions")),
        "extensions": [extension.name for extension in stack.pool("render").extensions],
        "export": stack.exports["pool"],
        "replaced": list(compare(stack, larger).replaced),
        "refused": refused,
        "arm": render_pool(parse_pool(body))["properties"]["vmSize"],
        "image": image.offer if image else None,
        "health": health.extension.name,
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main()
