"""Whoever changes a file finds its tests, and whoever reads a test finds what it tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.tree import ROOT, files

FILES = files()

MIRRORED = {"components/extension_pool": "tests/extension_pool", "policy": "tests/policy", "bench": "tests/bench"}
"""Folders, and where their tests are: for `ops/jobs.py` it is `ops/test_jobs.py`, or one that begins so."""

ELSEWHERE = {
    "components/extension_pool/args": "tests/extension_pool/test_args.py",
    "components/extension_pool/spec": "tests/extension_pool/checks",
    "components/extension_pool/arm": "tests/extension_pool/test_arm.py",
    "components/extension_pool/ops/batch": "tests/extension_pool/ops/test_batch.py",
    "components/extension_pool/ops/diagnosis": "tests/extension_pool/ops/test_diagnosis.py",
    "policy/rules": "tests/policy/test_rules.py",
    "emulator": "tests/emulator/test_emulator_data_plane.py",
    "emulator/arm": "tests/emulator/test_emulator_arm.py",
    "emulator/batch": "tests/emulator/test_emulator_data_plane.py",
    "emulator/provider": "tests/emulator/test_emulator_provider_crud.py",
    "engine": "tests/engine/test_engine_run.py",
    "plugin": "tests/plugin/test_schema.py",
}
"""Packages that are tested as a whole, and where to begin to read."""

ABOUT_MORE = {
    "test_assertions": "what the test kit says of a stack",
    "test_contract": "each extension type",
    "test_companion": "the health server on a node of local Azure",
    "test_families": "the rules on pools of each family",
    "test_html_in_browser": "the status page as Chromium shows it",
    "test_imports": "which module may import which",
    "test_late_values": "arguments that come late",
    "test_on_local_azure": "the commands on local Azure",
    "test_production": "the rules of production",
    "test_report_goldens": "whole reports",
    "test_runs_apart": "runs of the test kit beside each other",
}
"""Tests that are about more than one module."""


def packages() -> list[str]:
    """The folders with code of ours that users run."""
    tops = ("components/extension_pool", "policy", "bench", "emulator", "engine", "plugin")
    folders = {Path(name).parent.as_posix() for name in FILES if name.endswith(".py") and name.startswith(tops)}
    return sorted(one for one in folders if "programs" not in one)


def find_tests(package: str) -> str | None:
    """The file or folder with the tests of a package; None where nobody finds them."""
    if package in ELSEWHERE:
        return ELSEWHERE[package]
    for source, tests in MIRRORED.items():
        if package == source or package.startswith(f"{source}/"):
            return f"{tests}{package.removeprefix(source)}"
    return None


@pytest.mark.parametrize("package", packages())
def test_whoever_changes_a_package_finds_its_tests(package: str) -> None:
    place = find_tests(package)
    assert place is not None
    assert [name for name in FILES if name == place or (name.startswith(f"{place}/test_") and name.endswith(".py"))]


def subjects(folder: str) -> set[str]:
    """The modules and packages of a folder by name."""
    inside = {name.removeprefix(f"{folder}/").split("/")[0] for name in FILES if name.startswith(f"{folder}/")}
    return {Path(name).stem.strip("_") for name in inside}


def strangers(tests: str, names: list[str], known: set[str]) -> list[str]:
    """Tests of a folder that are named after nothing in the folder that it mirrors."""
    stems = [Path(name).stem for name in names if Path(name).parent.as_posix() == tests]
    return [
        stem
        for stem in stems
        if stem.startswith("test_")
        and stem not in ABOUT_MORE
        and not any(stem == f"test_{one}" or stem.startswith((f"test_{one}_", f"test_{one}s_")) for one in known)
    ]


def mirrors() -> list[tuple[str, str]]:
    found = []
    for source, tests in MIRRORED.items():
        below = {Path(name).parent.as_posix() for name in FILES if name.startswith(f"{tests}/") and "/test_" in name}
        found += [(f"{source}{one.removeprefix(tests)}", one) for one in sorted(below)]
    return found


@pytest.mark.parametrize(("source", "tests"), mirrors())
def test_whoever_reads_a_test_finds_what_it_tests(source: str, tests: str) -> None:
    assert (ROOT / source).is_dir()
    assert strangers(tests, FILES, subjects(source)) == []


def test_a_test_of_nothing_is_found() -> None:
    names = ["tests/bench/test_rows.py", "tests/bench/test_rows_of_more.py", "tests/bench/test_columns.py"]
    assert strangers("tests/bench", names, {"rows"}) == ["test_columns"]


def test_a_package_without_tests_is_found() -> None:
    assert find_tests("gadgets") is None


def test_the_exceptions_are_needed() -> None:
    stems = {Path(name).stem for name in FILES}
    assert set(ABOUT_MORE) - stems == set()
    assert [package for package in ELSEWHERE if package not in packages()] == []
