"""Whole outputs against tests/goldens/diagnosis/; `REWRITE_GOLDENS=1` writes them anew, for the diff to be read."""

import json
import os
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from extension_pool.ops.diagnosis import Finding, diagnose
from extension_pool.ops.diagnosis_view import Diagnosis, render_blocks, render_json
from extension_pool.ops.health import judge_pool, missing_pool
from extension_pool.ops.snapshot import (
    Answer,
    Image,
    Node,
    NodeExtension,
    NodeReading,
    Pool,
    PoolExtension,
    PoolReading,
    Problem,
    StartTask,
    Status,
)

GOLDENS = next(parent for parent in Path(__file__).parents if parent.name == "tests") / "goldens" / "diagnosis"
NOW = datetime(2026, 11, 20, 10, 0, tzinfo=timezone.utc)
KEY_VAULT = PoolExtension(
    "secretext",
    "Microsoft.Azure.KeyVault",
    "KeyVaultForLinux",
    "3.0",
    {
        "secretsManagementSettings": {
            "requireInitialSync": True,
            "observedCertificates": [{"url": "https://kv-extpool-prod.vault.azure.net/secrets/render-tls"}],
        },
        "authenticationSettings": {"msiClientId": "885b1a3d-f13c-4030-afcf-9f05044d78dc"},
    },
)
GPU = PoolExtension("gpu", "Microsoft.HpcCompute", "NvidiaGpuDriverLinux", "1.6")
IDENTITY = "/subscriptions/0a/resourceGroups/rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-render"


def reported(kind: PoolExtension, code: str, message: str = "") -> NodeExtension:
    statuses = (Status(f"ProvisioningState/{code}", message=message, time=NOW),)
    return NodeExtension(kind.name, kind.publisher, kind.type, kind.version, statuses=statuses)


def mixed() -> PoolReading:
    """A pool with a bit of everything."""
    refused = (
        "Caller is not authorized to perform action on resource.\r\n"
        "Caller: appid=b84e06d3-aba1-4bcc-9626-2e0d76cba2ce;oid=600a3bc8-7e2c-44e5-8a27-18c3eb963060;iss=x\r\n"
    )
    good, driver = reported(KEY_VAULT, "succeeded"), reported(GPU, "succeeded")
    task = StartTask(
        "completed", 127, Problem("FailureExitCode", "The task exited with an exit code representing a failure")
    )
    late = NOW - timedelta(hours=1)
    nodes = [
        *(NodeReading(Node(f"tvmps_{n:02}_d", "idle"), Answer.ANSWERED, (good, driver)) for n in range(10)),
        *(
            NodeReading(Node(f"tvmps_{n}_d", "idle"), Answer.ANSWERED, (reported(KEY_VAULT, "failed", refused), driver))
            for n in range(10, 17)
        ),
        NodeReading(
            Node("tvmps_20_d", "idle"),
            Answer.ANSWERED,
            (good, reported(GPU, "failed/9", "Something on tvmps_20_d that nobody\n  has written down yet.")),
        ),
        NodeReading(
            Node("tvmps_21_d", "starting", booted=late), Answer.ANSWERED, (reported(KEY_VAULT, "transitioning"),)
        ),
        NodeReading(Node("tvmps_22_d", "starttaskfailed", start_task=task), Answer.ANSWERED, (good, driver)),
        NodeReading(Node("tvmps_23_d", "unusable"), Answer.REFUSED, (), Problem("NodeStateUnusable", "Not now.")),
        NodeReading(Node("tvmps_24_p", "preempted"), Answer.NOT_ASKED),
    ]
    pool = Pool(
        id="render",
        state="active",
        allocation_state="steady",
        expected=("secretext", "gpu"),
        target_nodes=30,
        target_dedicated=30,
        resize_errors=(Problem("AccountCoreQuotaReached", "The specified account has reached core quota\nLimit: 96"),),
        image=Image("canonical", "0001-com-ubuntu-server-focal", "20_04-lts"),
        extensions=(KEY_VAULT, GPU),
        identities=(IDENTITY,),
    )
    return PoolReading(pool, tuple(nodes))


def diagnosed(reading: PoolReading) -> Diagnosis:
    health = judge_pool(reading, "extpoolprod")
    return health, diagnose(
        health,
        stack="prod",
        component="render",
        today=NOW.date(),
        now=NOW,
        endpoint="https://extpoolprod.westeurope.batch.azure.com",
    )


def well() -> Diagnosis:
    node = NodeReading(Node("tvmps_1_d", "idle"), Answer.ANSWERED, (reported(GPU, "succeeded"),))
    return diagnosed(PoolReading(Pool("well", "active", "steady", ("gpu",), target_nodes=1), (node,)))


@pytest.fixture(scope="module")
def everything() -> list[Diagnosis]:
    gone = missing_pool("gone", "extpoolprod", ("gpu",))
    return [diagnosed(mixed()), well(), (gone, diagnose(gone, stack="prod", today=NOW.date(), now=NOW))]


def check(name: str, text: str) -> None:
    path = GOLDENS / name
    if os.environ.get("REWRITE_GOLDENS"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


def test_blocks_in_a_pipe(everything: list[Diagnosis]) -> None:
    check("blocks.txt", render_blocks(everything))


def test_blocks_on_a_narrow_terminal(everything: list[Diagnosis]) -> None:
    check("blocks-80.txt", render_blocks(everything, width=80, colour=True))


def test_blocks_in_ascii_with_every_node(everything: list[Diagnosis]) -> None:
    text = render_blocks(everything[:1], unicode=False, every_node=True)
    assert text.isascii()
    assert "tvmps_10_d, tvmps_11_d, tvmps_12_d, tvmps_13_d, tvmps_14_d, tvmps_15_d, tvmps_16_d\n" in text
    check("blocks-ascii.txt", text)


def test_json(everything: list[Diagnosis]) -> None:
    text = render_json(everything)
    assert text.isascii()
    check("diagnosis.json", text)


def test_the_json_has_every_text_whole(everything: list[Diagnosis]) -> None:
    (pool, findings), *_ = everything
    told = json.loads(render_json([(pool, findings)]))["pools"][0]["findings"]
    assert [one["message"] for one in told] == [one.message for one in findings]
    assert [tuple(one["nodes"]) for one in told] == [one.nodes for one in findings]


def test_a_command_stands_alone_on_its_line_at_any_width(everything: list[Diagnosis]) -> None:
    (_, findings), *_ = everything
    lines = render_blocks(everything, width=40, colour=True).splitlines()
    assert [finding.command for finding in findings if finding.command not in lines] == []


def test_a_healthy_pool_says_so_and_the_document_is_healthy() -> None:
    assert render_blocks([well()]).endswith("nothing to tell\n")
    assert json.loads(render_json([well()]))["severity"] == "healthy"


def hostile(finding: Finding) -> Finding:
    bad = "\x1b]0;owned\x07\u202eevil\x9b31m"
    return replace(finding, subject=bad, message=f"{bad}\n{bad}", nodes=(bad,), code=bad, command=f"echo {bad}")


def test_texts_of_others_cannot_drive_the_terminal(everything: list[Diagnosis]) -> None:
    (pool, findings), *_ = everything
    text = render_blocks([(replace(pool, name="\x1b[2J", account="\x07"), [hostile(one) for one in findings])])
    assert [char for char in text if not char.isprintable() and char != "\n"] == []
    raw = render_json([(pool, [hostile(one) for one in findings])])
    assert [char for char in raw if not char.isprintable() and char != "\n"] == []
    assert json.loads(raw)["pools"][0]["findings"][0]["subject"] == hostile(findings[0]).subject
