"""What a user has who installs the wheel, and nothing else of this project."""

from __future__ import annotations

import email
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest

from extension_pool.public import PUBLIC, names_of
from tests.distribution.built import EPOCH, ROOT, Built, run, run_any

pytestmark = pytest.mark.drill

PROGRAMS = Path(__file__).parent / "programs"
NEEDS_OPS = "pip install 'batch-extension-pool[ops]'"
GATED = """
from extension_pool import ExtensionPool
from extension_pool.testing import run_program
arguments = {"resource_group_name": "rg", "account_name": "hpcprod", "vm_size": "Standard_D2s_v5",
             "image": "ubuntu-24.04"}
run_program(lambda: ExtensionPool("plain", arguments) and None)
print("plain: made")
rollout = {"strategy": "blue-green"}
run_program(lambda: ExtensionPool("gated", {**arguments, "rollout": rollout}) and None)
print("gated: made")
"""

# azure-native alone is three million lines, which mypy reads for a minute; what we pass on to it is not public
MYPY = "[mypy]\nstrict = true\n[mypy-pulumi_azure_native.*]\nfollow_imports = skip\n"


def in_wheel(built: Built) -> list[str]:
    with zipfile.ZipFile(built.wheel) as archive:
        return archive.namelist()


def metadata(built: Built) -> Any:
    with zipfile.ZipFile(built.wheel) as archive:
        (name,) = [one for one in archive.namelist() if one.endswith(".dist-info/METADATA")]
        return email.message_from_string(archive.read(name).decode())


