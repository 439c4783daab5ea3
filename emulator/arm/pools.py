"""Microsoft.Batch/batchAccounts/pools (batch.md 1): what PUT checks, what GET shows, and when the nodes come."""

from __future__ import annotations

import re
from typing import Any

from emulator import fleet, scaling
from emulator.arm import extensions, pool_updates
from emulator.arm.batch_accounts import BATCH_VERSIONS
from emulator.arm.context import (
    IDENTITY,
    POOL,
    Answer,
    ArmError,
    ArmType,
    Request,
    being_deleted_later,
    invalid,
    missing,
    new_etag,
    not_found,
    parse,
    request_stamp,
)
from emulator.arm.pool_defaults import with_defaults
from emulator.clock import timestamp
from emulator.redaction import redact, without_secrets
from emulator.store import Row

NAME = re.compile(r"^[a-zA-Z0-9_-]{1,64}$")
LATEST = "2024-07-01"  # what azure-native 3.29 sends


class Pools(ArmType):
    type = POOL
    versions = BATCH_VERSIONS

    def require_parents(self, request: Request) -> None:
        request.group()
        account = request.id.parent_id
        found = request.store.find(account)
        if found is None:
            parsed = parse(account)
            raise not_found(parsed) if parsed else ArmError(404, "ResourceNotFound", account)

    def put(self, request: Request) -> Answer:
        """200 both for a new pool and for a changed one, never 201 (batch.md 1.1)."""
        self.require_parents(request)
        version = request.api_version or LATEST
        found = request.existing()
        if found and found.deleting is not None:
            raise ArmError(
                409,
                "PoolBeingDeleted",
                "The specified pool is being deleted." + request_stamp(request.now),
            )
        identities = self._check(request)
        body = redact(
            {
                "properties": request.properties,
                **{name: request.body[name] for name in ("identity", "tags") if request.body.get(name) is not None},
            }
        )
        if found:
            pool_updates.refuse(
                found.body,
                body,
                api_version=version,
                nodes=sum(fleet.counts(request.store, found)),
                mode=request.store.get("pool_updates"),
                now=request.now,
            )
            found.state.pop("resize_errors", None)
        else:
            self._check_quota(request)
        state = {
            "created": request.now,
            "steady_at": request.now,
            "resize_at": request.now,
            **(found.state if found else {}),
        }
        if not found or body["properties"].get("scaleSettings") != found.body["properties"].get("scaleSettings"):
            state["schedule"] = request.now
        state.update(modified=request.now, version=version, etag=new_etag(request.id.text, request.now, version))
        row = request.store.save(request.id.text, POOL, body, state)
        return self.answer(200, self._scale(row, identities, request), request)

    def _scale(self, row: Row, identities: list[dict[str, str]], request: Request) -> Row:
        properties = row.body["properties"]
        failed = extensions.settings_as_text(properties) and sum(fleet.targets(properties)) > 0
        row = scaling.apply(request.store, row, identities, request.now, failed=failed)
        if not failed:
            return row
        # azurerm#20530: settings sent as text are stored, and then no node is ever allocated.
        reason = {"code": "Reason", "message": "The server encountered an internal error"}
        message = "Desired number of dedicated nodes could not be allocated"
        errors = [{"code": "AllocationFailed", "message": message, "details": [reason]}]
        return request.store.save(row.id, POOL, row.body, {**row.state, "resize_errors": errors})

    def get(self, request: Request) -> Answer:
        self.require_parents(request)
        row = request.existing()
        if row is None:
            raise not_found(request.id)
        return self.answer(200, scaling.settled(request.store, row, request.now), request)

    def delete(self, request: Request) -> Answer:
        account = request.id.parent_id
        location = (
            f"{account}/poolOperationResults/delete-{request.id.name}?api-version={request.api_version or LATEST}"
        )
        return being_deleted_later(request, request.store.seconds("pool_delete"), location)

    def render(self, row: Row, request: Request) -> dict[str, Any]:
        version = request.api_version or LATEST
        state, steady = row.state, request.now >= row.state["steady_at"]
        dedicated, low = fleet.counts(request.store, row)
        properties = with_defaults(without_secrets(row.body["properties"]), version)
        properties.update(
            lastModified=timestamp(state["modified"]),
            creationTime=timestamp(state["created"]),
            provisioningState="Deleting" if row.deleting is not None else "Succeeded",
            provisioningStateTransitionTime=timestamp(state["created"]),
            allocationState="Steady" if steady else "Resizing",
            allocationStateTransitionTime=timestamp(state["steady_at"] if steady else state["resize_at"]),
            currentDedicatedNodes=dedicated,
            currentLowPriorityNodes=low,
        )
        if version < "2025-06-01":
            properties["currentNodeCommunicationMode"] = "Simplified"
        if "fixedScale" in properties["scaleSettings"]:
            properties["resizeOperationStatus"] = _resize_status(
                properties["scaleSettings"]["fixedScale"],
                state,
                fleet.resize_errors(request.store, row) if steady else [],
            )
        else:
            evaluated = timestamp(scaling.evaluated_at(row, request.now))
            properties["autoScaleRun"] = {"evaluationTime": evaluated, "results": scaling.results(row)}
        envelope = {"id": row.id, "name": row.name, "type": POOL, "etag": state["etag"], "properties": properties}
        if row.body.get("identity"):
            envelope["identity"] = {**row.body["identity"], **_echo(row, request)}
        if row.body.get("tags"):
            envelope["tags"] = row.body["tags"]
        return envelope

    def _check(self, request: Request) -> list[dict[str, str]]:
        """Refuse what the service refuses in any body; the identities of the pool."""
        properties = request.properties
        if not NAME.match(request.id.name):
            raise invalid("poolName", request.id.name, "A pool name is 1 to 64 letters, digits, hyphens, underscores.")
        if not properties.get("vmSize"):
            raise missing("vmSize")
        configuration = properties.get("deploymentConfiguration") or {}
        if configuration.get("cloudServiceConfiguration") is not None:
            raise invalid("deploymentConfiguration", "cloudServiceConfiguration", "It was removed with 2024-07-01.")
        machine = configuration.get("virtualMachineConfiguration")
        if not machine:
            raise missing("deploymentConfiguration.virtualMachineConfiguration")
        for needed in ("imageReference", "nodeAgentSkuId"):
            if not machine.get(needed):
                raise missing(f"deploymentConfiguration.virtualMachineConfiguration.{needed}")
        if request.api_version >= "2025-06-01":
            for gone in ("certificates", "applicationLicenses", "targetNodeCommunicationMode", "resourceTags"):
                if properties.get(gone) is not None:
                    raise invalid(gone, gone, "The property was removed with api-version 2025-06-01.")
        timeout = ((properties.get("scaleSettings") or {}).get("fixedScale") or {}).get("resizeTimeout")
        if timeout is not None and seconds(timeout) < 300:
            raise invalid("scaleSettings.fixedScale.resizeTimeout", timeout, "The minimum is 5 minutes.")
        extensions.check(properties, request.store.get("also_allowed_extensions"))
        return self._identities(request)

    def _identities(self, request: Request) -> list[dict[str, str]]:
        identity = request.body.get("identity") or {}
        kind, ids = identity.get("type", "None"), identity.get("userAssignedIdentities") or {}
        if kind not in ("UserAssigned", "None"):
            raise invalid("identity.type", kind, "Pools have UserAssigned identities or None.")
        if kind == "UserAssigned" and not ids:
            raise missing("identity.userAssignedIdentities")
        found = []
        for resource_id in ids:
            row = request.store.find(resource_id)
            if row is None or row.type != IDENTITY:
                # No source has the text of Batch for this; ARM's own form for a linked resource is a judgement.
                raise ArmError(
                    400,
                    "FailedIdentityOperation",
                    f"Identity operation for resource '{request.id.text}' failed with error 'Failed to perform "
                    f"resource identity operation. Status: 'BadRequest'. Resource '{resource_id}' was not found.'.",
                )
            found.append({"id": resource_id, **row.state})
        return found

    def _check_quota(self, request: Request) -> None:
        if request.store.count(POOL, below=request.id.parent_id) >= int(request.store.get("pool_quota")):
            # Comes on PUT (batch.md 1.3); the status is the usual one of the code's family.
            raise ArmError(409, "PoolQuotaReached", "The pool quota for the account has been reached.")


