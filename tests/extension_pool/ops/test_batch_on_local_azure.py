"""A Batch account of local Azure, which shares no code with the library, read and operated through the real SDK."""

from collections.abc import Iterator

import pytest

pytest.importorskip("aiohttp")

from emulator import Faults, Store
from emulator.arm.batch_accounts import WELL_KNOWN_KEY
from extension_pool.ops import batch
from extension_pool.ops.batch import BatchAccount, connect
from extension_pool.ops.errors import CannotAsk, Declined, UnknownNode
from extension_pool.ops.settings import Place
from extension_pool.ops.snapshot import Answer, node_key

from .local_azure import local_azure, make_pool

EXTENSIONS = "GET /pools/{pool}/nodes/{node}/extensions"
FORMULA = "$TargetDedicatedNodes=2"
# longer than anything takes there
LATER = 3600


@pytest.fixture
def account(store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[BatchAccount]:
    """Asks local Azure, where the pool `linux` has three nodes that are up."""
    monkeypatch.setattr(batch, "BACKOFF_SECONDS", 0.001)
    make_pool(store, "linux", nodes=3)
    store.clock.advance(LATER)
    with local_azure(store) as url, connect(Place(url, "extpoolprod", WELL_KNOWN_KEY)) as account:
        yield account


def states(account: BatchAccount) -> list[str]:
    return [reading.node.state for reading in account.read_pool("linux").nodes]


def ids(account: BatchAccount) -> list[str]:
    return [reading.node.id for reading in account.read_pool("linux").nodes]


@pytest.mark.parametrize("shape", ["spec", "documented"])
def test_a_node_is_read_whole_in_both_documented_shapes(store: Store, account: BatchAccount, shape: str) -> None:
    store.set("status_shape", shape)
    node = ids(account)[0]
    seen = account.read_node("linux", node)
    assert (seen.node.id, seen.answer) == (node, Answer.ANSWERED)
    (extension,) = seen.extensions
    assert (extension.name, extension.type) == ("monitoring", "AzureMonitorLinuxAgent")
    assert isinstance(extension.settings, dict)
    assert str(extension.settings["GCS_AUTO_CONFIG"]).lower() == "true"
    with pytest.raises(UnknownNode, match=f"it has .*{node}"):
        account.read_node("linux", "nobody")


def test_counts_agree_with_the_list(account: BatchAccount) -> None:
    counts = account.node_counts("linux")
    assert (counts.dedicated, counts.spot, counts.total) == ({"idle": 3}, {}, 3)


@pytest.mark.parametrize(("status", "every"), [(429, 3), (503, 3), (500, 10)])
def test_trouble_with_many_calls_costs_calls_and_no_node(
    store: Store, account: BatchAccount, status: int, every: int
) -> None:
    make_pool(store, "large", nodes=60)
    store.clock.advance(LATER)
    Faults(store).http(EXTENSIONS, status, times=None, every=every)
    reading = account.read_pool("large")
    assert [node.answer for node in reading.nodes] == [Answer.ANSWERED] * 60


@pytest.mark.parametrize("after", [0, 40])
def test_a_lost_connection_is_made_up_for_even_in_the_middle_of_an_answer(
    store: Store, account: BatchAccount, after: int
) -> None:
    for route in (EXTENSIONS, "GET /pools/{pool}", "GET /pools/{pool}/nodes"):
        Faults(store).drop(route, times=1, after=after)
    assert [node.answer for node in account.read_pool("linux").nodes] == [Answer.ANSWERED] * 3


def test_a_node_that_leaves_while_the_pool_is_read_has_vanished(store: Store, account: BatchAccount) -> None:
    gone = ids(account)[0]

    def leave(_: object) -> None:
        if ("gone",) not in told:
            told.append(("gone",))
            account.remove_nodes("linux", [gone])
            store.clock.advance(LATER)

    told: list[object] = []
    # the first thing told is the list
    reading = account.read_pool("linux", tell=leave)
    assert {node.node.id: node.answer for node in reading.nodes}[gone] is Answer.VANISHED
    assert gone not in ids(account)


def test_states_nobody_knows_are_read_as_they_are(store: Store, account: BatchAccount) -> None:
    Faults(store).node_state("linux", "quarantined", nodes=[0])
    Faults(store).node_state("linux", "preempted", nodes=[1])
    by_state = {reading.node.state: reading.answer for reading in account.read_pool("linux").nodes}
    assert by_state == {"quarantined": Answer.ANSWERED, "preempted": Answer.NOT_ASKED, "idle": Answer.ANSWERED}


def test_a_reboot_is_accepted_once_and_makes_another_boot_of_the_same_machine(
    store: Store, account: BatchAccount
) -> None:
    before = account.read_pool("linux").nodes
    node = before[0].node
    account.reboot_node("linux", node.id)
    with pytest.raises(Declined) as raised:
        account.reboot_node("linux", node.id)
    assert raised.value.code == "NodeBeingRebooted"
    assert str(raised.value).startswith(f"pool 'linux', node '{node.id}': Azure declines; it said NodeBeingRebooted: ")

    store.clock.advance(LATER)
    settled = {node_key(reading.node): reading for reading in before}
    after = account.read_pool("linux", settled=settled).nodes
    assert [node_key(reading.node) in settled for reading in after] == [False, True, True]
    assert after[0].node.allocated == node.allocated


def test_a_reimage_is_accepted_or_declined_as_the_pool_allows(store: Store, account: BatchAccount) -> None:
    account.reimage_node("linux", ids(account)[0])
    assert states(account).count("reimaging") == 1
    store.set("node_reimage", "refused")
    with pytest.raises(Declined, match="OperationNotValidOnNode"):
        account.reimage_node("linux", ids(account)[1])


def test_scheduling_is_switched_off_and_on(account: BatchAccount) -> None:
    node = ids(account)[0]
    account.disable_scheduling("linux", node)
    assert account.read_node("linux", node).node.scheduling == "disabled"
    with pytest.raises(Declined, match="NodeAlreadyInTargetSchedulingState"):
        account.disable_scheduling("linux", node)
    account.enable_scheduling("linux", node)
    assert account.read_node("linux", node).node.scheduling == "enabled"


def test_nodes_are_removed_and_the_pool_grows_again(store: Store, account: BatchAccount) -> None:
    gone = ids(account)[:2]
    account.remove_nodes("linux", gone)
    with pytest.raises(Declined, match="PoolBeingResized"):
        account.resize("linux", 3, None)
    store.clock.advance(LATER)
    assert len(ids(account)) == 1
    account.resize("linux", 3, 1)
    store.clock.advance(LATER)
    pool = account.read_pool("linux")
    assert (pool.pool.target_dedicated, pool.pool.target_spot, len(pool.nodes)) == (3, 1, 4)


def test_autoscale_is_switched_on_and_off_and_on_again(store: Store, account: BatchAccount) -> None:
    account.enable_autoscale("linux", FORMULA, "PT10M")
    scaled = account.read_pool("linux").pool.autoscale
    assert scaled is not None
    assert (scaled.formula, scaled.interval) == (FORMULA, "PT10M")
    with pytest.raises(Declined):
        account.resize("linux", 3, None)
    store.clock.advance(LATER)
    account.disable_autoscale("linux")
    assert account.read_pool("linux").pool.autoscale is None
    account.enable_autoscale("linux", FORMULA, "PT10M")
    assert account.read_pool("linux").pool.autoscale == scaled


def test_a_change_whose_answer_is_lost_may_have_been_made_and_is_not_repeated(
    store: Store, account: BatchAccount
) -> None:
    node = ids(account)[0]
    Faults(store).drop("POST /pools/{pool}/nodes/{node}/reboot")
    with pytest.raises(CannotAsk, match="may have been made all the same"):
        account.reboot_node("linux", node)
    assert account.read_node("linux", node).node.state == "rebooting"
