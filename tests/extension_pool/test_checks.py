"""Rules over a pool: each with what it refuses and what it lets pass."""

from datetime import date
from typing import Any

import pytest

from extension_pool.checks import check_pool
from extension_pool.derived import node_agent_of, os_type_of
from extension_pool.problems import Findings
from extension_pool.spec import PoolSettings

TODAY = date(2026, 6, 1)

MARINER = {"publisher": "microsoftcblmariner", "offer": "cbl-mariner", "sku": "cbl-mariner-2", "version": "latest"}
OWN_IMAGE = {"id": "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Compute/galleries/g/images/i/versions/1.0.0"}
VAULT = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/kv1"
EXISTING = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/it"
CERTIFICATE = {"url": "https://kv1.vault.azure.net/secrets/tls"}


def pool(**changes: Any) -> PoolSettings:
    whole = {"vm_size": "Standard_D2s_v5", "image": "ubuntu-24.04", **changes}
    return PoolSettings.model_validate({key: value for key, value in whole.items() if value is not None}, by_name=True)


def findings(**changes: Any) -> Findings:
    return check_pool(pool(**changes), TODAY)


def extension(type_: str, publisher: str = "Microsoft.Azure.KeyVault", name: str = "x") -> dict[str, str]:
    return {"name": name, "publisher": publisher, "type": type_}


def test_a_plain_pool_is_fine() -> None:
    assert findings() == Findings()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"image": "ubuntu-24.4"}, 'image: unknown image, got "ubuntu-24.4"; did you mean ubuntu-24.04?'),
        ({"image": "solaris-11"}, 'image: unknown image, got "solaris-11"; allowed ubuntu-24.04'),
        ({"image": None}, "image: required, but missing"),
        ({"image_reference": MARINER}, "image: a catalogue image and an image reference exclude each other"),
        ({"image": None, "image_reference": {"publisher": "x"}}, "image_reference: must name publisher, offer and sku"),
        ({"image": None, "image_reference": OWN_IMAGE}, "node_agent_sku_id: required for this image"),
        ({"scale_settings": {}}, "scale_settings: must hold exactly one scale"),
        (
            {"scale_settings": {"fixed_scale": {}, "auto_scale": {"formula": "x"}}},
            "scale_settings: must hold exactly one scale",
        ),
        (
            {"extensions": [extension("CustomScript", "Microsoft.Azure.Extensions")]},
            "extensions[0].type: custom script",
        ),
        ({"extensions": [extension("customscriptextension", "Contoso")]}, "extensions[0].type: custom script"),
        (
            {"extensions": [extension("KeyVaultForWindows")]},
            'extensions[0].type: is an extension for windows, but the image is linux, got "KeyVaultForWindows"; '
            "use KeyVaultForLinux",
        ),
        (
            {"image": "windows-server-2022", "extensions": [extension("keyvaultforlinux", "microsoft.azure.keyvault")]},
            "extensions[0].type: is an extension for linux, but the image is windows",
        ),
        (
            {"extensions": [extension("A", "P", "same"), extension("B", "P", "Same")]},
            "extensions[1].name: used by another extension too",
        ),
        (
            {"key_vault_certificates": [CERTIFICATE], "extensions": [extension("B", "P", "KeyVaultForLinux")]},
            "extensions[0].name: used by another extension too",
        ),
        (
            {"key_vault_certificates": [{**CERTIFICATE, "key_exportable": True}]},
            "key_vault_certificates[0].key_exportable: is an option of KeyVaultForWindows, but the image is linux",
        ),
        (
            {"image": "windows-server-2022", "key_vault_certificates": [{**CERTIFICATE, "acls": [{"user": "x"}]}]},
            "key_vault_certificates[0].acls: is an option of KeyVaultForLinux, but the image is windows",
        ),
        ({"key_vault_extension": {"require_initial_sync": False}}, "key_vault_extension: has no certificates"),
        (
            {"identity": {"name": "x", "existing": {"id": EXISTING}}},
            "identity.name: is for an identity that the component creates",
        ),
        (
            {"key_vault_access": [{"vault_id": VAULT}, {"vault_id": VAULT + "2"}]},
            "key_vault_access[1].name: must tell this grant from the others",
        ),
        (
            {"metadata": [{"name": "a", "value": "1"}, {"name": "a", "value": "2"}]},
            "metadata[1].name: used by another entry too",
        ),
    ],
)
def test_what_is_refused(changes: dict[str, Any], sentence: str) -> None:
    problems = [problem.sentence() for problem in findings(**changes).problems]
    assert any(text.startswith(sentence) for text in problems), problems


@pytest.mark.parametrize(
    "changes",
    [
        {"image": None, "image_reference": OWN_IMAGE, "node_agent_sku_id": "batch.node.ubuntu 24.04"},
        {"extensions": [extension("KeyVaultForLinux")]},
        {"extensions": [extension("GuestAttestation", "Microsoft.Azure.Security.LinuxAttestation")]},
        {"extensions": [extension("NotOfTheList", "Contoso")]},
        {"key_vault_certificates": [CERTIFICATE], "key_vault_extension": {"name": "certs"}},
        {"key_vault_access": [{"vault_id": VAULT}, {"vault_id": VAULT + "2", "name": "two"}]},
        {"scale_settings": {"auto_scale": {"formula": "$TargetDedicatedNodes = 1;"}}},
    ],
)
def test_what_passes(changes: dict[str, Any]) -> None:
    assert findings(**changes).problems == ()


def test_a_known_reference_brings_its_node_agent() -> None:
    mariner = pool(image=None, image_reference=MARINER)
    assert node_agent_of(mariner) == "batch.node.mariner 2.0"
    assert os_type_of(mariner) == "linux"


def test_the_node_agent_tells_the_operating_system_of_an_own_image() -> None:
    windows = pool(image=None, image_reference=OWN_IMAGE, node_agent_sku_id="batch.node.windows amd64")
    assert os_type_of(windows) == "windows"


def test_image_and_size_of_the_vendor_page_warn_and_name_successors() -> None:
    found = findings(image=None, image_reference=MARINER, vm_size="STANDARD_DS2_V2")
    assert found.problems == ()
    image, size = [notice.sentence() for notice in found.notices]
    assert image.startswith("image_reference: Batch's support of the image")
    assert "ended on 2025-07-30; use azure-linux-3" in image
    assert size.startswith("vm_size: Batch has announced to retire the DSv2 family of STANDARD_DS2_V2")
    assert size.endswith("use Standard_D2s_v5 (Dsv5)")


def test_an_image_warns_from_its_last_day_on() -> None:
    jammy = pool(image="ubuntu-22.04")
    assert check_pool(jammy, date(2027, 6, 29)).notices == ()
    assert len(check_pool(jammy, date(2027, 6, 30)).notices) == 1
