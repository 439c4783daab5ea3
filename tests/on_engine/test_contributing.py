"""Whoever adds an extension type as CONTRIBUTING says gets one that works, and each step of it is needed."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine import get
from tests.support.recipe import Step, parse_recipe
from tests.support.tree import ROOT, Copy

pytestmark = pytest.mark.drill

STEPS = parse_recipe((ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"), "How to add an extension type")

PYTEST = ".venv/bin/python -m pytest -q -x -p no:cacheprovider"
CONTRACT = (
    f"{PYTEST} tests/extension_pool/extensions/test_contract.py"
    " tests/extension_pool/ops/test_diagnosis_causes.py::test_every_extension_names_its_log"
)
CURRENT = (
    f"{PYTEST} tests/extension_pool/test_reference.py::test_the_page_is_current"
    " tests/distribution/test_public_names.py::test_the_page_is_current"
)
RECORDED = f"{PYTEST} tests/distribution/test_upgrades.py::test_its_pools_are_recorded_as_todays_code_makes_them"
LINTED = "components emulator tests/extension_pool/extensions"
LINT = f".venv/bin/ruff check {LINTED} && .venv/bin/ruff format --check {LINTED}"

STACK = """\
config:
  azure-native:location: westeurope
  extension-pool:resourceGroup: {name: rg-probe, create: true}
  extension-pool:batchAccount: {name: probeaccount, create: true}
  extension-pool:pools:
    probed:
      image: ubuntu-24.04
      vmSize: Standard_D2s_v5
      scaleSettings: {fixedScale: {targetDedicatedNodes: 2}}
      extensions:
        - name: Probe
          publisher: Contoso.Health
          type: Probe
          typeHandlerVersion: "1.0"
          autoUpgradeMinorVersion: true
          settings: {port: 8099}
          protectedSettings: {probeKey: hunter2}
"""


def do(copy: Copy, step: Step) -> None:
    for edit in step.edits:
        edit.apply(copy.root)
    for command in step.commands:
        ran = copy.run(command)
        assert ran.returncode == 0, f"{command}\n{ran.stdout}"


def passes(copy: Copy, command: str) -> bool:
    """Whether a command says yes; what it printed is in the output of a test that fails."""
    ran = copy.run(command)
    print(f"{command}\n{ran.stdout[-3000:]}")
    return ran.returncode == 0


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    return Copy(tmp_path / "tree")


@pytest.fixture
def deployed(copy: Copy) -> Iterator[Copy]:
    """A copy with the engine and a stack that uses the new type."""
    copy.lend_engine(get.get().path)
    (copy.root / "stacks" / "Pulumi.probe.yaml").write_text(STACK, encoding="utf-8")
    try:
        yield copy
    finally:
        copy.run(".venv/bin/python -m engine down --force")


def test_the_recipe_gives_a_type_that_local_azure_runs(deployed: Copy) -> None:
    (azure,) = [step for step in STEPS if any(edit.path.startswith("emulator/") for edit in step.edits)]
    for step in STEPS:
        if step is not azure:
            do(deployed, step)
    # local Azure reads the vendor's list and not the library: it refuses what the list does not have
    refused = deployed.run(".venv/bin/python -m engine up --stack probe")
    assert refused.returncode == 1
    assert "not in the list of extensions that Azure Batch allows" in refused.stdout, refused.stdout
    assert not passes(deployed, CONTRACT)

    do(deployed, azure)
    made = deployed.run(".venv/bin/python -m engine up --stack probe")
    assert made.returncode == 0, made.stdout
    assert "pool probed in probeaccount: ✓ healthy" in made.stdout
    assert "2 of 2 nodes: the extension succeeded" in made.stdout
    assert "hunter2" not in made.stdout
    for command in (CONTRACT, CURRENT, RECORDED, LINT):
        assert passes(deployed, command)

    # and the new settings are judged
    file = deployed.root / "stacks" / "Pulumi.probe.yaml"
    file.write_text(STACK.replace("8099", "80990"), encoding="utf-8")
    wrong = deployed.run(".venv/bin/python -m engine preview --stack probe")
    assert "extension-pool:pools.probed.extensions[0].settings.port: " in wrong.stdout


@pytest.mark.parametrize("left_out", [step.number for step in STEPS if step.edits][:4])
def test_without_a_step_the_contract_is_broken(copy: Copy, left_out: int) -> None:
    for step in STEPS:
        if step.number != left_out and step.edits:
            do(copy, step)
    assert not passes(copy, CONTRACT)


def test_without_the_last_step_what_is_made_from_the_code_is_not_current(copy: Copy) -> None:
    *edits, last = STEPS
    for step in edits:
        do(copy, step)
    assert last.commands == ("make generate", ".venv/bin/python -m tests.support.upgrades --write")
    assert not passes(copy, CURRENT)
    assert not passes(copy, RECORDED)


def test_a_copy_is_no_way_into_the_tree(copy: Copy) -> None:
    # an edit of the copy is what its programs see, and the tree's own are not seen
    code = "import extension_pool, emulator, engine; print(extension_pool.__file__, emulator.__file__, engine.__file__)"
    said = copy.run(f".venv/bin/python -c '{code}'")
    assert said.returncode == 0, said.stdout
    assert all(Path(one).is_relative_to(copy.root) for one in said.stdout.split())
    shutil.rmtree(copy.root / "components")
    assert copy.run(".venv/bin/python -c 'import extension_pool'").returncode != 0
