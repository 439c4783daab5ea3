"""Which locks of a file backend are left behind."""

import json
import os
import socket
from pathlib import Path

from engine import locks


def lock(state: Path, pid: int, host: str | None = None, name: str = "a") -> Path:
    folder = state / ".pulumi" / "locks" / "organization" / "tiny" / "dev"
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{name}.json"
    file.write_text(json.dumps({"pid": pid, "hostname": host or socket.gethostname(), "username": "x"}))
    return file


def test_a_lock_of_a_process_that_is_gone_is_stale(tmp_path):
    file = lock(tmp_path, 2**22 + 1)
    assert locks.stale(tmp_path, "tiny", "dev") == [file]
    assert locks.stale_stacks(tmp_path, "tiny") == ["dev"]


def test_a_process_that_is_no_pulumi_got_the_number_again(tmp_path):
    lock(tmp_path, os.getpid())
    assert locks.stale_stacks(tmp_path, "tiny") == ["dev"]


def test_what_another_machine_holds_or_cannot_be_read_is_held(tmp_path):
    lock(tmp_path, 2**22 + 1, host="elsewhere")
    assert locks.stale_stacks(tmp_path, "tiny") == []
    lock(tmp_path, 2**22 + 1).write_text("{")
    assert locks.stale_stacks(tmp_path, "tiny") == []


def test_a_running_pulumi_holds_its_lock(tmp_path, monkeypatch):
    monkeypatch.setattr(locks, "_command", lambda pid: "pulumi\n")
    lock(tmp_path, 1)
    assert locks.stale_stacks(tmp_path, "tiny") == []


def test_no_locks_no_stacks(tmp_path):
    assert locks.stale_stacks(tmp_path, "tiny") == []
