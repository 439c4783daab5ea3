"""Resizing through the Batch service while a pool is not steady."""

from dataclasses import replace
from datetime import datetime, timezone
from typing import Any, cast

import pytest

from extension_pool.ops.batch import BatchAccount
from extension_pool.ops.errors import CannotAsk, Declined
from extension_pool.ops.snapshot import Autoscale, Pool
from extension_pool.rolling import scaling


class Account:
    """Pools whose resize takes `takes` looks; changes are declined meanwhile."""

    def __init__(self, *pools: Pool, takes: int = 2) -> None:
        self.pools = {one.id: one for one in pools}
        self.takes, self.left = takes, 0
        self.done: list[Any] = []
        self.slept = 0.0

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.slept += seconds

    def pool_names(self) -> list[str]:
        return sorted(self.pools)

    def pool(self, name: str) -> Pool:
        self.left = max(0, self.left - 1)
        found = self.pools[name]
        if self.left:
            return replace(found, allocation_state="resizing")
        return replace(found, allocation_state="steady", current_nodes=found.target_nodes or 0)

    def resize(self, name: str, dedicated: int, spot: int) -> None:
        if self.left:
            self.left -= 1
            raise Declined("PoolBeingResized", "busy")
        if self.pools[name].autoscale is not None:
            raise Declined("OperationInvalidForCurrentState", "scales itself")
        self.done.append((name, dedicated, spot))
        self.left = self.takes
        self.pools[name] = replace(
            self.pools[name], target_nodes=dedicated + spot, target_dedicated=dedicated, target_spot=spot
        )

    def disable_autoscale(self, name: str) -> None:
        self.pools[name] = replace(self.pools[name], autoscale=None)

    def enable_autoscale(self, name: str, formula: str, interval: str) -> None:
        self.pools[name] = replace(self.pools[name], autoscale=Autoscale(formula, interval))


def account(fake: Account) -> BatchAccount:
    return cast(BatchAccount, fake)


def made(name: str, day: int, dedicated: int, spot: int = 0, **more: Any) -> Pool:
    when = datetime(2026, 1, day, tzinfo=timezone.utc)
    return Pool(name, created=when, target_dedicated=dedicated, target_spot=spot, target_nodes=dedicated + spot, **more)


OLD, NEW = "linux-0000000a", "linux-0000000b"


def test_the_size_is_that_of_the_youngest_pool_of_the_same_base_that_stays() -> None:
    fake = Account(
        made("linux", 1, 9),
        made(OLD, 2, 4, 1),
        made(NEW, 9, 2),
        made("linux-0000000c", 5, 7, state="deleting"),
        made("linux-canary-0000000d", 8, 8),
        made("other-0000000a", 8, 8),
    )
    assert scaling.take_size(account(fake), NEW, "linux", 60, fake.sleep) == (OLD, 4, 1)
    assert fake.done == [(NEW, 4, 1)]


def test_without_an_old_pool_the_size_stays() -> None:
    fake = Account(made(NEW, 9, 2), made("other", 1, 5))
    assert scaling.take_size(account(fake), NEW, "linux", 60, fake.sleep) is None
    assert fake.done == []


def test_a_formula_is_switched_off_for_the_size_and_on_again() -> None:
    fake = Account(made(OLD, 1, 3), made(NEW, 2, 0, autoscale=Autoscale("$x")))
    assert scaling.take_size(account(fake), NEW, "linux", 60, fake.sleep) == (OLD, 3, 0)
    assert fake.pools[NEW].autoscale is None
    assert scaling.restore_formula(account(fake), NEW, "$x", "PT5M", 60, fake.sleep)
    assert fake.pools[NEW].autoscale == Autoscale("$x", "PT5M")
    assert not scaling.restore_formula(account(fake), NEW, "$x", "PT5M", 60, fake.sleep)


def test_a_pool_that_is_being_resized_is_waited_for() -> None:
    fake = Account(made(NEW, 1, 2))
    fake.left = 3
    scaling.resize_pool(account(fake), NEW, 5, False, 60, fake.sleep)
    assert fake.done == [(NEW, 5, 0)] and fake.slept > 0


def test_what_takes_too_long_is_given_up() -> None:
    fake = Account(made(NEW, 1, 2), takes=10_000)
    fake.left = 10_000
    with pytest.raises(Declined):
        scaling.resize_pool(account(fake), NEW, 5, False, 30, fake.sleep)
    fake.left = 0
    with pytest.raises(CannotAsk, match="not done resizing"):
        scaling.empty_pool(account(fake), NEW, 30, fake.sleep)


def test_an_empty_pool_is_left_alone_and_another_is_emptied() -> None:
    fake = Account(made(OLD, 1, 0), made(NEW, 1, 2))
    scaling.empty_pool(account(fake), OLD, 60, fake.sleep)
    assert fake.done == []
    scaling.empty_pool(account(fake), NEW, 60, fake.sleep)
    assert fake.done == [(NEW, 0, 0)] and fake.slept > 0


def test_spot_nodes_stand_for_pools_that_have_only_such() -> None:
    fake = Account(made(NEW, 1, 0))
    scaling.resize_pool(account(fake), NEW, 2, True, 60, fake.sleep)
    assert fake.done == [(NEW, 0, 2)]
