"""The strategy blue-green on the real engine: the new pool is there before the old one goes."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.on_engine.config import MONITOR, pool, stack
from tests.on_engine.stack import EngineStack

GREEN = {"strategy": "blue-green", "gate": {"enabled": False}}


def blue_green(**changes: Any) -> dict[str, Any]:
    return stack(linux=pool(rollout=GREEN, **changes))


@pytest.fixture(scope="module")
def deployed(new_stack: Callable[..., EngineStack]) -> EngineStack:
    made = new_stack()
    made.configure(blue_green())
    made.up()
    return made


def name_of(stack_: EngineStack) -> str:
    return str(stack_.outputs()["pools"]["linux"]["poolName"])


def at(stack_: EngineStack, config: dict[str, Any]) -> int:
    """Brings the stack there; the last operation."""
    stack_.configure(config)
    stack_.up()
    return stack_.last_operation()


def test_an_edit_makes_the_new_pool_first_and_the_preview_knows_its_name(deployed: EngineStack) -> None:
    since = at(deployed, blue_green())
    before = name_of(deployed)
    deployed.configure(blue_green(keyVaultExtension={"pollingIntervalInS": "60"}))
    step = deployed.preview()["linux-pool"]
    assert step["op"] == "replace"
    announced = step["newState"]["inputs"]["poolName"]
    deployed.up()
    assert name_of(deployed) == announced != before
    pools = [(one.method, one.path.rsplit("/", 1)[1]) for one in deployed.changes(since) if "/pools/" in one.path]
    assert pools == [("PUT", announced), ("DELETE", before)]


def test_what_does_not_replace_keeps_the_name(deployed: EngineStack) -> None:
    since = at(deployed, blue_green())
    before = name_of(deployed)
    deployed.configure(blue_green(scaleSettings={"fixedScale": {"targetDedicatedNodes": 3}}))
    assert deployed.changed() == {"linux-pool": "update"}
    deployed.up()
    assert name_of(deployed) == before
    assert deployed.verbs(since, f"/pools/{before}") == ["PUT"]
    assert deployed.changed() == {}


def test_the_name_is_known_in_the_preview_of_an_update_of_the_identity(deployed: EngineStack) -> None:
    at(deployed, blue_green())
    deployed.configure(blue_green(identity={"tags": {"team": "hpc"}}))
    assert deployed.changed() == {"linux-identity": "update"}


def test_another_identity_leaves_the_old_pool_its_own_until_it_goes(deployed: EngineStack) -> None:
    since = at(deployed, blue_green(identity={"name": "first"}))
    before = name_of(deployed)
    deployed.configure(blue_green(identity={"name": "second"}))
    deployed.up()
    done = [(one.method, one.path.rsplit("/", 1)[1]) for one in deployed.changes(since)]
    kept = [step for step in done if step[1] in ("first", "second", before, name_of(deployed))]
    assert kept[:2] == [("PUT", "second"), ("PUT", name_of(deployed))]
    assert kept[2:] == [("DELETE", before), ("DELETE", "first")]


def monitored(key: str, version: str | None) -> dict[str, Any]:
    more = {} if version is None else {"protectedSettingsVersion": version}
    return blue_green(extensions=[{**MONITOR, "protectedSettings": {"proxyPassword": key}, **more}])


def test_a_rotated_secret_is_stopped_in_the_preview_until_its_version_changes(deployed: EngineStack) -> None:
    at(deployed, monitored("hunter-one", "1"))
    before = name_of(deployed)
    deployed.configure(monitored("hunter-two", "1"))
    said = deployed.pulumi("preview", check=False)
    assert "change protected_settings_version of the extension" in said
    assert "hunter" not in said
    assert "change protected_settings_version" in deployed.up_fails()
    deployed.configure(monitored("hunter-two", "2"))
    assert deployed.preview()["linux-pool"]["op"] == "replace"
    deployed.up()
    assert name_of(deployed) != before


def test_a_stack_moves_from_one_strategy_to_the_other_and_back(deployed: EngineStack) -> None:
    first = at(deployed, blue_green())
    green = name_of(deployed)
    deployed.configure(stack(linux=pool()))
    assert deployed.preview()["linux-pool"]["op"] == "replace"
    deployed.up()
    assert name_of(deployed) == "linux"
    # there would be room for both: the names differ, but delete-first never has two pools
    assert [one.method for one in deployed.changes(first) if "/pools/" in one.path] == ["DELETE", "PUT"]
    second = deployed.last_operation()
    deployed.configure(blue_green())
    deployed.up()
    assert name_of(deployed) == green
    assert [one.method for one in deployed.changes(second) if "/pools/" in one.path] == ["PUT", "DELETE"]
    assert deployed.changed() == {}
