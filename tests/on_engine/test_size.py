"""How many nodes a new pool gets, on the real engine."""

from collections.abc import Iterator

import pytest

from extension_pool.ops.batch import BatchAccount, connect
from extension_pool.ops.settings import Place
from tests.on_engine.rolled import Rolled, wanted

pytestmark = pytest.mark.drill

LIVE = {"strategy": "blue-green", "size": "live", "gate": {"timeout": "PT10S"}}
FORMULA = "$TargetDedicatedNodes = 2;"


@pytest.fixture
def account(made: Rolled) -> Iterator[BatchAccount]:
    environ = made.stack.local.environment()
    with connect(Place(environ["AZURE_BATCH_ENDPOINT"], "testaccount", environ["AZURE_BATCH_ACCESS_KEY"])) as opened:
        yield opened


def test_the_new_pool_gets_as_many_nodes_as_the_old_one_has(made: Rolled, account: BatchAccount) -> None:
    made.up(wanted(rollout=LIVE))
    account.resize(made.current(), 4, 1)
    made.stack.store.clock.advance(3600)
    said = made.up(wanted(version="2.0", rollout=LIVE))
    assert "4 dedicated and 1 spot nodes" in said and "5 of 5 nodes usable" in said
    pool = account.pool(made.current())
    assert (pool.target_dedicated, pool.target_spot) == (4, 1)


def test_a_formula_decides_again_once_the_gate_has_passed(made: Rolled, account: BatchAccount) -> None:
    made.up(wanted(version="3.0", rollout=LIVE))
    account.resize(made.current(), 3, 0)
    made.stack.store.clock.advance(3600)
    scale = {"auto_scale": {"formula": FORMULA, "evaluation_interval": "PT5M"}}
    said = made.up(wanted(version="4.0", rollout=LIVE, scale=scale))
    assert "3 dedicated and 0 spot nodes" in said and "3 of 3 nodes usable" in said
    assert "the formula of scale_settings decides again" in said
    pool = account.pool(made.current())
    assert pool.autoscale is not None
    assert (pool.autoscale.formula, pool.autoscale.interval) == (FORMULA, "PT5M")


def test_as_declared_means_as_declared(made: Rolled, account: BatchAccount) -> None:
    declared = {**LIVE, "size": "declared"}
    made.up(wanted(version="5.0", rollout=declared))
    account.resize(made.current(), 4, 1)
    made.stack.store.clock.advance(3600)
    said = made.up(wanted(version="6.0", rollout=declared))
    assert "2 of 2 nodes usable" in said
