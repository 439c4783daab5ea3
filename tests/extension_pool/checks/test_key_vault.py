"""Certificates and the Key Vault extension."""

from typing import Any

import pytest

from extension_pool.problems import Findings, Later

from .pools import CERTIFICATE, CLIENT, EXISTING, IDENTITIES, findings, key_vault, notices, problems

URL = CERTIFICATE["url"]
SETTINGS = "extensions[0].settings"
MANAGEMENT = f"{SETTINGS}.secretsManagementSettings"


def changed(plain: dict[str, Any], **settings: Any) -> dict[str, Any]:
    """The extension with other settings; None takes one away."""
    merged = {**plain["settings"], **settings}
    return {**plain, "settings": {key: value for key, value in merged.items() if value is not None}}


def refused(plain: dict[str, Any], image: str = "ubuntu-24.04") -> list[str]:
    return problems(image=image, extensions=[plain], identity=EXISTING)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"key_vault_certificates": [{**CERTIFICATE, "key_exportable": True}]},
            "key_vault_certificates[0].key_exportable: is an option of KeyVaultForWindows, but the image is linux",
        ),
        (
            {"image": "windows-server-2022", "key_vault_certificates": [{**CERTIFICATE, "acls": [{"user": "x"}]}]},
            "key_vault_certificates[0].acls: is an option of KeyVaultForLinux, but the image is windows",
        ),
        (
            {"key_vault_certificates": [{**CERTIFICATE, "certificate_store_location": "LocalMachine"}]},
            "key_vault_certificates[0].certificate_store_location: must be a directory of a Linux node, got "
            '"LocalMachine"; write it from / on',
        ),
        (
            {
                "image": "windows-server-2022",
                "key_vault_certificates": [{**CERTIFICATE, "certificate_store_location": "localmachine"}],
            },
            'key_vault_certificates[0].certificate_store_location: must be a store of Windows, got "localmachine"; '
            'allowed "LocalMachine", "CurrentUser"; upper and lower case matter',
        ),
        ({"key_vault_extension": {"require_initial_sync": False}}, "key_vault_extension: has no certificates"),
        (
            {"key_vault_certificates": [CERTIFICATE], "key_vault_extension": {"type_handler_version": "4.0"}},
            "key_vault_extension.type_handler_version: must be of major version 3",
        ),
    ],
)
def test_certificates_that_are_refused(changes: dict[str, Any], sentence: str) -> None:
    found = problems(**changes)
    assert len(found) == 1 and found[0].startswith(sentence), found


@pytest.mark.parametrize(
    ("plain", "image", "sentence"),
    [
        (
            key_vault(pollingIntervalInS=3600),
            "ubuntu-24.04",
            f'{MANAGEMENT}.pollingIntervalInS: must be a number of seconds, as a string, got 3600; write "3600"',
        ),
        (
            key_vault(pollingIntervalInS="1h"),
            "ubuntu-24.04",
            f'{MANAGEMENT}.pollingIntervalInS: must be a number of seconds, as a string, got "1h"; write for example',
        ),
        (
            key_vault(observedCertificates=[{"url": "https://kv1.vault.azure.net/certificates/tls"}]),
            "ubuntu-24.04",
            f"{MANAGEMENT}.observedCertificates[0].url: must be the URL of a secret in a key vault",
        ),
        (
            key_vault(version="2.2"),
            "ubuntu-24.04",
            f"{MANAGEMENT}.observedCertificates[0]: must be a string",
        ),
        (
            key_vault(observedCertificates=[{**CERTIFICATE, "certificateStoreLocation": "LocalMachine"}]),
            "ubuntu-24.04",
            f"{MANAGEMENT}.observedCertificates[0].certificateStoreLocation: must be a directory of a Linux node",
        ),
        (
            key_vault("Windows", observedCertificates=[{**CERTIFICATE, "certificateStoreLocation": "localMachine"}]),
            "windows-server-2022",
            f"{MANAGEMENT}.observedCertificates[0].certificateStoreLocation: must be one of the allowed values",
        ),
        (
            key_vault("Windows", observedCertificates=[URL]),
            "windows-server-2022",
            f"{MANAGEMENT}.observedCertificates[0]: must be a mapping",
        ),
        (
            key_vault("Windows", "4.0", pollingIntervalInS="7200"),
            "windows-server-2022",
            f"{MANAGEMENT}.pollingIntervalInS: must be from 300 to 3600 seconds in major version 4",
        ),
        (
            key_vault("Windows", "4.0", observedCertificates=[{"url": f"{URL}/0123456789abcdef"}]),
            "windows-server-2022",
            f"{MANAGEMENT}.observedCertificates[0].url: must carry no version",
        ),
        (
            changed(key_vault(), authenticationSettings=None),
            "ubuntu-24.04",
            f"{SETTINGS}.authenticationSettings: required, but missing",
        ),
        (
            changed(key_vault(), authenticationSettings={"msiEndpoint": "http://x", "msiClientId": f"{IDENTITIES}/it"}),
            "ubuntu-24.04",
            f"{SETTINGS}.authenticationSettings.msiClientId: must be the client id of the pool's identity, a GUID",
        ),
        (
            changed(key_vault(), authenticationSettings={"msiClientId": CLIENT}),
            "ubuntu-24.04",
            f"{SETTINGS}.authenticationSettings.msiEndpoint: required with msiClientId, but missing",
        ),
        (
            {**key_vault(), "settings": None},
            "ubuntu-24.04",
            f"{SETTINGS}: required by KeyVaultForLinux, but missing",
        ),
    ],
)
def test_plain_extensions_that_are_refused(plain: dict[str, Any], image: str, sentence: str) -> None:
    found = refused({key: value for key, value in plain.items() if value is not None}, image)
    assert len(found) == 1 and found[0].startswith(sentence), found


