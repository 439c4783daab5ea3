"""Answers as Azure does, without Azure: what becomes of a resource that a program makes, and what lookups find."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pulumi
from pulumi.runtime import mocks, rpc

from ..roles import find_role
from .arm_types import ArmType, client_id, find_lookup, find_type, principal_id
from .tokens import ACCESS_POLICY, BATCH_ACCOUNT, IDENTITY, POOL, PROVIDERS, ROLE_ASSIGNMENT, VAULT

SUBSCRIPTION = "00000000-0000-0000-0000-000000000000"
TENANT = "99999999-9999-9999-9999-999999999999"
DEPLOYER = "22222222-2222-2222-2222-222222222222"
# of the Azure CLI: what a person who logged in with `az login` has
CLI_CLIENT = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"

RBAC, ACCESS_POLICIES = "rbac", "access-policy"

Own = Mapping[str, Any] | Callable[[Mapping[str, Any]], Mapping[str, Any]]


class Azure(mocks.Mocks):
    """Mocks that answer as Azure does, the same in every run.

    Ids are ARM ids; names that the program leaves out are made as azure-native makes them, with digits that do not
    change from run to run; each identity has a client id and a principal id of its own; the identities of a pool, given
    as a list, come back as a map. Lookups find what the program made, and take everything else to be there.

    subscription_id, location: where resources go that do not say and whose provider does not say either, by its inputs
    or by the stack's configuration (``azure-native:location``). vault_mode: how vaults decide who may read, ``rbac`` or
    ``access-policy``; vaults: the same for single vaults, by name. functions: own answers of lookups, by token such as
    ``azure-native:batch:getPool``; states: own outputs of resources, by logical name or by type. Both are added to what
    is answered here; as functions they get the arguments (the inputs), and what they raise is Azure's refusal.

    A type that is not known here gives back its inputs, and an id; a function its arguments.
    """

    def __init__(
        self,
        *,
        subscription_id: str = SUBSCRIPTION,
        tenant_id: str = TENANT,
        location: str = "westeurope",
        vault_mode: str = RBAC,
        vaults: Mapping[str, str] | None = None,
        functions: Mapping[str, Own] | None = None,
        states: Mapping[str, Own] | None = None,
    ) -> None:
        for mode in (vault_mode, *(vaults or {}).values()):
            if mode not in (RBAC, ACCESS_POLICIES):
                raise ValueError(f"vault_mode: must be one of the modes, got {mode!r}; allowed rbac, access-policy")
        self.subscription_id = subscription_id
        self.tenant_id = tenant_id
        self.location = location
        self.vault_mode = vault_mode
        self.vaults = dict(vaults or {})
        self.functions = dict(functions or {})
        self.states = dict(states or {})
        self.forget()

    def forget(self) -> None:
        """Takes away what programs have made. `run_program` begins with it."""
        self._made: dict[str, dict[str, Any]] = {}
        self._providers: dict[str, dict[str, str]] = {}

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        """Id and outputs of a resource; of a component nothing that its program does not say."""
        inputs = args.inputs
        if args.custom is False:
            return "", dict(inputs)
        if args.typ.startswith(PROVIDERS):
            return self._provider(args)
        known = find_type(args.typ)
        if known is None:
            made_id, state = args.resource_id or f"{args.name}-id", dict(inputs)
        else:
            made_id, state = self._made_of(known, args)
        for key in (args.typ, args.name):
            state.update(_own(self.states.get(key), inputs))
        if known is not None:
            self._made[made_id.lower()] = state
        return made_id, state

    def call(self, args: mocks.MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]]]:
        """What a function answers."""
        answer = self._answer(args.token, args.args, args.provider)
        return {**answer, **_own(self.functions.get(args.token), args.args)}, []

    def _provider(self, args: mocks.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        made_id = f"{args.name}-id"
        self._providers[made_id] = {key: _text(value) for key, value in args.inputs.items()}
        return made_id, dict(args.inputs)

    def _says(self, provider: str | None, key: str) -> str:
        """What a provider, as a reference ``URN::id``, is configured with; the default one by the stack."""
        name = (provider or "").rpartition("::")[2]
        if name in self._providers:
            return self._providers[name].get(key, "")
        return _text(pulumi.runtime.get_config(f"azure-native:{key}"))

    def _subscription(self, provider: str | None) -> str:
        return self._says(provider, "subscriptionId") or self.subscription_id

    def _made_of(self, known: ArmType, args: mocks.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        values = {name: _text(args.inputs.get(name)) for name in known.parameters}
        if args.resource_id:
            values |= known.find_values(args.resource_id) or {}
        values["subscriptionId"] = values.get("subscriptionId") or self._subscription(args.provider)
        if known.token == ACCESS_POLICY:
            policy = rpc.unwrap_rpc_secret(args.inputs.get("policy")) or {}
            values["objectId"] = _text(policy.get("objectId")) if isinstance(policy, Mapping) else ""
        name = values.get(known.name_parameter) or known.own_name(args.name)
        values[known.name_parameter] = name
        made_id = args.resource_id or known.id({key: value for key, value in values.items() if value})
        region = self._says(args.provider, "location") or self.location
        return made_id, self._state(known, made_id, name, dict(args.inputs), region)

    def _state(self, known: ArmType, made_id: str, name: str, inputs: dict[str, Any], region: str) -> dict[str, Any]:
        """Inputs, and what Azure adds."""
        state = {**inputs, "name": name}
        if known.token not in (ROLE_ASSIGNMENT, ACCESS_POLICY, POOL) and "{resourceGroupName}" in known.path:
            state.setdefault("location", region)
        adds = _ADDS.get(known.token)
        return {**state, **adds(self, made_id, name, state)} if adds else state

    def _answer(self, token: str, arguments: Mapping[str, Any], provider: str | None) -> dict[str, Any]:
        subscription = self._subscription(provider)
        fixed = self._fixed(token, arguments, subscription)
        if fixed is not None:
            return fixed
        known = find_lookup(token)
        if known is None:
            return dict(arguments)
        values = {"subscriptionId": subscription, **{key: _text(value) for key, value in arguments.items()}}
        found_id = known.id({key: value for key, value in values.items() if value})
        made = self._made.get(found_id.lower())
        if made is not None:
            return {"id": found_id, **made}
        if known.token == POOL:
            # Most programs ask for a pool to see whether it is there.
            return {}
        region = self._says(provider, "location") or self.location
        given = {key: value for key, value in arguments.items() if key not in known.parameters}
        return {"id": found_id, **self._state(known, found_id, values.get(known.name_parameter, ""), given, region)}

    def _fixed(self, token: str, arguments: Mapping[str, Any], subscription: str) -> dict[str, Any] | None:
        if token == "azure-native:authorization:getClientConfig":  # noqa: S105 - a function's token
            ids = {"subscriptionId": subscription, "tenantId": self.tenant_id}
            return {**ids, "clientId": CLI_CLIENT, "objectId": DEPLOYER}
        if token == "azure-native:batch:listBatchAccountKeys":  # noqa: S105
            return {"accountName": arguments.get("accountName"), "primary": "key1", "secondary": "key2"}
        if token == "azure-native:storage:listStorageAccountKeys":  # noqa: S105
            keys = ("key1", "key2")
            return {"keys": [{"keyName": key, "permissions": "FULL", "value": f"{key}-of-storage"} for key in keys]}
        if token == "azure-native:authorization:getRoleDefinition":  # noqa: S105
            known = find_role(_text(arguments.get("roleDefinitionId")).rsplit("/", 1)[-1])
            found = find_type("azure-native:authorization:RoleDefinition")
            made_id = found.id({key: _text(value) for key, value in arguments.items()}) if found else ""
            return {
                "id": made_id,
                "name": arguments.get("roleDefinitionId"),
                **({"roleName": known.name} if known else {}),
            }
        return None

    def uses_rbac(self, vault: str) -> bool:
        """Whether a vault that the program did not make decides by roles."""
        return self.vaults.get(vault, self.vault_mode) == RBAC


def _own(answer: Own | None, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
    if answer is None:
        return {}
    return answer(arguments) if callable(answer) else answer


def _text(value: Any) -> str:
    """A text, also out of a secret; empty for what is not known."""
    plain = rpc.unwrap_rpc_secret(value)
    return plain if isinstance(plain, str) and plain != rpc.UNKNOWN else ""


def _identity(azure: Azure, made_id: str, name: str, state: dict[str, Any]) -> dict[str, Any]:
    ids = {"clientId": client_id(made_id), "principalId": principal_id(made_id)}
    return {**ids, "tenantId": azure.tenant_id, "type": "Microsoft.ManagedIdentity/userAssignedIdentities"}


def _vault(azure: Azure, made_id: str, name: str, state: dict[str, Any]) -> dict[str, Any]:
    given = rpc.unwrap_rpc_secret(state.get("properties")) or {}
    decides = given if given else {"enableRbacAuthorization": azure.uses_rbac(name), "tenantId": azure.tenant_id}
    adds = {"vaultUri": f"https://{name}.vault.azure.net/", "provisioningState": "Succeeded"}
    defaults = {"accessPolicies": [], "enableRbacAuthorization": False, "enableSoftDelete": True}
    # where the resource is only looked up nothing says what it is paid for
    sku = {} if given else {"sku": {"family": "A", "name": "standard"}}
    return {"properties": {**defaults, **sku, **decides, **adds}}


def _account(azure: Azure, made_id: str, name: str, state: dict[str, Any]) -> dict[str, Any]:
    region = _text(state.get("location")).replace(" ", "").lower()
    return {
        "accountEndpoint": f"{name}.{region}.batch.azure.com",
        "nodeManagementEndpoint": f"{name}.{region}.service.batch.azure.com",
        "poolAllocationMode": state.get("poolAllocationMode", "BatchService"),
        "provisioningState": "Succeeded",
    }


def _pool(azure: Azure, made_id: str, name: str, state: dict[str, Any]) -> dict[str, Any]:
    adds: dict[str, Any] = {"provisioningState": "Succeeded"}
    identity = rpc.unwrap_rpc_secret(state.get("identity"))
    if isinstance(identity, Mapping):
        listed = rpc.unwrap_rpc_secret(identity.get("userAssignedIdentities")) or []
        ids = [one for one in map(_text, listed) if one] if isinstance(listed, (list, Mapping)) else []
        known = {one: {"clientId": client_id(one), "principalId": principal_id(one)} for one in ids}
        adds["identity"] = {**identity, "userAssignedIdentities": known}
    return adds


def _storage(azure: Azure, made_id: str, name: str, state: dict[str, Any]) -> dict[str, Any]:
    services = ("blob", "dfs", "file", "queue", "table", "web")
    return {"primaryEndpoints": {one: f"https://{name}.{one}.core.windows.net/" for one in services}}


def _network(azure: Azure, made_id: str, name: str, state: dict[str, Any]) -> dict[str, Any]:
    given = rpc.unwrap_rpc_secret(state.get("subnets"))
    if not isinstance(given, list):
        return {}
    return {"subnets": [{**one, "id": f"{made_id}/subnets/{_text(one.get('name'))}"} for one in given]}


_ADDS: Mapping[str, Callable[[Azure, str, str, dict[str, Any]], dict[str, Any]]] = {
    IDENTITY: _identity,
    VAULT: _vault,
    BATCH_ACCOUNT: _account,
    POOL: _pool,
    "azure-native:storage:StorageAccount": _storage,
    "azure-native:network:VirtualNetwork": _network,
}
