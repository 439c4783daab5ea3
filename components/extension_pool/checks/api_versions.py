"""Properties that newer management APIs of Batch do not have any more.

https://learn.microsoft.com/azure/templates/microsoft.batch/batchaccounts/pools
"""

from __future__ import annotations

from datetime import date

from ..problems import Findings, Path
from ..spec import PoolSettings

_ANNOUNCEMENT = "Azure announced on 2026-05-15 to retire the older ones, https://github.com/Azure/Batch/issues/140"
_REMOVED = ("application_licenses", "target_node_communication_mode", "resource_tags")


def warn_of_removed_properties(pool: PoolSettings, today: date) -> Findings:
    """What management API 2025-06-01 has removed still works with the API that azure-native uses."""
    paths: list[Path] = [(name,) for name in _REMOVED if getattr(pool, name) is not None]
    paths += [
        ("data_disks", index, "storage_account_type")
        for index, disk in enumerate(pool.data_disks or [])
        if disk.storage_account_type is not None
    ]
    findings = Findings()
    for path in paths:
        text = "was removed from Batch's management API with version 2025-06-01, and will stop to work"
        findings += Findings.warning(path, f"{text} ({_ANNOUNCEMENT}); do without it")
    fixed = pool.scale_settings.fixed_scale if pool.scale_settings else None
    if fixed is not None and fixed.node_deallocation_option == "RetainedData":
        path = ("scale_settings", "fixed_scale", "node_deallocation_option")
        text = "RetainedData is not accepted any more from management API version 2026-08-01 on; use TaskCompletion"
        findings += Findings.warning(path, text)
    return findings
