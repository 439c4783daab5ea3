"""ARM JSON in its many forms: bodies, answers, templates with their parameters."""

from typing import Any

import pytest

from extension_pool.arm import parse_pool, render_pool
from extension_pool.problems import InvalidInput

from .arm_documents import CLIENT, ID, IDENTITY, MACHINE, PLACE, body, pool, problems, template

# What a document says


def test_an_answer_says_where_it_is_and_what_azure_alone_writes_is_dropped() -> None:
    answer = {
        "id": ID,
        "name": "render",
        "type": "Microsoft.Batch/batchAccounts/pools",
        "etag": 'W/"1"',
        "systemData": {"createdBy": "somebody"},
        **body(provisioningState="Succeeded", currentDedicatedNodes=3, allocationState="Steady"),
        "identity": {
            "type": "UserAssigned",
            "userAssignedIdentities": {IDENTITY: {"clientId": CLIENT, "principalId": CLIENT}},
        },
    }
    assert parse_pool(answer) == {
        "resource_group_name": "rg-batch",
        "account_name": "contosobatch",
        "pool_name": "render",
        "identity": {"existing": [{"id": IDENTITY, "client_id": CLIENT, "principal_id": CLIENT}]},
        "vm_size": "Standard_D2s_v5",
        "image_reference": MACHINE["imageReference"],
        "node_agent_sku_id": "batch.node.ubuntu 24.04",
    }


def test_values_and_free_mappings_stay_as_they_are() -> None:
    extension = {
        "name": "a",
        "publisher": "P",
        "type": "T",
        "settings": {"workspaceId": 5, "deep": [{"vmSize": None}]},
        "protectedSettings": {"Key": "value"},
    }
    document = {**body(machine={"extensions": [extension]}, taskSlotsPerNode=5.5), "tags": {"vmSize": "x"}}
    arguments = parse_pool(document, **PLACE)
    assert arguments["extensions"][0]["settings"] == extension["settings"]
    assert arguments["extensions"][0]["protected_settings"] == {"Key": "value"}
    assert arguments["tags"] == {"vmSize": "x"}
    assert arguments["task_slots_per_node"] == 5.5
    assert render_pool(arguments) == document


def test_null_is_left_out() -> None:
    assert parse_pool(body(startTask=None, metadata=None), **PLACE) == parse_pool(body(), **PLACE)


def test_a_body_alone_does_not_say_where_the_pool_is() -> None:
    with pytest.raises(InvalidInput) as raised:
        parse_pool(body())
    assert str(raised.value).splitlines() == [
        "id: required to know resource_group_name, but missing; give resource_group_name",
        "id: required to know account_name, but missing; give account_name",
    ]


def test_an_id_goes_before_what_is_given_and_must_agree_with_it() -> None:
    assert problems({"id": ID, **body()}, account_name="another") == [
        "id: must agree with account_name 'another', got \"contosobatch\"; correct one"
    ]


def test_several_identities_all_come_along() -> None:
    identity = {"type": "UserAssigned", "userAssignedIdentities": {IDENTITY: {}, f"{IDENTITY}2": {}}}
    arguments = parse_pool({**body(), "identity": identity}, **PLACE)
    assert arguments["identity"] == {"existing": [{"id": IDENTITY}, {"id": f"{IDENTITY}2"}]}
    assert render_pool(arguments)["identity"] == identity


@pytest.mark.parametrize("none", [None, {"type": "None"}, {"type": "None", "userAssignedIdentities": {}}])
def test_a_pool_without_an_identity_gets_none_from_the_component(none: Any) -> None:
    arguments = parse_pool({**body(), "identity": none}, **PLACE)
    assert arguments["identity"] == {"create": False}
    assert "identity" not in render_pool(arguments)


def test_an_identity_that_pools_cannot_have_is_refused() -> None:
    assert problems({**body(), "identity": {"type": "SystemAssigned"}}) == [
        'identity.type: must be UserAssigned or None: pools have no other identities, got "SystemAssigned"'
    ]


def test_words_of_ours_are_in_no_document_and_in_no_body() -> None:
    extension = {"name": "a", "publisher": "P", "type": "T"}
    document = body(machine={"extensions": [extension]})
    arguments = {**parse_pool(document, **PLACE)}
    arguments["extensions"] = [{**extension, "allow_unlisted": True}]
    assert render_pool(arguments) == document
    assert "unknown property" in problems(body(machine={"extensions": [{**extension, "allowUnlisted": True}]}))[0]


# Templates


def test_a_pool_in_a_template_is_found_among_other_resources() -> None:
    other = {"type": "Microsoft.Storage/storageAccounts", "name": "contoso", "apiVersion": "2023-01-01"}
    arguments = parse_pool(template(other, pool(dependsOn=["x"], comments="ours")), resource_group_name="rg-batch")
    assert (arguments["account_name"], arguments["pool_name"]) == ("contosobatch", "render")