def mypy(built: Built, program: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """mypy as a user runs it: strict, seeing the installed wheel and none of our source."""
    settings = folder / "mypy.ini"
    settings.write_text(MYPY, encoding="utf-8")
    command: list[str | Path] = [sys.executable, "-m", "mypy", "--config-file", settings, "--python-executable"]
    return run_any([*command, built.venv.python, "--cache-dir", built.venv.folder / "mypy", program], cwd=folder)


def every_name(folder: Path) -> Path:
    """A program that touches every public name, and asks the type checker for its type."""
    lines = ["from typing_extensions import reveal_type"]
    for number, module in enumerate(PUBLIC):
        lines += [f"from {module} import {name} as {name}_{number}" for name in names_of(module)]
        lines += [f"reveal_type({name}_{number})" for name in names_of(module)]
    program = folder / "every_name.py"
    program.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return program


# The archives


def test_the_wheel_has_all_files_of_the_library_and_no_others(built: Built) -> None:
    library = ROOT / "components" / "extension_pool"
    tree = {f"extension_pool/{path.relative_to(library)}" for path in library.rglob("*") if path.is_file()}
    wanted = {name for name in tree if "__pycache__" not in name}
    info = {name for name in in_wheel(built) if ".dist-info/" in name}
    assert set(in_wheel(built)) - info == wanted
    kinds = {Path(name).suffix for name in wanted}
    assert {".py", ".typed", ".toml", ".css", ".ps1", ".payload"} <= kinds
    assert {Path(name).name for name in info} == {"METADATA", "WHEEL", "RECORD", "entry_points.txt", "LICENSE"}


def test_the_sdist_has_what_git_has_and_nothing_of_this_machine(built: Built) -> None:
    with tarfile.open(built.sdist) as archive:
        found = {name.partition("/")[2] for name in archive.getnames()}
    assert {"pyproject.toml", "constraints.txt", "Makefile", "LICENSE", "README.md", "docs/api.md"} <= found
    assert {"tests/distribution/test_wheel.py", "emulator/__main__.py", "policy/PulumiPolicy.yaml"} <= found
    ours = {name.split("/")[0] for name in found}
    assert not ours & {".venv", ".local", ".git", ".mypy_cache", ".pytest_cache", ".hypothesis", "dist", "node_modules"}
    assert not [name for name in found if name.endswith((".pyc", ".zip", ".whl"))]
    if not (ROOT / ".git").exists():
        pytest.skip("this is no git repository: which files are its own is not known")
    tracked = run(["git", "ls-files"], cwd=ROOT).stdout.splitlines()
    assert [name for name in tracked if name not in found and (ROOT / name).is_file()] == []


def test_the_same_source_builds_the_same_bytes(built: Built, tmp_path: Path) -> None:
    copy = shutil.copytree(built.source, tmp_path / "copy")
    for path in copy.rglob("*"):
        os.utime(path, (int(EPOCH) - 1000, int(EPOCH) - 1000))
    assert built.builder.wheel(copy, tmp_path / "again").read_bytes() == built.wheel.read_bytes()
    assert built.builder.sdist(copy, tmp_path / "again").read_bytes() == built.sdist.read_bytes()
    # and it is the time that is told, not that of now or of the files
    other = built.builder.wheel(copy, tmp_path / "other", epoch=str(int(EPOCH) + 86400))
    assert other.read_bytes() != built.wheel.read_bytes()


def test_the_metadata_says_what_is_true(built: Built) -> None:
    told = metadata(built)
    assert told["Name"] == "batch-extension-pool"
    assert told["License-Expression"] == "MIT"
    assert told["Requires-Python"] == ">=3.10"
    assert told["Description-Content-Type"] == "text/markdown"
    assert told.get_payload().strip() == (ROOT / "README.md").read_text(encoding="utf-8").strip()
    classifiers = told.get_all("Classifier")
    assert {"Typing :: Typed", "Framework :: Pytest", "Programming Language :: Python :: 3.10"} <= set(classifiers)
    assert set(told.get_all("Provides-Extra")) == {"ops", "emulator", "test"}
    # no address is known to be ours
    assert told.get_all("Project-URL") is None and told["Home-page"] is None


def test_the_wheel_brings_the_command_and_the_fixtures_of_pytest(built: Built) -> None:
    with zipfile.ZipFile(built.wheel) as archive:
        (name,) = [one for one in archive.namelist() if one.endswith("/entry_points.txt")]
        told = archive.read(name).decode()
    assert "[console_scripts]\nextension-pool = extension_pool.ops.cli:main" in told
    assert "[pytest11]\nextension_pool = extension_pool.testing.plugin" in told


# Without the extra. These come before those with it: the environment is one.


@pytest.fixture
def bare(built: Built) -> Built:
    installed = built.venv.packages()
    assert "batch-extension-pool" in installed
    assert not installed & {"azure-batch", "azure-identity", "typer", "pytest", "aiohttp"}, "the extra is installed"
    return built


def test_a_users_program_runs_with_the_wheel_alone(bare: Built, tmp_path: Path) -> None:
    done = run([bare.venv.python, PROGRAMS / "infra.py"], cwd=tmp_path)
    assert json.loads(done.stdout) == {
        "replaces": True,
        "extensions": ["AzureMonitorLinuxAgent", "KeyVaultForLinux", "NvidiaGpuDriverLinux"],
        "export": "render",
        "replaced": ["render"],
        "refused": [
            'image: unknown image, got "ubunut-24.04"; did you mean ubuntu-24.04? For any other image give its image '
            "reference with its node agent SKU id"
        ],
        "arm": "Standard_D2s_v5",
        "image": "ubuntu-24_04-lts",
        "health": "ApplicationHealthLinux",
    }


def test_every_public_name_is_in_the_wheel(bare: Built, tmp_path: Path) -> None:
    code = "import json\nfrom extension_pool.public import public_names\nprint(json.dumps(public_names()))"
    found = json.loads(run([bare.venv.python, "-c", code], cwd=tmp_path).stdout)
    recorded = sorted((ROOT / "tests" / "goldens" / "rendered").glob("[0-9]*/public_names.txt"))[-1]
    assert found == recorded.read_text(encoding="utf-8").splitlines()


def test_a_gate_without_the_extra_says_which_one_before_anything_is_made(bare: Built, tmp_path: Path) -> None:
    done = run_any([bare.venv.python, "-c", GATED], cwd=tmp_path)
    assert done.stdout.splitlines() == ["plain: made"]
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("rollout: asks the Batch service, and needs packages that are not installed: azure.batch, ")
    assert f"run {NEEDS_OPS}" in last


@pytest.mark.parametrize("arguments", [["--help"], ["status", "--stack", "prod"], ["report"], ["gate"], []])
def test_the_command_without_the_extra_says_which_one(bare: Built, tmp_path: Path, arguments: list[str]) -> None:
    done = run_any([bare.venv.command, *arguments], cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"extension-pool: install: this command needs an extra; run: {NEEDS_OPS}\n"


def test_a_users_program_is_type_checked_strictly(bare: Built, tmp_path: Path) -> None:
    done = mypy(bare, PROGRAMS / "infra.py", tmp_path)
    assert done.stdout.strip() == "Success: no issues found in 1 source file", done.stderr


def test_a_mistake_in_a_users_program_is_found_by_its_type(bare: Built, tmp_path: Path) -> None:
    text = (PROGRAMS / "infra.py").read_text(encoding="utf-8")
    program = tmp_path / "infra.py"
    program.write_text(text.replace('"account_name": "hpcprod"', '"acount_name": "hpcprod"'), encoding="utf-8")
    done = mypy(bare, program, tmp_path)
    assert 'Missing key "account_name" for TypedDict "ExtensionPoolArgs"' in done.stdout
    assert 'Extra key "acount_name" for TypedDict "ExtensionPoolArgs"' in done.stdout


def test_no_public_name_is_untyped(bare: Built, tmp_path: Path) -> None:
    program = every_name(tmp_path)
    revealed = re.findall(r'Revealed type is "(.*)"', mypy(bare, program, tmp_path).stdout)
    assert len(revealed) == sum(len(names_of(module)) for module in PUBLIC)
    assert [text for text in revealed if text == "Any"] == []


def test_without_the_marker_the_types_would_not_count(bare: Built, tmp_path: Path) -> None:
    marker = bare.venv.site() / "extension_pool" / "py.typed"
    aside = marker.rename(tmp_path / "py.typed")
    try:
        done = mypy(bare, PROGRAMS / "infra.py", tmp_path)
    finally:
        aside.rename(marker)
    assert "missing library stubs or py.typed marker" in done.stdout


def test_pyright_takes_a_users_program_strictly_and_knows_every_name(bare: Built, tmp_path: Path) -> None:
    shutil.copy(PROGRAMS / "infra.py", tmp_path)
    every_name(tmp_path)
    settings = tmp_path / "pyrightconfig.json"
    settings.write_text(json.dumps({"include": ["*.py"], "typeCheckingMode": "strict"}), encoding="utf-8")
    command = [sys.executable, "-m", "basedpyright", "--outputjson", "--pythonpath", bare.venv.python, "-p", settings]
    done = run_any(command, cwd=tmp_path, env={"PYTHONPATH": str(bare.pyright)})
    told = json.loads(done.stdout)["generalDiagnostics"]
    assert [one["message"] for one in told if one["severity"] != "information"] == []
    revealed = [one["message"] for one in told if one["message"].startswith('Type of "')]
    assert len(revealed) == sum(len(names_of(module)) for module in PUBLIC)
    # not the class `Unknown`, which the test kit has
    assert [text for text in revealed if re.search(r"(?<![.\w])Unknown(?![.\w])", text)] == []


def test_importing_the_package_alone_loads_no_pulumi(bare: Built, tmp_path: Path) -> None:
    code = "import sys, extension_pool; print(sorted(n for n in sys.modules if n.startswith('pulumi')))"
    assert run([bare.venv.python, "-c", code], cwd=tmp_path).stdout.strip() == "[]"


# With the extra


@pytest.fixture(scope="module")
def with_ops(built: Built) -> Built:
    built.venv.install(f"{built.wheel}[ops]")
    assert {"azure-batch", "azure-identity", "typer"} <= built.venv.packages()
    return built


def test_with_the_extra_the_command_is_there(with_ops: Built, tmp_path: Path) -> None:
    told = run([with_ops.venv.command, "--help"], cwd=tmp_path).stdout
    commands = re.findall(r"^  ([a-z]+)  ", told, re.MULTILINE)
    assert {"status", "gate", "diagnose", "repair", "migrate", "rollback", "recover", "report"} <= set(commands)
    refused = run_any([with_ops.venv.command, "status", "--nonsense"], cwd=tmp_path)
    assert refused.returncode == 2 and "No such option" in refused.stderr


def test_with_the_extra_the_command_judges_a_preview(with_ops: Built, tmp_path: Path) -> None:
    # its tables and pages are in the wheel
    (tmp_path / "dev.json").write_text('{"steps": [], "changeSummary": {"same": 3}}', encoding="utf-8")
    done = run([with_ops.venv.command, "report", "--preview", "dev=dev.json", "--no-rules"], cwd=tmp_path)
    assert "dev" in done.stdout


def test_with_the_extra_a_gate_is_made(with_ops: Built, tmp_path: Path) -> None:
    done = run([with_ops.venv.python, "-c", GATED], cwd=tmp_path)
    assert done.stdout.splitlines() == ["plain: made", "gated: made"]


def test_the_oldest_versions_that_the_wheel_asks_for_are_enough(with_ops: Built, tmp_path: Path) -> None:
    asked = [one for one in metadata(with_ops).get_all("Requires-Dist") if "extra ==" not in one]
    # `pulumi<4,>=3.219` -> `pulumi==3.219`; what only an older Python needs keeps its marker
    oldest = [re.sub(r"^([\w-]+)[^;]*?>=([\d.]+)[^;]*", r"\1==\2", one) for one in asked]
    assert {"pulumi==3.219", "pulumi-azure-native==3.0"} <= set(oldest)
    with_ops.venv.install(*oldest, pinned=False)
    told = json.loads(run([with_ops.venv.python, PROGRAMS / "infra.py"], cwd=tmp_path).stdout)
    assert told["replaces"] is True and told["export"] == "render"
    assert run([with_ops.venv.python, "-c", GATED], cwd=tmp_path).stdout.splitlines()[-1] == "gated: made"
