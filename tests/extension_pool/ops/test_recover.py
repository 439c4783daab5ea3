from typing import Any

import pytest

from extension_pool.ops.pulumi_cli import State
from extension_pool.ops.recover import (
    Act,
    There,
    explain,
    find_operations,
    find_orphans,
    plan_steps,
    with_adopted,
    with_inputs,
)
from extension_pool.ops.stack import StackPool, read_pools

from .stack_state import ACCOUNT_ID, SECRET, account, component, pool, state, urn

PROVIDER = "urn:pulumi:prod::extension-pool::pulumi:providers:azure-native::default::1"
INPUTS = {
    "resourceGroupName": "rg",
    "accountName": "acct",
    "poolName": "render-2",
    "deploymentConfiguration": {"virtualMachineConfiguration": {"extensions": []}},
    "userAccounts": [{"name": "admin", "password": SECRET}],
}
CURRENT = pool("render", [], id=f"{ACCOUNT_ID}/pools/render-1")
PARENT = urn("extension-pool:index:ExtensionPool", "render")


def killed(kind: str, *resources: dict[str, Any], **changes: Any) -> State:
    """A state with an operation of the pool `render-2` under way."""
    making = pool("render", [], inputs=INPUTS, provider=PROVIDER)
    for key in ("id", "outputs"):
        making.pop(key)
    made = state(component("render"), account(), *resources)
    made["deployment"]["pending_operations"] = [{"type": kind, "resource": {**making, **changes}}]
    return made


def steps(made: State, there: There = There.YES) -> Any:
    operations = find_operations(made)
    return plan_steps(made, operations, {one.pool: there for one in operations if one.pool is not None})


def names(made: State) -> tuple[list[str], list[str]]:
    return [one.pool for one in read_pools(made)], [one.pool for one in read_pools(made, stale=True)]


def test_a_pool_that_was_made_goes_into_the_state_before_the_one_that_it_replaces() -> None:
    made = killed("creating", CURRENT)
    (step,) = found = steps(made)
    assert step.act is Act.ADOPT
    assert explain(step) == "creating pool render-2: Azure has it, the state does not -> it goes into the state"
    after = with_adopted(made, found)
    assert names(after) == (["render-2"], ["render-1"])
    assert "pending_operations" not in after["deployment"]


def test_the_inputs_are_those_of_the_program_and_not_what_a_first_reading_makes_of_them() -> None:
    made = killed("creating", CURRENT)
    found = steps(made)
    read = with_adopted(made, found)
    for one in read["deployment"]["resources"]:
        if str(one.get("id")).endswith("render-2"):
            one.update(inputs={"poolName": "render-2", "taskSlotsPerNode": 1}, outputs={"name": "render-2"})
    after = with_inputs(read, made, found)
    (record,) = [one for one in after["deployment"]["resources"] if str(one.get("id")).endswith("render-2")]
    assert (record["inputs"], record["outputs"]) == (INPUTS, {"name": "render-2"})


@pytest.mark.parametrize("there", [There.NO, There.GOING])
def test_a_pool_that_was_not_made_is_forgotten(there: There) -> None:
    made = killed("creating", CURRENT)
    (step,) = found = steps(made, there)
    assert step.act is Act.FORGET
    assert names(with_adopted(made, found)) == (["render-1"], [])


def test_a_pool_that_the_state_has_already_is_not_put_into_it_twice() -> None:
    made = killed("creating", {**CURRENT, "id": f"{ACCOUNT_ID}/pools/RENDER-2"})
    (step,) = steps(made)
    assert (step.act, step.why) == (Act.FORGET, "the state has it already")


def test_under_delete_first_the_new_pool_takes_the_place_of_the_one_that_is_gone() -> None:
    gone = {**CURRENT, "id": f"{ACCOUNT_ID}/pools/render-2", "pendingReplacement": True}
    made = killed("creating", gone)
    (step,) = found = steps(made)
    assert step.act is Act.ADOPT
    assert names(with_adopted(made, found)) == (["render-2"], [])
    (record,) = [one for one in with_adopted(made, found)["deployment"]["resources"] if one["urn"] == CURRENT["urn"]]
    assert "pendingReplacement" not in record


def test_a_recovery_that_was_killed_before_it_read_the_pool_goes_on() -> None:
    once = with_adopted(made := killed("creating", CURRENT), steps(made))
    (step,) = found = steps(once)
    assert step.act is Act.ADOPT
    assert names(with_adopted(once, found)) == (["render-2"], ["render-1"])
    (gone,) = steps(once, There.NO)
    assert gone.act is Act.REFRESH


@pytest.mark.parametrize(
    ("there", "act"), [(There.NO, Act.REFRESH), (There.GOING, Act.FORGET), (There.YES, Act.FORGET)]
)
def test_a_deletion_under_way_leaves_the_state_only_when_the_pool_is_gone(there: There, act: Act) -> None:
    made = killed("deleting", CURRENT, id=CURRENT["id"], outputs={"name": "render-1"})
    (step,) = steps(made, there)
    assert step.act is act


