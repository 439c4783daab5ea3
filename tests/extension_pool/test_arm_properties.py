"""Which properties are taken, kept and refused; and what is rendered of arguments."""

import copy
from typing import Any, get_args

import pytest

from extension_pool.api_versions import FOREIGN
from extension_pool.arm import parse_pool, render_pool
from extension_pool.problems import InvalidInput
from extension_pool.spec import EXTENSION_WORDS, PoolSettings, SpecModel, arm_name

from .arm_documents import CLIENT, IDENTITY, PLACE, body, problems, refused

# What is unknown, and what another version knows


def test_unknown_properties_are_refused_all_at_once_by_path() -> None:
    document = {**body(vmSizes=1, networkConfiguration={"subnet": "x"}, vm_size="y"), "location": "westeurope"}
    assert problems(document) == [
        "location: unknown property; remove it, or have it kept",
        "properties.vmSizes: unknown property; did you mean vmSize?",
        "properties.networkConfiguration.subnet: unknown property; did you mean subnetId?",
        "properties.vm_size: unknown property, as vmSize is meant; write vmSize",
    ]


def test_unknown_properties_can_be_kept_at_every_level_and_come_out_again() -> None:
    document = body(future={"x": [1]}, networkConfiguration={"future": 2}, machine={"future": 3})
    document["properties"]["deploymentConfiguration"]["another"] = {"y": 4}
    document["zones"] = ["1"]
    assert len(problems(document)) == 5
    arguments = parse_pool(document, **PLACE, keep_unknown=True)
    assert render_pool(arguments, keep_unknown=True) == document
    with pytest.raises(InvalidInput, match="future: unknown property"):
        render_pool(arguments)


def test_names_of_properties_are_read_in_whatever_case_and_rendered_as_specified() -> None:
    machine = {
        "nodeAgentSKUID": "batch.node.ubuntu 22.04",
        "OSDisk": {"managedDisk": {"DiskEncryptionSet": {"ID": "/x"}}},
    }
    document = {
        "properties": {
            "VMSize": "Standard_D4s_v5",
            "ProvisioningState": "Succeeded",
            "DeploymentConfiguration": {"VirtualMachineConfiguration": machine},
            "networkConfiguration": {"endpointConfiguration": {"inboundNATPools": [{"backendport": 22}]}},
            "metadata": [{"Name": "Team", "value": "render"}],
        }
    }
    assert render_pool(parse_pool(document, **PLACE))["properties"] == {
        "vmSize": "Standard_D4s_v5",
        "deploymentConfiguration": {
            "virtualMachineConfiguration": {
                "nodeAgentSkuId": "batch.node.ubuntu 22.04",
                "osDisk": {"managedDisk": {"DiskEncryptionSet": {"ID": "/x"}}},
            }
        },
        "networkConfiguration": {"endpointConfiguration": {"inboundNatPools": [{"backendPort": 22}]}},
        "metadata": [{"name": "Team", "value": "render"}],
    }


def test_the_case_of_free_keys_is_theirs() -> None:
    settings = {"vmsize": 1, "vmSize": 2, "Name": {"TYPE": 3}}
    document = body(
        machine={"extensions": [{"name": "a", "Settings": settings}]}, resourceTags={"Name": "x", "name": "y"}
    )
    properties = render_pool(parse_pool(document, **PLACE))["properties"]
    extension = properties["deploymentConfiguration"]["virtualMachineConfiguration"]["extensions"][0]
    assert extension == {"name": "a", "settings": settings}
    assert properties["resourceTags"] == {"Name": "x", "name": "y"}


def test_a_property_that_is_there_in_two_cases_is_a_problem_whether_it_is_read_or_not() -> None:
    document = body(
        VMSize="x", taskSlotsPerNode=1, taskslotspernode=None, allocationState="Steady", AllocationState="y"
    )
    document["properties"]["DeploymentConfiguration"] = {}
    assert problems(document) == [
        "properties.DeploymentConfiguration: is deploymentConfiguration, which stands here already; give one of them",
        "properties.VMSize: is vmSize, which stands here already; give one of them",
        "properties.AllocationState: is allocationState, which stands here already; give one of them",
    ]


