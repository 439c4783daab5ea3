"""Makes many calls at a time, and politely: as many as the service bears, and none while it asks for a pause.

Knows nothing of Azure. A call is a function that returns its result, or raises `Throttled` or `Passing`; anything else
that it raises ends the sweep. One thread decides (the caller's), others wait for answers.

How fast is learnt, since Batch does not publish its limits: like TCP, the number of calls under way doubles while the
service answers, is halved when it throttles, and grows by one a round from then on. What was learnt stays with the
`Pace`, for the next sweep of the same account.
"""

import heapq
import random
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Generic, TypeVar

from .crew import Crew

Item = TypeVar("Item")
Result = TypeVar("Result")

# A few times a second is enough for an eye, and costs nothing beside the calls.
TELL_SECONDS = 0.25


class Throttled(Exception):
    """The service wants fewer calls. `retry_after`: the seconds in which it wants none at all; None if it says none."""

    def __init__(self, retry_after: float | None = None) -> None:
        super().__init__(retry_after)
        self.retry_after = retry_after


class Passing(Exception):
    """The call failed, and may succeed a little later: a lost connection, an error inside the service."""


@dataclass(frozen=True)
class Limits:
    """How hard to try. Seconds throughout.

    `workers` are the most calls at a time, `first` those that a sweep begins with. A call that fails is given up after
    `tries`, one that is throttled after `throttles`; so is the whole sweep when that many rounds went by without a
    single answer. Pauses that the service does not name begin at about `pause` and double. One that is longer than
    `longest` is not waited for: the sweep gives up.
    """

    workers: int = 32
    first: int = 8
    tries: int = 4
    throttles: int = 8
    pause: float = 0.8
    longest: float = 120.0


@dataclass(frozen=True)
class GaveUp:
    """What a call ended in that got no answer: the last trouble, if it was made at all; `why` in a few words."""

    why: str
    trouble: Exception | None = None


@dataclass(frozen=True)
class Progress:
    """How far a reading is: `asked` of `total` nodes are or were under way, `answered` are done, whatever came of it.

    `calls` are all that went out for it, repeated ones included; `workers` are how many may be under way at a time.
    """

    asked: int
    answered: int
    total: int
    calls: int
    workers: int


class Pace:
    """How many calls may be under way, and from when on. Pure: told the time, it never waits.

    A round is what starts between two looks at the number: of the answers to one round only the first that throttles
    counts, since the others were sent before anybody knew. `chance` gives numbers from 0 to 1.
    """

    def __init__(self, limits: Limits, chance: Callable[[], float] = random.random) -> None:
        self.limits = limits
        self.calls = 0
        self.not_before = float("-inf")
        self._window = float(min(limits.first, limits.workers))
        self._ceiling = float(limits.workers)
        self._chance = chance
        self._round = float("-inf")
        self._throttles = 0
        self._failures = 0
        self._too_long = False

    @property
    def workers(self) -> int:
        """How many calls may be under way now, if none has to wait."""
        return max(1, int(self._window))

    @property
    def hopeless(self) -> bool:
        """Too many rounds without an answer, or a pause that is too long to wait for."""
        return self._too_long or self._failures >= self.limits.tries or self._throttles >= self.limits.throttles

    def begin(self, now: float) -> None:
        """A new sweep: earlier silence no longer counts, a pause that is not over still does."""
        self._throttles = self._failures = 0
        self._too_long = self.not_before - now > self.limits.longest

    def may_start(self, now: float, under_way: int) -> bool:
        """Whether one more call may go out."""
        return now >= self.not_before and under_way < self.workers

    def answered(self, started: float) -> None:
        """A call that `started` then was answered: the service bears this many, and perhaps more."""
        self._throttles = self._failures = 0
        if started >= self._round:
            growth = 1.0 if self._window < self._ceiling else 1.0 / self._window
            self._window = min(float(self.limits.workers), self._window + growth)

    def throttled(self, now: float, started: float, retry_after: float | None) -> None:
        """A call that `started` then was sent away: fewer from now on, and none until the pause is over."""
        if started >= self._round:
            self._round = now
            self._throttles += 1
            self._window = self._ceiling = max(1.0, self._window / 2)
            if retry_after is None:
                self.not_before = max(self.not_before, now + self.pause(self._throttles))
        if retry_after is not None:
            self.not_before = max(self.not_before, now + retry_after)
            self._too_long = self._too_long or retry_after > self.limits.longest

    def failed(self, now: float, started: float) -> None:
        """A call that `started` then failed. One alone says nothing about the service; a round of nothing else does."""
        if started >= self._round:
            self._round = now
            self._failures += 1
            if self._failures > 1:
                self._window = max(1.0, self._window / 2)
                self.not_before = max(self.not_before, now + self.pause(self._failures - 1))

    def pause(self, times: int) -> float:
        """The pause after failing so many `times`: growing, and never the same for two who failed together."""
        return float(min(self.limits.longest, self.limits.pause * 2 ** (times - 1)) * (0.5 + self._chance() / 2))


