import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extension_pool.ops.errors import BadUsage
from extension_pool.ops.settings import (
    Place,
    Settings,
    account_of,
    is_this_machine,
    normalise_endpoint,
    place,
    read_settings,
)

from .fake_service import KEY

ENDPOINT = "https://acct.westeurope.batch.azure.com"


@pytest.mark.parametrize(
    ("text", "endpoint"),
    [
        ("acct.westeurope.batch.azure.com", ENDPOINT),
        (f" {ENDPOINT}/ ", ENDPOINT),
        ("HTTPS://Acct.westeurope.batch.azure.com", ENDPOINT),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("localhost:8080", "https://localhost:8080"),
        ("http://[::1]:80", "http://[::1]:80"),
    ],
)
def test_an_endpoint_has_a_scheme_and_nothing_behind_the_host(text: str, endpoint: str) -> None:
    assert normalise_endpoint(text) == endpoint


@pytest.mark.parametrize(
    "text",
    [
        "ftp://a.b",
        "https://",
        "https://a.b/pools",
        "https://a.b?x=1",
        "https://a.b:port",
        "a b",
        "http://[::1",
        "é.com",
    ],
)
def test_what_is_no_endpoint_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(BadUsage) as raised:
        normalise_endpoint(text)
    assert str(raised.value) == (
        "AZURE_BATCH_ENDPOINT: must be the account's endpoint, such as "
        f"https://myaccount.westeurope.batch.azure.com, got {text!r}"
    )


def test_a_login_in_the_url_is_refused_and_not_shown() -> None:
    with pytest.raises(BadUsage) as raised:
        normalise_endpoint("https://me:hunter2@a.b", "--endpoint")
    assert str(raised.value).startswith("--endpoint: ")
    assert "hunter2" not in str(raised.value)


@settings(deadline=None)
@given(st.text())
def test_no_endpoint_makes_another_error_than_ours(text: str) -> None:
    try:
        assert normalise_endpoint(text).startswith(("http://", "https://"))
    except BadUsage:
        pass


def test_options_go_before_the_environment_and_empty_variables_are_unset() -> None:
    environ = {"AZURE_BATCH_ENDPOINT": "a.b", "AZURE_BATCH_ACCOUNT": "", "AZURE_BATCH_ACCESS_KEY": f" {KEY} "}
    assert read_settings(environ) == Settings("https://a.b", None, KEY)
    assert read_settings(environ, "http://c.d", "acct") == Settings("http://c.d", "acct", KEY)
    assert read_settings({}) == Settings()


def test_the_key_is_never_shown() -> None:
    assert KEY not in repr(Settings(access_key=KEY)) + repr(Place(ENDPOINT, "acct", KEY))
    with pytest.raises(BadUsage) as raised:
        read_settings({"AZURE_BATCH_ACCESS_KEY": "not base64!"})
    assert str(raised.value).startswith("AZURE_BATCH_ACCESS_KEY: must be a Batch account key in base64; ")
    assert "not base64!" not in str(raised.value)


def test_the_account_is_read_from_the_host() -> None:
    assert account_of(ENDPOINT) == "acct"
    assert account_of("https://acct.usgovvirginia.batch.usgovcloudapi.net") == "acct"
    assert account_of("http://127.0.0.1:80") is None


def test_a_place_is_made_of_settings_and_of_what_the_stack_knows() -> None:
    assert place(Settings(ENDPOINT)) == Place(ENDPOINT, "acct")
    assert place(Settings(), ENDPOINT, "acct") == Place(ENDPOINT, "acct")
    assert place(Settings("http://127.0.0.1:80", "other", KEY), ENDPOINT, "acct") == Place(
        "http://127.0.0.1:80", "acct", KEY
    )
    assert place(Settings("http://127.0.0.1:80")) == Place("http://127.0.0.1:80", "127.0.0.1:80")


def test_what_is_missing_or_does_not_fit_says_what_to_set() -> None:
    with pytest.raises(BadUsage, match=r"^endpoint: the endpoint of account 'acct' is not known; set AZURE_BATCH_ENDP"):
        place(Settings(), None, "acct")
    with pytest.raises(BadUsage, match=r"^account: AZURE_BATCH_ACCESS_KEY is set, .* set AZURE_BATCH_ACCOUNT or"):
        place(Settings("http://127.0.0.1:80", access_key=KEY))
    with pytest.raises(BadUsage, match=rf"^endpoint: must be that of account 'other', got '{ENDPOINT}'; set AZURE"):
        place(Settings(ENDPOINT), None, "other")


@pytest.mark.parametrize(
    ("host", "here"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("127.8.0.1", True),
        ("::1", True),
        ("0.0.0.0", False),
        ("10.0.0.1", False),
        ("localhost.example.com", False),
        ("", False),
    ],
)
def test_only_a_loopback_address_is_this_machine(host, here):
    assert is_this_machine(host) is here
