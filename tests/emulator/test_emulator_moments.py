"""Answers that are shared by requests that come together, and what may not be lost by that."""

from __future__ import annotations

import json
import threading
import time
import urllib.request
from typing import Any

import pytest
from azure.batch import BatchClient
from azure.core.exceptions import ResourceNotFoundError

from emulator import Arm, Faults, Store
from emulator.batch import call
from emulator.batch.call import Call
from emulator.batch.fleet_view import FleetView

from .conftest import ACCOUNT, POOL, Server, pool_body


def test_changes_are_seen_at_once_while_time_runs(client: BatchClient, arm: Arm, store: Store) -> None:
    """Answers to requests that come together are shared; nothing that happened in between may be missed."""
    arm.put(POOL, pool_body({"name": "gpu", "publisher": "Microsoft.HpcCompute", "type": "NvidiaGpuDriverLinux"}))
    store.clock.advance(300)
    store.clock.set_speed(0.001)
    node = next(iter(client.list_nodes("p1"))).id

    def phase() -> str | None:
        return next(iter(client.list_node_extensions("p1", node))).provisioning_state

    assert phase() == "Succeeded"
    seq = Faults(store).fail_extension("p1", "gpu", message="no")
    assert phase() == "Failed"
    Faults(store).lift(seq)
    assert phase() == "Succeeded"
    store.set("extension_seconds", 1000)
    assert phase() == "Transitioning"
    store.clock.advance(1000)
    assert phase() == "Succeeded"
    arm.put(
        POOL, pool_body({"name": "gpu", "publisher": "Microsoft.HpcCompute", "type": "NvidiaGpuDriverLinux"}, nodes=0)
    )
    with pytest.raises(ResourceNotFoundError):
        phase()


def test_time_that_runs_is_seen(client: BatchClient, arm: Arm, store: Store) -> None:
    arm.put(POOL, pool_body())
    assert [node.state for node in client.list_nodes("p1")] == ["creating"]
    store.clock.set_speed(2000)
    deadline = time.monotonic() + 5
    while [node.state for node in client.list_nodes("p1")] != ["idle"]:
        assert time.monotonic() < deadline


def test_pages_of_a_nodes_extensions_lead_back_to_the_node(client: BatchClient, arm: Arm, store: Store) -> None:
    """Ten nodes and more look the same; a next page must not be another node's."""
    both = [
        {"name": "a", "publisher": "Microsoft.HpcCompute", "type": "NvidiaGpuDriverLinux"},
        {"name": "b", "publisher": "Microsoft.Azure.Monitor", "type": "AzureMonitorLinuxAgent"},
    ]
    assert arm.put(POOL, pool_body(*both, nodes=20)).ok
    store.clock.advance(300)
    paths: set[str] = set()
    for node in list(client.list_nodes("p1"))[:20:10]:
        pages = client.list_node_extensions(
            "p1",
            node.id,
            max_results=1,
            raw_response_hook=lambda answer: paths.add(answer.http_request.url.split("?")[0]),
        )
        assert [item.vm_extension and item.vm_extension.name for item in pages] == ["a", "b"]
    assert len(paths) == 2


def test_the_server_counts_what_it_is_asked(server: Server, client: BatchClient, arm: Arm) -> None:
    arm.put(POOL, pool_body(nodes=3))
    list(client.list_nodes("p1", max_results=2))
    with urllib.request.urlopen(f"{server.endpoint}/healthz", timeout=5) as answer:
        assert json.load(answer)["requests"] == {"GET /pools/{pool}/nodes": 2}


def test_what_is_written_while_an_answer_is_made_is_in_the_next(
    arm: Arm, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    arm.put(POOL, pool_body())
    store.clock.advance(300)
    account = store.find(ACCOUNT)
    assert account
    request = Call(store, account, "http://x", "/pools/p1/nodes", {"pool": "p1"}, {})

    def interrupted(*arguments: Any) -> FleetView:
        view = FleetView(*arguments)
        monkeypatch.undo()
        writer = threading.Thread(target=lambda: Faults(store).node_state("p1", "unknown"))
        writer.start()
        writer.join()
        return view

    monkeypatch.setattr(call, "FleetView", interrupted)
    assert [node.life.state for node in request.fleet().listing()] == ["idle"]
    assert [node.life.state for node in request.fleet().listing()] == ["unknown"]
