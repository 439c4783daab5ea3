"""How changes are rolled out."""

import pytest

from extension_pool.checks import check_pool
from extension_pool.checks.rollout import check_order, in_order
from extension_pool.problems import InvalidInput
from extension_pool.spec import PoolSettings, PoolSpec
from extension_pool.validation import parse_model

from .pools import TODAY, extension, notices, pool, problems


def test_a_blue_green_pool_needs_room_in_its_name() -> None:
    green = {"strategy": "blue-green"}
    assert problems(pool_name="a" * 56, rollout=green) == [
        f'pool_name: must be at most 55 characters with the strategy blue-green, which adds nine, got "{"a" * 56}"; '
        "shorten it"
    ]
    assert problems(pool_name="a" * 55, rollout=green) == []
    assert problems(pool_name="a" * 56, rollout={"strategy": "delete-first"}) == []
    assert problems(pool_name="a" * 56) == []


def test_a_version_of_nothing_deserves_a_warning() -> None:
    versioned = extension("AzureMonitorLinuxAgent", protected_settings_version="1")
    assert notices(extensions=[versioned])[0] == (
        "extensions[0].protected_settings_version: has no effect: the extension has no protected_settings"
    )
    assert not [
        one
        for one in notices(extensions=[{**versioned, "protected_settings": {"proxy": {}}}])
        if "has no effect" in one
    ]


def test_a_canary_takes_sixteen_characters_of_the_name() -> None:
    canary = {"canary": {"nodes": 1}}
    assert problems(pool_name="a" * 48, rollout=canary) == []
    assert problems(pool_name="a" * 49, rollout=canary)[0].startswith(
        "pool_name: must be at most 48 characters with a canary"
    )


def test_what_the_strategy_has_no_use_for_is_refused() -> None:
    assert problems(rollout={"size": "live"})[0].startswith("rollout.size: must be declared")
    assert problems(rollout={"size": "live", "strategy": "blue-green"}) == []
    blue_green = {"strategy": "blue-green", "canary": {"nodes": 1}}
    assert problems(rollout=blue_green)[0].startswith("rollout.canary: must be left out")
    no_gate = {"canary": {"nodes": 1}, "gate": {"enabled": False}}
    assert problems(rollout=no_gate)[0].startswith("rollout.gate.enabled: must be true with a canary")


def test_a_share_is_a_percentage_with_its_sign() -> None:
    def refused(**terms: object) -> str:
        tree = {"vm_size": "x", "image": "ubuntu-24.04", "rollout": {"gate": terms}}
        with pytest.raises(InvalidInput) as caught:
            parse_model(PoolSettings, tree, lambda _: (), stack_words=False)
        return str(caught.value)

    assert problems(rollout={"gate": {"require": "99.5%", "timeout": "PT1H", "soak": "PT5M"}}) == []
    for wrong in ("95", "0%", "101%", "0.95", "95 %"):
        assert "rollout.gate.require: must be a percentage above 0% and up to 100%" in refused(require=wrong)
    assert 'write "95%" if a share is meant' in refused(require=95)
    assert "rollout.gate.timeout: must be an ISO 8601 duration" in refused(timeout="20m")


def test_pools_of_a_stack_come_after_others_and_not_after_themselves() -> None:
    def said(**after: list[str]) -> list[str]:
        found = {name: pool(rollout={"after": names} if names else {}) for name, names in after.items()}
        return [one.sentence() for one in check_order(found)]

    assert said(a=[], b=["a"], c=["a", "b"]) == []
    assert said(a=["d"], b=[]) == ['pools.a.rollout.after: must be pools of this stack, got ["d"]; allowed b']
    assert len(said(a=["b"], b=["a"])) == 2
    assert said(a=["a"])[0].startswith("pools.a.rollout.after: must not lead back to the pool itself")
    ordered = {
        name: pool(rollout={"after": names} if names else {})
        for name, names in {"c": ["b"], "b": ["a"], "a": [], "d": []}.items()
    }
    assert in_order(ordered) == ["a", "d", "b", "c"]


def test_in_a_program_depends_on_orders_pools() -> None:
    given = {"vm_size": "x", "image": "ubuntu-24.04", "resource_group_name": "rg", "account_name": "acc"}
    spec = PoolSpec.model_validate({**given, "rollout": {"after": ["a"]}}, by_name=True)
    (problem,) = check_pool(spec, TODAY).problems
    assert "give the ExtensionPools that come before this one as depends_on" in problem.sentence()
