"""Every setting of local Azure with its default; durations are seconds of the virtual clock
unless they say otherwise.

The durations are judgements in the class of what the facts name (pool delete "minutes", role assignments "up to 10
minutes", identities that lag in the directory): long enough to be seen, short enough at 60 times real time.

Grants that come late
    A Key Vault extension with requireInitialSync tries 25 times with growing pauses (emulator.batch.nodes). Its first
    try is `pool_resize_seconds` * 0.5 to 0.905 + `node_boot_seconds` + `extension_seconds` after its node was created,
    90 to 115 seconds by default. The last try is `key_vault_retry_seconds` after the first: 900 seconds by default,
    with pauses from 2 to 73 seconds. How long the real pauses are is not published. A role assignment counts
    `role_propagation_seconds` after its PUT. A node whose tries all came before that ends as `unusable`, and stays so.

    By default the tries last longer than the 10 minutes that Azure documents for role assignments, so that a pool made
    at once after its grant recovers. A pool that did not wait for its grant fails with `role_propagation_seconds` 600
    and `key_vault_retry_seconds` 300: the last try comes less than 7 minutes after the node was created. Both are read
    when nodes are looked at, so they hold for role assignments and nodes that are there already.
"""

from __future__ import annotations

DEFAULTS: dict[str, str] = {
    # What PUT does on an existing pool: "strict" refuses at any node count what the pages call not updatable,
    # "zero-nodes-allowed" accepts it on an empty pool from api-version 2024-07-01 on (two Microsoft pages conflict).
    "pool_updates": "strict",
    # Shape of the extension status on the data plane: "spec" as in the REST examples, "documented" as on the page
    # "Use extensions with Batch pools" (numeric level, settings as JSON text, no provisioningState).
    "status_shape": "spec",
    # What a Key Vault extension that gets no certificate says: the documented sentence, or that and what the vault said
    # ("in-full").
    "key_vault_messages": "documented",
    # Casing of the group segment in the id that an identity's PUT returns: "resourceGroups", or "resourcegroups" as in
    # the published example IdentityCreate.json.
    "identity_id_segment": "resourceGroups",
    # Deleted vaults keep their name (Key Vault soft delete); "off" forgets them at once.
    "vault_soft_delete": "on",
    # Extensions beyond Batch's list, as after a support request: "publisher/type, publisher/type".
    "also_allowed_extensions": "",
    # Pools per account; 100 by default, up to 500 on request (batch-quota-limit.md).
    "pool_quota": "100",
    # Nodes that come after others left the pool get ids of those that are gone ("on"), or new ones. The REST reference
    # only says that an id may be used again.
    "node_ids_reused": "off",
    # May an unusable node be rebooted or reimaged? The REST reference says only idle or running ones ("refused").
    "unusable_restarts": "refused",
    # Is there a reimage? "refused": only for pools of cloud services, as azure-batch 15.1 still says.
    "node_reimage": "allowed",
    # What the list of a node's extensions answers while the node has no VM: an empty list, 409 or 404. No page says.
    "extensions_without_vm": "empty",
    # REAL seconds that every answer of the data plane takes longer, without holding up others.
    "latency_seconds": "0",
    "pool_resize_seconds": "60",
    "pool_delete_seconds": "120",
    "account_delete_seconds": "60",
    "group_delete_seconds": "30",
    "node_boot_seconds": "30",
    # From the order until the VM has booted again.
    "node_reboot_seconds": "60",
    "node_reimage_seconds": "120",
    "node_removal_seconds": "60",
    "start_task_seconds": "20",
    "extension_seconds": "30",
    # How long a Key Vault extension with requireInitialSync spreads its 25 tries before it reports an error.
    "key_vault_retry_seconds": "900",
    # How long a task runs whose environment does not set LOCAL_AZURE_TASK_SECONDS.
    "task_seconds": "60",
    "role_propagation_seconds": "60",
    "identity_replication_seconds": "60",
}

CHOICES: dict[str, tuple[str, ...]] = {
    "pool_updates": ("strict", "zero-nodes-allowed"),
    "status_shape": ("spec", "documented"),
    "identity_id_segment": ("resourceGroups", "resourcegroups"),
    "vault_soft_delete": ("on", "off"),
    "key_vault_messages": ("documented", "in-full"),
    "node_ids_reused": ("on", "off"),
    "unusable_restarts": ("refused", "allowed"),
    "node_reimage": ("allowed", "refused"),
    "extensions_without_vm": ("empty", "409", "404"),
}


def checked(name: str, value: str) -> str:
    """`value` when it is allowed for the setting `name`; ValueError names what is."""
    if name not in DEFAULTS:
        raise ValueError(f"local Azure has no setting {name!r}; it has: {', '.join(sorted(DEFAULTS))}")
    if name in CHOICES and value not in CHOICES[name]:
        raise ValueError(f"{name}: {value!r} is not allowed; allowed are {', '.join(CHOICES[name])}")
    if name.endswith("_seconds") and float(value) < 0:
        raise ValueError(f"{name}: {value!r} is negative")
    return value
