"""The canary on the real engine: a small pool is tried before the working pool is touched."""

from typing import Any

import pytest

from tests.on_engine.rolled import POOLS, TEXT, Rolled, wanted

pytestmark = pytest.mark.drill


@pytest.fixture
def deployed(made: Rolled) -> Rolled:
    made.settle(tried("1.0"))
    return made


def tried(version: str, **more: Any) -> dict[str, Any]:
    rollout = {"canary": {"nodes": 1}, "gate": {"timeout": "PT10S"}}
    return wanted(version=version, rollout=rollout, **more)


def canary(deployed: Rolled) -> str:
    (name,) = [name for name in deployed.there() if "-canary-" in name]
    return name


def announced(deployed: Rolled) -> str:
    name: str = deployed.stack.preview()["linux-canary"]["newState"]["inputs"]["poolName"]
    return name


def nodes(deployed: Rolled, pool: str) -> int:
    """How many nodes Azure has been asked for."""
    (row,) = [row for row in deployed.stack.store.living(POOLS) if row.name == pool and row.deleting is None]
    return int(row.body["properties"]["scaleSettings"]["fixedScale"]["targetDedicatedNodes"])


def born(deployed: Rolled) -> str:
    return deployed.born("linux")


def test_a_canary_that_passes_is_emptied_and_the_pool_is_replaced(deployed: Rolled) -> None:
    old, first = born(deployed), canary(deployed)
    said = deployed.up(tried("1.1"))
    second = canary(deployed)
    assert deployed.there() == {"linux", second} and second != first
    assert "canary: trying 1 new nodes" in said and "canary: passed" in said
    assert nodes(deployed, second) == 0
    assert born(deployed) != old
    refreshed = deployed.stack.pulumi("refresh", "--yes", "--skip-preview", "--run-program")
    assert "updated" not in refreshed
    assert deployed.stack.changed() == {}


def test_at_first_there_is_nothing_to_save_and_the_canary_is_not_tried(deployed: Rolled) -> None:
    deployed.destroy()
    said = deployed.up(tried("1.2"))
    assert "canary" in deployed.stack.export() and "trying" not in said
    assert nodes(deployed, canary(deployed)) == 0


def test_a_canary_that_fails_saves_the_pool_in_this_update_and_the_next_two(deployed: Rolled) -> None:
    old = born(deployed)
    deployed.want(tried("1.3"))
    name = announced(deployed)
    deployed.break_driver(name)
    for _ in range(3):
        said = deployed.up_fails()
        assert f"pool '{name}' cannot pass its gate any more" in said and TEXT in said
        assert "Pool 'linux' is not touched" in said
        assert born(deployed) == old
    deployed.faults.lift()
    deployed.up()
    assert born(deployed) != old
    assert {one for one in deployed.there() if "canary" in one} == {name}


def test_without_the_hook_the_next_update_deletes_the_pool(deployed: Rolled) -> None:
    old = born(deployed)
    deployed.want(tried("1.4"))
    deployed.break_driver(announced(deployed))
    deployed.up_fails()
    assert born(deployed) == old
    # the new pool has the same configuration, under another name; here it works
    deployed.up(tried("1.4"), lacks="before-delete")
    assert born(deployed) != old
    deployed.want(tried("1.4"))


def test_after_a_canary_that_failed_the_change_can_be_undone(deployed: Rolled) -> None:
    old = born(deployed)
    deployed.want(tried("1.5"))
    deployed.break_driver(announced(deployed))
    deployed.up_fails()
    deployed.faults.lift()
    said = deployed.up(tried("1.4"))
    assert born(deployed) == old and "trying" not in said
    assert deployed.stack.changed() == {}
