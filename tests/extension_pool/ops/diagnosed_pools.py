"""Pools to diagnose: one node for each case, judged as the command judges it."""

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

from extension_pool.ops.diagnosis import Finding, diagnose
from extension_pool.ops.health import judge_pool
from extension_pool.ops.snapshot import (
    Answer,
    Node,
    NodeExtension,
    NodeReading,
    Pool,
    PoolExtension,
    PoolReading,
    Status,
)

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=timezone.utc)
TODAY = NOW.date()
BOOTED = NOW - timedelta(minutes=5)
IDENTITY = "/subscriptions/0a/resourceGroups/rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-linux"
CLIENT = "885b1a3d-f13c-4030-afcf-9f05044d78dc"
SETTINGS = {
    "secretsManagementSettings": {
        "requireInitialSync": True,
        "observedCertificates": [
            {"url": "https://kv-one.vault.azure.net/secrets/web"},
            {"url": "https://kv-two.vault.azure.net/secrets/api/0123456789abcdef"},
        ],
    },
    "authenticationSettings": {"msiClientId": CLIENT},
}
KEY_VAULT = PoolExtension("kv", "Microsoft.Azure.KeyVault", "KeyVaultForLinux", "3.0", SETTINGS)
GPU = PoolExtension("gpu", "Microsoft.HpcCompute", "NvidiaGpuDriverLinux", "1.6")
POOL = Pool(
    id="linux",
    state="active",
    allocation_state="steady",
    expected=("kv",),
    target_nodes=1,
    target_dedicated=1,
    extensions=(KEY_VAULT, GPU),
    identities=(IDENTITY,),
)
OF_POOL = {one.name: one for one in POOL.extensions}


def status(word: str, message: str = "", name: str = "kv", code: str = "") -> NodeExtension:
    """An extension of the pool on a node, with `ProvisioningState/<word>`."""
    kind = OF_POOL.get(name, PoolExtension(name))
    code = code or f"ProvisioningState/{word}"
    return NodeExtension(
        name, kind.publisher, kind.type, kind.version, statuses=(Status(code, message=message, time=NOW),)
    )


def node(*extensions: NodeExtension, id: str = "n1", state: str = "idle", **more: Any) -> NodeReading:
    answer = more.pop("answer", Answer.ANSWERED)
    problem = more.pop("problem", None)
    return NodeReading(Node(id, state, **{"booted": BOOTED, **more}), answer, extensions, problem)


def told(*nodes: NodeReading, pool: Pool = POOL, expected: tuple[str, ...] | None = None, **more: Any) -> list[Finding]:
    """The findings of a pool of these nodes."""
    wanted = replace(pool, target_nodes=len(nodes)) if pool.target_nodes == 1 else pool
    health = judge_pool(PoolReading(wanted, nodes), "acct", expected)
    return list(diagnose(health, **{"today": TODAY, "now": NOW, **more}))


def one(*nodes: NodeReading, **more: Any) -> Finding:
    (finding,) = told(*nodes, **more)
    return finding


def cause(finding: Finding) -> str | None:
    return finding.cause.id if finding.cause else None
