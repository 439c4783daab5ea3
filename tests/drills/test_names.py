"""The pool that is wanted is being deleted under the same name."""

from typing import Any

from emulator import Arm
from tests.drills.drill import Drill, green
from tests.on_engine.rolled import POOLS

DELETED_IN = 60_000
"""Virtual seconds: ten of ours."""


def delete_first(version: str) -> dict[str, Any]:
    pool = green(version)
    return {**pool, "rollout": {**pool["rollout"], "strategy": "delete-first"}}


def test_a_pool_that_is_made_anew_waits_until_the_old_one_is_gone(drill: Drill) -> None:
    """delete-first, killed while the old pool is being deleted; its name is wanted again at once."""
    drill.owner.end()
    drill.up(delete_first("2.0"))
    drill.take_work()
    drill.stack.store.set("pool_delete_seconds", DELETED_IN)
    drill.want(delete_first("2.1"))
    drill.kill(lambda said: drill.deleting(drill.old))
    drill.stack.store.set("pool_delete_seconds", 120)
    assert drill.there() == set()
    drill.nothing_is_lost()
    done = drill.command("recover", "--yes", "--wait", "1s")
    assert f"deleting pool {drill.old}: Azure is deleting it" in done.stdout, done.stdout + done.stderr
    drill.nothing_is_lost()
    drill.up()
    drill.converged(name=drill.old)


def return_during_the_delete(drill: Drill) -> str:
    """Back to the first configuration while its pool is still being deleted; what is said."""
    drill.goal("1.1")
    drill.stack.store.set("pool_delete_seconds", DELETED_IN)
    drill.kill(lambda said: drill.deleting(drill.old))
    drill.stack.store.set("pool_delete_seconds", 120)
    drill.recover()
    drill.want(green("1.0"))
    return drill.stack.pulumi("up", "--yes", "--skip-preview", check=False)


def test_a_blue_green_pool_waits_until_its_name_is_free(drill: Drill) -> None:
    said = return_during_the_delete(drill)
    assert f"Azure is still deleting a pool of the name '{drill.old}'; waiting until it is gone" in said
    assert "error:" not in said
    drill.nothing_is_lost()
    drill.converged(name=drill.old)


def test_a_pool_that_got_the_name_of_one_that_is_gone_is_not_deleted_for_it(drill: Drill) -> None:
    return_during_the_delete(drill)
    drill.stack.store.clock.advance(2 * DELETED_IN)
    drill.up()
    drill.converged(name=drill.old)


def made_again(drill: Drill) -> str:
    """After a failed gate the old pool is deleted by hand, and its configuration wanted again; what is said."""
    new = drill.goal("1.1")
    drill.break_driver(new, nodes=50)
    drill.up_fails()
    (old,) = [row.id for row in drill.stack.store.living(POOLS) if row.name == drill.old]
    assert Arm(drill.stack.store).delete(old, "2024-07-01").status == 202
    drill.stack.store.clock.advance(DELETED_IN)
    drill.faults.lift()
    drill.want(green("1.0"))
    return drill.up_fails()


def test_a_pool_that_was_made_again_is_not_deleted_for_the_old_record_of_its_name(drill: Drill) -> None:
    said = made_again(drill)
    assert f"pool '{drill.old}' stays: the state has it twice" in said
    assert "extension-pool recover --stack test --yes; then run 'pulumi up' again" in said
    assert drill.old in drill.there()
    drill.recover()
    drill.up()
    drill.converged(name=drill.old)
