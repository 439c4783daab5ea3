"""The gate where the component runs as a plugin, as it does for programs in other languages."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.on_engine.plugins import with_plugin
from tests.on_engine.rolled import TEXT, Rolled, wanted
from tests.on_engine.stack import EngineStack

pytestmark = pytest.mark.drill

GREEN = {"strategy": "blue-green", "gate": {"timeout": "PT10S"}}


@pytest.fixture
def made(new_stack: Callable[..., EngineStack]) -> Rolled:
    return Rolled(with_plugin(new_stack("remote.py")))


def pools(version: str) -> list[dict[str, Any]]:
    """Two: what is done once in a run must be done once for both."""
    return [wanted("linux", version, rollout=GREEN), wanted("second", rollout=GREEN)]


def test_a_failed_gate_keeps_the_old_pool_in_later_updates_and_does_not_stop_a_destroy(made: Rolled) -> None:
    made.up(*pools("1.0"))
    old, second = made.current(), made.current("second")
    made.want(*pools("1.1"))
    new = made.announced()
    made.break_driver(new)
    said = made.up_fails()
    assert f"pool '{new}' cannot pass its gate any more" in said and TEXT in said
    assert "Traceback" not in said and "debug_error_string" not in said
    again = made.up_fails()
    assert f"Pool '{old}' is not deleted" in again
    assert made.there() == {old, new, second}
    made.destroy()
    assert made.there() == set()


def test_a_pool_and_then_the_last_one_leave_the_program_as_the_page_says(made: Rolled) -> None:
    """Without a pool the program starts no plugin, and nobody brings the hooks that the last pool was made with."""
    linux, second = pools("1.0")
    made.up(linux, second)
    made.up(linux)
    assert made.there() == {made.current()}
    made.want()
    said = made.up_fails()
    assert "rollout.gate.enabled and rollout.drain.enabled false" in said and "was not registered" in said
    assert made.there() == {made.current()}
    off = {**GREEN, "gate": {"enabled": False}, "drain": {"enabled": False}}
    made.up({**linux, "rollout": off})
    made.want()
    made.up()
    assert made.there() == set()
