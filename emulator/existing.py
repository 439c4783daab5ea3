"""What is there before anyone deploys: existing.toml, put into a new store through the same ARM code as any PUT."""

from __future__ import annotations

import importlib
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from emulator.store import Store

# tomllib came with Python 3.11; tomli is the same before that.
tomllib = importlib.import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")

PACKAGED = Path(__file__).with_name("existing.toml")


def load(store: Store) -> None:
    """Fill a new store. ValueError names the entry that cannot be read."""
    from emulator.arm import Arm  # the store is below ARM; only its first filling looks up

    choice = os.environ.get("LOCAL_AZURE_EXISTING")
    file = PACKAGED if choice is None else Path(choice) if choice else None
    content: dict[str, Any] = tomllib.loads(file.read_text("utf-8")) if file else {}
    arm = Arm(store, logged=False)
    for entry in content.get("resources", []):
        path, body = _put(content, entry)
        answer = arm.put(path, body)
        if answer.status >= 300:
            raise ValueError(f"{file}: {entry}: {answer.body}")
    store.write_values({"existing": json.dumps({row.id.lower(): row.body for row in store.living()})})


def _put(content: dict[str, Any], entry: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    from emulator.arm.context import TENANT

    subscription = f"/subscriptions/{content['subscription']}"
    body: dict[str, Any] = {"location": entry.get("location", content["location"])}
    if entry["type"] == "group":
        return f"{subscription}/resourceGroups/{entry['name']}", body
    group = f"{subscription}/resourceGroups/{entry['group']}"
    if entry["type"] == "batch-account":
        return f"{group}/providers/Microsoft.Batch/batchAccounts/{entry['name']}", {**body, "properties": {}}
    if entry["type"] == "vault":
        properties = {
            "tenantId": TENANT,
            "sku": {"family": "A", "name": "standard"},
            "enableRbacAuthorization": entry.get("rbac", True),
            "accessPolicies": entry.get("accessPolicies", []),
        }
        return f"{group}/providers/Microsoft.KeyVault/vaults/{entry['name']}", {**body, "properties": properties}
    raise ValueError(f"{entry['type']!r} is not a type that can exist before; it is group, batch-account or vault")
