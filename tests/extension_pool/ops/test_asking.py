"""Asking for the same pools again and again: what is asked, what is not asked again, what a pool that is gone is."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from typing import Any, cast

import pytest

from extension_pool.ops.asking import Question, Rounds
from extension_pool.ops.errors import CannotAsk, UnknownPool
from extension_pool.ops.gate import Outcome, parse_share
from extension_pool.ops.health import Verdict
from extension_pool.ops.settings import Place
from extension_pool.ops.snapshot import NodeReading, Pool, PoolReading, node_key
from extension_pool.ops.stack import StackPool
from extension_pool.ops.sweep import Progress

from . import drawing

HERE = Place("https://acct.westeurope.batch.azure.com", "acct", None)
GONE = UnknownPool("pool: must be a pool of account 'acct', got 'linux'; it has none")
LINUX = Question("linux", None, HERE)
OF_STACK = replace(LINUX, stack=StackPool("render", "linux", "acct", ("a", "b"), wanted=Pool("linux", vm_size="d2s")))


@dataclass
class Account:
    """Answers with each of `answers` in turn; `settled` is what it was told, by node id, for each time."""

    answers: list[PoolReading | Exception]
    settled: list[list[str]] = field(default_factory=list)

    def read_pool(
        self, name: str, *, settled: Mapping[Any, NodeReading], tell: Callable[[Progress], None]
    ) -> PoolReading:
        assert all(node_key(reading.node) == key for key, reading in settled.items())
        self.settled.append(sorted(reading.node.id for reading in settled.values()))
        tell(Progress(1, 1, 2, 3, 4))
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def rounds(account: Account, *questions: Question, **more: Any) -> Rounds:
    return Rounds(questions or (LINUX,), cast(Any, {HERE: account}), **more)


def drawn(*lines: str, booted: Sequence[int] = ()) -> PoolReading:
    """A pool of which node number n booted at minute `booted[n]`."""
    reading = drawing.pool("\n".join(lines))
    times = [datetime(2026, 11, 20, 10, minute, tzinfo=timezone.utc) for minute in booted]
    nodes = [replace(one, node=replace(one.node, booted=time)) for one, time in zip(reading.nodes, times, strict=False)]
    return replace(reading, nodes=(*nodes, *reading.nodes[len(nodes) :]))


DONE, MOVING, FAILED = "idle a=succeeded b=succeeded", "idle a=succeeded b=creating", "idle a=succeeded b=failed"


def test_only_nodes_on_which_all_is_well_are_settled_the_next_time() -> None:
    account = Account([drawn(DONE, MOVING, FAILED, "starting"), drawn(DONE, DONE, FAILED, "starting"), drawn(DONE)])
    asking = rounds(account)
    for _ in range(3):
        asking.ask()
    assert account.settled == [[], ["n1"], ["n1", "n2"]]


def test_what_was_settled_is_known_by_the_boot_it_was_settled_in() -> None:
    account = Account([drawn(DONE, booted=[5]), drawn(MOVING, booted=[7]), drawn(MOVING, booted=[7])])
    asking = rounds(account)
    for _ in range(3):
        asking.ask()
    assert account.settled == [[], ["n1"], []]


def test_a_pool_that_nobody_knows_is_an_error() -> None:
    with pytest.raises(UnknownPool, match="it has none"):
        rounds(Account([GONE])).ask()


def test_a_pool_of_a_stack_that_azure_does_not_have_is_failed_and_says_what_to_do() -> None:
    (health,) = rounds(Account([GONE]), OF_STACK, require=parse_share("50%")).ask()
    assert (health.name, health.account, health.verdict, health.waiting) == ("linux", "acct", Verdict.FAILED, False)
    assert health.summary.startswith("deleted outside Pulumi")
    (drift,) = health.drift
    assert "pulumi up --refresh" in drift.advice
    assert health.gate is not None and health.gate.outcome is Outcome.FAILED


def test_a_pool_that_goes_while_it_is_watched_is_failed_and_a_new_one_of_that_name_is_asked_anew() -> None:
    account = Account([drawn(DONE), GONE, drawn(DONE)])
    asking = rounds(account)
    assert asking.ask()[0].verdict is Verdict.HEALTHY
    (gone,) = asking.ask()
    assert (gone.verdict, gone.expected) == (Verdict.FAILED, ("a", "b"))
    assert gone.summary == "deleted while it was watched: Azure had the pool and has it no more"
    assert asking.ask()[0].verdict is Verdict.HEALTHY
    assert account.settled == [[], ["n1"], []]


def test_other_pools_are_shown_beside_one_that_is_gone() -> None:
    account = Account([GONE, drawn(DONE)])
    other = replace(OF_STACK, pool="windows")
    first, second = rounds(account, OF_STACK, other).ask()
    assert (first.verdict, second.verdict) == (Verdict.FAILED, Verdict.HEALTHY)


def test_what_was_changed_outside_pulumi_is_told_and_judges_nothing() -> None:
    reading = drawn(DONE)
    changed = replace(reading, pool=replace(reading.pool, vm_size="standard_d4s_v5"))
    (health,) = rounds(Account([changed]), OF_STACK).ask()
    assert (health.verdict, [drift.path for drift in health.drift]) == (Verdict.HEALTHY, ["vmSize"])
    (same,) = rounds(Account([changed]), LINUX).ask()
    assert same.drift == ()


def test_one_who_cannot_ask_gets_no_verdict() -> None:
    with pytest.raises(CannotAsk, match="closed"):
        rounds(Account([drawn(DONE), CannotAsk("closed")]), OF_STACK, replace(OF_STACK, pool="windows")).ask()


def test_how_far_a_reading_is_comes_with_the_name_of_its_pool() -> None:
    told: list[tuple[str, int]] = []
    account = Account([drawn(DONE), drawn(DONE)])
    asking = rounds(
        account, LINUX, replace(LINUX, pool="windows"), tell=lambda pool, progress: told.append((pool, progress.calls))
    )
    asking.ask()
    assert told == [("linux", 3), ("windows", 3)]
