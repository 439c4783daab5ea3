"""The vendor page's two pools: what Azure receives is what the page prints.

Expected side: the page. Actual side: the log of local Azure.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from emulator import Arm
from tests.on_engine.stack import EngineStack

GOLDENS = Path(__file__).parents[1] / "goldens"

# The page leaves it out; azure-native always sends the service's own default.
ADDED_BY_THE_SDK = {"taskSlotsPerNode": 1}

# Left to Pulumi and to the address of the request.
NOT_IN_THE_BODY = ("name", "type")


def with_the_pages_identity(stack: EngineStack, identity: str) -> str:
    """Makes what the page takes as given: account and identity; the identity's principal id."""
    arm = Arm(stack.store)
    subscription, group = identity.split("/")[2], identity.split("/")[4]
    for name in ("rg-page", group):
        for owner in {subscription, "00000000-0000-0000-0000-000000000000"}:
            put(arm, f"/subscriptions/{owner}/resourcegroups/{name}", {"location": "westus2"}, "2024-03-01")
    account = (
        "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-page/providers/Microsoft.Batch"
        "/batchAccounts/pageaccount"
    )
    put(arm, account, {"location": "westus2"}, "2024-07-01")
    created = put(arm, identity, {"location": "westus2"}, "2023-01-31")
    return str(created["properties"]["principalId"])


def put(arm: Arm, path: str, body: dict[str, Any], version: str) -> dict[str, Any]:
    answer = arm.put(path, body, version)
    assert answer.status < 300, answer
    return dict(answer.body)


@pytest.mark.parametrize("os_type", ["linux", "windows"])
@pytest.mark.parametrize(("way", "folder"), [("extensions", "vendor_page"), ("certificates", "certificates")])
def test_azure_receives_what_the_page_prints(
    new_stack: Callable[..., EngineStack], os_type: str, way: str, folder: str
) -> None:
    golden = GOLDENS / folder / f"{os_type}.json"
    page = json.loads(golden.read_text(encoding="utf-8"))
    made = new_stack("vendor_page.py")
    (identity,) = page["identity"]["userAssignedIdentities"]
    principal = with_the_pages_identity(made, identity)
    made.configure({"body": str(golden), "way": way, "principal": principal})
    printed = made.up()

    received = made.body("pools/test1")
    expected = {key: value for key, value in page.items() if key not in NOT_IN_THE_BODY}
    expected["properties"] = {**page["properties"], **ADDED_BY_THE_SDK}
    assert received == expected

    assert "announced to retire the DSv2 family of STANDARD_DS2_V2" in printed
    assert "use Standard_D2s_v5 (Dsv5)" in printed
    past_support = "Batch's support of the image microsoftcblmariner cbl-mariner cbl-mariner-2 ended on 2025-07-30"
    assert (past_support in printed) == (os_type == "linux")
