from __future__ import annotations

import copy
from typing import Any

import pytest

from emulator.provider.wire import UNKNOWN, Secret

from .conftest import Engine, key_vault_extension, pool_inputs

MACHINE = "deploymentConfiguration.virtualMachineConfiguration"
GPU = {"name": "gpu", "publisher": "Microsoft.HpcCompute", "type": "NvidiaGpuDriverLinux"}


def with_extensions(*extensions: Any) -> dict[str, Any]:
    return pool_inputs(*copy.deepcopy(extensions), poolName="p", azureApiVersion="2024-07-01")


def polling(seconds: str) -> dict[str, Any]:
    extension = key_vault_extension("x")
    extension["settings"]["secretsManagementSettings"]["pollingIntervalInS"] = seconds
    return extension


def test_nothing_changed(engine: Engine) -> None:
    inputs = with_extensions(polling("60"))
    kinds, answer = engine.diff("batch:Pool", inputs, inputs)
    assert kinds == {} and answer.changes == answer.DIFF_NONE


def test_a_setting_is_named_to_its_leaf_and_never_replaces(engine: Engine) -> None:
    kinds, answer = engine.diff("batch:Pool", with_extensions(polling("60")), with_extensions(polling("90")))
    assert kinds == {f"{MACHINE}.extensions[0].settings.secretsManagementSettings.pollingIntervalInS": "UPDATE"}
    assert list(answer.diffs) == ["deploymentConfiguration"]
    assert list(answer.replaces) == [] and not answer.deleteBeforeReplace
    assert answer.changes == answer.DIFF_SOME


def test_keyed_arrays(engine: Engine) -> None:
    def diff(old: list[Any], new: list[Any]) -> dict[str, str]:
        return engine.diff("batch:Pool", with_extensions(*old), with_extensions(*new))[0]

    at = f"{MACHINE}.extensions"
    assert diff([polling("60"), GPU], [GPU, polling("60")]) == {}
    assert diff([polling("60")], [GPU, polling("60")]) == {f"{at}[0]": "ADD"}
    assert diff([polling("60"), GPU], [polling("60")]) == {f"{at}[1]": "DELETE"}
    path = "settings.secretsManagementSettings.pollingIntervalInS"
    assert diff([polling("60"), GPU], [GPU, polling("90")]) == {f"{at}[1].{path}": "UPDATE"}


def test_a_renamed_element_is_one_add_and_one_delete(engine: Engine) -> None:
    kinds, _ = engine.diff("batch:Pool", with_extensions(GPU), with_extensions(polling("60"), {**GPU, "name": "x"}))
    assert kinds == {f"{MACHINE}.extensions[0]": "DELETE", f"{MACHINE}.extensions[1]": "ADD"}


def test_other_arrays_compare_by_position(engine: Engine) -> None:
    def identity(*ids: str) -> dict[str, Any]:
        return pool_inputs(poolName="p", identity={"type": "UserAssigned", "userAssignedIdentities": list(ids)})

    assert engine.diff("batch:Pool", identity("a"), identity("a", "b"))[0] == {
        "identity.userAssignedIdentities[1]": "ADD"
    }
    assert len(engine.diff("batch:Pool", identity("a", "b"), identity("b", "a"))[0]) == 2


def test_a_whole_object_is_reported_at_its_own_path(engine: Engine) -> None:
    bare, full = pool_inputs(poolName="p"), pool_inputs(poolName="p", identity={"type": "None"})
    assert engine.diff("batch:Pool", bare, full)[0] == {"identity": "ADD"}
    assert engine.diff("batch:Pool", full, bare)[0] == {"identity": "DELETE"}


@pytest.mark.parametrize("wrap", [lambda value: UNKNOWN, Secret])
def test_the_path_ends_where_a_wrapper_is(engine: Engine, wrap: Any) -> None:
    """replaceOnChanges below such a path misses: what the engine sends decides how far the provider can look."""
    old, new = with_extensions(polling("60")), with_extensions(polling("90"))
    new["deploymentConfiguration"] = wrap(new["deploymentConfiguration"])
    assert engine.diff("batch:Pool", old, new)[0] == {"deploymentConfiguration": "UPDATE"}
    new = with_extensions(polling("90"))
    machine = new["deploymentConfiguration"]["virtualMachineConfiguration"]
    machine["extensions"] = wrap(machine["extensions"])
    assert engine.diff("batch:Pool", old, new)[0] == {f"{MACHINE}.extensions": "UPDATE"}


def test_secrets_compare_by_their_values(engine: Engine) -> None:
    def protected(value: str) -> dict[str, Any]:
        return with_extensions({**GPU, "protectedSettings": {"key": Secret(value)}})

    assert engine.diff("batch:Pool", protected("a"), protected("a"))[0] == {}
    kinds, _ = engine.diff("batch:Pool", protected("a"), protected("b"))
    assert kinds == {f"{MACHINE}.extensions[0].protectedSettings.key": "UPDATE"}


@pytest.mark.parametrize("name", ["poolName", "accountName", "resourceGroupName"])
def test_path_parameters_replace(engine: Engine, name: str) -> None:
    old = pool_inputs(poolName="p")
    kinds, answer = engine.diff("batch:Pool", old, {**old, name: "other"})
    assert kinds == {name: "UPDATE_REPLACE"}
    assert list(answer.replaces) == [name] and answer.deleteBeforeReplace


def test_a_random_name_lets_the_new_one_come_first(engine: Engine) -> None:
    old = {"scope": "/a", "principalId": "p", "roleDefinitionId": "r", "roleAssignmentName": "g"}
    new = {**old, "principalId": "q"}
    kinds, answer = engine.diff("authorization:RoleAssignment", {**old, "__createBeforeDelete": True}, new)
    assert kinds == {"principalId": "UPDATE_REPLACE"} and not answer.deleteBeforeReplace
    assert engine.diff("authorization:RoleAssignment", old, new)[1].deleteBeforeReplace
    kinds, answer = engine.diff("authorization:RoleAssignment", old, {**old, "principalType": "User"})
    assert kinds == {"principalType": "ADD"} and not answer.replaces


def test_places_compare_without_case(engine: Engine) -> None:
    old = {"resourceGroupName": "RG", "location": "West Europe"}
    assert (
        engine.diff("managedidentity:UserAssignedIdentity", old, {"resourceGroupName": "rg", "location": "westeurope"})[
            0
        ]
        == {}
    )
    kinds, _ = engine.diff("resources:ResourceGroup", old, {**old, "location": "eastus"})
    assert kinds == {"location": "UPDATE_REPLACE"}


def test_an_added_default_is_no_change(engine: Engine) -> None:
    bare = pool_inputs(poolName="p")
    assert engine.diff("batch:Pool", bare, {**bare, "taskSlotsPerNode": 1})[1].changes == 1  # DIFF_NONE
    assert engine.diff("batch:Pool", bare, {**bare, "taskSlotsPerNode": 2})[1].changes == 2  # DIFF_SOME
