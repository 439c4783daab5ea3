"""The gate on the real engine: a new pool must be healthy before the old one goes."""

import time
from typing import Any

import pytest

from tests.on_engine.rolled import TEXT, Rolled, wanted

pytestmark = pytest.mark.drill

GREEN = {"strategy": "blue-green", "gate": {"timeout": "PT10S"}}


@pytest.fixture
def deployed(made: Rolled) -> Rolled:
    made.settle(green("1.0"))
    return made


def green(version: str, **more: Any) -> dict[str, Any]:
    return wanted(version=version, rollout=GREEN, **more)


def broken(deployed: Rolled, version: str) -> tuple[str, str, int]:
    """Wants a version whose driver fails: the old pool's name, the new one's, and the fault."""
    old = deployed.current()
    deployed.want(green(version))
    new = deployed.announced()
    return old, new, deployed.break_driver(new)


def test_a_healthy_pool_passes_and_the_old_one_goes(deployed: Rolled) -> None:
    old = deployed.current()
    said = deployed.up(green("1.1"))
    assert deployed.there() == {deployed.current()} != {old}
    assert "2 of 2 nodes usable with all extensions (100%), 100% wanted" in said


def test_a_failed_gate_keeps_both_pools_and_names_the_cause(deployed: Rolled) -> None:
    old, new, fault = broken(deployed, "1.2")
    said = deployed.up_fails()
    assert deployed.there() == {old, new}
    assert f"pool '{new}' cannot pass its gate any more: 0 of 2 nodes usable with all extensions" in said
    assert "driver" in said and TEXT in said
    assert "goes on working" in said and "extension-pool diagnose --stack test --pool linux" in said

    again = deployed.up_fails()
    assert f"Pool '{old}' is not deleted" in again and TEXT in again
    assert deployed.there() == {old, new}

    deployed.faults.lift(fault)
    deployed.up()
    assert deployed.there() == {new}
    assert deployed.stack.changed() == {}


def test_without_the_hook_the_next_update_deletes_the_pool_that_works(deployed: Rolled) -> None:
    old, new, _ = broken(deployed, "1.3")
    deployed.up_fails()
    assert deployed.there() == {old, new}
    deployed.up(green("1.3"), lacks="before-delete")
    assert deployed.there() == {new}
    deployed.want(green("1.3"))


def test_a_third_configuration_keeps_all_until_it_passes(deployed: Rolled) -> None:
    first, second, _ = broken(deployed, "1.4")
    deployed.up_fails()
    deployed.want(green("1.5"))
    third = deployed.announced()
    fault = deployed.break_driver(third)
    for _ in range(2):
        deployed.up_fails()
        assert deployed.there() == {first, second, third}
    deployed.faults.lift(fault)
    deployed.up()
    assert deployed.there() == {third}


@pytest.mark.parametrize("version", ["1.6", "1.7"])
def test_when_azure_cannot_be_asked_nothing_is_deleted(deployed: Rolled, version: str) -> None:
    old = deployed.current()
    deployed.want(wanted(version=version, rollout={**GREEN, "gate": {"timeout": "PT3S"}}))
    new = deployed.announced()
    if version == "1.6":
        deployed.faults.http("*", 403, times=None, code="AuthorizationFailure")
    else:
        deployed.faults.drop("*", times=None)
    for _ in range(2):
        assert "Azure could not be asked" in deployed.up_fails()
        assert deployed.there() == {old, new}
    deployed.faults.lift()
    deployed.up()
    assert deployed.there() == {new}


def test_a_share_of_the_nodes_is_enough_where_that_is_asked_for(deployed: Rolled) -> None:
    old = deployed.current()
    half = {**GREEN, "gate": {"require": "50%", "timeout": "PT10S", "soak": "PT2S"}}
    deployed.want(wanted(version="1.8", rollout=half))
    new = deployed.announced()
    deployed.break_driver(new, nodes=1)
    said = deployed.up()
    assert "1 of 2 nodes usable with all extensions (50%), 50% wanted" in said and "it must stay so" in said
    assert deployed.there() == {new} != {old}


