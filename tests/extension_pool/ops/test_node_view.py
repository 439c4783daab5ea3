"""One node, whole; goldens in tests/goldens/status/node/ (`REWRITE_GOLDENS=1` writes them anew, to be read)."""

import json
import os
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from extension_pool.ops.node_view import render_node, render_node_json
from extension_pool.ops.snapshot import (
    Answer,
    Image,
    Node,
    NodeReading,
    Problem,
    StartTask,
    parse_node_extension,
)

from .test_snapshot import SPECIFIED, VENDOR_ANSWER

GOLDENS = next(parent for parent in Path(__file__).parents if parent.name == "tests") / "goldens" / "status" / "node"
MOMENT = datetime(2026, 11, 20, 10, 0, 0, tzinfo=timezone.utc)
NODE = Node(
    id="tvmps_0a_1_d",
    state="running",
    scheduling="enabled",
    dedicated=True,
    vm_size="standard_d2s_v5",
    image=Image("canonical", "ubuntu-24_04-lts", "server", "latest"),
    ip_address="10.0.0.4",
    agent_version="1.13.5",
    changed=MOMENT,
    allocated=MOMENT,
    booted=MOMENT,
    running_tasks=1,
    start_task=StartTask("completed", 0),
)


def vendor() -> NodeReading:
    """The page's answer to "Get extension data from a pool"."""
    return NodeReading(NODE, Answer.ANSWERED, (parse_node_extension(VENDOR_ANSWER, "secretext"),))


def specified() -> NodeReading:
    """The answer in the shape of the REST examples."""
    return NodeReading(NODE, Answer.ANSWERED, (parse_node_extension(SPECIFIED),))


def broken() -> NodeReading:
    node = replace(
        NODE,
        state="starttaskfailed",
        errors=(Problem("DiskFull", "There is not enough disk space.\nPath: /mnt"),),
        start_task=StartTask("completed", 3, Problem("FailureExitCode", "The task exited with an exit code.")),
        dedicated=False,
        running_tasks=0,
    )
    raw: dict[str, Any] = {
        "vmExtension": {
            "name": "script",
            "publisher": "Contoso",
            "type": "Setup",
            "typeHandlerVersion": "1.0",
            "autoUpgradeMinorVersion": False,
            "enableAutomaticUpgrade": True,
            "provisionAfterExtensions": ["first"],
            "settings": {"storageAccountKey": "hush", "uri": "https://a/x?sig=hush", "retries": 3},
        },
        "provisioningState": "Failed",
        "instanceView": {
            "name": "script",
            "statuses": [{"code": "ProvisioningState/failed/7", "level": 2, "message": "one\ntwo"}],
            "subStatuses": [{"code": "ComponentStatus/StdErr/succeeded", "level": "Info", "message": "no such file"}],
        },
    }
    return NodeReading(node, Answer.ANSWERED, (parse_node_extension(raw),))


def hostile() -> NodeReading:
    evil = "\x1b[2J\x1b]0;owned\x07[bold]x\u202e\nnode a of pool b: healthy"
    raw = {
        "vmExtension": {"name": evil, "publisher": evil, "type": evil, "settings": {evil: evil}},
        "instanceView": {"statuses": [{"code": evil, "message": evil, "displayStatus": evil, "level": evil}]},
    }
    node = replace(NODE, id=evil, vm_size=evil, image=Image(id=evil), errors=(Problem(evil, evil),))
    return NodeReading(node, Answer.ANSWERED, (parse_node_extension(raw),))


WHERE: dict[str, Any] = {"pool": "linux", "account": "acct"}
CASES = {
    "vendor.txt": lambda: render_node(vendor(), expected=("secretext",), **WHERE),
    "vendor-narrow.txt": lambda: render_node(vendor(), expected=("secretext",), width=60, **WHERE),
    "vendor.json": lambda: render_node_json(vendor(), expected=("secretext",), **WHERE),
    "specified.txt": lambda: render_node(specified(), expected=("secretext",), **WHERE),
    "specified.json": lambda: render_node_json(specified(), expected=("secretext",), **WHERE),
    "broken.txt": lambda: render_node(broken(), expected=("first", "script"), **WHERE),
    "broken.json": lambda: render_node_json(broken(), expected=("first", "script"), **WHERE),
    "hostile.txt": lambda: render_node(hostile(), **WHERE),
    "hostile.json": lambda: render_node_json(hostile(), **WHERE),
}


