"""A stack's life on the real engine: each edit is announced, and lands as announced."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.on_engine.config import MONITOR, NVIDIA, pool, stack
from tests.on_engine.stack import EngineStack

LEAF = "deploymentConfiguration.virtualMachineConfiguration.extensions"

BASE = pool(metadata=[{"name": "team", "value": "hpc"}])


@pytest.fixture(scope="module")
def deployed(new_stack: Callable[..., EngineStack]) -> EngineStack:
    """A stack with one pool to edit and one that nobody touches."""
    made = new_stack()
    made.configure(stack(linux=BASE, other=pool()))
    assert set(made.changed().values()) == {"create"}
    assert made.changes() == []  # a preview changes nothing
    made.up()
    return made


def edit(stack_: EngineStack, before: dict[str, Any], after: dict[str, Any]) -> int:
    """Brings the stack to ``before``, writes ``after`` into its file; the last operation until then."""
    stack_.configure(stack(linux=before, other=pool()))
    stack_.up()
    stack_.configure(stack(linux=after, other=pool()))
    return stack_.last_operation()


def test_the_grant_comes_before_the_pool(deployed: EngineStack) -> None:
    puts = [one.path.split("/")[-2] for one in deployed.changes() if one.method == "PUT"]
    assert puts.index("roleAssignments") < puts.index("pools")


def test_a_second_up_changes_nothing(deployed: EngineStack) -> None:
    edit(deployed, BASE, BASE)
    since = deployed.last_operation()
    assert deployed.changed() == {}
    deployed.up("--expect-no-changes")
    assert deployed.changes(since) == []


def test_refresh_finds_no_drift(deployed: EngineStack) -> None:
    edit(deployed, BASE, BASE)
    deployed.pulumi("refresh", "--yes", "--expect-no-changes")
    assert deployed.changed() == {}


def test_an_edited_setting_replaces_the_pool_and_the_preview_names_the_leaf(deployed: EngineStack) -> None:
    since = edit(deployed, BASE, {**BASE, "keyVaultExtension": {"pollingIntervalInS": 60}})
    step = deployed.preview()["linux-pool"]
    leaf = f"{LEAF}[0].settings.secretsManagementSettings.pollingIntervalInS"
    assert step["op"] == "replace"
    assert list(step["detailedDiff"]) == [leaf]
    assert step["detailedDiff"][leaf]["kind"] == "update-replace"
    assert deployed.changed() == {"linux-pool": "replace"}
    shown = deployed.pulumi("preview", "--diff")
    assert 'pollingIntervalInS: "3600" => "60"' in shown
    deployed.up()
    assert deployed.verbs(since, "pools/linux") == ["DELETE", "PUT"]
    extension = deployed.body("pools/linux")["properties"]["deploymentConfiguration"]["virtualMachineConfiguration"]
    assert extension["extensions"][0]["settings"]["secretsManagementSettings"]["pollingIntervalInS"] == "60"
    assert {one.path.rsplit("/", 1)[1] for one in deployed.changes(since)} == {"linux"}


@pytest.mark.parametrize(
    ("before", "after"),
    [([], [MONITOR]), ([MONITOR], []), ([MONITOR], [{**MONITOR, "typeHandlerVersion": "1.22"}])],
    ids=["added", "removed", "another version"],
)
def test_a_changed_list_of_extensions_replaces_the_pool(
    deployed: EngineStack, before: list[Any], after: list[Any]
) -> None:
    since = edit(deployed, {**BASE, "extensions": before}, {**BASE, "extensions": after})
    assert deployed.changed() == {"linux-pool": "replace"}
    deployed.up()
    assert deployed.verbs(since, "pools/linux") == ["DELETE", "PUT"]


def test_reordered_extensions_change_nothing(deployed: EngineStack) -> None:
    since = edit(deployed, {**BASE, "extensions": [MONITOR, NVIDIA]}, {**BASE, "extensions": [NVIDIA, MONITOR]})
    assert deployed.changed() == {}
    deployed.up("--expect-no-changes")
    assert deployed.changes(since) == []


@pytest.mark.parametrize(
    "change",
    [
        {"vmSize": "Standard_D4s_v5"},
        {"image": "ubuntu-22.04"},
        {"taskSlotsPerNode": 4},
        {"taskSchedulingPolicy": {"nodeFillType": "Pack"}},
        {"interNodeCommunication": "Enabled"},
        {"displayName": "another"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_an_edit_that_azure_refuses_on_a_live_pool_replaces_it(deployed: EngineStack, change: dict[str, Any]) -> None:
    since = edit(deployed, BASE, {**BASE, **change})
    assert deployed.changed() == {"linux-pool": "replace"}
    deployed.up()
    assert deployed.verbs(since, "pools/linux") == ["DELETE", "PUT"]


@pytest.mark.parametrize(
    "change",
    [
        {"metadata": [{"name": "team", "value": "render"}, {"name": "cost", "value": "42"}]},
        {"scaleSettings": {"fixedScale": {"targetDedicatedNodes": 3}}},
        {"scaleSettings": {"autoScale": {"formula": "$TargetDedicatedNodes = 1;"}}},
        {"tags": {"team": "render"}},
    ],
    ids=["metadata", "scale", "autoscale", "tags"],
)
def test_an_edit_that_azure_takes_stays_in_place(deployed: EngineStack, change: dict[str, Any]) -> None:
    since = edit(deployed, BASE, {**BASE, **change})
    assert deployed.changed() == {"linux-pool": "update"}
    deployed.up()
    assert deployed.verbs(since, "pools/linux") == ["PUT"]


def test_a_tag_of_the_identity_changes_only_the_identity(deployed: EngineStack) -> None:
    since = edit(deployed, BASE, {**BASE, "identity": {"tags": {"team": "render"}}})
    assert deployed.changed() == {"linux-identity": "update"}
    deployed.up()
    assert {one.path.split("/")[-2] for one in deployed.changes(since)} == {"userAssignedIdentities"}


def test_outputs_name_what_other_programs_need(deployed: EngineStack) -> None:
    edit(deployed, BASE, BASE)
    outputs = deployed.outputs()
    linux = outputs["pools"]["linux"]
    assert outputs["batchAccountEndpoint"] == "testaccount.westeurope.batch.azure.com"
    assert linux["poolName"] == "linux"
    assert linux["poolId"].endswith("/batchAccounts/testaccount/pools/linux")
    assert linux["extensionNames"] == ["KeyVaultForLinux"]
    pool_body = deployed.body("pools/linux")
    assert list(pool_body["identity"]["userAssignedIdentities"]) == [linux["identityId"]]
    extension = pool_body["properties"]["deploymentConfiguration"]["virtualMachineConfiguration"]["extensions"][0]
    assert extension["settings"]["authenticationSettings"]["msiClientId"] == linux["clientId"]
    grant = next(one.body for one in deployed.changes() if "/roleAssignments/" in one.path)
    assert grant["properties"]["principalType"] == "ServicePrincipal"


def test_destroy_leaves_nothing_behind(new_stack: Callable[..., EngineStack]) -> None:
    made = new_stack()
    made.configure(stack(linux=pool()))
    made.up()
    assert not made.store.is_pristine()
    made.pulumi("destroy", "--yes", "--skip-preview")
    made.store.clock.advance(3600)
    assert made.store.is_pristine()
    deletes = [one.path.split("/")[-2] for one in made.changes() if one.method == "DELETE"]
    assert deletes.index("pools") < deletes.index("roleAssignments") < deletes.index("userAssignedIdentities")