def _echo(row: Row, request: Request) -> dict[str, Any]:
    """Ids come back in the casing that was sent, each with the client and principal id."""
    ids = row.body["identity"].get("userAssignedIdentities")
    if not ids:
        return {}
    echoed: dict[str, Any] = {}
    for resource_id in ids:
        identity = request.store.find(resource_id)
        echoed[resource_id] = dict(identity.state) if identity else {}
    return {"userAssignedIdentities": echoed}


def _resize_status(fixed: dict[str, Any], state: dict[str, Any], errors: list[dict[str, Any]]) -> dict[str, Any]:
    """`errors` only when the last resize failed and the pool is steady (batch.md 1.4)."""
    status = {
        "targetDedicatedNodes": fixed["targetDedicatedNodes"],
        "targetLowPriorityNodes": fixed["targetLowPriorityNodes"],
        "nodeDeallocationOption": fixed.get("nodeDeallocationOption", "Requeue"),
        "resizeTimeout": fixed["resizeTimeout"],
        "startTime": timestamp(state["resize_at"]),
    }
    if errors:
        status["errors"] = errors
    return status


def seconds(duration: object) -> float:
    """Seconds in an ISO 8601 duration; ArmError when it is none."""
    found = scaling.seconds(duration)
    if found is None:
        raise invalid("duration", duration, "It is not an ISO 8601 duration.")
    return found
