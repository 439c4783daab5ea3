"""The command line: exit codes, and one clear line for what cannot be done."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from engine import __main__ as command_line
from engine.processes import run

ROOT = Path(__file__).resolve().parents[2]


def engine(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    env = {"PATH": "/usr/bin:/bin", **environ}
    return subprocess.run(
        [sys.executable, "-m", "engine", *arguments], cwd=ROOT, env=env, capture_output=True, text=True
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["up", "--stack", "no-such"], "Pulumi.no-such.yaml: there is no such stack file; there are: "),
        (["preview", "--stack", "a/b"], "a name has letters"),
        (["down", "--stack", ""], "a name has letters"),
        (["run"], "which command?"),
        (["up", "--nonsense"], "unrecognized arguments"),
        (["fly"], "invalid choice"),
        ([], "required"),
    ],
)
def test_bad_usage_is_said_and_is_exit_code_2(arguments, said):
    result = engine(*arguments)
    assert result.returncode == 2
    assert said in result.stderr
    assert "Traceback" not in result.stderr


def test_another_backend_is_refused_before_anything_runs():
    result = engine("up", PULUMI_BACKEND_URL="https://api.pulumi.com")
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith("PULUMI_BACKEND_URL is https://api.pulumi.com")
    assert result.stderr.count("\n") == 1


def test_importing_the_command_line_leaves_ctrl_c_alone():
    assert command_line.main is not None
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.parametrize(
    ("kill", "told"),
    [("-INT -", "a terminal tells the whole group"), ("-TERM ", "only this process is told, and tells the command")],
)
def test_a_command_that_tidies_up_when_interrupted_is_waited_for(tmp_path, kill, told):
    code = (
        "import os, signal, sys, threading, time\n"
        "from pathlib import Path\n"
        "from engine.processes import leave_on_termination, run\n"
        "leave_on_termination()\n"
        "child = \"trap 'sleep 0.3; echo tidy > done; exit 0' INT; echo > ready; while :; do sleep 0.05; done\"\n"
        "try:\n"
        "    run(['sh', '-c', child], env=dict(os.environ), cwd=Path(sys.argv[1]), capture=True)\n"
        "except KeyboardInterrupt:\n"
        "    sys.exit(130)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, start_new_session=True)
    while not (tmp_path / "ready").exists():
        assert parent.poll() is None
    run(["sh", "-c", f"kill {kill}{parent.pid}"], env={}, cwd=tmp_path, capture=True)
    assert parent.wait(10) == 130
    assert (tmp_path / "done").read_text() == "tidy\n"
