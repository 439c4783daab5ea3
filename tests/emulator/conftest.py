"""A local Azure with frozen time, and a provider without an engine."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from azure.batch import BatchClient
from azure.core.credentials import AzureNamedKeyCredential
from pulumi.runtime.proto import provider_pb2 as pb

from emulator import Arm, Store
from emulator.arm.batch_accounts import WELL_KNOWN_KEY
from emulator.arm.context import TENANT
from emulator.batch.server import DataPlane
from emulator.provider.servicer import Provider
from emulator.provider.wire import decode, encode

SUBSCRIPTION = "/subscriptions/00000000-0000-0000-0000-000000000000"
GROUP = f"{SUBSCRIPTION}/resourceGroups/rg-batch-staging"
ACCOUNT = f"{GROUP}/providers/Microsoft.Batch/batchAccounts/extpoolstaging"
VAULT = f"{SUBSCRIPTION}/resourceGroups/rg-platform-staging/providers/Microsoft.KeyVault/vaults/kv-extpool-staging"
SECRETS_USER = "4633458b-17de-408a-b874-0445c86b69e6"
READER = "21090545-7ca7-4776-b22c-e363652d74d2"
POOL = f"{ACCOUNT}/pools/p1"


def role(guid: str = SECRETS_USER) -> str:
    return f"{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{guid}"


def assignment(scope: str, number: int = 1) -> str:
    return f"{scope}/providers/Microsoft.Authorization/roleAssignments/00000000-0000-0000-0000-{number:012}"


def key_vault_extension(client_id: str, *, sync: bool = True, **changes: Any) -> dict[str, Any]:
    return {
        "name": "certs",
        "publisher": "Microsoft.Azure.KeyVault",
        "type": "KeyVaultForLinux",
        "typeHandlerVersion": "3.0",
        "settings": {
            "secretsManagementSettings": {
                "pollingIntervalInS": "3600",
                "requireInitialSync": sync,
                "observedCertificates": [{"url": "https://kv-extpool-staging.vault.azure.net/secrets/tls"}],
            },
            "authenticationSettings": {"msiClientId": client_id},
        },
        **changes,
    }


def pool_body(
    *extensions: dict[str, Any], identities: tuple[str, ...] = (), nodes: int = 1, **properties: Any
) -> dict[str, Any]:
    body: dict[str, Any] = {
        "properties": {
            "vmSize": "STANDARD_D2S_V3",
            "deploymentConfiguration": {
                "virtualMachineConfiguration": {
                    "imageReference": {"publisher": "canonical", "offer": "ubuntu-24_04-lts", "sku": "server"},
                    "nodeAgentSkuId": "batch.node.ubuntu 24.04",
                    "extensions": list(extensions),
                }
            },
            "scaleSettings": {"fixedScale": {"targetDedicatedNodes": nodes}},
            **properties,
        }
    }
    if identities:
        body["identity"] = {"type": "UserAssigned", "userAssignedIdentities": {item: {} for item in identities}}
    return body


@pytest.fixture
def store(tmp_path: Path) -> Store:
    made = Store.open(tmp_path / "azure")
    made.clock.set_speed(0)
    return made


@pytest.fixture
def arm(store: Store) -> Arm:
    return Arm(store)


class Identity:
    def __init__(self, body: dict[str, Any]) -> None:
        self.id: str = body["id"]
        self.client: str = body["properties"]["clientId"]
        self.principal: str = body["properties"]["principalId"]


@pytest.fixture
def identity(arm: Arm) -> Identity:
    path = f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/nodes"
    answer = arm.put(path, {"location": "westeurope"})
    assert answer.status == 201 and answer.body
    return Identity(answer.body)


def grant(arm: Arm, identity: Identity, *, scope: str = VAULT, guid: str = SECRETS_USER, number: int = 1) -> Any:
    properties = {
        "principalId": identity.principal,
        "principalType": "ServicePrincipal",
        "roleDefinitionId": role(guid),
    }
    return arm.put(assignment(scope, number), {"properties": properties})


class Server:
    """The data plane in a thread of the test."""

    def __init__(self, store: Store) -> None:
        self.loop = asyncio.new_event_loop()
        self.runner = web.AppRunner(DataPlane(store).application(), access_log=None, shutdown_timeout=0)
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        asyncio.run_coroutine_threadsafe(self._start(), self.loop).result(10)
        self.endpoint = f"http://127.0.0.1:{self.runner.addresses[0][1]}"

    async def _start(self) -> None:
        await self.runner.setup()
        await web.TCPSite(self.runner, "127.0.0.1", 0).start()

    def stop(self) -> None:
        asyncio.run_coroutine_threadsafe(self.runner.cleanup(), self.loop).result(10)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)
        self.loop.close()


@pytest.fixture
def server(store: Store) -> Iterator[Server]:
    running = Server(store)
    yield running
    running.stop()


def client_of(server: Server, account: str = "extpoolstaging", key: str = WELL_KNOWN_KEY) -> BatchClient:
    return BatchClient(server.endpoint, AzureNamedKeyCredential(account, key), retry_backoff_factor=0)


@pytest.fixture
def client(server: Server) -> BatchClient:
    return client_of(server)


class Refused(Exception):
    """What the engine would show."""


class _Context:
    def abort(self, code: object, message: str) -> None:
        raise Refused(message)


class Engine:
    """The calls that the engine makes, in plain Python values."""

    def __init__(self, store: Store) -> None:
        self.provider = Provider(store)
        self.context: Any = _Context()

    def urn(self, token: str, name: str) -> str:
        return f"urn:pulumi:dev::project::azure-native:{token}::{name}"

    def check(
        self, token: str, name: str, news: dict[str, Any], olds: dict[str, Any] | None = None, **options: Any
    ) -> tuple[dict[str, Any], list[str]]:
        request = pb.CheckRequest(
            urn=self.urn(token, name), news=encode(news), olds=encode(olds or {}), **{"randomSeed": b"seed", **options}
        )
        answer = self.provider.Check(request, self.context)
        return decode(answer.inputs), [failure.reason for failure in answer.failures]

    def diff(
        self, token: str, olds: dict[str, Any], news: dict[str, Any], state: dict[str, Any] | None = None
    ) -> tuple[dict[str, str], Any]:
        request = pb.DiffRequest(
            urn=self.urn(token, "x"), old_inputs=encode(olds), news=encode(news), olds=encode(state or {})
        )
        answer = self.provider.Diff(request, self.context)
        kinds = {path: pb.PropertyDiff.Kind.Name(item.kind) for path, item in answer.detailedDiff.items()}
        return kinds, answer

    def create(self, token: str, name: str, news: dict[str, Any], *, preview: bool = False, seed: str = "seed") -> Any:
        """(id, inputs, outputs)"""
        inputs, failures = self.check(token, name, news, randomSeed=seed.encode())
        assert not failures, failures
        request = pb.CreateRequest(urn=self.urn(token, name), properties=encode(inputs), preview=preview)
        answer = self.provider.Create(request, self.context)
        return answer.id, inputs, decode(answer.properties)

    def update(self, token: str, inputs: dict[str, Any], state: dict[str, Any], *, preview: bool = False) -> Any:
        request = pb.UpdateRequest(urn=self.urn(token, "x"), news=encode(inputs), olds=encode(state), preview=preview)
        return decode(self.provider.Update(request, self.context).properties)

    def read(self, token: str, resource_id: str, inputs: Any = None, state: Any = None) -> Any:
        """(id, inputs, outputs)"""
        request = pb.ReadRequest(urn=self.urn(token, "x"), id=resource_id)
        if inputs is not None:
            request.inputs.CopyFrom(encode(inputs))
            request.properties.CopyFrom(encode(state))
        answer = self.provider.Read(request, self.context)
        return answer.id, decode(answer.inputs), decode(answer.properties)

    def delete(self, token: str, resource_id: str, inputs: dict[str, Any] | None = None) -> None:
        request = pb.DeleteRequest(urn=self.urn(token, "x"), id=resource_id, old_inputs=encode(inputs or {}))
        self.provider.Delete(request, self.context)

    def invoke(self, token: str, arguments: dict[str, Any]) -> dict[str, Any]:
        request = pb.InvokeRequest(tok=f"azure-native:{token}", args=encode(arguments))
        return decode(getattr(self.provider.Invoke(request, self.context), "return"))


@pytest.fixture
def engine(store: Store) -> Engine:
    return Engine(store)


def pool_inputs(*extensions: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Inputs of a Pool in the SDK's names."""
    return {
        "resourceGroupName": "rg-batch-staging",
        "accountName": "extpoolstaging",
        **pool_body(*extensions)["properties"],
        **changes,
    }


def vault_inputs(**changes: Any) -> dict[str, Any]:
    return {
        "resourceGroupName": "rg-batch-staging",
        "properties": {"tenantId": TENANT, "sku": {"family": "A", "name": "standard"}, **changes},
    }
