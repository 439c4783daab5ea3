"""The plan of an adoption: what is printed, what is in the way, what is never shown."""

import json
from datetime import date
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings

from extension_pool.ops.import_command import remarks, render_json, render_text
from extension_pool.ops.importing import Plan, plan_import, unseen
from extension_pool.problems import InvalidInput
from extension_pool.stack_config import parse_stack_config, pool_arguments

from ..arm_documents import PLACE
from ..test_arm_generated import mutated

TODAY = date(2026, 11, 20)
GROUP = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-batch"
ID = f"{GROUP}/providers/Microsoft.Batch/batchAccounts/contosobatch/pools/render"
IDENTITY = f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/nodes"
SECRET = "hunter2-hunter2"


def answer(**properties: Any) -> dict[str, Any]:
    """A pool as Azure answers it; a test changes what it is about."""
    machine = {
        "imageReference": {"publisher": "canonical", "offer": "ubuntu-24_04-lts", "sku": "server", "version": "latest"},
        "nodeAgentSkuId": "batch.node.ubuntu 24.04",
        **properties.pop("machine", {}),
    }
    return {
        "id": ID,
        "name": "render",
        "type": "Microsoft.Batch/batchAccounts/pools",
        "identity": {"type": "UserAssigned", "userAssignedIdentities": {IDENTITY: {}}},
        "properties": {
            "provisioningState": "Succeeded",
            "vmSize": "Standard_D2s_v5",
            "taskSlotsPerNode": 1,
            "deploymentConfiguration": {"virtualMachineConfiguration": machine},
            "scaleSettings": {"fixedScale": {"targetDedicatedNodes": 2, "resizeTimeout": "PT15M"}},
            **properties,
        },
    }


def planned(document: dict[str, Any], **options: Any) -> Plan:
    return plan_import(document, TODAY, **options)


def test_the_configuration_spells_out_the_pool_with_its_own_identity_and_no_grant() -> None:
    plan = planned(answer())
    assert plan.configuration == {
        "extension-pool:resourceGroup": {"name": "rg-batch"},
        "extension-pool:batchAccount": {"name": "contosobatch"},
        "extension-pool:pools": {
            "render": {
                "vmSize": "Standard_D2s_v5",
                "imageReference": {
                    "publisher": "canonical",
                    "offer": "ubuntu-24_04-lts",
                    "sku": "server",
                    "version": "latest",
                },
                "nodeAgentSkuId": "batch.node.ubuntu 24.04",
                "identity": {"existing": [{"id": IDENTITY}]},
                "taskSlotsPerNode": 1,
                "scaleSettings": {"fixedScale": {"targetDedicatedNodes": 2, "resizeTimeout": "PT15M"}},
                "keyVaultAccess": [],
            }
        },
    }
    assert (plan.obstacles, plan.write_only, plan.notes) == ((), (), ())


def test_the_printed_configuration_is_one_that_a_stack_takes() -> None:
    document = answer(
        machine={"extensions": [{"name": "a", "publisher": "P", "type": "T", "settings": {"vm_size": "no", "n": "1"}}]},
        networkConfiguration={"dynamicVnetAssignmentScope": "none", "enableAcceleratedNetworking": False},
    )
    text = render_text(planned(document), with_import_file=True)
    stack_file, import_file = yaml.safe_load_all(text)
    values = {key.removeprefix("extension-pool:"): value for key, value in stack_file["config"].items()}
    config = parse_stack_config(values, TODAY)
    arguments = pool_arguments(config.pools["render"])
    assert arguments["extensions"][0]["allow_unlisted"] is True  # Azure has taken it
    assert arguments["extensions"][0]["settings"] == {"vm_size": "no", "n": "1"}
    assert import_file["resources"][1]["id"] == ID


def test_a_pool_without_an_identity_stays_without_one() -> None:
    plan = planned({**answer(), "identity": None})
    assert plan.configuration["extension-pool:pools"]["render"]["identity"] == {"create": False}
    assert plan.obstacles == ()


def test_the_import_file_makes_the_pool_a_child_of_the_component() -> None:
    plan = planned(answer(), name="blue")
    assert plan.import_file == {
        "resources": [
            {"type": "extension-pool:index:ExtensionPool", "name": "blue", "component": True},
            {"type": "azure-native:batch:Pool", "name": "blue-pool", "id": ID, "parent": "blue"},
        ]
    }
    # under another name than the pool's, the pool's is said
    assert plan.configuration["extension-pool:pools"]["blue"]["poolName"] == "render"


