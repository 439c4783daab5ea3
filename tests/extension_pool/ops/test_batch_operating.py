"""Changing nodes and pools: the real azure-batch SDK against canned answers on loopback."""

import time
from collections.abc import Callable

import pytest

from extension_pool.ops.batch import BatchAccount, connect
from extension_pool.ops.errors import CannotAsk, Declined
from extension_pool.ops.settings import Place

from .fake_service import KEY, Answer, Service, error

NODE = "/pools/linux/nodes/tvm-1"
FORMULA = "$TargetDedicatedNodes=2"


@pytest.fixture
def account(service: Service) -> BatchAccount:
    return connect(Place(service.url, "acct", KEY))


CHANGES = [
    (lambda account: account.reboot_node("linux", "tvm-1"), f"{NODE}/reboot", {"nodeRebootOption": "requeue"}, 202),
    (lambda account: account.reimage_node("linux", "tvm-1"), f"{NODE}/reimage", {"nodeReimageOption": "requeue"}, 202),
    (
        lambda account: account.disable_scheduling("linux", "tvm-1"),
        f"{NODE}/disablescheduling",
        {"nodeDisableSchedulingOption": "taskcompletion"},
        200,
    ),
    (lambda account: account.enable_scheduling("linux", "tvm-1"), f"{NODE}/enablescheduling", None, 200),
    (
        lambda account: account.remove_nodes("linux", ["tvm-1", "tvm-2"]),
        "/pools/linux/removenodes",
        {"nodeList": ["tvm-1", "tvm-2"], "nodeDeallocationOption": "requeue"},
        202,
    ),
    (
        lambda account: account.resize("linux", 3, None),
        "/pools/linux/resize",
        {"targetDedicatedNodes": 3, "nodeDeallocationOption": "requeue"},
        202,
    ),
    (
        lambda account: account.resize("linux", 0, 4),
        "/pools/linux/resize",
        {"targetDedicatedNodes": 0, "targetLowPriorityNodes": 4, "nodeDeallocationOption": "requeue"},
        202,
    ),
    (lambda account: account.disable_autoscale("linux"), "/pools/linux/disableautoscale", None, 200),
    (
        lambda account: account.enable_autoscale("linux", FORMULA, "PT10M"),
        "/pools/linux/enableautoscale",
        {"autoScaleFormula": FORMULA, "autoScaleEvaluationInterval": "PT10M"},
        200,
    ),
    (
        lambda account: account.enable_autoscale("linux", FORMULA, ""),
        "/pools/linux/enableautoscale",
        {"autoScaleFormula": FORMULA},
        200,
    ),
]
Change = Callable[[BatchAccount], None]


@pytest.mark.parametrize(("change", "path", "body", "status"), CHANGES)
def test_a_change_is_one_signed_call_and_returns_when_it_is_accepted(
    service: Service, account: BatchAccount, change: Change, path: str, body: object, status: int
) -> None:
    service.answers[path] = Answer(None, status)
    change(account)
    assert service.changes == [(path, body)]
    assert "api-version=2025-06-01" in service.asked[0]
    assert service.headers[0]["Authorization"].startswith("SharedKey acct:")
    # the SDK's own pollers would ask for the node or the pool at once, in a thread
    time.sleep(0.02)
    assert len(service.asked) == 1


@pytest.mark.parametrize(("change", "path", "body", "status"), CHANGES)
def test_a_no_for_the_state_that_things_are_in_is_a_verdict_and_not_an_outage(
    service: Service, account: BatchAccount, change: Change, path: str, body: object, status: int
) -> None:
    service.answers[path] = error(409, "OperationInvalidForCurrentState", "The operation is invalid now.")
    with pytest.raises(Declined) as raised:
        change(account)
    assert raised.value.code == "OperationInvalidForCurrentState"
    assert raised.value.exit_code == 1
    assert str(raised.value).startswith("pool 'linux'")
    assert ("node 'tvm-1'" in str(raised.value)) == path.startswith(NODE)
    assert str(raised.value).endswith(
        ": Azure declines; it said OperationInvalidForCurrentState: The operation is invalid now."
    )
    assert len(service.asked) == 1


@pytest.mark.parametrize(("status", "code"), [(404, "NodeNotFound"), (400, "InvalidPropertyValue")])
def test_other_refusals_in_the_services_own_words_are_a_no_too(
    service: Service, account: BatchAccount, status: int, code: str
) -> None:
    service.answers[f"{NODE}/reboot"] = error(status, code, "No.")
    with pytest.raises(Declined, match=rf"it said {code}: No\."):
        account.reboot_node("linux", "tvm-1")


def test_a_404_that_is_not_the_services_is_a_wrong_endpoint(service: Service, account: BatchAccount) -> None:
    service.answers[f"{NODE}/reboot"] = Answer({}, 404)
    with pytest.raises(CannotAsk, match=r"^endpoint: .* answered with HTTP 404"):
        account.reboot_node("linux", "tvm-1")


def test_a_change_that_is_not_allowed_says_that_it_was_a_change(service: Service, account: BatchAccount) -> None:
    service.answers[f"{NODE}/reboot"] = error(403, "InsufficientAccountPermissions", "No permission.")
    with pytest.raises(CannotAsk, match=r"^permission: changing the pools of account 'acct' is not allowed"):
        account.reboot_node("linux", "tvm-1")


def test_a_change_that_was_sent_away_is_repeated_after_the_pause(service: Service, account: BatchAccount) -> None:
    busy = error(429, "TooManyRequests", "Slow down.", Retry_After="0.02")
    service.answers[f"{NODE}/reboot"] = [busy, error(503, "ServerBusy", "Busy."), Answer(None, 202)]
    account.reboot_node("linux", "tvm-1")
    assert len(service.asked) == 3


@pytest.mark.parametrize("answer", [Answer(status=0), error(500, "InternalError", "Something broke.")])
def test_a_change_whose_answer_is_lost_is_not_repeated_and_may_have_been_made(
    service: Service, account: BatchAccount, answer: Answer
) -> None:
    service.answers[f"{NODE}/reboot"] = [answer, Answer(None, 202)]
    with pytest.raises(CannotAsk, match=r"node 'tvm-1': the change may have been made all the same, look before"):
        account.reboot_node("linux", "tvm-1")
    assert len(service.asked) == 1


def test_a_change_that_never_reached_the_service_was_not_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("extension_pool.ops.batch.BACKOFF_SECONDS", 0)
    with pytest.raises(CannotAsk, match=r"^endpoint: no answer from") as raised:
        connect(Place("http://127.0.0.1:9", "acct", KEY)).reboot_node("linux", "tvm-1")
    assert "may have been made" not in str(raised.value)


def test_names_in_a_path_cannot_reach_another_path(service: Service, account: BatchAccount) -> None:
    service.answers["/pools/linux/nodes/..%2F..%2Fother/reboot"] = Answer(None, 202)
    account.reboot_node("linux", "../../other")
    assert len(service.changes) == 1


@pytest.mark.parametrize("count", [0, 101])
def test_as_many_nodes_as_the_service_takes_are_removed_in_a_call(
    service: Service, account: BatchAccount, count: int
) -> None:
    with pytest.raises(ValueError, match=f"must be 1 to 100 nodes, got {count}"):
        account.remove_nodes("linux", [f"n{number}" for number in range(count)])
    with pytest.raises(ValueError, match="at least one"):
        account.resize("linux", None, None)
    assert service.asked == []
