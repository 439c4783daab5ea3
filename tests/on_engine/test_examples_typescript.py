"""The example in TypeScript: against the generated SDK, and on the engine."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from emulator import Store
from emulator.arm import Arm
from engine.local import Local
from tests.on_engine.rolled import POOLS
from tests.on_engine.stack import SPEED
from tests.on_engine.typescript import engine_for_node, make_project, tsc
from tests.on_engine.yaml_stack import MONITORING

pytestmark = pytest.mark.drill


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_project(tmp_path_factory.mktemp("typescript"))


@pytest.fixture
def local(project: Path, tmp_path: Path) -> Iterator[Local]:
    made = Local(tmp_path / "work", project, say=lambda line: None)
    made.__dict__["engine"] = engine_for_node(tmp_path)
    made.start_azure()
    store = Store.open(made.azure_dir)
    store.clock.set_speed(SPEED)
    Arm(store, logged=False).put(MONITORING, {"location": "westeurope"})
    made.install_plugin()
    made.pulumi("stack", "select", "--create", "dev")
    yield made
    made.stop_azure()


def test_the_example_fits_the_sdk(project: Path) -> None:
    checked = tsc(project, "--noEmit")
    assert (checked.returncode, checked.stdout) == (0, "")


WRONG = {
    "taskSlotsPerNode: 4": ('taskSlotsPerNode: "4"', "Type 'string' is not assignable to type 'Input<number"),
    "subnetId: config": ("subnetID: config", "'subnetID' does not exist"),
    'publisher: "Microsoft.Azure.Monitor",': ("", "Property 'publisher' is missing"),
    'require: "95%"': ("require: 95", "Type 'number' is not assignable to type 'string'"),
}


def test_an_editor_tells_what_does_not_fit(project: Path) -> None:
    program = project / "index.ts"
    right = program.read_text(encoding="utf-8")
    text = right
    for before, (after, _) in WRONG.items():
        assert before in text
        text = text.replace(before, after)
    program.write_text(text, encoding="utf-8")
    told = tsc(project, "--noEmit").stdout
    program.write_text(right, encoding="utf-8")
    assert [one for _, one in WRONG.values() if one not in told] == []


def test_the_example_is_rolled_out_with_its_gate_and_destroyed(local: Local) -> None:
    told = local.pulumi("up", "--yes", "--skip-preview", "--stack", "dev", timeout=180).stdout
    assert "2 of 2 nodes usable with all extensions (100%), 95% wanted" in told
    outputs = json.loads(local.pulumi("stack", "output", "--json", "--stack", "dev").stdout)
    assert re.fullmatch(r"render-[0-9a-f]{8}", outputs["poolName"])
    assert outputs["extensionNames"] == ["AzureMonitorLinuxAgent", "KeyVaultForLinux"]
    local.pulumi("destroy", "--yes", "--skip-preview", "--run-program", "--stack", "dev", timeout=180)
    store = Store.open(local.azure_dir)
    assert [row.name for row in store.living(POOLS) if row.deleting is None] == []
