"""A forge on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from .forge_server import Server, forge_server


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    # the proxy of whoever runs the tests does not know loopback
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with forge_server(tmp_path) as made:
        yield made
