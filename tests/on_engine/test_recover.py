"""`pulumi up` killed by SIGKILL, and `extension-pool recover`, after which `pulumi up` converges."""

import json
import socket
import subprocess
from collections.abc import Callable

import pytest

from emulator import Arm
from extension_pool.ops.batch import connect
from extension_pool.ops.jobs import Mark, Tasks, with_mark
from tests.on_engine.stack import EngineStack
from tests.on_engine.ways_back import (
    NEW,
    POOL,
    add_job,
    batch,
    command,
    deploy,
    fail,
    in_azure,
    kill,
    place,
    pools,
    state,
)

pytestmark = pytest.mark.drill

BOTH = ["blue-green", "delete-first"]


@pytest.fixture
def made(new_stack: Callable[..., EngineStack]) -> EngineStack:
    return new_stack("ways_back.py")


def converges(made: EngineStack, **config: str) -> None:
    """One update goes through, after it nothing is left to do, and Azure has what the state has."""
    made.configure(config)
    made.up()
    assert list(pools(made).values()) == [False]
    assert set(pools(made)) == in_azure(made)
    assert "pending_operations" not in state(made)
    assert made.changed() == {}


@pytest.mark.parametrize("strategy", BOTH)
def test_killed_while_it_waits_for_the_gate(made: EngineStack, strategy: str) -> None:
    old = deploy(made, strategy=strategy)
    kill(made, "gate", strategy=strategy, **NEW)
    inputs = state(made)["pending_operations"][0]["resource"]["inputs"]
    there = in_azure(made)
    (new,) = there - {old} or {old}

    found = command(made, "recover")
    assert found.returncode == 1, found.stderr
    assert "which is over -> it is taken away" in found.stdout
    assert f"creating pool {new}: Azure has it, the state does not -> it goes into the state" in found.stdout
    assert "pending_operations" in state(made)

    done = command(made, "recover", "--yes")
    assert done.returncode == 0, done.stderr
    assert pools(made) == ({new: False, old: True} if strategy == "blue-green" else {old: False})
    assert in_azure(made) == there
    (record,) = [one for one in state(made)["resources"] if str(one.get("id")).endswith(f"/pools/{new}")][:1]
    assert record["inputs"] == inputs
    assert record["outputs"]["name"] == new
    since = made.last_operation()
    converges(made, strategy=strategy, **NEW)
    assert made.verbs(since, f"/pools/{new}") == []


def test_without_recover_the_next_update_fails_because_the_name_is_taken(made: EngineStack) -> None:
    deploy(made, strategy="delete-first")
    kill(made, "gate", strategy="delete-first", **NEW)
    # the helper that runs this project's engine takes the lock away, as `pulumi cancel` does
    assert "cannot create already existing resource" in made.up_fails()


@pytest.mark.parametrize("strategy", BOTH)
def test_killed_before_the_new_pool_was_made(made: EngineStack, strategy: str) -> None:
    old = deploy(made, strategy=strategy)
    kill(made, "create", strategy=strategy, **NEW)
    done = command(made, "recover", "--yes")
    assert done.returncode == 0, done.stderr
    assert "Azure does not have it; the next 'pulumi up' makes it -> the operation is forgotten" in done.stdout
    assert pools(made) == {old: False}
    converges(made, strategy=strategy, **NEW)


@pytest.mark.parametrize("strategy", BOTH)
def test_killed_while_the_old_pool_is_to_be_deleted(made: EngineStack, strategy: str) -> None:
    old = deploy(made, strategy=strategy)
    kill(made, "delete", strategy=strategy, **NEW)
    done = command(made, "recover", "--yes")
    assert done.returncode == 0, done.stderr
    assert f"deleting pool {old}: it is still there" in done.stdout
    assert old in in_azure(made)
    converges(made, strategy=strategy, **NEW)


def test_killed_after_the_old_pool_was_deleted_and_back_to_the_old_configuration(made: EngineStack) -> None:
    old = deploy(made, strategy="delete-first")
    kill(made, "delete", strategy="delete-first", **NEW)
    (row,) = made.store.living(POOL)
    Arm(made.store).delete(row.id)
    made.store.clock.advance(3600)
    done = command(made, "recover", "--yes")
    assert done.returncode == 0, done.stderr
    assert f"deleting pool {old}: it is gone, and the state still has it -> it leaves the state" in done.stdout
    assert pools(made) == {}
    # without it the state would show a pool that nobody has
    converges(made, strategy="delete-first")


def test_killed_in_the_first_update_of_a_stack(made: EngineStack) -> None:
    made.local.start_azure()
    made.configure({})
    made.pulumi("stack", "ls")
    kill(made, "gate")
    assert command(made, "recover", "--yes").returncode == 0
    assert list(pools(made).values()) == [False]
    converges(made)


def test_jobs_that_a_killed_update_left_disabled_run_again(made: EngineStack) -> None:
    old = deploy(made)
    add_job(made, "frames", old)
    with connect(place(made)) as account:
        # as an update does that was killed before it went on
        (job,) = account.list_jobs()
        account.set_metadata(job, with_mark(job, Mark(old, "", why="the pool is being replaced")))
        (job,) = account.list_jobs()
        account.disable_job(job, Tasks.REQUEUE)
    made.store.clock.advance(60)
    found = command(made, "recover")
    assert f"jobs: 1 job of pool {old} -> enabled again" in found.stdout
    done = command(made, "recover", "--yes")
    assert done.returncode == 0, done.stderr
    assert batch(made).get_job("frames").state == "active"
    counts = batch(made).get_job_task_counts("frames").task_counts
    assert counts.active + counts.running == 6
    assert command(made, "recover").stdout == "stack test: nothing to recover\n"


def test_a_pool_that_no_state_knows_is_named_and_not_deleted(made: EngineStack) -> None:
    old = deploy(made)
    new = fail(made, **NEW)
    lost = json.loads(made.export())
    resources = lost["deployment"]["resources"]
    lost["deployment"]["resources"] = [one for one in resources if not one.get("delete")]
    file = made.local.project.copy / "lost.json"
    file.write_text(json.dumps(lost), encoding="utf-8")
    made.pulumi("stack", "import", "--file", str(file))
    found = command(made, "recover", "--yes")
    assert found.returncode == 1
    assert f"not in the state: pool {old} (account testaccount)" in found.stdout
    assert in_azure(made) == {old, new}


def test_an_update_that_is_under_way_is_left_alone(made: EngineStack) -> None:
    deploy(made)
    locks = made.local.work / "state/.pulumi/locks/organization/extension-pool" / made.name
    locks.mkdir(parents=True, exist_ok=True)
    link = made.local.work / "pulumi"
    link.symlink_to("/bin/sleep")
    child = subprocess.Popen([link, "60"])
    try:
        content = {"pid": child.pid, "username": "ada", "hostname": socket.gethostname()}
        (locks / "1.json").write_text(json.dumps(content), encoding="utf-8")
        refused = command(made, "recover", "--yes")
        assert refused.returncode == 1
        assert "is under way" in refused.stderr
        assert list(locks.glob("*.json"))
        (locks / "1.json").write_text(json.dumps({**content, "hostname": "elsewhere"}), encoding="utf-8")
        unsure = command(made, "recover", "--yes")
        assert unsure.returncode == 1
        assert "if it is: --unlock" in unsure.stderr
        assert list(locks.glob("*.json"))
        assert command(made, "recover", "--yes", "--unlock").returncode == 0
        assert not list(locks.glob("*.json"))
    finally:
        child.kill()
        child.wait()
