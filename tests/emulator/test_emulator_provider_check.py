from __future__ import annotations

import uuid
from typing import Any

import pytest
from pulumi.runtime.proto import provider_pb2 as pb

from emulator.provider.resources import SPECS
from emulator.provider.wire import UNKNOWN, UNKNOWN_TEXT, decode, encode

from .conftest import Engine, Refused, key_vault_extension, pool_inputs, vault_inputs

MACHINE = "deploymentConfiguration.virtualMachineConfiguration"


def machine(inputs: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = inputs["deploymentConfiguration"]["virtualMachineConfiguration"]
    return found


def test_good_inputs_pass(engine: Engine) -> None:
    assert engine.check("batch:Pool", "pool", pool_inputs(key_vault_extension("x")))[1] == []


def test_unknown_types_are_refused_with_what_there_is(engine: Engine) -> None:
    with pytest.raises(Refused, match=r"does not have the type azure-native:storage:Account; it has: .*batch:Pool"):
        engine.check("storage:Account", "x", {})


@pytest.mark.parametrize(
    ("path", "value", "reason"),
    [
        (("vmSiz",), "x", "'vmSiz' is not a property of Pool"),
        (("taskSlotsPerNode",), "1", "'taskSlotsPerNode' should be of type 'integer' but got a string"),
        (("taskSlotsPerNode",), 1.5, "'taskSlotsPerNode' must be an integer but got 1.500000"),
        (("interNodeCommunication",), "On", "'interNodeCommunication' must be one of Enabled, Disabled, got 'On'"),
        (("vmSize",), True, "'vmSize' should be of type 'string' but got a boolean"),
        (("metadata",), {}, "'metadata' should be of type 'array' but got an object"),
        (("metadata",), [{"name": "a"}], "missing required property 'metadata[0].value'"),
        (("identity",), {"type": "SystemAssigned"}, "'identity.type' must be one of UserAssigned, None"),
        (("identity",), {}, "missing required property 'identity.type'"),
        (("tags",), {"a": 1}, "'tags.a' should be of type 'string' but got a number"),
        (("poolName",), "a" * 70, "'poolName' is too long (70): at most 64 characters allowed"),
        (("poolName",), "a.b", "'poolName' does not match expression '^[a-zA-Z0-9_-]+$'"),
        (("accountName",), "a", "'accountName' is too short (1): at least 3 characters required"),
        (("deploymentConfiguration", "virtualMachineConfiguration", "extension"), [], f"'{MACHINE}.extension' is not"),
        (
            ("deploymentConfiguration", "virtualMachineConfiguration", "extensions"),
            [{"name": "a", "publisher": "b"}],
            f"missing required property '{MACHINE}.extensions[0].type'",
        ),
        (
            ("deploymentConfiguration", "virtualMachineConfiguration", "extensions"),
            [{"name": "a", "publisher": "b", "type": "c", "autoUpgradeMinorVersion": "yes"}],
            f"'{MACHINE}.extensions[0].autoUpgradeMinorVersion' should be of type 'boolean' but got a string",
        ),
        (
            ("deploymentConfiguration", "virtualMachineConfiguration", "extensions"),
            [{"name": "a", "publisher": "b", "type": "c", "forceUpdateTag": "1"}],
            f"'{MACHINE}.extensions[0].forceUpdateTag' is not a property of VMExtension",
        ),
    ],
)
def test_inputs_that_are_refused(engine: Engine, path: tuple[str, ...], value: Any, reason: str) -> None:
    inputs = pool_inputs()
    target = inputs
    for part in path[:-1]:
        target = target[part]
    target[path[-1]] = value
    _, reasons = engine.check("batch:Pool", "pool", inputs)
    assert len(reasons) == 1 and reasons[0].startswith(reason)


def test_missing_inputs_are_named(engine: Engine) -> None:
    _, reasons = engine.check("batch:Pool", "pool", {})
    assert reasons == ["missing required property 'resourceGroupName'", "missing required property 'accountName'"]
    _, reasons = engine.check("resources:ResourceGroup", "rg", {})
    assert len(reasons) == 1 and reasons[0].startswith("missing required property 'location'. Either set it")


def test_values_that_are_not_known_yet_pass(engine: Engine) -> None:
    inputs = pool_inputs(accountName=UNKNOWN, identity=UNKNOWN, taskSlotsPerNode=UNKNOWN)
    machine(inputs)["extensions"] = [UNKNOWN, key_vault_extension("x", settings=UNKNOWN)]
    checked, reasons = engine.check("batch:Pool", "pool", inputs)
    assert reasons == []
    assert checked["accountName"] is UNKNOWN


@pytest.mark.parametrize(
    ("token", "inputs", "parameter", "length"),
    [
        ("resources:ResourceGroup", {"location": "westeurope"}, "resourceGroupName", 8),
        ("managedidentity:UserAssignedIdentity", {"resourceGroupName": "rg-batch-staging"}, "resourceName", 8),
        ("keyvault:Vault", vault_inputs(), "vaultName", 8),
        ("batch:BatchAccount", {"resourceGroupName": "rg-batch-staging"}, "accountName", 8),
    ],
)
def test_random_names(engine: Engine, token: str, inputs: dict[str, Any], parameter: str, length: int) -> None:
    first, reasons = engine.check(token, "name", inputs)
    assert reasons == []
    assert first[parameter].startswith("name") and len(first[parameter]) == 4 + length
    assert first["__createBeforeDelete"] is True
    assert engine.check(token, "name", inputs)[0] == first
    other, _ = engine.check(token, "name", inputs, randomSeed=b"another")
    assert other[parameter] != first[parameter]
    sticky, _ = engine.check(token, "name", inputs, first, randomSeed=b"another")
    assert sticky == first


def test_a_pool_is_named_as_its_resource(engine: Engine) -> None:
    checked, _ = engine.check("batch:Pool", "my-pool", pool_inputs())
    assert checked["poolName"] == "my-pool"
    assert "__createBeforeDelete" not in checked
    renamed, _ = engine.check("batch:Pool", "my-pool", pool_inputs(poolName="given"), checked)
    assert renamed["poolName"] == "given"


def test_a_role_assignment_gets_a_guid(engine: Engine) -> None:
    inputs = {"scope": "/x", "principalId": "a", "roleDefinitionId": "b"}
    checked, reasons = engine.check("authorization:RoleAssignment", "grant", inputs)
    assert reasons == []
    assert str(uuid.UUID(checked["roleAssignmentName"])) == checked["roleAssignmentName"]


def options(mode: str) -> Any:
    kind = pb.CheckRequest.AutonamingOptions
    return kind(proposed_name="proposed", mode=kind.Mode.Value(mode))


def test_autonaming_configuration(engine: Engine) -> None:
    for mode in ("ENFORCE", "PROPOSE"):
        checked, _ = engine.check("batch:Pool", "pool", pool_inputs(), autonaming=options(mode))
        assert (checked["poolName"], checked["__createBeforeDelete"]) == ("proposed", True)
    _, reasons = engine.check("batch:Pool", "pool", pool_inputs(), autonaming=options("DISABLE"))
    assert reasons == ["missing required property 'poolName'"]
    inputs = {"scope": "/x", "principalId": "a", "roleDefinitionId": "b"}
    checked, _ = engine.check("authorization:RoleAssignment", "grant", inputs, autonaming=options("PROPOSE"))
    assert checked["roleAssignmentName"] != "proposed"


def test_location_comes_from_old_inputs_configuration_or_group(engine: Engine) -> None:
    inputs = {"resourceGroupName": "rg-batch-staging"}
    token = "managedidentity:UserAssignedIdentity"
    assert engine.check(token, "id", inputs)[0]["location"] == "westeurope"
    assert engine.check(token, "id", inputs, {"location": "eastus"})[0]["location"] == "eastus"
    variables = {"azure-native:config:location": "northeurope"}
    engine.provider.Configure(pb.ConfigureRequest(variables=variables), engine.context)
    assert engine.check(token, "id", inputs)[0]["location"] == "northeurope"


def test_location_of_a_group_that_is_not_known(engine: Engine) -> None:
    checked, reasons = engine.check("batch:BatchAccount", "acc", {"resourceGroupName": UNKNOWN})
    assert checked["location"] is UNKNOWN and reasons == []


def test_every_spec_finds_its_shapes() -> None:
    for spec in SPECS.values():
        assert set(spec.path_parameters) <= set(spec.inputs.fields), spec.token
        assert spec.custom or ("name" in spec.outputs and "azureApiVersion" in spec.outputs)


def test_special_signatures() -> None:
    secret = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "value": [1.0, "x"]}
    output = {"4dabf18193072939515e22adb298388d": "d0e6a833031e9bbcd3f4e8bde6ca49a4", "secret": True}
    asset = {"4dabf18193072939515e22adb298388d": "c44067f5952c0a294b673a41bacd8c17", "text": "x"}
    values = decode(encode({"a": secret, "b": output, "c": UNKNOWN_TEXT, "d": None, "e": 2.0, "f": 2.5}))
    assert values == {"a": [1, "x"], "b": UNKNOWN, "c": UNKNOWN, "e": 2, "f": 2.5}
    assert isinstance(values["e"], int)
    assert decode(encode({"a": secret}), keep_secrets=True)["a"].value == [1, "x"]
    with pytest.raises(ValueError, match="assets"):
        decode(encode({"a": asset}))
