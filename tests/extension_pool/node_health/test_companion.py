"""What a program and a stack file get: an extension and a start task that the pool takes as they are."""

from __future__ import annotations

import base64
import os
import re
import shlex
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any, cast

import pulumi
import pytest
import yaml

from extension_pool import ExtensionPool, ExtensionPoolArgs
from extension_pool.checks import check_pool
from extension_pool.checks.health import AGENT_PORT
from extension_pool.extensions import ApplicationHealthLinux, ApplicationHealthWindows
from extension_pool.node_health import __main__ as command
from extension_pool.node_health import companion, server
from extension_pool.problems import InvalidInput
from extension_pool.stack_config import parse_stack_config
from extension_pool.testing import RecordedStack, run_program
from extension_pool.testing.tokens import POOL

TODAY = date(2026, 6, 1)
OWN = "http://127.0.0.1:8080/health"
IMAGES = {"linux": "ubuntu-24.04", "windows": "windows-server-2022"}
ADMIN = {"auto_user": {"elevation_level": "Admin", "scope": "Pool"}}


def own_part(command_line: str) -> str:
    """What the Linux command line runs after it has been unpacked."""
    return base64.b64decode(re.findall(r"echo (\S+) \|", command_line)[1]).decode()


def build(**changes: Any) -> RecordedStack:
    whole = {"resource_group_name": "rg", "account_name": "account1", "vm_size": "Standard_D2s_v5", **changes}
    return run_program(lambda: ExtensionPool("render", cast(ExtensionPoolArgs, whole)))


@pytest.mark.parametrize("os_type", ["linux", "windows"])
def test_the_pool_takes_both_as_they_are(os_type: str) -> None:
    health = companion(os_type, own=OWN, start_task={"command_line": "setup --all"})
    pool = build(image=IMAGES[os_type], extensions=[health.extension], start_task=health.start_task).only(POOL).inputs
    assert pool["startTask"]["commandLine"] == health.start_task["command_line"]
    assert pool["startTask"]["userIdentity"]["autoUser"]["elevationLevel"] == "Admin"
    (extension,) = pool["deploymentConfiguration"]["virtualMachineConfiguration"]["extensions"]
    assert extension["typeHandlerVersion"] == "2.0"
    assert extension["settings"] == {
        "protocol": "http",
        "port": 8099,
        "requestPath": "/health",
        "intervalInSeconds": 5,
        "numberOfProbes": 3,
        "gracePeriod": 600,
    }


def test_each_operating_system_has_its_extension() -> None:
    assert isinstance(companion("linux").extension, ApplicationHealthLinux)
    assert isinstance(companion("windows").extension, ApplicationHealthWindows)


def test_a_start_task_keeps_what_it_says() -> None:
    given = {
        "command_line": "/bin/sh -c 'make all'",
        "wait_for_success": False,
        "max_task_retry_count": 2,
        "user_identity": {"user_name": "root2"},
    }
    start_task = companion("linux", start_task=given).start_task
    assert {**start_task, "command_line": given["command_line"]} == given
    assert own_part(start_task["command_line"]).endswith("\nexec /bin/sh -c 'make all'")
    assert "command_line" in given and given["command_line"] == "/bin/sh -c 'make all'"


def test_without_a_start_task_of_ones_own_the_health_server_is_all() -> None:
    start_task = companion("linux", own=OWN, own_status_only=True, port=8100, timeout=2.5).start_task
    assert (start_task["user_identity"], start_task["wait_for_success"]) == (ADMIN, True)
    words = shlex.split(own_part(start_task["command_line"]))
    assert words[4:] == ["8100", "--timeout", "2.5", "--own", OWN, "--own-status-only", "||", "exit", "1"]


