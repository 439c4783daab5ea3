"""A whole pool that breaks no rule; a test changes the fields it is about."""

from datetime import date
from typing import Any

from extension_pool.checks import check_pool
from extension_pool.problems import Findings
from extension_pool.spec import PoolSettings

TODAY = date(2026, 6, 1)

MARINER = {"publisher": "microsoftcblmariner", "offer": "cbl-mariner", "sku": "cbl-mariner-2", "version": "latest"}
OWN_IMAGE = {"id": "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Compute/galleries/g/images/i/versions/1.0.0"}
IDENTITIES = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities"
CLIENT = "885b1a3d-f13c-4030-afcf-9f05044d78dc"
OTHER = "11111111-1111-1111-1111-111111111111"
CERTIFICATE = {"url": "https://kv1.vault.azure.net/secrets/tls"}

KEY_VAULT = "Microsoft.Azure.KeyVault"
MONITOR = "Microsoft.Azure.Monitor"
DRIVERS = "Microsoft.HpcCompute"
HEALTH = "Microsoft.ManagedServices"


def pool(**changes: Any) -> PoolSettings:
    """None takes a field away."""
    whole = {"vm_size": "Standard_D2s_v5", "image": "ubuntu-24.04", **changes}
    return PoolSettings.model_validate({key: value for key, value in whole.items() if value is not None}, by_name=True)


def findings(today: date = TODAY, **changes: Any) -> Findings:
    return check_pool(pool(**changes), today)


def problems(today: date = TODAY, **changes: Any) -> list[str]:
    return [problem.sentence() for problem in findings(today, **changes).problems]


def notices(today: date = TODAY, **changes: Any) -> list[str]:
    return [notice.sentence() for notice in findings(today, **changes).notices]


def extension(type_: str, publisher: str = KEY_VAULT, name: str = "x", **more: Any) -> dict[str, Any]:
    return {"name": name, "publisher": publisher, "type": type_, **more}


def unlisted(name: str = "x", **more: Any) -> dict[str, Any]:
    """An extension of which no rule knows anything."""
    return extension(f"Type-{name}", "Contoso", name, allow_unlisted=True, **more)


def key_vault(os_type: str = "Linux", version: str = "3.0", **management: Any) -> dict[str, Any]:
    """A plain Key Vault extension as its page has it."""
    settings = {
        "secretsManagementSettings": {
            "pollingIntervalInS": "3600",
            "observedCertificates": [dict(CERTIFICATE)],
            **management,
        },
        "authenticationSettings": {"msiEndpoint": "http://169.254.169.254/metadata/identity", "msiClientId": CLIENT},
    }
    return extension(f"KeyVaultFor{os_type}", type_handler_version=version, settings=settings)


EXISTING = {"existing": [{"id": f"{IDENTITIES}/it", "client_id": CLIENT}]}
