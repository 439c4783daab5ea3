"""From one strategy to the other, on the real engine, with a gate."""

from collections.abc import Callable

import pytest

from tests.on_engine.rolled import Rolled, wanted
from tests.on_engine.stack import EngineStack

pytestmark = pytest.mark.drill

GREEN = {"strategy": "blue-green", "gate": {"timeout": "PT10S"}}


@pytest.fixture
def made(new_stack: Callable[..., EngineStack]) -> Rolled:
    rolled = Rolled(new_stack("rolled.py"))
    rolled.up(wanted())
    return rolled


def test_a_pool_that_was_made_without_hooks_stays_until_the_new_one_has_passed(made: Rolled) -> None:
    made.want(wanted(rollout=GREEN))
    preview = made.stack.pulumi("preview")
    assert "moves to blue-green" in preview and "quota for both" in preview
    new = made.announced()
    fault = made.break_driver(new)
    for _ in range(3):
        made.up_fails()
        assert made.there() == {"linux", new}
    made.faults.lift(fault)
    made.up()
    assert made.there() == {new}

    made.want(wanted())
    preview = made.stack.pulumi("preview")
    assert "moves to delete-first" in preview and "none in between" in preview
    made.up()
    assert made.there() == {"linux"}


def test_whoever_switches_gates_off_says_so_and_the_old_pool_goes(
    made: Rolled, monkeypatch: pytest.MonkeyPatch
) -> None:
    made.want(wanted(rollout=GREEN))
    new = made.announced()
    made.break_driver(new)
    made.up_fails()
    assert made.there() == {"linux", new}
    monkeypatch.setenv("EXTENSION_POOL_GATE", "off")
    made.up()
    assert made.there() == {new}
