"""The policy pack on the real engine, as `--policy-pack` runs it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from policy.serving import VERSION
from tests.on_engine.config import pool, stack
from tests.on_engine.stack import EngineStack

PACK = Path(__file__).parents[2] / "policy"
POOLS = "Microsoft.Batch/batchAccounts/pools"


class Policed:
    """A stack whose commands run with the pack."""

    def __init__(self, made: EngineStack) -> None:
        self.stack = made
        made.pulumi("stack")

    def run(self, command: str, configuration: Any = None, *more: str) -> tuple[int, str]:
        """Exit code and all that was printed. configuration: a file, or what one would hold."""
        given = [] if configuration is None else ["--policy-pack-config", str(self._file(configuration))]
        args = [command, "--policy-pack", str(PACK), *given, "--stack", self.stack.name, *more]
        result = self.stack.local.pulumi(*args, check=False, timeout=120)
        return result.returncode, result.stdout + result.stderr

    def preview(self, configuration: Any = None, *more: str) -> tuple[int, str]:
        return self.run("preview", configuration, *more)

    def up(self, configuration: Any = None) -> tuple[int, str]:
        return self.run("up", configuration, "--yes", "--skip-preview")

    def pools(self) -> list[str]:
        return [row.name for row in self.stack.store.living(POOLS)]

    def _file(self, configuration: Any) -> Path:
        if isinstance(configuration, Path):
            return configuration
        file = self.stack.file.with_name("policy.json")
        file.write_text(json.dumps(configuration), encoding="utf-8")
        return file


def told(said: str) -> dict[str, str]:
    """The rules that have something to say, and the level at which they say it."""
    lines = [line.split() for line in said.splitlines() if line.lstrip().startswith("- [")]
    return {words[2]: words[1].strip("[]") for words in lines}


@pytest.fixture(scope="module")
def ours(new_stack: Callable[..., EngineStack]) -> Policed:
    """Stacks of this project's own program."""
    return Policed(new_stack())


@pytest.fixture(scope="module")
def raw(new_stack: Callable[..., EngineStack]) -> Policed:
    """Stacks without the component."""
    return Policed(new_stack("policed.py"))


def test_a_development_stack_passes_when_new_and_as_it_stands(ours: Policed) -> None:
    ours.stack.configure(stack(linux=pool()))
    for command in (ours.preview, ours.up, ours.preview):
        code, said = command()
        assert (code, told(said)) == (0, {})
        assert f"✅ extension-pool@v{VERSION}" in said


PRODUCTION = {
    "all": "disabled",
    "production-rollout": {"enforcementLevel": "mandatory", "stacks": ["test"]},
}


def test_a_production_pool_must_be_tried_before_it_is_replaced(ours: Policed) -> None:
    ours.stack.configure(stack(linux=pool()))
    code, said = ours.preview(PRODUCTION)
    assert code != 0 and told(said) == {"production-rollout": "mandatory"}
    assert "set rollout.strategy to blue-green, or give rollout.canary" in said


@pytest.mark.parametrize("rollout", [{"strategy": "blue-green"}, {"canary": {"nodes": 1}}], ids=str)
def test_a_production_pool_that_is_tried_passes(ours: Policed, rollout: dict[str, Any]) -> None:
    ours.stack.configure(stack(other=pool(rollout=rollout)))
    code, said = ours.preview(PRODUCTION)
    assert (code, told(said)) == (0, {})


def test_a_gate_that_the_stack_file_turns_off_is_seen(ours: Policed) -> None:
    ours.stack.configure(stack(other=pool(rollout={"strategy": "blue-green", "gate": {"enabled": False}})))
    code, said = ours.preview(PRODUCTION)
    assert code != 0
    assert "rollout.gate.enabled: without a gate the old pool goes whether or not the new one works" in said


def breaks(raw: Policed, *rules: str, **config: Any) -> None:
    raw.stack.configure({"breaks": list(rules), **config})


def test_a_raw_pool_that_breaks_rules_ends_the_preview_with_each_of_them(raw: Policed) -> None:
    secrets = ("protected-values-secret", "settings-without-secrets")
    breaks(raw, "inbound-endpoints", "vm-size-retirement", *secrets)
    code, said = raw.preview()
    assert code != 0
    assert told(said) == {
        "inbound-endpoints": "mandatory",
        "vm-size-retirement": "advisory",
        **dict.fromkeys(secrets, "mandatory"),
    }
    assert "hush" not in said
    code, document = raw.preview(None, "--json")
    assert code != 0 and "everybody reaches" not in document


@pytest.mark.parametrize("by", ["roles", "access policies"])
def test_before_anything_exists_a_grant_to_another_identity_is_seen_through(raw: Policed, by: str) -> None:
    breaks(raw, accessPolicies=str(by != "roles").lower())
    assert told(raw.preview()[1]) == {}
    breaks(raw, "key-vault-grant", accessPolicies=str(by != "roles").lower())
    code, said = raw.preview()
    assert code != 0 and told(said) == {"key-vault-grant": "mandatory"}
    assert "certificates reads tls of the vault kv-test, and no identity of the pool may do so" in said


def test_a_protected_pool_passes_where_one_that_is_not_does_not(raw: Policed) -> None:
    configuration = {"all": "disabled", "production-protected": {"enforcementLevel": "mandatory", "stacks": ["*"]}}
    breaks(raw, protect="true")
    assert raw.preview(configuration)[0] == 0
    breaks(raw)
    code, said = raw.preview(configuration)
    assert code != 0 and "The pool is not protected" in said


@pytest.mark.parametrize("name", ["dev", "staging", "prod"])
def test_the_configuration_of_each_stack_is_taken_by_the_engine(raw: Policed, name: str) -> None:
    breaks(raw, "vm-size-retirement")
    code, said = raw.preview(PACK / "config" / f"{name}.json")
    expected = {"dev": {}, "staging": {"vm-size-retirement": "advisory"}}
    also = {"prod": {"vm-size-retirement": "advisory", "required-tags": "mandatory"}}
    assert told(said) == {**expected, **also}[name]
    assert (code != 0) == (name == "prod")


def test_mistakes_in_the_configuration_stop_the_preview_all_at_once(raw: Policed) -> None:
    breaks(raw)
    code, said = raw.preview({"image-retirment": "advisory", "image-retirement": {"warnDay": 3}})
    assert code != 0
    assert "image-retirment: is no rule of this pack; did you mean image-retirement?" in said
    assert "image-retirement.warnDay: is no parameter of image-retirement; did you mean warnDays?" in said
    code, said = raw.preview({"image-retirement": {"warnDays": "3"}})
    assert code != 0 and "image-retirement: warnDays: Invalid type. Expected: integer" in said


def test_an_update_makes_no_pool_that_breaks_a_mandatory_rule_and_one_that_only_advises_it_makes(raw: Policed) -> None:
    """And without the pack it makes the pool as well: it is the rule that stopped it."""
    breaks(raw, "inbound-endpoints")
    code, said = raw.up()
    assert code != 0 and told(said)["inbound-endpoints"] == "mandatory"
    assert raw.pools() == []
    code, said = raw.up({"inbound-endpoints": "advisory"})
    assert (code, told(said)) == (0, {"inbound-endpoints": "advisory"})
    assert raw.pools() == ["raw"]
    breaks(raw, "inbound-endpoints", "key-vault-grant", "protected-values-secret")
    raw.stack.up()
    code, said = raw.preview({"all": "advisory"})
    assert code == 0 and "hush" not in said
    assert set(told(said)) == {"inbound-endpoints", "key-vault-grant", "protected-values-secret"}