def test_write_only_values_are_named_by_their_places_and_shown_nowhere() -> None:
    document = answer(
        machine={
            "extensions": [
                {"name": "a", "publisher": "P", "type": "T", "protectedSettings": {"key": SECRET}},
                {"name": "b", "publisher": "P", "type": "T"},
            ],
            "containerConfiguration": {
                "type": "DockerCompatible",
                "containerRegistries": [{"registryServer": "r", "userName": "u", "password": SECRET}],
            },
        },
        userAccounts=[{"name": "u", "elevationLevel": "Admin"}],
        mountConfiguration=[
            {"azureBlobFileSystemConfiguration": {"accountName": "a", "containerName": "c", "relativeMountPath": "m"}},
            {
                "azureFileShareConfiguration": {
                    "accountName": "a",
                    "azureFileUrl": "https://a.file.core.windows.net/x",
                    "accountKey": SECRET,
                    "relativeMountPath": "m2",
                }
            },
        ],
    )
    plan = planned(document)
    at = "extension-pool:pools.render"
    assert {(one.path, one.required, one.known) for one in plan.write_only} == {
        (f"{at}.userAccounts[0].password", True, False),
        (f"{at}.mountConfiguration[0].azureBlobFileSystemConfiguration.accountKey", True, False),
        (f"{at}.mountConfiguration[1].azureFileShareConfiguration.accountKey", True, True),
        (f"{at}.extensions[0].protectedSettings", False, True),
        (f"{at}.extensions[1].protectedSettings", False, False),
        (f"{at}.containerConfiguration.containerRegistries[0].password", True, True),
    }
    assert plan.obstacles == ()
    printed = render_text(plan, with_import_file=True) + render_json(plan) + "\n".join(remarks(plan))
    assert SECRET not in printed
    assert f"pulumi config set --secret --path '{at}.userAccounts[0].password')" in printed


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            {"properties": {**answer()["properties"], "certificates": [{"id": "/x"}]}},
            "certificates: has no place in the component",
        ),
        (
            {
                "properties": {
                    **answer()["properties"],
                    "taskSchedulingPolicy": {"nodeFillType": "Pack", "jobDefaultOrder": "None"},
                }
            },
            "task_scheduling_policy.jobDefaultOrder: needs API version 2025-06-01",
        ),
        (
            {
                "properties": answer(
                    machine={"extensions": [{"name": "a", "publisher": "P", "type": "T", "settings": "{}"}]}
                )["properties"]
            },
            "extensions[0].settings: are a JSON text in Azure",
        ),
    ],
    ids=["certificates", "another version", "settings as text"],
)
def test_what_is_in_the_way_is_said(change: dict[str, Any], sentence: str) -> None:
    plan = planned({**answer(), **change})
    assert any(problem.sentence().startswith(sentence) for problem in plan.obstacles)
    assert json.loads(render_json(plan))["adoptable"] is False
    assert any(line.startswith(f"cannot be adopted as it is: {sentence}") for line in remarks(plan))


def test_a_request_is_no_answer_and_the_plan_says_so() -> None:
    document = answer()
    del document["properties"]["provisioningState"]
    (note,) = planned(document).notes
    assert note.startswith("the document is not what Azure answers")


def test_a_body_without_an_id_needs_to_be_told_where_it_is() -> None:
    document = {key: value for key, value in answer().items() if key not in ("id", "name")}
    place = {"resource_group_name": "rg-batch", "account_name": "contosobatch"}
    with pytest.raises(InvalidInput) as raised:
        planned(document, **place)
    assert [problem.path for problem in raised.value.problems] == [("id",), ("name",)]
    plan = planned(document, **place, pool_name="render", subscription="00000000-0000-0000-0000-000000000000")
    assert plan.pool_id == ID


def test_what_only_a_newer_version_shows_is_told_unless_it_says_nothing() -> None:
    nothing = answer(
        machine={"dataDisks": [{"lun": 0, "managedDisk": {"storageAccountType": "Premium_LRS"}}]},
        taskSchedulingPolicy={"nodeFillType": "Spread", "jobDefaultOrder": "None"},
        networkConfiguration={"publicIPAddressConfiguration": {"ipFamilies": ["IPv4"]}},
    )
    assert unseen(nothing) == []
    machine = {"osDisk": {"managedDisk": {"diskEncryptionSet": {"id": "/x"}}}}
    assert unseen(answer(machine=machine, taskSchedulingPolicy={"jobDefaultOrder": "CreationTime"})) == [
        "API version 2025-06-01 also shows properties.deploymentConfiguration.virtualMachineConfiguration.osDisk."
        "managedDisk.diskEncryptionSet, which the component does not send: an update may take it away",
        "API version 2025-06-01 also shows properties.taskSchedulingPolicy.jobDefaultOrder, which the component does "
        "not send: an update may take it away",
    ]


def test_a_pool_of_a_list_is_found_by_its_name() -> None:
    other = {**answer(), "id": ID.replace("render", "other"), "name": "other"}
    assert planned({"value": [other, answer()]}, pool_name="render").pool_id == ID


@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(mutated())
def test_a_mutated_document_gives_a_plan_or_problems(document: Any) -> None:
    try:
        plan = planned(document, **PLACE, subscription="s", pool_name=None)
    except InvalidInput as error:
        assert error.problems
        return
    yaml.safe_load(render_text(plan, with_import_file=False))
    json.loads(render_json(plan))
    assert all(isinstance(line, str) for line in remarks(plan))
