"""The sweep against services that are made up, on a clock of their own; and in real threads."""

import heapq
import itertools
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extension_pool.ops.crew import Inline, Threads
from extension_pool.ops.sweep import GaveUp, Limits, Pace, Passing, Progress, Throttled, sweep

# A service: the number of the call, from 1, gives how many seconds it takes and what comes of it.
Service = Callable[[int], tuple[float, Exception | None]]


class Simulated:
    """A crew on a clock that waiting moves, and each look at it by `tick`, as if the program took that long.

    It fails as soon as a call starts that must not, and when a wait would have no end.
    """

    def __init__(self, service: Service, most: int, tick: float = 0.0) -> None:
        self.clock = 0.0
        self._tick = tick
        self.calls = 0
        self.widest = 0
        self.quiet_until = float("-inf")
        self._service, self._most = service, most
        self._under_way: list[tuple[float, int, int, object]] = []

    def now(self) -> float:
        self.clock += self._tick
        return self.clock

    def start(self, number: int, call: Callable[[], object]) -> None:
        assert self.clock >= self.quiet_until, "a call before the pause that the service asked for is over"
        assert len(self._under_way) < self._most, "more calls at a time than allowed"
        self.calls += 1
        took, trouble = self._service(self.calls)
        heapq.heappush(self._under_way, (self.clock + took, self.calls, number, trouble or call()))
        self.widest = max(self.widest, len(self._under_way))

    def wait(self, seconds: float | None) -> tuple[int, object] | None:
        assert seconds is not None or self._under_way, "nothing to wait for"
        until = float("inf") if seconds is None else self.clock + seconds
        if not self._under_way or self._under_way[0][0] > until:
            self.clock = until
            return None
        done, _, number, outcome = heapq.heappop(self._under_way)
        self.clock = max(self.clock, done)
        if isinstance(outcome, Throttled) and outcome.retry_after is not None:
            self.quiet_until = max(self.quiet_until, self.clock + outcome.retry_after)
        return number, outcome

    def close(self) -> None:
        self._under_way.clear()


def run(
    count: int, service: Service, limits: Limits | None = None, tick: float = 0.0, **options: object
) -> tuple[Simulated, list[object]]:
    limits = limits or Limits()
    crew = Simulated(service, limits.workers, tick)
    results = sweep(range(count), lambda item: f"answer {item}", Pace(limits, lambda: 0.5), crew, **options)  # type: ignore[arg-type]
    return crew, list(results)


def answers(count: int) -> list[str]:
    return [f"answer {number}" for number in range(count)]


def test_a_service_that_answers_is_asked_by_more_and_more_at_a_time_up_to_the_limit() -> None:
    crew, results = run(1000, lambda _: (0.05, None), Limits(workers=16, first=2))
    assert results == answers(1000)
    assert crew.widest == 16
    # 1000 calls by 16 are 62.5 rounds; three more go by until there are 16
    assert crew.clock <= 66 * 0.05


def test_throttling_halves_the_calls_at_a_time_and_what_was_learnt_stays() -> None:
    pace = Pace(Limits(workers=32, first=32))
    pace.throttled(now=1.0, started=0.5, retry_after=2.0)
    pace.throttled(now=1.1, started=0.6, retry_after=None)
    assert pace.workers == 16, "what was sent before anybody knew counts once"
    assert not pace.may_start(now=2.9, under_way=0)
    assert pace.may_start(now=3.0, under_way=15)
    for _ in range(16):
        pace.answered(started=3.0)
    assert pace.workers == 16
    pace.answered(started=3.0)
    assert pace.workers == 17, "one more a round from there on"
    pace.begin(now=10.0)
    assert pace.workers == 17


def test_no_node_is_lost_when_every_tenth_call_is_throttled_and_few_calls_are_repeated() -> None:
    crew, results = run(1000, lambda call: (0.05, None if call % 10 else Throttled(1.0)))
    assert results == answers(1000)
    assert crew.calls <= 1.5 * 1000


ticks = st.sampled_from([0.0, 1e-6, 0.003, 0.3])


@settings(deadline=None, max_examples=60)
@given(
    count=st.integers(0, 60),
    workers=st.integers(1, 40),
    period=st.integers(2, 12),
    pauses=st.lists(st.none() | st.floats(0, 100), min_size=1),
    times=st.lists(st.floats(0.001, 5), min_size=1),
    tick=ticks,
)
def test_no_node_is_lost_and_no_pause_cut_short_whatever_the_pauses_and_times(
    count: int, workers: int, period: int, pauses: list[float | None], times: list[float], tick: float
) -> None:
    def service(call: int) -> tuple[float, Exception | None]:
        throttled = call % period == 0
        return times[call % len(times)], Throttled(pauses[call % len(pauses)]) if throttled else None

    _, results = run(count, service, Limits(workers=workers, throttles=10**6), tick)
    assert results == answers(count)


troubles = st.sampled_from(["answer", "throttled", "passing"])


@settings(deadline=None, max_examples=100)
@given(
    count=st.integers(0, 40),
    workers=st.integers(1, 10),
    calls=st.lists(st.tuples(troubles, st.floats(0, 10), st.none() | st.floats(0, 300)), min_size=1, max_size=60),
    seconds=st.none() | st.floats(0, 60),
    tick=ticks,
)
def test_every_item_ends_in_its_own_answer_or_a_reason_whatever_the_service_does(
    count: int, workers: int, calls: list[tuple[str, float, float | None]], seconds: float | None, tick: float
) -> None:
    def service(call: int) -> tuple[float, Exception | None]:
        word, took, pause = calls[call % len(calls)]
        return took, {"answer": None, "throttled": Throttled(pause), "passing": Passing()}[word]

    told: list[Progress] = []
    crew, results = run(count, service, Limits(workers=workers), tick, tell=told.append, seconds=seconds)

    assert len(results) == count
    for number, result in enumerate(results):
        assert result == f"answer {number}" or (isinstance(result, GaveUp) and result.why)
    assert told[-1].answered == told[-1].total == count
    assert told[-1].calls == crew.calls <= count * (Limits().tries + Limits().throttles)
    assert seconds is None or crew.clock <= seconds + 1e-6 + 10 * tick


