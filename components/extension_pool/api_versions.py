"""What Batch's management API knows in other versions than the one that the component speaks. Pure.

azure-native 3.29 sends API version 2024-07-01. A pool read or written with another version may have properties that
this one does not know: `arm` keeps them as they stand, the component refuses them with the version that they need.
https://learn.microsoft.com/azure/batch/batch-pool-update-properties, and the changelog of azure-mgmt-batch
"""

from __future__ import annotations

from typing import NamedTuple

from .problems import Path, Problem

SPOKEN = "2024-07-01"
"""The API version that azure-native sends for `Pool`."""

NEWEST = "2025-06-01"
"""The newest API version whose properties are all known here."""


class Foreign(NamedTuple):
    """A property that the component has no argument for, and why. do: what to do instead."""

    rule: str
    do: str


def _since(version: str, do: str = "") -> Foreign:
    return Foreign(
        f"needs API version {version} or later, and the component speaks {SPOKEN}",
        do or f"remove it, or keep this pool out of the component until azure-native sends {version}",
    )


FOREIGN: dict[tuple[str, ...], Foreign] = {
    ("taskSchedulingPolicy", "jobDefaultOrder"): _since("2025-06-01"),
    ("publicIPAddressConfiguration", "ipFamilies"): _since("2025-06-01"),
    ("publicIPAddressConfiguration", "ipTags"): _since("2025-06-01"),
    ("dataDisks", "managedDisk"): _since("2025-06-01", "set storageAccountType of the data disk itself, or remove it"),
    ("managedDisk", "diskEncryptionSet"): _since("2025-06-01"),
    ("managedDisk", "securityProfile", "diskEncryptionSet"): _since("2025-06-01"),
    ("diskEncryptionConfiguration", "customerManagedKey"): _since("2025-06-01"),
    ("securityProfile", "proxyAgentSettings"): _since("2025-06-01"),
    ("vmSkuProfile",): _since("2026-08-01"),
    ("hardwareProfile",): _since("2026-08-01"),
    ("deploymentConfiguration", "cloudServiceConfiguration"): Foreign(
        "was known before API version 2024-07-01 only; extensions need virtual machines",
        "move the pool to virtualMachineConfiguration",
    ),
    ("certificates",): Foreign(
        "has no place in the component: Batch retired it, and API version 2025-06-01 no longer knows it",
        "keep the certificates in a key vault and name them in key_vault_certificates",
    ),
}
"""By the end of the path, in ARM's names and without list indexes."""

SAME_AS_NOTHING: dict[str, object] = {"jobDefaultOrder": "None", "ipFamilies": ["IPv4"]}
"""Values that newer versions report of a pool that never asked for any."""


def foreign_at(path: Path) -> Foreign | None:
    """What is known of the property at a path in ARM's names, in whatever case; None where no version here has it."""
    names = tuple(segment.lower() for segment in path if isinstance(segment, str))
    return next((one for end, one in FOREIGN.items() if names[-len(end) :] == tuple(map(str.lower, end))), None)


def refuse_foreign(path: Path, arm_path: Path) -> Problem | None:
    """Why the component does not take the property at a path, if a version of the API has it.

    path: as its author typed it, for the message; arm_path: the same in ARM's names.
    """
    found = foreign_at(arm_path)
    return Problem(path, found.rule, do=found.do) if found else None
