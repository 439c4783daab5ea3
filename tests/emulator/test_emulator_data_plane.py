"""The Batch data plane through the real azure-batch SDK."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

import pytest
from azure.batch import BatchClient
from azure.core.credentials import AzureNamedKeyCredential
from azure.core.exceptions import (
    ClientAuthenticationError,
    DeserializationError,
    HttpResponseError,
    ResourceNotFoundError,
)

from emulator import Arm, Faults, Store
from emulator.arm.batch_accounts import WELL_KNOWN_KEY
from emulator.arm.context import TENANT
from emulator.batch.server import require_loopback

from .conftest import ACCOUNT, POOL, VAULT, Identity, Server, client_of, grant, key_vault_extension, pool_body


def test_pools(client: BatchClient, arm: Arm, store: Store, identity: Identity) -> None:
    assert list(client.list_pools()) == []
    body = pool_body(key_vault_extension(identity.client), identities=(identity.id,), nodes=2)
    assert arm.put(POOL, body).ok
    pool = client.get_pool("P1")
    assert (pool.id, pool.state, pool.allocation_state) == ("p1", "active", "resizing")
    assert (pool.target_dedicated_nodes, pool.current_dedicated_nodes) == (2, 2)
    assert pool.identity and pool.identity.user_assigned_identities
    assert pool.identity.user_assigned_identities[0]["principalId"] == identity.principal
    assert client.pool_exists("p1")
    store.clock.advance(61)
    assert [item.allocation_state for item in client.list_pools()] == ["steady"]
    assert [item.id for item in client.list_pools(filter="state eq 'deleting'")] == []
    arm.delete(POOL)
    assert client.get_pool("p1").state == "deleting"


def test_accounts_do_not_see_each_other(server: Server, arm: Arm) -> None:
    arm.put(POOL, pool_body())
    assert list(client_of(server, "extpoolprod").list_pools()) == []


def test_resize_errors(client: BatchClient, arm: Arm, store: Store) -> None:
    arm.put(POOL, pool_body(key_vault_extension("x", settings="{}")))
    store.clock.advance(61)
    (error,) = client.get_pool("p1").resize_errors or []
    assert error.code == "AllocationFailed"
    assert list(client.list_nodes("p1")) == []


def test_nodes_come_in_pages(client: BatchClient, arm: Arm, store: Store) -> None:
    arm.put(POOL, pool_body(nodes=25))
    pages = client.list_nodes("p1", max_results=10, filter="state eq 'creating'", select=["id", "state"]).by_page()
    sizes = [[node.as_dict() for node in page] for page in pages]
    assert [len(page) for page in sizes] == [10, 10, 5]
    assert set(sizes[0][0]) == {"id", "state"}
    assert len({node["id"] for page in sizes for node in page}) == 25
    store.clock.advance(200)
    node = next(iter(client.list_nodes("p1", filter="state ne 'creating'")))
    assert node.state == "idle" and node.is_dedicated and node.node_agent_info
    assert client.get_node("p1", node.id).id == node.id
    assert list(client.list_nodes("p1", filter="state eq 'running' or state eq 'unusable'")) == []


def test_five_thousand_nodes(client: BatchClient, arm: Arm, store: Store) -> None:
    arm.put(POOL, pool_body(nodes=5000))
    store.clock.advance(200)
    assert len(store.query("SELECT * FROM node_runs")) == 1
    (counts,) = client.list_pool_node_counts()
    assert counts.dedicated and (counts.dedicated.idle, counts.dedicated.total) == (5000, 5000)
    assert sum(1 for _ in client.list_nodes("p1", select=["id"])) == 5000


def test_counts_by_pool_and_kind(client: BatchClient, arm: Arm) -> None:
    arm.put(POOL, pool_body(scaleSettings={"fixedScale": {"targetDedicatedNodes": 1, "targetLowPriorityNodes": 2}}))
    arm.put(POOL + "b", pool_body(nodes=0))
    counts = {item.pool_id: item for item in client.list_pool_node_counts()}
    assert set(counts) == {"p1", "p1b"}
    (found,) = client.list_pool_node_counts(filter="poolId eq 'p1'")
    assert found.dedicated and found.low_priority
    assert (found.dedicated.creating, found.low_priority.creating) == (1, 2)
    assert [node.id[-2:] for node in client.list_nodes("p1")] == ["_d", "_p", "_p"]
    with pytest.raises(HttpResponseError) as caught:
        list(client.list_pool_node_counts(filter="state eq 'x'"))
    assert caught.value.status_code == 400


@pytest.fixture
def certificates(arm: Arm, identity: Identity) -> Identity:
    extension = key_vault_extension(identity.client, protectedSettings={"token": "hunter2"})
    assert arm.put(POOL, pool_body(extension, identities=(identity.id,))).ok
    return identity


def first_extension(client: BatchClient) -> Any:
    node = next(iter(client.list_nodes("p1")))
    return client.get_node_extension("p1", node.id, "certs")


def test_extensions_in_the_shape_of_the_specification(
    client: BatchClient, arm: Arm, store: Store, certificates: Identity
) -> None:
    grant(arm, certificates)
    node = next(iter(client.list_nodes("p1")))
    assert list(client.list_node_extensions("p1", node.id)) == []
    store.clock.advance(300)
    (extension,) = client.list_node_extensions("p1", node.id)
    assert extension.provisioning_state == "Succeeded"
    assert extension.instance_view and extension.vm_extension
    (status,) = extension.instance_view.statuses or []
    assert (status.code, status.level) == ("ProvisioningState/succeeded", "Info")
    assert (status.message or "").startswith("Successfully started Key Vault extension service. 20")
    settings = extension.vm_extension.settings or {}
    assert json.loads(settings["authenticationSettings"])["msiClientId"] == certificates.client
    assert "hunter2" not in str(extension.as_dict()) and "sha256" not in str(extension.as_dict())
    assert client.get_node("p1", node.id).state == "idle"


def test_extensions_in_the_documented_shape(
    client: BatchClient, arm: Arm, store: Store, certificates: Identity
) -> None:
    store.set("status_shape", "documented")
    grant(arm, certificates)
    store.clock.advance(300)
    extension = first_extension(client)
    plain = extension.as_dict()
    assert "provisioningState" not in plain
    assert plain["instanceView"]["statuses"][0]["level"] == 0
    assert "\r\n" in plain["vmExtension"]["settings"]
    assert json.loads(plain["vmExtension"]["settings"])["authenticationSettings"]
    with pytest.raises(DeserializationError):
        _ = extension.vm_extension.settings


def test_a_missing_grant_is_seen_and_mended(
    client: BatchClient, arm: Arm, store: Store, certificates: Identity
) -> None:
    store.clock.advance(200)
    extension = first_extension(client)
    assert extension.instance_view.statuses[0].message == "Failed to download one or more certificates, retrying..."
    assert next(iter(client.list_nodes("p1"))).state == "starting"
    grant(arm, certificates)
    store.clock.advance(59)
    assert first_extension(client).provisioning_state == "Transitioning"  # roles take a while to propagate
    store.clock.advance(200)
    assert first_extension(client).provisioning_state == "Succeeded"
    assert next(iter(client.list_nodes("p1"))).state == "idle"


def test_a_missing_grant_ends_unusable(client: BatchClient, store: Store, certificates: Identity) -> None:
    store.clock.advance(2000)
    assert first_extension(client).provisioning_state == "Failed"
    assert next(iter(client.list_nodes("p1"))).state == "unusable"


def test_ordered_faults(client: BatchClient, arm: Arm, store: Store, certificates: Identity) -> None:
    grant(arm, certificates)
    faults = Faults(store)
    ordered = faults.fail_extension("p1", "certs", message="disk full", nodes=[0])
    store.clock.advance(300)
    assert first_extension(client).instance_view.statuses[0].message == "disk full"
    faults.lift(ordered)
    assert first_extension(client).provisioning_state == "Succeeded"
    faults.node_unusable("p1", code="NodeLost", message="gone")
    node = next(iter(client.list_nodes("p1")))
    assert node.state == "unusable" and node.errors and node.errors[0].code == "NodeLost"
    faults.lift()


def test_throttling_passes_with_retries(client: BatchClient, arm: Arm, store: Store) -> None:
    arm.put(POOL, pool_body())
    Faults(store).http("GET /pools/{pool}/nodes", 503, times=1, retry_after=0)
    Faults(store).http("*", 429, times=1, retry_after=0)
    assert len(list(client.list_nodes("p1"))) == 1
    Faults(store).http("*", 500, times=None)
    with pytest.raises(HttpResponseError) as caught:
        client.get_pool("p1")
    assert caught.value.error and caught.value.error.code == "InternalError"


def test_errors_have_the_form_of_batch(client: BatchClient, arm: Arm) -> None:
    arm.put(POOL, pool_body())
    for call, code in (
        (lambda: client.get_pool("none"), "PoolNotFound"),
        (lambda: list(client.list_nodes("none")), "PoolNotFound"),
        (lambda: client.get_node("p1", "tvmps_x_d"), "NodeNotFound"),
    ):
        with pytest.raises(ResourceNotFoundError) as missing:
            call()
        model: Any = missing.value.model
        assert model.code == code
        assert model.message.lang == "en-US" and "\nRequestId:" in model.message.value
    with pytest.raises(HttpResponseError) as caught:
        list(client.list_nodes("p1", filter="id eq 'x'"))
    assert caught.value.status_code == 400
    plain = caught.value.model.as_dict()  # type: ignore[union-attr]
    assert plain["code"] == "InvalidQueryParameterValue"
    assert plain["values"][0] == {"key": "QueryParameterName", "value": "$filter"}
    with pytest.raises(HttpResponseError) as caught:
        list(client.list_applications())
    assert caught.value.status_code == 501


def test_keys_are_checked(server: Server, arm: Arm) -> None:
    with pytest.raises(ClientAuthenticationError) as wrong:
        list(client_of(server, key="AAAA").list_pools())
    assert wrong.value.model.code == "AuthenticationFailed"  # type: ignore[union-attr]
    with pytest.raises(HttpResponseError) as unknown:
        list(client_of(server, "nobody").list_pools())
    assert unknown.value.status_code == 403
    arm.put(ACCOUNT, {"location": "westeurope", "properties": {"allowedAuthenticationModes": ["AAD"]}})
    with pytest.raises(HttpResponseError) as closed:
        list(client_of(server).list_pools())
    assert closed.value.status_code == 403


def test_a_request_without_a_key(server: Server) -> None:
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(f"{server.endpoint}/pools?api-version=2025-06-01", timeout=5)
    assert caught.value.code == 401
    assert json.loads(caught.value.read())["code"] == "InvalidAuthenticationInfo"


@pytest.mark.parametrize("host", ["0.0.0.0", "", "192.168.0.1", "example.com", "::"])
def test_only_loopback(host: str) -> None:
    with pytest.raises(ValueError, match="loopback only"):
        require_loopback(host)
    assert require_loopback("127.0.0.1") and require_loopback("::1")


def test_a_vault_with_access_policies(
    client: BatchClient, arm: Arm, store: Store, certificates: Identity, identity: Identity
) -> None:
    entry = {"tenantId": TENANT, "objectId": identity.principal.upper(), "permissions": {"secrets": ["All"]}}
    properties = {
        "tenantId": TENANT,
        "sku": {"family": "A", "name": "standard"},
        "enableRbacAuthorization": False,
        "accessPolicies": [entry],
    }
    assert arm.put(VAULT, {"location": "westeurope", "properties": properties}).ok
    store.clock.advance(200)
    assert first_extension(client).provisioning_state == "Succeeded"


def test_other_ways_in_are_refused(server: Server, store: Store) -> None:
    def status(**headers: str) -> tuple[int, str]:
        request = urllib.request.Request(f"{server.endpoint}/pools?api-version=2025-06-01", headers=headers)
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(request, timeout=5)
        return caught.value.code, json.loads(caught.value.read())["message"]["value"].splitlines()[0]

    assert status(Authorization="Bearer x") == (
        401,
        "Local Azure takes shared keys only, not Bearer: use AzureNamedKeyCredential with its well-known key.",
    )
    signed = {"Authorization": "SharedKey extpoolstaging:x"}
    assert status(**signed)[1] == "The request has no valid ocp-date or date header."
    old = "Mon, 28 Aug 2017 10:22:55 GMT"
    assert status(**signed, **{"ocp-date": old})[1].endswith(old)


def test_only_the_version_of_the_sdk_is_served(server: Server) -> None:
    credential = AzureNamedKeyCredential("extpoolstaging", WELL_KNOWN_KEY)
    with pytest.raises(HttpResponseError) as caught:
        list(BatchClient(server.endpoint, credential, api_version="2024-07-01.20.0").list_pools())
    assert caught.value.error and caught.value.error.code == "UnsupportedRequestVersion"


def test_page_sizes_are_checked(client: BatchClient, arm: Arm) -> None:
    arm.put(POOL, pool_body())
    for size in (0, 1001):
        with pytest.raises(HttpResponseError) as caught:
            list(client.list_nodes("p1", max_results=size))
        assert caught.value.status_code == 400


def test_autoscale_and_start_task_on_the_data_plane(client: BatchClient, arm: Arm, store: Store) -> None:
    scale = {"autoScale": {"formula": "$TargetDedicatedNodes=2;"}}
    arm.put(
        POOL, pool_body(scaleSettings=scale, startTask={"commandLine": "true"}, metadata=[{"name": "a", "value": "b"}])
    )
    store.clock.advance(65)
    assert "waitingforstarttask" in [node.state for node in client.list_nodes("p1")]
    store.clock.advance(100)
    pool, node = client.get_pool("p1"), next(iter(client.list_nodes("p1")))
    assert pool.enable_auto_scale and pool.auto_scale_formula == scale["autoScale"]["formula"]
    assert node.state == "idle" and node.start_task_info and node.start_task_info.result == "success"
    # A start task that comes later is for nodes that boot later.
    arm.put(POOL, pool_body(scaleSettings=scale, startTask={"commandLine": "false"}))
    node = next(iter(client.list_nodes("p1")))
    assert node.start_task and node.start_task.command_line == "true"
