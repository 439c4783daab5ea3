"""The clock of local Azure: virtual time = anchor + real time since the anchor, times the speed."""

from __future__ import annotations

import datetime
import functools
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from emulator.store import Store

# The longest real pause between two looks at the clock: another process may have moved it meanwhile.
LOOK_EVERY = 0.1


class Clock:
    """Times are seconds since 1970 in virtual time; a store starts at the real time of its creation."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def now(self) -> float:
        real, virtual, speed = self._anchor()
        return virtual + (time.time() - real) * speed

    def speed(self) -> float:
        return self._anchor()[2]

    def set_speed(self, speed: float) -> None:
        """From now on virtual time runs `speed` times as fast as real time; 0 freezes it."""
        if not 0 <= speed <= 1e9:
            raise ValueError(f"speed must be between 0 and 1e9, got {speed}")
        with self._store.transaction():
            self._move(self.now(), speed)

    def advance(self, seconds: float) -> None:
        """Jump `seconds` of virtual time ahead; time never goes back."""
        if seconds < 0:
            raise ValueError(f"time does not go back: {seconds}")
        with self._store.transaction():
            self._move(self.now() + seconds, self.speed())

    def sleep(self, seconds: float, stop: threading.Event | None = None) -> bool:
        """Wait `seconds` of virtual time; False when `stop` was set first. A frozen clock waits for advance()."""
        until = self.now() + seconds
        while True:
            left = until - self.now()
            if left <= 0:
                return True
            speed = self.speed()
            pause = min(left / speed, LOOK_EVERY) if speed else LOOK_EVERY
            if stop is None:
                time.sleep(pause)
            elif stop.wait(pause):
                return False

    def _anchor(self) -> tuple[float, float, float]:
        return self._store.cached("clock", self._read_anchor)

    def _read_anchor(self) -> tuple[float, float, float]:
        values = self._store.values("clock.")
        return float(values["clock.real"]), float(values["clock.virtual"]), float(values["clock.speed"])

    def _move(self, virtual: float, speed: float) -> None:
        self._store.write_values(
            {"clock.real": repr(time.time()), "clock.virtual": repr(virtual), "clock.speed": repr(float(speed))}
        )


@functools.lru_cache(maxsize=4096)
def timestamp(seconds: float) -> str:
    """The form of every time in ARM and Batch answers: UTC, seven decimals, `Z`."""
    moment = datetime.datetime.fromtimestamp(seconds, tz=datetime.timezone.utc)
    # Python has six decimals; the service's seventh is rendered as zero.
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f") + "0Z"
