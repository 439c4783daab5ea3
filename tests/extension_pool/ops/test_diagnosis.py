"""How failures become findings: what is told, what is not, and what is grouped."""

import ast
import time
from dataclasses import replace
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from extension_pool.ops import diagnosis
from extension_pool.ops.cells import Verdict
from extension_pool.ops.diagnosis import diagnose
from extension_pool.ops.diagnosis.wording import normalise
from extension_pool.ops.health import judge_pool
from extension_pool.ops.snapshot import (
    Answer,
    PoolReading,
)

from .diagnosed_pools import NOW, POOL, TODAY, cause, node, one, status, told


def test_a_healthy_pool_and_one_that_comes_up_have_nothing_to_tell() -> None:
    assert told(node(status("succeeded"))) == []
    assert (
        told(node(state="starting"), node(status("transitioning", "Identity not found"), id="n2", state="starting"))
        == []
    )
    assert told(node(state="creating", answer=Answer.NOT_ASKED)) == []


def test_a_node_that_azure_took_back_is_no_finding() -> None:
    assert told(node(state="preempted", answer=Answer.NOT_ASKED), node(answer=Answer.VANISHED, id="n2")) == []


def test_a_pool_that_is_being_deleted_has_nothing_to_tell() -> None:
    dying = replace(POOL, state="deleting")
    assert told(node(status("failed", "Identity not found")), pool=dying) == []
    assert told(node(status("failed", "Identity not found"))) != []


def test_a_failure_is_told_with_its_cause_its_text_and_its_log() -> None:
    text = '{"error":"invalid_request",\r\n"error_description":"Identity not found"}'
    finding = one(node(status("failed/1009", text)))
    assert (finding.pool, finding.account, finding.subject, cause(finding)) == (
        "linux",
        "acct",
        "kv",
        "identity-not-found",
    )
    assert (finding.message, finding.nodes, finding.severity) == (text, ("n1",), Verdict.FAILED)
    assert finding.code == "ProvisioningState/failed/1009"
    assert finding.log == "/var/log/azure/Microsoft.Azure.KeyVault.KeyVaultForLinux/"


def test_an_unknown_failure_is_told_whole_and_leads_to_the_node() -> None:
    finding = one(node(status("failed", "The frobnicator is out of cheese.\nRedo from start.")), stack="prod")
    assert (finding.cause, finding.message) == (None, "The frobnicator is out of cheese.\nRedo from start.")
    assert finding.command == "extension-pool status --stack prod --pool linux --node n1"


def test_unknown_failures_that_differ_in_what_is_the_nodes_are_one() -> None:
    text = (
        "2026-11-20T10:0{0}:11.1234567Z tvmps_{0}abc_d (10.0.0.{0}:5432{0}) failed, "
        "RequestId:0000000{0}-1111-2222-3333-444444444444, 0x8007000{0}, /opt/agent-1.0.{0}/run, "
        "pid 412{0} after 1{0} seconds"
    )
    nodes = [node(status("failed", text.format(number)), id=f"n{number}") for number in (3, 1, 2)]
    finding = one(*nodes)
    assert finding.nodes == ("n1", "n2", "n3")
    assert finding.message == text.format(1)


def test_unknown_failures_that_say_something_else_are_not_one() -> None:
    texts = [
        "exit code 1",
        "exit code 2",
        "HTTP 403",
        "HTTP 404",
        "no route to 169.254.169.254",
        "no route to 168.63.129.16",
    ]
    nodes = [node(status("failed", text), id=f"n{number}") for number, text in enumerate(texts)]
    assert len(told(*nodes)) == len(texts)


def test_one_cause_is_one_finding_however_its_texts_differ() -> None:
    texts = (
        "Identity not found",
        "Token: Identity not found (try 3)",
        "IMDS: {'error_description':'Identity not found'}",
    )
    finding = one(*(node(status("failed", text), id=f"n{number}") for number, text in enumerate(texts)))
    assert (cause(finding), finding.nodes) == ("identity-not-found", ("n0", "n1", "n2"))


def test_two_secrets_that_are_missing_are_two_findings() -> None:
    text = "A secret with (name/id) {} was not found in this key vault."
    web, api = (node(status("failed", text.format(name)), id=name) for name in ("web", "api"))
    commands = sorted(finding.command or "" for finding in told(web, api))
    assert commands == [
        "az keyvault secret show --vault-name kv-one --name web --query id",
        "az keyvault secret show --vault-name kv-two --name api --query id",
    ]


def test_the_worst_comes_first_and_then_what_struck_most() -> None:
    nodes = [
        node(status("paused", name="gpu"), id="n1"),
        node(status("failed", "one"), id="n2"),
        node(status("failed", "many"), id="n3"),
        node(status("failed", "many"), id="n4"),
    ]
    ranked = told(*nodes, pool=replace(POOL, expected=()))
    assert [(finding.message, finding.severity) for finding in ranked] == [
        ("many", Verdict.FAILED),
        ("one", Verdict.FAILED),
        ("", Verdict.UNKNOWN),
    ]


def test_what_varies_becomes_a_placeholder_and_what_tells_stays() -> None:
    said = (
        "2021/11/17 09:24:29 Non-zero exit code: 51, /var/lib/waagent/Agent-1.14.5/shim.sh "
        "on tvm-1170471534_2-20170829t072146z from 10.1.2.3:443 to 169.254.169.254:80, HTTP 403, try 7 of 25, "
        "RequestId:98a9d4db-3ca8-4fb1-8a17-0123456789ab, took 93412 ms"
    )
    assert normalise(said) == (
        "<time> Non-zero exit code: 51, /var/lib/waagent/Agent-<version>/shim.sh on <node> "
        "from <ip> to 169.254.169.254:80, HTTP 403, try <number> of 25, RequestId:<guid>, took <number> ms"
    )


@given(st.text())
def test_any_text_can_be_normalised_and_is_one_line(text: str) -> None:
    assert len(normalise(text).splitlines()) <= 1


def test_ten_thousand_nodes_are_grouped_in_seconds() -> None:
    text = "tvmps_{:05}_d: unknown trouble at 10.0.{}.7, request 0000{:04d}-1111-2222-3333-444444444444"
    nodes = [
        node(status("failed", text.format(number, number % 250, number)), id=f"tvmps_{number:05}_d")
        for number in range(10_000)
    ]
    health = judge_pool(PoolReading(replace(POOL, target_nodes=10_000), tuple(nodes)), "acct")
    start = time.monotonic()
    findings = diagnose(health, today=TODAY, now=NOW)
    assert time.monotonic() - start < 5
    assert [len(finding.nodes) for finding in findings] == [10_000]


def test_the_diagnosis_is_pure() -> None:
    folder = Path(diagnosis.__file__).parent
    imported = {
        name.split(".")[0]
        for path in folder.glob("*.py")
        for part in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        for name in (
            [alias.name for alias in part.names]
            if isinstance(part, ast.Import)
            else [part.module or ""]
            if isinstance(part, ast.ImportFrom) and part.level == 0
            else []
        )
    }
    assert imported & {"pulumi", "azure", "typer", "rich", "subprocess", "os", "time"} == set()
