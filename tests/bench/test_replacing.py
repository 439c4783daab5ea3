import json
from dataclasses import replace
from typing import Any

import pytest

from bench.replacing import MOST, Round, compare, previewed_changes

POOL = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Batch/batchAccounts/a/pools/render"
OTHER = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/nodes"
REPLACED = (("DELETE", POOL, None), ("PUT", POOL, {"properties": {"vmSize": "Standard_D2s_v5"}}))


def edit(preview: float = 2.0, up: float = 3.0, **changes: Any) -> Round:
    return replace(Round(preview, up, {"render-pool": "replace"}, REPLACED), **changes)


def test_the_middle_preview_and_the_middle_replacement_of_each_are_compared() -> None:
    preview, up = compare(
        [
            (edit(2.1, 9.0), edit(2.0, 3.0), edit(1.4, 2.0)),
            (edit(8.0, 3.2), edit(7.0, 8.0), edit(6.0, 5.0)),
            (edit(1.0, 1.0), edit(1.0, 1.0), edit(1.0, 1.0)),
        ]
    )
    assert (preview.measured, preview.baseline, preview.bare) == (2.1, 2.0, 1.4)
    assert (up.measured, up.baseline, up.bare) == (3.2, 3.0, 2.0)
    assert preview.met
    assert up.met
    assert "the middle of 3 runs in turns, the slowest 8.00 s, 7.00 s and 6.00 s" in preview.note


def test_a_component_that_is_much_slower_than_its_children_misses_the_target() -> None:
    preview, up = compare([(edit(2.0 * MOST + 0.1, 3.0), edit(2.0, 3.0), edit(9.0, 9.0))])
    assert not preview.met
    assert up.met


@pytest.mark.parametrize(
    "wrong",
    [
        {"previewed": {"render-pool": "update"}},
        {"previewed": {"render-pool": "replace", "render-vault-access": "replace"}},
        {"asked": (("PUT", POOL, {}),)},
        {"asked": ()},
        {"asked": (*REPLACED, ("PUT", OTHER, {}))},
        {"asked": (REPLACED[0], ("PUT", POOL, {"properties": {"vmSize": "Standard_D4s_v5"}}))},
    ],
)
def test_times_of_anything_but_the_same_replacement_count_for_nothing(wrong: dict[str, Any]) -> None:
    others = (edit(), edit())
    for one in ((edit(**wrong), *others), (others[0], edit(**wrong), others[1]), (*others, edit(**wrong))):
        rows = compare([(edit(), edit(), edit()), one])
        assert not any(row.met for row in rows)
        assert all("did not replace the same pool" in row.note for row in rows)


def test_a_round_that_did_not_replace_the_pool_in_any_counts_for_nothing() -> None:
    nothing = edit(previewed={}, asked=())
    assert not any(row.met for row in compare([(nothing, nothing, nothing)]))


def test_a_preview_is_read_as_what_it_would_change() -> None:
    operations = {
        "extension-pool-bench": "same",
        "render-vault-access": "same",
        "render-identity": "update",
    }
    steps = [{"urn": f"urn:pulumi:bench::p::t::{name}", "op": op} for name, op in operations.items()]
    halves = ("delete-replaced", "replace", "create-replacement")
    steps += [{"urn": "urn:pulumi:bench::p::t::render-pool", "op": op} for op in halves]
    assert previewed_changes(json.dumps({"steps": steps})) == {"render-identity": "update", "render-pool": "replace"}
