"""Whole outputs against tests/goldens/status/; `REWRITE_GOLDENS=1` writes them anew, for the diff to be read."""

import json
import os
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

import pytest

from extension_pool.ops.drift import Drift, DriftKind
from extension_pool.ops.gate import parse_share, with_gate
from extension_pool.ops.health import PoolHealth, judge_pool, missing_pool
from extension_pool.ops.render import render_json, render_table
from extension_pool.ops.snapshot import (
    Answer,
    Autoscale,
    Node,
    NodeExtension,
    NodeReading,
    Pool,
    PoolReading,
    Problem,
    Status,
)

from . import drawing
from .steps import count_steps

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


def many() -> list[PoolHealth]:
    """A thousand nodes with five pictures."""
    lines = ["idle a=succeeded b=succeeded"] * 948 + ["idle a=failed/1009 b=succeeded"] * 31 + ["starting"] * 19
    reading = drawing.pool("\n".join([*lines, "unusable", "preempted"]))
    return [with_gate(judge_pool(reading, "acct"), parse_share("95%"))]


def drifted() -> list[PoolHealth]:
    """A pool that was changed outside Pulumi, one that was deleted, one that a gate waits for."""
    look = "run 'pulumi preview --refresh --stack prod' to see what an update would do"
    resized = Drift(
        DriftKind.RESIZED,
        "scaleSettings.fixedScale.targetDedicatedNodes",
        "resized outside Pulumi: 2 dedicated nodes in the stack, 3 in Azure",
        "run 'pulumi up --refresh --stack prod' to set back what the program says",
    )
    added, removed = (
        Drift(DriftKind.EXTENSIONS, f"extensions[{name}]", f"extension '{name}' was {word} outside Pulumi", look)
        for name, word in (("c", "added"), ("d", "removed"))
    )
    message = "deleted outside Pulumi: the stack has the pool, Azure does not"
    deleted = Drift(DriftKind.DELETED, "", message, "run 'pulumi up --refresh --stack prod' to make it again")
    ok = "idle a=succeeded b=succeeded\n"
    return [
        with_gate(judge_pool(drawing.pool(ok * 3), "acct", drift=[resized, added, removed]), parse_share("95%")),
        with_gate(missing_pool("windows", "acct", ("a",), [deleted]), parse_share("95%")),
        with_gate(judge_pool(drawing.pool(ok + "starting"), "acct"), parse_share("95%")),
    ]


