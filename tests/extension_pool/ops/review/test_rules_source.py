"""A pull request is judged by the rules of the branch that it goes into, not by its own."""

from pathlib import Path

import pytest

from extension_pool.ops.errors import BadUsage
from extension_pool.ops.review.rules_source import read_rules

from .repository import Repository

STRICT = "environments: {prod: {delete: never}}\n"
LOOSE = "environments: {prod: free}\n"


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    made = Repository(tmp_path / "farm")
    made.write("Pulumi.yaml", "name: farm\nruntime: python\n")
    made.commit()
    return made


def judged_by(folder: Path, base: str | None, named: str | None = None) -> tuple[str, list[str]]:
    """`strict` or `loose`, and what is told about it."""
    found = read_rules(folder, named, base)
    assert found is not None
    rules, notes = found
    assert all(note.allowed for note in notes)
    strict = rules.content.environments["prod"].delete is not None
    return "strict" if strict else "loose", [note.sentence for note in notes]


def on_a_branch(repository: Repository) -> None:
    repository.git("switch", "--quiet", "--create", "change")


def test_rules_that_the_change_loosens_do_not_hold_for_it(repository: Repository) -> None:
    repository.write("review.yaml", STRICT)
    repository.commit()
    on_a_branch(repository)
    repository.write("review.yaml", LOOSE)
    repository.commit()
    assert judged_by(repository.folder, "main") == (
        "strict",
        ["review.yaml is not that at main, by which the change is judged; look at it before you merge"],
    )
    # the twin: read from the working tree, the change would have let itself pass
    assert judged_by(repository.folder, None) == ("loose", [])


def test_rules_that_the_change_takes_away_still_hold(repository: Repository) -> None:
    repository.write("review.yaml", STRICT)
    repository.commit()
    on_a_branch(repository)
    (repository.folder / "review.yaml").unlink()
    assert judged_by(repository.folder, "main") == (
        "strict",
        ["review.yaml is not there any more; the change is judged by that at main"],
    )


def test_a_change_that_begins_before_there_were_rules_does_not_escape_them(repository: Repository) -> None:
    on_a_branch(repository)
    repository.write("review.yaml", LOOSE)
    repository.commit()
    repository.git("switch", "--quiet", "main")
    repository.write("review.yaml", STRICT)
    repository.commit()
    repository.git("switch", "--quiet", "change")
    assert judged_by(repository.folder, "main")[0] == "strict"


def test_the_first_rules_of_a_repository_judge_their_own_change_and_it_is_told(repository: Repository) -> None:
    on_a_branch(repository)
    repository.write("review.yaml", STRICT)
    assert judged_by(repository.folder, "main") == (
        "strict",
        ["review.yaml is new: main has none, so the change is judged by its own"],
    )


def test_rules_that_are_the_same_need_no_word(repository: Repository) -> None:
    repository.write("review.yaml", STRICT)
    repository.commit()
    assert judged_by(repository.folder, "main") == ("strict", [])
    found = read_rules(repository.folder, None, "main")
    assert found is not None
    assert found[0].place(("environments", "prod")) == "review.yaml:1 at main"


def test_new_rules_that_are_wrong_do_not_pass_for_after_the_merge_nothing_would(repository: Repository) -> None:
    repository.write("review.yaml", STRICT)
    repository.commit()
    repository.write("review.yaml", "environments: {prod: {delte: never}}\n")
    found = read_rules(repository.folder, None, "main")
    assert found is not None
    assert found[0].content.environments["prod"].delete is not None
    (refusal,) = found[1]
    assert not refusal.allowed
    assert (
        "is not that at main, by which the change is judged, and it is wrong: review.yaml:1: environments.prod.delte"
        in refusal.sentence
    )


def test_wrong_rules_of_the_base_let_nothing_pass(repository: Repository) -> None:
    repository.write("review.yaml", "environments: {prod: {delte: never}}\n")
    repository.commit()
    repository.write("review.yaml", STRICT)
    with pytest.raises(BadUsage, match=r"^review\.yaml:1 at main: environments\.prod\.delte: unknown key"):
        read_rules(repository.folder, None, "main")


def test_a_base_that_git_does_not_know_is_no_base_without_rules(repository: Repository) -> None:
    # to take it for one would judge the change by its own rules
    repository.write("review.yaml", LOOSE)
    with pytest.raises(BadUsage, match="origin/main"):
        read_rules(repository.folder, None, "origin/main")


def test_nobody_needs_rules_unless_they_are_named(repository: Repository) -> None:
    assert read_rules(repository.folder, None, None) is None
    assert read_rules(repository.folder, None, "main") is None
    for base in (None, "main"):
        with pytest.raises(BadUsage, match=r"^--rules: must be a file under the folder of Pulumi\.yaml, got 'rules/x"):
            read_rules(repository.folder, "rules/x.yaml", base)


def test_rules_can_have_another_name_and_the_project_a_folder_of_its_own(repository: Repository) -> None:
    repository.write("infra/rules/gate.yaml", STRICT)
    repository.commit()
    repository.write("infra/rules/gate.yaml", LOOSE)
    rules, notes = judged_by(repository.folder / "infra", "main", "rules/gate.yaml")
    assert rules == "strict"
    assert notes[0].startswith("rules/gate.yaml is not that at main")


def test_a_link_is_refused_since_git_keeps_no_rules_of_it(repository: Repository) -> None:
    repository.write("elsewhere.yaml", LOOSE)
    (repository.folder / "review.yaml").symlink_to("elsewhere.yaml")
    repository.commit()
    for base in (None, "main"):
        with pytest.raises(BadUsage, match="which is a link; put the rules themselves there"):
            read_rules(repository.folder, None, base)


def test_a_base_that_has_a_link_is_no_base_without_rules(repository: Repository) -> None:
    repository.write("elsewhere.yaml", STRICT)
    (repository.folder / "review.yaml").symlink_to("elsewhere.yaml")
    repository.commit()
    on_a_branch(repository)
    (repository.folder / "review.yaml").unlink()
    repository.write("review.yaml", LOOSE)
    with pytest.raises(BadUsage, match=r"^--rules: must be a file, got 'review\.yaml' at main, which is a link"):
        read_rules(repository.folder, None, "main")


def test_a_file_that_is_no_text_is_refused(repository: Repository) -> None:
    (repository.folder / "review.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BadUsage, match="must be a text in UTF-8 that can be read"):
        read_rules(repository.folder, None, None)
