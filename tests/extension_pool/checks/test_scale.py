"""How many nodes, how many task slots."""

from typing import Any

import pytest

from extension_pool.problems import Findings, Later

from .pools import findings, notices, problems

AUTO = {"auto_scale": {"formula": "$TargetDedicatedNodes = 1;"}}
ADDRESS = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/publicIPAddresses/ip"


def fixed(**values: Any) -> dict[str, Any]:
    return {"scale_settings": {"fixed_scale": values}}


@pytest.mark.parametrize(
    ("scale", "sentence"),
    [
        ({}, "scale_settings: must hold exactly one scale"),
        ({"fixed_scale": {"target_dedicated_nodes": 1}, **AUTO}, "scale_settings: must hold exactly one scale"),
        ({"fixed_scale": {"resize_timeout": "PT15M"}}, "scale_settings.fixed_scale: must say how many nodes"),
    ],
)
def test_what_is_refused(scale: dict[str, Any], sentence: str) -> None:
    (found,) = problems(scale_settings=scale)
    assert found.startswith(sentence)


@pytest.mark.parametrize(
    "changes",
    [
        {"scale_settings": AUTO},
        {"scale_settings": {"auto_scale": {"formula": Later("later")}}},
        fixed(target_low_priority_nodes=0),
        fixed(target_dedicated_nodes=Later("later")),
        {"task_slots_per_node": 8},
        {"task_slots_per_node": 256, "vm_size": "Standard_D64s_v5"},
        {"task_slots_per_node": 256, "vm_size": "a size of the future"},
        {"inter_node_communication": "Enabled", **fixed(target_dedicated_nodes=100)},
        fixed(target_dedicated_nodes=1000),
    ],
)
def test_what_passes(changes: dict[str, Any]) -> None:
    assert findings(**changes) == Findings()


@pytest.mark.parametrize(
    ("changes", "warning"),
    [
        (
            {"scale_settings": {"auto_scale": {"formula": "$Nodes = 1;"}}},
            "scale_settings.auto_scale.formula: sets neit",
        ),
        (
            {"task_slots_per_node": 9},
            "task_slots_per_node: Batch allows 4 slots for each core, and Standard_D2s_v5 has 2",
        ),
        (
            {"inter_node_communication": "Enabled", **fixed(target_dedicated_nodes=101)},
            "scale_settings.fixed_scale.target_dedicated_nodes: with inter_node_communication Batch gives at most 100",
        ),
        (
            {
                "network_configuration": {
                    "public_ip_address_configuration": {"provision": "UserManaged", "ip_address_ids": [ADDRESS]}
                },
                **fixed(target_low_priority_nodes=101),
            },
            "scale_settings.fixed_scale.target_low_priority_nodes: 1 public IP addresses carry 100 nodes",
        ),
    ],
)
def test_what_warns(changes: dict[str, Any], warning: str) -> None:
    assert problems(**changes) == []
    (found,) = notices(**changes)
    assert found.startswith(warning)
