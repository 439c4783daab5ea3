"""What is hidden because of its name, or because it reads like a credential."""

import pytest

from extension_pool.ops.secret_names import HIDDEN, hide_credentials, is_secret_key


@pytest.mark.parametrize(
    "key",
    [
        *(
            "password",
            "adminPassword",
            "admin_password",
            "storageAccountKey",
            "protectedSettings",
            "accountKey",
            "sasKey",
            "sshPrivateKey",
        ),
        *("clientSecret", "accessToken", "primaryConnectionString", "primaryKey", "apiKey", "sharedAccessSignature"),
    ],
)
def test_names_of_secrets(key: str) -> None:
    assert is_secret_key(key)


@pytest.mark.parametrize(
    "key",
    [
        *("secretsManagementSettings", "secretName", "secretUrl", "tokenType", "disablePasswordAuthentication"),
        *("keyVaultUri", "publicKey", "tags", "atlas", "enableRbacAuthorization", "passwordPolicy"),
    ],
)
def test_what_is_about_a_secret_is_none(key: str) -> None:
    assert not is_secret_key(key)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("AccountName=a;AccountKey=hunter2==;EndpointSuffix=b", f"AccountName=a;AccountKey={HIDDEN};EndpointSuffix=b"),
        (
            "InstrumentationKey=hunter2;IngestionEndpoint=https://b",
            f"InstrumentationKey={HIDDEN};IngestionEndpoint=https://b",
        ),
        ("Server=s; Password = hunter2; Encrypt=yes", f"Server=s; Password = {HIDDEN}; Encrypt=yes"),
        ("https://a.example.com/x?sv=1&sig=hunter2&se=2", f"https://a.example.com/x?sv=1&sig={HIDDEN}&se=2"),
        ("https://user:hunter2@host/x", f"https://user:{HIDDEN}@host/x"),
        ("Authorization: Bearer hunter2hunter2", f"Authorization: Bearer {HIDDEN}"),
        ('{"client_secret": "hunter2"}', f'{{"client_secret": "{HIDDEN}"}}'),
    ],
)
def test_what_reads_like_a_credential_is_hidden_and_what_is_around_it_stays(text: str, shown: str) -> None:
    assert hide_credentials(text) == shown
    # what is hidden stays so, and is not hidden again
    assert hide_credentials(shown) == shown


@pytest.mark.parametrize("text", ["https://host:8080/x", "partitionKey=render", "sign=1&design=2", "no secrets here"])
def test_what_reads_like_none_is_shown(text: str) -> None:
    assert hide_credentials(text) == text
