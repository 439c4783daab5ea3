"""Asks again until nothing is on its way any more. The clock and the sleeping come from outside."""

import time
from collections.abc import Callable, Iterator, Sequence

from .errors import CannotAsk
from .health import PoolHealth

# Short at first, for someone who looks on; then no faster than every 30 s, since each round asks every node.
_FIRST_SECONDS = (2.0, 3.0, 5.0, 8.0, 12.0, 20.0)
_STEADY_SECONDS = 30.0


def intervals() -> Iterator[float]:
    """The seconds between one round and the next: 2, 3, 5, 8, 12, 20, then 30 for ever."""
    yield from _FIRST_SECONDS
    while True:
        yield _STEADY_SECONDS


def watch(
    ask: Callable[[], Sequence[PoolHealth]],
    limit: float,
    *,
    tell: Callable[[Sequence[PoolHealth], float], None] = lambda pools, seconds: None,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Sequence[PoolHealth]:
    """The first answer in which nothing waits, else the one at the end of `limit` seconds.

    `tell` gets each answer that is not the last, with the seconds gone. An error of the first round is raised; later a
    passing one (see `CannotAsk`) only costs that round, unless there is no time left.
    """
    start = clock()
    pools = ask()
    for interval in intervals():
        gone = clock() - start
        if gone >= limit or not any(pool.waiting for pool in pools):
            break
        tell(pools, gone)
        sleep(min(interval, limit - gone))
        try:
            pools = ask()
        except CannotAsk as error:
            if not error.passing or clock() - start >= limit:
                raise
    return pools
