"""Switches scheduling and autoscale off for a repair, and puts them back, whatever happens in between.

Everything is written into the journal before it is done, and what is put back is decided by what the pool is like then,
so that putting back can be repeated by another process, and after a kill at any point.
"""

import shlex
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

from .errors import CannotAsk, Declined, UnknownPool
from .repair_journal import Journal, Saved, Scale, created_of
from .snapshot import Answer, Node, NodeKey, NodeReading, Pool, PoolReading, node_key
from .text import clean_line, some
from .watch import intervals

# https://learn.microsoft.com/azure/batch/batch-automatic-scaling: the interval if none is given.
_DEFAULT_INTERVAL = "PT15M"

# How long putting back may take. Batch ends a resize after 15 minutes unless it was told otherwise.
# https://learn.microsoft.com/rest/api/batchservice/pools/remove-nodes (resizeTimeout)
_PUT_BACK_SECONDS = 20 * 60.0

_T = TypeVar("_T")


class Fleet(Protocol):
    """The calls to Azure that a repair makes; `batch.BatchAccount` has them."""

    def read_pool(self, name: str, *, settled: Mapping[NodeKey, NodeReading] = ...) -> PoolReading: ...
    def read_node(self, pool: str, node_id: str) -> NodeReading: ...
    def reboot_node(self, pool: str, node_id: str) -> None: ...
    def reimage_node(self, pool: str, node_id: str) -> None: ...
    def disable_scheduling(self, pool: str, node_id: str) -> None: ...
    def enable_scheduling(self, pool: str, node_id: str) -> None: ...
    def remove_nodes(self, pool: str, node_ids: Sequence[str]) -> None: ...
    def resize(self, pool: str, dedicated: int | None, spot: int | None) -> None: ...
    def disable_autoscale(self, pool: str) -> None: ...
    def enable_autoscale(self, pool: str, formula: str, interval: str) -> None: ...


@dataclass(frozen=True)
class Patience:
    """How long something may take, in seconds, by a clock that tests can turn."""

    limit: float
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    def until(self, ask: Callable[[], _T | None]) -> _T | None:
        """The first answer that is not None, or None at the end of the limit. What may pass is waited out."""
        start, passing = self.clock(), None
        for interval in intervals():
            try:
                answer, passing = ask(), None
                if answer is not None:
                    return answer
            except CannotAsk as error:
                if not error.passing:
                    raise
                passing = error
            gone = self.clock() - start
            if gone >= self.limit:
                break
            self.sleep(min(interval, self.limit - gone))
        if passing is not None:
            raise passing
        return None


def explain_saved(saved: Saved) -> str:
    """What is to be put back, in words; empty if there is nothing."""
    parts = []
    if saved.scale is not None:
        parts.append("autoscale" if saved.scale.formula is not None else "the pool's former size")
    if saved.fenced:
        parts.append(f"scheduling on {some(list(saved.fenced), 5)}")
    return " and ".join(parts)


