"""Grants in all their forms on the real engine: do the nodes get their certificates?"""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from emulator import Arm
from engine.processes import run
from tests.on_engine.config import pool, stack
from tests.on_engine.stack import ROOT, EngineStack

OURS = "00000000-0000-0000-0000-000000000000"
OTHERS = "44444444-4444-4444-4444-444444444444"
PLATFORM = "/subscriptions/{}/resourceGroups/rg-platform"
SOMEBODY = {
    "tenantId": "11111111-1111-1111-1111-111111111111",
    "objectId": "55555555-5555-5555-5555-555555555555",
    "permissions": {"secrets": ["get"]},
}


@pytest.fixture
def made(new_stack: Callable[..., EngineStack]) -> Iterator[EngineStack]:
    stack_ = new_stack()
    yield stack_
    stack_.local.stop_azure()


def a_vault(made: EngineStack, name: str, rbac: bool, subscription: str = OURS) -> str:
    """A vault of somebody else's making; its id."""
    arm, group = Arm(made.store), PLATFORM.format(subscription)
    properties = {
        "tenantId": SOMEBODY["tenantId"],
        "sku": {"family": "A", "name": "standard"},
        "enableRbacAuthorization": rbac,
        "accessPolicies": [] if rbac else [SOMEBODY],
    }
    vault = f"{group}/providers/Microsoft.KeyVault/vaults/{name}"
    for path, body in ((group, {}), (vault, {"properties": properties})):
        answer = arm.put(path, {"location": "westeurope", **body}, "2024-03-01" if path == group else "2024-11-01")
        assert answer.ok, answer
    return vault


def reads_from(vault: str, **access: Any) -> dict[str, Any]:
    """A stack whose pool reads a certificate from a vault."""
    url = f"https://{vault.rsplit('/', 1)[1]}.vault.azure.net/secrets/tls"
    return stack(linux=pool(keyVaultCertificates=[url], keyVaultAccess=[{"vaultId": vault, **access}]))


def verdict(made: EngineStack) -> tuple[int, str]:
    """Exit code of `extension-pool status` once the nodes have had all the time they may need, and what it prints."""
    made.local.start_azure()
    made.store.clock.advance(7 * 24 * 3600)
    command = [ROOT / ".venv" / "bin" / "extension-pool", "status", "--stack", made.name]
    result = run(command, env=made.local.environment(), cwd=made.local.project.copy, capture=True, timeout=60)
    return result.returncode, result.stdout + result.stderr


def test_a_vault_with_access_policies_gets_an_entry_and_keeps_the_others(made: EngineStack) -> None:
    vault = a_vault(made, "kv-policies", rbac=False)
    made.configure(reads_from(vault))
    assert "linux-vault-access" in made.changed()
    made.up()
    made.pulumi("up", "--yes", "--skip-preview", "--expect-no-changes")
    made.pulumi("refresh", "--yes", "--expect-no-changes")
    assert verdict(made)[0] == 0
    assert len(policies(made, vault)) == 2

    tagged = reads_from(vault)
    tagged["pools"]["linux"]["identity"] = {"tags": {"team": "render"}}
    made.configure(tagged)
    assert made.changed() == {"linux-identity": "update"}

    made.pulumi("destroy", "--yes", "--skip-preview")
    assert [one["objectId"] for one in policies(made, vault)] == [SOMEBODY["objectId"]]


def policies(made: EngineStack, vault: str) -> list[dict[str, Any]]:
    answer = Arm(made.store).get(vault, "2024-11-01")
    assert answer.body is not None
    return list(answer.body["properties"]["accessPolicies"])


def test_a_grant_of_one_secret_is_enough_for_that_certificate(made: EngineStack) -> None:
    vault = a_vault(made, "kv-roles", rbac=True)
    made.configure(reads_from(vault, secretName="tls"))
    made.up()
    assert verdict(made)[0] == 0