def sweep(
    items: Sequence[Item],
    ask: Callable[[Item], Result],
    pace: Pace,
    crew: Crew,
    *,
    tell: Callable[[Progress], None] = lambda progress: None,
    calls: Callable[[], int] | None = None,
    seconds: float | None = None,
) -> list[Result | GaveUp]:
    """What `ask` says of each of `items`, in their order; `GaveUp` where it says nothing.

    After `seconds` (None: however long it takes) whatever is not answered is given up. `tell` hears a few times a
    second how far it is; `calls` counts what went out if that is more than `pace` knows of. Raises what `ask` raises,
    at once: calls under way are not waited for, and neither are they on Ctrl-C.
    """
    try:
        return _Sweep(items, ask, pace, crew, tell, calls or (lambda: pace.calls)).run(seconds)
    finally:
        crew.close()


class _Sweep(Generic[Item, Result]):
    def __init__(
        self,
        items: Sequence[Item],
        ask: Callable[[Item], Result],
        pace: Pace,
        crew: Crew,
        tell: Callable[[Progress], None],
        calls: Callable[[], int],
    ) -> None:
        self._items, self._ask, self._pace, self._crew = items, ask, pace, crew
        self._tell, self._calls = tell, calls
        self._results: dict[int, Result | GaveUp] = {}
        self._fresh = deque(range(len(items)))
        self._again: list[tuple[float, int]] = []
        self._started: dict[int, float] = {}
        self._troubles: dict[int, tuple[int, int, Exception]] = {}
        self._told = float("-inf")

    def run(self, seconds: float | None) -> list[Result | GaveUp]:
        begun = self._crew.now()
        end = float("inf") if seconds is None else begun + seconds
        self._pace.begin(begun)
        while len(self._results) < len(self._items):
            now = self._crew.now()
            if now >= end:
                self._give_up([*self._fresh, *(number for _, number in self._again), *self._started], "out of time")
                break
            if self._pace.hopeless:
                self._give_up([*self._fresh, *(number for _, number in self._again)], self._why(now))
                self._fresh.clear()
                self._again.clear()
            self._start(now)
            if self._started or self._fresh or self._again:
                self._collect(now, end)
            self._report(done=False)
        self._report(done=True)
        return [self._results[number] for number in range(len(self._items))]

    def _start(self, now: float) -> None:
        while self._pace.may_start(now, len(self._started)):
            if self._again and self._again[0][0] <= now:
                number = heapq.heappop(self._again)[1]
            elif self._fresh:
                number = self._fresh.popleft()
            else:
                return
            self._pace.calls += 1
            self._started[number] = now
            self._crew.start(number, partial(self._ask, self._items[number]))

    def _collect(self, now: float, end: float) -> None:
        """Waits for what comes first: an answer, the moment at which a call may go out, the end.

        Seen from `now`, when the last calls were started: the next moment may be over before the wait begins.
        """
        moments = [end]
        if self._fresh or self._again:
            moment = max(self._pace.not_before, now if self._fresh else self._again[0][0])
            if moment > now:
                moments.append(moment)
        first = min(moments)
        done = self._crew.wait(None if first == float("inf") else max(0.0, first - self._crew.now()))
        if done is not None:
            self._take(*done)

    def _take(self, number: int, outcome: object) -> None:
        now, started = self._crew.now(), self._started.pop(number)
        throttles, failures, _ = self._troubles.get(number, (0, 0, None))
        if isinstance(outcome, Throttled):
            self._pace.throttled(now, started, outcome.retry_after)
            self._repeat(number, throttles + 1, failures, outcome, now)
        elif isinstance(outcome, Passing):
            self._pace.failed(now, started)
            self._repeat(number, throttles, failures + 1, outcome, now + self._pace.pause(failures + 1))
        elif isinstance(outcome, BaseException):
            raise outcome
        else:
            self._pace.answered(started)
            self._troubles.pop(number, None)
            self._results[number] = outcome  # type: ignore[assignment]

    def _repeat(self, number: int, throttles: int, failures: int, trouble: Exception, due: float) -> None:
        self._troubles[number] = (throttles, failures, trouble)
        if throttles >= self._pace.limits.throttles or failures >= self._pace.limits.tries:
            self._give_up([number], f"asked {throttles + failures} times")
        else:
            heapq.heappush(self._again, (due, number))

    def _give_up(self, numbers: Sequence[int], why: str) -> None:
        for number in numbers:
            trouble = self._troubles.pop(number, None)
            self._results[number] = GaveUp(why, trouble[2] if trouble else None)

    def _why(self, now: float) -> str:
        left = self._pace.not_before - now
        if left > self._pace.limits.longest:
            return f"the service asks for a pause of {left:.0f} seconds"
        return "the service answers no call"

    def _report(self, *, done: bool) -> None:
        now = self._crew.now()
        if done or now - self._told >= TELL_SECONDS:
            self._told = now
            asked = len(self._items) - len(self._fresh)
            total = len(self._items)
            self._tell(Progress(asked, len(self._results), total, self._calls(), self._pace.workers))
