"""The new pool's nodes do not come up as they should: the old pool works on until they do."""

from tests.drills.drill import DIAGNOSE, NODES, Drill
from tests.on_engine.rolled import TEXT

FEW = 5


def test_an_extension_fails_on_some_nodes(drill: Drill) -> None:
    new = drill.goal()
    fault = drill.break_driver(new, nodes=FEW)
    for _ in range(2):
        said = drill.up_fails()
        assert f"{NODES - FEW} of {NODES} nodes usable with all extensions" in said and TEXT in said
        drill.names_next_step(said, DIAGNOSE, "run 'pulumi up' again", "extension-pool rollback --stack test")
        drill.kept(new)
    drill.faults.lift(fault)
    drill.up()
    drill.converged()


def test_nodes_are_unusable(drill: Drill) -> None:
    new = drill.goal()
    fault = drill.faults.node_unusable(new, nodes=FEW)
    for _ in range(2):
        said = drill.up_fails()
        assert f"{NODES - FEW} of {NODES} nodes usable with all extensions" in said and "on 5 nodes" in said
        drill.names_next_step(said, DIAGNOSE, "run 'pulumi up' again", "extension-pool rollback --stack test")
        drill.kept(new)
    drill.faults.lift(fault)
    drill.up()
    drill.converged()


def test_nodes_of_the_old_pool_fail_as_well(drill: Drill) -> None:
    """Their tasks are queued again by Batch, and go to the new pool with the others."""
    new = drill.goal()
    fault = drill.break_driver(new, nodes=FEW)
    drill.up_fails()
    drill.faults.node_unusable(drill.old, nodes=FEW)
    drill.nothing_is_lost()
    assert drill.there() == {drill.old, new}
    drill.faults.lift(fault)
    drill.up()
    drill.converged()


def test_the_way_back_leaves_the_work_where_it_is(drill: Drill) -> None:
    new = drill.goal()
    drill.break_driver(new)
    drill.up_fails()
    done = drill.command("rollback", "--yes")
    assert done.returncode == 0, done.stdout + done.stderr
    drill.stack.store.clock.advance(3600)
    assert drill.there() == {drill.old}
    drill.no_orphans()
    drill.work_was_not_touched()
