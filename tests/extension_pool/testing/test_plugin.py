"""The kit as users have it: the page's examples, the fixtures of pytest, and programs without pytest."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import unittest
from importlib import import_module
from pathlib import Path

import pytest

import extension_pool.testing as kit
from tests.extension_pool.test_init import loaded_by

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "testing.md").read_text(encoding="utf-8")
PLUGIN = "extension_pool.testing.plugin"
# for the runs of pytest below, in which only this plugin is wanted
ALONE = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_ADDOPTS": ""}


def run(folder: Path, *words: str, **environment: str) -> tuple[int, str]:
    """Exit code and output of a Python in a folder."""
    done = subprocess.run(
        [sys.executable, *words], cwd=folder, capture_output=True, text=True, env={**os.environ, **environment}
    )
    return done.returncode, done.stdout + done.stderr


def write_page(folder: Path) -> list[str]:
    """Every file of the page, by the comment in its first line."""
    names = []
    # the folder may be within this project, whose settings are not a user's
    (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    for name, text in re.findall(r"```(?:python|yaml)\n# (\S+)\n(.*?)```", PAGE, re.S):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
        names.append(name)
    return names


def test_the_examples_of_the_page_pass(tmp_path: Path) -> None:
    names = write_page(tmp_path)
    tests = [name for name in names if name.startswith("test_")]
    assert len(tests) == 4
    code, said = run(tmp_path, "-m", "pytest", "-q", "-p", PLUGIN, **ALONE)
    assert code == 0, said
    count = sum((tmp_path / name).read_text().count("def test_") for name in tests)
    assert f"{count} passed" in said


def test_the_plain_example_needs_no_pytest(tmp_path: Path) -> None:
    write_page(tmp_path)
    program = (
        "import sys, unittest\n"
        "from extension_pool.testing import *\n"
        "done = unittest.main('test_plain', exit=False)\n"
        "assert done.result.wasSuccessful() and 'pytest' not in sys.modules\n"
    )
    code, said = run(tmp_path, "-c", program)
    assert code == 0, said


def test_a_failing_assertion_reads_as_on_the_page(tmp_path: Path) -> None:
    write_page(tmp_path)
    test = (tmp_path / "test_infra.py").read_text().replace("assert not pool.replaces_on", "assert pool.replaces_on")
    (tmp_path / "test_infra.py").write_text(test)
    code, said = run(tmp_path, "-m", "pytest", "-q", "-p", PLUGIN, "test_infra.py", **ALONE)
    (line,) = re.findall(r"^E .*$", PAGE, re.M)
    assert code == 1 and line in said
    assert "secret of hpc" not in said


def test_a_users_tests_pass_the_strict_type_checker(tmp_path: Path) -> None:
    names = [name for name in write_page(tmp_path) if name.endswith(".py")]
    code, said = check_types(tmp_path, *[name for name in names if name.startswith("test_")])
    assert code == 0, said


def test_a_misspelt_question_is_seen_by_the_type_checker(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(
        "from extension_pool.testing import RunProgram\n"
        "def test_it(pulumi_program: RunProgram) -> None:\n"
        "    assert pulumi_program('infra').pool('render').replace_on('extensions')\n"
        "    assert pulumi_program('infra', stak='prod')\n"
    )
    code, said = check_types(tmp_path, "test_it.py")
    assert code == 1
    assert '"Pool" has no attribute "replace_on"; maybe "replaces_on"?' in said
    assert 'Unexpected keyword argument "stak"' in said


def check_types(folder: Path, *files: str) -> tuple[int, str]:
    """Exit code and words of the type checker, azure-native left aside: it takes two minutes, and is not ours."""
    stubs = folder / "stubs" / "pulumi_azure_native"
    stubs.mkdir(parents=True)
    (stubs / "__init__.pyi").write_text("from typing import Any\ndef __getattr__(name: str) -> Any: ...\n")
    options = ["--strict", "--follow-imports=silent", "--cache-dir", str(ROOT / ".mypy_cache" / "users")]
    return run(folder, "-m", "mypy", *options, *files, MYPYPATH=str(stubs.parent))


def test_pytest_finds_the_fixtures_by_the_entry_point(tmp_path: Path) -> None:
    document = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    entries = document["project"]["entry-points"]["pytest11"]
    installed = tmp_path / "site" / "kit_of_test-1.0.dist-info"
    installed.mkdir(parents=True)
    lines = [f"{name} = {place}" for name, place in entries.items()]
    (installed / "entry_points.txt").write_text("\n".join(["[pytest11]", *lines]))
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: kit-of-test\nVersion: 1.0\n")
    (tmp_path / "test_it.py").write_text(
        "def test_it(pulumi_program):\n    assert pulumi_program(lambda: {'a': 1}).exports == {'a': 1}\n"
    )
    path = os.pathsep.join([str(tmp_path / "site"), os.environ.get("PYTHONPATH", "")])
    code, said = run(tmp_path, "-m", "pytest", "-q", "test_it.py", PYTHONPATH=path, PYTEST_ADDOPTS="")
    assert code == 0, said


def test_a_project_that_does_not_use_the_fixtures_loads_nothing(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text("import pytest\n@pytest.fixture\ndef azure_mocks():\n    return 'mine'\n")
    (tmp_path / "test_it.py").write_text(
        "import sys\ndef test_it(azure_mocks):\n"
        "    assert azure_mocks == 'mine'\n"
        "    assert not {'pulumi', 'grpc', 'pydantic', 'yaml'} & set(sys.modules)\n"
    )
    code, said = run(tmp_path, "-m", "pytest", "-q", "-p", PLUGIN, **ALONE)
    assert code == 0, said


def test_the_azure_of_a_conftest_answers(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(
        "import pytest\nfrom extension_pool.testing import Azure\n"
        "@pytest.fixture\ndef azure_mocks():\n    return Azure(location='mars')\n"
    )
    (tmp_path / "test_it.py").write_text(
        "from pulumi_azure_native import resources\n"
        "def test_it(pulumi_program):\n"
        "    stack = pulumi_program(lambda: {'l': resources.ResourceGroup('a').location})\n"
        "    assert stack.exports == {'l': 'mars'}\n"
    )
    code, said = run(tmp_path, "-m", "pytest", "-q", "-p", PLUGIN, **ALONE)
    assert code == 0, said


def test_importing_the_component_does_not_load_the_kit() -> None:
    assert loaded_by("from extension_pool import ExtensionPool", "extension_pool.testing", "pytest") == set()
    assert loaded_by("from extension_pool.testing import run_program", "pulumi", "pytest") == {"pulumi"}


def test_every_public_name_is_there_and_listed_once() -> None:
    assert sorted(kit.__all__) == sorted(set(kit.__all__)) == sorted(kit._PLACES)
    for name, module in kit._PLACES.items():
        assert getattr(kit, name) is getattr(import_module(f"extension_pool.testing.{module}"), name)
    assert set(kit.__all__) <= set(dir(kit))
    with pytest.raises(AttributeError, match=r"module 'extension_pool.testing' has no attribute 'run_programm'"):
        _ = kit.run_programm  # type: ignore[attr-defined]


class Plain(unittest.TestCase):
    def test_an_answer_says_why_in_unittest_as_well(self) -> None:
        with self.assertRaisesRegex(AssertionError, "no: because"):
            self.assertTrue(kit.Answer(False, "because"))
