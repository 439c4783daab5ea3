import json
import os
import socket
import stat
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extension_pool.ops.errors import BadUsage, CannotAsk
from extension_pool.ops.pulumi_cli import Lock, Locked, Stack, file_of, find_lock_file, keep_backup, read_lock

from .stack_state import state

STATE = state()


@pytest.fixture
def pulumi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A `pulumi` that a test writes; its arguments and its input are kept beside it."""
    script = tmp_path / "bin" / "pulumi"
    script.parent.mkdir()
    monkeypatch.setenv("PATH", f"{script.parent}{os.pathsep}{os.environ['PATH']}")
    return script


def write(script: Path, body: str) -> None:
    script.write_text(f'#!/bin/sh\necho "$@" >> "{script.parent}/arguments"\n{body}\n', encoding="utf-8")
    script.chmod(0o755)


def lock(**changes: Any) -> str:
    whole = {"pid": os.getpid(), "username": "ada", "hostname": socket.gethostname()}
    return json.dumps({**whole, "timestamp": "2026-03-01T12:00:00.123456789Z", **changes})


def test_a_state_goes_back_as_it_came(pulumi: Path) -> None:
    write(pulumi, f"cat > '{pulumi.parent}/input'")
    Stack("prod").import_state(STATE)
    assert (pulumi.parent / "arguments").read_text() == "stack import --stack prod --non-interactive\n"
    assert json.loads((pulumi.parent / "input").read_text()) == STATE


LOCKED = "error: could not import deployment: the stack is currently locked by 1 lock(s). created by ada@vm (pid 7)"
BUSY = "error: could not import deployment: [409] Conflict: Another update is currently in progress."


@pytest.mark.parametrize("said", [LOCKED, BUSY])
def test_a_state_that_is_locked_says_who_has_it(pulumi: Path, said: str) -> None:
    write(pulumi, f"cat > /dev/null; echo '{said}' >&2; exit 1")
    with pytest.raises(Locked) as raised:
        Stack("prod").import_state(STATE)
    assert said in str(raised.value)


def test_a_state_that_cannot_be_written_is_no_verdict(pulumi: Path) -> None:
    write(pulumi, "cat > /dev/null; echo 'error: incorrect passphrase' >&2; exit 1")
    with pytest.raises(CannotAsk, match="it is as it was; pulumi said: error: incorrect passphrase"):
        Stack("prod").import_state(STATE)


def test_a_refresh_names_its_resources_and_asks_nothing(pulumi: Path) -> None:
    write(pulumi, "exit 0")
    Stack("prod").refresh(["urn:a", "urn:b"])
    assert (pulumi.parent / "arguments").read_text() == (
        "refresh --yes --skip-preview --target urn:a --target urn:b --stack prod --non-interactive\n"
    )


def test_what_pulumi_prints_must_be_a_state(pulumi: Path) -> None:
    write(pulumi, "echo '[1]'")
    with pytest.raises(BadUsage, match="must be a state"):
        Stack("prod").export()


def backend(pulumi: Path, url: str, listed: str = "[]") -> None:
    write(
        pulumi,
        f"case \"$1\" in whoami) echo 'User: ada'; echo 'Backend URL: {url}';; "
        f"stack) if [ \"$2\" = ls ]; then echo '{listed}'; else echo '{json.dumps(STATE)}'; fi;; esac",
    )


def test_a_lock_in_a_backend_of_files_is_found(pulumi: Path, tmp_path: Path) -> None:
    backend(pulumi, f"file://{tmp_path}/my%20state")
    assert Stack("prod").find_lock() is None
    folder = tmp_path / "my state/.pulumi/locks/organization/extension-pool/prod"
    folder.mkdir(parents=True)
    (folder / "1.json").write_text(lock(hostname="elsewhere"), encoding="utf-8")
    found = Stack("prod").find_lock()
    assert found is not None and found.alive is None


@pytest.mark.parametrize(("busy", "name"), [(True, "prod"), (True, "acme/prod"), (False, "prod")])
def test_pulumi_cloud_says_whether_an_update_is_under_way(pulumi: Path, busy: bool, name: str) -> None:
    other = {"name": "dev", "updateInProgress": True}
    backend(pulumi, "https://app.pulumi.com/ada", json.dumps([other, {"name": name, "updateInProgress": busy}]))
    assert (Stack("prod").find_lock() is not None) is busy


def test_the_owner_of_a_lock_is_over_when_its_process_is_no_pulumi_any_more() -> None:
    # the process of this test is none
    found = read_lock(lock())
    assert found == Lock(
        f"process {os.getpid()} of ada on {socket.gethostname()}, since 2026-03-01 12:00:00 UTC", False
    )


def test_the_owner_of_a_lock_goes_on(tmp_path: Path) -> None:
    link = tmp_path / "pulumi"
    link.symlink_to("/bin/sleep")
    child = subprocess.Popen([link, "60"])
    try:
        # the system gives a process its name a moment after it has begun
        deadline = time.monotonic() + 5
        while not read_lock(lock(pid=child.pid)).alive and time.monotonic() < deadline:
            time.sleep(0.01)
        assert read_lock(lock(pid=child.pid)).alive is True
    finally:
        child.kill()
        child.wait()
    assert read_lock(lock(pid=child.pid)).alive is False


@pytest.mark.parametrize("text", [lock(hostname="elsewhere"), "", "[]", "{}", lock(pid="x")])
def test_of_what_cannot_be_judged_nobody_says_that_it_is_over(text: str) -> None:
    assert read_lock(text).alive is None


def test_of_several_locks_the_one_that_may_be_alive_counts(tmp_path: Path) -> None:
    folder = tmp_path / ".pulumi/locks/organization/p/s"
    folder.mkdir(parents=True)
    (folder / "1.json").write_text(lock(), encoding="utf-8")
    (folder / "2.json").write_text(lock(hostname="elsewhere"), encoding="utf-8")
    found = find_lock_file(tmp_path, "p", "s")
    assert found is not None and found.alive is None
    assert find_lock_file(tmp_path, "p", "other") is None


def test_the_lock_of_a_stack_without_resources_is_found_by_its_name_alone(tmp_path: Path) -> None:
    folder = tmp_path / ".pulumi/locks/organization/p/s"
    folder.mkdir(parents=True)
    (folder / "1.json").write_text(lock(), encoding="utf-8")
    assert find_lock_file(tmp_path, "", "s") is not None
    assert find_lock_file(tmp_path, "", "*") is None


@given(st.text() | st.dictionaries(st.text(), st.none() | st.integers() | st.text()).map(json.dumps))
def test_a_lock_of_any_text_is_one(text: str) -> None:
    assert read_lock(text).holder


@pytest.mark.parametrize(
    ("url", "folder"),
    [("file:///a/b", "/a/b"), ("file://~", str(Path.home())), ("file://./state", "state"), ("file:///a%20b", "/a b")],
)
def test_where_a_backend_of_files_is(url: str, folder: str) -> None:
    assert file_of(url) == Path(folder)


def test_a_backup_is_its_owners_only_and_replaces_none(tmp_path: Path) -> None:
    first, second = (keep_backup("acme/prod", STATE, tmp_path / "kept") for _ in range(2))
    assert first != second
    assert first.name.startswith("state-acme-prod-")
    assert stat.S_IMODE(first.stat().st_mode) == 0o600
    assert json.loads(first.read_text()) == STATE


def test_a_folder_that_is_a_file_takes_no_backup(tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("")
    with pytest.raises(BadUsage, match="nothing is changed"):
        keep_backup("prod", STATE, tmp_path / "kept")
