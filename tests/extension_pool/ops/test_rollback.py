from typing import Any

import pytest

from extension_pool.ops.health import Verdict
from extension_pool.ops.pulumi_cli import Refused
from extension_pool.ops.rollback import Return, Seen, find_ways, plan_rollback, render_plan, roll_back, unchanged
from extension_pool.ops.stack import StackPool, read_pools

from .stack_state import ACCOUNT_ID, SECRET, account, component, state, urn
from .stack_state import pool as pool_record

HEALTHY = Seen(there=True, verdict=Verdict.HEALTHY, summary="healthy: 2 of 2 nodes")
FAILED = Seen(there=True, verdict=Verdict.FAILED, summary="failed: 0 of 2 nodes")
GONE = Seen(there=False)
IDENTITY = urn(
    "extension-pool:index:ExtensionPool$azure-native:managedidentity:UserAssignedIdentity", "render-identity"
)


def pool(name: str, hour: int, **more: Any) -> dict[str, Any]:
    """A pool of the component `render`, made at an hour."""
    whole = pool_record("render", [], id=f"{ACCOUNT_ID}/pools/{name}", created=f"2026-03-01T{hour:02}:00:00Z", **more)
    return {**whole, "outputs": {"name": name}}


def identity(name: str, hour: int, **more: Any) -> dict[str, Any]:
    return {
        "urn": IDENTITY,
        "id": f"/subscriptions/0/identities/{name}",
        "type": "azure-native:managedidentity:UserAssignedIdentity",
        "parent": urn("extension-pool:index:ExtensionPool", "render"),
        "created": f"2026-03-01T{hour:02}:00:00Z",
        "outputs": {},
        **more,
    }


OLD, NEW = pool("render-old", 1, delete=True), pool("render-new", 2)


def stack(*resources: dict[str, Any]) -> dict[str, Any]:
    return state(component("render"), account(), *resources)


def plan(made: dict[str, Any], to: str | None = None, **sight: Seen) -> Return:
    ways = find_ways(made)
    seen = {one: sight.get(one.pool.replace("-", "_"), HEALTHY) for pools in ways.items() for one in _flat(pools)}
    (found,) = plan_rollback(made, ways, seen, to)
    return found


def _flat(pools: tuple[StackPool, tuple[StackPool, ...]]) -> list[StackPool]:
    return [pools[0], *pools[1]]


def names(made: dict[str, Any]) -> tuple[list[str], list[str]]:
    """The current pools of a state, and those that wait to be deleted."""
    return [one.pool for one in read_pools(made)], [one.pool for one in read_pools(made, stale=True)]


def test_the_old_pool_is_current_again_with_its_secrets_as_they_were() -> None:
    kept = {**OLD, "inputs": {"deploymentConfiguration": SECRET}}
    made = stack(NEW, kept)
    after = roll_back(made, [plan(made)])
    assert names(after) == (["render-old"], [])
    (record,) = [one for one in after["deployment"]["resources"] if one["urn"] == NEW["urn"]]
    assert record == {key: value for key, value in kept.items() if key != "delete"}
    assert names(made) == (["render-new"], ["render-old"])


def test_of_several_the_newest_healthy_one_is_chosen_and_the_others_go_on_waiting() -> None:
    made = stack(pool("c", 3), pool("a", 1, delete=True), pool("b", 2, delete=True))
    assert (plan(made).to.pool, plan(made).others) == ("b", ("a",))
    assert plan(made, b=FAILED).to.pool == "a"
    assert plan(made, to="a").to.pool == "a"
    assert names(roll_back(made, [plan(made)])) == (["b"], ["a"])


@pytest.mark.parametrize(
    ("sight", "reason"),
    [
        ({"render_old": GONE}, "Azure does not have it any more"),
        ({"render_old": Seen(there=True, deleting=True)}, "Azure is deleting it"),
        ({"render_old": Seen(there=True, another=True)}, "made anew outside Pulumi"),
    ],
)
def test_a_pool_that_is_not_there_any_more_is_none_to_return_to(sight: dict[str, Seen], reason: str) -> None:
    for to in (None, "render-old"):
        with pytest.raises(Refused, match=reason):
            plan(stack(NEW, OLD), to, **sight)


