"""ARM documents for tests, and what becomes of them."""

from typing import Any

import pytest

from extension_pool.arm import parse_pool
from extension_pool.problems import InvalidInput
from extension_pool.spec import PoolSpec
from extension_pool.validation import parse_model

GROUP = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-batch"
ID = f"{GROUP}/providers/Microsoft.Batch/batchAccounts/contosobatch/pools/render"
IDENTITY = f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/nodes"
CLIENT = "11111111-2222-3333-4444-555555555555"
PLACE = {"resource_group_name": "rg-batch", "account_name": "contosobatch"}
MACHINE = {
    "imageReference": {"publisher": "canonical", "offer": "ubuntu-24_04-lts", "sku": "server"},
    "nodeAgentSkuId": "batch.node.ubuntu 24.04",
}


def body(**properties: Any) -> dict[str, Any]:
    machine = {**MACHINE, **properties.pop("machine", {})}
    deployment = {"virtualMachineConfiguration": machine}
    return {"properties": {"vmSize": "Standard_D2s_v5", "deploymentConfiguration": deployment, **properties}}


def problems(document: Any, **options: Any) -> list[str]:
    with pytest.raises(InvalidInput) as raised:
        parse_pool(document, **{**PLACE, **options})
    return str(raised.value).splitlines()


def refused(arguments: Any) -> list[str]:
    """What the component says of arguments."""
    with pytest.raises(InvalidInput) as raised:
        parse_model(PoolSpec, dict(arguments), lambda _: [], stack_words=False)
    return str(raised.value).splitlines()


def template(*resources: Any, **rest: Any) -> dict[str, Any]:
    schema = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
    return {"$schema": schema, "contentVersion": "1.0.0.0", "resources": list(resources), **rest}


def pool(name: str = "contosobatch/render", **rest: Any) -> dict[str, Any]:
    return {"type": "Microsoft.Batch/batchAccounts/pools", "apiVersion": "2024-07-01", "name": name, **body(), **rest}
