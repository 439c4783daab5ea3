"""Microsoft.KeyVault/vaults/accessPolicies (batch.md 4.2): changes to single entries of a vault's access policies.

No resource of its own: there is PUT with an operation for a name, and what it changes is the vault. On a vault that
uses RBAC it is accepted and has no effect (extensions.md 6.2).
"""

from __future__ import annotations

import uuid
from typing import Any

from emulator.arm.context import ACCESS_POLICY, IDENTITY, VAULT, Answer, ArmError, ArmType, Request, not_found, parse
from emulator.redaction import redact
from emulator.store import Row, Store

MOST_IN_A_VAULT = 1024
MOST_AT_ONCE = 16
OPERATIONS = ("add", "replace", "remove")

# The enumerations of the REST specification; others are refused (azure-libraries-for-net#361: " list").
_ANY = frozenset(("all", "get", "list", "delete", "backup", "restore", "recover", "purge"))
_USES_OF_KEYS = ("encrypt", "decrypt", "wrapkey", "unwrapkey", "sign", "verify")
_KEYS = ("create", "update", "import", "release", "rotate", "getrotationpolicy", "setrotationpolicy")
_ISSUERS = ("getissuers", "listissuers", "setissuers", "deleteissuers", "manageissuers")
PERMISSIONS: dict[str, frozenset[str]] = {
    "keys": _ANY.union(_USES_OF_KEYS, _KEYS),
    "secrets": _ANY.union(("set",)),
    "certificates": _ANY.union(("create", "import", "update", "managecontacts"), _ISSUERS),
    "storage": _ANY.union(("set", "update", "regeneratekey", "setsas", "listsas", "getsas", "deletesas")),
}


class AccessPolicies(ArmType):
    type = ACCESS_POLICY
    versions = ("2023-02-01", "2023-07-01", "2024-11-01")

    def put(self, request: Request) -> Answer:
        request.group()
        vault = request.store.find(request.id.parent_id)
        if vault is None:
            target = parse(request.id.parent_id)
            raise not_found(target or request.id)
        operation = request.id.name.lower()
        if operation not in OPERATIONS:
            raise ArmError(400, "BadRequest", f"The operation '{request.id.name}' is none of {', '.join(OPERATIONS)}.")
        properties = vault.body["properties"]
        given = checked(
            request.store, request.properties.get("accessPolicies"), properties["tenantId"], most=MOST_AT_ONCE
        )
        entries = {_key(entry): entry for entry in properties.get("accessPolicies") or []}
        for entry in given:
            _apply(operation, entries, entry)
        if len(entries) > MOST_IN_A_VAULT:
            raise _invalid()
        changed = {**properties, "accessPolicies": list(entries.values())}
        state = with_former(vault, changed, request.now)
        request.store.save(vault.id, VAULT, {**vault.body, "properties": changed}, state)
        # As in the published example: what was sent, under an id that ends with a slash. Whether the service lists the
        # vault's other entries as well is not published; no client reads it.
        body = {"id": f"{vault.id}/accessPolicies/", "type": ACCESS_POLICY, "properties": {"accessPolicies": given}}
        return Answer(200, redact(body))

    def get(self, request: Request) -> Answer:
        raise _disallowed("Read")

    def delete(self, request: Request) -> Answer:
        raise _disallowed("Delete")


def checked(store: Store, entries: object, tenant: object, *, most: int = MOST_IN_A_VAULT) -> list[dict[str, Any]]:
    """The entries as the vault keeps them; ArmError for what the service does not take."""
    if not isinstance(entries, list) or len(entries) > most:
        raise _invalid()
    found = []
    clients = {str(row.state["clientId"]).lower() for row in store.living(IDENTITY)} if entries else set()
    for index, entry in enumerate(entries):
        if not isinstance(entry, dict) or not _permitted(entry.get("permissions")):
            raise _invalid()
        # "All identities in the array must use the same tenant ID as the key vault's tenant ID." (REST specification)
        if str(entry.get("tenantId", "")).lower() != str(tenant).lower():
            raise _invalid()
        if not _is_guid(entry.get("objectId")) or str(entry["objectId"]).lower() in clients:
            # The service looks the id up in the directory. Which other principals are there is not modelled, but a
            # client id is no object id.
            message = f"Invalid value found at accessPolicies[{index}].ObjectId: {entry.get('objectId')}"
            raise ArmError(400, "BadRequest", message)
        # The provider sends an empty application id for none; that the service drops it is a judgement.
        found.append({name: value for name, value in entry.items() if name != "applicationId" or value})
    return found


def with_former(found: Row, properties: dict[str, Any], now: float) -> dict[str, Any]:
    """The state of a vault that gets new properties: how it decided until now is history that nodes depend on."""
    before = {name: found.body["properties"].get(name) for name in ("enableRbacAuthorization", "accessPolicies")}
    if before == {name: properties.get(name) for name in before}:
        return found.state
    return {**found.state, "former": [*found.state.get("former", []), {"until": now, "properties": before}]}


def _apply(operation: str, entries: dict[tuple[str, str], dict[str, Any]], entry: dict[str, Any]) -> None:
    """`add` merges and `replace` creates or overwrites (pulumi-azure-native#2951); other entries stay.

    `remove` takes permissions away, each compared with its case and in silence where there is none
    (azure-rest-api-specs#42963), and the entry goes when none is left. That the rest of an entry stays is read from
    azurerm, which asks the vault for all permissions before it removes an entry; a judgement.
    """
    key = _key(entry)
    if operation == "replace" or (operation == "add" and key not in entries):
        entries[key] = entry
    elif operation == "add":
        entries[key] = {**entries[key], "permissions": _merged(entries[key]["permissions"], entry["permissions"])}
    elif key in entries:
        left = _without(entries[key]["permissions"], entry["permissions"])
        entries[key] = {**entries[key], "permissions": left}
        if not any(left.values()):
            del entries[key]


def _merged(present: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    return {
        kind: list(dict.fromkeys([*(present.get(kind) or []), *(more.get(kind) or [])])) for kind in {**present, **more}
    }


def _without(present: dict[str, Any], less: dict[str, Any]) -> dict[str, Any]:
    return {kind: [item for item in held or [] if item not in (less.get(kind) or [])] for kind, held in present.items()}


def _key(entry: dict[str, Any]) -> tuple[str, str]:
    """An entry is of a principal, or of an application that acts for it."""
    return str(entry["objectId"]).lower(), str(entry.get("applicationId") or "").lower()


def _permitted(permissions: object) -> bool:
    if not isinstance(permissions, dict):
        return False
    return all(
        kind in PERMISSIONS
        and all(isinstance(item, str) and item.lower() in PERMISSIONS[kind] for item in (given or []))
        for kind, given in permissions.items()
    )


def _is_guid(value: object) -> bool:
    try:
        return isinstance(value, str) and uuid.UUID(value) is not None
    except ValueError:
        return False


def _invalid() -> ArmError:
    """The service says no more (azure-cli#17503, azure-libraries-for-net#361)."""
    return ArmError(400, "BadRequest", "An invalid value was provided for 'accessPolicies'.")


def _disallowed(operation: str) -> ArmError:
    """The words are those of azure-policy#333; the code and status of the answer are judgements."""
    message = f"The operation '{operation}' is disallowed on resource of type 'vaults/accessPolicies'."
    return ArmError(405, "OperationNotAllowed", message)
