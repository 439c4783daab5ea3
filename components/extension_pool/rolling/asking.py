"""Holds the gate of a pool: the real service, the real clock, in a thread, so that other pools' gates go on."""

from __future__ import annotations

import asyncio
import contextvars
import os
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, TypeVar, cast

import pulumi

from ..azure_types import duration_in_seconds
from ..spec import Gate
from .place import find_place
from .plans import GateError, PoolPlan, parse_pool_id

if TYPE_CHECKING:
    from ..ops.batch import BatchAccount
    from ..ops.diagnosis import Finding
    from ..ops.settings import Place
    from .gate import Held

T = TypeVar("T")

POLL = "EXTENSION_POOL_GATE_POLL"
"""Environment variable with an ISO 8601 duration between two questions, for tests and for accounts that are throttled;
without it 2 seconds at first, then growing to 30."""


class Stopped(Exception):
    """Nobody waits for the answer any more."""


async def in_thread(work: Callable[[Callable[[float], None]], T]) -> T:
    """Runs blocking `work` beside everything else. It gets a `sleep` that ends when nobody waits any more.

    The thread is a daemon: the executor's are waited for when the program ends, and Ctrl-C would last as long.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()
    stop = threading.Event()

    def sleep(seconds: float) -> None:
        if stop.wait(seconds):
            raise Stopped

    def settle(result: Any, error: BaseException | None) -> None:
        if done.cancelled():
            return
        if error is None:
            done.set_result(result)
        else:
            done.set_exception(error)

    def run() -> None:
        result: Any = None
        failure: BaseException | None = None
        try:
            result = work(sleep)
        except BaseException as error:
            failure = error
        try:
            loop.call_soon_threadsafe(settle, result, failure)
        except RuntimeError:
            # the program has ended
            pass

    context = contextvars.copy_context()
    threading.Thread(target=lambda: context.run(run), name="extension-pool-gate", daemon=True).start()
    try:
        return await done
    finally:
        stop.set()


def say(plan: PoolPlan, text: str) -> None:
    """A line of the update, at the pool. Its own object has no URN yet while it is being made."""
    pulumi.log.info(text, cast(pulumi.Resource, _Row(plan.urn)))


class _Row:
    """What the log needs of a resource."""

    def __init__(self, urn: pulumi.Output[str]) -> None:
        self.urn = urn


async def hold_gate(plan: PoolPlan, *, soak: bool = True, gate: Gate | None = None, at_least: int = 0) -> Held:
    """Waits for the current pool of a plan. Without a gate it has passed. Never raises for what Azure says.

    gate: instead of that of the plan; at_least: see `Terms`.
    """
    from ..ops.errors import OpsError
    from ..ops.gate import parse_share
    from .gate import Held, Result, Terms, hold

    terms = gate or plan.rollout.terms
    if terms is None:
        return Held(Result.PASSED)
    pool = parse_pool_id(plan.current or "")
    wanted = Terms(
        parse_share(terms.require, "rollout.gate.require"),
        float(duration_in_seconds(terms.timeout) or 0),
        float(duration_in_seconds(terms.soak) or 0) if soak else 0.0,
        at_least,
    )
    say(plan, f"gate of {pool.pool}: {terms.require} of the nodes within {terms.timeout}")
    loop = asyncio.get_running_loop()
    context = contextvars.copy_context()

    def tell(text: str) -> None:
        loop.call_soon_threadsafe(lambda: say(plan, f"gate of {pool.pool}: {text}"), context=context)

    def work(sleep: Callable[[float], None]) -> Held:
        from ..ops.asking import Question, Rounds
        from ..ops.batch import connect

        with connect(place) as account:
            rounds = Rounds([Question(pool.pool, plan.expected, place)], {place: account}, require=wanted.require)
            return hold(
                lambda: rounds.ask()[0], wanted, clock=time.monotonic, sleep=sleep, intervals=intervals(), tell=tell
            )

    try:
        place = await find_place(pool, plan.component)
        return await in_thread(work)
    except OpsError as error:
        return Held(Result.NOT_ASKED, error=error)


async def operate(
    plan: PoolPlan, work: Callable[[BatchAccount, str, Callable[[float], None]], T], pool_id: str | None = None
) -> T:
    """Blocking `work` on the account and the name of a pool, by default the current one of a plan.

    Raises GateError for OpsError.
    """
    from ..ops.batch import connect
    from ..ops.errors import OpsError

    pool = parse_pool_id(pool_id or plan.current or "")
    try:
        place = await find_place(pool, plan.component)

        def run(sleep: Callable[[float], None]) -> T:
            with connect(place) as account:
                return work(account, pool.pool, sleep)

        return await in_thread(run)
    except OpsError as error:
        raise GateError(f"pool {pool.pool!r}: {error}") from error


def find_causes(held: Held, plan: PoolPlan, place: Place | None = None) -> list[Finding]:
    """The diagnosis of a pool that did not pass: what failed, not what is advice only."""
    from ..ops.diagnosis import diagnose
    from ..ops.health import Verdict

    if held.health is None:
        return []
    now = datetime.now(timezone.utc)
    found = diagnose(
        held.health,
        stack=pulumi.get_stack(),
        today=now.date(),
        now=now,
        component=plan.component_name,
        endpoint=place.endpoint if place else "",
    )
    return [one for one in found if one.severity is not Verdict.WAITING]


def intervals() -> Iterator[float]:
    """The pauses between two questions."""
    from ..ops import watch

    given = os.environ.get(POLL)
    if not given:
        return watch.intervals()
    seconds = duration_in_seconds(given)
    if not seconds:
        raise GateError(f"{POLL}: must be an ISO 8601 duration above zero, such as PT10S, got {given!r}")
    return iter(lambda: float(seconds), 0.0)