@pytest.mark.parametrize(
    ("plain", "image"),
    [
        (key_vault(), "ubuntu-24.04"),
        (key_vault(version="2.2", observedCertificates=[URL], certificateStoreLocation="/certs"), "ubuntu-24.04"),
        (key_vault(version="1.0", observedCertificates=[URL]), "ubuntu-24.04"),
        (
            key_vault(observedCertificates=[{**CERTIFICATE, "acls": [{"user": "app"}]}], aclEnabled=True),
            "ubuntu-24.04",
        ),
        (
            key_vault(
                "Windows",
                linkOnRenewal=True,
                observedCertificates=[
                    {
                        **CERTIFICATE,
                        "certificateStoreName": "MY",
                        "certificateStoreLocation": "CurrentUser",
                        "keyExportable": True,
                        "accounts": ["Network Service"],
                    }
                ],
            ),
            "windows-server-2022",
        ),
        (key_vault("Windows", "4.0", pollingIntervalInS="300"), "windows-server-2022"),
        (
            key_vault(
                "Windows",
                "1.0",
                observedCertificates=[URL],
                certificateStoreName="MY",
                certificateStoreLocation="LocalMachine",
            ),
            "windows-server-2022",
        ),
        (key_vault(observedCertificates=[{"url": Later("known in the update")}]), "ubuntu-24.04"),
        (key_vault(observedCertificates=Later("known in the update")), "ubuntu-24.04"),
        (changed(key_vault(), authenticationSettings=Later("known in the update")), "ubuntu-24.04"),
    ],
)
def test_plain_extensions_that_pass(plain: dict[str, Any], image: str) -> None:
    assert findings(image=image, extensions=[plain], identity=EXISTING) == Findings()


@pytest.mark.parametrize("suffix", ["azure.net", "azure.cn", "usgovcloudapi.net", "sovcloud-api.de"])
def test_vaults_of_every_cloud_pass(suffix: str) -> None:
    url = f"https://kv1.vault.{suffix}/secrets/tls"
    assert findings(key_vault_certificates=[{"url": url}]) == Findings()
    assert refused(key_vault(observedCertificates=[{"url": url}])) == []


def test_the_body_of_the_vendor_page_passes_with_one_notice() -> None:
    page = key_vault(
        pollingIntervalInS="300",
        certificateStoreLocation="/var/lib/waagent/Microsoft.Azure.KeyVault",
        requireInitialSync=True,
        observedCertificates=["https://testkvwestus2.vault.azure.net/secrets/authsecreat"],
    )
    found = findings(extensions=[{**page, "protected_settings": {}}], identity=EXISTING)
    assert found.problems == ()
    (notice,) = found.notices
    assert notice.sentence().startswith(f"{MANAGEMENT}.observedCertificates: are strings, the form before 3.0")


def test_a_url_with_a_version_warns_since_it_is_never_renewed() -> None:
    pinned = f"{URL}/0123456789abcdef0123456789abcdef"
    assert "never renewed" in notices(key_vault_certificates=[{"url": pinned}])[0]
    (warning,) = notices(extensions=[key_vault(observedCertificates=[{"url": pinned}])], identity=EXISTING)
    assert warning.startswith(f"{MANAGEMENT}.observedCertificates[0].url: names one version")


def test_unknown_keys_warn_with_the_nearest_known_one() -> None:
    (warning,) = notices(extensions=[key_vault(requireInitalSync=True)], identity=EXISTING)
    assert warning == (
        f"{MANAGEMENT}.requireInitalSync: is no key of the extension's documentation; did you mean requireInitialSync?"
    )


def test_keys_that_a_major_version_does_not_have_warn() -> None:
    removed = key_vault("Windows", "4.0", requireInitialSync=True)
    assert any(
        "requireInitialSync: is no key" in text for text in notices(image="windows-server-2022", extensions=[removed])
    )


def test_authentication_inside_the_management_settings_says_where_it_belongs() -> None:
    authentication = key_vault()["settings"]["authenticationSettings"]
    plain = changed(key_vault(authenticationSettings=authentication), authenticationSettings=None)
    found = findings(extensions=[plain], identity=EXISTING)
    assert [problem.sentence() for problem in found.problems] == [
        f"{SETTINGS}.authenticationSettings: required, but missing; add it"
    ]
    assert any("it belongs beside secretsManagementSettings" in notice.text for notice in found.notices)


def test_authentication_outside_the_settings_is_refused() -> None:
    from pydantic import ValidationError

    with pytest.raises(ValidationError, match="authenticationSettings"):
        refused({**key_vault(), "authenticationSettings": {}})


def test_options_without_effect_warn() -> None:
    with_acls = key_vault(observedCertificates=[{**CERTIFICATE, "acls": [{"user": "app"}]}])
    assert any("aclEnabled: must be true" in text for text in notices(extensions=[with_acls], identity=EXISTING))
    certificates = {"key_vault_certificates": [CERTIFICATE], "key_vault_extension": {"link_on_renewal": True}}
    assert notices(**certificates) == ["key_vault_extension.link_on_renewal: has no effect on Linux"]
    assert notices(image="windows-server-2022", **certificates) == []


def test_a_major_version_that_is_not_known_warns_and_is_not_judged() -> None:
    found = findings(extensions=[key_vault(version="9.0", pollingIntervalInS=5)], identity=EXISTING)
    assert found.problems == ()
    assert any("major version 9 of KeyVaultForLinux is not known here" in notice.text for notice in found.notices)