def test_a_command_may_be_an_output() -> None:
    def program() -> None:
        late = pulumi.Output.from_input("echo late")
        health = companion("linux", start_task={"command_line": late})
        pool = {"resource_group_name": "rg", "account_name": "account1", "vm_size": "Standard_D2s_v5"}
        arguments = {**pool, "image": "ubuntu-24.04", "start_task": health.start_task}
        ExtensionPool("late", cast(ExtensionPoolArgs, {**arguments, "extensions": [health.extension]}))

    pool = run_program(program).only(POOL).inputs
    assert own_part(pool["startTask"]["commandLine"]).endswith("\nexec echo late")


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"os_type": "beos"}, 'os_type: must be an operating system, got "beos"; allowed linux, windows'),
        ({"port": 29879}, "port: must be from 1 to 65535 and not 29879, the Batch node agent's, got 29879"),
        ({"port": 0}, "port: must be from 1 to 65535, got 0"),
        ({"own": "http://10.0.0.4/"}, "own: must be an http:// URL of this node, got 'http://10.0.0.4/'; for example "),
        ({"own": "http://127.0.0.1/' ; reboot"}, "own: must be an http:// URL of this node, got "),
        ({"timeout": 40}, "timeout: must be above 0 and at most 25 seconds, got 40"),
        (
            {"start_task": {"command_line": "x", "container_settings": {"image_name": "busybox"}}},
            "start_task.container_settings: must not be given: the health server runs on the node itself",
        ),
        (
            {"start_task": {"command_line": "x", "user_identity": {"auto_user": {"elevation_level": "NonAdmin"}}}},
            "start_task.user_identity.auto_user.elevation_level: must be Admin: the health server is installed for the "
            'whole node, got "NonAdmin"; set it to Admin',
        ),
        ({"start_task": {"command_line": 7}}, "start_task.command_line: must be a text or an Output"),
    ],
)
def test_what_cannot_work_is_refused(changes: dict[str, Any], problem: str) -> None:
    arguments = {"os_type": "linux", **changes}
    with pytest.raises(InvalidInput) as caught:
        companion(arguments.pop("os_type"), **arguments)
    assert str(caught.value).startswith(problem)


def test_all_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(InvalidInput) as caught:
        companion("beos", port=0, start_task={"container_settings": {}})
    assert len(caught.value.problems) == 3


def test_the_server_and_the_rules_know_the_same_port_of_the_agent() -> None:
    assert server.AGENT_PORT == AGENT_PORT


# stack files


def entries(capsys: pytest.CaptureFixture[str], *options: str) -> dict[str, Any]:
    assert command.main(options) == 0
    told = yaml.safe_load(capsys.readouterr().out)
    assert isinstance(told, dict)
    return told


@pytest.mark.parametrize("os_type", ["linux", "windows"])
def test_a_stack_file_takes_what_the_command_prints(os_type: str, capsys: pytest.CaptureFixture[str]) -> None:
    printed = entries(capsys, "--os", os_type, "--own", OWN, "--start-task", "setup.exe --say 'hi: #1'")
    stack = {
        "resourceGroup": {"name": "rg"},
        "batchAccount": {"name": "account1"},
        "pools": {"main": {"image": IMAGES[os_type], "vmSize": "Standard_D2s_v5", **printed}},
    }
    pool = parse_stack_config(stack, TODAY).pools["main"]
    same = companion(os_type, own=OWN, start_task={"command_line": "setup.exe --say 'hi: #1'"})
    assert pool.start_task is not None
    assert pool.start_task.command_line == same.start_task["command_line"]
    assert pool.extensions == [same.extension.to_extension()]
    found = check_pool(pool, TODAY)
    assert found.problems == ()
    # of the extension itself; that Batch lists it is not documented for sure
    assert [notice.text for notice in found.notices if notice.path[2:3] == ("settings",)] == []


def test_the_comment_says_how_it_was_made(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["--os", "linux", "--start-task", "echo a\nrm -rf b"]) == 0
    first, second, *_ = capsys.readouterr().out.splitlines()
    assert first == "# made by: python -m extension_pool.node_health --os linux --start-task 'echo a\\nrm -rf b'"
    assert second == "startTask:"


def test_the_command_runs_and_ends_with_2_for_what_cannot_work() -> None:
    run = [sys.executable, "-m", "extension_pool.node_health", "--os", "linux"]
    done = subprocess.run(run, capture_output=True, text=True, cwd="/", env=dict(os.environ))
    assert (done.returncode, done.stderr) == (0, "")
    assert yaml.safe_load(done.stdout)["extensions"][0]["type"] == "ApplicationHealthLinux"
    bad = subprocess.run([*run, "--own", "http://127.0.0.1:29879/"], capture_output=True, text=True)
    assert (bad.returncode, bad.stdout) == (2, "")
    assert bad.stderr.startswith("own: the port must be from 1 to 65535 and not 29879")


def test_the_page_says_what_the_code_does() -> None:
    page = (Path(__file__).parents[3] / "docs" / "application-health.md").read_text(encoding="utf-8")
    for part in (str(server.DEFAULT_PORT), str(server.AGENT_PORT), server.PATH, server.DETAIL_PATH):
        assert part in page
    (program,) = re.findall(r"```python\n(.*?)```", page, re.S)
    names: dict[str, Any] = {}
    made = run_program(lambda: exec(program, names))
    assert made.only(POOL).inputs["startTask"]["commandLine"].startswith("/bin/sh -c ")
