"""`extension-pool gate` against canned answers: what it waits for, what it ends on, and with which code."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from typer.testing import CliRunner

from extension_pool.ops import cli, commands, watch
from extension_pool.ops.gate import with_gate
from extension_pool.ops.health import PoolHealth, judge_pool
from extension_pool.ops.showing import exit_code
from extension_pool.ops.watch import undecided

from . import drawing
from .fake_service import Answer, Service, error, extension

DONE, MOVING, BROKEN, LOST = "idle a=succeeded b=succeeded", "starting", "unusable", "unknown"


def pools(*drawings: str) -> Sequence[PoolHealth]:
    return [with_gate(judge_pool(drawing.pool(one))) for one in drawings]


@pytest.mark.parametrize(
    ("drawings", "waits", "code"),
    [
        ([DONE], False, 0),
        ([DONE, DONE], False, 0),
        ([MOVING], True, 1),
        ([DONE, MOVING], True, 1),
        ([BROKEN], False, 1),
        # One that cannot pass is the end for all.
        ([MOVING, BROKEN], False, 1),
        ([LOST, BROKEN], False, 1),
        # Contact may come back; when it does not, there is no verdict.
        ([LOST], True, 3),
        ([DONE, LOST], True, 3),
        ([MOVING, LOST], True, 1),
    ],
)
def test_what_is_worth_waiting_for_and_what_the_end_of_the_time_means(
    drawings: list[str], waits: bool, code: int
) -> None:
    assert (undecided(pools(*drawings)), exit_code(pools(*drawings))) == (waits, code)


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[float]]:
    pauses: list[float] = []
    monkeypatch.setitem(watch.watch.__kwdefaults__, "sleep", pauses.append)
    yield pauses


def linux(service: Service, *answers: Any) -> None:
    """A pool of two nodes; `a` is well, `b` answers with each of `answers` in turn."""
    service.pool(target=2)
    service.nodes({"a": "idle", "b": "idle"})
    service.extensions("a", extension())
    service.answers["/pools/linux/nodes/b/extensions"] = list(answers)


CREATING, SUCCEEDED = Answer({"value": [extension(word="creating")]}), Answer({"value": [extension()]})


def test_a_gate_that_is_passed_at_once_says_so_once(
    service: Service, slept: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    linux(service, SUCCEEDED)
    assert cli.run(["gate", "--pool", "linux"]) == 0
    out, err = capsys.readouterr()
    assert slept == []
    assert err.endswith("Z  linux: 2 of 2 nodes usable with all extensions (100%), 100% wanted\n")
    assert err.count("\n") == 1
    assert "2 of 2 nodes usable with all extensions (100%), 100% wanted" in out


def test_each_change_is_told_once_and_the_result_is_all_of_stdout(
    service: Service, slept: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    linux(service, CREATING, CREATING, CREATING, SUCCEEDED)
    assert cli.run(["gate", "--pool", "linux", "--output", "json"]) == 0
    out, err = capsys.readouterr()
    assert slept == [2, 3, 5]
    assert [line.partition("usable")[2] for line in err.splitlines()] == [
        " with all extensions (50%), 100% wanted; 1 waiting",
        " with all extensions (100%), 100% wanted",
    ]
    assert json.loads(out)["pools"][0]["gate"]["outcome"] == "passed"


def test_zero_judges_what_is_there(service: Service, slept: list[float], capsys: pytest.CaptureFixture[str]) -> None:
    linux(service, CREATING)
    assert cli.run(["gate", "--pool", "linux", "--wait", "0"]) == 1
    assert cli.run(["gate", "--pool", "linux", "--wait", "0", "--require", "50%"]) == 0
    assert slept == []


def test_an_outage_costs_a_round_and_is_told(
    service: Service, slept: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    linux(service, CREATING, SUCCEEDED)
    service.answers["/pools/linux"] = [service.answers["/pools/linux"], *[error(503, "ServerBusy", "Busy.")] * 30]
    service.answers["/pools/linux"].append(service.answers["/pools/linux"][0])
    assert cli.run(["gate", "--pool", "linux"]) == 0
    err = capsys.readouterr().err.splitlines()
    assert "no answer this time, asking again: endpoint: " in err[1]
    assert len(slept) > 2


def test_who_may_not_ask_is_not_kept_waiting(service: Service, slept: list[float]) -> None:
    linux(service, CREATING)
    service.answers["/pools/linux"] = [service.answers["/pools/linux"], error(403, "InsufficientPermissions", "No.")]
    assert cli.run(["gate", "--pool", "linux"]) == 3
    assert len(slept) == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "extension-pool: pools: needs --pool or --stack, got neither; "),
        (["--pool", "linux", "--require", "0.95"], "extension-pool: --require: must be a percentage"),
        (["--pool", "linux", "--require", "0%"], "extension-pool: --require: must be a percentage"),
        (["--pool", "linux", "--wait", "5"], "extension-pool: --wait: must be a number with its unit"),
        (["--pool", "linux", "--wait", "8d"], "extension-pool: --wait: must be at most 7 days"),
        (["--pool", "linux", "--output", "html"], "extension-pool: usage: Invalid value for '--output'"),
    ],
)
def test_bad_usage_is_one_line_and_asks_nobody(
    service: Service, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    assert cli.run(["gate", *arguments]) == 2
    out, err = capsys.readouterr()
    assert err.startswith(message)
    assert (out, err.count("\n"), service.asked) == ("", 1, [])


def test_help_says_how_long_it_waits_when_it_ends_and_with_which_codes() -> None:
    done = CliRunner().invoke(commands.app, ["gate", "--help"])
    assert done.exit_code == 0
    words = " ".join(done.stdout.split())
    for text in ("--require", "[default: 100%]", "[default: 30m]", "ends early", "pulumi up", "3 could not ask"):
        assert text in words
