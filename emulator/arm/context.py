"""What every ARM resource type here works with: the request, the answer, the error."""

from __future__ import annotations

import hashlib
import re
import uuid
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any

from emulator.clock import timestamp
from emulator.redaction import redact
from emulator.store import Row, Store

SUBSCRIPTION = "00000000-0000-0000-0000-000000000000"
TENANT = "11111111-1111-1111-1111-111111111111"
# Who deploys: a user of the directory, so that assigning a role to it needs principalType User.
DEPLOYER = "22222222-2222-2222-2222-222222222222"

GROUP = "Microsoft.Resources/resourceGroups"
IDENTITY = "Microsoft.ManagedIdentity/userAssignedIdentities"
VAULT = "Microsoft.KeyVault/vaults"
ACCESS_POLICY = "Microsoft.KeyVault/vaults/accessPolicies"
ROLE_ASSIGNMENT = "Microsoft.Authorization/roleAssignments"
ACCOUNT = "Microsoft.Batch/batchAccounts"
POOL = "Microsoft.Batch/batchAccounts/pools"
NETWORK = "Microsoft.Network/virtualNetworks"
SUBNET = "Microsoft.Network/virtualNetworks/subnets"
SECURITY_GROUP = "Microsoft.Network/networkSecurityGroups"
PUBLIC_ADDRESS = "Microsoft.Network/publicIPAddresses"
STORAGE_ACCOUNT = "Microsoft.Storage/storageAccounts"
FILE_SHARE = "Microsoft.Storage/storageAccounts/fileServices/shares"
VAULT_SECRET = "Microsoft.KeyVault/vaults/secrets"  # noqa: S105 - a type

_ROLE = re.compile(r"^(?P<scope>/.*?)/providers/Microsoft\.Authorization/roleAssignments/(?P<name>[^/]+)$", re.I)
_GROUP = re.compile(r"^/subscriptions/(?P<sub>[^/]+)/resourceGroups/(?P<group>[^/]+)(?P<rest>/.*)?$", re.I)
_NESTED = re.compile(r"^/providers/(?P<namespace>[^/]+)(?P<pairs>(?:/[^/]+/[^/]+)+)$", re.I)


@dataclass(frozen=True)
class ArmId:
    """A parsed resource id. `type` is lower case; `names` holds the name of each type segment."""

    text: str
    type: str
    names: tuple[str, ...]
    subscription: str = ""
    group: str = ""
    scope: str = ""

    @property
    def name(self) -> str:
        return self.names[-1]

    @property
    def group_id(self) -> str:
        return f"/subscriptions/{self.subscription}/resourceGroups/{self.group}"

    @property
    def parent_id(self) -> str:
        return self.text.rsplit("/", 2)[0]


def parse(path: str) -> ArmId | None:
    """The id behind an ARM path, or None when it is not one of a resource."""
    path = path.rstrip("/")
    if role := _ROLE.match(path):
        return ArmId(path, ROLE_ASSIGNMENT.lower(), (role["name"],), scope=role["scope"])
    found = _GROUP.match(path)
    if not found:
        return None
    if not found["rest"]:
        return ArmId(path, GROUP.lower(), (found["group"],), found["sub"], found["group"])
    nested = _NESTED.match(found["rest"])
    if not nested:
        return None
    pairs = nested["pairs"].strip("/").split("/")
    kind = "/".join([nested["namespace"], *pairs[::2]]).lower()
    return ArmId(path, kind, tuple(pairs[1::2]), found["sub"], found["group"])


@dataclass(frozen=True)
class Answer:
    status: int
    body: dict[str, Any] | None = None
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def code(self) -> str:
        """The error's code, empty on success."""
        if self.status < 400:
            return ""
        return str((self.body or {}).get("error", {}).get("code", ""))

    @property
    def ok(self) -> bool:
        return self.status < 300


class ArmError(Exception):
    """An error answer: ARM's `error{code, message, target?, details?}`."""

    def __init__(
        self, status: int, code: str, message: str, *, target: str = "", details: list[dict[str, str]] | None = None
    ) -> None:
        super().__init__(f"{status} {code}: {message}")
        error: dict[str, Any] = {"code": code, "message": message}
        if target:
            error["target"] = target
        if details:
            error["details"] = details
        self.answer = Answer(status, {"error": error})


@dataclass(frozen=True)
class Request:
    """One request as a type sees it. `body` still has its secrets: a type must store it through `redact`."""

    store: Store
    id: ArmId
    body: dict[str, Any]
    api_version: str
    now: float

    @property
    def properties(self) -> dict[str, Any]:
        found = self.body.get("properties")
        return found if isinstance(found, dict) else {}

    def existing(self) -> Row | None:
        return self.store.find(self.id.text)

    def group(self) -> Row:
        """The resource group, which must be there."""
        row = self.store.find(self.id.group_id)
        if row is None:
            raise ArmError(404, "ResourceGroupNotFound", f"Resource group '{self.id.group}' could not be found.")
        return row


