"""Properties that newer management APIs do not have."""

from typing import Any

import pytest

from .pools import findings, notices

REMOVED = "was removed from Batch's management API with version 2025-06-01"


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"application_licenses": ["maya"]}, "application_licenses"),
        ({"target_node_communication_mode": "Simplified"}, "target_node_communication_mode"),
        ({"resource_tags": {"a": "b"}}, "resource_tags"),
        (
            {"data_disks": [{"lun": 0, "disk_size_gb": 1, "storage_account_type": "Premium_LRS"}]},
            "data_disks[0].storage_account_type",
        ),
    ],
)
def test_removed_properties_warn_with_the_date(changes: dict[str, Any], path: str) -> None:
    assert findings(**changes).problems == ()
    (warning,) = notices(**changes)
    assert warning.startswith(f"{path}: {REMOVED}")
    assert "2026-05-15" in warning


def test_a_value_that_newer_versions_refuse_warns() -> None:
    def scale(option: str) -> dict[str, Any]:
        return {"fixed_scale": {"target_dedicated_nodes": 1, "node_deallocation_option": option}}

    (warning,) = notices(scale_settings=scale("RetainedData"))
    assert "from management API version 2026-08-01 on" in warning
    assert notices(scale_settings=scale("Requeue")) == []


def test_what_newer_versions_have_says_nothing() -> None:
    assert notices(data_disks=[{"lun": 0, "disk_size_gb": 1}], tags={"a": "b"}, metadata=[]) == []
