"""Judges whether enough of a pool is healthy for a script to go on. Pure.

    18 of 20 nodes usable with all extensions (90%), 95% wanted; 1 failed, 1 waiting

Rules that are judgement and not Azure's:

- Wanted are the nodes that count (see `health`) and those that the pool's target wants and Azure has yet to allocate.
  Nodes that were preempted or deallocated are not waited for: they say nothing about a roll-out.
- A pool that scales itself wants the nodes that it has, once it is steady; with none, it passes if nothing failed.
- A pool without nodes passes only if it is steady with a target of 0; preempted nodes are to come back first.
- A failed node stays failed: what can no longer be reached fails at once and is not waited for.
"""

import re
from dataclasses import dataclass, replace
from enum import Enum
from typing import NamedTuple

from .errors import BadUsage
from .health import PoolHealth, Verdict
from .text import count

_PERCENT = re.compile(r"([0-9]{1,3})(?:\.([0-9]{1,2}))?\s*%")
_DECIMAL = re.compile(r"(?:0?\.[0-9]{1,4}|1\.0{1,4})")
_NUMBER = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,2})?")


@dataclass(frozen=True, order=True)
class Share:
    """A share of nodes in hundredths of a percent, 1 to 10000: whole numbers, so that 19 of 20 are 95% exactly."""

    hundredths: int

    def __str__(self) -> str:
        return _percent(self.hundredths, ALL.hundredths)

    def reached(self, part: int, whole: int) -> bool:
        """Whether `part` of `whole` nodes are at least this share."""
        return part * 10_000 >= self.hundredths * whole


ALL = Share(10_000)


class Outcome(Enum):
    """What a gate says."""

    PASSED = "passed"
    WAITING = "waiting"
    """Not yet, and what is on its way may be enough."""
    FAILED = "failed"
    """Whatever comes of the nodes that wait or are unknown, it is not enough."""
    UNKNOWN = "unknown"
    """It hangs on nodes that nobody could say anything about."""


@dataclass(frozen=True)
class GateVerdict:
    """The outcome for a pool and the numbers it comes from; healthy, waiting, unknown and failed make up `wanted`."""

    outcome: Outcome
    require: Share
    wanted: int
    healthy: int
    waiting: int
    unknown: int
    failed: int
    summary: str

    @property
    def passed(self) -> bool:
        return self.outcome is Outcome.PASSED


class _Tally(NamedTuple):
    healthy: int
    waiting: int
    unknown: int
    failed: int


def parse_share(text: str, path: str = "--require") -> Share:
    """`95%`, `99.5%`, `100%`. Raises `BadUsage`, with `path` first, for anything else, a bare number included."""
    word = text.strip()
    match = _PERCENT.fullmatch(word)
    hundredths = int(match[1]) * 100 + int((match[2] or "0").ljust(2, "0")) if match else 0
    if 1 <= hundredths <= ALL.hundredths:
        return Share(hundredths)
    raise BadUsage(f"{path}: must be a percentage above 0% and up to 100%, got {text[:40]!r}; write {_meant(word)}")


def judge_gate(pool: PoolHealth, require: Share = ALL) -> GateVerdict:
    """Whether at least `require` of the nodes that `pool` wants are healthy."""
    tally = _count(pool)
    wanted = sum(tally)
    outcome, why = _outcome(pool, tally, require)
    share = f" ({_percent(tally.healthy, wanted)})" if wanted else ""
    parts = [f"{tally.healthy} of {count(wanted, 'node')} {_usable(pool)}{share}, {require} wanted"]
    numbers = [(tally.failed, "failed"), (tally.unknown, "unknown"), (tally.waiting, "waiting")]
    others = ", ".join(f"{number} {word}" for number, word in numbers if number)
    parts += [part for part in (others, why) if part]
    return GateVerdict(outcome, require, wanted, *tally, summary="; ".join(parts))


def with_gate(pool: PoolHealth, require: Share = ALL) -> PoolHealth:
    """`pool` with the verdict of a gate, for the table and the JSON to show."""
    return replace(pool, gate=judge_gate(pool, require))


def _count(pool: PoolHealth) -> _Tally:
    """How many nodes are what. Nodes yet to be allocated wait, or are failed when Azure gave up on them."""
    counts, short = pool.counts, _short(pool)
    gave_up = pool.allocation is Verdict.FAILED
    return _Tally(
        counts[Verdict.HEALTHY],
        counts[Verdict.WAITING] + (0 if gave_up else short),
        counts[Verdict.UNKNOWN],
        counts[Verdict.FAILED] + (short if gave_up else 0),
    )


def _short(pool: PoolHealth) -> int:
    return 0 if pool.pool.autoscale is not None else pool.short


def _outcome(pool: PoolHealth, tally: _Tally, require: Share) -> tuple[Outcome, str]:
    """The outcome, and why where the numbers do not say it."""
    wanted = sum(tally)
    resizing = pool.pool.allocation_state not in {"", "steady"}
    if pool.pool.state == "deleting":
        return Outcome.FAILED, "the pool is being deleted"
    if not wanted:
        return _empty(pool, resizing)
    if not require.reached(tally.healthy + tally.waiting + tally.unknown, wanted):
        return Outcome.FAILED, ""
    if pool.pool.autoscale is not None and resizing:
        return Outcome.WAITING, "the pool is scaling"
    if require.reached(tally.healthy, wanted):
        return Outcome.PASSED, ""
    if require.reached(tally.healthy + tally.waiting, wanted):
        return Outcome.WAITING, ""
    return Outcome.UNKNOWN, ""


def _empty(pool: PoolHealth, resizing: bool) -> tuple[Outcome, str]:
    """A pool of which no node counts and none is to come."""
    target, scales = pool.pool.target_nodes, pool.pool.autoscale is not None
    if pool.allocation is Verdict.FAILED:
        return Outcome.FAILED, pool.summary
    if resizing:
        return Outcome.WAITING, "the pool is resizing"
    idle = target == 0 or (scales and not target and not pool.resize_errors)
    if idle and pool.verdict is Verdict.HEALTHY:
        return Outcome.PASSED, "no nodes wanted"
    if pool.waiting:
        return Outcome.WAITING, pool.summary
    return Outcome.UNKNOWN, pool.summary


def _usable(pool: PoolHealth) -> str:
    return "usable" if pool.expected == () else "usable with all extensions"


def _percent(part: int, whole: int) -> str:
    """Rounded down, so that what is not enough never looks like enough."""
    hundredths = part * 10_000 // whole
    text = f"{hundredths // 100}.{hundredths % 100:02d}".rstrip("0").rstrip(".")
    return f"{text}%"


def _meant(word: str) -> str:
    """What to write instead of `word`."""
    if _DECIMAL.fullmatch(word) and float(word):
        return f"{float(word) * 100:.4g}% if that is meant"
    if _NUMBER.fullmatch(word) and 0 < float(word) <= 100:
        return f"{word}% if a share is meant; a number of nodes is not taken"
    return "95%, for example"
