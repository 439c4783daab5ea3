"""Every test in this folder is a drill, and runs the real engine. A stack for each: what went wrong stays in it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.drills.drill import Drill
from tests.on_engine.conftest import new_stack, no_wait_for_grants, quick_gates
from tests.on_engine.stack import EngineStack

PROGRAM = Path(__file__).parent / "programs" / "pausing.py"

__all__ = ["new_stack", "no_wait_for_grants", "quick_gates"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.drill)
            item.add_marker(pytest.mark.engine)


@pytest.fixture
def drill(new_stack: Callable[..., EngineStack]) -> Iterator[Drill]:
    """A pool at work: every node runs a task, as many tasks are queued, and a schedule makes jobs."""
    made = Drill(new_stack(str(PROGRAM)))
    made.begin()
    yield made
    made.stack.close()
