"""Microsoft.Batch/batchAccounts (batch.md 4.5)."""

from __future__ import annotations

import re
from typing import Any

from emulator.arm.context import ACCOUNT, Answer, ArmError, ArmType, Request, being_deleted_later, new_etag
from emulator.arm.resource_groups import plain
from emulator.redaction import redact, without_secrets
from emulator.store import Row

# The key of every account of local Azure, in public like the one of the storage emulator Azurite: it guards nothing.
# base64 of "local Azure: this key is public and guards nothing, like Azurite".
WELL_KNOWN_KEY = "bG9jYWwgQXp1cmU6IHRoaXMga2V5IGlzIHB1YmxpYyBhbmQgZ3VhcmRzIG5vdGhpbmcsIGxpa2UgQXp1cml0ZQ=="

NAME = re.compile(r"^[a-z0-9]{3,24}$")
BATCH_VERSIONS = ("2021-01-01", "2022-10-01", "2023-05-01", "2023-11-01", "2024-02-01", "2024-07-01", "2025-06-01")


class BatchAccounts(ArmType):
    type = ACCOUNT
    versions = BATCH_VERSIONS

    def put(self, request: Request) -> Answer:
        request.group()
        if not NAME.match(request.id.name):
            raise ArmError(
                400,
                "InvalidResourceName",
                f"Batch account name '{request.id.name}' must be between 3 and 24 characters of numbers and lower-case "
                "letters.",
            )
        if not request.body.get("location"):
            raise ArmError(400, "LocationRequired", "The location property is required for this definition.")
        found = request.existing()
        if found and found.deleting is not None:
            raise ArmError(409, "AccountBeingDeleted", f"The Batch account '{found.name}' is being deleted.")
        taken = [row for row in request.store.living(ACCOUNT) if row.name.lower() == request.id.name.lower()]
        if taken and not found:
            # The name is a DNS name, unique in its region; local Azure is one region for this. The code is a judgement.
            raise ArmError(409, "AccountAlreadyExists", f"The account name '{request.id.name}' is already taken.")
        mode = request.properties.get("poolAllocationMode", "BatchService")
        if mode == "UserSubscription" and not request.properties.get("keyVaultReference"):
            raise ArmError(400, "MissingRequiredProperty", "keyVaultReference is required with UserSubscription.")
        body = {
            "location": plain(request.body["location"]),
            "properties": redact(request.properties),
            **{name: request.body[name] for name in ("tags", "identity") if request.body.get(name) is not None},
        }
        row = request.store.save(request.id.text, ACCOUNT, body, {"etag": new_etag(request.id.text, request.now)})
        return self.answer(200, row, request)

    def delete(self, request: Request) -> Answer:
        """Its pools go with it (the store deletes everything below the id)."""
        location = f"{request.id.text}/operationResults/delete-{request.id.name}"
        return being_deleted_later(request, request.store.seconds("account_delete"), location)

    def post(self, action: str, request: Request) -> Answer:
        if action.lower() != "listkeys":
            return super().post(action, request)
        self.require_parents(request)
        row = request.existing()
        if row is None:
            return self.get(request)
        if not shared_key_allowed(row):
            # Status and code are a judgement; that it fails is documented.
            raise ArmError(409, "SharedKeyNotAllowed", "The account does not allow authentication with shared keys.")
        return Answer(200, {"accountName": row.name, "primary": WELL_KNOWN_KEY, "secondary": WELL_KNOWN_KEY})

    def render(self, row: Row, request: Request) -> dict[str, Any]:
        location = row.body["location"]
        identity = row.body.get("identity") or {"type": "None"}
        ids = identity.get("userAssignedIdentities")
        if ids:
            found = {key: request.store.find(key) for key in ids}
            identity = {**identity, "userAssignedIdentities": {k: v.state if v else {} for k, v in found.items()}}
        properties = {
            "poolAllocationMode": "BatchService",
            "publicNetworkAccess": "Enabled",
            "allowedAuthenticationModes": ["SharedKey", "AAD", "TaskAuthenticationToken"],
            "encryption": {"keySource": "Microsoft.Batch"},
            **without_secrets(row.body["properties"]),
            "accountEndpoint": f"{row.name}.{location}.batch.azure.com",
            "nodeManagementEndpoint": f"{row.name}.{location}.service.batch.azure.com",
            "provisioningState": "Deleting" if row.deleting is not None else "Succeeded",
            "dedicatedCoreQuota": 700,
            "lowPriorityCoreQuota": 100,
            "dedicatedCoreQuotaPerVMFamilyEnforced": False,
            "poolQuota": int(request.store.get("pool_quota")),
            "activeJobAndJobScheduleQuota": 300,
        }
        return {
            "id": row.id,
            "name": row.name,
            "type": ACCOUNT,
            "location": location,
            **({"tags": row.body["tags"]} if row.body.get("tags") else {}),
            "identity": identity,
            "properties": properties,
        }


def shared_key_allowed(account: Row) -> bool:
    """UserSubscription accounts and accounts that say so take Microsoft Entra tokens only."""
    properties = account.body["properties"]
    if properties.get("poolAllocationMode") == "UserSubscription":
        return False
    modes = properties.get("allowedAuthenticationModes")
    return not modes or "SharedKey" in modes
