"""What a deletion means, and whether a run takes everything down."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from extension_pool.rolling import destroying as module
from extension_pool.rolling.deleting import Deletion, judge_deletion
from extension_pool.rolling.destroying import destroying, is_destroy, updating


def test_an_old_pool_beside_the_new_one_waits_for_it() -> None:
    assert judge_deletion("/pools/new", "/pools/old", destroying=False) is Deletion.STALE


def test_the_pool_that_the_program_declares_is_taken_down_whatever_the_case_of_its_id() -> None:
    assert judge_deletion("/Pools/A", "/pools/a", destroying=False) is Deletion.CURRENT


def test_a_pool_that_goes_before_its_replacement_is_there_is_made_anew() -> None:
    assert judge_deletion(None, "/pools/a", destroying=False) is Deletion.MADE_ANEW


@pytest.mark.parametrize("current", [None, "/pools/a", "/pools/b"])
def test_nothing_waits_in_a_destroy(current: str | None) -> None:
    assert judge_deletion(current, "/pools/a", destroying=True) is Deletion.FREE


@pytest.mark.parametrize(
    "line",
    [
        "pulumi destroy --run-program",
        "/opt/bin/pulumi down --yes",
        "pulumi dn",
        "pulumi --non-interactive destroy",
        "pulumi -C up destroy",
        "pulumi --color never --cwd up destroy --stack dev",
        "PULUMI.EXE destroy",
    ],
)
def test_a_destroy_is_known_by_its_command_line(line: str) -> None:
    assert is_destroy(line.split())


@pytest.mark.parametrize(
    "line",
    [
        "pulumi up",
        "pulumi up --stack destroy",
        "pulumi -C destroy up",
        "pulumi",
        "",
        "make destroy",
        "pulumi-language-python destroy",
        "vim destroy",
        "pulumi stack select destroy",
    ],
)
def test_other_commands_are_not(line: str) -> None:
    assert not is_destroy(line.split())


def test_the_nearest_processes_are_looked_at() -> None:
    assert destroying(lambda: iter([["python", "x"], ["pulumi-language-python"], ["pulumi", "destroy"], ["bash"]]))
    assert not destroying(lambda: iter([["python", "destroy"], ["pulumi", "up"], ["bash"]]))


@pytest.mark.parametrize("command", ["destroy", "up"])
def test_the_processes_above_are_found_in_truth(tmp_path: Path, command: str) -> None:
    """A program that is called pulumi runs a program that runs us, as the engine and its language host do."""
    asks = "from extension_pool.rolling.destroying import destroying; print(destroying())"
    between = f"import subprocess, sys; subprocess.run([{sys.executable!r}, '-c', {asks!r}], check=True)"
    runs = f"import subprocess; subprocess.run([{sys.executable!r}, '-c', {between!r}], check=True)"
    (tmp_path / "pulumi").symlink_to(sys.executable)
    (tmp_path / command).write_text(runs, encoding="utf-8")
    line = [tmp_path / "pulumi", command]
    said = subprocess.run(line, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert said.strip() == str(command == "destroy")


def test_ps_tells_the_same_where_there_is_no_proc() -> None:
    found = module._ask_ps(os.getpid())
    if found is None:
        pytest.skip("this machine has no ps")
    assert found[0] == os.getppid()
    assert any("python" in word or "pytest" in word for word in found[1])


def test_an_update_is_known_for_sure() -> None:
    assert updating(lambda: iter([["python", "x"], ["/usr/bin/pulumi", "up", "--yes"], ["bash"]]))
    assert updating(lambda: iter([["pulumi", "-C", "destroy", "update"]]))
    for line in (["pulumi", "destroy"], ["pulumi", "preview"], ["python", "up"], []):
        assert not updating(lambda line=line: iter([line]))


def test_an_update_deletes_no_pool_that_the_program_declares() -> None:
    assert judge_deletion("/Pools/A", "/pools/a", destroying=False, updating=True) is Deletion.TWICE
    assert judge_deletion("/pools/new", "/pools/old", destroying=False, updating=True) is Deletion.STALE
    assert judge_deletion("/pools/a", "/pools/a", destroying=True, updating=True) is Deletion.FREE
    assert judge_deletion(None, "/pools/a", destroying=False, updating=True) is Deletion.MADE_ANEW