FOREIGN_PLACES: list[tuple[str, dict[str, Any], str]] = [
    ("task_scheduling_policy.jobDefaultOrder", {"taskSchedulingPolicy": {"jobDefaultOrder": "None"}}, "2025-06-01"),
    (
        "network_configuration.public_ip_address_configuration.ipFamilies",
        {"networkConfiguration": {"publicIPAddressConfiguration": {"ipFamilies": ["IPv4"]}}},
        "2025-06-01",
    ),
    (
        "network_configuration.public_ip_address_configuration.ipTags",
        {"networkConfiguration": {"publicIPAddressConfiguration": {"ipTags": [{"ipTagType": "a", "tag": "b"}]}}},
        "2025-06-01",
    ),
    (
        "data_disks[0].managedDisk",
        {"machine": {"dataDisks": [{"lun": 0, "diskSizeGB": 1, "managedDisk": {"storageAccountType": "x"}}]}},
        "2025-06-01",
    ),
    (
        "os_disk.managed_disk.diskEncryptionSet",
        {"machine": {"osDisk": {"managedDisk": {"diskEncryptionSet": {"id": "/x"}}}}},
        "2025-06-01",
    ),
    (
        "os_disk.managed_disk.security_profile.diskEncryptionSet",
        {"machine": {"osDisk": {"managedDisk": {"securityProfile": {"diskEncryptionSet": {"id": "/x"}}}}}},
        "2025-06-01",
    ),
    (
        "disk_encryption_configuration.customerManagedKey",
        {"machine": {"diskEncryptionConfiguration": {"customerManagedKey": {"keyUrl": "x"}}}},
        "2025-06-01",
    ),
    (
        "security_profile.proxyAgentSettings",
        {"machine": {"securityProfile": {"proxyAgentSettings": {"enabled": True}}}},
        "2025-06-01",
    ),
    ("certificates", {"certificates": [{"id": "/x"}]}, "2025-06-01"),
    ("vmSkuProfile", {"vmSkuProfile": {}}, "2026-08-01"),
    ("hardwareProfile", {"hardwareProfile": {}}, "2026-08-01"),
]


@pytest.mark.parametrize(("path", "properties", "version"), FOREIGN_PLACES, ids=[one[0] for one in FOREIGN_PLACES])
def test_what_another_version_knows_is_kept_and_the_component_names_the_version(
    path: str, properties: dict[str, Any], version: str
) -> None:
    document = body(**copy.deepcopy(properties))
    arguments = parse_pool(document, **PLACE)
    assert render_pool(arguments) == document
    (sentence,) = [line for line in refused(arguments) if line.startswith(f"{path}: ")]
    assert version in sentence


def test_a_cloud_service_pool_is_kept_and_refused() -> None:
    document = {"properties": {"deploymentConfiguration": {"cloudServiceConfiguration": {"osFamily": "6"}}}}
    arguments = parse_pool(document, **PLACE)
    assert render_pool(arguments) == document
    assert any("deploymentConfiguration" in line for line in refused(arguments))
    assert len(FOREIGN) == len(FOREIGN_PLACES) + 1


# What is rendered


def test_high_level_arguments_come_out_as_what_they_stand_for() -> None:
    arguments = {
        **PLACE,
        "vm_size": "Standard_D2s_v5",
        "image": "ubuntu-24.04",
        "identity": {"existing": [{"id": IDENTITY, "client_id": CLIENT}]},
        "key_vault_access": [{"vault_id": "/x"}],
        "key_vault_certificates": ["https://contoso.vault.azure.net/secrets/tls"],
    }
    rendered = render_pool(arguments)
    machine = rendered["properties"]["deploymentConfiguration"]["virtualMachineConfiguration"]
    assert machine["imageReference"]["offer"] == "ubuntu-24_04-lts"
    assert machine["nodeAgentSkuId"] == "batch.node.ubuntu 24.04"
    (extension,) = machine["extensions"]
    assert extension["type"] == "KeyVaultForLinux"
    assert extension["settings"]["authenticationSettings"]["msiClientId"] == CLIENT
    again = parse_pool(rendered, **PLACE)
    assert render_pool(again) == rendered
    assert {"image", "key_vault_access", "key_vault_certificates"} & again.keys() == set()


def test_what_cannot_be_rendered_is_named() -> None:
    arguments = {
        **PLACE,
        "vm_sise": "x",
        "image": "ubuntu-99",
        "key_vault_certificates": ["https://contoso.vault.azure.net/secrets/tls"],
        "start_task": {"commandline": "x"},
    }
    with pytest.raises(InvalidInput) as raised:
        render_pool(arguments)
    assert [one.split(":")[0] for one in str(raised.value).splitlines()] == [
        "vm_sise",
        "start_task.commandline",
        "image",
        "key_vault_certificates",
    ]


def test_every_property_has_the_name_that_azure_native_has_for_it() -> None:
    from emulator.provider import schema

    shape = schema.inputs_of("batch", "Pool")
    machine = shape.fields["deploymentConfiguration"].fields["virtualMachineConfiguration"]
    ours = {"image", "identity", "keyVaultAccess", "keyVaultCertificates", "keyVaultExtension", "rollout"}
    ours |= {arm_name(word) for word in EXTENSION_WORDS}

    def unknown(model: type[SpecModel], known: dict[str, Any], at: str) -> list[str]:
        found = []
        for name, field in model.model_fields.items():
            word = arm_name(name)
            if word in ours:
                continue
            if word not in known:
                found.append(f"{at}{word}")
                continue
            inner = model_in(field.annotation)
            fields = known[word].fields or (known[word].items.fields if known[word].items else {})
            found += unknown(inner, fields, f"{at}{word}.") if inner else []
        return found

    assert unknown(PoolSettings, {**shape.fields, **machine.fields}, "") == []


def model_in(annotation: Any) -> type[SpecModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, SpecModel):
        return annotation
    return next((found for one in get_args(annotation) if (found := model_in(one)) is not None), None)
