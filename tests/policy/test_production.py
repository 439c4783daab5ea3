"""Production pools: how an edit reaches them."""

from __future__ import annotations

from typing import Any

import pytest

from policy.model import MANDATORY, UNKNOWN, Secret
from tests.policy.pools import component_pool, found, found_in, pool, texts_in

RULE = "production-rollout"


def test_a_blue_green_pool_hears_nothing() -> None:
    assert texts_in(RULE, component_pool()) == []


@pytest.mark.parametrize("before", [True, None])
def test_a_pool_that_is_deleted_first_is_told_how_it_could_be_tried(before: bool | None) -> None:
    (finding,) = found_in(RULE, component_pool(delete_before_replace=before))
    assert finding.text == (
        "rollout: an edit that Azure refuses deletes the pool before the new one has been tried; set rollout.strategy "
        "to blue-green, or give rollout.canary"
    )
    assert finding.level == MANDATORY


def test_a_canary_stands_for_its_own_pool_only() -> None:
    first = component_pool(delete_before_replace=True)
    canary = component_pool(suffix="canary", delete_before_replace=True, protect=False)
    second = component_pool("sim", delete_before_replace=True)
    assert [one.urn for one in found_in(RULE, first, canary, second)] == [second.urn]


def test_a_canary_is_never_protected_and_nobody_asks_it_to_be() -> None:
    assert found("production-protected", component_pool(suffix="canary", protect=False)) == []
    assert found("production-protected", component_pool(protect=False)) != []


def test_a_raw_pool_is_told_what_it_lacks() -> None:
    (text,) = texts_in(RULE, pool(delete_before_replace=False))
    assert text == (
        "A pool of azure-native alone has neither a gate nor a canary: an edit deletes it, jobs and all; build it with "
        "ExtensionPool, and a rollout"
    )


@pytest.mark.parametrize(
    ("rollouts", "off"),
    [
        ({"render": {"strategy": "blue-green", "gate": {"enabled": False}}}, True),
        ({"render": {"strategy": "blue-green", "gate": {"require": "95%"}}}, False),
        ({"render": {"strategy": "blue-green"}}, False),
        ({"render": None}, False),
        ({"render": {"gate": {"enabled": Secret(False)}}}, True),
        ({"render": {"gate": UNKNOWN}}, False),
        ({"other": {"gate": {"enabled": False}}}, False),
        (None, False),
    ],
)
def test_a_gate_that_the_stack_file_turns_off_is_told(rollouts: Any, off: bool) -> None:
    said = texts_in(RULE, component_pool(), rollouts=rollouts)
    assert [text.startswith("rollout.gate.enabled: without a gate the old pool goes") for text in said] == [True] * off


def test_a_development_stack_is_left_alone() -> None:
    assert texts_in(RULE, component_pool(stack="dev", delete_before_replace=True)) == []
    assert texts_in(RULE, component_pool(stack="dev", delete_before_replace=True), stacks=["dev"]) != []
