"""What Azure Batch refuses on an existing pool, entry by entry, each with its source.

Written from batch.md 1.2 and 1.3 alone. It does not know how the library classifies edits; it must be able to say no.
"""

from __future__ import annotations

from typing import Any

from emulator.arm.context import ArmError, invalid, request_stamp
from emulator.arm.pool_defaults import canonical, with_defaults

# From this version on "all other updateable properties" may change on a pool with zero nodes
# (learn.microsoft.com azure/batch/batch-pool-update-properties, 2025-04).
ZERO_NODES_SINCE = "2024-07-01"

# Accepted on a pool with nodes, any api-version; nodes may need a reboot to pick it up
# (learn.microsoft.com azure/batch/batch-pool-update-properties, 2025-04).
ALWAYS = frozenset({"applicationPackages", "metadata", "scaleSettings", "startTask"})

# The same list, until 2025-06-01 took certificates out of the API (azure-mgmt-batch CHANGELOG).
CERTIFICATES_UNTIL = "2025-06-01"

# The identity is accepted as well, but only VMs created after the pool shrank to 0 get the new set
# (batch-pool-update-properties, FAQ; BatchPoolIdentity in Pool.tsp). It is outside `properties`, so no entry here
# refuses it.

# Nor does one refuse `tags`, which every ARM resource keeps beside its properties; no page says otherwise. A judgement.

# Every other property is refused when it changes. For deploymentConfiguration, of which the extensions are a part, and
# networkConfiguration that was seen in the field: Azure/Batch#85, Azure/Batch#153, Azure/azapi#263,
# azure-sdk-for-net#40325. For the others it follows from the page's list, which does not have them.

# Empty ones are refused on re-deployment: leave them out instead (bicep#7902, api 2022-06-01). The code is a judgement.
NOT_EMPTY = ("userAccounts", "mountConfiguration", "applicationLicenses", "displayName")

MESSAGE = "A property that cannot be updated was specified as part of the request."


def refuse(old: dict[str, Any], new: dict[str, Any], *, api_version: str, nodes: int, mode: str, now: float) -> None:
    """ArmError when Azure would refuse the PUT of `new` over `old` (envelopes with `properties`, secrets as digests).

    mode: "strict" refuses at any node count, as the page "Use extensions with Batch pools" says of extensions;
    "zero-nodes-allowed" lets an empty pool change from 2024-07-01 on. The pages conflict (batch.md 0.3).
    """
    properties = new.get("properties") or {}
    for name in NOT_EMPTY:
        if name in properties and properties[name] in ([], ""):
            raise invalid(name, "(empty)", "Leave it out instead of sending it empty.")
    changed = changes(old, new, api_version)
    if not changed:
        return
    if mode == "zero-nodes-allowed" and nodes == 0 and api_version >= ZERO_NODES_SINCE:
        return
    raise cannot_be_updated(changed[0], now)


def changes(old: dict[str, Any], new: dict[str, Any], api_version: str) -> list[str]:
    """Paths of what changed and is not in the list of what may change, in the service's order of naming.

    Left out and sent with its default are the same; a protected setting is compared by its digest, so that a rotation
    in place is seen. Order inside arrays with x-ms-identifiers says nothing.
    """
    before = with_defaults(old.get("properties") or {}, api_version)
    after = with_defaults(new.get("properties") or {}, api_version)
    allowed = ALWAYS | ({"certificates"} if api_version < CERTIFICATES_UNTIL else frozenset())
    names = sorted((set(before) | set(after)) - allowed)
    return [
        f"properties.{name}" for name in names if canonical(before.get(name), name) != canonical(after.get(name), name)
    ]


def cannot_be_updated(path: str, now: float) -> ArmError:
    """400 with exactly the three details seen in Azure/Batch#85, azapi#263 and azure-sdk-for-net#40325.

    PropertyName is the top-level name: for an extension it is deploymentConfiguration, never extensions.
    """
    return ArmError(
        400,
        "PropertyCannotBeUpdated",
        MESSAGE + request_stamp(now),
        target="BatchAccount",
        details=[
            {"code": "Reason", "message": MESSAGE},
            {"code": "PropertyName", "message": path.rsplit(".", 1)[-1]},
            {"code": "PropertyPath", "message": path},
        ],
    )
