"""`extension-pool status` by its options: what goes together, what each shows, and what the exit code says."""

import html
import json
import os
import pty
import re
import select
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from extension_pool.ops import cli, follow, watch
from extension_pool.ops.errors import CannotAsk
from extension_pool.ops.health import PoolHealth, judge_pool
from extension_pool.ops.output import PageOutput

from . import drawing
from .fake_service import Answer, Service, error, extension
from .stack_state import KEY_VAULT, component, pool, state
from .test_cli import command
from .test_progress import screen

USAGE = 2


@pytest.fixture
def linux(service: Service) -> Service:
    """A pool of two nodes of which one is well."""
    service.pool(target=2)
    service.nodes({"a": "idle", "b": "running"})
    service.extensions("a", extension())
    service.extensions("b", extension(word="failed", message="no access"))
    for node, state_word in (("a", "idle"), ("b", "running")):
        service.answers[f"/pools/linux/nodes/{node}"] = Answer({"id": node, "state": state_word})
        service.answers[f"/pools/linux/nodes/{node}/extensions/secretext"] = Answer(extension())
    return service


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    exported = state(component("linux"), pool("linux", [KEY_VAULT]))
    monkeypatch.setattr("extension_pool.ops.stack.export_stack", lambda name: exported)
    return exported


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--require", "0.95"], "--require: must be a percentage"),
        (["--watch", "--wait", "5m"], "--watch: ends with Ctrl-C only"),
        (["--watch", "--output", "html"], "--watch: ends with Ctrl-C only"),
        (["--extension", "secretext"], "--extension: goes with --node, got it alone; add --node ID"),
        (["--node", "a", "--watch"], "--node: shows one node once"),
        (["--node", "a", "--wait", "5m"], "--node: shows one node once"),
        (["--node", "a", "--require", "95%"], "--node: shows one node once"),
        (["--node", "a", "--all"], "--node: shows one node once"),
        (["--node", "a", "--output", "html"], "--node: shows one node once"),
        (["--node", "a", "--pool", "other"], "--node: needs exactly one pool, got linux, other; add --pool NAME"),
        (["--node", ""], "--node: must be a name as 'extension-pool status' shows it, got ''"),
        (["--node", "../jobs"], "--node: must be a name as 'extension-pool status' shows it, got '../jobs'"),
        (["--node", ".."], "--node: must be a name"),
        (["--node", "a", "--extension", "x?y"], "--extension: must be a name"),
    ],
)
def test_what_does_not_go_together_is_one_line_and_asks_nobody(
    service: Service, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    assert cli.run(["status", "--pool", "linux", *arguments]) == USAGE
    out, err = capsys.readouterr()
    assert err.startswith(f"extension-pool: {message}")
    assert (out, err.count("\n"), service.asked) == ("", 1, [])


@pytest.mark.parametrize(("share", "code"), [("50%", 0), ("51%", 1), ("100%", 1)])
def test_a_share_decides_on_the_exit_code(
    linux: Service, capsys: pytest.CaptureFixture[str], share: str, code: int
) -> None:
    assert cli.run(["status", "--pool", "linux", "--require", share]) == code
    out = capsys.readouterr().out
    assert f"1 of 2 nodes usable with all extensions (50%), {share} wanted" in out
    # Enough or not: what failed is shown.
    assert "no access" in out


def test_waiting_for_a_share_ends_when_it_is_there(
    linux: Service, no_pauses: None, capsys: pytest.CaptureFixture[str]
) -> None:
    creating, done = Answer({"value": [extension(word="creating")]}), Answer({"value": [extension()]})
    linux.pool(target=3)
    linux.nodes({"a": "idle", "b": "idle", "c": "starting"})
    linux.answers["/pools/linux/nodes/b/extensions"] = [creating, creating, done]
    assert cli.run(["status", "--pool", "linux", "--wait", "5m", "--require", "66%"]) == 0
    assert "2 of 3 nodes usable with all extensions (66.66%), 66% wanted; 1 waiting" in capsys.readouterr().out
    assert linux.paths().count("/pools/linux/nodes/b/extensions") == 3


HOSTILE = "ev\x1b[2Jil\u202etxt\n\x07<script>alert(1)</script>"


@pytest.mark.parametrize("output", ["table", "json", "html"])
@pytest.mark.parametrize("more", [[], ["--node", "b"], ["--all"]])
def test_hostile_names_and_messages_are_harmless_however_they_are_shown(
    linux: Service, capsys: pytest.CaptureFixture[str], output: str, more: list[str]
) -> None:
    linux.nodes({"a": "idle", "b": f"id{HOSTILE}"})
    linux.answers["/pools/linux/nodes/b"] = Answer({"id": "b", "state": f"id{HOSTILE}"})
    linux.extensions("b", extension(name=HOSTILE, word="failed", message=HOSTILE))
    code = cli.run(["status", "--pool", "linux", "--output", output, *more])
    out, err = capsys.readouterr()
    if output == "html" and "--node" in more:
        assert code == USAGE
        return
    assert code == 1 and "failed" in out
    assert not any(char in out + err for char in "\x1b\x07\u202e")
    assert output != "html" or "<script>alert" not in out


def test_with_a_share_it_may_hang_on_what_nobody_knows(linux: Service, capsys: pytest.CaptureFixture[str]) -> None:
    linux.nodes({"a": "idle", "b": "unknown"})
    linux.extensions("b", extension())
    assert cli.run(["status", "--pool", "linux"]) == 1
    assert cli.run(["status", "--pool", "linux", "--require", "95%"]) == 3


def test_a_pool_of_the_stack_that_is_gone_is_shown_beside_the_others(
    linux: Service, stack: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    stack["deployment"]["resources"] += [
        component("windows"),
        pool("windows", [KEY_VAULT], parent=component("windows")["urn"]),
    ]
    linux.answers["/pools/windows"] = error(404, "PoolNotFound", "The specified pool does not exist.")
    linux.answers["/pools"] = Answer({"value": [{"id": "linux"}]})
    linux.extensions("b", extension())
    assert cli.run(["status", "--stack", "prod"]) == 1
    out, err = capsys.readouterr()
    assert "pool linux in acct: ✓ healthy" in out
    assert "pool windows in acct: ✗ failed" in out
    assert "deleted outside Pulumi" in out
    assert "pulumi up --refresh" in out
    assert err == ""


def test_a_node_of_a_pool_that_is_gone_is_not_looked_for(
    linux: Service, stack: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    linux.answers["/pools/linux"] = error(404, "PoolNotFound", "The specified pool does not exist.")
    linux.answers["/pools"] = Answer({"value": []})
    assert cli.run(["status", "--stack", "prod", "--node", "a"]) == 1
    assert "deleted outside Pulumi" in capsys.readouterr().out


def test_a_page_is_a_page_in_utf_8(linux: Service, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    linux.extensions("b", extension(word="failed", message="Zugriff für Knoten verweigert <script>"))
    assert cli.run(["status", "--pool", "linux", "--output", "html"]) == 1
    page = capsysbinary.readouterr().out.decode("utf-8")
    assert page.lower().startswith("<!doctype html>")
    assert "Zugriff für Knoten verweigert <script>" in html.unescape(page)
    assert "verweigert <script>" not in page


def test_one_node(linux: Service, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["status", "--pool", "linux", "--node", "b"]) == 1
    out, err = capsys.readouterr()
    assert "no access" in out and "secretsManagementSettings" in out
    assert err == ""
    # Nobody else was asked.
    assert not any("/nodes/a" in path for path in linux.paths())

    assert cli.run(["status", "--pool", "linux", "--node", "a", "--output", "json"]) == 0
    json.loads(capsys.readouterr().out)


def test_one_extension_of_one_node_is_the_call_for_one_extension(
    linux: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["status", "--pool", "linux", "--node", "a", "--extension", "SecretExt"]) == 0
    assert "KeyVaultForLinux" in capsys.readouterr().out
    assert linux.paths()[-1].lower() == "/pools/linux/nodes/a/extensions/secretext"

    assert cli.run(["status", "--pool", "linux", "--node", "a", "--extension", "nothing"]) == USAGE
    expected = "extension-pool: --extension: must be an extension of the pool or the node, got 'nothing'; it has"
    assert capsys.readouterr().err.startswith(expected)


def test_an_extension_that_should_be_on_the_node_and_is_not(linux: Service, capsys: pytest.CaptureFixture[str]) -> None:
    linux.extensions("a")
    assert cli.run(["status", "--pool", "linux", "--node", "a"]) == 1
    assert "absent" in capsys.readouterr().out
    assert cli.run(["status", "--pool", "linux", "--node", "a", "--extension", "secretext"]) == 1
    assert "absent" in capsys.readouterr().out


def test_a_node_that_is_not_there(linux: Service, capsys: pytest.CaptureFixture[str]) -> None:
    linux.answers["/pools/linux/nodes/c"] = error(404, "NodeNotFound", "The specified node does not exist.")
    assert cli.run(["status", "--pool", "linux", "--node", "c"]) == USAGE
    assert capsys.readouterr().err == "extension-pool: node: must be a node of pool 'linux', got 'c'; it has a, b\n"


WAITING = [judge_pool(drawing.pool("starting"))]
HEALTHY = [judge_pool(drawing.pool("idle a=succeeded b=succeeded"))]


class Ended(Exception):
    pass


def asking(*answers: Sequence[PoolHealth] | Exception) -> Callable[[], Sequence[PoolHealth]]:
    left = list(answers)

    def ask() -> Sequence[PoolHealth]:
        if not left:
            raise Ended
        answer = left.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    return ask


@pytest.fixture
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setitem(watch.watch.__kwdefaults__, "sleep", lambda seconds: None)
    yield


LATE = CannotAsk("endpoint: no answer", passing=True)


def test_watching_in_a_pipe_writes_sentences_that_changed_and_outages_beside_them(
    no_pauses: None, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(Ended):
        follow.follow(asking(WAITING, WAITING, LATE, HEALTHY, HEALTHY), PageOutput.TABLE, every=False)
    out, err = capsys.readouterr()
    assert [line.partition("  ")[2] for line in out.splitlines()] == [
        "linux: 0 of 1 node: all 2 extensions succeeded; 1 waiting",
        "linux: 1 of 1 node: all 2 extensions succeeded",
    ]
    assert err.endswith("Z  no answer this time, asking again: endpoint: no answer\n")


def test_watching_as_json_writes_a_document_in_a_line_for_each_change(
    no_pauses: None, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(Ended):
        follow.follow(asking(WAITING, WAITING, HEALTHY), PageOutput.JSON, every=False)
    verdicts = [json.loads(line)["verdict"] for line in capsys.readouterr().out.splitlines()]
    assert verdicts == ["waiting", "healthy"]


def test_watching_on_a_terminal_draws_the_table_in_its_place(
    no_pauses: None, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    for name, value in (("TERM", "xterm"), ("COLUMNS", "100"), ("LINES", "40"), ("NO_COLOR", "1")):
        monkeypatch.setenv(name, value)
    with pytest.raises(Ended):
        follow.follow(asking(WAITING, HEALTHY, LATE), PageOutput.TABLE, every=False)
    out, err = capsys.readouterr()
    shown = "\n".join(screen(out))
    assert shown.count("pool linux") == 1
    assert "1 of 1 node: all 2 extensions succeeded" in shown
    assert re.search(r"UTC; [0-9: -]+ UTC: no answer, asking again: endpoint: no answer$", shown.strip())
    assert err == ""


def test_on_a_real_terminal_it_tells_how_far_it_is_draws_and_ends_with_ctrl_c(linux: Service) -> None:
    ours, theirs = pty.openpty()
    process = command(linux, "status", "--pool", "linux", "--watch", terminal=theirs)
    os.close(theirs)
    seen, end = b"", time.monotonic() + 20
    while b"Ctrl-C ends" not in seen and time.monotonic() < end:
        if select.select([ours], [], [], 0.1)[0]:
            seen += os.read(ours, 65536)
    process.send_signal(signal.SIGINT)
    while select.select([ours], [], [], 5)[0]:
        try:
            seen += os.read(ours, 65536)
        except OSError:  # nobody writes there any more
            break
    os.close(ours)
    assert process.wait(timeout=10) == 130
    text = seen.decode("utf-8", "replace")
    assert "reading linux: " in text and "at a time" in text
    assert "pool linux in acct" in text
    assert text.rstrip().endswith("extension-pool: interrupted")


def test_who_may_not_read_jobs_gets_the_status_and_a_note(linux: Service, capsys: pytest.CaptureFixture[str]) -> None:
    linux.answers["/jobs"] = error(403, "InsufficientAccountPermissions", "No.")
    assert cli.run(["status", "--pool", "linux"]) == 1
    out, err = capsys.readouterr()
    assert out.startswith("pool linux in acct: ")
    assert err.startswith("extension-pool: jobs that wait because of a roll-out are not shown: permission: reading")
