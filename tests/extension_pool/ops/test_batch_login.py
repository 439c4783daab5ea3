"""Who may ask, over which way: the real azure-batch SDK against canned answers on loopback."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from pathlib import Path

import pytest
from azure.core.credentials import AccessToken
from azure.core.exceptions import HttpResponseError
from hypothesis import given
from hypothesis import strategies as st

from extension_pool.ops.batch import BatchAccount, connect
from extension_pool.ops.batch.client import _Login
from extension_pool.ops.batch.failures import READING, WRITING, Need, refusal, retry_after
from extension_pool.ops.errors import BadUsage, CannotAsk
from extension_pool.ops.settings import Place

from .fake_service import KEY, Answer, Service, error, extension


@pytest.fixture
def account(service: Service) -> BatchAccount:
    return connect(Place(service.url, "acct", KEY))


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_says_what_to_check_and_does_not_show_it(
    service: Service, account: BatchAccount, status: int
) -> None:
    service.answers["/pools/linux"] = error(
        status,
        "AuthenticationFailed",
        "Server failed to authenticate the request. Make sure the value of Authorization "
        "header is formed correctly including the signature.",
    )
    with pytest.raises(CannotAsk) as raised:
        account.read_pool("linux")
    message = str(raised.value)
    assert message.startswith("login: account 'acct' does not accept it; check that AZURE_BATCH_ACCESS_KEY is a key")
    assert "AuthenticationFailed: Server failed to authenticate" in message
    assert "RequestId" not in message
    assert KEY not in message
    assert raised.value.exit_code == 3


@pytest.mark.parametrize("path", ["/pools/linux", "/pools/linux/nodes", "/pools/linux/nodes/a/extensions"])
def test_a_key_that_is_not_let_in_is_no_matter_of_roles(service: Service, account: BatchAccount, path: str) -> None:
    service.pool()
    service.nodes({"a": "idle"})
    service.extensions("a", extension())
    service.answers[path] = error(
        403, "InsufficientAccountPermissions", "Account does not have sufficient permissions."
    )
    with pytest.raises(CannotAsk) as raised:
        account.read_pool("linux")
    message = str(raised.value)
    assert message.startswith("permission: reading the pools of account 'acct' is not allowed; AZURE_BATCH_ACCESS_KEY ")
    assert "firewall" in message
    assert "allowedAuthenticationModes" in message
    assert "Reader" not in message
    assert not raised.value.passing


@pytest.mark.parametrize(
    ("need", "named"),
    [
        (
            READING,
            ["Azure Batch Account Reader", "Azure Batch Data Contributor", "Microsoft.Batch/batchAccounts/pools/read"],
        ),
        (WRITING, ["Azure Batch Data Contributor", "Microsoft.Batch/batchAccounts/pools/write"]),
    ],
)
def test_a_login_without_permission_reads_which_role_has_it(need: Need, named: list[str]) -> None:
    refused = HttpResponseError("No.")
    refused.status_code = 403
    message = str(refusal(refused, Place("https://acct.westeurope.batch.azure.com", "acct"), need))
    assert message.startswith(f"permission: {need.doing} account 'acct' is not allowed; ask for the role ")
    assert [word for word in named if word not in message] == []
    assert ("Reader" in message) == (need is READING)
    page = Path(__file__).parents[3] / "docs" / "permissions.md"
    assert [word for word in named if word.split("/")[-1] not in page.read_text("utf-8")] == []


def test_a_login_that_netrc_has_for_the_host_does_not_replace_the_key(
    service: Service, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password hunter2\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    service.answers["/pools"] = Answer({"value": []})
    connect(Place(service.url, "acct", KEY)).pool_names()
    assert service.headers[0]["Authorization"].startswith("SharedKey acct:")


def test_a_proxy_of_the_environment_is_used(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", service.url)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    service.answers["/pools"] = Answer({"value": [{"id": "seen by the proxy"}]})
    assert connect(Place("http://batch.invalid", "acct", KEY)).pool_names() == ["seen by the proxy"]
    monkeypatch.setenv("no_proxy", "batch.invalid")
    with pytest.raises(CannotAsk, match=r"no answer from http://batch.invalid"):
        connect(Place("http://batch.invalid", "acct", KEY)).pool_names()


def test_a_proxy_that_redirects_to_its_login_page_is_said_so_and_not_followed(
    service: Service, account: BatchAccount
) -> None:
    service.answers["/pools/linux"] = Answer({}, 302, {"Location": f"{service.url}/login"})
    with pytest.raises(CannotAsk, match=r"the answer from .* is not one of Azure Batch"):
        account.read_pool("linux")
    assert service.paths() == ["/pools/linux"]


def test_a_login_goes_over_https_only() -> None:
    with pytest.raises(BadUsage, match=r"^endpoint: must be https:// .* set AZURE_BATCH_ACCOUNT"):
        connect(Place("http://127.0.0.1:9", "acct"))


def test_nobody_logged_in_says_how_to(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    # The one credential asked for has no settings, so nothing is probed and nothing is sent.
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "EnvironmentCredential")
    for name in ("AZURE_CLIENT_ID", "AZURE_TENANT_ID", "AZURE_CLIENT_SECRET"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(CannotAsk) as raised:
        connect(Place("https://acct.westeurope.batch.azure.com", "acct")).read_pool("linux")
    message = str(raised.value)
    assert message.startswith("login: nobody is logged in for https://acct.westeurope.batch.azure.com; run `az login`")
    assert "EnvironmentCredential" in message


def test_a_wrong_choice_of_credentials_is_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "nonsense")
    with pytest.raises(BadUsage, match=r"^login: .*nonsense"):
        connect(Place("https://acct.westeurope.batch.azure.com", "acct"))


@pytest.mark.parametrize(
    ("host", "scope"),
    [
        ("acct.westeurope.batch.azure.com", "https://batch.core.windows.net//.default"),
        ("acct.chinanorth3.batch.chinacloudapi.cn", "https://batch.chinacloudapi.cn//.default"),
        ("acct.usgovvirginia.batch.usgovcloudapi.net", "https://batch.core.usgovcloudapi.net//.default"),
    ],
)
def test_a_token_is_for_the_cloud_of_the_endpoint(monkeypatch: pytest.MonkeyPatch, host: str, scope: str) -> None:
    asked: list[str] = []

    class Credential:
        def get_token(self, *scopes: str, **_: object) -> object:
            asked.extend(scopes)
            raise CannotAsk("far enough")

    monkeypatch.setattr("azure.identity.DefaultAzureCredential", Credential)
    with pytest.raises(CannotAsk, match="far enough"):
        connect(Place(f"https://{host}", "acct")).read_pool("linux")
    assert asked == [scope]


def test_many_calls_that_find_the_token_old_fetch_one_together(monkeypatch: pytest.MonkeyPatch) -> None:
    fetched: list[float] = []

    class Credential:
        def get_token(self, *_: str, **options: object) -> AccessToken:
            fetched.append(time.time())
            time.sleep(0.02)
            lasts = 3600 if len(fetched) > 1 else 60
            return AccessToken(f"token {len(fetched)}", int(time.time()) + lasts)

    monkeypatch.setattr("azure.identity.DefaultAzureCredential", Credential)
    login = _Login(Place("https://acct.westeurope.batch.azure.com", "acct"))
    assert login.get_token("scope").token == "token 1"
    with ThreadPoolExecutor(8) as workers:
        tokens = {future.result().token for future in [workers.submit(login.get_token, "scope") for _ in range(16)]}
    assert tokens == {"token 2"}
    assert login.get_token("scope", claims="what Azure asks for").token == "token 3"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "3"}, 3.0),
        ({"Retry-After": " 0.5 "}, 0.5),
        ({"retry-after-ms": "1500", "Retry-After": "9"}, 1.5),
        ({"x-ms-retry-after-ms": "20"}, 0.02),
        ({"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0.0),
        ({"Retry-After": "-1"}, None),
        ({"Retry-After": "inf"}, None),
        ({"Retry-After": "nan"}, None),
        ({"Retry-After": "soon"}, None),
        ({}, None),
    ],
)
def test_the_pause_that_an_answer_asks_for(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers) == seconds


def test_a_pause_may_be_given_as_a_date() -> None:
    seconds = retry_after({"Retry-After": format_datetime(datetime.now(timezone.utc) + timedelta(seconds=60))})
    assert seconds is not None
    assert 55 < seconds <= 60


@given(st.text())
def test_no_text_in_the_place_of_a_pause_breaks_anything(text: str) -> None:
    seconds = retry_after({"Retry-After": text})
    assert seconds is None or seconds >= 0
