"""The example in YAML, and what whoever writes YAML is told."""

import json
import re
from collections.abc import Iterator

import pytest

from tests.on_engine.rolled import POOLS
from tests.on_engine.stack import ROOT
from tests.on_engine.yaml_stack import YamlStack, needs_yaml_host

pytestmark = pytest.mark.drill

EXAMPLE = ROOT / "examples" / "yaml"


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory, no_wait_for_grants: None) -> Iterator[YamlStack]:
    needs_yaml_host()
    made = YamlStack(tmp_path_factory.mktemp("yaml"), EXAMPLE)
    yield made
    made.close()


def living(stack: YamlStack) -> list[str]:
    return [row.name for row in stack.store.living(POOLS) if row.deleting is None]


def body(stack: YamlStack, pool: str) -> dict[str, object]:
    puts = [one for one in stack.store.operations(0) if one.method == "PUT" and one.path.endswith(f"pools/{pool}")]
    machines: dict[str, object] = puts[-1].body["properties"]["deploymentConfiguration"]["virtualMachineConfiguration"]
    return machines


def test_the_example_is_rolled_out_with_its_gate(stack: YamlStack) -> None:
    told = stack.up()
    assert "2 of 2 nodes usable with all extensions (100%), 95% wanted" in told
    outputs = stack.outputs()
    assert re.fullmatch(r"render-[0-9a-f]{8}", outputs["poolName"])
    assert outputs["extensionNames"] == ["AzureMonitorLinuxAgent", "KeyVaultForLinux"]
    assert living(stack) == [outputs["poolName"]]
    sent = json.dumps(body(stack, outputs["poolName"]))
    assert '"pollingIntervalInS": "3600"' in sent and '"identifier-value": "/subscriptions/' in sent


def test_an_edit_makes_a_new_pool_and_then_the_old_one_goes(stack: YamlStack) -> None:
    old = stack.outputs()["poolName"]
    stack.change({'typeHandlerVersion: "1.21"': 'typeHandlerVersion: "1.22"'})
    assert "replace" in stack.pulumi("preview")
    stack.up()
    assert stack.outputs()["poolName"] != old
    assert living(stack) == [stack.outputs()["poolName"]]


def test_a_number_that_yaml_made_of_a_configured_text_is_text_again(stack: YamlStack) -> None:
    """`type: string` does not keep it from that."""
    stack.change(
        {
            "      rollout:": "      keyVaultExtension: {pollingIntervalInS: '${polling}'}\n      rollout:",
            "  nodes:\n": "  polling: {type: string}\n  nodes:\n",
        }
    )
    stack.configure(polling="1800", nodes="3")
    stack.up()
    pool = stack.outputs()["poolName"]
    assert '"pollingIntervalInS": "1800"' in json.dumps(body(stack, pool))
    (row,) = [row for row in stack.store.living(POOLS) if row.name == pool]
    assert '"targetDedicatedNodes": 3' in json.dumps(row.body)


def test_bad_input_is_told_by_its_property_and_without_a_stack(stack: YamlStack) -> None:
    stack.change({"resizeTimeout: PT20M": "resizeTimeout: twenty", "require: 95%": "require: most"})
    told = stack.pulumi("preview", fails=True)
    assert "property scaleSettings.fixedScale.resizeTimeout with value '{twenty}' has a problem: must be an ISO" in told
    assert "property rollout.gate.require with value '{most}' has a problem: " in told
    assert "Traceback" not in told and ".py" not in told
    stack.change({"resizeTimeout: twenty": "resizeTimeout: PT20M", "require: most": "require: 95%"})


def test_a_misspelt_key_is_told_with_its_line(stack: YamlStack) -> None:
    stack.change({"taskSlotsPerNode: 4": "taskSlotPerNode: 4"})
    told = stack.pulumi("preview", fails=True)
    line = (stack.project / "Pulumi.yaml").read_text(encoding="utf-8").split("taskSlotPerNode")[0].count("\n") + 1
    assert "taskSlotPerNode" in told and f"Pulumi.yaml line {line}" in told
    stack.change({"taskSlotPerNode: 4": "taskSlotsPerNode: 4"})


def test_the_pool_is_destroyed_with_its_program(stack: YamlStack) -> None:
    stack.pulumi("destroy", "--yes", "--skip-preview", "--run-program")
    assert living(stack) == []
