from collections.abc import Callable, Sequence
from typing import Any

import pytest

from extension_pool.ops.errors import CannotAsk
from extension_pool.ops.health import PoolHealth, judge_pool
from extension_pool.ops.watch import watch

from . import drawing

WAITING = [judge_pool(drawing.pool("starting"))]
HEALTHY = [judge_pool(drawing.pool("idle a=succeeded b=succeeded"))]
LATE = CannotAsk("late", passing=True)


class Time:
    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def asking(*answers: Sequence[PoolHealth] | Exception) -> Callable[[], Sequence[PoolHealth]]:
    left = list(answers)

    def ask() -> Sequence[PoolHealth]:
        answer = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    return ask


def run(
    ask: Callable[[], Sequence[PoolHealth]], limit: float, **more: Any
) -> tuple[Sequence[PoolHealth], list[float], list[float]]:
    time, told = Time(), list[float]()
    pools = watch(ask, limit, tell=lambda _: told.append(time.now), clock=time.clock, sleep=time.sleep, **more)
    return pools, time.slept, told


def test_an_answer_in_which_nothing_waits_is_the_last() -> None:
    assert run(asking(HEALTHY), 60) == (HEALTHY, [], [])
    assert run(asking(WAITING, WAITING, HEALTHY), 60) == (HEALTHY, [2, 3], [0, 2])


def test_without_patience_there_is_one_answer() -> None:
    assert run(asking(WAITING, HEALTHY), 0) == (WAITING, [], [])


def test_whoever_asks_says_what_is_worth_waiting_for() -> None:
    assert run(asking(HEALTHY), 6, going_on=lambda pools: True) == (HEALTHY, [2, 3, 1], [0, 2, 5])
    assert run(asking(WAITING), 60, going_on=lambda pools: False) == (WAITING, [], [])


def test_watching_ends_only_from_outside() -> None:
    time, seen = Time(), 0

    def tell(pools: Sequence[PoolHealth]) -> None:
        nonlocal seen
        seen += 1
        if seen == 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        watch(asking(HEALTHY), None, going_on=lambda _: True, tell=tell, clock=time.clock, sleep=time.sleep)
    assert time.slept == [2, 3, 5, 8, 12, 20, *[30] * 13]


def test_the_pauses_grow_to_half_a_minute_and_end_with_the_time() -> None:
    pools, slept, _ = run(asking(WAITING), 120)
    assert pools == WAITING
    assert slept == [2, 3, 5, 8, 12, 20, 30, 30, 10]


def test_a_failed_pool_with_something_on_its_way_is_waited_for() -> None:
    moving = [judge_pool(drawing.pool("idle a=failed b=creating"))]
    done = [judge_pool(drawing.pool("idle a=failed b=succeeded"))]
    assert run(asking(moving, done), 60)[0] == done


def test_a_passing_error_costs_a_round_but_not_the_first_or_the_last() -> None:
    troubles: list[CannotAsk] = []
    assert run(asking(WAITING, LATE, HEALTHY), 60, trouble=troubles.append)[0] == HEALTHY
    assert troubles == [LATE]
    with pytest.raises(CannotAsk, match="late"):
        run(asking(LATE), 60)
    with pytest.raises(CannotAsk, match="late"):
        run(asking(WAITING, LATE), 60)
    with pytest.raises(CannotAsk, match="for good"):
        run(asking(WAITING, CannotAsk("for good")), 60)
