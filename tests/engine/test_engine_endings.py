"""How runs of the real engine end, by themselves, by an interrupt or a kill: nothing is left running."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from engine import __main__ as command_line
from engine import language_host
from engine.local import PLUGIN_SOURCE, plugin_version
from tests.engine.running import running, until, up

pytestmark = pytest.mark.engine


def _host() -> "subprocess.Popen[str]":
    command = [sys.executable, language_host.__file__, "127.0.0.1:1"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_language_host_prints_its_port_and_leaves_at_once_when_interrupted(number):
    host = _host()
    assert host.stdout is not None
    assert int(host.stdout.readline()) > 0
    started = time.monotonic()
    host.send_signal(number)
    out, err = host.communicate(timeout=5)
    assert (host.returncode, out, err) == (0, "", "")
    assert time.monotonic() - started < 2


SLEEPS = "import time\nprint('begun', flush=True)\ntime.sleep(60)\n"


@pytest.mark.parametrize(("number", "expected"), [(signal.SIGINT, 1), (signal.SIGKILL, -9)])
def test_nothing_runs_on_behind_an_interrupted_or_killed_engine(program, local, number, expected):
    run = local(program(SLEEPS))
    run.pulumi("stack", "select", "--create", "dev")
    folder = str(run.project.copy)
    child = subprocess.Popen(
        [run.engine.path, "up", "--yes", "--skip-preview", "--stack", "dev"],
        cwd=folder, env=run.environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    assert child.stdout is not None
    for line in child.stdout:
        if "begun" in line:
            break
    assert running(folder)  # the program has it among its arguments
    started = time.monotonic()
    child.send_signal(number)
    said = child.communicate(timeout=15)[0]
    assert child.returncode == expected
    assert until(lambda: not running(folder), 3)
    assert time.monotonic() - started < 4
    assert "KeyboardInterrupt" not in said
    if number == signal.SIGKILL:
        assert list((run.work / "state/.pulumi/locks").rglob("*.json"))
        (run.program / "__main__.py").write_text("")
        assert up(run).returncode == 0
        assert run.notices == ["stack dev: locked by a run that was killed; cancelling it"]


def test_a_command_ends_within_a_second_of_its_work(program, local):
    run = local(program(""))
    assert up(run).returncode == 0
    started = time.monotonic()
    assert up(run, "preview").returncode == 0
    assert (
        time.monotonic() - started < 6
    )  # two commands, with room for a busy machine; a host that stays costs 5 s each


def test_the_plugin_is_installed_once_and_again_when_it_changed(program, local):
    run = local(program(""))
    run.install_plugin()
    installed: Path = run.home / "plugins" / f"resource-azure-native-v{plugin_version()}"
    script = installed / "pulumi-resource-azure-native"
    assert os.access(script, os.X_OK)
    run.install_plugin()
    assert len(run.notices) == 1
    old = installed.with_name("resource-azure-native-v3.0.0")
    old.mkdir()
    script.write_text("other\n")
    run.install_plugin()
    assert len(run.notices) == 2
    assert script.read_text() == (PLUGIN_SOURCE / script.name).read_text()
    assert not old.exists()
    run.pulumi("stack", "ls")


HOOKED = """\
import pulumi
async def hook(args):
    print("hook ran")
if {hooks}:
    before = pulumi.ResourceHook("before", hook)
    options = pulumi.ResourceOptions(hooks=pulumi.ResourceHookBinding(before_delete=[before]))
else:
    options = None
pulumi.Stash("kept", input="x", opts=options)
"""


@pytest.mark.parametrize("hooks", [True, False])
def test_down_takes_down_with_hooks_and_without_and_leaves_nothing(program, local, hooks, monkeypatch, capfd):
    run = local(program(HOOKED.format(hooks=hooks)))
    monkeypatch.setattr(command_line, "Local", lambda: run)
    monkeypatch.setattr(command_line, "leave_on_termination", lambda: None)
    run.ready("dev")
    assert run.started_azure
    assert run.azure() is not None
    assert run.environment()["AZURE_BATCH_ENDPOINT"].startswith("http://127.0.0.1:")
    assert up(run).returncode == 0
    assert run.has_delete_hooks("dev") is hooks
    assert command_line.main(["down"]) == 0
    assert ("hook ran" in capfd.readouterr().out) is hooks
    assert run.deployed() == []
    assert run.azure() is None
    assert until(lambda: not running(str(run.work)), 3)
    assert command_line.main(["down"]) == 0
    assert "nothing is deployed" in capfd.readouterr().out


def test_other_stacks_keep_local_azure(program, local, monkeypatch, capfd):
    folder = program("")
    (folder / "stacks" / "Pulumi.other.yaml").write_text("config: {}\n")
    run = local(folder)
    monkeypatch.setattr(command_line, "Local", lambda: run)
    monkeypatch.setattr(command_line, "leave_on_termination", lambda: None)
    run.ready("other")
    run.ready("dev")
    assert command_line.main(["down"]) == 0
    assert "it has the stacks other" in capfd.readouterr().out
    assert run.azure() is not None
    assert command_line.main(["down", "--force"]) == 0
    assert run.azure() is None
    assert run.deployed() == []
