"""The tree is in order: nothing that surprises, nothing left over, nothing of one machine."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.tree import ROOT, Copy, files

LONGEST = 350
"""Lines of a source file; whoever needs more has two things in it."""

CODE = (".py", ".ps1", ".css", ".ts", ".go", ".yml", ".yaml")
# made by programs, or compared byte by byte
MADE = re.compile(r"^tests/goldens/|go\.(sum|mod)$|\.payload$|\.schema\.json$")
MACHINE = re.compile(r"(?<![\w./$}>])/(?:home|root|Users|work|mnt|private)/\w|[A-Z]:\\\\?Users\\")
LEFT_OVER = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b|^(<<<<<<<|>>>>>>>) |\bbreakpoint\(\)|\bimport pdb\b", re.MULTILINE)
BESIDE = re.compile(r"\.(orig|rej|bak|swp|tmp|new|old|log|pyc)$|~$|(^|/)(\.DS_Store|nohup\.out|core)$| ")

FILES = files()
TEXTS = [name for name in FILES if not MADE.search(name)]


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def problems_of(name: str, text: str) -> list[str]:
    """What is out of order in a file of the project."""
    found = [f"is a leftover by its name: {name}"] if BESIDE.search(name) else []
    lines = text.count("\n")
    if name.endswith(CODE) and lines > LONGEST:
        found.append(f"has {lines} lines; at most {LONGEST}")
    if text and not text.endswith("\n"):
        found.append("its last line has no end")
    if text.endswith("\n\n"):
        found.append("ends in an empty line")
    if "\r" in text:
        found.append("has line ends of Windows")
    if re.search(r"[ \t]+$", text, re.MULTILINE):
        found.append("has lines that end in blanks")
    # the test of this rule has to write what it forbids
    if name != "tests/layout/test_tree.py":
        found += [f"has something left over: {one[0]}" for one in LEFT_OVER.finditer(text)]
        found += [f"knows a machine: {one[0]}" for one in MACHINE.finditer(text)]
    return found


def test_every_file_is_in_order() -> None:
    wrong = [f"{name}: {problem}" for name in TEXTS for problem in problems_of(name, read(name))]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("engine/long.py", "x = 1\n" * 351, "has 351 lines; at most 350"),
        ("engine/a.py.orig", "x = 1\n", "is a leftover by its name"),
        ("docs/a page.md", "x\n", "is a leftover by its name"),
        ("engine/a.py", "x = 1", "its last line has no end"),
        ("engine/a.py", "x = 1\n\n", "ends in an empty line"),
        ("engine/a.py", "x = 1\r\n", "has line ends of Windows"),
        ("docs/a.md", "one \n", "has lines that end in blanks"),
        ("engine/a.py", "x = 1  # TODO more\n", "has something left over: TODO"),
        ("engine/a.py", "<<<<<<< HEAD\n", "has something left over: <<<<<<< "),
        ("engine/a.py", 'x = "/home/ada/pools"\n', "knows a machine: /home/a"),
        ("docs/a.md", "C:\\Users\\ada\n", "knows a machine: C:\\Users\\"),
    ],
)
def test_a_file_that_is_not_is_found(name: str, text: str, said: str) -> None:
    (problem,) = problems_of(name, text)
    assert problem.startswith(said)


def test_tables_of_facts_may_be_long() -> None:
    assert problems_of("components/extension_pool/mutability.toml", "x = 1\n" * 900) == []


def runs_by_itself(name: str) -> bool:
    return (ROOT / name).stat().st_mode & 0o111 != 0


def test_what_can_be_started_says_by_what() -> None:
    started = {name for name in FILES if runs_by_itself(name)}
    assert started == {name for name in FILES if read(name).startswith("#!")}
    assert started == {".ci/run", "emulator/plugin/pulumi-resource-azure-native"}


def test_every_package_is_marked_as_one() -> None:
    # programs that Pulumi starts by their folder are no packages, and those of the tests are data
    alone = re.compile(r"(^|/)programs(/|$)|^examples/|^plugin$|^docs$|^\.$")
    folders = {Path(name).parent.as_posix() for name in FILES if name.endswith(".py")}
    bare = {one for one in folders if not alone.search(one) and f"{one}/__init__.py" not in FILES}
    assert bare == set()


def test_every_module_says_what_it_is_for() -> None:
    # a test is named after what it tests
    modules = [name for name in FILES if name.endswith(".py") and not Path(name).name.startswith("test_")]
    silent = [one for one in modules if (text := read(one).strip()) and not text.startswith(('"""', "#"))]
    assert silent == []


def alike(names: list[str]) -> list[str]:
    """Names of tests that somebody takes for one another."""
    short = [re.sub(r"s?\.py$", "", name.lower()) for name in names if Path(name).name.startswith("test_")]
    return sorted({name for name in short if short.count(name) > 1})


def test_no_two_tests_of_a_folder_are_named_alike() -> None:
    assert alike(FILES) == []


def test_two_that_are_named_alike_are_found() -> None:
    assert alike(["tests/test_gate.py", "tests/test_gates.py", "tests/more/test_gate.py"]) == ["tests/test_gate"]


def test_a_tree_without_git_has_the_same_files(tmp_path: Path) -> None:
    copy = Copy(tmp_path)
    (tmp_path / "PKG-INFO").write_text("as in an sdist\n", encoding="utf-8")
    assert files(copy.root) == files()
