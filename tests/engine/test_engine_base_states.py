"""What a kept base state is found by, and which of them are kept."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from engine import base_states
from engine.base_states import digest_of, remove_old, told_by
from engine.get import Engine
from engine.revisions import Base, Repository

ENGINE = Engine(Path("/p/pulumi"), (3, 255, 0), "somehow")


@pytest.fixture
def base(tmp_path: Path) -> Base:
    folder = tmp_path / "repository"
    subprocess.run(["git", "init", "--quiet", folder], check=True)
    return Base(Repository(folder), "main", "c" * 40, "t" * 40)


@pytest.fixture
def code(tmp_path: Path) -> Path:
    for name in ("emulator/arm/pools.py", "emulator/existing.toml", "emulator/plugin/pulumi-x", "engine/local.py"):
        file = tmp_path / "code" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("x = 1\n")
    return tmp_path / "code"


def test_the_same_things_are_found_again_whatever_else_the_environment_has(base, code):
    assert digest_of(base, ENGINE, {}, code) == digest_of(base, ENGINE, {"TERM": "xterm"}, code)


@pytest.mark.parametrize(
    "name", ["emulator/arm/pools.py", "emulator/existing.toml", "emulator/plugin/pulumi-x", "engine/local.py"]
)
def test_an_edit_of_local_azure_or_of_the_engine_makes_every_base_anew(base, code, name):
    before = digest_of(base, ENGINE, {}, code)
    (code / name).write_text("x = 2\n")
    assert digest_of(base, ENGINE, {}, code) != before


def test_a_new_file_of_local_azure_makes_every_base_anew(base, code):
    before = digest_of(base, ENGINE, {}, code)
    (code / "emulator" / "__pycache__").mkdir()
    (code / "emulator" / "__pycache__" / "pools.pyc").write_text("")
    assert digest_of(base, ENGINE, {}, code) == before
    (code / "emulator" / "new.json").write_text("")
    assert digest_of(base, ENGINE, {}, code) != before


def test_other_files_another_engine_other_packages_and_variables_of_the_library_do_too(base, code, monkeypatch):
    digests = [digest_of(base, ENGINE, {}, code)]
    digests.append(digest_of(Base(base.repository, "main", base.commit, "u" * 40), ENGINE, {}, code))
    digests.append(digest_of(base, Engine(ENGINE.path, (3, 260, 0), ""), {}, code))
    digests.append(digest_of(base, ENGINE, {"EXTENSION_POOL_GRANT_WAIT": "PT5M"}, code))
    monkeypatch.setattr(base_states.importlib.metadata, "distributions", lambda: iter(()))
    digests.append(digest_of(base, ENGINE, {}, code))
    assert len(set(digests)) == 5


def test_the_real_code_counts(base):
    assert digest_of(base, ENGINE, {}) != digest_of(base, ENGINE, {}, Path("/nowhere"))


def kept(folder: Path, *names: str) -> None:
    for age, name in enumerate(names):
        (folder / "base" / name / "dev").mkdir(parents=True)
        os.utime(folder / "base" / name, (1000 - age, 1000 - age))


def test_the_last_used_bases_are_kept_and_what_killed_runs_left_goes(tmp_path):
    kept(tmp_path, "newest", "newer", "old", "oldest")
    for name in ("a", "b", "c"):
        (tmp_path / "previews" / name).mkdir(parents=True)
    (tmp_path / "runs" / "left").mkdir(parents=True)
    remove_old(tmp_path, 2)
    assert sorted(path.name for path in (tmp_path / "base").iterdir()) == ["newer", "newest"]
    assert len(list((tmp_path / "previews").iterdir())) == 2
    assert list((tmp_path / "runs").iterdir()) == []


def test_nothing_is_removed_under_a_run_that_is_on(tmp_path):
    kept(tmp_path, "new", "old")
    (tmp_path / "runs" / "on").mkdir(parents=True)
    with (tmp_path / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        remove_old(tmp_path, 1)
        assert (tmp_path / "runs" / "on").is_dir()
        assert (tmp_path / "base" / "old").is_dir()
    remove_old(tmp_path, 1)
    assert not (tmp_path / "base" / "old").is_dir()


def test_the_local_azure_of_a_killed_run_is_stopped(tmp_path):
    azure = tmp_path / "runs" / "left" / "dev" / "azure"
    subprocess.run([sys.executable, "-m", "emulator", "start", "--dir", azure], cwd=base_states.ROOT, check=True)
    assert running(azure)
    remove_old(tmp_path)
    deadline = time.monotonic() + 10
    while running(azure):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert not azure.exists()


def test_of_a_failed_update_the_diagnostics_are_told_and_not_the_progress():
    out = "Updating (dev):\n +  created\nDiagnostics:\n  error: bad\n\nResources:\n    + 1 created\n"
    assert told_by(out, "") == "error: bad\n\nResources:\n    + 1 created"
    assert told_by("", "error: no stack\n") == "error: no stack"


def running(azure: Path) -> bool:
    listed = subprocess.run(["ps", "axww", "-o", "args"], capture_output=True, text=True, check=True).stdout
    return str(azure) in listed
