"""What is gathered about a preview and the working tree, in repositories of git."""

import os
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from extension_pool.ops.errors import BadUsage
from extension_pool.ops.review.freshness import find_staleness
from extension_pool.ops.review.freshness_facts import gather_facts, is_program_file, parse_made_at, parse_made_for

from .repository import Repository

NOON = datetime(2026, 11, 26, 12, 0, tzinfo=timezone.utc)
STACK = "config:\n  farm:size: 4\n"
CONFIG = {"farm:size": "4", "farm:region": "eu"}


def at(minutes: int) -> datetime:
    return NOON + timedelta(minutes=minutes)


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """A project that was written and committed an hour before noon."""
    made = Repository(tmp_path / "farm")
    project = "name: farm\nruntime: python\nstackConfigDir: stacks\nconfig: {region: {default: eu}}\n"
    made.write("Pulumi.yaml", project, at(-60))
    made.write("stacks/Pulumi.prod.yaml", STACK, at(-60))
    made.write("__main__.py", "", at(-60))
    made.write(".gitignore", "*.json\n", at(-60))
    made.commit(at(-60))
    return made


def staleness(repository: Repository, preview: Path | None = None, *, made: int = 0, **more: object) -> str | None:
    """Why a preview that was made `made` minutes after noon is stale."""
    if preview is None:
        preview = repository.write("prod.json", "{}", at(made))
    facts = gather_facts(repository.folder, "acme/farm/prod", preview, CONFIG, **more)  # type: ignore[arg-type]
    return find_staleness(facts, max_age=3600, now=at(30))


def test_a_preview_after_the_last_edit_is_fresh(repository: Repository) -> None:
    assert staleness(repository) is None


def test_an_edit_after_the_preview_makes_it_stale_whether_it_is_committed_or_not(repository: Repository) -> None:
    repository.write("__main__.py", "import pulumi", at(5))
    assert str(staleness(repository)).startswith("__main__.py was written at 2026-11-26 12:05:00 UTC")
    repository.commit(at(6))
    assert str(staleness(repository)).startswith("__main__.py was written at")
    assert staleness(repository, made=7) is None


def test_a_new_file_of_the_program_counts_and_one_that_git_ignores_does_not(repository: Repository) -> None:
    repository.write("build.json", "{}", at(5))
    repository.write("notes.md", "", at(5))
    repository.write("tests/test_farm.py", "", at(5))
    repository.write("stacks/Pulumi.dev.yaml", STACK, at(5))
    assert staleness(repository) is None
    repository.write("farm/größe.py", "", at(5))
    assert str(staleness(repository)).startswith("farm/größe.py was written at")


def test_a_commit_of_what_was_previewed_does_not_make_it_stale(repository: Repository) -> None:
    repository.write("__main__.py", "import pulumi", at(-5))
    preview = repository.write("prod.json", "{}", at(0))
    repository.commit(at(10))
    assert staleness(repository, preview) is None


def test_a_clone_after_the_preview_does_not_make_it_stale(repository: Repository, tmp_path: Path) -> None:
    preview = repository.write("prod.json", "{}", at(0))
    repository.git("clone", "--quiet", str(repository.folder), str(tmp_path / "clone"))
    clone = Repository(tmp_path / "clone")
    for path in clone.folder.rglob("*.*"):
        os.utime(path, (at(20).timestamp(), at(20).timestamp()))
    assert staleness(clone, preview) is None
    # the twin: a later commit, and the same clone
    clone.git("commit", "--quiet", "--allow-empty", "--message", "later", when=at(10))
    assert staleness(clone, preview) is not None


def test_the_time_that_is_told_goes_before_the_time_of_the_file(repository: Repository) -> None:
    preview = repository.write("prod.json", "{}", at(29))
    assert staleness(repository, preview) is None
    said = staleness(repository, preview, made_at=at(-50))
    assert said == "it is 1 h 20 min old (made at 2026-11-26 11:10:00 UTC), and the rules allow 1 h"