@pytest.mark.parametrize("kind", ["pools", "Microsoft.Batch/batchAccounts/pools"])
def test_a_pool_nested_under_its_account_takes_its_name(kind: str) -> None:
    account = {
        "type": "Microsoft.Batch/batchAccounts",
        "name": "[parameters('account')]",
        "resources": [pool("render", type=kind)],
    }
    found = parse_pool(
        template(account, parameters={"account": {"type": "string", "defaultValue": "contosobatch"}}),
        resource_group_name="rg-batch",
    )
    assert (found["account_name"], found["pool_name"]) == ("contosobatch", "render")


def test_resources_by_symbolic_name_are_read_too() -> None:
    document = {**template(), "resources": {"render": pool()}, "languageVersion": "2.0"}
    assert parse_pool(document, resource_group_name="rg-batch")["vm_size"] == "Standard_D2s_v5"


def test_parameters_take_values_of_the_file_and_then_defaults() -> None:
    made = pool(
        properties={
            "vmSize": "[parameters('Size')]",
            "displayName": "[[not an expression]",
            "metadata": "[parameters('metadata')]",
        }
    )
    declared = {
        "size": {"type": "string", "defaultValue": "Standard_D2s_v5"},
        "metadata": {"type": "array", "defaultValue": [{"name": "a", "value": "b"}]},
    }
    file = {"$schema": "x", "contentVersion": "1.0.0.0", "parameters": {"size": {"value": "Standard_D8s_v5"}}}
    arguments = parse_pool(template(made, parameters=declared), resource_group_name="rg-batch", parameters=file)
    assert arguments["vm_size"] == "Standard_D8s_v5"
    assert arguments["display_name"] == "[not an expression]"
    assert arguments["metadata"] == [{"name": "a", "value": "b"}]
    plain = parse_pool(
        template(made, parameters=declared), resource_group_name="rg-batch", parameters=file["parameters"]
    )
    assert plain == arguments


def test_what_only_azure_can_work_out_is_named_with_its_path() -> None:
    made = pool(
        properties={
            "vmSize": "[variables('size')]",
            "displayName": "[parameters('absent')]",
            "startTask": {"commandLine": "[parameters('secret')]"},
        }
    )
    assert problems(template(made), parameters={"secret": {"reference": {"secretName": "s"}}}, account_name=None) == [
        "resources[0].properties.vmSize: is an expression that only Azure can work out, got \"[variables('size')]\"; "
        "put its value there, or export the deployed pool: az resource show --ids ID --api-version 2024-07-01",
        "resources[0].properties.displayName: needs a value of parameter absent; give it in the parameter file",
        "resources[0].properties.startTask.commandLine: takes parameter secret from a key vault, which is not read "
        "here; put a value there",
    ]


def test_a_name_that_is_an_expression_can_be_given() -> None:
    made = pool("[format('{0}/{1}', parameters('account'), 'render')]")
    arguments = parse_pool(template(made), **PLACE, pool_name="render")
    assert arguments["pool_name"] == "render"
    assert "resources[0].name: is an expression" in problems(template(made))[0]


def test_one_of_several_pools_is_chosen_by_name() -> None:
    document = template(pool("a/one"), pool("a/two"))
    assert parse_pool(document, resource_group_name="g", pool_name="TWO")["pool_name"] == "two"
    assert problems(document) == ["resources[0]: one of 2 pools; choose one by pool_name: one, two"]


def test_a_pool_on_condition_or_in_a_loop_is_refused() -> None:
    assert problems(template(pool(condition=True, copy={"name": "x", "count": 2})), account_name=None) == [
        "resources[0].condition: makes another pool, or none, from case to case; write the pool out",
        "resources[0].copy: makes another pool, or none, from case to case; write the pool out",
    ]


def test_a_document_without_a_pool_says_so() -> None:
    assert problems(template()) == [
        "(the whole input): must have a pool, of type Microsoft.Batch/batchAccounts/pools; give a document with one"
    ]
    assert problems([1]) == ["(the whole input): must be an object, got [1]"]
    assert problems({"type": "Microsoft.Batch/batchAccounts", "properties": {}})[0].startswith("type: must be")


def test_a_document_nested_without_end_is_a_problem() -> None:
    deep: Any = "x"
    for _ in range(200):
        deep = [deep]
    document = body(machine={"extensions": [{"name": "a", "settings": {"deep": deep}}]})
    assert "must not be nested deeper" in problems(document)[0]
    assert "must not be nested deeper" in problems(template({**pool(), **document}), account_name=None)[0]


def test_secrets_are_in_no_message() -> None:
    document = body(machine={"extensions": [{"name": "a", "protectedSettings": ["hunter2"], "sttings": 1}]})
    document["properties"]["userAccounts"] = [{"name": "u", "password": ["hunter2"]}]
    assert "hunter2" not in "\n".join(problems(document))