@pytest.mark.parametrize("name", CASES)
def test_whole_outputs(name: str) -> None:
    golden, text = GOLDENS / name, CASES[name]()
    if os.environ.get("REWRITE_GOLDENS"):
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(text, encoding="utf-8")
    assert text == golden.read_text(encoding="utf-8")


def test_no_golden_is_left_over() -> None:
    assert {path.name for path in GOLDENS.iterdir()} == set(CASES)


def test_the_pages_answer_is_shown_whole() -> None:
    answer, text = VENDOR_ANSWER, CASES["vendor.txt"]()
    extension, status = answer["vmExtension"], answer["instanceView"]["statuses"][0]
    for value in (extension["name"], extension["publisher"], extension["type"], extension["typeHandlerVersion"]):
        assert value in text
    for value in (answer["instanceView"]["name"], status["code"], status["displayStatus"], status["message"]):
        assert value in text
    shown = json.loads(text[text.index("{") :])
    assert shown == json.loads(extension["settings"])
    (detail,) = json.loads(CASES["vendor.json"]())["node"]["extensions"]
    assert detail["settings"] == json.loads(extension["settings"])
    assert (detail["name"], detail["aliases"]) == ("secretext", ["KVExtensions"])
    assert [(one["code"], one["message"]) for one in detail["statuses"]] == [(status["code"], status["message"])]


def test_the_shape_of_the_rest_examples_is_shown_whole() -> None:
    (detail,) = json.loads(CASES["specified.json"]())["node"]["extensions"]
    view = SPECIFIED["instanceView"]
    assert detail["settings"] == SPECIFIED["vmExtension"]["settings"]
    assert [one["code"] for one in detail["statuses"]] == [one["code"] for one in view["statuses"]]
    assert [one["message"] for one in detail["subStatuses"]] == [one["message"] for one in view["subStatuses"]]
    assert detail["statuses"][0]["time"] == "2026-11-20T10:00:00.123456Z"
    text = CASES["specified.txt"]()
    assert "sub status ComponentStatus/one, warning\n        m\n" in text


@pytest.mark.parametrize("name", [name for name in CASES if name.startswith("broken")])
def test_what_looks_like_a_secret_is_masked_and_the_rest_is_not(name: str) -> None:
    text = CASES[name]()
    assert "hush" not in text
    assert '"storageAccountKey": "[secret]"' in text
    assert '"uri": "https://a/x?sig=[secret]"' in text
    assert '"retries": 3' in text


@pytest.mark.parametrize("name", [name for name in CASES if name.startswith("hostile")])
def test_hostile_texts_drive_no_terminal_and_fake_no_line(name: str) -> None:
    text = CASES[name]()
    assert all(char == "\n" or char.isprintable() for char in text)
    assert not any(line.startswith("node a of pool b") for line in text.splitlines())


@pytest.mark.parametrize(
    ("answer", "state", "problem", "words"),
    [
        (Answer.NOT_ASKED, "creating", None, "The node was not asked for its extensions"),
        (Answer.VANISHED, "idle", None, "The node left the pool while it was read."),
        (Answer.REFUSED, "idle", Problem("NodeBeingRebooted", "Later."), "cannot tell its extensions now"),
        (Answer.NO_ANSWER, "idle", Problem("ServerBusy", "Busy."), "The service did not answer"),
        (Answer.ANSWERED, "idle", None, "The node reports no extension."),
    ],
)
def test_a_node_without_an_answer_says_why(answer: Answer, state: str, problem: Problem | None, words: str) -> None:
    text = render_node(NodeReading(replace(NODE, state=state), answer, problem=problem), pool="linux")
    assert words in text
    if problem is not None:
        assert f"error {problem.code}\n    {problem.message}" in text


def test_an_expected_extension_that_is_absent_is_told() -> None:
    text = render_node(NodeReading(NODE, Answer.ANSWERED), pool="linux", expected=("a",))
    assert "✗ a: absent\n    the pool should have this extension, and the node does not report it\n" in text


def test_what_the_service_does_not_tell_takes_no_line() -> None:
    text = render_node(NodeReading(Node("n", "idle"), Answer.ANSWERED), pool="linux", unicode=False)
    assert text == ("node n of pool linux: + healthy\n    state  idle\n\nThe node reports no extension.\n")
