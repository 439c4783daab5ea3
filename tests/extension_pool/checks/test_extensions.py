"""Extensions against Batch's list, the image and each other."""

from datetime import date
from typing import Any

import pytest

from extension_pool.problems import Findings

from .pools import (
    CERTIFICATE,
    DRIVERS,
    EXISTING,
    MONITOR,
    OWN_IMAGE,
    extension,
    findings,
    key_vault,
    notices,
    problems,
    unlisted,
)

WORKSPACE = {"workspaceId": "11111111-1111-1111-1111-111111111111"}
OMS = extension(
    "OmsAgentForLinux",
    "Microsoft.EnterpriseCloud.Monitoring",
    settings=WORKSPACE,
    protected_settings={"workspaceKey": "k"},
)
MMA = {**OMS, "type": "MicrosoftMonitoringAgent"}
WAD = extension(
    "IaaSDiagnostics",
    "Microsoft.Azure.Diagnostics",
    settings={"WadCfg": {}, "StorageAccount": "a"},
    protected_settings={"storageAccountName": "a", "storageAccountKey": "k"},
)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"extensions": [extension("CustomScript", "Microsoft.Azure.Extensions")]},
            "extensions[0].type: custom script",
        ),
        ({"extensions": [extension("customscriptextension", "Contoso")]}, "extensions[0].type: custom script"),
        ({"extensions": [extension("CustomScript", "C", allow_unlisted=True)]}, "extensions[0].type: custom script"),
        (
            {"extensions": [extension("NotOfTheList", "Contoso")]},
            'extensions[0].type: is not on the list of extensions that Azure Batch installs, got "NotOfTheList"; '
            "Ask Azure support to allow it for your account, then set allow_unlisted to true",
        ),
        (
            {"extensions": [extension("KeyVaultForLinus", "Contoso")]},
            'extensions[0].type: is not on the list of extensions that Azure Batch installs, got "KeyVaultForLinus"; '
            "did you mean KeyVaultForLinux?",
        ),
        (
            {"image": "windows-server-2022", "extensions": [extension("DSC", "Microsoft.Powershell.DSC")]},
            'extensions[0].publisher: is not the publisher of DSC, got "Microsoft.Powershell.DSC"; '
            "use Microsoft.Powershell",
        ),
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
            {"extensions": [unlisted("same"), {**unlisted("Same"), "type": "B"}]},
            "extensions[1].name: used by another extension too",
        ),
        (
            {"key_vault_certificates": [CERTIFICATE], "extensions": [unlisted("KeyVaultForLinux")]},
            "extensions[0].name: used by another extension too",
        ),
    ],
)
def test_what_is_refused(changes: dict[str, Any], sentence: str) -> None:
    found = problems(**changes)
    assert any(text.startswith(sentence) for text in found), found


def test_a_wrong_type_is_one_problem_and_its_settings_say_nothing() -> None:
    assert len(problems(extensions=[extension("KeyVaultForWindows")])) == 1
    assert len(problems(extensions=[extension("CustomScript", "Contoso")])) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"extensions": [unlisted()]},
        {"extensions": [key_vault()], "identity": EXISTING},
        {"extensions": [unlisted("a"), unlisted("b")]},
        {"key_vault_certificates": [CERTIFICATE], "key_vault_extension": {"name": "certs"}},
    ],
)
def test_what_passes(changes: dict[str, Any]) -> None:
    assert findings(**changes) == Findings()


@pytest.mark.parametrize(
    ("plain", "image", "warning"),
    [
        (OMS, "ubuntu-24.04", "ended on 2024-08-31; use AzureMonitorLinuxAgent"),
        (MMA, "windows-server-2022", "ended on 2024-08-31; use AzureMonitorWindowsAgent"),
        (WAD, "windows-server-2022", "ended on 2026-03-31; use AzureMonitorWindowsAgent"),
        (
            extension("DSC", "Microsoft.Powershell"),
            "windows-server-2022",
            "ends on 2028-03-31; use Azure Machine Confi",
        ),
    ],
)
def test_extensions_past_their_date_warn_with_date_and_successor(plain: Any, image: str, warning: str) -> None:
    found = findings(image=image, extensions=[plain])
    assert found.problems == ()
    assert any(warning in notice.text for notice in found.notices)


def test_the_date_of_an_end_is_judged_against_the_day_that_is_given() -> None:
    dsc = extension("DSC", "Microsoft.Powershell")
    (warning,) = notices(date(2028, 3, 31), image="windows-server-2022", extensions=[dsc])
    assert "ended on 2028-03-31" in warning


def test_a_type_asked_for_twice_warns() -> None:
    twice = [key_vault(), {**key_vault(), "name": "y", "publisher": "microsoft.azure.keyvault"}]
    found = findings(extensions=twice, identity=EXISTING)
    assert found.problems == ()
    assert [notice.path for notice in found.notices] == [("extensions", 0, "type"), ("extensions", 1, "type")]
    beside = notices(key_vault_certificates=[CERTIFICATE], extensions=[key_vault()], identity=EXISTING)
    assert beside == ["extensions[0].type: KeyVaultForLinux is asked for twice; a node takes one of a type"]


def test_an_automatic_upgrade_that_azure_does_not_offer_warns() -> None:
    gpu = {"vm_size": "Standard_NC4as_T4_v3"}
    plain = extension("NvidiaGpuDriverLinux", DRIVERS, enable_automatic_upgrade=True)
    assert any("automatic upgrades" in text for text in notices(**gpu, extensions=[plain]))
    assert notices(**gpu, extensions=[{**plain, "enable_automatic_upgrade": False}]) == []
    monitor = extension("AzureMonitorLinuxAgent", MONITOR, enable_automatic_upgrade=True)
    assert not any("automatic upgrades" in text for text in notices(extensions=[monitor]))


def test_a_listing_that_is_not_sure_warns() -> None:
    plain = extension("GuestAttestation", "Microsoft.Azure.Security.LinuxAttestation")
    found = findings(extensions=[plain])
    assert found.problems == ()
    assert "not sure" in found.notices[0].sentence()
    assert not any("not sure" in text for text in notices(extensions=[{**plain, "allow_unlisted": True}]))


def test_key_vault_on_a_system_that_its_page_does_not_name_warns() -> None:
    found = findings(image="almalinux-9", extensions=[key_vault()], identity=EXISTING)
    assert found.problems == ()
    assert "documented for Ubuntu 22.04 and later" in found.notices[0].text
    assert "documented for" in notices(image="almalinux-9", key_vault_certificates=[CERTIFICATE])[0]


def test_key_vault_4_warns_before_windows_server_2022() -> None:
    plain = key_vault("Windows", "4.0")
    assert any("2022 and 2025 only" in text for text in notices(image="windows-server-2019-gen1", extensions=[plain]))
    assert not any("2025 only" in text for text in notices(image="windows-server-2022", extensions=[plain]))
    own = {"image": None, "image_reference": OWN_IMAGE, "node_agent_sku_id": "batch.node.windows amd64"}
    assert not any("2025 only" in text for text in notices(**own, extensions=[plain]))
