"""Resources as the engine shows them to the pack: a pool that keeps every rule, and what tests change of it."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from policy.judging import Configured, Finding, judge_resource, judge_stack
from policy.model import COMPONENT_TYPE, DISABLED, MANDATORY, Resource, Stack
from policy.rules import RULES

TODAY = date(2026, 6, 1)
POOL = "azure-native:batch:Pool"
IDENTITY = "azure-native:managedidentity:UserAssignedIdentity"
VAULT = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/kv"
URL = "https://kv.vault.azure.net/secrets/tls"
EXTENSIONS = ("deploymentConfiguration", "virtualMachineConfiguration", "extensions")
SETTINGS = "deploymentConfiguration.virtualMachineConfiguration.extensions[0].settings"

KEY_VAULT = {
    "name": "certificates",
    "publisher": "Microsoft.Azure.KeyVault",
    "type": "KeyVaultForLinux",
    "typeHandlerVersion": "3.0",
    "settings": {"secretsManagementSettings": {"pollingIntervalInS": "3600", "observedCertificates": [{"url": URL}]}},
}
MONITOR = {
    "name": "monitor",
    "publisher": "Microsoft.Azure.Monitor",
    "type": "AzureMonitorLinuxAgent",
    "typeHandlerVersion": "1.21",
}

_GOOD: dict[str, Any] = {
    "poolName": "render",
    "vmSize": "Standard_D2s_v5",
    "identity": {"type": "UserAssigned", "userAssignedIdentities": ["/subscriptions/s/x/userAssignedIdentities/own"]},
    "deploymentConfiguration": {
        "virtualMachineConfiguration": {
            "imageReference": {"publisher": "canonical", "offer": "ubuntu-24_04-lts", "sku": "server"},
            "nodeAgentSkuId": "batch.node.ubuntu 24.04",
            "extensions": [KEY_VAULT],
        }
    },
    "networkConfiguration": {"publicIPAddressConfiguration": {"provision": "NoPublicIPAddresses"}},
    "tags": {"environment": "prod"},
}


def urn_of(type_: str, name: str, stack: str = "prod", parent: str = "") -> str:
    before = f"{parent}$" if parent else ""
    return f"urn:pulumi:{stack}::extension-pool::{before}{type_}::{name}"


def pool(change: Mapping[tuple[str | int, ...], Any] | None = None, *, stack: str = "prod", **fields: Any) -> Resource:
    """A raw pool of a production stack that keeps every rule over single pools. change: path -> value; None removes."""
    props = copy.deepcopy(_GOOD)
    for path, value in (change or {}).items():
        _put(props, path, value)
    made = Resource(POOL, "pool", urn_of(POOL, "pool", stack), props, protect=True)
    return replace(made, **fields)


def pool_with(*extensions: Any, **fields: Any) -> Resource:
    """The same with these extensions."""
    return pool({EXTENSIONS: list(extensions)}, **fields)


def component_pool(name: str = "render", *, stack: str = "prod", suffix: str = "pool", **fields: Any) -> Resource:
    """The pool of an ExtensionPool, which is blue-green unless a test says otherwise."""
    parent = urn_of(COMPONENT_TYPE, name, stack)
    resource = f"{name}-{suffix}"
    defaults = {
        "name": resource,
        "urn": urn_of(POOL, resource, stack, COMPONENT_TYPE),
        "parent": parent,
        "delete_before_replace": False,
    }
    return pool(stack=stack, **{**defaults, **fields})


def found(rule: str, resource: Resource, **values: Any) -> list[Finding]:
    """What one rule over single pools says."""
    return judge_resource(resource, only(rule, values), TODAY)


def texts(rule: str, resource: Resource, **values: Any) -> list[str]:
    return [one.text for one in found(rule, resource, **values)]


def found_in(rule: str, *resources: Resource, rollouts: Any = None, **values: Any) -> list[Finding]:
    """What one rule over stacks says."""
    return judge_stack(Stack(resources, rollouts), only(rule, values), TODAY)


def texts_in(rule: str, *resources: Resource, rollouts: Any = None, **values: Any) -> list[str]:
    return [one.text for one in found_in(rule, *resources, rollouts=rollouts, **values)]


def only(rule: str, values: Mapping[str, Any] | None = None) -> dict[str, Configured]:
    """A configuration in which one rule counts and the others are disabled."""
    assert rule in {one.id for one in RULES}
    off = {one.id: Configured(DISABLED) for one in RULES}
    return {**off, rule: Configured(MANDATORY, values or {})}


def without(rule: str) -> dict[str, Configured]:
    """A configuration without one rule."""
    return {rule: Configured(DISABLED)}


def _put(tree: Any, path: tuple[str | int, ...], value: Any) -> None:
    for key in path[:-1]:
        tree = tree[key] if isinstance(key, int) else tree.setdefault(key, {})
    if value is None:
        tree.pop(path[-1], None)
    else:
        tree[path[-1]] = value
