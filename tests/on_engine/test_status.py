"""`extension-pool status` after an update: the real SDK asks local Azure what became of each extension."""

import json
import subprocess
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from engine.processes import run
from tests.on_engine.config import MONITOR, pool, stack
from tests.on_engine.stack import ROOT, EngineStack


@pytest.fixture(scope="module")
def watched(new_stack: Callable[..., EngineStack]) -> Iterator[EngineStack]:
    """A pool that has what its certificates need, and one without access to the vault."""
    made = new_stack()
    made.configure(stack(linux=pool(extensions=[MONITOR]), locked=pool(keyVaultAccess=[])))
    made.local.start_azure()
    made.up()
    yield made
    made.local.stop_azure()


def status(watched: EngineStack, *args: str) -> subprocess.CompletedProcess[str]:
    command = [ROOT / ".venv" / "bin" / "extension-pool", "status", "--stack", watched.name, *args]
    return run(command, env=watched.local.environment(), cwd=watched.local.project.copy, capture=True, timeout=60)


def test_a_pool_with_its_grant_is_healthy_on_every_node(watched: EngineStack) -> None:
    watched.store.clock.advance(3600)
    result = status(watched, "--pool", "linux", "--wait", "20s", "--output", "json")
    assert result.returncode == 0, result.stderr
    report = json.loads(result.stdout)
    (linux,) = report["pools"]
    assert linux["expectedExtensions"] == ["AzureMonitorLinuxAgent", "KeyVaultForLinux"]
    assert len(linux["nodes"]) == 2
    seen: list[dict[str, Any]] = [one for node in linux["nodes"] for one in node["extensions"]]
    assert [one["code"] for one in seen] == ["ProvisioningState/succeeded"] * 4


def test_a_pool_without_a_grant_is_not_and_says_why(watched: EngineStack) -> None:
    watched.store.clock.advance(3600)
    result = status(watched, "--pool", "locked", "--wait", "20s")
    assert result.returncode == 1
    assert "Failed to download one or more certificates" in result.stdout


def test_the_whole_stack_is_as_healthy_as_its_worst_pool(watched: EngineStack) -> None:
    watched.store.clock.advance(3600)
    result = status(watched)
    assert result.returncode == 1
    assert "linux" in result.stdout and "locked" in result.stdout
