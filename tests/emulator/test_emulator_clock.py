from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from emulator import Store
from emulator.clock import timestamp


def test_frozen_time_moves_only_by_advance(store: Store) -> None:
    before = store.clock.now()
    assert store.clock.now() == before
    store.clock.advance(90)
    assert store.clock.now() == pytest.approx(before + 90)
    assert Store.open(store.folder).clock.now() == pytest.approx(before + 90)


def test_speed_comes_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert Store.open(tmp_path / "a").clock.speed() == 60
    monkeypatch.setenv("LOCAL_AZURE_SPEED", "1000")
    assert Store.open(tmp_path / "b").clock.speed() == 1000


def test_sleep_lasts_as_long_as_the_speed_says(store: Store) -> None:
    store.clock.set_speed(100_000)
    started = time.monotonic()
    assert store.clock.sleep(3600)
    assert time.monotonic() - started < 1


def test_sleep_ends_when_another_moves_the_clock(store: Store) -> None:
    threading.Timer(0.05, lambda: store.clock.advance(1000)).start()
    assert store.clock.sleep(600)


def test_sleep_can_be_stopped(store: Store) -> None:
    stop = threading.Event()
    stop.set()
    assert not store.clock.sleep(600, stop)


def test_time_does_not_go_back(store: Store) -> None:
    with pytest.raises(ValueError, match="does not go back"):
        store.clock.advance(-1)


def test_timestamps_have_seven_decimals() -> None:
    assert timestamp(1503915775.940727) == "2017-08-28T10:22:55.9407270Z"
