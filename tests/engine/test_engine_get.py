"""How the engine is found: the order of the ways, and what is said when none works."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from engine import get, go_module
from engine.get import Engine, EngineError
from engine.processes import Stalled, run_watched

WANTED = "v" + get.wanted_version()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("v3.255.0", (3, 255, 0)),
        ("3.238.0\n", (3, 238, 0)),
        ("v3.260.0-alpha.1+dirty", (3, 260, 0)),
        ("warning: x\nv3.1.22", (3, 1, 22)),
        ("no version", None),
        ("", None),
    ],
)
def test_a_version_is_read_from_what_pulumi_prints(text, expected):
    assert get.parse_version(text) == expected


def test_the_wanted_version_is_the_one_in_go_mod_and_new_enough_for_the_gate():
    assert f"pulumi/pkg/v3 v{get.wanted_version()}" in get.GO_MOD.read_text()
    assert get.parse_version(get.wanted_version()) >= get.MINIMUM


def never(folder, say):
    raise AssertionError("this way must not be taken")


def test_pulumi_on_path_comes_first(fake_pulumi, tmp_path):
    there = fake_pulumi("v3.240.0")
    engine = get.get(folder=tmp_path / "engine", environ={"PATH": str(there)}, ways={"never": never})
    assert (engine.path, engine.version) == (there / "pulumi", (3, 240, 0))
    assert not (tmp_path / "engine" / "bin").exists()


def test_the_first_engine_with_a_working_gate_is_taken_and_the_one_before_it_is_named(fake_pulumi, tmp_path):
    old, edge = fake_pulumi("v3.237.9", "old"), fake_pulumi("v3.238.0", "edge")
    said: list[str] = []
    engine = get.get(said.append, folder=tmp_path / "engine", environ={"PATH": f"{old}:{edge}"})
    assert engine.version == (3, 238, 0)
    assert len(said) == 1
    assert str(old / "pulumi") in said[0]
    assert "3.237.9" in said[0]


def test_one_without_a_language_host_beside_it_or_without_a_version_is_passed_over(fake_pulumi, tmp_path):
    bare, broken = fake_pulumi("v3.260.0", "bare", host=False), fake_pulumi("hello", "broken")
    passed: list[str] = []
    assert get.on_path({"PATH": f"{bare}:{broken}"}, tmp_path / "engine", passed) is None
    assert "no pulumi-language-python beside it" in passed[0]
    assert "does not answer" in passed[1]


def test_a_link_to_an_engine_with_its_host_elsewhere_is_fine(fake_pulumi, tmp_path):
    there, links = fake_pulumi("v3.260.0"), tmp_path / "links"
    links.mkdir()
    (links / "pulumi").symlink_to(there / "pulumi")
    assert get.on_path({"PATH": str(links)}, tmp_path / "engine", []) is not None


def test_what_was_got_earlier_is_used_again_and_gets_its_language_host(fake_pulumi, tmp_path):
    fake_pulumi(WANTED, "engine/bin", host=False)
    engine = get.get(folder=tmp_path / "engine", environ={"PATH": ""}, ways={"never": never})
    assert engine.how.startswith("got earlier")
    host = tmp_path / "engine" / "bin" / "pulumi-language-python"
    assert os.access(host, os.X_OK)
    assert f'"{sys.executable}"' in host.read_text()


def test_the_host_of_an_official_engine_is_left_alone_and_ours_follows_the_project(tmp_path):
    host = tmp_path / "pulumi-language-python"
    host.write_text("#!/bin/sh\necho official\n")
    get.install_language_host(tmp_path)
    assert "official" in host.read_text()
    host.write_text('#!/bin/sh\n# Written by engine/get.py\nexec "/moved/python" "/moved/host.py" "$@"\n')
    get.install_language_host(tmp_path)
    assert "moved" not in host.read_text()


def test_an_engine_of_another_version_got_earlier_is_got_again(fake_pulumi, tmp_path):
    fake_pulumi("v3.239.0", "engine/bin")
    fresh = Engine(tmp_path / "x", (3, 255, 0), "fresh")
    assert get.get(folder=tmp_path / "engine", environ={"PATH": ""}, ways={"a": lambda f, s: fresh}) is fresh


def failing(reason):
    def way(folder, say):
        raise EngineError(reason)

    return way


def test_the_ways_are_tried_in_order_with_one_line_each(tmp_path):
    said: list[str] = []
    fresh = Engine(tmp_path / "x", (3, 255, 0), "fresh")
    ways = {"the installer": failing("no network"), "Go": lambda f, s: fresh}
    assert get.get(said.append, folder=tmp_path / "engine", environ={"PATH": ""}, ways=ways) is fresh
    assert said == [
        f"engine: getting pulumi {get.wanted_version()} with the installer (there is no pulumi on PATH)",
        f"engine: getting pulumi {get.wanted_version()} with Go (the installer: no network)",
    ]


def test_when_all_ways_fail_one_error_lists_them_and_says_what_to_do(fake_pulumi, tmp_path):
    old = fake_pulumi("v3.100.0")
    with pytest.raises(EngineError) as caught:
        get.get(
            lambda line: None,
            folder=tmp_path / "engine",
            environ={"PATH": str(old)},
            ways={"the installer": failing("no network"), "Go": failing("there is no go on PATH")},
        )
    text = str(caught.value)
    assert "3.100.0" in text
    assert "the installer: no network" in text
    assert "Go: there is no go on PATH" in text
    assert "https://go.dev/dl/" in text


def test_no_go_and_a_too_old_go_are_told_before_anything_is_downloaded(tmp_path):
    with pytest.raises(go_module.GoError, match="no go on PATH"):
        go_module.check({"PATH": str(tmp_path)}, get.GO_MOD)
    (tmp_path / "go").write_text("#!/bin/sh\necho go version go1.21.5 linux/amd64\n")
    (tmp_path / "go").chmod(0o755)
    with pytest.raises(go_module.GoError, match=r"is 1\.21\.5, and the engine needs Go 1\.\d+"):
        go_module.check({"PATH": str(tmp_path)}, get.GO_MOD)


def test_go_writes_only_into_the_work_folder_and_still_reads_the_users_settings(tmp_path):
    home = tmp_path / "home"
    (home / ".config" / "go").mkdir(parents=True)
    (home / ".config" / "go" / "env").write_text("GOPROXY=off\n")
    (home / ".netrc").write_text("")
    environ = {"HOME": str(home), "GOPROXY": "https://example.test", "GOFLAGS": "-x", "GOOS": "plan9"}
    env = go_module.environment(environ, tmp_path / "work")
    for name in ("HOME", "TMPDIR", "GOTMPDIR", "GOCACHE", "GOMODCACHE", "GOPATH"):
        assert Path(env[name]).is_relative_to(tmp_path / "work"), name
    assert (env["GOPROXY"], env["GOFLAGS"], env["GOTOOLCHAIN"]) == ("https://example.test", "-x", "local")
    assert env["GOENV"] == str(home / ".config" / "go" / "env")
    assert env["NETRC"] == str(home / ".netrc")
    assert "GOOS" not in env


def test_a_command_from_which_nothing_comes_is_ended_with_all_its_children(tmp_path):
    log = tmp_path / "log"
    with pytest.raises(Stalled):
        command = ["sh", "-c", "sleep 60 & echo $!; wait"]
        run_watched(command, env=dict(os.environ), cwd=tmp_path, log=log, grows=tmp_path / "none", stall=1.0)
    grandchild = int(log.read_text())
    deadline = time.monotonic() + 5
    while _runs(grandchild):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_folder_whose_folders_come_and_go_is_watched_all_the_same(tmp_path):
    """As Go's do in its temporary folder."""
    grows = tmp_path / "grows"
    grows.mkdir()
    some = "for turn in $(seq 15); do mkdir $(seq 1000); rmdir $(seq 1000); done"
    log = tmp_path / "log"
    assert run_watched(["sh", "-c", some], env=dict(os.environ), cwd=grows, log=log, grows=grows) == 0, log.read_text()


def _runs(pid: int) -> bool:
    shown = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
    return bool(shown.strip()) and "Z" not in shown


def test_a_finished_engine_takes_the_place_of_the_old_one_in_one_step(tmp_path):
    fresh, final = tmp_path / "building" / "bin", tmp_path / "bin"
    for folder, text in ((fresh, "new"), (final, "old")):
        folder.mkdir(parents=True)
        (folder / "pulumi").write_text(text)
    get.place(fresh, final)
    assert (final / "pulumi").read_text() == "new"
    assert not (tmp_path / "bin.old").exists()
