"""What the tests of the command share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from emulator import Store
from extension_pool.ops import batch

from .fake_service import KEY, Service, serving


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    """A Batch service that the environment points at; repeated calls are not delayed."""
    monkeypatch.setattr(batch, "BACKOFF_SECONDS", 0)
    with serving() as service:
        monkeypatch.setenv("AZURE_BATCH_ENDPOINT", service.url)
        monkeypatch.setenv("AZURE_BATCH_ACCOUNT", "acct")
        monkeypatch.setenv("AZURE_BATCH_ACCESS_KEY", KEY)
        yield service


@pytest.fixture(autouse=True)
def _no_real_azure(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AZURE_BATCH_ENDPOINT", "AZURE_BATCH_ACCOUNT", "AZURE_BATCH_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A local Azure of the test's own, whose time stands still until the test moves it."""
    store = Store.open(tmp_path / "azure")
    store.clock.set_speed(0)
    return store
