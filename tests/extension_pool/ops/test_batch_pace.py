"""How fast and how politely an account is asked: the real azure-batch SDK against canned answers on loopback."""

import threading
import time
from dataclasses import replace

import pytest

from extension_pool.ops.batch import BatchAccount, connect
from extension_pool.ops.errors import CannotAsk
from extension_pool.ops.settings import Place
from extension_pool.ops.snapshot import Answer as Outcome
from extension_pool.ops.snapshot import Node, Problem, node_key
from extension_pool.ops.sweep import Progress

from .fake_service import KEY, Answer, Service, error, extension


@pytest.fixture
def account(service: Service) -> BatchAccount:
    return connect(Place(service.url, "acct", KEY))


def test_throttling_is_waited_out(service: Service, account: BatchAccount) -> None:
    service.pool()
    service.nodes({"a": "idle"})
    busy = error(429, "TooManyRequests", "Slow down.", Retry_After="0.05")
    service.answers["/pools/linux/nodes/a/extensions"] = [
        busy,
        error(503, "ServerBusy", "The server is busy.", Retry_After="0.05"),
        Answer({"value": [extension()]}),
    ]
    (node,) = account.read_pool("linux").nodes
    assert node.answer is Outcome.ANSWERED


def test_a_node_that_stays_throttled_or_drops_the_line_has_no_answer(service: Service, account: BatchAccount) -> None:
    service.pool(target=3)
    service.nodes({"busy": "idle", "dropped": "idle", "fine": "idle"})
    service.answers["/pools/linux/nodes/busy/extensions"] = error(503, "ServerBusy", "The server is busy.")
    service.answers["/pools/linux/nodes/dropped/extensions"] = Answer(status=0)
    service.extensions("fine", extension())

    busy, dropped, fine = account.read_pool("linux").nodes

    assert (busy.answer, busy.problem) == (Outcome.NO_ANSWER, Problem("ServerBusy", "The server is busy."))
    assert dropped.answer is Outcome.NO_ANSWER
    assert fine.answer is Outcome.ANSWERED


def test_at_most_so_many_nodes_are_asked_at_a_time_as_wished_and_connections_are_used_again(service: Service) -> None:
    running, most, lock = 0, 0, threading.Lock()

    def slow(_: str) -> Answer:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.02)
        with lock:
            running -= 1
        return Answer({"value": []})

    service.pool(target=60)
    service.nodes({f"n{number}": "idle" for number in range(60)})
    for number in range(60):
        service.answers[f"/pools/linux/nodes/n{number}/extensions"] = slow

    with connect(Place(service.url, "acct", KEY), concurrency=12) as account:
        assert len(account.read_pool("linux").nodes) == 60
    assert 8 <= most <= 12
    assert len(set(service.connections)) <= 12


def test_every_call_that_goes_out_is_told_and_the_nodes_that_are_done(service: Service, account: BatchAccount) -> None:
    service.pool(target=3)
    service.nodes({"a": "idle", "b": "idle", "c": "preempted"})
    service.extensions("a", extension())
    busy = error(503, "ServerBusy", "The server is busy.")
    service.answers["/pools/linux/nodes/b/extensions"] = [busy, busy, Answer({"value": []})]
    told: list[Progress] = []

    account.read_pool("linux", tell=told.append)
    account.read_pool("linux", tell=told.append)

    assert (told[-1].asked, told[-1].answered, told[-1].total, told[-1].calls) == (2, 2, 2, 4)
    first = [progress for progress in told if progress.calls == 6]
    assert (first[-1].answered, first[-1].total) == (2, 2)
    assert len(service.asked) == 6 + 4


