"""The Key Vault extension as the component writes it, and as its pages document it."""

from typing import Any

from extension_pool.extensions.certificates import render_key_vault_extension
from extension_pool.spec import Extension, KeyVaultCertificate, KeyVaultExtension

URL = "https://kv1.vault.azure.net/secrets/tls"


def render(os_type: str = "linux", options: dict[str, Any] | None = None, **certificate: Any) -> Extension:
    return render_key_vault_extension(
        [KeyVaultCertificate.model_validate({"url": URL, **certificate}, by_name=True)],
        KeyVaultExtension.model_validate(options or {}, by_name=True),
        os_type,
        "client",
    )


def management(extension: Extension) -> dict[str, Any]:
    assert isinstance(extension.settings, dict)
    found = extension.settings["secretsManagementSettings"]
    assert isinstance(found, dict)
    return found


def test_defaults() -> None:
    extension = render()
    assert (extension.name, extension.publisher, extension.type, extension.type_handler_version) == (
        "KeyVaultForLinux",
        "Microsoft.Azure.KeyVault",
        "KeyVaultForLinux",
        "3.0",
    )
    assert extension.auto_upgrade_minor_version is True
    assert extension.settings == {
        "secretsManagementSettings": {
            "pollingIntervalInS": "3600",
            "requireInitialSync": True,
            "observedCertificates": [{"url": URL}],
        },
        "authenticationSettings": {
            "msiEndpoint": "http://169.254.169.254/metadata/identity",
            "msiClientId": "client",
        },
    }


def test_windows_has_its_own_type_and_options() -> None:
    extension = render(
        "windows",
        {"link_on_renewal": True},
        certificate_store_name="MY",
        certificate_store_location="LocalMachine",
        key_exportable=False,
        accounts=["Network Service"],
    )
    assert extension.type == extension.name == "KeyVaultForWindows"
    assert management(extension)["linkOnRenewal"] is True
    assert management(extension)["observedCertificates"] == [
        {
            "url": URL,
            "certificateStoreName": "MY",
            "certificateStoreLocation": "LocalMachine",
            "keyExportable": False,
            "accounts": ["Network Service"],
        }
    ]


def test_acls_switch_themselves_on_since_the_extension_passes_over_them_otherwise() -> None:
    extension = render(acls=[{"user": "app"}, {"user": "web", "group": "www"}], custom_symbolic_link_name="tls")
    assert management(extension)["aclEnabled"] is True
    assert management(extension)["observedCertificates"] == [
        {"url": URL, "customSymbolicLinkName": "tls", "acls": [{"user": "app"}, {"user": "web", "group": "www"}]}
    ]


def test_options_of_the_extension_reach_it() -> None:
    extension = render(
        options={
            "name": "certs",
            "polling_interval_in_s": 300,
            "require_initial_sync": False,
            "type_handler_version": "3.5",
            "enable_automatic_upgrade": False,
            "provision_after_extensions": ["monitor"],
        }
    )
    assert extension.name == "certs"
    assert management(extension)["pollingIntervalInS"] == "300"
    assert management(extension)["requireInitialSync"] is False
    assert (extension.type_handler_version, extension.enable_automatic_upgrade) == ("3.5", False)
    assert extension.provision_after_extensions == ["monitor"]
