"""Microsoft.Authorization/roleAssignments (batch.md 4.3): uniqueness, replication delay, principal types."""

from __future__ import annotations

import re
import uuid
from typing import Any

from emulator.arm.context import (
    DEPLOYER,
    IDENTITY,
    ROLE_ASSIGNMENT,
    TENANT,
    VAULT,
    Answer,
    ArmError,
    ArmType,
    Request,
    not_found,
    parse,
)
from emulator.clock import timestamp
from emulator.store import Row

ROLE = re.compile(r"/providers/Microsoft\.Authorization/roleDefinitions/(?P<role>[0-9a-f-]{36})$", re.I)
SECRET = re.compile(rf"^(?P<vault>.*/providers/{re.escape(VAULT)}/[^/]+)/secrets/[^/]+$", re.I)
KINDS = ("User", "Group", "ServicePrincipal", "ForeignGroup", "Device")


class RoleAssignments(ArmType):
    type = ROLE_ASSIGNMENT
    versions = ("2020-10-01-preview", "2022-04-01")

    def require_parents(self, request: Request) -> None:
        self._require_scope(request.id.scope, request)

    def put(self, request: Request) -> Answer:
        self._require_name(request.id.name)
        self._require_scope(request.id.scope, request)
        properties = request.properties
        principal, role = str(properties.get("principalId", "")), str(properties.get("roleDefinitionId", ""))
        if not principal or not ROLE.search(role):
            raise ArmError(
                400, "InvalidCreateRoleAssignmentRequest", "A principal ID and a role definition ID are required."
            )
        found = request.existing()
        same = _same(found, request.id.scope, principal, role) if found else False
        if not found:
            found = self._under_other_scope(request)
        if found and not same:
            raise ArmError(
                400,
                "RoleAssignmentUpdateNotPermitted",
                "Tenant ID, application ID, principal ID, and scope are not allowed to be updated.",
            )
        for other in request.store.living(ROLE_ASSIGNMENT):
            if not found and _same(other, request.id.scope, principal, role):
                raise ArmError(
                    409,
                    "RoleAssignmentExists",
                    "The role assignment already exists. The ID of the existing role assignment is "
                    f"{other.name.replace('-', '')}.",
                )
        kind = self._principal_type(request, principal, properties.get("principalType"))
        body = {"properties": {**properties, "principalType": kind}}
        state = {"scope": request.id.scope, "created": found.state["created"] if found else request.now}
        row = request.store.save(request.id.text, ROLE_ASSIGNMENT, body, {**state, "updated": request.now})
        return self.answer(200 if found else 201, row, request)

    def delete(self, request: Request) -> Answer:
        """200 with the body, 204 when there is none."""
        row = request.existing()
        if row is None:
            return Answer(204)
        body = self.render(row, request)
        request.store.delete(request.id.text, request.now)
        return Answer(200, body)

    def render(self, row: Row, request: Request) -> dict[str, Any]:
        properties = {
            "condition": None,
            "conditionVersion": None,
            **row.body["properties"],
            "scope": row.state["scope"],
            "createdOn": timestamp(row.state["created"]),
            "updatedOn": timestamp(row.state["updated"]),
            "createdBy": DEPLOYER,
            "updatedBy": DEPLOYER,
        }
        return {"id": row.id, "name": row.name, "type": ROLE_ASSIGNMENT, "properties": properties}

    def _require_name(self, name: str) -> None:
        try:
            uuid.UUID(name)
        except ValueError:
            raise ArmError(
                400, "InvalidRoleAssignmentId", f"The role assignment ID '{name}' is not valid. It must be a GUID."
            ) from None

    def _require_scope(self, scope: str, request: Request) -> None:
        """The scope must be there: a subscription, a group, a resource of local Azure, or one secret of a vault."""
        secret = SECRET.match(scope)
        target = parse(secret["vault"] if secret else scope)
        if target is None:
            if re.match(r"^/subscriptions/[^/]+$", scope, re.I):
                return
            raise ArmError(400, "InvalidScope", f"The scope '{scope}' is not valid in local Azure.")
        if request.store.find(target.group_id) is None:
            raise ArmError(404, "ResourceGroupNotFound", f"Resource group '{target.group}' could not be found.")
        if request.store.find(target.text) is None:
            raise not_found(target)

    def _under_other_scope(self, request: Request) -> Row | None:
        """A GUID names one assignment in the tenant, so the same one at another scope is an update."""
        rows = request.store.living(ROLE_ASSIGNMENT)
        return next((row for row in rows if row.name.lower() == request.id.name.lower()), None)

    def _principal_type(self, request: Request, principal: str, asked: object) -> str:
        if asked is not None and asked not in KINDS:
            raise ArmError(400, "InvalidPrincipalType", f"The principal type '{asked}' is not one of {KINDS}.")
        known = next(
            (row for row in request.store.living(IDENTITY) if row.state["principalId"].lower() == principal.lower()),
            None,
        )
        actual = "ServicePrincipal" if known else "User" if principal.lower() == DEPLOYER else ""
        if actual and asked and asked != actual:
            raise ArmError(
                400,
                "UnmatchedPrincipalType",
                f"The PrincipalId '{principal.replace('-', '')}' has type '{actual}' , which is different from "
                f"specified PrinciaplType '{asked}'.",
            )
        if asked == "ServicePrincipal":
            # With it set, ARM does not look the principal up: a fresh identity is accepted (aka.ms/docs-principaltype).
            return str(asked)
        fresh = known and request.now < known.created + request.store.seconds("identity_replication")
        if fresh or not actual:
            raise ArmError(
                400,
                "PrincipalNotFound",
                f"Principal {principal.replace('-', '')} does not exist in the directory {TENANT}. Check that you have "
                "the correct principal ID. If you are creating this principal and then immediately assigning a role, "
                "this error might be related to a replication delay. In this case, set the role assignment "
                "principalType property to a value, such as ServicePrincipal, User, or Group.  See "
                "https://aka.ms/docs-principaltype",
            )
        return actual


def role_guid(role_definition_id: str) -> str:
    """The GUID of a role definition id, lower case; empty when there is none."""
    found = ROLE.search(role_definition_id)
    return found["role"].lower() if found else ""


def _same(row: Row, scope: str, principal: str, role: str) -> bool:
    properties = row.body["properties"]
    return (
        row.state["scope"].lower() == scope.lower()
        and properties["principalId"].lower() == principal.lower()
        and role_guid(properties["roleDefinitionId"]) == role_guid(role)
    )
