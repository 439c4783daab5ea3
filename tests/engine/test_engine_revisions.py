"""What a change is compared with, and what git holds of it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from engine.revisions import Repository, _inside
from engine.sealed import Refused


class Made:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.git("init", "--quiet", "--initial-branch", "main")

    def git(self, *arguments: str) -> str:
        who = ["-c", "user.name=Somebody", "-c", "user.email=somebody@example.com", "-c", "protocol.file.allow=always"]
        done = subprocess.run(["git", *who, *arguments], cwd=self.folder, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    def commit(self, **files: str) -> str:
        for name, text in files.items():
            (self.folder / name).write_text(text)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", "x")
        return self.git("rev-parse", "HEAD")

    @property
    def repository(self) -> Repository:
        return Repository(self.folder)


@pytest.fixture
def made(tmp_path: Path) -> Made:
    return Made(tmp_path / "repository")


@pytest.fixture
def forked(made: Made) -> tuple[Made, str]:
    """A branch `work` of two commits from where `main` has gone on since; the commit where it left."""
    left = made.commit(a="1")
    made.git("branch", "work")
    made.commit(a="2")
    made.git("switch", "--quiet", "work")
    made.commit(b="1")
    return made, left


def test_the_base_is_where_the_branch_left_main_and_not_what_main_has_since(forked):
    made, left = forked
    base = made.repository.find_base(None, {})
    assert (base.name, base.commit) == ("main", left)
    assert base.read("a") == "1"


def test_a_base_that_is_named_wins(forked):
    made, _ = forked
    head = made.git("rev-parse", "HEAD")
    assert made.repository.find_base("HEAD", {"GITHUB_BASE_REF": "main"}).commit == head


@pytest.mark.parametrize(
    "environ", [{"GITHUB_BASE_REF": "release"}, {"SYSTEM_PULLREQUEST_TARGETBRANCH": "refs/heads/release"}]
)
def test_in_a_pipeline_it_is_the_target_of_the_pull_request(forked, environ):
    made, left = forked
    made.git("update-ref", "refs/remotes/origin/release", left)
    made.git("update-ref", "refs/remotes/origin/main", "main")
    assert made.repository.find_base(None, environ).name == "origin/release"


def test_what_the_remote_says_is_its_default_comes_before_a_local_main(forked):
    made, left = forked
    made.git("update-ref", "refs/remotes/origin/trunk", left)
    made.git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/trunk")
    assert made.repository.find_base(None, {}).name == "origin/HEAD"


def test_a_target_that_was_not_fetched_says_what_to_fetch(forked):
    made, _ = forked
    with pytest.raises(Refused, match=r"origin/release \(from GITHUB_BASE_REF\) is not in .*git fetch origin release"):
        made.repository.find_base(None, {"GITHUB_BASE_REF": "release"})


@pytest.mark.parametrize("name", ["no-such", "--help", "", "main:a"])
def test_a_base_that_is_none_is_refused_and_never_an_option(forked, name):
    made, _ = forked
    if not name:
        made.git("branch", "--quiet", "-m", "main", "elsewhere")
    with pytest.raises(Refused, match="choose with BASE=REVISION"):
        made.repository.find_base(name, {})


def test_a_folder_without_git_is_refused(tmp_path, monkeypatch):
    # which may itself be within a repository
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(Refused, match="is not in a git repository"):
        Repository(tmp_path)


def test_a_repository_without_a_commit_is_refused(made):
    made.git("switch", "--quiet", "--orphan", "other")
    with pytest.raises(Refused, match="base: "):
        made.repository.find_base(None, {})


def test_a_machine_without_git_is_told_so(made, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(Refused, match="there is no git on PATH"):
        Repository(made.folder)


def test_a_shallow_clone_says_how_to_get_the_rest(forked, tmp_path):
    made, _ = forked
    clone = Made(tmp_path / "clone")
    clone.git("fetch", "--quiet", "--depth", "1", made.folder.as_uri(), "work", "main:refs/remotes/origin/main")
    clone.git("switch", "--quiet", "--create", "work", "FETCH_HEAD")
    with pytest.raises(Refused, match=r"shallow; do `git fetch --unshallow`"):
        clone.repository.find_base(None, {})


def test_branches_that_share_nothing_are_told_so(made):
    made.commit(a="1")
    made.git("switch", "--quiet", "--orphan", "other")
    made.commit(b="1")
    with pytest.raises(Refused, match="no commit in common; choose another"):
        made.repository.find_base(None, {})


def test_a_hook_that_runs_it_does_not_send_it_elsewhere(forked, tmp_path, monkeypatch):
    made, left = forked
    other = Made(tmp_path / "other")
    other.commit(a="of another")
    monkeypatch.setenv("GIT_DIR", str(other.folder / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "index"))
    assert Repository(made.folder).find_base(None, {}).commit == left


def test_the_files_come_as_git_has_them_whatever_its_attributes_say(made, tmp_path):
    folder = made.folder
    (folder / "deep").mkdir()
    (folder / "deep" / "nä me\n").write_bytes(b"\x00\xff\r\n")
    (folder / "link").symlink_to("deep")
    (folder / "run").write_text("#!/bin/sh\n")
    (folder / "run").chmod(0o755)
    # neither left out, nor changed, nor filled in, nor sent through a program
    made.git("config", "filter.lfs.smudge", "touch smudged; cat")
    attributes = "secret export-ignore\nstamp export-subst\n*.big filter=lfs\n*.txt text eol=crlf\n"
    made.commit(**{".gitattributes": attributes, "secret": "x", "stamp": "$Format:%H$", "a.big": "y", "a.txt": "z\n"})
    for path in ("deep/nä me\n", "run"):
        (folder / path).write_text("edited since")
    target = made.repository.find_base(None, {}).export(tmp_path / "target")
    assert (target / "deep" / "nä me\n").read_bytes() == b"\x00\xff\r\n"
    assert (target / "link").readlink() == Path("deep")
    assert os.access(target / "run", os.X_OK)
    assert not os.access(target / "a.txt", os.X_OK)
    found = {name: (target / name).read_bytes() for name in ("secret", "stamp", "a.big", "a.txt")}
    assert found == {"secret": b"x", "stamp": b"$Format:%H$", "a.big": b"y", "a.txt": b"z\n"}
    assert not (folder / "smudged").exists()
    assert not (target / ".git").exists()


@pytest.mark.parametrize("path", ["/etc/passwd", "../up", "a/../../b", ".git/hooks/x", "a/.GIT/config"])
def test_a_tree_that_git_did_not_make_writes_nowhere_else(path):
    with pytest.raises(Refused, match="which no working tree may have"):
        _inside(path)


def test_a_project_below_the_top_is_found_with_what_lies_around_it(made, tmp_path):
    (made.folder / "infra" / "stacks").mkdir(parents=True)
    (made.folder / "infra" / "stacks" / "Pulumi.dev.yaml").write_text("config: {}\n")
    made.commit(lib="1")
    base = Repository(made.folder / "infra").find_base(None, {})
    assert base.names("stacks") == ["Pulumi.dev.yaml"]
    assert base.read("stacks/Pulumi.dev.yaml") == "config: {}\n"
    assert base.read("../lib") == "1"
    program = base.export(tmp_path / "target")
    assert program == tmp_path / "target" / "infra"
    assert (program / ".." / "lib").read_text() == "1"


def test_what_is_not_there_is_none_and_an_empty_folder(made):
    made.commit(a="1")
    base = made.repository.find_base(None, {})
    assert base.read("stacks") is None
    assert base.names("stacks") == []
    assert base.names(".") == ["a"]


def test_a_file_that_is_another_now_is_named(made):
    made.commit(a="1\n", b="1\n")
    (made.folder / "a").write_bytes(b"1\r\n")  # a checkout may do this
    (made.folder / "b").write_text("2\n")
    assert made.repository.find_base(None, {}).changed(["a", "b", "c"]) == ["b"]


def test_what_git_ignores_is_known(made):
    made.commit(**{".gitignore": "own\n", "a": "1"})
    (made.folder / "own").touch()
    assert made.repository.ignored(["a", "own", "new"]) == {"own"}
    assert made.repository.ignored([]) == frozenset()
