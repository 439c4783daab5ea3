"""Pulumi states as `pulumi stack export` prints them, cut down to what matters."""

from typing import Any

ENDPOINT = "acct.westeurope.batch.azure.com"
SECRET = {
    "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
    "ciphertext": "AAABAGhpZGRlbiBhcyBpdCBzaG91bGQgYmU=",
}
ACCOUNT_ID = "/subscriptions/0000/resourceGroups/rg/providers/Microsoft.Batch/batchAccounts/acct"
STACK = "urn:pulumi:prod::extension-pool::pulumi:pulumi:Stack::extension-pool-prod"


def urn(types: str, name: str) -> str:
    return f"urn:pulumi:prod::extension-pool::{types}::{name}"


def component(name: str) -> dict[str, Any]:
    return {
        "urn": urn("extension-pool:index:ExtensionPool", name),
        "custom": False,
        "type": "extension-pool:index:ExtensionPool",
        "parent": STACK,
    }


def pool(name: str, extensions: object, parent: str | None = None, **more: Any) -> dict[str, Any]:
    return {
        "urn": urn("extension-pool:index:ExtensionPool$azure-native:batch:Pool", f"{name}-pool"),
        "custom": True,
        "id": f"{ACCOUNT_ID}/pools/{name}",
        "type": "azure-native:batch:Pool",
        "inputs": {"deploymentConfiguration": {"virtualMachineConfiguration": {"extensions": extensions}}},
        "outputs": {"name": name},
        "parent": parent or urn("extension-pool:index:ExtensionPool", name),
        **more,
    }


def account(endpoint: object = ENDPOINT, **more: Any) -> dict[str, Any]:
    return {
        "urn": urn("azure-native:batch:BatchAccount", "account"),
        "custom": True,
        "id": ACCOUNT_ID.replace("resourceGroups", "resourcegroups"),
        "type": "azure-native:batch:BatchAccount",
        "outputs": {"accountEndpoint": endpoint},
        "parent": STACK,
        **more,
    }


def state(*resources: dict[str, Any], outputs: dict[str, Any] | None = None) -> dict[str, Any]:
    root = {"urn": STACK, "custom": False, "type": "pulumi:pulumi:Stack", "outputs": outputs or {}}
    return {"version": 3, "deployment": {"manifest": {}, "resources": [root, *resources]}}


KEY_VAULT = {"name": "secretext", "type": "KeyVaultForLinux", "protectedSettings": SECRET}
