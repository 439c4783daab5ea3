"""What the engine shows of a gate that did not pass."""

from datetime import date

from extension_pool.ops.diagnosis import diagnose
from extension_pool.ops.errors import CannotAsk
from extension_pool.ops.gate import ALL, with_gate
from extension_pool.ops.health import judge_pool
from extension_pool.rolling.gate import Held, Result
from extension_pool.rolling.words import explain, is_off, next_steps
from tests.extension_pool.ops import drawing

FAILED = with_gate(judge_pool(drawing.pool("idle a=succeeded\nidle a=failed\n"), "acc", ("a",)), ALL)


def test_a_failure_names_the_pool_the_numbers_and_each_cause_with_its_nodes() -> None:
    findings = diagnose(FAILED, today=date(2026, 1, 1))
    assert findings
    head, *causes = explain(Held(Result.FAILED, FAILED), findings, pool="linux")
    assert head.startswith("pool 'linux' cannot pass its gate any more: 1 of 2 nodes usable")
    assert any(line.startswith("  a: ") and "on 1 node (" in line for line in causes)


def test_azure_that_could_not_be_asked_is_said_to_be_that_and_no_failure() -> None:
    (head,) = explain(Held(Result.NOT_ASKED, error=CannotAsk("login: not allowed")), [], pool="linux")
    assert head == "Azure could not be asked whether pool 'linux' is healthy: login: not allowed"
    (head,) = explain(Held(Result.NOT_ASKED, FAILED, CannotAsk("x")), [], pool="linux")
    assert "last seen: 1 of 2 nodes" in head


def test_the_next_steps_can_be_copied_into_a_shell() -> None:
    said = next_steps("org/pro ject", "my pool", deleted="old", kept="The new pool 'new' is kept for inspection.")
    assert said.startswith("Pool 'old' is not deleted and goes on working. The new pool 'new'")
    assert "extension-pool diagnose --stack 'org/pro ject' --pool 'my pool'" in said
    assert "extension-pool rollback --stack 'org/pro ject'" in said
    assert "EXTENSION_POOL_GATE=off pulumi up" in said


def test_only_the_word_off_switches_gates_off() -> None:
    assert is_off({"EXTENSION_POOL_GATE": " Off "})
    assert not any(is_off({"EXTENSION_POOL_GATE": word}) for word in ("", "on", "0", "false"))
    assert not is_off({})
