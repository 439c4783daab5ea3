"""Whole outputs against tests/goldens/status/; `REWRITE_GOLDENS=1` writes them anew, for the diff to be read."""

import json
import os
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

import pytest

from extension_pool.ops.health import PoolHealth, judge_pool
from extension_pool.ops.render import render_json, render_table
from extension_pool.ops.snapshot import Answer, Node, NodeExtension, NodeReading, Pool, PoolReading, Problem, Status

from . import drawing

GOLDENS = next(parent for parent in Path(__file__).parents if parent.name == "tests") / "goldens" / "status"


def reading() -> PoolReading:
    """A pool with a bit of everything."""
    moment = datetime(2026, 11, 20, 10, 0, 0, 123456, tzinfo=timezone.utc)
    ready = Status("ProvisioningState/succeeded", "info", "Provisioning succeeded", "Started.", moment)
    denied = Status(
        "ProvisioningState/failed/1009",
        "error",
        "Provisioning failed",
        "Failed to fetch https://vault/secrets/a\r\n  Forbidden: the identity has no access.",
    )
    key_vault = NodeExtension("secretext", "Microsoft.Azure.KeyVault", "KeyVaultForLinux", "3.0", statuses=(ready,))
    monitor = NodeExtension("monitoring", "Microsoft.Azure.Monitor", "AzureMonitorLinuxAgent", "1.0")
    failed = replace(key_vault, statuses=(denied,))
    good = replace(monitor, statuses=(Status("ProvisioningState/succeeded", "info"),))
    moving = replace(
        monitor, statuses=(Status("ProvisioningState/updating", "info", "Updating", "Downloading version 1.2."),)
    )
    odd = replace(monitor, statuses=(Status("ProvisioningState/paused", "info", "", "Paused by the agent."),))
    disk = Problem("DiskFull", "There is not enough disk space.")
    busy = Problem("ServerBusy", "The server is busy.")
    pool = Pool(
        id="linux",
        state="active",
        allocation_state="steady",
        expected=("secretext", "monitoring"),
        target_nodes=9,
        resize_errors=(Problem("AccountCoreQuotaReached", "The specified account has reached core quota.\nLimit: 8"),),
    )

    def answered(number: int, state: str, *extensions: NodeExtension, errors: tuple[Problem, ...] = ()) -> NodeReading:
        return NodeReading(Node(f"tvmps_0a_{number}_d", state, errors), Answer.ANSWERED, extensions)

    return PoolReading(
        pool,
        (
            answered(1, "idle", key_vault, good),
            answered(2, "running", failed, moving),
            answered(3, "idle", failed, odd, NodeExtension("extra", statuses=(ready,))),
            answered(4, "idle", key_vault),
            answered(5, "unusable", errors=(disk,)),
            NodeReading(Node("tvmps_0a_6_p", "preempted"), Answer.NOT_ASKED),
            NodeReading(Node("tvmps_0a_7_d", "idle"), Answer.NO_ANSWER, problem=busy),
            NodeReading(Node("tvmps_0a_8_d", "starting"), Answer.ANSWERED),
        ),
    )


def mixed() -> list[PoolHealth]:
    return [judge_pool(reading(), "acct")]


def hostile() -> list[PoolHealth]:
    """Names and texts that try to drive the terminal, or to look like markup or like another line of the output."""
    evil = "\x1b[2J\x1b]0;owned\x07\x9b31m[bold red]x[/]\u202egnp.exe"
    status = Status(f"ProvisioningState/{evil}", "info", "", f"{evil}\r\npool linux in acct: healthy\u2028:smile:")
    bad = NodeExtension(f"ext{evil}", statuses=(status,))
    lost = NodeReading(Node(f"tvm\n{evil}", f"idle{evil}"), Answer.ANSWERED, (bad,))
    pool = Pool(f"linux{evil}", expected=(f"ext{evil}",), target_nodes=3, resize_errors=(Problem(evil, evil),))
    return [judge_pool(PoolReading(pool, (lost,)), f"acct{evil}")]


def healthy() -> list[PoolHealth]:
    pools = [drawing.pool("idle a=succeeded b=succeeded\nrunning a=succeeded b=succeeded"), drawing.pool("", target=0)]
    return [judge_pool(pool, "acct") for pool in pools]


CASES = {
    "healthy.txt": lambda: render_table(healthy()),
    "healthy.json": lambda: render_json(healthy()),
    "mixed.txt": lambda: render_table(mixed()),
    "mixed-ascii.txt": lambda: render_table(mixed(), unicode=False),
    "mixed-narrow.txt": lambda: render_table(mixed(), width=60),
    "mixed-colour.txt": lambda: render_table(mixed(), width=120, colour=True),
    "mixed.json": lambda: render_json(mixed()),
    "hostile.txt": lambda: render_table(hostile()),
    "hostile.json": lambda: render_json(hostile()),
}


@pytest.mark.parametrize("name", CASES)
def test_whole_outputs(name: str) -> None:
    golden = GOLDENS / name
    text = CASES[name]()
    if os.environ.get("REWRITE_GOLDENS"):
        golden.write_text(text, encoding="utf-8")
    assert text == golden.read_text(encoding="utf-8")


def test_no_golden_is_left_over() -> None:
    assert {path.name for path in GOLDENS.iterdir()} == set(CASES)


def test_outside_a_terminal_nothing_is_cut_folded_or_coloured() -> None:
    long = "x" * 300
    pool = judge_pool(PoolReading(Pool("p", expected=(long,)), (NodeReading(Node(long * 2, "idle"), Answer.ANSWERED),)))
    text = render_table([pool])
    assert long * 2 in text
    assert f"  {long}\n" in text
    assert "\x1b" not in text


def test_on_a_narrow_terminal_names_are_folded_and_not_cut() -> None:
    name = "".join(chr(ord("a") + number % 26) for number in range(60))
    pool = judge_pool(drawing.pool(f"idle {name}=succeeded", expected=(name,)))
    text = render_table([pool], width=60)
    assert max(len(line) for line in text.splitlines()) <= 60
    column = text.index("VERDICT") - text.rindex("\n", 0, text.index("VERDICT")) + 15 - 1
    table = text.split("\n\n")[1].splitlines()
    rows = [number for number, line in enumerate(table) if line.startswith(("NODE", "n1"))]
    assert "".join(line[column:].strip() for line in table[: rows[0] + 1]) == name


def test_hostile_text_reaches_neither_the_terminal_nor_another_line() -> None:
    for text in (render_table(hostile(), width=120), render_json(hostile())):
        assert all(char == "\n" or char.isprintable() for char in text)
        assert not any(line.startswith("pool linux in acct") for line in text.splitlines())
    assert "[bold red]" in render_table(hostile())
    assert "😄" not in render_table(hostile())


def test_the_json_holds_the_services_texts_unchanged() -> None:
    parsed = json.loads(render_json(hostile()))
    message = parsed["pools"][0]["nodes"][0]["extensions"][0]["message"]
    assert message == hostile()[0].nodes[0].extensions[0].message


def test_no_pools_are_healthy_json() -> None:
    assert json.loads(render_json([])) == {"pools": [], "verdict": "healthy"}
