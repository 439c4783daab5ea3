"""`extension-pool status` after an update: the real SDK asks local Azure what became of each extension."""

import json
import subprocess
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from emulator import Arm
from engine.processes import run
from extension_pool.ops.batch import connect
from extension_pool.ops.settings import Place
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


def command(watched: EngineStack, *args: str) -> subprocess.CompletedProcess[str]:
    line = [ROOT / ".venv" / "bin" / "extension-pool", *args]
    return run(line, env=watched.local.environment(), cwd=watched.local.project.copy, capture=True, timeout=60)


def status(watched: EngineStack, *args: str) -> subprocess.CompletedProcess[str]:
    return command(watched, "status", "--stack", watched.name, *args)


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


def arm_path(watched: EngineStack, pool_name: str) -> str:
    puts = [one.path for one in watched.changes() if one.method == "PUT"]
    return next(path for path in reversed(puts) if path.endswith(f"/pools/{pool_name}"))


def test_a_pool_that_was_resized_outside_pulumi_is_told_and_judged_as_it_is(watched: EngineStack) -> None:
    before = status(watched, "--pool", "linux", "--wait", "20s", "--output", "json")
    assert json.loads(before.stdout)["pools"][0]["drift"] == []

    # As with `az batch pool resize`.
    environ = watched.local.environment()
    place = Place(environ["AZURE_BATCH_ENDPOINT"], "testaccount", environ["AZURE_BATCH_ACCESS_KEY"])
    with connect(place) as account:
        account.resize("linux", dedicated=3, spot=None)
    watched.store.clock.advance(3600)
    result = status(watched, "--pool", "linux", "--wait", "20s", "--output", "json")

    assert result.returncode == 0, result.stderr
    (linux,) = json.loads(result.stdout)["pools"]
    assert len(linux["nodes"]) == 3
    (drift,) = linux["drift"]
    assert drift["kind"] == "resized"
    table = status(watched, "--pool", "linux").stdout
    assert drift["message"] in table and "pulumi up --refresh" in table


def test_a_pool_that_was_deleted_outside_pulumi_is_failed_beside_the_others(watched: EngineStack) -> None:
    assert Arm(watched.store).delete(arm_path(watched, "locked")).status in {200, 202}
    watched.store.clock.advance(3600)
    result = status(watched, "--output", "json")
    assert result.returncode == 1, result.stderr
    pools = {pool["name"]: pool for pool in json.loads(result.stdout)["pools"]}
    assert pools["locked"]["verdict"] == "failed"
    assert [drift["kind"] for drift in pools["locked"]["drift"]] == ["deleted"]
    assert pools["linux"]["verdict"] == "healthy"

    gate = command(watched, "gate", "--stack", watched.name, "--wait", "20s")
    assert gate.returncode == 1
    assert "deleted outside Pulumi" in gate.stdout

    # What it says to do makes the pool again.
    watched.up("--refresh")
    made = status(watched, "--output", "json")
    assert [pool["drift"] for pool in json.loads(made.stdout)["pools"]] == [[], []]
