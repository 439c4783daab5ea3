"""The parts of `rollback` and `recover` that need a service, on local Azure; the whole is in tests/on_engine."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from extension_pool.ops.batch import BatchAccount, connect
from extension_pool.ops.cli import run
from extension_pool.ops.errors import CannotAsk, Declined
from extension_pool.ops.pulumi_cli import Refused
from extension_pool.ops.rollback_command import wait_until_gone
from extension_pool.ops.settings import Place

pytest.importorskip("aiohttp")

from emulator import Faults, Store
from emulator.arm.batch_accounts import WELL_KNOWN_KEY

from .local_azure import local_azure, make_pool


@pytest.fixture
def account(store: Store) -> Iterator[BatchAccount]:
    with local_azure(store) as url, connect(Place(url, "extpoolprod", WELL_KNOWN_KEY)) as account:
        make_pool(store, "render-new")
        store.clock.advance(600)
        yield account


def test_a_deletion_is_done_when_azure_shows_it_and_asking_twice_is_told(account: BatchAccount, store: Store) -> None:
    account.delete_pool("render-new")
    wait_until_gone(account, "render-new", pause=lambda seconds: pytest.fail("it is on its way already"))
    with pytest.raises(Declined) as being:
        account.delete_pool("render-new")
    assert being.value.code == "PoolBeingDeleted"
    store.clock.advance(3600)
    wait_until_gone(account, "render-new")
    with pytest.raises(Declined) as gone:
        account.delete_pool("render-new")
    assert gone.value.code == "PoolNotFound"


def test_a_pool_that_does_not_go_is_told(account: BatchAccount) -> None:
    moments = iter(range(0, 1000, 10))
    with pytest.raises(Refused, match="still shows it; run this again"):
        wait_until_gone(account, "render-new", clock=lambda: next(moments), pause=lambda seconds: None)


def test_who_may_not_delete_pools_reads_what_is_not_allowed(account: BatchAccount, store: Store) -> None:
    Faults(store).http("DELETE /pools/{pool}", 403)
    with pytest.raises(CannotAsk, match="deleting the pools of account"):
        account.delete_pool("render-new")


@pytest.mark.parametrize("command", ["rollback", "recover"])
def test_without_a_stack_or_without_pulumi_they_say_what_they_need(
    command: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert run([command]) == 2
    assert "--stack" in capsys.readouterr().err
    monkeypatch.setenv("PATH", str(tmp_path))
    assert run([command, "--stack", "prod"]) == 2
    assert "there is no 'pulumi' on PATH" in capsys.readouterr().err
