"""Every writable leaf of azure-native's `Pool` goes from a stack file through the engine to Azure.

Expected side: the SDK's own argument types, and a value made for each leaf. Actual side: the body that local Azure
received, whole.
"""

import hashlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from jsonschema import Draft7Validator

from emulator import Arm
from extension_pool.reference import LEFT_OUT
from extension_pool.stack_schema import build_stack_schema
from tests.on_engine.config import stack
from tests.on_engine.stack import EngineStack
from tests.support.sdk_leaves import POOL, Path, Property, leaves, properties_of

SUBSCRIPTION = "/subscriptions/00000000-0000-0000-0000-000000000000"
GROUP = f"{SUBSCRIPTION}/resourceGroups/rg-others"
IDENTITY = f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/nodes"
ACCOUNT = f"{SUBSCRIPTION}/resourceGroups/rg-test/providers/Microsoft.Batch/batchAccounts/testaccount"
NETWORK = f"{GROUP}/providers/Microsoft.Network"
GALLERY = f"{GROUP}/providers/Microsoft.Compute/galleries/g"

LINUX, WINDOWS = "linux", "windows"

# What the address of a pool says, and what the component says in words of its own.
ADDRESS = {("resourceGroupName",): "rg-test", ("accountName",): "testaccount", ("poolName",): ""}
OWN: dict[Path, Any] = {
    ("identity", "type"): "UserAssigned",
    ("identity", "userAssignedIdentities"): {IDENTITY: {}},
}
MACHINES = ("deploymentConfiguration", "virtualMachineConfiguration")
ENVELOPE = ("identity", "tags")

# Properties that exclude each other, by the object that they are in: one group at a time.
EXCLUSIVE: dict[str, list[set[str]]] = {
    "imageReference": [
        {"publisher", "offer", "sku", "version"},
        {"id"},
        {"sharedGalleryImageId"},
        {"communityGalleryImageId"},
    ],
    "extensions": [{"settings", "protectedSettings"}, {"provisionAfterExtensions"}],
    "containerRegistries": [{"userName", "password"}, {"identityReference"}],
    "registry": [{"userName", "password"}, {"identityReference"}],
    "mountConfiguration": [
        {"azureBlobFileSystemConfiguration"},
        {"azureFileShareConfiguration"},
        {"cifsMountConfiguration"},
        {"nfsMountConfiguration"},
    ],
    "azureBlobFileSystemConfiguration": [{"accountKey"}, {"sasKey"}, {"identityReference"}],
    "scaleSettings": [{"fixedScale"}, {"autoScale"}],
    "resourceFiles": [
        {"autoStorageContainerName", "blobPrefix"},
        {"storageContainerUrl", "identityReference"},
        {"httpUrl"},
    ],
    "userIdentity": [{"autoUser"}, {"userName"}],
}

# Of one operating system only. A Windows pool is sent for the sake of its own leaves and has only what it needs.
NOT_ON_LINUX = {"windowsConfiguration", "licenseType", "windowsUserConfiguration"}
ON_WINDOWS = {"vmSize", "imageReference", "nodeAgentSkuId", "windowsConfiguration", "licenseType", "userAccounts"}
ON_WINDOWS |= {"poolName", "accountName", "resourceGroupName", "identity", "scaleSettings"}
NOT_ON_WINDOWS = {"linuxUserConfiguration", "id", "sharedGalleryImageId", "communityGalleryImageId", "fixedScale"}

