"""Ordered faults, as the real azure-batch SDK meets them."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from azure.batch import BatchClient
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError, ServiceRequestError, ServiceResponseError

from emulator import Arm, Faults, Store

from .conftest import POOL, Server, client_of, pool_body

GPU: dict[str, Any] = {
    "name": "gpu",
    "publisher": "Microsoft.HpcCompute",
    "type": "NvidiaGpuDriverLinux",
    "typeHandlerVersion": "1.6",
}
NODES = "GET /pools/{pool}/nodes"


@pytest.fixture
def faults(store: Store) -> Faults:
    return Faults(store)


@pytest.fixture
def pool(arm: Arm, store: Store) -> None:
    """Ten idle nodes with one extension and a start task."""
    assert arm.put(POOL, pool_body(GPU, nodes=10, startTask={"commandLine": "true", "waitForSuccess": True})).ok
    store.clock.advance(300)


def states(client: BatchClient) -> list[str]:
    return [node.as_dict()["state"] for node in client.list_nodes("p1")]


# Nodes


def test_a_node_in_any_state(client: BatchClient, pool: None, faults: Faults) -> None:
    for index, state in enumerate(("preempted", "unknown", "offline", "leavingpool", "deallocated", "Ärger")):
        faults.node_state("p1", state, nodes=[index])
    assert states(client)[:7] == ["preempted", "unknown", "offline", "leavingpool", "deallocated", "Ärger", "idle"]
    found = list(client.list_nodes("p1"))
    assert list(client.list_node_extensions("p1", found[0].id)) == []
    assert len(list(client.list_node_extensions("p1", found[1].id))) == 1
    (counts,) = client.list_pool_node_counts()
    assert counts.dedicated and (counts.dedicated.preempted, counts.dedicated.idle) == (1, 4)


def test_a_state_for_a_while(client: BatchClient, pool: None, faults: Faults, store: Store) -> None:
    faults.node_state("p1", "unknown", nodes=2, for_seconds=60)
    store.clock.advance(59)
    assert states(client).count("unknown") == 2
    store.clock.advance(1)
    assert states(client).count("unknown") == 0


@pytest.mark.parametrize(("answer", "status"), [("404", 404), ("409", 409)])
def test_nodes_without_a_vm_answer_as_set(
    client: BatchClient, arm: Arm, store: Store, answer: str, status: int
) -> None:
    arm.put(POOL, pool_body(GPU))
    store.set("extensions_without_vm", answer)
    node = next(iter(client.list_nodes("p1")))
    with pytest.raises(HttpResponseError) as caught:
        list(client.list_node_extensions("p1", node.id))
    assert caught.value.status_code == status


def test_a_start_task_that_fails(client: BatchClient, arm: Arm, store: Store, faults: Faults) -> None:
    faults.start_task_fails("p1", exit_code=127, nodes=[0])
    arm.put(POOL, pool_body(nodes=2, startTask={"commandLine": "false", "maxTaskRetryCount": 3}))
    store.clock.advance(300)
    first, second = client.list_nodes("p1")
    assert (first.state, second.state) == ("starttaskfailed", "idle")
    info = first.start_task_info
    assert info and info.failure_info
    assert (info.exit_code, info.result, info.retry_count) == (127, "failure", 3)
    assert (info.failure_info.category, info.failure_info.code) == ("usererror", "FailureExitCode")
    assert second.start_task_info and second.start_task_info.exit_code == 0
    arm.put(POOL + "b", pool_body(startTask={"commandLine": "false", "waitForSuccess": False}))
    faults.start_task_fails("p1b")
    store.clock.advance(300)
    (other,) = client.list_nodes("p1b")
    assert other.state == "idle" and other.start_task_info and other.start_task_info.result == "failure"


def test_busy_nodes(client: BatchClient, pool: None, faults: Faults, store: Store) -> None:
    faults.busy("p1", tasks=3, nodes=[1], for_seconds=100)
    first, second = list(client.list_nodes("p1"))[:2]
    assert (first.state, first.running_tasks_count) == ("idle", 0)
    assert (second.state, second.running_tasks_count, second.running_task_slots_count) == ("running", 3, 3)
    store.clock.advance(100)
    assert set(states(client)) == {"idle"}


def test_a_resize_that_failed(client: BatchClient, arm: Arm, store: Store, faults: Faults) -> None:
    faults.resize_error("p1", "AccountCoreQuotaReached", "The core quota is reached.", {"Limit": "8"}, allocated=3)
    arm.put(POOL, pool_body(nodes=5))
    assert client.get_pool("p1").resize_errors is None
    store.clock.advance(61)
    pool = client.get_pool("p1")
    (error,) = pool.resize_errors or []
    assert (error.code, error.message) == ("AccountCoreQuotaReached", "The core quota is reached.")
    assert error.as_dict()["values"] == [{"name": "Limit", "value": "8"}]
    assert (pool.target_dedicated_nodes, pool.current_dedicated_nodes) == (5, 3)
    shown = arm.get(POOL).body["properties"]["resizeOperationStatus"]["errors"]  # type: ignore[index]
    assert shown[0]["code"] == "AccountCoreQuotaReached"
    faults.lift()
    assert client.get_pool("p1").resize_errors is None


def test_what_an_extension_answers(client: BatchClient, pool: None, faults: Faults) -> None:
    def answered() -> dict[str, Any]:
        node = next(iter(client.list_nodes("p1")))
        return next(iter(client.list_node_extensions("p1", node.id))).as_dict()

    plain = answered()
    faults.extension_text("p1", "GPU", {"provisioningState": "SUCCEEDED"}, message="Nothing\r\nto do")
    changed = answered()
    assert changed["provisioningState"] == "SUCCEEDED" and plain["provisioningState"] == "Succeeded"
    assert changed["instanceView"]["statuses"][0]["message"] == "Nothing\r\nto do"
    assert changed["vmExtension"] == plain["vmExtension"]
    faults.extension_text("p1", "gpu", {"instanceView": None}, nodes=[0])
    assert "instanceView" not in answered()


def test_faults_of_a_kind_nobody_offers(faults: Faults) -> None:
    with pytest.raises(ValueError, match="reboot, reimage, removal"):
        faults.node_unusable("p1", cured_by="prayer")
    with pytest.raises(ValueError, match="at least 1"):
        faults.http("*", 503, every=0)


# Requests


def test_every_third_request_is_refused(server: Server, pool: None, faults: Faults) -> None:
    seq = faults.http(NODES, 429, times=None, every=3, retry_after=1)
    client = client_of(server)

    def status() -> int:
        try:
            list(client.list_nodes("p1", raw_response_hook=None, retry_total=0))
        except HttpResponseError as error:
            assert error.response and error.response.headers["Retry-After"] == "1"
            return int(error.status_code or 0)
        return 200

    assert [status() for _ in range(7)] == [200, 200, 429, 200, 200, 429, 200]
    client.get_pool("p1")
    faults.lift(seq)
    assert [status() for _ in range(3)] == [200, 200, 200]
    status()
    faults.http(NODES, 503, times=1, every=3, retry_after=1)  # counts anew, and hits once
    assert [status() for _ in range(7)] == [200, 200, 503, 200, 200, 200, 200]


def test_a_slow_answer_holds_up_nobody_else(server: Server, pool: None, faults: Faults) -> None:
    faults.slow(NODES, 0.4)

    def took(call: Any) -> float:
        started = time.monotonic()
        call(client_of(server))
        return time.monotonic() - started

    with ThreadPoolExecutor(2) as threads:
        slow = threads.submit(took, lambda client: list(client.list_nodes("p1")))
        quick = [took(lambda client: client.get_pool("p1")) for _ in range(2)]
        assert slow.result() >= 0.4 > max(quick)
    assert took(lambda client: list(client.list_nodes("p1"))) < 0.4


def test_latency_is_of_every_answer_and_shared(server: Server, store: Store, pool: None) -> None:
    """64 requests at once take about as long as one."""
    store.set("latency_seconds", 0.2)
    client = client_of(server)
    started = time.monotonic()
    with ThreadPoolExecutor(64) as threads:
        list(threads.map(lambda _: client.get_pool("p1"), range(64)))
    assert 0.2 <= time.monotonic() - started < 3
    store.set("latency_seconds", 0)
    started = time.monotonic()
    client.get_pool("p1")
    assert time.monotonic() - started < 0.2


@pytest.mark.parametrize("after", [0, 10])
def test_a_connection_that_drops(server: Server, pool: None, faults: Faults, after: int) -> None:
    client = client_of(server)
    faults.drop(NODES, after=after)
    with pytest.raises((ServiceRequestError, ServiceResponseError, HttpResponseError)) as caught:
        list(client.list_nodes("p1", retry_total=0))
    assert not isinstance(caught.value, ResourceNotFoundError)
    assert len(list(client.list_nodes("p1"))) == 10
