"""Inputs in the forms of other languages, and what their authors are told."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.on_engine.plugins import with_plugin
from tests.on_engine.stack import EngineStack

pytestmark = pytest.mark.drill

GPU = {"name": "driver", "publisher": "Microsoft.HpcCompute", "type": "NvidiaGpuDriverLinux"}


@pytest.fixture(scope="module")
def stack(new_stack: Callable[..., EngineStack]) -> EngineStack:
    return with_plugin(new_stack("other_inputs.py"))


def refused(stack: EngineStack, command: str = "preview", **inputs: Any) -> str:
    stack.configure({"inputs": inputs})
    told = stack.up_fails() if command == "up" else stack.pulumi("preview", check=False)
    assert "Traceback" not in told and "debug_error_string" not in told
    assert told.count("has a problem: ExtensionPool 'render' cannot be made") >= 1
    return told


def test_every_problem_is_an_error_of_its_property(stack: EngineStack) -> None:
    told = refused(
        stack,
        taskSlotsPerNode=5.5,
        vmSiz="x",
        scaleSettings={"fixedScale": {"resizeTimeout": "20"}},
        extensions=[{**GPU, "typeHandlerVersion": 1.6}],
    )
    for line in (
        "property taskSlotsPerNode with value '{5.5}' has a problem: must be a whole number, got 5.5",
        "property vmSiz with value '{x}' has a problem: unknown key; did you mean vmSize?",
        "property scaleSettings.fixedScale.resizeTimeout with value '{20}' has a problem: must be an ISO 8601",
        "property extensions[0].typeHandlerVersion with value '{1.6}' has a problem: must be a string, got 1.6; write",
    ):
        assert line in told


def test_no_secret_is_shown_with_its_problem(stack: EngineStack) -> None:
    told = refused(
        stack,
        userAccounts=[{"name": "x" * 21, "password": 17.25}, {"name": {"secret": "y" * 21}, "password": "z"}],
        extensions=[{**GPU, "protectedSettings": "clear-text"}],
    )
    assert "property userAccounts[0].password has a problem: must be a string, got a value that is not shown" in told
    assert "property extensions[0].protectedSettings has a problem: must be a mapping" in told
    assert [one for one in ("17.25", "clear-text", "y" * 21) if one in told] == []


def test_what_becomes_known_late_is_told_late_and_just_as_well(stack: EngineStack) -> None:
    told = refused(stack, "up", scaleSettings={"fixedScale": {"targetDedicatedNodes": {"later": -3}}})
    assert "property scaleSettings.fixedScale.targetDedicatedNodes with value '{-3}' has a problem: must be" in told
    told = refused(stack, "up", startTask={"commandLine": "true", "maxTaskRetryCount": {"secret": {"later": -70}}})
    assert "property startTask.maxTaskRetryCount has a problem: " in told and "-70" not in told


def test_values_arrive_in_the_forms_of_other_languages(stack: EngineStack) -> None:
    stack.configure(
        {
            "inputs": {
                "scaleSettings": {"secret": {"fixedScale": {"targetDedicatedNodes": "2", "resizeTimeout": None}}},
                "taskSlotsPerNode": {"later": "3"},
                "startTask": {"commandLine": "true", "waitForSuccess": "false", "maxTaskRetryCount": 1.0},
                "osDisk": {"diskSizeGB": 64.0},
                "metadata": [{"name": "number", "value": 3600}, {"name": "yes", "value": True}],
                "extensions": [{**GPU, "typeHandlerVersion": "1.6", "settings": {"five": 5.0, "half": 0.5}}],
            }
        }
    )
    stack.up()
    sent = stack.body("pools/render")["properties"]
    assert sent["scaleSettings"] == {"fixedScale": {"targetDedicatedNodes": 2}}
    assert sent["startTask"] == {"commandLine": "true", "waitForSuccess": False, "maxTaskRetryCount": 1}
    assert sent["taskSlotsPerNode"] == 3
    assert sent["metadata"] == [{"name": "number", "value": "3600"}, {"name": "yes", "value": "true"}]
    machines = sent["deploymentConfiguration"]["virtualMachineConfiguration"]
    assert machines["osDisk"] == {"diskSizeGB": 64}
    assert repr(machines["extensions"][0]["settings"]) in ("{'five': 5, 'half': 0.5}", "{'half': 0.5, 'five': 5}")