def test_the_twin_with_a_grant_of_another_secret_is_not(made: EngineStack) -> None:
    vault = a_vault(made, "kv-roles", rbac=True)
    made.configure(reads_from(vault, secretName="another"))
    made.up()
    code, printed = verdict(made)
    assert code == 1 and "Failed to download one or more certificates" in printed


def test_a_vault_in_another_subscription_is_granted_by_its_id(made: EngineStack) -> None:
    vault = a_vault(made, "kv-elsewhere", rbac=True, subscription=OTHERS)
    made.configure(reads_from(vault))
    assert "keyVaultAccess[0].mode" in made.up_fails() or "key_vault_access[0].mode" in made.printed
    made.configure(reads_from(vault, mode="rbac"))
    made.up()
    grant = next(one for one in made.changes() if "/roleAssignments/" in one.path)
    assert grant.path.startswith(f"/subscriptions/{OTHERS}/")
    assert verdict(made)[0] == 0


def test_several_vaults_are_granted_side_by_side(made: EngineStack) -> None:
    vaults = [a_vault(made, name, rbac) for name, rbac in (("kv-one", True), ("kv-two", False))]
    urls = [f"https://{vault.rsplit('/', 1)[1]}.vault.azure.net/secrets/tls" for vault in vaults]
    access = [{"vaultId": vaults[0]}, {"vaultId": vaults[1], "name": "two"}]
    made.configure(stack(linux=pool(keyVaultCertificates=urls, keyVaultAccess=access)))
    made.up()
    assert verdict(made)[0] == 0
    made.configure(stack(linux=pool(keyVaultCertificates=urls, keyVaultAccess=access[::-1])))
    assert made.changed() == {}


def test_the_chosen_identity_of_several_reads_the_certificates(made: EngineStack) -> None:
    arm = Arm(made.store)
    group = PLATFORM.format(OURS)
    arm.put(group, {"location": "westeurope"}, "2024-03-01")
    ids = [f"{group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{name}" for name in ("one", "two")]
    for identity in ids:
        assert arm.put(identity, {"location": "westeurope"}, "2023-01-31").ok
    existing = [{"id": ids[0]}, {"id": ids[1], "readsCertificates": True}]
    made.configure(stack(linux=pool(identity={"existing": existing})))
    made.up()
    assert made.outputs()["pools"]["linux"]["identityId"] == ids[1]
    assert sorted(made.body("pools/linux")["identity"]["userAssignedIdentities"]) == ids
    assert verdict(made)[0] == 0
    made.configure(stack(linux=pool(identity={"existing": existing[::-1]})))
    assert made.changed() == {}


def test_a_pool_without_an_identity_goes_up(made: EngineStack) -> None:
    made.configure(stack(linux=pool(identity={"create": False}, keyVaultCertificates=None)))
    made.up()
    assert "identity" not in made.body("pools/linux")
    assert made.outputs()["pools"]["linux"].get("identityId") is None


def test_a_new_grant_is_waited_for_visibly_and_only_once(made: EngineStack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EXTENSION_POOL_GRANT_WAIT")
    monkeypatch.setattr("engine.sealed.GRANT_WAIT", {})
    made.store.set("role_propagation_seconds", 3000)
    vault = a_vault(made, "kv-roles", rbac=True)
    # a second here is more than an hour of local Azure
    made.configure(reads_from(vault, wait="PT1S"))
    printed = made.up()
    assert "linux-vault-access: created; waiting 1 s until Azure honours it everywhere" in printed
    code, report = verdict(made)
    assert code == 0, report

    made.configure(reads_from(vault, wait="PT10M"))
    started = time.monotonic()
    again = made.up("--expect-no-changes")
    assert "waiting" not in again
    assert time.monotonic() - started < 60


def test_the_twin_that_does_not_wait_ends_with_unusable_nodes(made: EngineStack) -> None:
    made.store.set("role_propagation_seconds", 3000)
    vault = a_vault(made, "kv-roles", rbac=True)
    made.configure(reads_from(vault, wait="PT0S"))
    made.up()
    code, printed = verdict(made)
    assert code == 1 and "unusable" in printed