def test_the_commit_that_is_told_is_held_against_head(repository: Repository) -> None:
    head = repository.git("rev-parse", "HEAD")
    assert staleness(repository, made_for=head[:8]) is None
    repository.commit(at(-1))
    assert str(staleness(repository, made_for=head)).startswith(f"it was made for commit {head}, and ")


def test_the_stack_file_is_found_where_the_project_keeps_it(repository: Repository) -> None:
    repository.write("stacks/Pulumi.prod.yaml", STACK.replace("4", "5"), at(-1))
    assert staleness(repository) == "its configuration is not that of stacks/Pulumi.prod.yaml:2 (farm:size)"


def test_a_project_in_a_folder_of_a_repository_is_judged_by_its_own_files(tmp_path: Path) -> None:
    whole = Repository(tmp_path / "all")
    whole.write("farm/Pulumi.yaml", "name: farm\nruntime: python\n", at(-60))
    whole.commit(at(-60))
    whole.write("other/__main__.py", "", at(5))
    preview = whole.write("prod.json", "{}", at(0))
    facts = gather_facts(whole.folder / "farm", "prod", preview, None)
    assert find_staleness(facts, max_age=None, now=NOON) is None
    whole.write("farm/__main__.py", "", at(5))
    facts = gather_facts(whole.folder / "farm", "prod", preview, None)
    assert str(find_staleness(facts, max_age=None, now=NOON)).startswith("__main__.py was written at")


def test_without_git_only_age_and_configuration_can_be_judged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: farm\nruntime: python\n", encoding="utf-8")
    (tmp_path / "__main__.py").touch()
    preview = tmp_path / "prod.json"
    preview.touch()
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    for path in ("/nowhere", os.environ["PATH"]):
        monkeypatch.setenv("PATH", path)
        facts = gather_facts(tmp_path, "prod", preview, {"farm:size": "4"})
        assert find_staleness(facts, max_age=None, now=NOON) is None
        assert facts.head is None
        assert facts.made is not None


def test_a_preview_that_is_not_there_has_no_time(repository: Repository) -> None:
    assert staleness(repository, repository.folder / "missing.json") is None


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("Pulumi.yaml", True),
        ("stacks/Pulumi.prod.yaml", True),
        ("stacks/Pulumi.dev.yaml", False),
        ("farm/pools.py", True),
        ("index.ts", True),
        ("requirements.txt", True),
        ("README.md", False),
        ("tests/test_pools.py", False),
        (".github/scripts/x.py", False),
        ("docs/conf.py", False),
    ],
)
def test_what_counts_as_the_program(name: str, counts: bool) -> None:
    assert is_program_file(name, "stacks/Pulumi.prod.yaml") is counts


def test_what_is_told_of_previews_is_read_by_environment() -> None:
    assert parse_made_for(["prod=1F2E3D4", "a/b=c=1234567"]) == {"prod": "1f2e3d4", "a/b=c": "1234567"}
    assert parse_made_at(["prod=2026-11-26T12:00:00Z"]) == {"prod": NOON}
    assert parse_made_at(["prod=2026-11-26T13:00:00+01:00"]) == {"prod": NOON}


@pytest.mark.parametrize(
    ("parse", "texts", "said"),
    [
        (parse_made_for, ["prod"], r"^--made-for: must be ENV=SHA, got 'prod'"),
        (parse_made_for, ["=1f2e3d4"], r"^--made-for: must be ENV=SHA"),
        (parse_made_for, ["prod=main"], r"^--made-for: must name a commit by 7 or more of its digits, got 'main'"),
        (parse_made_for, ["prod=1f2e3d"], r"^--made-for: must name a commit"),
        (parse_made_for, ["prod=1f2e3d4", "prod=1f2e3d5"], r"^--made-for: must come once for each environment"),
        (parse_made_at, ["prod=yesterday"], r"^--made-at: must be a time in ISO 8601, got 'yesterday'"),
    ],
)
def test_what_is_told_wrongly_is_refused(parse: object, texts: list[str], said: str) -> None:
    assert callable(parse)
    with pytest.raises(BadUsage, match=said):
        parse(texts)