class ArmType(ABC):
    """One resource type: PUT, GET and DELETE on ARM bodies. Subclasses say what is special about it."""

    type = ""
    versions: tuple[str, ...] = ()

    @abstractmethod
    def put(self, request: Request) -> Answer:
        """Creates the resource or replaces what it is."""

    def render(self, row: Row, request: Request) -> dict[str, Any]:
        """The body of an answer: without write-only values, with what the service adds. Here: nothing of either."""
        return row.body

    def redacted(self, body: dict[str, Any]) -> dict[str, Any]:
        """A request's body without its secrets, for the log."""
        found: dict[str, Any] = redact(body)
        return found

    def require_parents(self, request: Request) -> None:
        request.group()

    def require_parent(self, request: Request, parent_id: str) -> Row:
        """The resource that this one is a part of, which must be there, and its group."""
        request.group()
        row = request.store.find(parent_id)
        if row is None:
            parsed = parse(parent_id)
            raise not_found(parsed) if parsed else ArmError(404, "ResourceNotFound", parent_id)
        return row

    def get(self, request: Request) -> Answer:
        self.require_parents(request)
        row = request.existing()
        if row is None:
            raise not_found(request.id)
        return self.answer(200, row, request)

    def delete(self, request: Request) -> Answer:
        """At once; types whose deletion takes time override this."""
        if request.existing() is None:
            return Answer(204)
        request.store.delete(request.id.text, request.now)
        return Answer(200)

    def post(self, action: str, request: Request) -> Answer:
        raise ArmError(404, "InvalidResourceType", f"{self.type} has no action '{action}' in local Azure.")

    def answer(self, status: int, row: Row, request: Request) -> Answer:
        etag = row.state.get("etag")
        return Answer(status, self.render(row, request), {"ETag": etag} if etag else {})


def not_found(target: ArmId) -> ArmError:
    kind = KINDS.get(target.type, target.type)
    names = "/".join(target.names)
    return ArmError(
        404,
        "ResourceNotFound",
        f"The Resource '{kind}/{names}' under resource group '{target.group}' was not found. "
        "For more details please go to https://aka.ms/ARMResourceNotFoundFix",
    )


def being_deleted_later(request: Request, seconds: float, location: str) -> Answer:
    """202 of a long-running delete: the resource stays, marked, until its time has come."""
    until = request.now + seconds
    row = request.existing()
    if row is None:
        return Answer(204)
    if row.deleting is None:
        request.store.delete(request.id.text, until)
    if seconds == 0:
        return Answer(200)
    headers = {"Location": f"https://management.azure.com{location}", "Retry-After": "15"}
    return Answer(202, None, headers)


def missing(property_name: str) -> ArmError:
    """MissingRequiredProperty, 400 (azurerm#27945; batch.md 1.3)."""
    reason = "A required property was not specified in the request body."
    return _with_details("MissingRequiredProperty", reason, property_name)


def invalid(property_name: str, value: object, reason: str) -> ArmError:
    """InvalidPropertyValue, 400, in the same details style (azurerm#27945; batch.md 1.3)."""
    return _with_details(
        "InvalidPropertyValue",
        "The value provided for one of the properties in the request body is invalid.",
        property_name,
        value=value,
        reason=reason,
    )


def _with_details(code: str, message: str, name: str, *, value: object = None, reason: str = "") -> ArmError:
    details = [{"code": "PropertyName", "message": name}]
    if value is not None:
        details.append({"code": "PropertyValue", "message": str(value)})
    details.append({"code": "Reason", "message": reason or message})
    # The reason is in the message as well: azure-native shows users only code and message (batch.md 0.6).
    text = f"{message} {name}: {reason}" if reason else f"{message} {name}"
    return ArmError(400, code, text, target="BatchAccount", details=details)


def request_stamp(now: float) -> str:
    """The two lines that Batch appends to its messages."""
    return f"\nRequestId:{uuid.uuid4()}\nTime:{timestamp(now)}"


def new_etag(*parts: object) -> str:
    """`W/"0x8D4EDFEBFADF4AB"`: sixteen digits that change with every write."""
    return f'W/"0x{hashlib.sha256(repr(parts).encode()).hexdigest()[:15].upper()}"'


_TYPES = (
    *(GROUP, IDENTITY, VAULT, VAULT_SECRET, ACCESS_POLICY, ROLE_ASSIGNMENT, ACCOUNT, POOL),
    *(NETWORK, SUBNET, SECURITY_GROUP, PUBLIC_ADDRESS, STORAGE_ACCOUNT, FILE_SHARE),
)
KINDS = {kind.lower(): kind for kind in _TYPES}
