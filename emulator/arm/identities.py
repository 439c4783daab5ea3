"""Microsoft.ManagedIdentity/userAssignedIdentities (batch.md 4.1)."""

from __future__ import annotations

import re
import uuid
from typing import Any

from emulator.arm.context import IDENTITY, TENANT, Answer, ArmError, ArmType, Request
from emulator.arm.resource_groups import plain
from emulator.store import Row


class Identities(ArmType):
    type = IDENTITY
    versions = ("2023-01-31", "2024-11-30")

    def put(self, request: Request) -> Answer:
        request.group()
        if not request.body.get("location"):
            raise ArmError(400, "LocationRequired", "The location property is required for this definition.")
        found = request.existing()
        body = {"location": plain(request.body["location"]), "tags": request.body.get("tags") or {}}
        # A recreated identity is another principal, and its old role assignments do not come back
        # (role-based-access-control/troubleshooting.md).
        state = found.state if found else {"clientId": str(uuid.uuid4()), "principalId": str(uuid.uuid4())}
        row = request.store.save(request.id.text, IDENTITY, body, state)
        return self.answer(200 if found else 201, row, request)

    def render(self, row: Row, request: Request) -> dict[str, Any]:
        segment = request.store.get("identity_id_segment")
        return {
            "id": re.sub("/resourcegroups/", f"/{segment}/", row.id, flags=re.I),
            "name": row.name,
            "type": IDENTITY,
            **row.body,
            "properties": {**row.state, "tenantId": TENANT},
        }
