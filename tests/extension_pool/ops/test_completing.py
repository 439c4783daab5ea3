"""Write-only values go into the state of the adopted pool, as secrets and nowhere else."""

import json
from typing import Any

import pytest

from extension_pool.arm import parse_pool
from extension_pool.ops.completing import complete_state
from extension_pool.problems import InvalidInput

MARK = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270"}
PLACE = {"resource_group_name": "g", "account_name": "a", "pool_name": "render"}
URN = "urn:pulumi:prod::extension-pool::extension-pool:index:ExtensionPool$azure-native:batch:Pool::render-pool"


def state(**inputs: Any) -> dict[str, Any]:
    machine = {"extensions": [{"name": "b"}, {"name": "a", "settings": {"x": 1}}]}
    known = {"deploymentConfiguration": {"virtualMachineConfiguration": machine}, "userAccounts": [{"name": "u"}]}
    return {
        "version": 3,
        "deployment": {"resources": [{"urn": "urn:other"}, {"urn": URN, "inputs": {**known, **inputs}}]},
    }


def source(**properties: Any) -> dict[str, Any]:
    machine = {"extensions": [{"name": "a", "protectedSettings": {"key": "s1"}}]}
    return dict(
        parse_pool(
            {
                "properties": {
                    "deploymentConfiguration": {"virtualMachineConfiguration": machine},
                    "userAccounts": [{"name": "u", "password": "s2"}],
                    **properties,
                }
            },
            **PLACE,
        )
    )


def test_each_value_goes_to_the_item_of_its_name() -> None:
    before = state()
    completed, done = complete_state(before, source(), "render")
    inputs = completed["deployment"]["resources"][1]["inputs"]
    extensions = inputs["deploymentConfiguration"]["virtualMachineConfiguration"]["extensions"]
    assert extensions == [
        {"name": "b"},
        {"name": "a", "settings": {"x": 1}, "protectedSettings": {**MARK, "plaintext": json.dumps({"key": "s1"})}},
    ]
    assert inputs["userAccounts"] == [{"name": "u", "password": {**MARK, "plaintext": '"s2"'}}]
    assert sorted(done) == [
        "deploymentConfiguration.virtualMachineConfiguration.extensions[0].protectedSettings",
        "userAccounts[0].password",
    ]
    assert before == state()


def test_a_value_without_a_place_is_a_problem_and_not_shown() -> None:
    with pytest.raises(InvalidInput) as raised:
        complete_state(state(userAccounts=[{"name": "other"}]), source(), "render")
    assert str(raised.value).startswith("userAccounts[0]: the state has no place for a write-only value")
    assert "s2" not in str(raised.value)


@pytest.mark.parametrize(
    "export", [[], {}, {"deployment": None}, {"deployment": {"resources": [1, {"urn": 2}]}}, state()]
)
def test_a_state_without_the_pool_says_what_is_missing(export: Any) -> None:
    with pytest.raises(InvalidInput, match=r"must (be a state|have azure-native:batch:Pool::blue-pool)"):
        complete_state(export, source(), "blue")


def test_identities_come_into_the_order_of_the_component() -> None:
    ids = ["/b", "/A", "/c"]
    completed, done = complete_state(state(identity={"userAssignedIdentities": ids}), source(), "render")
    inputs = completed["deployment"]["resources"][1]["inputs"]
    assert inputs["identity"]["userAssignedIdentities"] == ["/A", "/b", "/c"]
    assert "identity.userAssignedIdentities" in done
