"""Asks again and again. The clock and the sleeping come from outside."""

import time
from collections.abc import Callable, Iterator, Sequence

from .errors import CannotAsk
from .gate import Outcome
from .health import PoolHealth

# Short at first, for someone who looks on; then no faster than every 30 s, since each round lists every node.
_FIRST_SECONDS = (2.0, 3.0, 5.0, 8.0, 12.0, 20.0)
_STEADY_SECONDS = 30.0


def intervals() -> Iterator[float]:
    """The seconds between one round and the next: 2, 3, 5, 8, 12, 20, then 30 for ever."""
    yield from _FIRST_SECONDS
    while True:
        yield _STEADY_SECONDS


def something_waits(pools: Sequence[PoolHealth]) -> bool:
    """Whether anything is still on its way, which a failed pool may well have."""
    return any(pool.waiting for pool in pools)


def undecided(pools: Sequence[PoolHealth]) -> bool:
    """Whether waiting can make a difference to a gate: a pool has not passed yet, and none has failed."""
    outcomes = {pool.gate.outcome for pool in pools if pool.gate is not None}
    return Outcome.FAILED not in outcomes and outcomes != {Outcome.PASSED}


def watch(
    ask: Callable[[], Sequence[PoolHealth]],
    limit: float | None,
    *,
    going_on: Callable[[Sequence[PoolHealth]], bool] = something_waits,
    tell: Callable[[Sequence[PoolHealth]], object] = lambda pools: None,
    trouble: Callable[[CannotAsk], object] = lambda error: None,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Sequence[PoolHealth]:
    """The first answer after which nothing is `going_on`, else the one at the end of `limit` seconds (None: no end).

    `tell` gets each answer that is not the last. An error of the first round is raised; later a passing one (see
    `CannotAsk`) only costs that round and is given to `trouble`, unless there is no time left.
    """
    start = clock()
    pools, new = ask(), True
    for interval in intervals():
        gone = clock() - start
        if (limit is not None and gone >= limit) or not going_on(pools):
            break
        if new:
            tell(pools)
        sleep(interval if limit is None else min(interval, limit - gone))
        try:
            pools, new = ask(), True
        except CannotAsk as error:
            new = False
            if not error.passing or (limit is not None and clock() - start >= limit):
                raise
            trouble(error)
    return pools
