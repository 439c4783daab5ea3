"""Every test in this folder runs the real engine."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.on_engine.rolled import Rolled
from tests.on_engine.stack import EngineStack


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.engine)


@pytest.fixture(scope="session", autouse=True)
def no_wait_for_grants() -> Iterator[None]:
    """Grants are not waited for, except by the tests that are about it: local Azure runs fast here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EXTENSION_POOL_GRANT_WAIT", "PT0S")
        yield


@pytest.fixture(scope="session", autouse=True)
def quick_gates() -> Iterator[None]:
    """A gate asks every second: the nodes of local Azure are there at once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EXTENSION_POOL_GATE_POLL", "PT1S")
        yield


@pytest.fixture(scope="module")
def new_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., EngineStack]]:
    """Makes stacks, each with a local Azure of its own."""
    made: list[EngineStack] = []

    def make(program: str | None = None) -> EngineStack:
        made.append(EngineStack(tmp_path_factory.mktemp("stack"), program))
        return made[-1]

    yield make
    for stack in made:
        stack.close()


@pytest.fixture(scope="module")
def made(new_stack: Callable[..., EngineStack]) -> Rolled:
    """A stack of `programs/rolled.py` without pools."""
    return Rolled(new_stack("rolled.py"))