@pytest.mark.parametrize("kind", ["updating", "reading"])
def test_what_the_next_update_does_again_is_forgotten(kind: str) -> None:
    made = killed(kind, CURRENT, id=CURRENT["id"], outputs={"name": "render-1"})
    (step,) = found = steps(made)
    assert step.act is Act.FORGET
    assert names(with_adopted(made, found)) == (["render-1"], [])


def under_way(type_: str, name: str, **inputs: object) -> State:
    made = state(component("render"), account())
    resource = {"urn": urn(type_, name), "type": type_, "inputs": inputs, "parent": PARENT, "provider": PROVIDER}
    made["deployment"]["pending_operations"] = [{"type": "creating", "resource": resource}]
    return made


@pytest.mark.parametrize(
    ("state", "id"),
    [
        (
            under_way(
                "azure-native:managedidentity:UserAssignedIdentity", "i", resourceGroupName="RG", resourceName="id-1"
            ),
            "/subscriptions/0000/resourceGroups/RG/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-1",
        ),
        (
            under_way("azure-native:authorization:RoleAssignment", "r", scope="/vault", roleAssignmentName="guid"),
            "/vault/providers/Microsoft.Authorization/roleAssignments/guid",
        ),
        (under_way("azure-native:resources:ResourceGroup", "g", resourceGroupName="other"), ""),
        (under_way("azure-native:authorization:RoleAssignment", "r", scope="/vault", roleAssignmentName=SECRET), ""),
        (under_way("aws:s3:Bucket", "b", resourceGroupName="rg"), ""),
    ],
)
def test_what_the_component_makes_is_looked_up_and_all_else_is_left_to_the_user(state: State, id: str) -> None:
    (step,) = steps(state)
    assert step.operation.id == id
    assert step.act is (Act.TRY if id else Act.LEAVE)


def test_an_identity_that_turns_out_not_to_be_there_leaves_the_old_one_current() -> None:
    kind = "azure-native:managedidentity:UserAssignedIdentity"
    made = under_way(kind, "i", resourceGroupName="rg", resourceName="id-2")
    old = {"urn": urn(kind, "i"), "id": "/old", "type": kind, "outputs": {"name": "id-1"}, "inputs": {}}
    made["deployment"]["resources"].append(old)
    found = steps(made)
    tried = with_adopted(made, found)
    # the refresh takes it out
    tried["deployment"]["resources"] = [one for one in tried["deployment"]["resources"] if one.get("outputs") != {}]
    after = with_inputs(tried, made, found)
    assert [one for one in after["deployment"]["resources"] if one["urn"] == old["urn"]] == [old]


def test_pools_of_the_stacks_names_that_it_does_not_know_are_named() -> None:
    ours = [StackPool("render", "render-0000aaaa", "acct"), StackPool("viz", "viz", "acct")]
    in_azure = ["render-0000aaaa", "render-1111bbbb", "render-canary-2222cccc", "viz", "viz-canary-3333dddd"]
    others = ["render", "render-new", "other-1111bbbb", "viz-1111bbbb"]
    assert find_orphans([*in_azure, *others], "ACCT", ours) == (
        "render-1111bbbb",
        "render-canary-2222cccc",
        "viz-canary-3333dddd",
    )
    assert find_orphans(in_azure, "elsewhere", ours) == ()


@pytest.mark.parametrize("there", [There.NO, There.GOING])
def test_an_old_pool_that_is_gone_or_going_leaves_the_state_so_that_nothing_is_taken_for_it(there: There) -> None:
    old = pool("render", [], id=f"{ACCOUNT_ID}/pools/render-2", delete=True)
    made = killed("deleting", CURRENT, old, id=f"{ACCOUNT_ID}/pools/render-2", delete=True)
    (step,) = found = steps(made, there)
    assert step.act is Act.DROP
    assert explain(step).endswith("-> its old record leaves the state")
    assert names(with_adopted(made, found)) == (["render-1"], [])


def test_an_old_pool_that_is_still_there_stays_in_the_state() -> None:
    old = pool("render", [], id=f"{ACCOUNT_ID}/pools/render-2", delete=True)
    made = killed("deleting", CURRENT, old, id=f"{ACCOUNT_ID}/pools/render-2", delete=True)
    (step,) = found = steps(made, There.YES)
    assert step.act is Act.FORGET
    assert names(with_adopted(made, found)) == (["render-1"], ["render-2"])


def test_an_old_record_of_the_pool_that_works_leaves_the_state() -> None:
    made = state(component("render"), account(), CURRENT, {**CURRENT, "delete": True})
    (step,) = found = steps(made)
    assert step.act is Act.DROP
    assert names(with_adopted(made, found)) == (["render-1"], [])
