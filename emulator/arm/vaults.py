"""Microsoft.KeyVault/vaults (batch.md 4.2): the vault, not what is in it."""

from __future__ import annotations

import re
from typing import Any

from emulator.arm import access_policies
from emulator.arm.context import VAULT, Answer, ArmError, ArmType, Request
from emulator.arm.resource_groups import plain
from emulator.redaction import redact
from emulator.store import Row

NAME = re.compile(r"^[a-zA-Z][a-zA-Z0-9-]{2,23}$")
DAY = 86400.0


class Vaults(ArmType):
    type = VAULT
    # Before 2026-02-01 a vault without enableRbacAuthorization uses access policies ("access-control-default").
    versions = ("2023-02-01", "2023-07-01", "2024-11-01")

    def put(self, request: Request) -> Answer:
        request.group()
        found = request.existing()
        name, properties = request.id.name, request.properties
        if not NAME.match(name) or "--" in name or name.endswith("-"):
            raise ArmError(400, "VaultNameNotValid", f"The vault name '{name}' is invalid.")
        if not request.body.get("location"):
            raise ArmError(400, "LocationRequired", "The location property is required for this definition.")
        for needed in ("tenantId", "sku"):
            if not properties.get(needed):
                raise ArmError(400, "BadRequest", f"The parameter '{needed}' is required.")
        recover = str(properties.get("createMode", "default")).lower() == "recover"
        if not found:
            self._refuse_taken(request, recover)
        if (
            found
            and found.body["properties"].get("enablePurgeProtection")
            and not properties.get("enablePurgeProtection", True)
        ):
            raise ArmError(
                400,
                "BadRequest",
                'The property "enablePurgeProtection" cannot be set to false. Enabling the purge protection for a '
                "vault is an irreversible action.",
            )
        if properties.get("accessPolicies") is None and not recover and not properties.get("enableRbacAuthorization"):
            raise ArmError(400, "BadRequest", "The parameter 'accessPolicies' is required.")
        if properties.get("accessPolicies") is not None:
            entries = access_policies.checked(request.store, properties["accessPolicies"], properties["tenantId"])
            properties = {**properties, "accessPolicies": entries}
        body = {
            "location": plain(request.body["location"]),
            "tags": request.body.get("tags") or {},
            "properties": redact({key: value for key, value in properties.items() if key != "createMode"}),
        }
        state = access_policies.with_former(found, body["properties"], request.now) if found else {}
        row = request.store.save(request.id.text, VAULT, body, state)
        return self.answer(200 if found else 201, row, request)

    def _refuse_taken(self, request: Request, recover: bool) -> None:
        """Names are unique in all of Azure, and a deleted vault keeps its name while soft delete lasts."""
        name = request.id.name.lower()
        alive = {row.name.lower() for row in request.store.living(VAULT)}
        if name in alive:
            raise ArmError(
                409,
                "VaultAlreadyExists",
                f"The vault name '{request.id.name}' is already in use. Vault names are globaly unique so it is "
                "possible that the name is already taken. If you are sure that the vault name was not taken then it is "
                "possible that a vault with the same name was recently deleted but not purged after being placed in a "
                "recoverable state.",
            )
        deleted = [
            row
            for row in request.store.history(VAULT)
            if row.name.lower() == name and row.deleted is not None and self._kept(row, request)
        ]
        if deleted and not recover:
            raise ArmError(
                409,
                "ConflictError",
                "A vault with the same name already exists in deleted state. You need to either recover or purge "
                "existing key vault.",
            )
        if recover and not deleted:
            raise ArmError(
                404,
                "SoftDeletedVaultDoesNotExist",
                f"A soft deleted vault with the given name does not exist: '{request.id.name}'.",
            )

    def _kept(self, row: Row, request: Request) -> bool:
        properties = row.body["properties"]
        if request.store.get("vault_soft_delete") == "off" or not properties.get("enableSoftDelete", True):
            return False
        return request.now < (row.deleted or 0) + DAY * float(properties.get("softDeleteRetentionInDays", 90))

    def render(self, row: Row, request: Request) -> dict[str, Any]:
        properties = {
            "enabledForDeployment": False,
            "enableSoftDelete": True,
            "softDeleteRetentionInDays": 90,
            "enableRbacAuthorization": False,
            "publicNetworkAccess": "Enabled",
            "accessPolicies": [],
            **row.body["properties"],
            "vaultUri": f"https://{row.name}.vault.azure.net/",
            "provisioningState": "Succeeded",
        }
        return {"id": row.id, "name": row.name, "type": VAULT, **row.body, "properties": properties}
