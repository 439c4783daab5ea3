"""Grants on key vaults."""

from typing import Any

from extension_pool.problems import Findings

from .pools import findings, problems

VAULT = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/kv1"


def grant(vault: str = VAULT, **more: Any) -> dict[str, Any]:
    return {"vault_id": vault, "mode": "rbac", **more}


def test_several_grants_are_told_apart_by_name() -> None:
    (first, second) = problems(key_vault_access=[grant(), grant(VAULT + "2")])
    assert second.startswith("key_vault_access[1].name: must tell this grant from the others")
    assert findings(key_vault_access=[grant(), grant(VAULT + "2", name="two")]) == Findings()
    assert first.startswith("key_vault_access[0].name")
