"""Every published example goes in and comes out unchanged; a new example is a new file in goldens/arm."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from extension_pool.arm import parse_pool, render_pool

EXAMPLES = Path(__file__).parents[1] / "goldens" / "arm"
FILES = sorted(EXAMPLES.rglob("*.json"))

# From the specification's own marks, not from the library: what a body never carries to Azure.
ANSWERED_ONLY = {
    "lastModified",
    "creationTime",
    "provisioningState",
    "provisioningStateTransitionTime",
    "allocationState",
    "allocationStateTransitionTime",
    "currentDedicatedNodes",
    "currentLowPriorityNodes",
    "currentNodeCommunicationMode",
    "autoScaleRun",
    "resizeOperationStatus",
}

# The dual-stack request is published with names that the specification has in another case.
OTHER_CASE = {"inboundNATPools": "inboundNatPools", "nodeAgentSKUId": "nodeAgentSkuId"}


def documents(example: dict[str, Any]) -> list[dict[str, Any]]:
    """The request and the answer of an example, as far as it has them; a list as its first pool."""
    found = [example["parameters"].get("parameters"), example["responses"]["200"]["body"]]
    return [one["value"][0] if "value" in one else one for one in found if one is not None]


def respelt(value: Any) -> Any:
    """The value with the names of the specification."""
    if isinstance(value, dict):
        return {OTHER_CASE.get(key, key): respelt(inner) for key, inner in value.items()}
    return [respelt(one) for one in value] if isinstance(value, list) else value


def writable(body: dict[str, Any]) -> dict[str, Any]:
    """The body as a PUT would carry it."""
    body = respelt(body)
    wanted = {key: copy.deepcopy(body[key]) for key in ("name", "identity", "tags", "properties") if key in body}
    wanted["properties"] = {key: value for key, value in wanted["properties"].items() if key not in ANSWERED_ONLY}
    for one in wanted.get("identity", {}).get("userAssignedIdentities", {}).values():
        one.clear()
    return wanted


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_an_example_survives(path: Path) -> None:
    example = json.loads(path.read_text(encoding="utf-8"))
    address = example["parameters"]
    for body in documents(example):
        arguments = parse_pool(
            body, resource_group_name=address["resourceGroupName"], account_name=address["accountName"]
        )
        assert arguments["resource_group_name"] == address["resourceGroupName"]
        assert arguments["account_name"] == address["accountName"]
        assert render_pool(arguments) == writable(body)


def test_every_published_name_has_its_file_in_both_versions() -> None:
    old, new = (
        {path.stem for path in FILES if path.parent.name == version} for version in ("2024-07-01", "2025-06-01")
    )
    assert new - old == {
        "PoolCreate_DiskEncryptionSet_ForUserSubscriptionAccounts",
        "PoolCreate_DualStackNetworking",
    }
    assert old < new
    assert len(new) == 21


def test_a_list_of_pools_is_read_as_its_one_pool() -> None:
    for version in ("2024-07-01", "2025-06-01"):
        example = json.loads((EXAMPLES / version / "PoolList.json").read_text(encoding="utf-8"))
        listed = example["responses"]["200"]["body"]
        assert render_pool(parse_pool(listed)) == writable(listed["value"][0])
