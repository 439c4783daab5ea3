"""What the tests of scripts share: one deployed project, and a service for pull requests for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.extension_pool.ops.posting.forge_server import Server, forge_server

from .world import World


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EXTENSION_POOL_GRANT_WAIT", "PT0S")
        made = World(tmp_path_factory.mktemp("world"))
    yield made
    made.close()


@pytest.fixture
def forge(tmp_path: Path) -> Iterator[Server]:
    with forge_server(tmp_path) as server:
        yield server