def test_the_gates_of_several_pools_are_held_side_by_side(deployed: Rolled) -> None:
    soaked = {**GREEN, "gate": {"timeout": "PT30S", "soak": "PT4S"}}
    version = deployed.current()[-4:]
    both = [wanted(name, version=f"2.{int(version, 16)}", rollout=soaked) for name in ("linux", "second", "third")]
    began = time.monotonic()
    said = deployed.up(*both)
    assert said.count("it must stay so for a while") == 3
    assert len(deployed.there()) == 3
    # one after the other they would take twelve seconds for their soaks alone
    assert time.monotonic() - began < 12 + 8
    deployed.up(both[0])


def test_after_a_failed_gate_everything_can_be_destroyed(deployed: Rolled) -> None:
    old, new, _ = broken(deployed, "1.9")
    deployed.up_fails()
    refused = deployed.stack.pulumi("destroy", "--yes", "--skip-preview", check=False)
    assert "--run-program" in refused
    assert deployed.there() == {old, new}
    deployed.destroy()
    assert deployed.there() == set()


def test_a_destroy_is_known_by_what_it_does_where_its_command_line_is_not_seen(deployed: Rolled) -> None:
    old, new, _ = broken(deployed, "1.13")
    deployed.up_fails()
    deployed.want(green("1.13"), lacks="command-line")
    deployed.up_fails()
    assert deployed.there() == {old, new}
    deployed.destroy()
    assert deployed.there() == set()


def test_hooks_come_and_go_without_touching_the_pool(deployed: Rolled) -> None:
    deployed.up(wanted("plain"))
    born = deployed.born("plain")
    deployed.up(wanted("plain", rollout={"gate": {}}))
    assert deployed.born("plain") == born
    assert "--run-program" in deployed.stack.pulumi("destroy", "--yes", "--skip-preview", check=False)
    assert deployed.there() == {"plain"}
    deployed.up(wanted("plain"))
    deployed.stack.pulumi("destroy", "--yes", "--skip-preview")
    assert deployed.there() == set()


def test_after_a_failed_gate_the_pool_can_be_taken_out_of_the_program(deployed: Rolled) -> None:
    broken(deployed, "1.10")
    deployed.up_fails()
    deployed.up(wanted("other"))
    assert deployed.there() == {"other"}
    deployed.up(green("1.12"))


def test_the_last_pool_can_be_taken_out_of_a_program_that_brings_the_hooks(deployed: Rolled) -> None:
    broken(deployed, "1.11")
    deployed.up_fails()
    deployed.want(registerHooks=False)
    said = deployed.up_fails()
    assert "rollout.gate.enabled and rollout.drain.enabled false" in said and "was not registered" in said
    deployed.want(registerHooks=True)
    deployed.up()
    assert deployed.there() == set()


def test_a_transform_that_would_have_the_old_pool_deleted_first_does_not_get_it(deployed: Rolled) -> None:
    old = deployed.current()
    said = deployed.up_fails(green("1.9", transforms=True))
    assert f"linux: pool '{old}' stays: Pulumi was about to delete it before the new pool is there" in said
    assert "return None for this pool, or use `transformations`" in said
    assert deployed.there() == {old}
    deployed.up(green("1.9"))
    assert deployed.there() == {deployed.current()} != {old}


def test_without_the_hook_such_a_transform_has_it_deleted_first(deployed: Rolled) -> None:
    since = deployed.stack.last_operation()
    deployed.up(green("2.0", transforms=True), lacks="before-delete")
    done = [one.method for one in deployed.stack.changes(since) if "/pools/" in one.path]
    assert done == ["DELETE", "PUT"]
    deployed.want(green("2.0"))
