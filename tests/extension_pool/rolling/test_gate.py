"""How long a gate waits, and what it says at the end."""

from collections.abc import Callable, Iterator
from itertools import repeat

import pytest

from extension_pool.ops.errors import CannotAsk, OpsError, UnknownPool
from extension_pool.ops.gate import ALL, with_gate
from extension_pool.ops.health import PoolHealth, judge_pool
from extension_pool.rolling.gate import Held, Result, Terms, hold
from tests.extension_pool.ops import drawing

OK = "idle a=succeeded\n"
BAD = "idle a=failed\n"
COMING = "starting\n"
AWAY = CannotAsk("endpoint: no answer", passing=True)
FORBIDDEN = CannotAsk("login: not allowed")


def seen(nodes: str) -> PoolHealth:
    return with_gate(judge_pool(drawing.pool(nodes), "acc", ("a",)), ALL)


class Azure:
    """Answers with the next of `answers`, the last one for ever; a clock that only sleeping moves."""

    def __init__(self, *answers: str | OpsError) -> None:
        self.answers = list(answers)
        self.now = 0.0
        self.said: list[str] = []
        self.asked: list[float] = []

    def ask(self) -> PoolHealth:
        self.asked.append(self.now)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, OpsError):
            raise answer
        return seen(answer)

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.now += seconds

    def hold(self, timeout: float = 60, soak: float = 0, at_least: int = 0, every: float = 10) -> Held:
        pauses: Iterator[float] = repeat(every)
        clock: Callable[[], float] = lambda: self.now  # noqa: E731
        terms = Terms(ALL, timeout, soak, at_least)
        return hold(self.ask, terms, clock=clock, sleep=self.sleep, intervals=pauses, tell=self.said.append)


def test_a_pool_that_becomes_healthy_passes_and_each_change_is_told_once() -> None:
    azure = Azure(COMING * 2, COMING * 2, OK + COMING, OK * 2)
    assert azure.hold().result is Result.PASSED
    assert [line.split(" (")[0] for line in azure.said] == [
        f"{number} of 2 nodes usable with all extensions" for number in (0, 1, 2)
    ]


def test_what_cannot_pass_any_more_is_not_waited_for() -> None:
    azure = Azure(COMING * 2, BAD + COMING, OK * 2)
    held = azure.hold(timeout=1000)
    assert held.result is Result.FAILED
    assert azure.now == 10 and held.health is not None


def test_a_pool_that_is_too_slow_is_late_at_the_very_end_of_the_time() -> None:
    azure = Azure(COMING)
    assert azure.hold(timeout=25).result is Result.LATE
    assert azure.asked == [0, 10, 20, 25]


def test_nodes_that_nobody_can_say_anything_about_are_no_pass_and_no_failure() -> None:
    assert Azure("unknown\n").hold().result is Result.UNSURE


def test_it_must_stay_so_while_it_soaks() -> None:
    azure = Azure(OK)
    assert azure.hold(soak=25).passed
    assert azure.asked == [0, 10, 20, 25]
    assert "it must stay so for a while" in azure.said[0]


def test_a_failure_while_it_soaks_fails() -> None:
    assert Azure(OK, OK, BAD, OK).hold(soak=100).result is Result.FAILED


def test_a_dip_begins_the_soak_anew() -> None:
    azure = Azure(OK, COMING, OK)
    assert azure.hold(soak=15).passed
    assert azure.now == 35


def test_a_dip_when_the_time_is_over_is_late() -> None:
    assert Azure(OK, COMING, OK).hold(timeout=5, soak=15).result is Result.LATE


def test_a_soak_may_last_longer_than_the_time_to_pass() -> None:
    azure = Azure(COMING, OK)
    assert azure.hold(timeout=12, soak=40).passed
    assert azure.now == 50


def test_troubles_that_pass_are_waited_out_from_the_first_round_on() -> None:
    azure = Azure(AWAY, AWAY, OK)
    assert azure.hold().passed
    assert azure.said[0].startswith("no answer this time, asking again")


def test_a_pool_that_azure_does_not_show_yet_is_waited_for() -> None:
    assert Azure(UnknownPool("pool: not there"), OK).hold().passed


def test_without_an_answer_to_the_end_azure_could_not_be_asked() -> None:
    held = Azure(COMING, AWAY).hold()
    assert held.result is Result.NOT_ASKED
    assert held.error is AWAY and held.health is not None


def test_what_will_not_pass_by_itself_is_not_waited_for() -> None:
    azure = Azure(FORBIDDEN)
    assert azure.hold().result is Result.NOT_ASKED
    assert azure.now == 0


@pytest.mark.parametrize("trouble", [AWAY])
def test_a_soak_never_ends_without_an_answer(trouble: OpsError) -> None:
    assert Azure(OK, trouble).hold(timeout=5, soak=20).result is Result.NOT_ASKED
    assert Azure(OK, trouble, trouble, OK).hold(timeout=100, soak=20).passed


def test_nodes_that_have_not_even_been_asked_for_are_waited_for() -> None:
    """An empty pool passes a gate; the nodes of a canary must be there."""
    assert Azure("").hold().passed
    assert Azure("").hold(at_least=1).result is Result.LATE
    assert Azure("", COMING, OK).hold(at_least=1).passed
