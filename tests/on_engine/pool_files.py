"""What stacks of the program pools_from_file.py share: their file, and what is in Azure before them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from emulator import Arm, Store
from tests.on_engine.stack import EngineStack
from tests.on_engine.test_leaves import GROUP, IDENTITY, SUBSCRIPTION

OTHER_IDENTITY = IDENTITY.replace("/nodes", "/others")
UNLISTED = "Contoso/Agent, Contoso2/Agent, Contoso/Agent2"
OTHER_GROUP = "rg-beside"
ACCOUNTS = {"testaccount": "rg-test", "accountbeside": "rg-test", "accountelsewhere": OTHER_GROUP}
TENANT = "99999999-9999-9999-9999-999999999999"
VAULT = f"{SUBSCRIPTION}/resourceGroups/rg-test/providers/Microsoft.KeyVault/vaults/kv-test"


def put_surroundings(store: Store) -> None:
    """Groups, accounts, identities and a vault; room for many pools, and extensions of Contoso's."""
    store.set("pool_quota", "1000")
    store.set("also_allowed_extensions", UNLISTED)
    arm = Arm(store)
    bodies: list[tuple[str, str, dict[str, Any]]] = [
        (path, "2024-03-01", {}) for path in (GROUP, *(_group(name) for name in set(ACCOUNTS.values())))
    ]
    for account, group in ACCOUNTS.items():
        bodies.append((f"{_group(group)}/providers/Microsoft.Batch/batchAccounts/{account}", "2024-07-01", {}))
    bodies += [(path, "2023-01-31", {}) for path in (IDENTITY, OTHER_IDENTITY)]
    sku = {"family": "A", "name": "standard"}
    vault = {"tenantId": TENANT, "sku": sku, "enableRbacAuthorization": True}
    bodies.append((VAULT, "2024-11-01", {"properties": vault}))
    for path, version, body in bodies:
        answer = arm.put(path, {"location": "westeurope", **body}, version)
        assert answer.ok, answer


def _group(name: str) -> str:
    return f"{SUBSCRIPTION}/resourceGroups/{name}"


def write_pools(stack: EngineStack, pools: Mapping[str, Any], **more: Any) -> None:
    """Writes the file that the stack's program reads; ``more`` stands beside its pools."""
    file = stack.file.parents[2] / "pools.json"
    file.write_text(json.dumps({"pools": pools, "sources": {}, **more}), encoding="utf-8")
    stack.configure({"file": str(file)})
