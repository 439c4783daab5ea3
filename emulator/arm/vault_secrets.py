"""Microsoft.KeyVault/vaults/secrets: what ARM may write into a vault, and never gives back.

The provider deletes one through the vault itself, since ARM has no way to (PAN custom_keyvault.go); here that comes as
a DELETE.
https://learn.microsoft.com/rest/api/keyvault/keyvault/secrets/create-or-update
"""

from __future__ import annotations

import re
import uuid
from typing import Any

from emulator.arm.context import VAULT, VAULT_SECRET, Answer, ArmError, ArmType, Request
from emulator.redaction import digest, redact
from emulator.store import Row

NAME = re.compile(r"^[a-zA-Z0-9-]{1,127}$")


class VaultSecrets(ArmType):
    type = VAULT_SECRET
    versions = ("2023-02-01", "2023-07-01", "2024-11-01")

    def redacted(self, body: dict[str, Any]) -> dict[str, Any]:
        """`value` is a secret here, and plain text almost everywhere else."""
        found: dict[str, Any] = redact(body)
        properties = found.get("properties")
        if isinstance(properties, dict) and properties.get("value") is not None:
            found["properties"] = {**properties, "value": digest(properties["value"])}
        return found

    def require_parents(self, request: Request) -> None:
        self.require_parent(request, _vault(request))

    def put(self, request: Request) -> Answer:
        self.require_parents(request)
        if not NAME.match(request.id.name):
            raise ArmError(400, "BadRequest", f"The secret name '{request.id.name}' is invalid.")
        found, body = request.existing(), self.redacted(request.body)
        properties = body.get("properties") or {}
        if not found and properties.get("value") is None:
            raise ArmError(400, "BadRequest", "The parameter 'value' is required.")
        before = found.body["properties"] if found else {}
        kept = {"value": before.get("value"), **properties}
        same = found and kept["value"] == before.get("value")
        # Each value is a version of its own.
        state = found.state if found and same else {"version": uuid.uuid4().hex, "created": int(request.now)}
        state = {**state, "updated": int(request.now)}
        row = request.store.save(
            request.id.text, VAULT_SECRET, {"tags": request.body.get("tags") or {}, "properties": kept}, state
        )
        return self.answer(200 if found else 201, row, request)

    def render(self, row: Row, request: Request) -> dict[str, Any]:
        vault = self.require_parent(request, _vault(request))
        uri = f"https://{vault.name}.vault.azure.net/secrets/{row.name}"
        properties = {name: value for name, value in row.body["properties"].items() if name != "value"}
        times = {"created": row.state["created"], "updated": row.state["updated"]}
        properties["attributes"] = {"enabled": True, **(properties.get("attributes") or {}), **times}
        properties.update(secretUri=uri, secretUriWithVersion=f"{uri}/{row.state['version']}")
        location = {"location": vault.body["location"]}
        return {"id": row.id, "name": row.name, "type": VAULT_SECRET, **location, **row.body, "properties": properties}


def _vault(request: Request) -> str:
    return f"{request.id.group_id}/providers/{VAULT}/{request.id.names[0]}"
