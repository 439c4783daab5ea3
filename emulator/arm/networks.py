"""Microsoft.Network: virtual networks with subnets, security groups and public addresses, as far as pools use them.

What is in use cannot be deleted, as users meet it when a pool and its network go in the wrong order.
"""

from __future__ import annotations

import hashlib
import ipaddress
import json
import uuid
from typing import Any

from emulator import fleet
from emulator.arm.context import (
    NETWORK,
    POOL,
    PUBLIC_ADDRESS,
    SECURITY_GROUP,
    SUBNET,
    Answer,
    ArmError,
    ArmType,
    Request,
    new_etag,
)
from emulator.arm.resource_groups import plain
from emulator.store import Row, Store

VERSIONS = ("2023-09-01", "2023-11-01", "2024-01-01", "2024-03-01", "2024-05-01")


class _Located(ArmType):
    """One that has a location and tags, and properties that are given back as they came."""

    versions = VERSIONS

    def put(self, request: Request) -> Answer:
        request.group()
        if not request.body.get("location"):
            raise ArmError(400, "LocationRequired", "The location property is required for this definition.")
        found = request.existing()
        body = {
            "location": plain(request.body["location"]),
            **{key: request.body[key] for key in ("tags", "sku", "zones") if request.body.get(key)},
            "properties": self.kept(request),
        }
        state = {**(found.state if found else {"guid": str(uuid.uuid4())}), "etag": new_etag(request.id, request.now)}
        row = request.store.save(request.id.text, self.type, body, state)
        return self.answer(200 if found else 201, row, request)

    def kept(self, request: Request) -> dict[str, Any]:
        """The properties to keep; refuses what the service refuses."""
        return request.properties

    def added(self, row: Row, request: Request) -> dict[str, Any]:
        """What the service adds to the properties."""
        return {}

    def render(self, row: Row, request: Request) -> dict[str, Any]:
        own = {"provisioningState": "Succeeded", "resourceGuid": row.state["guid"]}
        properties = {**row.body["properties"], **own, **self.added(row, request)}
        envelope = {"id": row.id, "name": row.name, "type": self.type, "etag": row.state["etag"]}
        return {**envelope, **row.body, "properties": properties}


class Networks(_Located):
    type = NETWORK

    def kept(self, request: Request) -> dict[str, Any]:
        """Without the subnets, which are resources of their own: a PUT says which there are."""
        properties = dict(request.properties)
        wanted = properties.pop("subnets", None) or []
        if not (properties.get("addressSpace") or {}).get("addressPrefixes"):
            raise ArmError(
                400, "InvalidRequestFormat", "Cannot parse the request: properties.addressSpace is required."
            )
        _write_subnets(request, properties, wanted)
        return properties

    def added(self, row: Row, request: Request) -> dict[str, Any]:
        subnets = request.store.living(SUBNET, below=row.id)
        return {"subnets": [_rendered(one) for one in subnets], "enableDdosProtection": False}

    def delete(self, request: Request) -> Answer:
        for subnet in request.store.living(SUBNET, below=request.id.text):
            refuse_used(request.store, subnet)
        return super().delete(request)


class Subnets(ArmType):
    type = SUBNET
    versions = VERSIONS

    def require_parents(self, request: Request) -> None:
        self.require_parent(request, request.id.parent_id)

    def put(self, request: Request) -> Answer:
        network = self.require_parent(request, request.id.parent_id)
        found = request.existing()
        _check_range(request.id.name, request.properties, network.body["properties"], network.name)
        row = _write_subnet(request.store, request.id.text, request.properties)
        return Answer(200 if found else 201, _rendered(row))

    def delete(self, request: Request) -> Answer:
        found = request.existing()
        if found is not None:
            refuse_used(request.store, found)
        return super().delete(request)

    def render(self, row: Row, request: Request) -> dict[str, Any]:
        return _rendered(row)


