"""The real engine on programs without cloud resources: what a user sees."""

import json
import os
import socket
import subprocess
import sys
import threading

import pytest

from engine.local import plugin_version
from engine.sealed import Refused
from tests.engine.running import running, up

pytestmark = pytest.mark.engine


OUTPUTS = """\
import os, sys, pulumi
from pathlib import Path
import beside
config = pulumi.Config()
print("to stdout")
print("to stderr", file=sys.stderr)
for name, value in {
    "plain": config.get("plain"), "object": config.get_object("object"), "hidden": config.get("hidden"),
    "cwd": os.getcwd(), "here": Path("Pulumi.yaml").exists(), "root": pulumi.get_root_directory(), "beside": beside.X,
    "stack": pulumi.get_stack(), "project": pulumi.get_project(), "organization": pulumi.get_organization(),
    "dry": pulumi.runtime.is_dry_run(), "argv": len(sys.argv), "python": sys.prefix, "engine": "engine" in sys.modules,
}.items():
    pulumi.export(name, value)
"""


def test_a_program_gets_its_configuration_place_and_names(program, local, tmp_path):
    folder = program(OUTPUTS, stack="config:\n  tiny:plain: a b\n  tiny:object: {b: [1, 2]}\n")
    (folder / "beside.py").write_text("X = 'found'\n")
    run = local(folder)
    run.pulumi("stack", "select", "--create", "dev")
    run.pulumi("config", "set", "--secret", "hidden", "hush", "--stack", "dev")
    result = up(run)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "to stdout" in result.stdout
    assert "to stderr" in result.stdout
    assert "hush" not in result.stdout
    outputs = json.loads(run.pulumi("stack", "output", "--json", "--show-secrets").stdout)
    assert outputs == {
        "plain": "a b", "object": {"b": [1, 2]}, "hidden": "hush", "cwd": str(folder), "here": True, "beside": "found",
        "root": str(tmp_path / "work" / "project"), "stack": "dev", "project": "tiny", "organization": "organization",
        "dry": False, "argv": 1, "python": sys.prefix, "engine": False,
    }  # fmt: skip
    source = (folder / "stacks" / "Pulumi.dev.yaml").read_text()
    assert "secure: v1:" in source
    assert "hush" not in source


def test_a_secret_setting_is_a_secret_output(program, local):
    run = local(program("import pulumi\npulumi.export('s', pulumi.Config().require_secret('s'))\n"))
    run.pulumi("stack", "select", "--create", "dev")
    run.pulumi("config", "set", "--secret", "s", "hush", "--stack", "dev")
    assert up(run).returncode == 0
    assert json.loads(run.pulumi("stack", "output", "--json").stdout) == {"s": "[secret]"}
    assert "hush" not in (run.work / "state/.pulumi/stacks/tiny/dev.json").read_text()


def test_the_placeholder_of_a_real_environments_secret_can_be_read_and_is_secret(program, local):
    code = "import pulumi\nfor s in 'abc':\n    pulumi.export(s, pulumi.Config().require_secret(s))\n"
    secrets = "".join(f"  tiny:{name}: {{secure: v1:y:{text}}}\n" for name, text in zip("abc", "zzx", strict=True))
    run = local(program(code, stack=f"encryptionsalt: v1:x:v1:y:z\nconfig:\n{secrets}"))
    assert up(run).returncode == 0
    shown = json.loads(run.pulumi("stack", "output", "--json", "--show-secrets").stdout)
    assert all(value.startswith("placeholder-in-local-azure-") for value in shown.values())
    # the same secret is the same, another one is another
    assert shown["a"] == shown["b"] != shown["c"]
    assert run.notices == ["Pulumi.dev.yaml: 3 secret(s) of a real environment are placeholders in local Azure"]


@pytest.mark.parametrize("command", ["up", "preview"])
def test_a_run_error_is_its_message_and_no_traceback(program, local, command):
    result = up(local(program("import pulumi\nraise pulumi.RunError('pools[0]: no such thing')\n")), command)
    assert result.returncode != 0
    assert "error: pools[0]: no such thing" in result.stdout
    assert "Traceback" not in result.stdout
    assert "exit code" not in result.stdout


def test_another_exception_is_a_traceback_that_begins_in_the_program(program, local):
    result = up(local(program("def f():\n    raise ValueError('boom')\n\nf()\n")))
    assert result.returncode != 0
    assert "ValueError: boom" in result.stdout
    assert "__main__.py" in result.stdout
    assert "runpy" not in result.stdout
    assert "run_program.py" not in result.stdout


@pytest.mark.parametrize(("code", "fails"), [("3", True), ("'told'", True), ("0", False), ("None", False)])
def test_the_programs_own_exit_code_counts(program, local, code, fails):
    result = up(local(program(f"import sys\nsys.exit({code})\n")))
    assert (result.returncode != 0) is fails
    if code == "3":
        assert "Program exited with non-zero exit code: 3" in result.stdout


def test_an_error_in_an_apply_fails_the_run(program, local):
    code = "import pulumi\npulumi.Output.from_input(1).apply(lambda v: v / 0)\n"
    result = up(local(program(code)))
    assert result.returncode != 0
    assert "ZeroDivisionError" in result.stdout


