"""Who runs which task when: pure, from the nodes and tasks of one pool to what became of the tasks."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

NEVER = float("inf")


@dataclass(frozen=True)
class Place:
    """A node that takes tasks since a time, with so many slots."""

    node: str
    since: float
    slots: int


@dataclass(frozen=True)
class Work:
    """A task that waits (`node` empty) since `ready`, or runs on a node from `started` until `ends`.

    `order`: lower comes first. `lasts`: seconds that a run takes. `exit_code`: of a run. `retries`: runs that failed so
    far, `most`: how many may be tried again (-1: always). `done`: it has come to its end at `ends`.
    """

    key: int
    order: tuple[int, int]
    ready: float
    lasts: float
    slots: int = 1
    exit_code: int = 0
    retries: int = 0
    most: int = 0
    node: str = ""
    started: float = NEVER
    ends: float = NEVER
    done: bool = False


def run(places: Sequence[Place], works: Iterable[Work], now: float, *, pack: bool = False) -> dict[int, Work]:
    """What the tasks are at `now`, by key. `pack`: fill a node before the next, else spread."""
    every = {work.key: work for work in works}
    total = {place.node: place.slots for place in places}
    since = {place.node: place.since for place in places}
    used = dict.fromkeys(total, 0)
    ends: list[tuple[float, int]] = []
    for work in every.values():
        if work.node:
            used[work.node] = used.get(work.node, 0) + work.slots
            heapq.heappush(ends, (work.ends, work.key))
    waiting = sorted((work for work in every.values() if not work.node), key=lambda work: work.order)
    moments = sorted({place.since for place in places} | {work.ready for work in waiting})
    moments = [moment for moment in moments if moment <= now]
    while moments or (ends and ends[0][0] <= now):
        time = min([*moments[:1], *(end for end, _ in ends[:1])])
        if moments and moments[0] == time:
            moments.pop(0)
        while ends and ends[0][0] <= time:
            done = _ended(every[heapq.heappop(ends)[1]])
            used[every[done.key].node] -= done.slots
            every[done.key] = done
            if not done.done:
                waiting = sorted([*waiting, done], key=lambda work: work.order)
        for work in _startable(waiting, time):
            node = _choice(work, total, used, since, time, pack)
            if node is None:
                continue
            started = replace(work, node=node, started=time, ends=time + work.lasts)
            every[work.key] = started
            used[node] += work.slots
            heapq.heappush(ends, (started.ends, work.key))
            waiting.remove(work)
    return every


def _startable(waiting: list[Work], time: float) -> list[Work]:
    return [work for work in waiting if work.ready <= time]


def _choice(
    work: Work, total: dict[str, int], used: dict[str, int], since: dict[str, float], time: float, pack: bool
) -> str | None:
    fitting = [node for node in total if since[node] <= time and total[node] - used[node] >= work.slots]
    if not fitting:
        return None
    return max(fitting, key=lambda node: used[node]) if pack else min(fitting, key=lambda node: used[node])


def _ended(work: Work) -> Work:
    """The task after a run: at its end, or waiting for another try."""
    if work.exit_code and (work.most < 0 or work.retries < work.most):
        return replace(work, node="", ready=work.ends, started=NEVER, ends=NEVER, retries=work.retries + 1)
    return replace(work, done=True)