class Keeper:
    """What a repair has changed in one pool besides its nodes, and the way back."""

    def __init__(
        self, fleet: Fleet, journal: Journal, patience: Patience, tell: Callable[[str], None] = lambda line: None
    ) -> None:
        self._fleet, self._journal, self._patience, self._tell = fleet, journal, patience, tell
        self._name = journal.saved.pool
        self._carried: dict[NodeKey, NodeReading] = {}
        self._switching = False

    def read(self, fresh: Sequence[str] = ()) -> PoolReading:
        """The pool and its nodes; of the extensions only those of the nodes `fresh` and of new ones are asked for."""
        asked = set(fresh)
        known = {key: reading for key, reading in self._carried.items() if key[0] not in asked}
        reading = self._fleet.read_pool(self._name, settled=known)
        self._carried = {node_key(one.node): one for one in reading.nodes if one.answer is Answer.ANSWERED}
        return reading

    def steady(self) -> PoolReading | None:
        """The pool as soon as it does not resize; None if it does so for too long."""

        def ask() -> PoolReading | None:
            reading = self.read()
            return reading if _is_steady(reading.pool) else None

        return self._patience.until(ask)

    @property
    def fenced(self) -> tuple[str, ...]:
        """The nodes whose scheduling is off because of this repair."""
        return self._journal.saved.fenced

    def fence(self, node_id: str) -> bool:
        """Keeps further tasks from the node; false if the service does not do that in the node's state."""
        saved = self._journal.saved
        self._journal.save(replace(saved, fenced=(*saved.fenced, node_id)))
        try:
            self._fleet.disable_scheduling(self._name, node_id)
        except Declined:
            self._unfenced(node_id)
            return False
        return True

    def release(self, node_id: str) -> bool:
        """Lets tasks come to the node again; false if that is not possible yet."""
        try:
            self._fleet.enable_scheduling(self._name, node_id)
        except Declined as error:
            # Enabled already, or no such node any more: both are what is wanted.
            if error.code.lower() not in {"nodealreadyintargetschedulingstate", "nodenotfound"}:
                return False
        self._unfenced(node_id)
        return True

    def hold_scale(self, pool: Pool) -> str:
        """Writes down how the pool is scaled and switches autoscale off, so that it does not resize by itself.

        Why that is not possible, or nothing.
        """
        scale = Scale(pool.target_dedicated, pool.target_spot)
        if pool.autoscale is None:
            self._save_scale(pool, scale)
            return ""
        if not pool.autoscale.formula:
            return "the pool scales itself and Azure does not tell by which formula, so it could not be put back"
        interval = pool.autoscale.interval or _DEFAULT_INTERVAL
        scale = replace(scale, formula=pool.autoscale.formula, interval=interval)
        self._save_scale(pool, scale)
        # A formula may have comments, which end with their line.
        for line in f"autoscale is switched off; to put it back by hand: {self._by_hand(scale)}".splitlines():
            self._tell(line)
        self._switching = True
        self._fleet.disable_autoscale(self._name)
        self._switching = False
        return ""

    def taking(self, nodes: Sequence[Node]) -> None:
        """Writes down which targets to come back to, and that `nodes` will be taken from them."""
        saved = self._journal.saved
        now = self.read().pool
        scale = replace(saved.scale or Scale(), dedicated=now.target_dedicated, spot=now.target_spot)
        spot = sum(node.dedicated is False for node in nodes)
        self._journal.save(replace(saved, scale=scale, taken=(len(nodes) - spot, spot)))

    def grow(self) -> bool:
        """Asks for as many nodes as there were before the removal; false if the service does not let it yet."""
        scale = self._journal.saved.scale
        pool = self.read().pool
        if scale is None or _targets(pool) == (scale.dedicated, scale.spot):
            return True
        if not _is_steady(pool):
            return False
        try:
            self._fleet.resize(self._name, scale.dedicated, scale.spot)
        except Declined:
            return False
        return True

    def put_back(self) -> bool:
        """Puts back what the journal says, waiting while the pool resizes; false if it was not possible in time.

        What cannot be put back stays in the journal.
        """
        if self._journal.saved.empty:
            return True
        try:
            patience = replace(self._patience, limit=min(self._patience.limit, _PUT_BACK_SECONDS))
            done = patience.until(lambda: self._put_back() or None)
        except UnknownPool:
            self._drop("the pool is gone")
            return True
        except BaseException:
            self._leave()
            raise
        if not done:
            self._leave()
        return bool(done)

    def left(self) -> str:
        """What is to be put back, in words; empty if there is nothing."""
        return explain_saved(self._journal.saved)

    def _put_back(self) -> bool:
        pool = self.read().pool
        saved = self._journal.saved
        if saved.created and created_of(pool) != saved.created:
            self._drop("the pool was made anew since")
            return True
        scaled = saved.scale is None or self._scale_back(pool, saved.scale)
        # All are tried: one that is restarting must not keep the others offline.
        released = [self.release(node_id) for node_id in saved.fenced]
        return scaled and all(released)

    def _scale_back(self, pool: Pool, scale: Scale) -> bool:
        """False while the pool resizes: Batch takes neither a resize nor a formula then."""
        if scale.formula is not None:
            if pool.autoscale is not None and not self._switching:
                self._scaled()
                return True
            act: Callable[[], None] = lambda: self._fleet.enable_autoscale(  # noqa: E731
                self._name, str(scale.formula), scale.interval or _DEFAULT_INTERVAL
            )
            told = "autoscale is on again"
        elif pool.autoscale is not None or not self._ours(pool, scale):
            self._tell(f"the size of pool {self._name} was changed meanwhile, so it stays as it is")
            self._scaled()
            return True
        elif _targets(pool) == (scale.dedicated, scale.spot):
            self._scaled()
            return True
        else:
            act = lambda: self._fleet.resize(self._name, scale.dedicated, scale.spot)  # noqa: E731
            told = "the pool grows to its former size"
        if not _is_steady(pool):
            return False
        try:
            act()
        except Declined:
            return False
        self._switching = False
        self._scaled()
        self._tell(told)
        return True

    def _ours(self, pool: Pool, scale: Scale) -> bool:
        """Whether the targets are what the removal makes of the former ones, all or a part of it."""
        pairs = zip(_targets(pool), (scale.dedicated, scale.spot), self._journal.saved.taken, strict=True)
        return all(
            now == before if now is None or before is None else before - taken <= now <= before
            for now, before, taken in pairs
        )

    def _by_hand(self, scale: Scale) -> str:
        words = ["az", "batch", "pool", "autoscale", "enable", "--pool-id", self._name]
        words += ["--auto-scale-formula", scale.formula or "", "--auto-scale-evaluation-interval", scale.interval]
        return shlex.join(words)

    def _save_scale(self, pool: Pool, scale: Scale) -> None:
        self._journal.save(replace(self._journal.saved, created=created_of(pool), scale=scale, taken=(0, 0)))

    def _scaled(self) -> None:
        self._journal.save(replace(self._journal.saved, scale=None, taken=(0, 0)))

    def _unfenced(self, node_id: str) -> None:
        saved = self._journal.saved
        self._journal.save(replace(saved, fenced=tuple(one for one in saved.fenced if one != node_id)))

    def _drop(self, why: str) -> None:
        self._tell(f"nothing is put back on pool {self._name}: {why}")
        self._journal.save(replace(self._journal.saved, scale=None, fenced=()))

    def _leave(self) -> None:
        self._tell(
            f"not put back yet on pool {self._name}: {clean_line(self.left())}; "
            f"the next 'extension-pool repair --yes' in this folder does it ({self._journal.path})"
        )


def _is_steady(pool: Pool) -> bool:
    return pool.allocation_state in {"", "steady"}


def _targets(pool: Pool) -> tuple[int | None, int | None]:
    return pool.target_dedicated, pool.target_spot