def test_a_file_can_be_the_program_and_a_missing_one_is_said(program, local):
    folder = program(
        "raise SystemExit('not this one')",
        project="name: tiny\nruntime: python\nmain: infra/\nstackConfigDir: stacks\n",
    )
    (folder / "infra").mkdir()
    run = local(folder)
    result = up(run)
    assert result.returncode != 0
    assert "unable to find main python program `__main__.py`" in result.stdout
    (folder / "infra" / "__main__.py").write_text("import pulumi\npulumi.export('ok', True)\n")
    assert up(run).returncode == 0


def test_a_component_plugin_in_a_folder_runs(program, local):
    folder = program(
        "import pulumi\n"
        "class Greeter(pulumi.ComponentResource):\n"
        "    def __init__(self, name, who):\n"
        "        super().__init__('greeter:index:Greeter', name, {'who': who, 'text': None}, None, True)\n"
        "pulumi.export('text', Greeter('g', 'you').text)\n",
        project="name: tiny\nruntime: python\nstackConfigDir: stacks\n"
        "plugins: {providers: [{name: greeter, path: greeter}]}\n",
    )
    plugin = folder / "greeter"
    plugin.mkdir()
    (plugin / "PulumiPlugin.yaml").write_text("runtime: python\n")
    (plugin / "__main__.py").write_text(
        "from typing import TypedDict\n"
        "import pulumi\n"
        "from pulumi.provider.experimental import component_provider_host\n"
        "class Args(TypedDict):\n"
        "    who: pulumi.Input[str]\n"
        "class Greeter(pulumi.ComponentResource):\n"
        "    text: pulumi.Output[str]\n"
        "    def __init__(self, name: str, args: Args, opts: pulumi.ResourceOptions | None = None) -> None:\n"
        "        super().__init__('greeter:index:Greeter', name, {}, opts)\n"
        "        self.text = pulumi.Output.concat('hello ', args['who'])\n"
        "        self.register_outputs({'text': self.text})\n"
        "component_provider_host(name='greeter', components=[Greeter])\n"
    )
    run = local(folder)
    result = up(run)
    assert result.returncode == 0, result.stdout + result.stderr
    assert json.loads(run.pulumi("stack", "output", "--json").stdout) == {"text": "hello you"}
    assert running(str(plugin)) == []


NEEDS_AZURE = "import pulumi_azure_native.resources as r\nr.ResourceGroup('g', location='westeurope')\n"


@pytest.fixture
def proxy(monkeypatch):
    """Every way to the network is this one; what comes is counted."""
    server = socket.create_server(("127.0.0.1", 0))
    came: list[str] = []

    def listen() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            came.append("connection")
            connection.close()

    threading.Thread(target=listen, daemon=True).start()
    for name in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{server.getsockname()[1]}")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    yield came
    server.close()


def test_a_wrong_plugin_version_fails_and_nothing_is_downloaded(program, local, proxy):
    run = local(program(NEEDS_AZURE))
    wrong = run.home / "plugins" / "resource-azure-native-v9.9.9"
    wrong.mkdir(parents=True)
    (wrong / "pulumi-resource-azure-native").write_text("#!/bin/sh\necho 1\n")
    (wrong / "pulumi-resource-azure-native").chmod(0o755)
    with pytest.raises(Refused, match=r"v9\.9\.9"):
        run.pulumi("stack", "ls")
    # The engine itself, past our own check:
    run.project.write(print)
    (run.work / "state").mkdir()
    for command in ("stack init dev", "up --yes --skip-preview --stack dev"):
        result = subprocess.run(
            [run.engine.path, *command.split()],
            cwd=run.project.copy,
            env=run.environment(),
            capture_output=True,
            text=True,
        )
    assert result.returncode != 0
    assert plugin_version() in result.stdout + result.stderr
    assert proxy == []


def test_a_provider_on_path_is_not_used(program, local, proxy, tmp_path, monkeypatch):
    ambient, mark = tmp_path / "ambient", tmp_path / "used"
    ambient.mkdir()
    (ambient / "pulumi-resource-azure-native").write_text(f"#!/bin/sh\ntouch {mark}\nexit 1\n")
    (ambient / "pulumi-resource-azure-native").chmod(0o755)
    monkeypatch.setenv("PATH", f"{ambient}{os.pathsep}{os.environ['PATH']}")
    result = up(local(program(NEEDS_AZURE)))
    assert result.returncode != 0
    assert "azure-native" in result.stdout + result.stderr
    assert not mark.exists()
    assert proxy == []


def test_the_callers_credentials_do_not_reach_the_program(program, local, monkeypatch):
    for name in ("ARM_CLIENT_SECRET", "AZURE_CLIENT_SECRET", "PULUMI_ACCESS_TOKEN"):
        monkeypatch.setenv(name, "hush")
    code = "import os, pulumi\npulumi.export('leaked', sorted(k for k, v in os.environ.items() if v == 'hush'))\n"
    run = local(program(code))
    assert up(run).returncode == 0
    assert json.loads(run.pulumi("stack", "output", "--json").stdout) == {"leaked": []}
