"""The command from its arguments to its output and exit code."""

import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from extension_pool.ops import batch, cli, commands, watch
from extension_pool.ops.errors import BadUsage

from .fake_service import KEY, Answer, Service, error, extension
from .stack_state import KEY_VAULT, account, component, pool, state

USAGE = 2


@pytest.fixture
def linux(service: Service) -> Service:
    """A pool of two healthy nodes."""
    service.pool(target=2)
    service.nodes({"a": "idle", "b": "running"})
    service.extensions("a", extension())
    service.extensions("b", extension())
    return service


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the stack `prod` holds; tests put resources in."""
    exported = state(component("linux"), pool("linux", [KEY_VAULT]))

    def export(name: str) -> object:
        assert name == "prod"
        return exported

    monkeypatch.setattr("extension_pool.ops.stack.export_stack", export)
    return exported


def test_a_healthy_pool(linux: Service, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["status", "--pool", "linux"]) == 0
    out, err = capsys.readouterr()
    assert out.splitlines() == [
        "pool linux in acct: ✓ healthy",
        "2 of 2 nodes: the extension succeeded",
        "",
        "NODE  STATE    VERDICT    secretext",
        "a     idle     ✓ healthy  ✓ succeeded",
        "b     running  ✓ healthy  ✓ succeeded",
    ]
    assert err == ""


def test_the_same_through_typers_runner_as_json(linux: Service) -> None:
    done = CliRunner().invoke(commands.app, ["status", "--pool", "linux", "--output", "json"])
    assert done.exit_code == 0
    parsed = json.loads(done.stdout)
    assert (parsed["verdict"], parsed["pools"][0]["expectedExtensions"]) == ("healthy", ["secretext"])


def test_a_failed_extension_is_exit_code_1(linux: Service, capsys: pytest.CaptureFixture[str]) -> None:
    linux.extensions("b", extension(word="failed", message="no access"))
    assert cli.run(["status", "--pool", "linux"]) == 1
    out, err = capsys.readouterr()
    assert "✗ secretext: ProvisioningState/failed on 1 node: b\n    no access\n" in out
    assert err == ""


def test_several_pools_each_once_in_the_order_given(linux: Service, capsys: pytest.CaptureFixture[str]) -> None:
    linux.pool("empty", target=0)
    linux.nodes({}, pool="empty")
    assert cli.run(["status", "--pool", "linux", "--pool", "empty", "--pool", "linux", "--output", "json"]) == 0
    parsed = json.loads(capsys.readouterr().out)
    assert [one["name"] for one in parsed["pools"]] == ["linux", "empty"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["status"], "extension-pool: pools: needs --pool or --stack, got neither; "),
        (["status", "--pool", "linux", "--wait", "5"], "extension-pool: --wait: must be a number with its unit"),
        (
            ["status", "--pool", ""],
            "extension-pool: --pool: must be 1 to 64 letters, digits, hyphens or underscores, got",
        ),
        (["status", "--pool", "a/b"], "extension-pool: --pool: must be 1 to 64 letters, digits, hyphens or underscor"),
        (["status", "--pool", "linux", "--endpoint", "x y"], "extension-pool: --endpoint: must be the account's endp"),
        (["status", "--pool", "linux", "--output", "yaml"], "extension-pool: usage: Invalid value for '--output'"),
        (["status", "--pool"], "extension-pool: usage: Option '--pool' requires an argument"),
        (["stats"], "extension-pool: usage: No such command 'stats'"),
        (["status", "linux"], "extension-pool: usage: Got unexpected extra argument"),
    ],
)
def test_bad_usage_is_one_line_and_exit_code_2(
    service: Service, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    assert cli.run(arguments) == USAGE
    out, err = capsys.readouterr()
    assert err.startswith(message)
    assert (out, err.count("\n")) == ("", 1)
    assert service.asked == []


def test_no_endpoint_says_what_to_set(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["status", "--pool", "linux"]) == USAGE
    assert "set AZURE_BATCH_ENDPOINT or give --endpoint" in capsys.readouterr().err


def test_an_unknown_pool_is_bad_usage(linux: Service, capsys: pytest.CaptureFixture[str]) -> None:
    linux.answers["/pools/linx"] = error(404, "PoolNotFound", "The specified pool does not exist.")
    linux.answers["/pools"] = Answer({"value": [{"id": "linux"}]})
    assert cli.run(["status", "--pool", "linx"]) == USAGE
    expected = "extension-pool: pool: must be a pool of account 'acct', got 'linx'; it has linux\n"
    assert capsys.readouterr().err == expected


def test_no_permission_is_exit_code_3(linux: Service, capsys: pytest.CaptureFixture[str]) -> None:
    linux.answers["/pools/linux"] = error(403, "InsufficientAccountPermissions", "No\x1b[2J.")
    assert cli.run(["status", "--pool", "linux"]) == 3
    out, err = capsys.readouterr()
    assert err.startswith("extension-pool: permission: ")
    assert out == ""
    assert "\x1b" not in err
    assert err.count("\n") == 1


def test_a_stack_brings_its_pools_their_account_and_what_they_should_have(
    linux: Service, stack: dict[str, Any], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AZURE_BATCH_ENDPOINT")
    stack["deployment"]["resources"].append(account(linux.url))
    extensions = [KEY_VAULT, {"name": "monitoring"}]
    stack["deployment"]["resources"][2] = pool("linux", extensions)
    assert cli.run(["status", "--stack", "prod", "--output", "json"]) == 1
    (one,) = json.loads(capsys.readouterr().out)["pools"]
    assert (one["name"], one["account"], one["verdict"]) == ("linux", "acct", "failed")
    assert one["expectedExtensions"] == ["secretext", "monitoring"]


def test_pool_narrows_a_stack_by_pool_or_component(
    linux: Service, stack: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    green = pool("win-0a1b2c3d", [KEY_VAULT], parent=component("windows")["urn"])
    stack["deployment"]["resources"] += [component("windows"), green]
    linux.pool("win-0a1b2c3d", target=0)
    linux.nodes({}, pool="win-0a1b2c3d")
    assert cli.run(["status", "--stack", "prod", "--pool", "windows", "--output", "json"]) == 0
    assert [one["name"] for one in json.loads(capsys.readouterr().out)["pools"]] == ["win-0a1b2c3d"]
    assert cli.run(["status", "--stack", "prod", "--pool", "linux", "--output", "json"]) == 0
    assert [one["name"] for one in json.loads(capsys.readouterr().out)["pools"]] == ["linux"]
    assert cli.run(["status", "--stack", "prod", "--pool", "mac"]) == USAGE
    expected = "extension-pool: --pool: must be a pool of stack 'prod', got 'mac'; it has linux, win-0a1b2c3d\n"
    assert capsys.readouterr().err == expected


def test_a_stack_without_pools_and_another_account(
    service: Service, stack: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["status", "--stack", "prod", "--account", "other"]) == USAGE
    assert capsys.readouterr().err.startswith("extension-pool: --account: must be the account of pool 'linux', 'acct'")
    stack["deployment"]["resources"].clear()
    assert cli.run(["status", "--stack", "prod"]) == USAGE
    assert capsys.readouterr().err.startswith("extension-pool: --stack: must have an ExtensionPool with a pool")


def test_waiting_asks_again_until_it_is_there_and_tells_a_terminal(
    linux: Service, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    creating = Answer({"value": [extension(word="creating")]})
    linux.answers["/pools/linux/nodes/b/extensions"] = [creating, creating, Answer({"value": [extension()]})]
    slept: list[float] = []
    monkeypatch.setitem(watch.watch.__kwdefaults__, "sleep", slept.append)

    assert cli.run(["status", "--pool", "linux", "--wait", "20m"]) == 0
    assert slept == [2, 3]
    out, err = capsys.readouterr()
    assert (out.count("pool linux"), err) == (1, "")

    linux.answers["/pools/linux/nodes/b/extensions"] = [creating, creating, Answer({"value": [extension()]})]
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert cli.run(["status", "--pool", "linux", "--wait", "PT20M"]) == 0
    # Said once, since it did not change.
    err = re.sub(r"\r\x1b\[2K(reading linux: [^\r]*)?", "", capsys.readouterr().err)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT[0-9:]{8}Z  linux: 1 of 2 nodes: the extension succeeded; 1 waiting\n", err)


def test_when_the_time_is_over_the_verdict_is_no(linux: Service, capsys: pytest.CaptureFixture[str]) -> None:
    linux.extensions("b", extension(word="creating"))
    assert cli.run(["status", "--pool", "linux", "--wait", "0.1s", "--output", "json"]) == 1
    assert json.loads(capsys.readouterr().out)["verdict"] == "waiting"


def test_a_bug_is_told_apart_and_can_be_pasted(
    linux: Service, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> object:
        raise ZeroDivisionError("off by one\x1b[2J")

    monkeypatch.setattr(batch.BatchAccount, "read_pool", broken)
    assert cli.run(["status", "--pool", "linux"]) == 3
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("extension-pool: this is a bug in the command, not a verdict on your pools.\n")
    assert "ZeroDivisionError: off by one" in err
    assert "\x1b" not in err
    assert KEY not in err


def test_ctrl_c_is_130(linux: Service, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> object:
        raise KeyboardInterrupt

    monkeypatch.setattr(batch.BatchAccount, "read_pool", interrupted)
    assert cli.run(["status", "--pool", "linux"]) == 130
    assert capsys.readouterr().err == "extension-pool: interrupted\n"


@pytest.mark.parametrize("missing", ["typer", "azure.batch", "azure.identity"])
def test_without_the_extra_it_says_which_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], missing: str
) -> None:
    monkeypatch.setattr(cli, "_installed", lambda name: name != missing)
    assert cli.run(["status", "--pool", "linux"]) == USAGE
    expected = "extension-pool: install: this command needs an extra; run: pip install 'batch-extension-pool[ops]'\n"
    assert capsys.readouterr().err == expected


def test_what_is_not_installed_is_found_out() -> None:
    assert cli._installed("json")
    assert not cli._installed("no_such_package.batch")


def test_a_stdout_that_cannot_take_the_symbols_gets_ascii(linux: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii"))
    linux.extensions("b", extension(word="failed", message="kaputt: Zugriff verweigert für Knoten"))
    assert cli.run(["status", "--pool", "linux"]) == 1
    assert b"x failed" in raw.getvalue()
    assert rb"verweigert f\xfcr Knoten" in raw.getvalue()


def test_help_has_the_examples_and_the_exit_codes() -> None:
    done = CliRunner().invoke(commands.app, ["status", "--help"])
    assert done.exit_code == 0
    for text in ("--stack prod", "--wait", "AZURE_BATCH_ACCESS_KEY", "0    healthy", "1    not healthy", "130  interr"):
        assert text in done.stdout
    assert CliRunner().invoke(commands.app, ["status"]).exception.__class__ is BadUsage


def test_every_option_of_every_command_says_what_it_is_for() -> None:
    group: Any = get_command(commands.app)
    assert {"status", "gate", "diagnose", "repair", "import", "images"} <= set(group.commands)
    for name, one in group.commands.items():
        undescribed = [option.name for option in one.params if not getattr(option, "help", None)]
        assert undescribed == [], name
        assert "Examples:" in one.help and "Exit codes:" in one.help, name


def test_the_list_of_the_commands_cuts_no_sentence() -> None:
    done = CliRunner().invoke(commands.app, ["--help"])
    listed = done.stdout.partition("Commands:")[2]
    group: Any = get_command(commands.app)
    assert listed.count("\n  ") == len(group.commands)
    assert "..." not in listed


def test_without_arguments_it_shows_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run([]) == USAGE
    assert "Usage: extension-pool" in capsys.readouterr().err


def command(service: Service, *arguments: str, terminal: int | None = None) -> "subprocess.Popen[str]":
    """The command in a process of its own, in pipes, or on a terminal."""
    environ = {
        **os.environ,
        "AZURE_BATCH_ENDPOINT": service.url,
        "AZURE_BATCH_ACCOUNT": "acct",
        "AZURE_BATCH_ACCESS_KEY": KEY,
        "PYTHONPATH": str(Path(cli.__file__).parents[2]),
        "PYTHONIOENCODING": "utf-8",
    }
    line = [sys.executable, "-m", "extension_pool.ops.cli", *arguments]
    if terminal is not None:
        return subprocess.Popen(line, text=True, env={**environ, "TERM": "xterm"}, stdout=terminal, stderr=terminal)
    return subprocess.Popen(line, text=True, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def test_the_process_ends_with_the_codes_of_its_help(linux: Service) -> None:
    linux.pool("bad")
    linux.nodes({"c": "unusable"}, pool="bad")
    linux.extensions("c", extension(), pool="bad")
    linux.answers["/pools/secret"] = error(403, "InsufficientAccountPermissions", "No.")
    runs = {
        0: command(linux, "status", "--pool", "linux"),
        1: command(linux, "status", "--pool", "bad"),
        2: command(linux, "status"),
        3: command(linux, "status", "--pool", "secret"),
    }
    for code, process in runs.items():
        out, err = process.communicate(timeout=60)
        assert process.returncode == code, err
        assert bool(out) is (code in {0, 1})
        assert bool(err) is (code in {2, 3})
        assert "\x1b" not in out + err
        assert "Traceback" not in err


def test_a_reader_that_has_enough_is_no_error(linux: Service) -> None:
    process = command(linux, "status", "--pool", "linux")
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    assert process.wait(timeout=60) == 0
    assert process.stderr.read() == ""
    process.stderr.close()


def test_ctrl_c_ends_the_process_at_once_though_a_call_is_under_way(linux: Service) -> None:
    def slow(_: str) -> Answer:
        for _ in range(200):
            time.sleep(0.1)
            if process.poll() is not None:
                break
        return Answer({"value": []})

    linux.answers["/pools/linux/nodes/a/extensions"] = slow
    process = command(linux, "status", "--pool", "linux")
    while not any(path.endswith("/a/extensions") for path in linux.paths()):
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=10)
    assert process.returncode == 130
    assert err == "extension-pool: interrupted\n"
