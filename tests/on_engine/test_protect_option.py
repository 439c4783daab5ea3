"""What users say to the component about protection, on the real engine."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.on_engine.config import pool, stack
from tests.on_engine.rolled import Rolled, wanted
from tests.on_engine.stack import EngineStack

pytestmark = pytest.mark.drill

GREEN = {"strategy": "blue-green", "gate": {"timeout": "PT10S"}}


def resource(made: Rolled, name: str) -> dict[str, Any]:
    resources = json.loads(made.stack.export())["deployment"]["resources"]
    (found,) = [one for one in resources if one["urn"].endswith(f"::{name}")]
    return dict(found)


@pytest.mark.parametrize("rollout", [None, GREEN], ids=["delete-first", "blue-green"])
def test_a_protected_pool_is_not_replaced_and_the_edit_is_named(made: Rolled, rollout: dict[str, Any] | None) -> None:
    made.up(wanted(version="1.0", rollout=rollout))
    old = made.current()
    made.up(wanted(version="1.0", rollout=rollout, protect=True))
    assert resource(made, "linux-pool")["protect"] is True
    made.want(wanted(version="1.1", rollout=rollout, protect=True))
    for said in (made.stack.pulumi("preview", check=False), made.up_fails()):
        assert "would have to be replaced for: deploymentConfiguration.virtualMachineConfiguration." in said
        assert "extensions[driver].typeHandlerVersion" in said
        assert "as it is currently marked for protection" in said
    assert made.there() == {old}
    assert "would have to be replaced" not in made.up(wanted(version="1.0", rollout=rollout, protect=True))
    made.up(wanted(version="1.0", rollout=rollout))
    made.up(wanted("other"))


def test_a_canary_of_a_protected_pool_is_not_protected(made: Rolled) -> None:
    made.up(wanted("guarded", rollout={"canary": {"nodes": 1}}, protect=True))
    assert resource(made, "guarded-pool")["protect"] is True
    assert not resource(made, "guarded-canary").get("protect")
    made.up(wanted("guarded", rollout={"canary": {"nodes": 1}}))


def test_the_time_that_operations_may_take_reaches_the_pool(made: Rolled) -> None:
    made.up(wanted("slow", customTimeouts={"create": "20m", "delete": "40m"}))
    assert resource(made, "slow-pool")["customTimeouts"] == {"create": 1200, "delete": 2400}


def test_a_retained_pool_outlives_its_stack(made: Rolled) -> None:
    made.up(wanted("kept", retainOnDelete=True), wanted("gone"))
    assert resource(made, "kept-pool")["retainOnDelete"] is True
    made.up(wanted("other"))
    assert made.there() == {"kept", "other"}


def test_a_stack_file_protects_a_pool(new_stack: Callable[..., EngineStack]) -> None:
    made = new_stack()
    made.configure(stack(guarded=pool(protect=True), free=pool()))
    made.up()
    made.configure(stack(guarded=pool(protect=True, vmSize="Standard_D4s_v5"), free=pool(vmSize="Standard_D4s_v5")))
    said = made.pulumi("preview", check=False)
    assert "guarded-pool" in said and "as it is currently marked for protection" in said
    made.configure(stack(guarded=pool(vmSize="Standard_D4s_v5"), free=pool(vmSize="Standard_D4s_v5")))
    made.up()
