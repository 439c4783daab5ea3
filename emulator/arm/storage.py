"""Microsoft.Storage: storage accounts and the file shares in them, as far as pools mount and link them."""

from __future__ import annotations

import re
from typing import Any

from emulator.arm.context import FILE_SHARE, STORAGE_ACCOUNT, Answer, ArmError, ArmType, Request, new_etag
from emulator.arm.resource_groups import plain
from emulator.clock import timestamp
from emulator.redaction import redact
from emulator.store import Row

# The keys of every storage account of local Azure, public and guarding nothing: base64 of
# "local Azure: key 1 of a storage account; it is public and guards nothing", and the same with key 2.
KEYS = {
    "key1": "bG9jYWwgQXp1cmU6IGtleSAxIG9mIGEgc3RvcmFnZSBhY2NvdW50OyBpdCBpcyBwdWJsaWMgYW5kIGd1YXJkcyBub3RoaW5n",
    "key2": "bG9jYWwgQXp1cmU6IGtleSAyIG9mIGEgc3RvcmFnZSBhY2NvdW50OyBpdCBpcyBwdWJsaWMgYW5kIGd1YXJkcyBub3RoaW5n",
}

# https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules#microsoftstorage
ACCOUNT_NAME = re.compile(r"^[a-z0-9]{3,24}$")
SHARE_NAME = re.compile(r"^[a-z0-9](-?[a-z0-9]){2,62}$")
VERSIONS = ("2023-01-01", "2023-05-01", "2024-01-01")


class StorageAccounts(ArmType):
    type = STORAGE_ACCOUNT
    versions = VERSIONS

    def put(self, request: Request) -> Answer:
        request.group()
        name = request.id.name
        if not ACCOUNT_NAME.match(name):
            # Azure/AzureMonitorStarterPacks#171
            raise ArmError(
                400,
                "AccountNameInvalid",
                f"{name} is not a valid storage account name. Storage account name must be between 3 and 24 characters "
                "in length and use numbers and lower-case letters only.",
            )
        for needed in ("location", "kind", "sku"):
            if not request.body.get(needed):
                raise ArmError(400, "InvalidRequest", f"The parameter '{needed}' is required.")
        found = request.existing()
        if not found and name in {row.name for row in request.store.living(STORAGE_ACCOUNT)}:
            # hashicorp/terraform#11485
            raise ArmError(409, "StorageAccountAlreadyTaken", f"The storage account named {name} is already taken.")
        body = {
            "location": plain(request.body["location"]),
            **{key: request.body[key] for key in ("kind", "sku", "identity", "tags") if request.body.get(key)},
            "properties": redact(request.properties),
        }
        state = found.state if found else {"created": request.now}
        return self.answer(200, request.store.save(request.id.text, STORAGE_ACCOUNT, body, state), request)

    def post(self, action: str, request: Request) -> Answer:
        if action.lower() != "listkeys":
            return super().post(action, request)
        row = self.require_parent(request, request.id.text)
        made = timestamp(row.state["created"])
        keys = [
            {"keyName": name, "value": value, "permissions": "FULL", "creationTime": made}
            for name, value in KEYS.items()
        ]
        return Answer(200, {"keys": keys})

    def render(self, row: Row, request: Request) -> dict[str, Any]:
        made = timestamp(row.state["created"])
        hosts = ("blob", "dfs", "file", "queue", "table")
        properties = {
            "supportsHttpsTrafficOnly": True,
            "minimumTlsVersion": "TLS1_2",
            "allowBlobPublicAccess": False,
            "accessTier": "Hot",
            **row.body["properties"],
            "creationTime": made,
            "keyCreationTime": {"key1": made, "key2": made},
            "primaryEndpoints": {host: f"https://{row.name}.{host}.core.windows.net/" for host in hosts},
            "primaryLocation": row.body["location"],
            "statusOfPrimary": "available",
            "provisioningState": "Succeeded",
        }
        sku = {**row.body["sku"], "tier": str(row.body["sku"].get("name", "")).split("_")[0]}
        envelope = {"id": row.id, "name": row.name, "type": STORAGE_ACCOUNT, **row.body, "sku": sku}
        return {**envelope, "properties": properties}


class FileShares(ArmType):
    type = FILE_SHARE
    versions = VERSIONS

    def require_parents(self, request: Request) -> None:
        account = f"{request.id.group_id}/providers/{STORAGE_ACCOUNT}/{request.id.names[0]}"
        self.require_parent(request, account)

    def put(self, request: Request) -> Answer:
        self.require_parents(request)
        if not SHARE_NAME.match(request.id.name):
            raise ArmError(400, "InvalidResourceName", f"The specified resource name '{request.id.name}' is invalid.")
        found = request.existing()
        state = {"etag": new_etag(request.id.text, request.now), "modified": request.now}
        body = {"properties": request.properties}
        row = request.store.save(request.id.text, FILE_SHARE, body, state)
        return self.answer(200 if found else 201, row, request)

    def render(self, row: Row, request: Request) -> dict[str, Any]:
        properties = {
            "shareQuota": 5120,
            "enabledProtocols": "SMB",
            "accessTier": "TransactionOptimized",
            **row.body["properties"],
            "lastModifiedTime": timestamp(row.state["modified"]),
            "leaseState": "available",
            "leaseStatus": "unlocked",
        }
        return {"id": row.id, "name": row.name, "type": FILE_SHARE, "etag": row.state["etag"], "properties": properties}
