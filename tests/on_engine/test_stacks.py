"""The stacks of this project, as they stand in the repository, on local Azure."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from emulator import Store
from engine.local import Local
from tests.on_engine.stack import ROOT, SPEED


@pytest.fixture
def local(tmp_path: Path) -> Iterator[Local]:
    made = Local(tmp_path, ROOT, speed=SPEED, say=lambda line: None)
    made.install_plugin()
    yield made
    made.stop_azure()


@pytest.mark.parametrize(
    ("stack", "made_by_the_stack"),
    [("dev", {"linux", "windows", "extpooldev", "kv-extpool-dev"}), ("staging", set()), ("prod", set())],
)
def test_each_stack_goes_up_and_comes_down(local: Local, stack: str, made_by_the_stack: set[str]) -> None:
    before = {path: path.read_bytes() for path in (ROOT / "stacks").iterdir()}
    local.pulumi("stack", "select", "--create", stack)
    local.pulumi("up", "--yes", "--skip-preview", "--stack", stack)
    store = Store.open(local.azure_dir)
    pools = [id for type_, id in store.resources() if type_ == "Microsoft.Batch/batchAccounts/pools"]
    assert len(pools) == 2
    assert made_by_the_stack <= {id.rsplit("/", 1)[1] for _, id in store.resources()}
    local.pulumi("up", "--yes", "--skip-preview", "--expect-no-changes", "--stack", stack)

    local.pulumi("destroy", "--yes", "--skip-preview", "--stack", stack)
    store.clock.advance(3600)
    assert store.is_pristine()
    assert {path: path.read_bytes() for path in (ROOT / "stacks").iterdir()} == before
