"""Stack files for tests: small stacks that make all they need."""

from typing import Any

VAULT = "kv-test"
CERTIFICATE = f"https://{VAULT}.vault.azure.net/secrets/tls"

MONITOR = {
    "name": "AzureMonitorLinuxAgent",
    "publisher": "Microsoft.Azure.Monitor",
    "type": "AzureMonitorLinuxAgent",
    "typeHandlerVersion": "1.21",
    "autoUpgradeMinorVersion": True,
}
NVIDIA = {
    "name": "NvidiaGpuDriverLinux",
    "publisher": "Microsoft.HpcCompute",
    "type": "NvidiaGpuDriverLinux",
    "typeHandlerVersion": "1.6",
}


def stack(**pools: dict[str, Any]) -> dict[str, Any]:
    """A stack with a group, an account and a vault of its own, and these pools."""
    return {
        "resourceGroup": {"name": "rg-test", "create": True},
        "batchAccount": {"name": "testaccount", "create": True},
        "keyVault": {"name": VAULT, "create": True},
        "pools": pools,
    }


def pool(**changes: Any) -> dict[str, Any]:
    """A Linux pool with a certificate; a test changes the keys it is about, None takes one away."""
    whole = {
        "image": "ubuntu-24.04",
        "vmSize": "Standard_D2s_v5",
        "scaleSettings": {"fixedScale": {"targetDedicatedNodes": 2}},
        "keyVaultCertificates": [CERTIFICATE],
        **changes,
    }
    return {key: value for key, value in whole.items() if value is not None}
