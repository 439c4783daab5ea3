"""Reading pools and nodes: the real azure-batch SDK against canned answers on loopback."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from extension_pool.ops.batch import BatchAccount, connect
from extension_pool.ops.counts import NodeCounts
from extension_pool.ops.errors import CannotAsk, UnknownNode, UnknownPool
from extension_pool.ops.settings import Place
from extension_pool.ops.snapshot import Answer as Outcome
from extension_pool.ops.snapshot import Node, Problem, Status

from .fake_service import KEY, Answer, Service, error, extension

VENDOR_ANSWER = json.loads(Path(__file__).with_name("vendor_answer.json").read_text())


@pytest.fixture
def account(service: Service) -> BatchAccount:
    return connect(Place(service.url, "acct", KEY))


def test_a_pool_with_two_nodes_costs_one_call_for_itself_one_for_the_list_and_one_for_each_node(
    service: Service, account: BatchAccount
) -> None:
    service.pool(target=2)
    service.nodes({"a": "idle", "b": "running"})
    service.extensions("a", extension(message="Successfully started."))
    service.extensions("b", extension(word="failed", message="no access"))

    reading = account.read_pool("linux")

    assert reading.pool.expected == ("secretext",)
    assert reading.pool.target_nodes == 2
    assert [(node.node.id, node.answer) for node in reading.nodes] == [
        ("a", Outcome.ANSWERED),
        ("b", Outcome.ANSWERED),
    ]
    (seen,) = reading.nodes[1].extensions
    assert (seen.name, seen.version) == ("secretext", "3.0")
    assert seen.statuses == (Status("ProvisioningState/failed", "info", "Provisioning", "no access"),)
    assert len(service.asked) == 4
    assert all("api-version=" in target for target in service.asked)
    assert service.headers[0]["Authorization"].startswith("SharedKey acct:")


def test_the_vendor_pages_answer_is_read_by_the_name_that_was_asked_for(
    service: Service, account: BatchAccount
) -> None:
    service.answers["/pools/test1/nodes/tvm-1/extensions/secretext"] = Answer(VENDOR_ANSWER)

    seen = account.read_extension("test1", "tvm-1", "secretext")

    assert (seen.name, seen.aliases) == ("secretext", ("KVExtensions",))
    assert seen.statuses == (
        Status(
            "ProvisioningState/succeeded",
            "info",
            "Provisioning succeeded",
            "Successfully started Key Vault extension service. 2021-02-08T19:49:39Z",
        ),
    )


def test_the_vendor_pages_answer_in_a_list_is_the_pools_extension(service: Service, account: BatchAccount) -> None:
    service.pool()
    service.nodes({"a": "idle"})
    service.extensions("a", VENDOR_ANSWER)
    (node,) = account.read_pool("linux").nodes
    assert [seen.name for seen in node.extensions] == ["secretext"]


def test_nodes_and_extensions_on_further_pages_are_read_too(service: Service, account: BatchAccount) -> None:
    def nodes(target: str) -> Answer:
        if "skiptoken" in target:
            assert "skiptoken=a%2Bb%3D%3D" in target
            return Answer({"value": [{"id": "b", "state": "idle"}]})
        link = f"{service.url}/pools/linux/nodes?api-version=2025-06-01&$skiptoken=a%2Bb%3D%3D"
        return Answer({"value": [{"id": "a", "state": "idle"}], "odata.nextLink": link})

    def extensions(target: str) -> Answer:
        if "skiptoken" in target:
            return Answer({"value": [extension("second")]})
        link = f"{service.url}/pools/linux/nodes/b/extensions?api-version=2025-06-01&$skiptoken=2"
        return Answer({"value": [extension("first")], "odata.nextLink": link})

    service.pool(target=2)
    service.answers["/pools/linux/nodes"] = nodes
    service.extensions("a")
    service.answers["/pools/linux/nodes/b/extensions"] = extensions

    reading = account.read_pool("linux")

    assert [node.node.id for node in reading.nodes] == ["a", "b"]
    assert [seen.name for seen in reading.nodes[1].extensions] == ["first", "second"]


def test_the_next_page_is_asked_for_at_the_same_endpoint_wherever_the_link_points(
    service: Service, account: BatchAccount
) -> None:
    def nodes(target: str) -> Answer:
        if "skiptoken" in target:
            return Answer({"value": [{"id": "b", "state": "preempted"}]})
        link = "https://elsewhere.invalid/pools/linux/nodes?api-version=2025-06-01&$skiptoken=2"
        return Answer({"value": [{"id": "a", "state": "preempted"}], "odata.nextLink": link})

    service.pool(target=2)
    service.answers["/pools/linux/nodes"] = nodes
    assert [node.node.id for node in account.read_pool("linux").nodes] == ["a", "b"]


def test_only_what_is_needed_of_a_node_is_asked_for(service: Service, account: BatchAccount) -> None:
    service.pool()
    service.nodes({})
    account.read_pool("linux")
    assert "$select=id,state,errors,startTaskInfo," in service.asked[1]


def test_nodes_without_a_machine_are_not_asked_and_all_others_are(service: Service, account: BatchAccount) -> None:
    silent = ["creating", "leavingpool", "preempted", "Deallocating", "deallocated"]
    asked = ["Idle", "starting", "unusable", "starttaskfailed", "unknown", "offline", "rebooting", "somethingnew"]
    service.pool()
    service.nodes({state: state for state in silent + asked})
    for state in asked:
        service.extensions(state)

    reading = account.read_pool("linux")

    assert [node.node.id for node in reading.nodes if node.answer is Outcome.NOT_ASKED] == silent
    assert sorted(path.split("/")[4] for path in service.paths() if path.endswith("/extensions")) == sorted(asked)


def test_a_node_that_is_gone_when_asked_and_one_that_cannot_answer_are_values(
    service: Service, account: BatchAccount
) -> None:
    service.pool(target=4)
    service.nodes({"gone": "idle", "booting": "idle", "odd": "idle", "fine": "idle"})
    path = "/pools/linux/nodes/{}/extensions"
    service.answers[path.format("gone")] = error(404, "NodeNotFound", "The specified node does not exist.")
    service.answers[path.format("booting")] = error(409, "NodeBeingRebooted", "The node is being rebooted.")
    service.answers[path.format("odd")] = Answer({"value": 5})
    service.extensions("fine", extension())

    gone, booting, odd, fine = account.read_pool("linux").nodes

    assert (gone.answer, gone.problem) == (
        Outcome.VANISHED,
        Problem("NodeNotFound", "The specified node does not exist."),
    )
    assert (booting.answer, booting.problem) == (
        Outcome.REFUSED,
        Problem("NodeBeingRebooted", "The node is being rebooted."),
    )
    assert odd.answer is Outcome.NO_ANSWER
    assert fine.answer is Outcome.ANSWERED


def test_no_node_that_could_be_asked_is_no_answer_at_all(service: Service, account: BatchAccount) -> None:
    service.pool()
    service.nodes({"a": "idle", "b": "preempted"})
    service.answers["/pools/linux/nodes/a/extensions"] = error(503, "ServerBusy", "The server is busy.")
    with pytest.raises(CannotAsk, match=r"^nodes: of pool 'linux', 1 node asked .* ServerBusy: The server") as raised:
        account.read_pool("linux")
    assert raised.value.passing


def test_an_unknown_pool_names_the_pools_there_are(service: Service, account: BatchAccount) -> None:
    service.answers["/pools/linx"] = error(404, "PoolNotFound", "The specified pool does not exist.")
    service.answers["/pools"] = Answer({"value": [{"id": "windows"}, {"id": "linux"}]})
    with pytest.raises(UnknownPool) as raised:
        account.read_pool("linx")
    assert str(raised.value) == "pool: must be a pool of account 'acct', got 'linx'; it has linux, windows"
    assert raised.value.exit_code == 2


def test_an_endpoint_where_nobody_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("extension_pool.ops.batch.BACKOFF_SECONDS", 0)
    with pytest.raises(CannotAsk, match=r"^endpoint: no answer from http://127\.0\.0\.1:9") as raised:
        connect(Place("http://127.0.0.1:9", "acct", KEY)).read_pool("linux")
    assert raised.value.passing


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (Answer(b"<html>hello</html>"), "is not one of Azure Batch"),
        (Answer(b"[]"), "is not one of Azure Batch"),
        (Answer(b"<html>", status=404), "answered with HTTP 404"),
        (Answer([1], status=418), "answered with HTTP 418"),
        (error(400, "InvalidQueryParameterValue", "No."), "InvalidQueryParameterValue: No."),
    ],
)
def test_something_else_that_answers_is_said_so(
    service: Service, account: BatchAccount, answer: Answer, text: str
) -> None:
    service.answers["/pools/linux"] = answer
    with pytest.raises(CannotAsk, match=r"^endpoint: ") as raised:
        account.read_pool("linux")
    assert text in str(raised.value)


def test_a_node_is_read_whole_with_the_settings_that_a_pools_reading_leaves_out(
    service: Service, account: BatchAccount
) -> None:
    service.pool()
    service.nodes({"a": "idle"})
    service.answers["/pools/linux/nodes/a"] = Answer({"id": "a", "state": "Idle", "vmSize": "standard_d2s_v5"})
    service.extensions("a", extension())

    seen = account.read_node("linux", "a")

    assert (seen.node, seen.answer) == (Node("a", "idle", vm_size="standard_d2s_v5"), Outcome.ANSWERED)
    assert seen.extensions[0].settings == {"secretsManagementSettings": "x"}
    assert account.read_pool("linux").nodes[0].extensions[0].settings is None


def test_a_node_that_cannot_tell_its_extensions_is_read_all_the_same(service: Service, account: BatchAccount) -> None:
    service.answers["/pools/linux/nodes/a"] = Answer({"id": "a", "state": "rebooting"})
    service.answers["/pools/linux/nodes/a/extensions"] = error(409, "NodeBeingRebooted", "The node is being rebooted.")
    seen = account.read_node("linux", "a")
    assert (seen.node.state, seen.answer) == ("rebooting", Outcome.REFUSED)


def test_an_unknown_node_names_some_that_there_are(service: Service, account: BatchAccount) -> None:
    service.pool()
    service.nodes({f"n{number}": "idle" for number in range(9)})
    service.answers["/pools/linux/nodes/x"] = error(404, "NodeNotFound", "The specified node does not exist.")
    with pytest.raises(UnknownNode) as raised:
        account.read_node("linux", "x")
    assert str(raised.value) == "node: must be a node of pool 'linux', got 'x'; it has n0, n1, n2, n3, n4 and 4 more"
    assert raised.value.exit_code == 2
    service.answers["/pools/linx"] = error(404, "PoolNotFound", "The specified pool does not exist.")
    service.answers["/pools"] = Answer({"value": [{"id": "linux"}]})
    service.answers["/pools/linx/nodes/x"] = service.answers["/pools/linx"]
    with pytest.raises(UnknownPool):
        account.read_node("linx", "x")


def test_node_counts_are_by_state_and_a_pool_not_counted_yet_has_none(service: Service, account: BatchAccount) -> None:
    counts = {
        "poolId": "Linux",
        "dedicated": {"idle": 3, "startTaskFailed": 1, "unusable": 0, "total": 4},
        "lowPriority": {"preempted": 2, "upgradingOS": 1, "total": 3},
    }
    service.answers["/nodecounts"] = Answer({"value": [counts]})
    seen = account.node_counts("linux")
    assert (seen.dedicated, seen.spot) == ({"idle": 3, "starttaskfailed": 1}, {"preempted": 2, "upgradingos": 1})
    assert seen.total == 7
    assert "filter=poolId%20eq%20%27linux%27" in service.asked[0]

    service.pool("new")
    assert account.node_counts("new") == NodeCounts("new")
    service.answers["/pools/none"] = error(404, "PoolNotFound", "The specified pool does not exist.")
    service.answers["/pools"] = Answer({"value": []})
    with pytest.raises(UnknownPool, match="it has none"):
        account.node_counts("none")


def test_neither_the_library_nor_these_modules_import_the_sdk_before_it_is_needed() -> None:
    program = (
        "import sys, extension_pool\n"
        "assert not [name for name in sys.modules if name.startswith('extension_pool.ops')]\n"
        "import extension_pool.ops.batch, extension_pool.ops.health, extension_pool.ops.render\n"
        "import extension_pool.ops.stack, extension_pool.ops.watch, extension_pool.ops.commands\n"
        "print([name for name in sys.modules if name.split('.')[0] == 'azure'])\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