# Values that rules ask for, by the end of the path; a list has one for each item. Everything else is made of its name.
VALUES: dict[str, Any] = {
    "vmSize": "Standard_NC4as_T4_v3",
    "imageReference.publisher": {LINUX: "canonical", WINDOWS: "microsoftwindowsserver"},
    "imageReference.offer": {LINUX: "ubuntu-24_04-lts", WINDOWS: "windowsserver"},
    "imageReference.sku": {LINUX: "server", WINDOWS: "2022-datacenter-g2"},
    "imageReference.id": f"{GALLERY}/images/i/versions/1.0.0",
    "imageReference.sharedGalleryImageId": "/sharedGalleries/g/images/i/versions/1.0.0",
    "imageReference.communityGalleryImageId": "/communityGalleries/g/images/i/versions/1.0.0",
    "nodeAgentSkuId": {LINUX: "batch.node.ubuntu 24.04", WINDOWS: "batch.node.windows amd64"},
    "serviceArtifactReference.id": f"{GALLERY}/serviceArtifacts/a/vmArtifactsProfiles/p",
    "extensions.name": ["AzureMonitorLinuxAgent", "gpu"],
    "extensions.publisher": ["Microsoft.Azure.Monitor", "Microsoft.HpcCompute"],
    "extensions.type": ["AzureMonitorLinuxAgent", "NvidiaGpuDriverLinux"],
    "extensions.typeHandlerVersion": ["1.21", "1.6"],
    "extensions.settings": {
        "authentication": {
            "managedIdentity": {"identifier-name": "mi_res_id", "identifier-value": IDENTITY},
        },
        "proxy": {"mode": "application", "address": "http://proxy:3128", "auth": "true"},
    },
    "extensions.protectedSettings": {"proxy": {"username": "monitor", "password": "hidden"}},
    "extensions.provisionAfterExtensions": ["AzureMonitorLinuxAgent"],
    "containerConfiguration.type": "DockerCompatible",
    "containerRegistries.registryServer": ["one.azurecr.io", "two.azurecr.io"],
    "resourceId": IDENTITY,
    "targets": ["TemporaryDisk"],
    "licenseType": "Windows_Server",
    "nodePlacementConfiguration.policy": "Zonal",
    "securityProfile.securityType": "confidentialVM",
    "secureBootEnabled": False,
    "enableAutomaticUpdates": False,
    "networkConfiguration.subnetId": f"{NETWORK}/virtualNetworks/v/subnets/s",
    "provision": "UserManaged",
    "ipAddressIds": [f"{NETWORK}/publicIPAddresses/one", f"{NETWORK}/publicIPAddresses/two"],
    "backendPort": 8080,
    "frontendPortRangeStart": 15000,
    "frontendPortRangeEnd": 15100,
    "priority": 150,
    "sourceAddressPrefix": "192.168.1.0/24",
    "sourcePortRanges": ["80", "100-200"],
    "autoScale.formula": "$TargetDedicatedNodes = 1;",
    "evaluationInterval": "PT5M",
    "resizeTimeout": "PT20M",
    "azureFileUrl": "https://account.file.core.windows.net/share",
    "relativeMountPath": ["one", "two", "three", "four", "five", "six"],
    "cifsMountConfiguration.source": "//server/share",
    "nfsMountConfiguration.source": "server:/share",
    "storageContainerUrl": "https://account.blob.core.windows.net/container",
    "httpUrl": "https://account.blob.core.windows.net/container/file",
    "fileMode": "0755",
    "applicationPackages.id": f"{ACCOUNT}/applications/app",
    "userAccounts.name": "render",
    "userIdentity.userName": "render",
    "upgradePolicy.mode": "rolling",
    "maxBatchInstancePercent": 20,
    "maxUnhealthyInstancePercent": 30,
    "maxUnhealthyUpgradedInstancePercent": 40,
    "pauseTimeBetweenBatches": "PT10S",
    "targetNodeCommunicationMode": "Simplified",
    "interNodeCommunication": "Enabled",
}
SECRETS = {"protectedSettings", "password", "accountKey", "sasKey", "sshPrivateKey"}


def trees(source: Any, os_type: str, at: Path = ()) -> list[dict[str, Any]]:
    """Objects of an argument type that together have each of its leaves, and none of which holds a contradiction."""
    known = {name: one for name, one in properties_of(source).items() if wanted((*at, name), os_type)}
    groups = EXCLUSIVE.get(at[-1] if at else "", [set()])
    exclusive = set().union(*groups)
    found: list[dict[str, Any]] = []
    for group in groups:
        if group and not group & set(known):
            continue
        chosen = {name: one for name, one in known.items() if name in group or name not in exclusive}
        ways = {name: values(one, os_type, (*at, name)) for name, one in chosen.items()}
        for index in range(max(len(way) for way in ways.values())):
            found.append({name: way[index % len(way)] for name, way in ways.items()})
    return found


def values(one: Property, os_type: str, at: Path) -> list[Any]:
    """The values that a property takes, one tree of the pool for each."""
    if one.kind == "object":
        inner = trees(one.source, os_type, at)
        return [numbered(inner, at)] if one.is_list else inner
    return [value_of(one, os_type, at)]


def value_of(one: Property, os_type: str, at: Path) -> Any:
    for size in (2, 1):
        key = ".".join(at[-size:])
        if key in VALUES:
            value = VALUES[key]
            return value[os_type] if isinstance(value, dict) and os_type in value else value
    text = ".".join(at[-2:])
    made = {"string": text, "integer": 4, "boolean": True, "map": {text: "value"}}[one.kind]
    made = one.values[-1] if one.values else made
    return [made] if one.is_list else made


def numbered(items: list[dict[str, Any]], at: Path) -> list[dict[str, Any]]:
    """The items of a list, each with its own of the values that are given by item."""

    def pick(tree: Any, path: Path, index: int) -> Any:
        if isinstance(tree, dict):
            return {key: pick(value, (*path, key), index) for key, value in tree.items()}
        key = path[-1] if path[-1] in PER_ITEM else ".".join(path[-2:])
        return tree[index % len(tree)] if key in PER_ITEM and isinstance(tree, list) else tree

    return [pick(item, at, index) for index, item in enumerate(items)]


