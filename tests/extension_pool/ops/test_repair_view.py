"""Plans and outcomes as they are printed: whole outputs in tests/goldens/repair."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from extension_pool.ops.diagnosis import Remedy
from extension_pool.ops.repair import Action, Plan, Skipped
from extension_pool.ops.repair_acting import NodeOutcome, Result
from extension_pool.ops.repair_view import Report, render_json, render_text
from extension_pool.ops.repairing import Outcome
from extension_pool.ops.snapshot import Node

GOLDENS = Path(__file__).parents[2] / "goldens" / "repair"
COMMAND = "extension-pool repair --stack prod --yes"


def action(name: str, remedy: Remedy = Remedy.REBOOT, cause: str = "agent-not-ready", reason: str = "") -> Action:
    return Action(Node(name, "idle"), remedy, (cause,), reason)


REASON = "restarted at 2026-11-20 08:00 UTC, and it fails all the same"
PLAN = Plan(
    pool="linux",
    account="extpoolprod",
    wanted=20,
    working=18,
    budget=8,
    waves=(
        tuple(action(f"tvm-{number}") for number in range(1, 8)),
        (action("tvm-8", Remedy.REMOVE, reason=REASON), action("tvm-9", Remedy.REMOVE, "disk-full")),
    ),
    skipped=(
        Skipped(("tvm-10", "tvm-11"), "tasks run on it; --include-busy takes it as well", "agent-not-ready"),
        Skipped(
            ("tvm-12",),
            "something outside the pool must be mended first; if it is, --action takes the nodes",
            "vault-refuses-role",
            "az role assignment create --role 'Key Vault Secrets User'",
            Remedy.NONE,
        ),
        Skipped((), "resize: The account has no cores left", "quota", "az batch account show", Remedy.NONE),
        Skipped(("tvm-13",), "the node is rebooting: wait until it is up", "agent-not-ready", None, Remedy.WAIT),
    ),
)
OUTCOME = Outcome(
    "linux",
    "extpoolprod",
    (
        *(NodeOutcome(f"tvm-{number}", Remedy.REBOOT, Result.REPAIRED) for number in range(1, 7)),
        NodeOutcome("tvm-7", Remedy.REBOOT, Result.FAILED, "KVExtensions failed"),
        *(NodeOutcome(f"tvm-{number}", Remedy.REMOVE, Result.LEFT) for number in (8, 9)),
    ),
    "wave 1 of 2: 1 of 7 nodes not healthy: KVExtensions failed",
)
NOTHING = Plan("windows", "extpoolprod", 5, 5, 1, (), ())

OTHERS = replace(NOTHING, skipped=PLAN.skipped[:2])

REPORTS = {
    "nothing": [Report(NOTHING)],
    "plan": [Report(PLAN), Report(NOTHING)],
    "elsewhere": [Report(OTHERS)],
    "stopped": [Report(PLAN, OUTCOME)],
    "interrupted": [Report(NOTHING, to_put_back="autoscale and scheduling on tvm-1")],
}


@pytest.mark.parametrize("name", REPORTS)
def test_the_text_is_as_in_the_golden_file(name: str) -> None:
    assert render_text(REPORTS[name], COMMAND) == (GOLDENS / f"{name}.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", REPORTS)
def test_the_json_is_as_in_the_golden_file(name: str) -> None:
    executed = any(report.outcome is not None for report in REPORTS[name])
    assert render_json(REPORTS[name], executed=executed) == (GOLDENS / f"{name}.json").read_text(encoding="utf-8")


def test_every_golden_file_is_of_a_report() -> None:
    assert {file.stem for file in GOLDENS.iterdir()} == set(REPORTS)


@pytest.mark.parametrize(
    ("report", "fine"),
    [
        (Report(NOTHING), True),
        (Report(PLAN), False),
        (Report(NOTHING, to_put_back="autoscale"), False),
        (Report(PLAN, OUTCOME), False),
        (Report(replace(PLAN, skipped=PLAN.skipped[-1:]), replace(OUTCOME, stopped="", nodes=OUTCOME.nodes[:6])), True),
        (Report(PLAN, replace(OUTCOME, stopped="", nodes=OUTCOME.nodes[:6])), False),
        (Report(replace(NOTHING, skipped=PLAN.skipped[-1:])), True),
        (Report(replace(NOTHING, skipped=PLAN.skipped[:1])), False),
    ],
)
def test_it_is_fine_only_when_nobody_needs_to_do_anything(report: Report, fine: bool) -> None:
    assert report.fine is fine


def test_hostile_names_and_reasons_cannot_drive_a_terminal() -> None:
    evil = "\x1b[2Jx\u202e\n"
    wave = (replace(action(evil), causes=("c",), reason=evil),)
    plan = replace(PLAN, pool=evil, account=evil, waves=(wave,), skipped=(Skipped((evil,), evil, evil, evil),))
    outcome = Outcome(evil, evil, (NodeOutcome(evil, Remedy.REBOOT, Result.FAILED, evil),), evil)
    for report in (Report(plan), Report(plan, outcome, evil)):
        for text in (render_text([report], "x"), render_json([report], executed=True)):
            assert "\x1b" not in text and "\u202e" not in text
    assert json.loads(render_json([Report(plan)], executed=False))["pools"][0]["pool"] == evil
