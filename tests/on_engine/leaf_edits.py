"""For each writable leaf of azure-native's `Pool`: a small pool that has it, and the same pool with the leaf edited.

The leaves are read off the SDK's argument types. Values come from test_leaves.py, where every leaf is sent at once.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

from extension_pool.reference import LEFT_OUT
from tests.on_engine.pool_files import OTHER_GROUP, OTHER_IDENTITY
from tests.on_engine.test_leaves import (
    GALLERY,
    IDENTITY,
    LINUX,
    MACHINES,
    NETWORK,
    POOLS,
    WINDOWS,
    paths_in,
)
from tests.support.sdk_leaves import POOL, Path, Property, leaves, properties_of

GUID = "11111111-1111-1111-1111-111111111111"

ADDRESS = {"resourceGroupName", "accountName", "poolName"}
OWN_WORDS = {("identity", "type"), ("identity", "userAssignedIdentities")}

# What the rules want beside a part of a pool.
NEEDS: dict[str, set[str]] = {
    "osDisk": {"securityProfile"},
    "securityProfile": {"osDisk"},
    "upgradePolicy": {"nodePlacementConfiguration"},
    "startTask": {"userAccounts", "containerConfiguration"},
}

# Edited values by the end of the path, where a longer text, a greater number or another member of the enumeration would
# break a rule; a function gets the old value.
EDITED: dict[str, Any] = {
    "vmSize": "Standard_NC8as_T4_v3",
    "imageReference.sku": {LINUX: "server-gen1", WINDOWS: "2022-datacenter"},
    "imageReference.id": f"{GALLERY}/images/i/versions/1.0.1",
    "imageReference.sharedGalleryImageId": "/sharedGalleries/g/images/i/versions/1.0.1",
    "imageReference.communityGalleryImageId": "/communityGalleries/g/images/i/versions/1.0.1",
    "serviceArtifactReference.id": f"{GALLERY}/serviceArtifacts/a/vmArtifactsProfiles/q",
    "nodeAgentSkuId": "batch.node.ubuntu 22.04",
    "extensions.typeHandlerVersion": "1.22",
    "extensions.provisionAfterExtensions": [],
    "extensions.settings": lambda old: {**old, "proxy": {**old["proxy"], "address": "http://other:3128"}},
    "extensions.protectedSettings": {"proxy": {"username": "monitor", "password": "rotated"}},
    "resourceId": OTHER_IDENTITY,
    "licenseType": "Windows_Client",
    "networkConfiguration.subnetId": f"{NETWORK}/virtualNetworks/v/subnets/t",
    "ipAddressIds": [f"{NETWORK}/publicIPAddresses/one", f"{NETWORK}/publicIPAddresses/three"],
    "sourceAddressPrefix": "192.168.2.0/24",
    "sourcePortRanges": ["80", "100-300"],
    "evaluationInterval": "PT10M",
    "resizeTimeout": "PT30M",
    "pauseTimeBetweenBatches": "PT20S",
    "autoScale.formula": "$TargetDedicatedNodes = 2;",
    "fileMode": "0644",
    "azureFileUrl": "https://account.file.core.windows.net/other",
}


@dataclass(frozen=True)
class Edit:
    """A pool of the component before and after the edit of one leaf: arguments, as Python has them."""

    path: Path
    before: dict[str, Any]
    after: dict[str, Any]


def offered() -> list[tuple[Path, Property]]:
    """The leaves that the component offers."""
    return [(path, one) for path, one in leaves() if path[0] not in LEFT_OUT]


def edits() -> dict[str, Edit]:
    """An edit for each leaf, by the name of its pool."""
    return {f"leaf{index:03}": edit_of(f"leaf{index:03}", path, one) for index, (path, one) in enumerate(offered())}


def edit_of(name: str, path: Path, one: Property) -> Edit:
    before = arguments(name, pruned(path))
    if path[0] in ADDRESS or path in OWN_WORDS:
        return Edit(path, before, {**before, **in_own_words(path, name)})
    tree = pruned(path)
    edited = copy.deepcopy(tree)
    assert set_leaf(edited, path, path, one, LINUX if is_linux(tree) else WINDOWS), path
    return Edit(path, before, arguments(name, edited))


def in_own_words(path: Path, name: str) -> dict[str, Any]:
    """The edit of what the component has in words of its own."""
    if path == ("resourceGroupName",):
        # no two accounts of a region have one name
        return {"resource_group_name": OTHER_GROUP, "account_name": "accountelsewhere"}
    if path == ("accountName",):
        return {"account_name": "accountbeside"}
    if path == ("poolName",):
        return {"pool_name": f"{name}-renamed"}
    if path == ("identity", "type"):
        return {"identity": {"create": False}}
    return {"identity": existing(IDENTITY)}


def existing(*ids: str) -> dict[str, Any]:
    return {"existing": [{"id": one, "client_id": GUID, "principal_id": GUID} for one in ids]}


def pruned(path: Path) -> dict[str, Any]:
    """A pool with what it must have and the part that holds the leaf."""
    whole = next((tree for tree in POOLS.values() if path in set(paths_in(tree))), POOLS[f"{LINUX}0"])
    machine = whole[MACHINES[0]][MACHINES[1]]
    part = path[2] if path[:2] == MACHINES else path[0]
    kept = {part, *NEEDS.get(part, ())}
    base = POOLS[f"{LINUX}0"] if is_linux(whole) else POOLS[f"{WINDOWS}0"]
    image = whole if part == "imageReference" else POOLS[f"{LINUX}1"] if part == "nodeAgentSkuId" else base
    needed = {"imageReference": image[MACHINES[0]][MACHINES[1]]["imageReference"]}
    needed["nodeAgentSkuId"] = machine["nodeAgentSkuId"]
    pool: dict[str, Any] = {
        "vmSize": whole["vmSize"],
        "scaleSettings": {"fixedScale": {"targetDedicatedNodes": 1}},
        MACHINES[0]: {MACHINES[1]: {**{key: value for key, value in machine.items() if key in kept}, **needed}},
        **{key: value for key, value in whole.items() if key in kept},
    }
    pool = copy.deepcopy(pool)
    if path[-2:] in (("extensions", "publisher"), ("extensions", "type")):
        # of the known ones neither can be another
        pool[MACHINES[0]][MACHINES[1]]["extensions"][-1].update(publisher="Contoso", type="Agent")
    if path[-1] == "securityType":
        # the other type wants the disk to be encrypted as well
        machine = pool[MACHINES[0]][MACHINES[1]]
        del machine["osDisk"]
        machine["securityProfile"] = {"securityType": "trustedLaunch"}
    return pool


def is_linux(tree: dict[str, Any]) -> bool:
    return "windows" not in tree[MACHINES[0]][MACHINES[1]]["nodeAgentSkuId"]


def set_leaf(tree: dict[str, Any], rest: Path, path: Path, one: Property, os_type: str) -> bool:
    """Edits the first place where a leaf stands; whether there is one."""
    if rest[0] not in tree:
        return False
    inner = tree[rest[0]]
    if rest[1:]:
        # the last one: extensions name each other in the order of the list
        items = inner[::-1] if isinstance(inner, list) else [inner]
        return any(set_leaf(item, rest[1:], path, one, os_type) for item in items)
    if len(one.values) == 1 or path[-1] in ("targets", "securityType"):
        # no other value is allowed: the edit is to leave it out
        del tree[rest[0]]
    else:
        tree[rest[0]] = edited(inner, one, path, os_type)
    return True


def edited(old: Any, one: Property, path: Path, os_type: str) -> Any:
    for size in (2, 1):
        key = ".".join(path[-size:])
        if key in EDITED:
            value = EDITED[key]
            value = value[os_type] if isinstance(value, dict) and os_type in value else value
            return value(old) if callable(value) else value
    if one.values:
        others = [value for value in one.values if value != (old[0] if one.is_list else old)]
        return [others[0]] if one.is_list else others[0]
    if one.is_list:
        return [*old, f"{old[0]}2"]
    made = {"string": lambda: f"{old}2", "integer": lambda: old + 1, "boolean": lambda: not old}
    return {**old, "edited": "yes"} if one.kind == "map" else made[one.kind]()


def arguments(name: str, tree: dict[str, Any]) -> dict[str, Any]:
    """A pool of the SDK as arguments of the component."""
    pool = in_python(tree, POOL)
    machine = pool.pop("deployment_configuration")["virtual_machine_configuration"]
    for one in machine.get("extensions", []):
        if "Contoso" in one["publisher"]:
            one["allow_unlisted"] = True
    where = {"resource_group_name": "rg-test", "account_name": "testaccount", "pool_name": name}
    return {**pool, **machine, **where, "identity": existing(IDENTITY, OTHER_IDENTITY)}


def in_python(tree: dict[str, Any], source: Any) -> dict[str, Any]:
    """A tree of the provider's names with Python's; what stands under free properties keeps its keys."""
    known = properties_of(source)

    def value_of(one: Property, value: Any) -> Any:
        if one.kind != "object":
            return value
        return [in_python(item, one.source) for item in value] if one.is_list else in_python(value, one.source)

    return {known[key].python: value_of(known[key], value) for key, value in tree.items()}