def test_a_single_old_pool_is_returned_to_however_it_is_and_the_plan_says_how() -> None:
    made = stack(NEW, OLD)
    found = plan(made, render_old=FAILED)
    lines = list(render_plan(found, {found.left: GONE, found.to: FAILED}, jobs=""))
    assert "  render-old: failed: 0 of 2 nodes" in lines
    assert "  Azure: render-new is gone already" in lines


def test_of_several_that_are_not_healthy_the_user_chooses() -> None:
    made = stack(pool("c", 3), pool("a", 1, delete=True), pool("b", 2, delete=True))
    with pytest.raises(Refused, match="choose with --to: b: failed: 0 of 2 nodes; a: failed"):
        plan(made, a=FAILED, b=FAILED)


def test_without_an_old_pool_there_is_nothing_to_return_to() -> None:
    with pytest.raises(Refused, match=r"nothing to return to.* delete-first"):
        find_ways(stack(NEW))


def test_names_that_the_stack_does_not_have_are_refused_with_those_that_it_has() -> None:
    made = stack(NEW, OLD)
    with pytest.raises(Refused, match="got 'rendre'; it has render"):
        find_ways(made, ["rendre"])
    assert find_ways(made, ["render"]) == find_ways(made, ["render-old"]) == find_ways(made)
    with pytest.raises(Refused, match="--to: must be a pool that waits to be deleted, got 'render-new'"):
        plan(made, to="render-new")


def test_after_an_interrupted_update_recover_comes_first() -> None:
    made = stack(NEW, OLD)
    made["deployment"]["pending_operations"] = [{"type": "creating", "resource": NEW}]
    with pytest.raises(Refused, match="extension-pool recover"):
        find_ways(made)


def test_a_protected_pool_is_not_deleted_and_a_retained_one_stays_in_azure() -> None:
    with pytest.raises(Refused, match="pulumi state unprotect"):
        plan(stack({**NEW, "protect": True}, OLD))
    assert plan(stack({**NEW, "retainOnDelete": True}, OLD)).kept


def test_an_identity_that_was_replaced_with_the_pool_is_current_again_and_the_new_one_goes() -> None:
    old = {**OLD, "dependencies": [IDENTITY]}
    made = stack(identity("two", 2), NEW, old, identity("one", 0, delete=True))
    found = plan(made)
    assert found.restored == ("render-identity",)
    after = roll_back(made, [found])["deployment"]["resources"]
    ids = {one["id"].rsplit("/", 1)[1]: bool(one.get("delete")) for one in after if one["urn"] == IDENTITY}
    assert ids == {"one": False, "two": True}
    # the engine wants what a pool uses before it
    assert [one["urn"] for one in after].index(IDENTITY) < [one["urn"] for one in after].index(OLD["urn"])


def test_an_identity_that_is_older_than_the_pool_stays_as_it_is() -> None:
    old = {**OLD, "dependencies": [IDENTITY]}
    made = stack(identity("two", 0), NEW, old, identity("one", 0, delete=True))
    assert plan(made).restored == ()


def test_what_is_not_the_components_own_cannot_be_brought_back() -> None:
    old = {**OLD, "dependencies": [IDENTITY]}
    elsewhere = {"parent": ""}
    made = stack(identity("two", 2, **elsewhere), NEW, old, identity("one", 0, delete=True, **elsewhere))
    with pytest.raises(Refused, match="'render-identity', which was replaced since"):
        plan(made)


def test_a_state_that_somebody_changed_meanwhile_is_noticed() -> None:
    made = stack(NEW, OLD)
    assert unchanged(made, stack(NEW, OLD))
    assert not unchanged(made, stack(NEW))
    busy = stack(NEW, OLD)
    busy["deployment"]["pending_operations"] = [{"type": "updating", "resource": NEW}]
    assert not unchanged(made, busy)
