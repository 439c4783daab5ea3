"""A resource monitor that sees what a program registers: inputs and resource options. Mocks alone see only inputs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pulumi
from google.protobuf import json_format
from pulumi.runtime import mocks

SECRET = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270"}
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"

EXTENSION_POOL = "extension-pool:index:ExtensionPool"
IDENTITY = "azure-native:managedidentity:UserAssignedIdentity"
ACCESS_POLICY = "azure-native:keyvault:AccessPolicy"
ROLE_ASSIGNMENT = "azure-native:authorization:RoleAssignment"
POOL = "azure-native:batch:Pool"

TENANT = "99999999-9999-9999-9999-999999999999"
SUBSCRIPTION = "00000000-0000-0000-0000-000000000000"
CLIENT_ID = "11111111-1111-1111-1111-111111111111"
PRINCIPAL_ID = "22222222-2222-2222-2222-222222222222"


@dataclass(frozen=True)
class Registered:
    """One registration. inputs: as on the wire, secrets as marker mappings; parent and depends_on: URNs; after_create,
    before_delete: names of hooks."""

    type: str
    name: str
    urn: str
    inputs: dict[str, Any]
    parent: str
    depends_on: tuple[str, ...]
    replace_on_changes: tuple[str, ...]
    delete_before_replace: bool
    after_create: tuple[str, ...] = ()
    before_delete: tuple[str, ...] = ()


@dataclass
class Azure(mocks.Mocks):
    """Answers as Azure does: identities given as a list come back as a map, ids are ARM ids, lookups find them."""

    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    rbac: bool = True
    """How every vault decides."""

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        state = dict(args.inputs)
        group = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{state.get('resourceGroupName', 'rg')}/providers"
        if args.typ == IDENTITY:
            name = state.get("resourceName") or f"{args.name}1234abcd"
            state |= {"name": name, "clientId": CLIENT_ID, "principalId": PRINCIPAL_ID}
            return f"{group}/Microsoft.ManagedIdentity/userAssignedIdentities/{name}", state
        if args.typ == POOL:
            if "identity" in state:
                ids = state["identity"]["userAssignedIdentities"]
                state["identity"] = {**state["identity"], "userAssignedIdentities": {one: {} for one in ids}}
            state["name"] = state["poolName"]
            return f"{group}/Microsoft.Batch/batchAccounts/{state['accountName']}/pools/{state['poolName']}", state
        return f"{args.name}-id", state

    def call(self, args: mocks.MockCallArgs) -> dict[str, Any]:
        self.calls.append((args.token, args.args))
        if args.token == "azure-native:managedidentity:getUserAssignedIdentity":
            return {"clientId": CLIENT_ID, "principalId": PRINCIPAL_ID, "id": "looked-up", "name": "x"}
        if args.token == "azure-native:keyvault:getVault":
            group, name = args.args["resourceGroupName"], args.args["vaultName"]
            vault = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{group}/providers/Microsoft.KeyVault/vaults/{name}"
            return {"id": vault, "name": name, "properties": {"enableRbacAuthorization": self.rbac, "tenantId": TENANT}}
        if args.token == "azure-native:authorization:getClientConfig":
            return {"tenantId": TENANT, "subscriptionId": SUBSCRIPTION, "clientId": "c", "objectId": "o"}
        return {}


class RecordingMonitor(mocks.MockMonitor):
    """Keeps every registration with its options."""

    def __init__(self, azure: Azure) -> None:
        super().__init__(azure)
        self.azure = azure
        self.registered: list[Registered] = []
        self.hooks: list[str] = []

    def RegisterResourceHook(self, request: Any) -> Any:
        self.hooks.append(request.name)
        return super().RegisterResourceHook(request)

    def RegisterResource(self, request: Any) -> Any:
        response = super().RegisterResource(request)
        if request.type != "pulumi:pulumi:Stack":
            self.registered.append(
                Registered(
                    type=request.type,
                    name=request.name,
                    urn=response.urn,
                    inputs=json_format.MessageToDict(request.object),
                    parent=request.parent,
                    depends_on=tuple(request.dependencies),
                    replace_on_changes=tuple(request.replaceOnChanges),
                    delete_before_replace=request.deleteBeforeReplace,
                    after_create=tuple(request.hooks.after_create),
                    before_delete=tuple(request.hooks.before_delete),
                )
            )
        return response

    def all_of(self, type_: str) -> list[Registered]:
        return [one for one in self.registered if one.type == type_]

    def the(self, type_: str) -> Registered:
        """The only registration of a type."""
        found = self.all_of(type_)
        assert len(found) == 1, [one.name for one in self.registered]
        return found[0]


def record(program: Callable[[], Any], *, preview: bool = False, rbac: bool = True) -> RecordingMonitor:
    """Runs a program against the monitor until every registration is done. rbac: how every vault decides."""
    monitor = RecordingMonitor(Azure(rbac=rbac))
    mocks.set_mocks(monitor.mocks, project="extension-pool", stack="test", preview=preview, monitor=monitor)

    @pulumi.runtime.test
    def run() -> None:
        program()

    run()
    return monitor


def is_secret(value: Any) -> bool:
    """Whether a value on the wire is marked secret."""
    return isinstance(value, dict) and SECRET.items() <= value.items()
