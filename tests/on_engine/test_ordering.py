"""Pools in an order on the real engine: one whose gate fails leaves those after it untouched."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.on_engine.config import pool, stack
from tests.on_engine.rolled import Rolled, wanted
from tests.on_engine.stack import EngineStack

pytestmark = pytest.mark.drill

GATE = {"gate": {"timeout": "PT10S"}}
GREEN = {"strategy": "blue-green", **GATE}


@pytest.fixture
def deployed(made: Rolled) -> Rolled:
    made.settle(*both("1.0"))
    return made


def both(version: str, second: dict[str, Any] = GATE) -> list[dict[str, Any]]:
    return [
        wanted("first", version, rollout=GREEN),
        wanted("second", version, rollout=second, dependsOn=["first"]),
    ]


def born(deployed: Rolled, name: str) -> str:
    return deployed.born(deployed.current(name))


@pytest.mark.parametrize(("version", "second"), [("1.1", GATE), ("1.2", GREEN)])
def test_a_failed_gate_leaves_the_next_pool_untouched_in_later_updates_too(
    deployed: Rolled, version: str, second: dict[str, Any]
) -> None:
    deployed.up(*both("1.0" if version == "1.1" else "1.1", second))
    old = born(deployed, "second")
    deployed.want(*both(version, second))
    deployed.break_driver(deployed.announced("first"))
    deployed.up_fails()
    assert born(deployed, "second") == old
    for _ in range(2):
        said = deployed.up_fails()
        assert "second is not" in said and "since first comes before it" in said
        assert born(deployed, "second") == old
    deployed.faults.lift()
    deployed.up()
    assert born(deployed, "second") != old


def test_without_the_hooks_the_next_update_goes_on_to_the_next_pool(deployed: Rolled) -> None:
    deployed.up(*both("1.3"))
    old = born(deployed, "second")
    deployed.want(*both("1.4"))
    deployed.break_driver(deployed.announced("first"))
    deployed.up_fails()
    assert born(deployed, "second") == old
    deployed.want(*both("1.4"), lacks="before-delete")
    deployed.up_fails()
    assert "second" not in deployed.there()
    deployed.want(*both("1.4"))


def test_a_stack_file_orders_pools_by_name(new_stack: Callable[..., EngineStack]) -> None:
    made = new_stack()
    made.local.start_azure()
    made.configure(stack(first=pool(rollout={"after": ["second"]}), second=pool(rollout=GATE)))
    made.up()
    pools = [one.path.rsplit("/", 1)[1] for one in made.changes() if one.method == "PUT" and "/pools/" in one.path]
    assert pools == ["second", "first"]
    made.configure(stack(first=pool(rollout={"after": ["third"]}), second=pool()))
    assert "rollout.after: must be pools of this stack" in made.pulumi("preview", check=False)
