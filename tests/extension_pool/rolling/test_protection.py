"""Which edit would replace a protected pool: places only, and only what is sure."""

from typing import Any

from extension_pool.problems import Later
from extension_pool.rolling.protection import find_edits

MACHINE = "deploymentConfiguration.virtualMachineConfiguration"
PATHS = (MACHINE, "vmSize", "identity", "resourceTags")
LIVE: dict[str, Any] = {
    "vmSize": "STANDARD_D2S_V5",
    "taskSlotsPerNode": 1,
    "identity": {"type": "UserAssigned", "userAssignedIdentities": {"/Subscriptions/A": {}}},
    "deploymentConfiguration": {
        "virtualMachineConfiguration": {
            "nodeAgentSkuId": "batch.node.ubuntu 24.04",
            "extensions": [{"name": "a", "type": "T", "settings": {"some_key": 1}, "autoUpgradeMinorVersion": True}],
        }
    },
}


def edits(extension: dict[str, Any] | None = None, **changes: Any) -> list[str]:
    whole = {"name": "a", "type": "T", "settings": {"some_key": 1}, **(extension or {})}
    machine = {"node_agent_sku_id": "batch.node.ubuntu 24.04", "extensions": [whole]}
    inputs = {
        "vm_size": "Standard_D2s_v5",
        "identity": {"type": "UserAssigned", "user_assigned_identities": ["/subscriptions/a"]},
        "deployment_configuration": {"virtual_machine_configuration": machine},
        **changes,
    }
    return find_edits(inputs, LIVE, PATHS)


def test_an_unchanged_pool_has_none_whatever_case_azure_writes_and_whatever_it_adds() -> None:
    assert edits() == []


def test_an_edit_is_named_by_its_place() -> None:
    assert edits(vm_size="Standard_D4s_v5") == ["vmSize"]
    assert edits({"type": "U"}) == [f"{MACHINE}.extensions[a].type"]
    assert edits({"settings": {"some_key": 2}}) == [f"{MACHINE}.extensions[a].settings.some_key"]
    assert edits({"name": "b"}) == [f"{MACHINE}.extensions[b]"]


def test_another_identity_is_an_edit() -> None:
    assert edits(identity={"type": "UserAssigned", "user_assigned_identities": ["/subscriptions/b"]}) == [
        "identity.userAssignedIdentities"
    ]


def test_what_does_not_replace_is_left_out() -> None:
    assert edits(task_slots_per_node=4) == []


def test_what_nobody_can_compare_is_left_out() -> None:
    assert edits({"settings": {"some_key": Later(None)}, "protected_settings": {"key": "hidden"}}) == []
