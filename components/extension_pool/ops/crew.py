"""Who makes the calls of a sweep, and the clock that they live by."""

import threading
import time
from collections import deque
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Protocol


class Crew(Protocol):
    """Who makes the calls, and the clock that they live by."""

    def now(self) -> float:
        """Seconds, from any moment on."""

    def start(self, number: int, call: Callable[[], object]) -> None:
        """Makes a call at once."""

    def wait(self, seconds: float | None) -> tuple[int, object] | None:
        """The number and result, or exception, of a call that is done; None after `seconds` without one."""

    def close(self) -> None:
        """No more calls; what is under way is left to itself."""


class Inline:
    """Makes calls in the caller's own thread while it waits: for a sweep of one."""

    def __init__(self) -> None:
        self._work: deque[tuple[int, Callable[[], object]]] = deque()

    def now(self) -> float:
        return time.monotonic()

    def start(self, number: int, call: Callable[[], object]) -> None:
        self._work.append((number, call))

    def wait(self, seconds: float | None) -> tuple[int, object] | None:
        if not self._work:
            time.sleep(seconds or 0)
            return None
        number, call = self._work.popleft()
        try:
            return number, call()
        except Exception as error:
            return number, error

    def close(self) -> None:
        self._work.clear()


class Threads:
    """Makes calls in threads, one for each that is under way. They end no later than the program, whatever they do."""

    def __init__(self) -> None:
        self._work: SimpleQueue[tuple[int, Callable[[], object]] | None] = SimpleQueue()
        self._done: SimpleQueue[tuple[int, object]] = SimpleQueue()
        self._threads = 0
        self._busy = 0

    def now(self) -> float:
        return time.monotonic()

    def start(self, number: int, call: Callable[[], object]) -> None:
        if self._busy == self._threads:
            # The threads of concurrent.futures are waited for at exit, so Ctrl-C would last as long as a slow answer.
            threading.Thread(target=self._run, name=f"call-{self._threads}", daemon=True).start()
            self._threads += 1
        self._busy += 1
        self._work.put((number, call))

    def wait(self, seconds: float | None) -> tuple[int, object] | None:
        try:
            done = self._done.get(timeout=seconds)
        except Empty:
            return None
        self._busy -= 1
        return done

    def close(self) -> None:
        for _ in range(self._threads):
            self._work.put(None)

    def _run(self) -> None:
        while (work := self._work.get()) is not None:
            number, call = work
            try:
                self._done.put((number, call()))
            except BaseException as error:
                self._done.put((number, error))
