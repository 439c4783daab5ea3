"""The base of a change, asked of a real git."""

from datetime import datetime
from pathlib import Path

import pytest

from extension_pool.ops.errors import BadUsage
from extension_pool.ops.review.git import find_commit, merge_base, show, stack_files

from .repository import Repository


class Project(Repository):
    """A repository with a project in it, committed; `write` writes into the project."""

    def __init__(self, folder: Path, inside: str = ".") -> None:
        super().__init__(folder)
        self.project = folder / inside
        self.write("Pulumi.yaml", "name: x\nstackConfigDir: stacks\n")
        self.write("stacks/Pulumi.prod.yaml", "config: {a: 1}\n")
        self.base = self.commit()

    def write(self, name: str, text: str, when: datetime | None = None) -> Path:
        return super().write(str(self.project.relative_to(self.folder) / name), text, when)


@pytest.fixture
def repository(tmp_path: Path) -> Project:
    return Project(tmp_path / "r")


def test_the_base_is_what_was_committed_and_now_is_the_working_tree(repository: Project) -> None:
    repository.write("stacks/Pulumi.prod.yaml", "config: {a: 2}\n")
    repository.write("stacks/Pulumi.new.yaml", "config: {}\n")
    repository.write("stacks/README.md", "no stack")
    base, now = stack_files(repository.project, "main")
    assert base == {"stacks/Pulumi.prod.yaml": "config: {a: 1}\n"}
    assert now == {"stacks/Pulumi.prod.yaml": "config: {a: 2}\n", "stacks/Pulumi.new.yaml": "config: {}\n"}


def test_a_deleted_stack_file_is_only_in_the_base(repository: Project) -> None:
    (repository.project / "stacks/Pulumi.prod.yaml").unlink()
    base, now = stack_files(repository.project, "HEAD")
    assert (list(base), list(now)) == (["stacks/Pulumi.prod.yaml"], [])


def test_what_others_merged_since_is_no_edit_of_this_change(repository: Project) -> None:
    repository.git("switch", "--quiet", "--create", "change")
    repository.git("switch", "--quiet", "main")
    repository.write("stacks/Pulumi.prod.yaml", "config: {a: others}\n")
    repository.commit()
    repository.git("switch", "--quiet", "change")
    base, now = stack_files(repository.project, "main")
    assert base == now
    assert merge_base(repository.project, "main") == repository.base


def test_paths_are_from_the_top_of_the_repository(tmp_path: Path) -> None:
    repository = Project(tmp_path / "r", "infra/batch pool")
    base, now = stack_files(repository.project, "main")
    assert list(base) == list(now) == ["infra/batch pool/stacks/Pulumi.prod.yaml"]


def test_a_project_without_a_folder_for_its_stacks_has_them_beside_it(repository: Project) -> None:
    repository.write("Pulumi.yaml", "name: x\n")
    repository.write("Pulumi.dev.yaml", "config: {}\n")
    repository.commit()
    base, now = stack_files(repository.project, "HEAD")
    assert list(base) == list(now) == ["Pulumi.dev.yaml"]


def test_a_folder_of_stacks_outside_of_the_project_is_found(tmp_path: Path) -> None:
    repository = Project(tmp_path / "r", "project")
    repository.write("Pulumi.yaml", "name: x\nstackConfigDir: ../common\n")
    repository.write("../common/Pulumi.dev.yaml", "config: {}\n")
    repository.commit()
    base, now = stack_files(repository.project, "HEAD")
    assert list(base) == list(now) == ["common/Pulumi.dev.yaml"]


def test_it_works_in_a_worktree(repository: Project, tmp_path: Path) -> None:
    repository.git("worktree", "add", "--quiet", str(tmp_path / "w"), "-b", "other")
    (tmp_path / "w/stacks/Pulumi.prod.yaml").write_text("config: {a: 3}\n")
    base, now = stack_files(tmp_path / "w", "main")
    assert base["stacks/Pulumi.prod.yaml"] == "config: {a: 1}\n"
    assert now["stacks/Pulumi.prod.yaml"] == "config: {a: 3}\n"


@pytest.mark.parametrize("name", ["Pulumi.a b.yaml", "Pulumi.é.yaml", 'Pulumi.q"uote.yaml', "Pulumi.new\nline.yaml"])
def test_odd_names_of_files_are_names(repository: Project, name: str) -> None:
    repository.write(f"stacks/{name}", "config: {odd: 1}\n")
    repository.commit()
    base, now = stack_files(repository.project, "HEAD")
    assert base[f"stacks/{name}"] == now[f"stacks/{name}"] == "config: {odd: 1}\n"


