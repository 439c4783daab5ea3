"""Virtual networks, subnets, security groups and public addresses of local Azure."""

from __future__ import annotations

from typing import Any

import pytest

from emulator import Arm, Store

from .conftest import GROUP, POOL, Engine, Refused, pool_body

NETWORK = f"{GROUP}/providers/Microsoft.Network/virtualNetworks/vnet"
SUBNET = f"{NETWORK}/subnets/nodes"
RULE = {
    "name": "out",
    "access": "Allow",
    "direction": "Outbound",
    "priority": 100,
    "protocol": "Tcp",
    "sourceAddressPrefix": "*",
    "sourcePortRange": "*",
    "destinationAddressPrefix": "Storage",
    "destinationPortRange": "443",
}


def network_inputs(**changes: Any) -> dict[str, Any]:
    return {
        "resourceGroupName": "rg-batch-staging",
        "virtualNetworkName": "vnet",
        "addressSpace": {"addressPrefixes": ["10.0.0.0/16"]},
        "location": "westeurope",
        **changes,
    }


def subnet_inputs(**changes: Any) -> dict[str, Any]:
    return {
        "resourceGroupName": "rg-batch-staging",
        "virtualNetworkName": "vnet",
        "subnetName": "nodes",
        "addressPrefix": "10.0.1.0/24",
        **changes,
    }


def test_a_subnet_is_part_of_its_network(engine: Engine) -> None:
    engine.create("network:VirtualNetwork", "vnet", network_inputs())
    resource_id, _, outputs = engine.create("network:Subnet", "nodes", subnet_inputs())
    assert resource_id == SUBNET
    assert outputs["name"] == "nodes" and outputs["provisioningState"] == "Succeeded"
    _, _, network = engine.read("network:VirtualNetwork", NETWORK)
    assert [one["id"] for one in network["subnets"]] == [SUBNET]
    assert network["subnets"][0]["addressPrefix"] == "10.0.1.0/24"


def test_subnets_that_the_program_does_not_name_stay(engine: Engine) -> None:
    _, inputs, state = engine.create("network:VirtualNetwork", "vnet", network_inputs())
    engine.create("network:Subnet", "nodes", subnet_inputs())
    inputs = {**inputs, "tags": {"team": "hpc"}}
    outputs = engine.update("network:VirtualNetwork", inputs, state)
    assert [one["name"] for one in outputs["subnets"]] == ["nodes"] and outputs["tags"] == {"team": "hpc"}
    assert engine.read("network:VirtualNetwork", NETWORK, inputs, outputs)[1] == inputs


def test_subnets_that_the_network_names_are_all_there_are(arm: Arm) -> None:
    body = {"location": "westeurope", "properties": {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}}}
    arm.put(NETWORK, body)
    arm.put(SUBNET, {"properties": {"addressPrefix": "10.0.1.0/24"}})
    assert arm.put(NETWORK, body).status == 200
    assert arm.get(SUBNET).code == "ResourceNotFound"


@pytest.mark.parametrize("prefix", ["10.1.0.0/24", "10.0.0.0/8", "no address", None])
def test_a_subnet_outside_of_its_network_is_refused(engine: Engine, prefix: str | None) -> None:
    engine.create("network:VirtualNetwork", "vnet", network_inputs())
    inputs = {key: value for key, value in subnet_inputs(addressPrefix=prefix).items() if value is not None}
    with pytest.raises(Refused, match=r"NetcfgInvalidSubnet.*Subnet 'nodes' is not valid in virtual network 'vnet'"):
        engine.create("network:Subnet", "nodes", inputs)


def test_a_subnet_needs_its_network(arm: Arm) -> None:
    assert arm.put(SUBNET, {"properties": {"addressPrefix": "10.0.1.0/24"}}).code == "ResourceNotFound"


def test_a_subnet_with_nodes_in_it_stays(arm: Arm, engine: Engine, store: Store) -> None:
    engine.create("network:VirtualNetwork", "vnet", network_inputs())
    engine.create("network:Subnet", "nodes", subnet_inputs())
    arm.put(POOL, pool_body(networkConfiguration={"subnetId": SUBNET}))
    for what, resource_id in (("Subnet", SUBNET), ("VirtualNetwork", NETWORK)):
        with pytest.raises(Refused, match=r"InUseSubnetCannotBeDeleted.*Subnet nodes is in use by .*aka.ms/delet"):
            engine.delete(f"network:{what}", resource_id)
    arm.delete(POOL)
    store.clock.advance(121)
    engine.delete("network:Subnet", SUBNET)
    assert arm.get(SUBNET).status == 404


def test_a_security_group_keeps_its_rules_and_stays_while_a_subnet_has_it(engine: Engine, store: Store) -> None:
    group = {
        "resourceGroupName": "rg-batch-staging",
        "networkSecurityGroupName": "nsg",
        "location": "westeurope",
        "securityRules": [RULE],
    }
    group_id, inputs, state = engine.create("network:NetworkSecurityGroup", "nsg", group)
    put = next(one for one in store.operations() if one.method == "PUT" and one.path == group_id)
    (sent,) = put.body["properties"]["securityRules"]
    assert set(sent) == {"name", "properties"} and sent["properties"]["access"] == "Allow"
    assert state["securityRules"][0]["access"] == "Allow" and state["securityRules"][0]["name"] == "out"
    assert engine.read("network:NetworkSecurityGroup", group_id, inputs, state)[1] == inputs

    engine.create("network:VirtualNetwork", "vnet", network_inputs())
    _, _, subnet = engine.create("network:Subnet", "nodes", subnet_inputs(networkSecurityGroup={"id": group_id}))
    assert subnet["networkSecurityGroup"] == {"id": group_id}
    with pytest.raises(Refused, match="InUseNetworkSecurityGroupCannotBeDeleted"):
        engine.delete("network:NetworkSecurityGroup", group_id)
    engine.delete("network:Subnet", SUBNET)
    engine.delete("network:NetworkSecurityGroup", group_id)


def test_a_rule_without_its_access_is_refused_with_its_place(engine: Engine) -> None:
    rule = {key: value for key, value in RULE.items() if key != "access"}
    inputs = {"resourceGroupName": "rg-batch-staging", "location": "westeurope", "securityRules": [rule]}
    _, failures = engine.check("network:NetworkSecurityGroup", "nsg", inputs)
    assert failures == ["missing required property 'securityRules[0].access'"]


def test_a_static_public_address_is_there_at_once(engine: Engine) -> None:
    inputs = {
        "resourceGroupName": "rg-batch-staging",
        "location": "westeurope",
        "sku": {"name": "Standard"},
        "publicIPAllocationMethod": "Static",
    }
    resource_id, _, outputs = engine.create("network:PublicIPAddress", "egress", inputs)
    assert resource_id.rsplit("/", 1)[0].endswith("/Microsoft.Network/publicIPAddresses")
    assert outputs["name"].startswith("egress") and outputs["ipAddress"].startswith("203.0.113.")
    assert outputs["sku"] == {"name": "Standard"}


def test_networks_need_a_location_a_group_and_addresses(arm: Arm) -> None:
    space = {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}}
    assert arm.put(NETWORK, {"properties": space}).code == "LocationRequired"
    assert arm.put(NETWORK, {"location": "westeurope"}).code == "InvalidRequestFormat"
    other = NETWORK.replace("rg-batch-staging", "rg-none")
    assert arm.put(other, {"location": "westeurope", "properties": space}).code == "ResourceGroupNotFound"
