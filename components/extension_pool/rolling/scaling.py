"""Changes how many nodes a pool has, through the Batch service, and waits until it lets itself be changed.

Blocking; `sleep` and the account come in. Raises `OpsError`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ..ops.errors import CannotAsk, Declined
from ..pool_names import base_of

if TYPE_CHECKING:
    from ..ops.batch import BatchAccount
    from ..ops.snapshot import Pool

Sleep = Callable[[float], None]

# Short beside the minutes that a resize takes.
PAUSE_SECONDS = 5.0
_TRIES_PER_PAUSE = 5


def patiently(change: Callable[[], None], limit: float, sleep: Sleep) -> None:
    """Makes a change that the service declines while a pool is being resized, for at most `limit` seconds."""
    waited = 0.0
    while True:
        try:
            return change()
        except Declined:
            if waited >= limit:
                raise
        except CannotAsk as error:
            if not error.passing or waited >= limit:
                raise
        pause = _pause(waited)
        sleep(pause)
        waited += pause


def resize_pool(account: BatchAccount, pool: str, nodes: int, spot: bool, limit: float, sleep: Sleep) -> None:
    """Gives a pool so many nodes of one kind and none of the other; returns when the service has accepted it."""
    dedicated, low = (0, nodes) if spot else (nodes, 0)
    patiently(lambda: account.resize(pool, dedicated, low), limit, sleep)


def empty_pool(account: BatchAccount, pool: str, limit: float, sleep: Sleep) -> None:
    """Takes all nodes away and waits until they are gone, so that their cores are free again."""
    seen = account.pool(pool)
    if not seen.current_nodes and not seen.target_nodes:
        return
    patiently(lambda: account.resize(pool, 0, 0), limit, sleep)
    wait_for(lambda: account.pool(pool), lambda now: _steady(now) and not now.current_nodes, limit, sleep)


def find_old_pool(account: BatchAccount, pool: str, base: str) -> Pool | None:
    """The youngest other pool of the same base name that is not being deleted: the one that works now."""
    names = [
        name
        for name in account.pool_names()
        if name != pool and base.lower() in {name.lower(), (base_of(name) or "").lower()}
    ]
    found = [one for one in map(account.pool, names) if one.state != "deleting"]
    return max(found, key=lambda one: (one.created is not None, one.created), default=None)


def take_size(account: BatchAccount, pool: str, base: str, limit: float, sleep: Sleep) -> tuple[str, int, int] | None:
    """Gives a new pool as many nodes as the old one has: its name, dedicated and spot nodes; None without an old one.

    A formula is switched off, and on again by `restore_formula`.
    """
    old = find_old_pool(account, pool, base)
    if old is None or (old.target_dedicated is None and old.target_spot is None):
        return None
    dedicated, spot = old.target_dedicated or 0, old.target_spot or 0
    stop_formula(account, pool, limit, sleep)
    patiently(lambda: account.resize(pool, dedicated, spot), limit, sleep)
    return old.id, dedicated, spot


def stop_formula(account: BatchAccount, pool: str, limit: float, sleep: Sleep) -> Pool:
    """Keeps a pool from scaling itself; the pool as it was before."""
    before = account.pool(pool)
    if before.autoscale is not None:
        patiently(lambda: account.disable_autoscale(pool), limit, sleep)
    return before


def restore_formula(account: BatchAccount, pool: str, formula: str, interval: str, limit: float, sleep: Sleep) -> bool:
    """Lets a pool scale itself again; whether it did not."""
    if account.pool(pool).autoscale is not None:
        return False
    patiently(lambda: account.enable_autoscale(pool, formula, interval), limit, sleep)
    return True


def wait_for(look: Callable[[], Pool], done: Callable[[Pool], bool], limit: float, sleep: Sleep) -> None:
    """Looks until it is so. Raises CannotAsk when it is not after `limit` seconds."""
    waited = 0.0
    while not done(seen := look()):
        if waited >= limit:
            raise CannotAsk(f"pool: {seen.id!r} is not done resizing after {limit:.0f} s; look at it and go on later")
        pause = _pause(waited)
        sleep(pause)
        waited += pause


def _steady(pool: Pool) -> bool:
    return pool.allocation_state in {"", "steady"}


def _pause(waited: float) -> float:
    """Quick at first, for pools that are done at once."""
    return min(PAUSE_SECONDS, 0.5 + waited / _TRIES_PER_PAUSE)