def test_texts_are_utf_8_and_what_is_not_breaks_nothing(repository: Project) -> None:
    repository.write("stacks/Pulumi.prod.yaml", "config: {a: é}\r\n")
    (repository.project / "stacks/Pulumi.bad.yaml").write_bytes(b"\xff\xfe\x00")
    repository.commit()
    base, now = stack_files(repository.project, "HEAD")
    assert base == now
    assert base["stacks/Pulumi.prod.yaml"] == "config: {a: é}\r\n"


def test_a_symbolic_link_in_the_base_is_no_stack_file(repository: Project) -> None:
    (repository.project / "stacks/Pulumi.link.yaml").symlink_to("Pulumi.prod.yaml")
    repository.commit()
    base, _ = stack_files(repository.project, "HEAD")
    assert list(base) == ["stacks/Pulumi.prod.yaml"]


@pytest.mark.parametrize("base", ["origin/nobody", "", "--help", "-x", "0" * 40, "HEAD:stacks", "a b"])
def test_a_base_that_git_does_not_know_is_refused_with_what_to_do(repository: Project, base: str) -> None:
    with pytest.raises(BadUsage, match=r"--base: must be a revision that git knows.*git fetch"):
        stack_files(repository.project, base)


def test_a_shallow_clone_is_told_how_to_get_the_history(repository: Project, tmp_path: Path) -> None:
    repository.write("stacks/Pulumi.prod.yaml", "config: {a: 2}\n")
    repository.commit()
    shallow = tmp_path / "shallow"
    repository.git("clone", "--quiet", "--depth=1", repository.folder.as_uri(), str(shallow))
    with pytest.raises(BadUsage, match="fetch-depth: 0"):
        stack_files(shallow, repository.base)


def test_a_base_without_a_common_commit_is_refused(repository: Project) -> None:
    repository.git("switch", "--quiet", "--orphan", "island")
    repository.write("stacks/Pulumi.prod.yaml", "config: {}\n")
    repository.commit()
    with pytest.raises(BadUsage, match="a commit in common with HEAD"):
        stack_files(repository.project, "main")


def test_a_folder_without_a_repository_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(BadUsage, match="git cannot be asked"):
        stack_files(tmp_path, "main")
    with pytest.raises(BadUsage, match="needs git and the folder"):
        stack_files(tmp_path / "nowhere", "main")


def test_without_git_the_option_is_refused(repository: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(BadUsage, match="needs git"):
        stack_files(repository.project, "main")


def test_inside_a_hook_of_another_repository_it_asks_the_folders_own(
    repository: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Project(tmp_path / "other")
    other.write("more", "")
    assert other.commit() != repository.base
    monkeypatch.setenv("GIT_DIR", str(other.folder / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(other.folder))
    assert find_commit(repository.project, "HEAD") == repository.base


def test_nothing_of_the_repository_is_run_or_changed(repository: Project, tmp_path: Path) -> None:
    trap = tmp_path / "trap"
    script = tmp_path / "run"
    script.write_text(f"#!/bin/sh\ntouch {trap}\ncat\n")
    script.chmod(0o755)
    repository.write(".gitattributes", "*.yaml diff=trap filter=trap\n")
    repository.commit()
    for key in ("core.fsmonitor", "core.pager", "diff.trap.textconv", "diff.external", "filter.trap.smudge"):
        repository.git("config", key, str(script))
    repository.git("config", "core.hooksPath", str(tmp_path))
    before = (repository.folder / ".git/index").stat().st_mtime_ns
    trap.unlink(missing_ok=True)
    stack_files(repository.project, "main")
    assert show(repository.project, "HEAD", "Pulumi.yaml") is not None
    assert not trap.exists()
    assert (repository.folder / ".git/index").stat().st_mtime_ns == before


def test_a_file_is_shown_as_it_was(repository: Project) -> None:
    repository.write("review.yaml", "new: 1\n")
    assert show(repository.project, "main", "review.yaml") is None
    repository.commit()
    repository.write("review.yaml", "newer: 1\n")
    assert show(repository.project, "HEAD", "review.yaml") == "new: 1\n"
    assert show(repository.project, repository.base, "review.yaml") is None
    assert show(repository.project / "stacks", "HEAD", "../review.yaml") == "new: 1\n"
    assert show(repository.project, "HEAD", "stacks") is None
    with pytest.raises(BadUsage, match="must be a revision that git knows"):
        show(repository.project, "nobody", "review.yaml")
