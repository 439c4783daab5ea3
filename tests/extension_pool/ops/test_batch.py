"""The real azure-batch SDK against canned answers on loopback."""

import json
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from extension_pool.ops.batch import BatchAccount, connect
from extension_pool.ops.errors import BadUsage, CannotAsk, UnknownPool
from extension_pool.ops.settings import Place
from extension_pool.ops.snapshot import Answer as Outcome
from extension_pool.ops.snapshot import Problem, Status

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


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_says_what_to_check_and_does_not_show_it(
    service: Service, account: BatchAccount, status: int
) -> None:
    service.answers["/pools/linux"] = error(
        status,
        "AuthenticationFailed",
        "Server failed to authenticate the request. Make sure the value of Authorization "
        "header is formed correctly including the signature.",
    )
    with pytest.raises(CannotAsk) as raised:
        account.read_pool("linux")
    message = str(raised.value)
    assert message.startswith("login: account 'acct' does not accept it; check that AZURE_BATCH_ACCESS_KEY is a key")
    assert "AuthenticationFailed: Server failed to authenticate" in message
    assert "RequestId" not in message
    assert KEY not in message
    assert raised.value.exit_code == 3


@pytest.mark.parametrize("path", ["/pools/linux", "/pools/linux/nodes", "/pools/linux/nodes/a/extensions"])
def test_a_missing_permission_names_the_role(service: Service, account: BatchAccount, path: str) -> None:
    service.pool()
    service.nodes({"a": "idle"})
    service.extensions("a", extension())
    service.answers[path] = error(
        403, "InsufficientAccountPermissions", "Account does not have sufficient permissions."
    )
    with pytest.raises(CannotAsk) as raised:
        account.read_pool("linux")
    message = str(raised.value)
    assert message.startswith("permission: reading the pools of account 'acct' is not allowed")
    assert "Azure Batch Account Reader" in message
    assert "Azure Batch Data Contributor" in message
    assert "Microsoft.Batch/batchAccounts/pools/read" in message
    assert not raised.value.passing


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


def test_at_most_eight_nodes_are_asked_at_a_time(service: Service, account: BatchAccount) -> None:
    running, most, lock = 0, 0, threading.Lock()

    def slow(_: str) -> Answer:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.05)
        with lock:
            running -= 1
        return Answer({"value": []})

    service.pool(target=20)
    service.nodes({f"n{number}": "idle" for number in range(20)})
    for number in range(20):
        service.answers[f"/pools/linux/nodes/n{number}/extensions"] = slow

    assert len(account.read_pool("linux").nodes) == 20
    assert 1 < most <= 8


def test_a_login_goes_over_https_only() -> None:
    with pytest.raises(BadUsage, match=r"^endpoint: must be https:// .* set AZURE_BATCH_ACCOUNT"):
        connect(Place("http://127.0.0.1:9", "acct"))


def test_nobody_logged_in_says_how_to(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    # The one credential asked for has no settings, so nothing is probed and nothing is sent.
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "EnvironmentCredential")
    for name in ("AZURE_CLIENT_ID", "AZURE_TENANT_ID", "AZURE_CLIENT_SECRET"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(CannotAsk) as raised:
        connect(Place("https://acct.westeurope.batch.azure.com", "acct")).read_pool("linux")
    message = str(raised.value)
    assert message.startswith("login: nobody is logged in for https://acct.westeurope.batch.azure.com; run `az login`")
    assert "EnvironmentCredential" in message


def test_a_wrong_choice_of_credentials_is_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "nonsense")
    with pytest.raises(BadUsage, match=r"^login: .*nonsense"):
        connect(Place("https://acct.westeurope.batch.azure.com", "acct"))


@pytest.mark.parametrize(
    ("host", "scope"),
    [
        ("acct.westeurope.batch.azure.com", "https://batch.core.windows.net//.default"),
        ("acct.chinanorth3.batch.chinacloudapi.cn", "https://batch.chinacloudapi.cn//.default"),
        ("acct.usgovvirginia.batch.usgovcloudapi.net", "https://batch.core.usgovcloudapi.net//.default"),
    ],
)
def test_a_token_is_for_the_cloud_of_the_endpoint(monkeypatch: pytest.MonkeyPatch, host: str, scope: str) -> None:
    asked: list[str] = []

    class Credential:
        def get_token(self, *scopes: str, **_: object) -> object:
            asked.extend(scopes)
            raise CannotAsk("far enough")

    monkeypatch.setattr("azure.identity.DefaultAzureCredential", Credential)
    with pytest.raises(CannotAsk, match="far enough"):
        connect(Place(f"https://{host}", "acct")).read_pool("linux")
    assert asked == [scope]


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