def test_the_pause_that_one_node_is_told_holds_for_all_of_them(service: Service, account: BatchAccount) -> None:
    times: list[float] = []

    def answer(_: str) -> Answer:
        times.append(time.monotonic())
        if len(times) == 1:
            return error(429, "TooManyRequests", "Slow down.", Retry_After="0.3")
        time.sleep(0.04)
        return Answer({"value": []})

    service.pool(target=60)
    service.nodes({f"n{number}": "idle" for number in range(60)})
    for number in range(60):
        service.answers[f"/pools/linux/nodes/n{number}/extensions"] = answer
    account.read_pool("linux")

    # eight at a time, they would go on for 0.3 s if only the one had to wait
    assert [moment for moment in times if times[0] + 0.15 < moment < times[0] + 0.3] == []
    assert len(times) == 61


def test_throttling_of_the_pool_and_of_the_list_is_waited_out_too(service: Service, account: BatchAccount) -> None:
    busy = error(429, "TooManyRequests", "Slow down.", Retry_After="0.02")
    service.pool()
    service.answers["/pools/linux"] = [busy, service.answers["/pools/linux"]]
    service.nodes({"a": "idle"})
    service.answers["/pools/linux/nodes"] = [busy, Answer(status=0), service.answers["/pools/linux/nodes"]]
    service.extensions("a", extension())
    (node,) = account.read_pool("linux").nodes
    assert node.answer is Outcome.ANSWERED
    assert len(service.asked) == 6


def test_a_pause_that_is_too_long_is_said_and_not_waited_for(service: Service, account: BatchAccount) -> None:
    service.answers["/pools/linux"] = error(429, "TooManyRequests", "Slow down.", Retry_After="3600")
    with pytest.raises(CannotAsk, match=r"HTTP 429; Azure said TooManyRequests: Slow down.; ask again later"):
        account.read_pool("linux")
    with pytest.raises(CannotAsk, match="was not asked, the service asks for a pause of 3600 seconds; ask again later"):
        account.read_pool("linux")
    assert len(service.asked) == 1


def test_nodes_that_take_too_long_are_left_at_that(service: Service, account: BatchAccount) -> None:
    free = threading.Event()
    service.pool(target=2)
    service.nodes({"a": "idle", "b": "idle"})
    service.extensions("a", extension())
    service.answers["/pools/linux/nodes/b/extensions"] = lambda _: free.wait(20) and None
    fast, slow = account.read_pool("linux", seconds=0.08).nodes
    free.set()
    assert fast.answer is Outcome.ANSWERED
    assert (slow.answer, slow.problem) == (Outcome.NO_ANSWER, Problem("", "out of time"))


def _machine(node: str, state: str = "idle", booted: str = "2026-11-20T10:05:00Z") -> dict[str, object]:
    return {"id": node, "state": state, "allocationTime": "2026-11-20T10:00:00Z", "lastBootTime": booted}


def test_a_settled_node_is_asked_again_only_when_it_is_another_machine_or_no_longer_up(
    service: Service, account: BatchAccount
) -> None:
    service.pool(target=5)
    names = ["same", "rebooted", "broken", "gone", "unseen"]
    service.answers["/pools/linux/nodes"] = Answer({"value": [_machine(name) for name in names if name != "unseen"]})
    for name in names:
        service.extensions(name, extension())
    first = account.read_pool("linux").nodes
    settled = {node_key(reading.node): reading for reading in first}
    again = [
        _machine("same", "running"),
        _machine("rebooted", booted="2026-11-20T11:00:00Z"),
        _machine("broken", "unusable"),
        _machine("unseen"),
        {"id": "timeless", "state": "idle"},
    ]
    service.answers["/pools/linux/nodes"] = Answer({"value": again})
    service.extensions("timeless", extension())
    settled[("timeless", None, None)] = replace(first[0], node=Node("timeless", "idle"))
    del service.asked[:]

    second = account.read_pool("linux", settled=settled).nodes

    asked = sorted(path.split("/")[4] for path in service.paths() if path.endswith("/extensions"))
    assert asked == ["broken", "rebooted", "timeless", "unseen"]
    assert [reading.node.id for reading in second] == ["same", "rebooted", "broken", "unseen", "timeless"]
    assert (second[0].node.state, second[0].extensions) == ("running", first[0].extensions)
