"""`extension-pool rollback` on the real engine: back to the old pool, which nobody touches."""

import json
import stat
from collections.abc import Callable

import pytest

from emulator import Arm
from extension_pool.ops.batch import connect
from tests.on_engine.stack import EngineStack
from tests.on_engine.ways_back import NEW, add_job, batch, command, deploy, fail, in_azure, kill, place, pools, state

pytestmark = pytest.mark.drill

THIRD = {"vmSize": "Standard_D8s_v5"}


@pytest.fixture
def made(new_stack: Callable[..., EngineStack]) -> EngineStack:
    return new_stack("ways_back.py")


def test_after_a_failed_gate_the_old_pool_is_current_again_and_the_old_configuration_changes_nothing(
    made: EngineStack,
) -> None:
    old = deploy(made)
    new = fail(made, **NEW)
    assert pools(made) == {new: False, old: True}
    since = made.last_operation()

    plan = command(made, "rollback")
    assert plan.returncode == 1, plan.stderr
    assert f"back from {new} to {old}" in plan.stdout
    assert "extension-pool rollback --stack test --yes" in plan.stdout
    assert pools(made) == {new: False, old: True}
    assert made.changes(since) == []

    done = command(made, "rollback", "--yes")
    assert done.returncode == 0, done.stderr
    assert pools(made) == {old: False}
    assert in_azure(made) == {old}
    assert made.verbs(since, f"/pools/{old}") == []
    made.configure({})
    assert made.changed() == {}
    made.up()
    assert made.verbs(since, f"/pools/{old}") == []
    # and on again from there
    made.configure(NEW)
    made.up()
    assert pools(made) == {new: False}


def test_the_state_as_it_was_is_kept_for_its_owner_only(made: EngineStack) -> None:
    old = deploy(made)
    new = fail(made, **NEW)
    before = state(made)
    done = command(made, "rollback", "--yes", "--output", "json")
    report = json.loads(done.stdout)
    backup = made.local.project.copy / report["backup"]
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    assert json.loads(backup.read_text())["deployment"] == before
    (pool,) = report["pools"]
    assert (pool["from"]["name"], pool["to"]["name"], pool["deletesInAzure"]) == (new, old, True)


def test_without_rollback_the_old_configuration_cannot_be_had_again(made: EngineStack) -> None:
    old = deploy(made)
    fail(made, **NEW)
    made.configure({})
    assert f"a pool named '{old}' is there already" in made.pulumi("preview", check=False)


def test_jobs_that_were_moved_to_the_new_pool_come_back_and_lose_no_task(made: EngineStack) -> None:
    old = deploy(made)
    new = fail(made, **NEW)
    add_job(made, "frames", new)
    plan = command(made, "rollback")
    assert "jobs: 1 job" in plan.stdout
    done = command(made, "rollback", "--yes")
    assert done.returncode == 0, done.stderr
    job = batch(made).get_job("frames")
    assert (job.pool_info.pool_id, job.state) == (old, "active")
    counts = batch(made).get_job_task_counts("frames").task_counts
    assert counts.active + counts.running == 6
    assert counts.completed == 0


def test_of_several_old_pools_it_is_the_newest_healthy_one_or_the_one_that_is_named(made: EngineStack) -> None:
    first = deploy(made)
    second = fail(made, **NEW)
    third = fail(made, **THIRD)
    assert pools(made) == {third: False, first: True, second: True}
    plan = json.loads(command(made, "rollback", "--output", "json").stdout)["pools"][0]
    assert (plan["to"]["name"], plan["stillToBeDeleted"]) == (second, [first])
    named = command(made, "rollback", "--to", first, "--yes")
    assert named.returncode == 0, named.stderr
    assert pools(made) == {first: False, second: True}
    made.configure({})
    made.up()
    assert pools(made) == {first: False}
    assert in_azure(made) == {first}


