"""Microsoft.Resources/resourceGroups (batch.md 4.4)."""

from __future__ import annotations

import re
from typing import Any

from emulator.arm.context import GROUP, Answer, ArmError, ArmType, Request, being_deleted_later
from emulator.store import Row

NAME = re.compile(r"^[-\w._()]{1,90}$")


class ResourceGroups(ArmType):
    type = GROUP
    versions = ("2020-10-01", "2024-03-01")

    def require_parents(self, request: Request) -> None:
        """A group has none here: every subscription exists."""

    def put(self, request: Request) -> Answer:
        location = request.body.get("location")
        if not location:
            raise ArmError(400, "LocationRequired", "The location property is required for this definition.")
        if not NAME.match(request.id.name):
            raise ArmError(
                400, "InvalidResourceGroup", f"The provided resource group name '{request.id.name}' is not valid."
            )
        found = request.existing()
        if found and found.deleting is not None:
            raise ArmError(
                409,
                "ResourceGroupBeingDeleted",
                f"The resource group '{found.name}' is in deprovisioning state and cannot perform this operation.",
            )
        if found and plain(found.body["location"]) != plain(location):
            raise ArmError(
                409,
                "InvalidResourceGroupLocation",
                f"Invalid resource group location '{location}'. The Resource group already exists in location "
                f"'{found.body['location']}'.",
            )
        body = {name: request.body[name] for name in ("tags", "managedBy") if request.body.get(name) is not None}
        row = request.store.save(request.id.text, GROUP, {"location": plain(location), **body}, {})
        return self.answer(200 if found else 201, row, request)

    def get(self, request: Request) -> Answer:
        return self.answer(200, request.group(), request)

    def delete(self, request: Request) -> Answer:
        """What is in the group goes with it (the store deletes everything below the id)."""
        if request.existing() is None:
            raise ArmError(404, "ResourceGroupNotFound", f"Resource group '{request.id.name}' could not be found.")
        location = f"/subscriptions/{request.id.subscription}/operationresults/delete-{request.id.name}"
        return being_deleted_later(request, request.store.seconds("group_delete"), location)

    def render(self, row: Row, request: Request) -> dict[str, Any]:
        state = "Deleting" if row.deleting is not None else "Succeeded"
        return {"id": row.id, "name": row.name, "type": GROUP, **row.body, "properties": {"provisioningState": state}}


def plain(location: object) -> str:
    """ARM answers with the short form: `West Europe` is `westeurope`."""
    return str(location).replace(" ", "").lower()