PER_ITEM = {
    "extensions.name",
    "extensions.publisher",
    "extensions.type",
    "extensions.typeHandlerVersion",
    "containerRegistries.registryServer",
    "relativeMountPath",
}


def wanted(path: Path, os_type: str) -> bool:
    if any(".".join(path[: index + 1]) in LEFT_OUT for index in range(len(path))):
        return False
    if os_type == LINUX:
        return path[-1] not in NOT_ON_LINUX
    top = [name for name in path if name not in MACHINES]
    return (not top or top[0] in ON_WINDOWS) and path[-1] not in NOT_ON_WINDOWS


def in_stack_words(tree: dict[str, Any], name: str) -> dict[str, Any]:
    """A pool of the SDK as a stack file has it: the machines' configuration on the level of the pool."""
    pool = {key: value for key, value in tree.items() if key not in (MACHINES[0], "accountName", "resourceGroupName")}
    pool |= tree[MACHINES[0]][MACHINES[1]]
    return {**pool, "poolName": name, "identity": {"existing": [{"id": IDENTITY}]}}


def as_received(tree: dict[str, Any]) -> dict[str, Any]:
    """The body that Azure must receive for a pool of the SDK; secrets as local Azure keeps them."""
    pool = {key: value for key, value in tree.items() if (key,) not in ADDRESS}
    envelope = {key: pool.pop(key) for key in ENVELOPE if key in pool}
    envelope["identity"] = {path[1]: value for path, value in OWN.items()}
    properties = {"taskSlotsPerNode": 1, **digested(pool)}  # the SDK's own default
    return {**envelope, "properties": properties}


def digested(tree: Any, secret: bool = False) -> Any:
    if isinstance(tree, dict):
        return {key: digested(value, secret or key in SECRETS) for key, value in tree.items()}
    if isinstance(tree, list):
        return [digested(value, secret) for value in tree]
    return f"sha256:{hashlib.sha256(tree.encode()).hexdigest()}" if secret else tree


def paths_in(tree: Any, source: Any = POOL, at: Path = ()) -> Iterator[Path]:
    """The leaves of the SDK that a tree holds."""
    for name, one in properties_of(source).items():
        if not isinstance(tree, dict) or name not in tree:
            continue
        if one.kind != "object":
            yield (*at, name)
            continue
        for item in tree[name] if one.is_list else [tree[name]]:
            yield from paths_in(item, one.source, (*at, name))


POOLS = {f"{os_type}{index}": tree for os_type in (LINUX, WINDOWS) for index, tree in enumerate(trees(POOL, os_type))}

STACK = stack(**{name: in_stack_words(tree, name) for name, tree in POOLS.items()})


def test_the_pools_of_this_test_hold_every_leaf() -> None:
    every = {path for path, _ in leaves() if ".".join(path[:1]) not in LEFT_OUT}
    held = {path for tree in POOLS.values() for path in paths_in(tree)}
    assert every - held == set()
    assert len(every) > 140


def test_editors_know_every_leaf() -> None:
    config = {f"extension-pool:{key}": value for key, value in STACK.items()}
    assert [error.message for error in Draft7Validator(build_stack_schema()).iter_errors({"config": config})] == []


@pytest.fixture(scope="module")
def deployed(new_stack: Callable[..., EngineStack]) -> EngineStack:
    made = new_stack()
    arm = Arm(made.store)
    for path, version in ((GROUP, "2024-03-01"), (IDENTITY, "2023-01-31")):
        assert arm.put(path, {"location": "westeurope"}, version).status < 300
    made.configure(STACK)
    made.up()
    return made


@pytest.mark.parametrize("name", POOLS)
def test_azure_receives_every_leaf(deployed: EngineStack, name: str) -> None:
    assert deployed.body(f"{ACCOUNT}/pools/{name}") == as_received(POOLS[name])


def test_no_leaf_looks_changed_on_the_next_preview(deployed: EngineStack) -> None:
    assert deployed.changed() == {}


def test_no_secret_is_in_the_state_in_clear_text(deployed: EngineStack) -> None:
    state = deployed.export()
    for name in ("accountKey", "sasKey", "sshPrivateKey", "password"):
        shown = {value for tree in POOLS.values() for value in secrets_in(tree, name)}
        assert shown and not [value for value in shown if value in state], name


def secrets_in(tree: Any, name: str) -> Iterator[str]:
    if isinstance(tree, dict):
        for key, value in tree.items():
            yield from [value] if key == name and isinstance(value, str) else secrets_in(value, name)
    elif isinstance(tree, list):
        for value in tree:
            yield from secrets_in(value, name)
