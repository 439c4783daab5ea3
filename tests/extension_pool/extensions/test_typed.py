"""Typed extensions: what they refuse, and in which words."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extension_pool.extensions import (
    MODELS,
    ApplicationHealthLinux,
    AzureMonitorLinuxAgent,
    IaaSAntimalware,
    KeyVaultForLinux,
    KeyVaultForWindows,
    OmsAgentForLinux,
)
from extension_pool.extensions.key_vault_settings import (
    AuthenticationSettings,
    KeyVaultForLinuxSettings,
    KeyVaultForLinuxSettingsV1,
    KeyVaultForWindowsSettings,
    KeyVaultForWindowsSettingsV4,
    LinuxCertificate,
    LinuxSecrets,
    LinuxSecretsV1,
    WindowsCertificateV4,
    WindowsSecretsV4,
)
from extension_pool.problems import InvalidInput
from tests.extension_pool.checks.pools import CERTIFICATE, CLIENT
from tests.extension_pool.extensions.examples import EXAMPLES

URL = CERTIFICATE["url"]
SIGN_IN = AuthenticationSettings(msi_client_id=CLIENT)
STRINGS = KeyVaultForLinuxSettingsV1(
    secrets_management_settings=LinuxSecretsV1(polling_interval_in_s="300", observed_certificates=[URL]),
    authentication_settings=SIGN_IN,
)
OBJECTS = KeyVaultForLinuxSettings(
    secrets_management_settings=LinuxSecrets(
        polling_interval_in_s="300", observed_certificates=[LinuxCertificate(url=URL)]
    ),
    authentication_settings=SIGN_IN,
)


def refused(make: Any) -> list[str]:
    with pytest.raises(InvalidInput) as caught:
        make()
    return str(caught.value).splitlines()


def test_the_string_form_of_the_vendor_page_goes_with_every_major_version_of_linux() -> None:
    for version in ("1.0", "2.2", "3.0"):
        arm = KeyVaultForLinux(type_handler_version=version, settings=STRINGS).to_arm()
        assert arm["settings"]["secretsManagementSettings"]["observedCertificates"] == [URL]


def test_objects_go_with_major_3_only() -> None:
    assert KeyVaultForLinux(settings=OBJECTS).to_arm()["typeHandlerVersion"] == "3.0"
    (sentence,) = refused(lambda: KeyVaultForLinux(type_handler_version="2.2", settings=OBJECTS))
    assert sentence.startswith("settings.secretsManagementSettings.observedCertificates[0]: must be a string")


def test_windows_has_a_schema_of_its_own_for_major_4() -> None:
    newest = KeyVaultForWindowsSettingsV4(
        secrets_management_settings=WindowsSecretsV4(observed_certificates=[WindowsCertificateV4(url=URL)]),
        authentication_settings=SIGN_IN,
    )
    arm = KeyVaultForWindows(type_handler_version="4.0", settings=newest).to_arm()
    assert arm["settings"]["secretsManagementSettings"] == {"observedCertificates": [{"url": URL}]}
    older = EXAMPLES[KeyVaultForWindows]["settings"]
    assert isinstance(older, KeyVaultForWindowsSettings)
    assert KeyVaultForWindows(settings=older).to_arm()["typeHandlerVersion"] == "3.0"


def test_all_problems_of_one_extension_come_together() -> None:
    sentences = refused(
        lambda: ApplicationHealthLinux(name="", typ="x", settings={"protocol": "udp", "port": 0, "numberOfProbes": "3"})
    )
    assert [sentence.split(":")[0] for sentence in sentences] == [
        "name",
        "typ",
        "settings.protocol",
        "settings.port",
        "settings.numberOfProbes",
    ]


def test_rules_over_several_settings_judge_typed_extensions_too() -> None:
    assert refused(lambda: ApplicationHealthLinux(settings={"protocol": "http", "port": 80})) == [
        "settings.requestPath: required with http, but missing; add it"
    ]
    assert refused(lambda: IaaSAntimalware(settings={"AntimalwareEnabled": False})) == [
        "settings.AntimalwareEnabled: must be true: the extension cannot switch itself off, got false; set it to true, "
        "or leave it out"
    ]
    identity = {"managedIdentity": {"identifier-name": "client_id", "identifier-value": "mine"}}
    (sentence,) = refused(lambda: AzureMonitorLinuxAgent(settings={"authentication": identity}))
    assert sentence.startswith("settings.authentication.managedIdentity.identifier-value: must be a GUID")


def test_what_is_needed_is_asked_for() -> None:
    assert refused(KeyVaultForLinux) == ["settings: required, but missing; add it"]
    assert refused(lambda: OmsAgentForLinux(settings={"workspaceId": CLIENT})) == [
        "protected_settings: required, but missing; add it"
    ]


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=5,
)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
@settings(max_examples=25)
@given(
    values=st.dictionaries(
        st.sampled_from(["name", "settings", "protected_settings", "type_handler_version", "x"]), ANYTHING, max_size=4
    )
)
def test_whatever_is_given_makes_an_extension_or_named_problems(model: Any, values: dict[str, Any]) -> None:
    try:
        model(**values)
    except InvalidInput as error:
        assert error.problems and str(error)
