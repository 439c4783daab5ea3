"""CONTRIBUTING leads to every file of the project, and every path in it exists."""

from __future__ import annotations

import fnmatch
import re
from pathlib import Path

import pytest

from tests.support.recipe import CannotApply, Edit, Step, parse_edits, parse_recipe
from tests.support.tree import ROOT, files

PAGE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
LIBRARY = "components/extension_pool/"
FILES = files()
RECIPE = "How to add an extension type"

_SPAN = re.compile(r"`([^`\n]+)`")
_PATH = re.compile(r"\.?[\w.*-]+(/[\w.*<>-]+)*/?")
# in back ticks and with a dot or a slash, and no file of ours
_OTHER = re.compile(r"^(v?\d[\w.]*|emulator\.[\w.]+|\.{3}|Contoso\..*|dist/|\.venv/.*|\.local/.*)$")


def named(page: str) -> set[str]:
    """The paths that a page names, as it names them."""
    prose = re.sub(r"^```.*?^```$", "", page, flags=re.MULTILINE | re.DOTALL)
    spans = {one for one in _SPAN.findall(prose) if _PATH.fullmatch(one)}
    return {one for one in spans if one in FILES or (re.search(r"[./]", one) and not _OTHER.match(one))}


def reached(path: str, names: list[str] = FILES) -> list[str]:
    """The files that a path of the page stands for: of the project, or of the library; `*` and `<x>` for any name."""
    pattern = re.sub(r"<\w+>", "*", path)
    below = f"{pattern}*" if pattern.endswith("/") else pattern
    return [name for name in names if fnmatch.fnmatch(name, below) or fnmatch.fnmatch(name, f"{LIBRARY}{below}")]


def unreached(page: str, names: list[str] = FILES) -> set[str]:
    """The files that a page leads to by no path of its own, but for those of a whole tree."""
    found: set[str] = set()
    for path in named(page):
        # that the library is there says nothing of the files in it
        if path not in (LIBRARY, "ops/"):
            found.update(reached(path, names))
    return {name for name in names if not name.endswith(("__init__.py", "py.typed"))} - found


@pytest.mark.parametrize("page", ["CONTRIBUTING.md", "SECURITY.md"])
def test_whoever_follows_a_path_arrives(page: str) -> None:
    paths = named((ROOT / page).read_text(encoding="utf-8"))
    assert paths and [path for path in sorted(paths) if not reached(path)] == []


def test_every_file_can_be_reached_from_the_page() -> None:
    assert unreached(PAGE) == set()


def test_a_path_that_is_not_there_is_found() -> None:
    assert named("| task | `ops/no_such.py`, `docs/` |") == {"ops/no_such.py", "docs/"}
    assert reached("ops/no_such.py") == []


def test_a_module_that_no_task_names_is_found() -> None:
    shorter = PAGE.replace("`ops/sweep.py` and ", "").replace("`docs/` |", "the pages |")
    missed = unreached(shorter)
    assert f"{LIBRARY}ops/sweep.py" in missed
    assert "docs/how-it-works.md" in missed


@pytest.mark.parametrize("stray", ["notes.txt", "scripts/release.py", "components/extension_pool/helpers.py"])
def test_a_file_that_has_no_place_is_found(stray: str) -> None:
    assert stray in unreached(PAGE, [*FILES, stray])


def test_the_targets_that_the_page_names_are_those_of_make() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    assert set(re.findall(r"(?:`|^)make ([a-z]+)", PAGE, re.MULTILINE)) - targets == set()
    assert re.search(r"^test: check ", makefile, re.MULTILINE)


def test_a_recipe_is_read_step_by_step() -> None:
    steps = parse_recipe(PAGE, RECIPE)
    assert [one.number for one in steps] == [1, 2, 3, 4, 5, 6]
    assert all(step.edits or step.commands for step in steps)
    with pytest.raises(ValueError, match=r"steps 1, 2, \.\.\. are wanted"):
        parse_recipe(PAGE, "How to fly")
    with pytest.raises(ValueError, match="nothing to do in the steps"):
        parse_recipe("## How\n\n**1. Think.** Deeply.\n", "How")


def test_the_edits_of_a_recipe_fit_the_files_of_today(tmp_path: Path) -> None:
    edits = [edit for step in parse_recipe(PAGE, RECIPE) for edit in step.edits]
    for edit in edits:
        target = tmp_path / edit.path
        if edit.before and not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text((ROOT / edit.path).read_text(encoding="utf-8"), encoding="utf-8")
        target.parent.mkdir(parents=True, exist_ok=True)
        edit.apply(tmp_path)
    assert all((tmp_path / edit.path).is_file() for edit in edits)


def test_an_edit_changes_the_one_place_that_it_shows(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("one\ntwo\nthree\ntwo\n", encoding="utf-8")
    first, second = parse_edits("+++ a.py\n one\n+more\n two\n@@\n-three\n+3\n")
    first.apply(tmp_path)
    second.apply(tmp_path)
    assert (tmp_path / "a.py").read_text(encoding="utf-8") == "one\nmore\ntwo\n3\ntwo\n"
    with pytest.raises(CannotApply, match="are 2 times"):
        Edit("a.py", ("two",), ("2",)).apply(tmp_path)
    with pytest.raises(CannotApply, match="is there already"):
        Edit("a.py", (), ("1",)).apply(tmp_path)
    with pytest.raises(ValueError, match="change something"):
        parse_edits("+++ a.py\n one\n two\n")


def test_a_step_has_its_commands() -> None:
    text = "## How\n\n**1. Do.**\n\n```console\nmake generate\n```\n"
    assert parse_recipe(text, "How") == (Step(1, (), ("make generate",)),)
