"""Waits for a pool to pass its gate, and then for as long as it must stay so. Pure: asking, clock, sleep come in.

Judgements of ours:

- Troubles that pass (network, throttling) and a pool that Azure does not show yet are waited out until the time is
  over, from the first round on: the pool has just been made.
- A round without an answer neither ends the soak nor completes it.
- A pool that no longer passes while it soaks begins anew, unless the time to pass is over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum

from ..ops.errors import CannotAsk, OpsError, UnknownPool
from ..ops.gate import GateVerdict, Outcome, Share
from ..ops.health import PoolHealth


class Result(Enum):
    """What came of a gate."""

    PASSED = "passed"
    FAILED = "failed"
    """It cannot pass any more."""
    LATE = "late"
    """It has not passed in time."""
    UNSURE = "unsure"
    """It hangs on nodes that nobody could say anything about."""
    NOT_ASKED = "not asked"
    """Azure could not be asked."""


@dataclass(frozen=True)
class Terms:
    """What must be reached, in how many seconds, and for how many it must stay.

    `at_least`: fewer nodes than that are not enough even if all that are wanted are healthy, as when a resize that was
    asked for has not begun.
    """

    require: Share
    timeout: float
    soak: float = 0.0
    at_least: int = 0


@dataclass(frozen=True)
class Held:
    """The result; the pool as it was last seen, and the error of the last question that had no answer."""

    result: Result
    health: PoolHealth | None = None
    error: OpsError | None = None

    @property
    def passed(self) -> bool:
        return self.result is Result.PASSED


def hold(
    ask: Callable[[], PoolHealth],
    terms: Terms,
    *,
    clock: Callable[[], float],
    sleep: Callable[[float], object],
    intervals: Iterator[float],
    tell: Callable[[str], object] = lambda text: None,
) -> Held:
    """Asks until the pool has passed and stayed so, or cannot pass any more, or the time is over.

    `ask` gives the pool with the verdict of a gate. `tell` gets a sentence whenever it changes.
    """
    start = clock()
    since: float | None = None
    health: PoolHealth | None = None
    say = _Changes(tell)
    for interval in intervals:
        error: OpsError | None = None
        try:
            health = ask()
        except (CannotAsk, UnknownPool) as caught:
            error = caught
            if isinstance(caught, CannotAsk) and not caught.passing:
                return Held(Result.NOT_ASKED, health, caught)
        now = clock()
        if error is None and health is not None:
            verdict = _verdict(health)
            if verdict.outcome is Outcome.FAILED:
                say(verdict.summary)
                return Held(Result.FAILED, health)
            enough = verdict.passed and verdict.wanted >= terms.at_least
            since = (now if since is None else since) if enough else None
            soaked = since is not None and now - since >= terms.soak
            say(verdict.summary if since is None or soaked else f"{verdict.summary}; it must stay so for a while")
            if soaked:
                return Held(Result.PASSED, health)
        else:
            say(f"no answer this time, asking again: {error}")
        # Somebody who asks as the soak ends must find it over.
        soaked_at = start if since is None else since + terms.soak
        end = max(start + terms.timeout, soaked_at)
        if now >= end:
            return Held(_why(health, error), health, error)
        next_at = soaked_at if soaked_at > now else end
        sleep(min(interval, next_at - now))
    raise AssertionError("the intervals never end")


class _Changes:
    """Tells a sentence unless it is the last one again."""

    def __init__(self, tell: Callable[[str], object]) -> None:
        self._tell = tell
        self._told = ""

    def __call__(self, text: str) -> None:
        if text != self._told:
            self._told = text
            self._tell(text)


def _verdict(health: PoolHealth) -> GateVerdict:
    if health.gate is None:
        raise ValueError("the pool must come with the verdict of a gate")
    return health.gate


def _why(health: PoolHealth | None, error: OpsError | None) -> Result:
    if error is not None or health is None:
        return Result.NOT_ASKED
    return Result.UNSURE if _verdict(health).outcome is Outcome.UNKNOWN else Result.LATE