class SecurityGroups(_Located):
    type = SECURITY_GROUP

    def added(self, row: Row, request: Request) -> dict[str, Any]:
        rules = row.body["properties"].get("securityRules") or []
        own = {"provisioningState": "Succeeded"}
        return {
            "securityRules": [
                {
                    **rule,
                    "id": f"{row.id}/securityRules/{rule.get('name')}",
                    "type": f"{SECURITY_GROUP}/securityRules",
                    "properties": {**(rule.get("properties") or {}), **own},
                }
                for rule in rules
            ]
        }

    def delete(self, request: Request) -> Answer:
        found = request.existing()
        users = [row.id for row in request.store.living(SUBNET) if found and _group_of(row) == found.id.lower()]
        if found and users:
            # pulumi-azure-native#3051
            raise ArmError(
                400,
                "InUseNetworkSecurityGroupCannotBeDeleted",
                f"Network security group {found.id} cannot be deleted because it is in use by the following resources: "
                f"{', '.join(users)}. In order to delete the Network security group, remove the association with the "
                "resource(s).",
            )
        return super().delete(request)


class PublicAddresses(_Located):
    type = PUBLIC_ADDRESS

    def added(self, row: Row, request: Request) -> dict[str, Any]:
        """A static address is there at once; 203.0.113.0/24 is for documentation (RFC 5737)."""
        host = hashlib.sha256(row.id.lower().encode()).digest()[0]
        static = row.body["properties"].get("publicIPAllocationMethod") == "Static"
        address = {"ipAddress": f"203.0.113.{host}"} if static else {}
        return {"publicIPAddressVersion": "IPv4", "idleTimeoutInMinutes": 4, **row.body["properties"], **address}


def refuse_used(store: Store, subnet: Row) -> None:
    """A subnet with nodes in it stays (Azure/bicep#13267). The name of their network interface is a judgement."""
    for pool in store.living(POOL):
        configuration = pool.body["properties"].get("networkConfiguration") or {}
        if str(configuration.get("subnetId", "")).lower() == subnet.id.lower() and any(fleet.counts(store, pool)):
            raise ArmError(
                400,
                "InUseSubnetCannotBeDeleted",
                f"Subnet {subnet.name} is in use by {pool.id}/ipConfigurations/nodes and cannot be deleted. In order "
                "to delete the subnet, delete all the resources within the subnet. See aka.ms/deletesubnet.",
            )


def _write_subnets(request: Request, properties: dict[str, Any], wanted: list[dict[str, Any]]) -> None:
    names = {str(one.get("name", "")).lower() for one in wanted}
    for row in request.store.living(SUBNET, below=request.id.text):
        if row.name.lower() not in names:
            refuse_used(request.store, row)
            request.store.delete(row.id, request.now)
    for one in wanted:
        inner = one.get("properties") or {}
        _check_range(str(one.get("name")), inner, properties, request.id.name)
        _write_subnet(request.store, f"{request.id.text}/subnets/{one.get('name')}", inner)


def _write_subnet(store: Store, subnet_id: str, properties: dict[str, Any]) -> Row:
    kept = {key: value for key, value in properties.items() if key not in ("provisioningState", "etag")}
    etag = new_etag(subnet_id, json.dumps(kept, sort_keys=True))
    return store.save(subnet_id, SUBNET, {"properties": kept}, {"etag": etag})


def _check_range(name: str, subnet: dict[str, Any], network: dict[str, Any], network_name: str) -> None:
    """The subnet's addresses are among those of its network (microsoft/AzureTRE#2111)."""
    prefixes = subnet.get("addressPrefixes") or [subnet.get("addressPrefix")]
    try:
        spaces = [ipaddress.ip_network(one) for one in network["addressSpace"]["addressPrefixes"]]
        inside = all(any(_within(ipaddress.ip_network(one), space) for space in spaces) for one in prefixes)
    except ValueError:
        inside = False
    if not inside:
        raise ArmError(400, "NetcfgInvalidSubnet", f"Subnet '{name}' is not valid in virtual network '{network_name}'.")


def _within(one: Any, space: Any) -> bool:
    return bool(one.version == space.version and one.subnet_of(space))


def _group_of(subnet: Row) -> str:
    group = subnet.body["properties"].get("networkSecurityGroup") or {}
    return str(group.get("id", "")).lower()


def _rendered(row: Row) -> dict[str, Any]:
    defaults = {"privateEndpointNetworkPolicies": "Disabled", "privateLinkServiceNetworkPolicies": "Enabled"}
    properties = {**defaults, **row.body["properties"], "provisioningState": "Succeeded"}
    return {"id": row.id, "name": row.name, "type": SUBNET, "etag": row.state["etag"], "properties": properties}