CASES = {
    "healthy.txt": lambda: render_table(healthy()),
    "healthy.json": lambda: render_json(healthy()),
    "mixed.txt": lambda: render_table(mixed()),
    "mixed-ascii.txt": lambda: render_table(mixed(), unicode=False),
    "mixed-narrow.txt": lambda: render_table(mixed(), width=60),
    "mixed-colour.txt": lambda: render_table(mixed(), width=120, colour=True),
    "mixed.json": lambda: render_json(mixed()),
    "many.txt": lambda: render_table(many()),
    "many-narrow.txt": lambda: render_table(many(), width=72),
    "drifted.txt": lambda: render_table(drifted()),
    "drifted-narrow.txt": lambda: render_table(drifted(), width=60),
    "drifted.json": lambda: render_json(drifted()),
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
    assert {path.name for path in GOLDENS.iterdir() if path.suffix in {".txt", ".json"}} == set(CASES)


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
    column = text.splitlines()[3].index("abc")
    table = text.split("\n\n")[1].splitlines()
    titles = table[: next(number for number, line in enumerate(table) if line.startswith("n1"))]
    assert "".join(line[column:].strip() for line in titles) == name


def test_ids_that_leave_no_room_get_lines_of_their_own_and_can_be_copied() -> None:
    name = "tvmps_" + "0123456789abcdef" * 4 + "_d"
    ready = NodeExtension("a", statuses=(Status("ProvisioningState/succeeded"),))
    rows = tuple(NodeReading(Node(f"{name}{number}", "idle"), Answer.ANSWERED, (ready,)) for number in range(2))
    pool = judge_pool(PoolReading(Pool("p", expected=("a",), target_nodes=2), rows))
    lines = render_table([pool], width=90).splitlines()
    assert lines[3:] == [
        "NODE",
        "  STATE  VERDICT    a",
        f"{name}0",
        "  idle   ✓ healthy  ✓ succeeded",
        f"{name}1",
        "  idle   ✓ healthy  ✓ succeeded",
    ]


OK = "idle a=succeeded b=succeeded"


def rows(text: str) -> list[str]:
    """The rows of the matrix, without its titles."""
    return text.split("\n\n")[1].splitlines()[1:]


def test_few_nodes_are_a_row_each_and_many_are_folded_unless_all_are_asked_for() -> None:
    few, more = (judge_pool(drawing.pool("\n".join([OK] * nodes))) for nodes in (20, 21))
    assert len(rows(render_table([few]))) == 20
    assert rows(render_table([more])) == ["21     idle   ✓ healthy  ✓ succeeded  ✓ succeeded  n1, n10, n11 and 18 more"]
    assert len(rows(render_table([more], fold=None))) == 21
    assert len(rows(render_table([more], fold=21))) == 21
    assert len(rows(render_table([few], fold=0))) == 1


def test_failures_come_first_and_nodes_that_do_not_count_last() -> None:
    lines = ["preempted"] * 9 + [OK] * 8 + ["unknown"] * 2 + ["starting"] * 3 + ["unusable"] + ["idle a=succeeded"] * 2
    text = render_table([judge_pool(drawing.pool("\n".join(lines)))])
    assert [row.split()[:2] for row in rows(text)] == [
        ["2", "idle"],
        ["1", "unusable"],
        ["2", "unknown"],
        ["3", "starting"],
        ["8", "idle"],
        ["9", "preempted"],
    ]


def test_pictures_and_texts_without_end_are_counted_where_nodes_are_folded() -> None:
    def row(number: int) -> NodeReading:
        status = Status(f"ProvisioningState/failed/{number}", message=f"Failed at {number}.")
        return NodeReading(Node(f"n{number:03}", "idle"), Answer.ANSWERED, (NodeExtension("a", statuses=(status,)),))

    pool = judge_pool(PoolReading(Pool("p", expected=("a",), target_nodes=100), tuple(map(row, range(100)))))
    text = render_table([pool])
    assert len(rows(text)) == 50
    assert "one row; 50 more kinds on 50 nodes are left out; --all shows each." in text
    assert text.count("Failed at") == 20
    assert "✗ 80 more texts on 80 nodes\n    'extension-pool diagnose' groups them by cause" in text
    every = render_table([pool], fold=None)
    assert len(rows(every)) == every.count("Failed at") == 100


def test_an_equal_text_on_ten_thousand_nodes_is_told_once() -> None:
    pool = judge_pool(drawing.pool("idle a=failed b=succeeded\n" * 10_000))
    text = render_table([pool])
    assert len(text.splitlines()) < 12
    assert "✗ a: ProvisioningState/failed on 10000 nodes: n1, n10, n100, n1000, n10000 and 9995 more" in text


def test_the_steps_of_a_table_grow_with_the_nodes_and_no_faster() -> None:
    def render(nodes: int) -> int:
        pool = judge_pool(drawing.pool("idle a=failed b=succeeded\n" * nodes))
        return count_steps(lambda: [render_table([pool], fold=fold) for fold in (20, None)])

    assert render(1000) < 11 * render(100)


def test_a_scaling_that_failed_is_explained() -> None:
    reading = drawing.pool(OK)
    error = Problem("AutoScaleFormulaEvaluationError", "No sample of $CPUPercent.")
    pool = replace(reading.pool, target_nodes=None, autoscale=Autoscale("$x", error=error))
    text = render_table([judge_pool(replace(reading, pool=pool))])
    assert "… autoscale: AutoScaleFormulaEvaluationError\n    No sample of $CPUPercent.\n" in text


def test_without_colour_every_verdict_has_a_sign_and_a_word() -> None:
    for unicode, signs in ((True, "✓…?✗"), (False, "+~?x")):
        text = render_table(mixed(), unicode=unicode)
        for sign, word in zip(signs, ("healthy", "waiting", "unknown", "failed"), strict=True):
            assert f"{sign} {word}" in text
        assert unicode or text.isascii()


def test_json_fits_in_a_line_for_programs_that_read_lines() -> None:
    text = render_json(mixed(), indent=None)
    assert text.count("\n") == 1
    assert json.loads(text) == json.loads(render_json(mixed()))


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
    assert json.loads(render_json([])) == {"pools": [], "verdict": "healthy", "waitingJobs": []}
