"""What a review makes of previews that fail, and of files it shall write."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from engine.review import Review, check_outputs, whole
from engine.sealed import Refused

ROOT = Path(__file__).resolve().parents[2]
ERROR = {"message": "bad", "severity": "error"}


def test_a_good_preview_stays_as_it_is():
    out = json.dumps({"steps": [], "diagnostics": [{"message": "careful", "severity": "warning"}]})
    assert whole(out, "noise", 0) == out


def test_a_failed_preview_that_says_why_stays_as_it_is():
    out = json.dumps({"steps": [], "diagnostics": [ERROR]})
    assert whole(out, "", 1) == out


@pytest.mark.parametrize(("err", "message"), [("killed\n", "killed"), ("", "the preview ended with exit code 255")])
def test_a_failed_preview_that_looks_good_gets_its_error(err, message):
    document = json.loads(whole(json.dumps({"steps": []}), err, 255))
    assert document["diagnostics"] == [{"message": message, "severity": "error"}]


def test_what_is_no_preview_comes_with_what_was_said():
    assert whole("", "error: no such stack\n", 255) == "error: no such stack\n"
    assert whole('{"steps": [', "error: cut\n", 255) == '{"steps": [\nerror: cut\n'


def test_a_report_goes_to_files_that_say_what_they_are(tmp_path):
    check_outputs([str(tmp_path / "a.md"), str(tmp_path / "a.json")])
    with pytest.raises(Refused, match=r"ends in \.md or \.json"):
        check_outputs(["a.txt"])
    with pytest.raises(Refused, match="there is no such folder"):
        check_outputs([str(tmp_path / "no" / "a.md")])


@pytest.fixture
def repository(program, tmp_path) -> Path:
    folder: Path = program("")
    who = ["-c", "user.name=Somebody", "-c", "user.email=somebody@example.com"]
    for command in (["init", "-q", "-b", "main"], ["add", "."], [*who, "commit", "-qm", "x"]):
        subprocess.run(["git", *command], cwd=folder, check=True)
    return folder


def test_a_stack_that_neither_side_has_is_refused_with_those_that_there_are(repository, tmp_path):
    with pytest.raises(Refused, match=r"Pulumi\.prod\.yaml: there is no such stack file; there are: dev"):
        Review(repository, tmp_path / "review", environ={}).preview(None, ["prod"])
    assert list((tmp_path / "review" / "runs").iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--base", "no-such"], "base: no-such (as asked for) is not in this repository"),
        (["--output", "report.txt"], "ends in .md or .json"),
        (["--stack", "no-such"], "there is no such stack file"),
    ],
)
def test_bad_usage_is_said_in_a_line_and_is_exit_code_2(arguments, said):
    env = {"PATH": os.environ["PATH"]}
    command = [sys.executable, "-m", "engine", "review", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_commands_of_threads_end_with_the_main_one_and_no_new_one_begins(tmp_path):
    code = (
        "import os, sys, threading, time\n"
        "from pathlib import Path\n"
        "from engine.processes import Terminated, end_those_of_threads, run\n"
        "heard = []\n"
        "def work():\n"
        "    for name in ('first', 'second'):\n"
        "        child = f\"trap 'echo tidy > {name}; exit 0' INT; echo > ready; while :; do sleep 0.05; done\"\n"
        "        try:\n"
        "            run(['sh', '-c', child], env=dict(os.environ), cwd=Path(sys.argv[1]), capture=True)\n"
        "        except KeyboardInterrupt:\n"
        "            heard.append(name)\n"
        "    run(['touch', 'swept'], env=dict(os.environ), cwd=Path(sys.argv[1]), capture=True, own_session=True)\n"
        "thread = threading.Thread(target=work)\n"
        "thread.start()\n"
        "while not Path(sys.argv[1], 'ready').exists():\n"
        "    time.sleep(0.02)\n"
        "end_those_of_threads(Terminated())\n"
        "thread.join()\n"
        "print(heard)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, tmp_path], cwd=ROOT, capture_output=True, text=True, timeout=30)
    assert done.stdout == "['first', 'second']\n"
    assert (tmp_path / "first").read_text() == "tidy\n"
    assert not (tmp_path / "second").exists()
    # what tidies up is not stopped
    assert (tmp_path / "swept").exists()


def test_a_line_that_holds_for_both_sides_is_told_once(tmp_path):
    told: list[str] = []
    review = Review(tmp_path, tmp_path, say=told.append, environ={})
    threads = [threading.Thread(target=review.say, args=("the same",)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert told == ["the same"]


def test_a_strangers_text_in_a_line_gives_no_orders_to_the_run(tmp_path):
    told: list[str] = []
    review = Review(tmp_path, tmp_path, say=told.append, environ={})
    review.say("prod: has x\n::add-path::y \x1b[31m ##vso[task.setvariable]z #\u200b#[command]")
    (line,) = told
    assert line == "prod: has x ::add-path::y  [31m # # vso[task.setvariable]z #  # [command]"
