"""Every Python block on a page is one that runs: type-checked, and run with mocks or by pytest."""

from __future__ import annotations

import ast
import builtins
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from extension_pool.testing import RecordedStack, run_program
from tests.docs.pages import ROOT, Block, all_blocks

PYTHON = all_blocks("python")
_FILE = re.compile(r"# ([\w./-]+\.(?:py|yaml|yml|toml|txt))\n")

# What a snippet may use without making it, as a reader of the page has it.
PRELUDE = """\
import pulumi
from pulumi_azure_native import batch, keyvault, network, resources

from extension_pool import ExtensionPool
"""
HAVE = {
    "group": 'group = resources.ResourceGroup("group")',
    "account": 'account = batch.BatchAccount("account", resource_group_name="rg-batch")',
    "vault": 'vault = keyvault.get_vault(resource_group_name="rg-platform", vault_name="kv-certificates")',
    "subnet": 'subnet = network.get_subnet(resource_group_name="rg", virtual_network_name="vnet", subnet_name="batch")',
}
POOL = (
    '{"resource_group_name": "rg", "account_name": "account1", "vm_size": "Standard_D4s_v5", "image": "ubuntu-24.04"}'
)


def file_of(block: Block) -> str | None:
    """The name of the file that a block is, if its first line says so."""
    found = _FILE.match(block.text + "\n")
    return found[1] if found else None


def whole(block: Block) -> str:
    """A snippet as a program: what it leaves out as `{...}` filled in, what it uses and does not make before it."""
    text = block.text.replace("{...}", POOL)
    missing = free_names(text)
    before = "\n".join(HAVE[name] for name in HAVE if name in missing)
    return f"{PRELUDE}\n{before}\n{text}\n"


def free_names(text: str) -> set[str]:
    """Names that a snippet uses and neither makes nor imports, those of the prelude left out."""
    made = {"__name__", "__file__", *dir(builtins)}
    used = set()
    for node in [*ast.walk(ast.parse(PRELUDE)), *ast.walk(ast.parse(text))]:
        if isinstance(node, ast.Name):
            (used if isinstance(node.ctx, ast.Load) else made).add(node.id)
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            made.add(node.name)
        elif isinstance(node, ast.arg):
            made.add(node.arg)
        elif isinstance(node, ast.alias):
            made.add((node.asname or node.name).split(".")[0])
    return used - made


def source_of(block: Block) -> str | None:
    """The program of this project that a snippet is an excerpt of, line by line; its own tests run it."""
    wanted = _bare(block.text)
    for file in [*sorted((ROOT / "examples").rglob("*.py")), ROOT / "__main__.py"]:
        if wanted in _bare(file.read_text(encoding="utf-8")):
            return str(file.relative_to(ROOT))
    return None


def _bare(text: str) -> str:
    """Lines without their indent, each between line ends."""
    return "\n" + "\n".join(line.strip() for line in text.splitlines() if line.strip()) + "\n"


SNIPPETS = [block for block in PYTHON if file_of(block) is None and source_of(block) is None]
PAGES_OF_FILES = sorted({block.page for block in PYTHON if file_of(block)})


@pytest.mark.parametrize("block", SNIPPETS, ids=lambda block: block.place)
def test_a_snippet_runs_as_a_program(block: Block) -> None:
    assert free_names(block.text) <= set(HAVE), "names that nobody has made"
    program = compile(whole(block), block.place, "exec")

    def run() -> None:
        names: dict[str, Any] = {"__name__": "__main__"}
        exec(program, names)

    assert isinstance(run_program(run), RecordedStack)


@pytest.mark.parametrize("page", PAGES_OF_FILES)
def test_the_files_of_a_page_pass_their_own_tests(page: str, tmp_path: Path) -> None:
    files = {name: block.text for block in all_blocks() if block.page == page and (name := file_of(block))}
    write(tmp_path, files)
    tests = [name for name in files if Path(name).name.startswith("test_")]
    assert tests, f"{page}: files, and no test among them"
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", ".", *tests],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert " passed" in ran.stdout


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What the type checker says of all snippets, and of one with a mistake: one run, as each takes its time."""
    folder = tmp_path_factory.mktemp("types")
    snippets = {f"snippet_{number}.py": f"# {block.place}\n{whole(block)}" for number, block in enumerate(SNIPPETS)}
    mistaken = f'{PRELUDE}\nExtensionPool("render", {POOL.replace("image", "imag")})\n'
    write(folder, {**snippets, "mistaken.py": mistaken})
    config = ["--strict", "--config-file", str(ROOT / "pyproject.toml"), "--cache-dir", str(ROOT / ".mypy_cache")]
    ran = subprocess.run([sys.executable, "-m", "mypy", *config, folder], cwd=ROOT, capture_output=True, text=True)
    return ran.stdout


@pytest.mark.parametrize("number", range(len(SNIPPETS)), ids=lambda number: SNIPPETS[number].place)
def test_a_snippet_has_the_types_that_the_component_takes(told: str, number: int) -> None:
    assert [line for line in told.splitlines() if f"snippet_{number}.py" in line] == []


def test_a_snippet_with_a_wrong_type_is_found(told: str) -> None:
    assert 'mistaken.py:6: error: Extra key "imag"' in told or 'mistaken.py:6: error: Missing key "image"' in told, told


def write(folder: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")


def test_an_excerpt_is_told_from_what_only_looks_like_one() -> None:
    text = (ROOT / "examples" / "larger-program" / "__main__.py").read_text(encoding="utf-8").splitlines()
    lines = [line for line in text if line.strip()][8:10]
    assert source_of(Block("p.md", 1, "python", "\n".join(lines))) == "examples/larger-program/__main__.py"
    assert source_of(Block("p.md", 1, "python", "\n".join([lines[0], "x = 1"]))) is None


def test_a_snippet_that_uses_what_nobody_made_is_found() -> None:
    assert free_names("render = ExtensionPool('render', opts=options)") == {"options"}