class Hasty(Pace):
    def may_start(self, now: float, under_way: int) -> bool:
        return under_way < self.workers


def test_a_pace_that_does_not_wait_is_caught_here() -> None:
    crew = Simulated(lambda call: (0.05, Throttled(1.0) if call == 1 else None), 32)
    with pytest.raises(AssertionError, match="before the pause"):
        sweep(range(100), str, Hasty(Limits()), crew)


def test_a_pause_that_ends_while_the_program_looks_away_is_over() -> None:
    _, results = run(40, lambda call: (0.01, Throttled(0.002) if call % 3 == 0 else None), tick=0.0015)
    assert results == answers(40)


def test_pauses_that_the_service_does_not_name_grow_and_differ() -> None:
    starts: list[float] = []

    def service(_: int) -> tuple[float, Exception | None]:
        starts.append(crew.clock)
        return 0.0, Throttled()

    limits = Limits(workers=1, pause=1, throttles=5)
    crew = Simulated(service, 1)
    (result,) = sweep([0], str, Pace(limits, lambda: 1.0), crew)
    assert [later - earlier for earlier, later in itertools.pairwise(starts)] == [1, 2, 4, 8]
    assert isinstance(result, GaveUp)
    assert (result.why, type(result.trouble)) == ("asked 5 times", Throttled)
    assert Pace(limits, lambda: 0.0).pause(3) == 2
    assert Pace(limits, lambda: 0.0).pause(30) == 60


def test_one_item_that_always_fails_holds_up_no_other() -> None:
    crew = Simulated(lambda _: (0.05, None), 8)

    def ask(item: int) -> object:
        return Passing() if item == 3 else item

    results = sweep(range(200), ask, Pace(Limits(workers=8)), crew)
    assert [number for number, result in enumerate(results) if isinstance(result, GaveUp)] == [3]
    assert crew.calls == 200 + Limits().tries - 1


def test_a_service_that_answers_nobody_is_left_alone_after_a_few_rounds() -> None:
    crew, results = run(10_000, lambda _: (0.05, Passing()))
    assert all(isinstance(result, GaveUp) and result.why for result in results)
    assert crew.calls < 100


def test_a_pause_that_is_too_long_is_not_waited_for_and_not_cut_short() -> None:
    crew, results = run(50, lambda call: (0.05, Throttled(3600) if call == 5 else None), Limits(first=4))
    lost = [result for result in results if isinstance(result, GaveUp)]
    assert {result.why for result in lost} == {"the service asks for a pause of 3600 seconds"}
    assert 0 < len(lost) < 50
    assert crew.clock < 1


def test_out_of_time_the_rest_is_given_up() -> None:
    crew, results = run(1000, lambda _: (1.0, None), Limits(workers=4, first=4), seconds=10.5)
    assert [isinstance(result, GaveUp) for result in results] == [False] * 40 + [True] * 960
    assert crew.clock == 10.5


def test_progress_is_told_a_few_times_a_second_and_at_the_end() -> None:
    told: list[Progress] = []
    run(1000, lambda _: (0.05, None), Limits(workers=10, first=10), tell=told.append)
    assert told[-1] == Progress(asked=1000, answered=1000, total=1000, calls=1000, workers=10)
    assert 15 <= len(told) <= 25
    assert [progress.answered for progress in told] == sorted(progress.answered for progress in told)


def test_what_no_repetition_mends_ends_the_sweep_at_once() -> None:
    def ask(item: int) -> int:
        if item == 5:
            raise PermissionError("no")
        return item

    crew = Threads()
    with pytest.raises(PermissionError, match="no"):
        sweep(range(1000), ask, Pace(Limits()), crew)


def test_threads_answer_in_the_order_of_the_items() -> None:
    def ask(item: int) -> int:
        time.sleep(0.001 * (item % 3))
        return item

    assert sweep(range(200), ask, Pace(Limits(workers=8)), Threads()) == list(range(200))
    deadline = time.monotonic() + 5
    while (left := _threads_of_calls()) and time.monotonic() < deadline:
        time.sleep(0.005)
    assert left == []


def _threads_of_calls() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("call-")]


def test_a_single_call_is_made_in_the_callers_thread_and_repeated() -> None:
    calls: list[threading.Thread] = []

    def ask(_: None) -> str:
        calls.append(threading.current_thread())
        if len(calls) < 3:
            raise Throttled(0.01)
        return "here"

    assert sweep([None], ask, Pace(Limits()), Inline()) == ["here"]
    assert calls == [threading.current_thread()] * 3


def test_ctrl_c_waits_for_no_call_that_is_under_way() -> None:
    free = threading.Event()
    timer = threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    begun = time.monotonic()
    try:
        with pytest.raises(KeyboardInterrupt):
            sweep(range(100), lambda _: free.wait(30), Pace(Limits()), Threads())
        assert time.monotonic() - begun < 5
    finally:
        free.set()


def test_a_program_ends_although_a_call_is_under_way() -> None:
    program = (
        "import time\n"
        "from extension_pool.ops.crew import Threads\n"
        "from extension_pool.ops.sweep import Limits, Pace, sweep\n"
        "print(sweep(range(9), lambda _: time.sleep(60), Pace(Limits()), Threads(), seconds=0.05)[0].why)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=20, check=True)
    assert done.stdout == "out of time\n"
