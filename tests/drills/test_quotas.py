"""The account has no room for two pools of this size."""

from azure.batch import models

from tests.drills.drill import DIAGNOSE, NODES, Drill

CORES = "The specified account has reached its core quota."


def test_the_core_quota_lets_half_of_the_new_pool_come_up(drill: Drill) -> None:
    new = drill.goal(gate="PT10S")
    fault = drill.faults.resize_error(new, "AccountCoreQuotaReached", CORES, allocated=NODES // 2)
    said = drill.up_fails()
    assert "core quota" in said
    drill.names_next_step(said, DIAGNOSE, "az batch account list", "extension-pool rollback --stack test")
    drill.kept(new)
    drill.faults.lift(fault)
    wanted = models.BatchPoolResizeOptions(target_dedicated_nodes=NODES)
    drill.owner.client.begin_resize_pool(new, wanted, polling_interval=0).wait()
    drill.up()
    drill.converged()


def test_the_pool_quota_forbids_the_second_pool(drill: Drill) -> None:
    drill.stack.store.set("pool_quota", 1)
    drill.goal()
    said = drill.up_fails()
    assert "PoolQuotaReached" in said
    assert drill.there() == {drill.old}
    drill.no_orphans()
    drill.work_was_not_touched()
    drill.stack.store.set("pool_quota", 2)
    drill.up()
    drill.converged()


def test_who_has_no_quota_for_a_second_pool_reads_what_to_do(drill: Drill) -> None:
    drill.stack.store.set("pool_quota", 1)
    drill.goal()
    drill.names_next_step(drill.up_fails(), "goes on working", "delete-first")


def test_more_quota_alone_does_not_bring_the_nodes(drill: Drill) -> None:
    """A pool whose resize has failed stays as it is until it is resized: its gate does not pass by itself."""
    new = drill.goal(gate="PT5S")
    fault = drill.faults.resize_error(new, "AccountCoreQuotaReached", CORES, allocated=NODES // 2)
    drill.up_fails()
    drill.faults.lift(fault)
    said = drill.up_fails()
    drill.names_next_step(said, DIAGNOSE)
    drill.kept(new)