def test_there_is_nothing_to_return_to_before_a_replacement_and_after_the_old_pool_is_gone(made: EngineStack) -> None:
    old = deploy(made)
    none = command(made, "rollback", "--yes")
    assert none.returncode == 1
    assert "there is nothing to return to: no pool waits to be deleted" in none.stderr
    new = fail(made, **NEW)
    (row,) = [row for row in made.store.living("Microsoft.Batch/batchAccounts/pools") if row.name == old]
    Arm(made.store).delete(row.id)
    made.store.clock.advance(3600)
    gone = command(made, "rollback", "--yes")
    assert gone.returncode == 1
    assert f"pool '{old}': Azure does not have it any more" in gone.stderr
    assert pools(made) == {new: False, old: True}
    assert in_azure(made) == {new}


def test_a_rollback_that_was_killed_after_it_deleted_the_new_pool_goes_on(made: EngineStack) -> None:
    old = deploy(made)
    new = fail(made, **NEW)
    with connect(place(made)) as account:
        account.delete_pool(new)
    going = command(made, "rollback", "--yes", "--output", "json")
    assert going.returncode == 0, going.stderr
    assert pools(made) == {old: False}
    made.configure({})
    assert made.changed() == {}


def test_an_identity_that_was_replaced_with_the_pool_comes_back_with_it(made: EngineStack) -> None:
    old = deploy(made, identity="id-one")
    fail(made, identity="id-two")
    plan = command(made, "rollback")
    assert "it gets render-identity back" in plan.stdout
    assert command(made, "rollback", "--yes").returncode == 0
    made.configure({"identity": "id-one"})
    # the identity of the failed attempt goes, that of the pool does not
    assert set(made.changed().values()) <= {"delete"}
    since = made.last_operation()
    made.up()
    assert pools(made) == {old: False}
    assert made.verbs(since, "userAssignedIdentities/id-one") == []
    assert made.verbs(since, "userAssignedIdentities/id-two") == ["DELETE"]


def test_a_killed_update_is_recovered_first_and_a_protected_pool_is_not_deleted(made: EngineStack) -> None:
    old = deploy(made)
    kill(made, "gate", **NEW)
    locked = command(made, "rollback", "--yes")
    assert locked.returncode == 1
    assert "extension-pool recover --stack test" in locked.stderr
    assert command(made, "recover", "--yes").returncode == 0
    new = next(iter(pools(made)))
    urn = next(one["urn"] for one in state(made)["resources"] if one["type"].endswith(":Pool"))
    made.pulumi("state", "protect", urn, "--yes")
    protected = command(made, "rollback", "--yes")
    assert protected.returncode == 1
    assert "pulumi state unprotect" in protected.stderr
    assert in_azure(made) == {old, new}


def test_a_stack_that_was_rolled_back_is_taken_down_with_the_flag_that_the_engine_names(made: EngineStack) -> None:
    deploy(made)
    fail(made, **NEW)
    assert command(made, "rollback", "--yes").returncode == 0
    made.configure({})
    forgotten = made.pulumi("destroy", "--yes", "--skip-preview", check=False)
    assert "--run-program" in forgotten
    assert in_azure(made)
    made.pulumi("destroy", "--yes", "--skip-preview", "--run-program")
    assert in_azure(made) == set()


def test_without_hooks_in_the_state_a_stack_whose_program_is_broken_is_taken_down(made: EngineStack) -> None:
    deploy(made)
    whole = json.loads(made.export())
    for one in whole["deployment"]["resources"]:
        one.pop("resourceHooks", None)
    file = made.local.project.copy / "state.json"
    file.write_text(json.dumps(whole), encoding="utf-8")
    made.pulumi("stack", "import", "--file", str(file))
    (made.local.program / "__main__.py").write_text("raise SystemExit(1)\n", encoding="utf-8")
    made.pulumi("destroy", "--yes", "--skip-preview")
    assert in_azure(made) == set()
