"""Opens the azure-batch client: the login, the connections, and what the SDK leaves out because `sweep` does it."""

from __future__ import annotations

import os
import threading
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ..errors import BadUsage, CannotAsk
from ..settings import ACCESS_KEY, ACCOUNT, Place
from ..text import clean_line
from .failures import first_line

if TYPE_CHECKING:
    from azure.batch import BatchClient

# The only version that azure-batch 15.1 speaks, and its default.
API_VERSION = "2025-06-01"

# azure-core's defaults are 300 s each: too long for someone who waits at a prompt.
CONNECT_SECONDS = 10
READ_SECONDS = 60

# Whom a token must be for, by the last part of the endpoint's host (azure-cli's `batch_resource_id` of each cloud).
_SCOPES = {
    "batch.chinacloudapi.cn": "https://batch.chinacloudapi.cn//.default",
    "batch.usgovcloudapi.net": "https://batch.core.usgovcloudapi.net//.default",
}
_PUBLIC_SCOPE = "https://batch.core.windows.net//.default"

# azure-core fetches a new token when the old one has less than this left.
_FRESH_SECONDS = 300


class Sent:
    """How many requests went out, from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.number = 0

    def one(self, _: object) -> None:
        """One more; the shape of the SDK's request hook."""
        with self._lock:
            self.number += 1


def open_client(place: Place, connections: int, sent: Sent) -> BatchClient:
    """A client with as many connections as calls may be under way; nothing is sent yet.

    With a shared key requests are signed with it, over https or plain http; else `DefaultAzureCredential` logs in
    (environment, workload identity, managed identity, Azure CLI, ...), over https only. Nothing is repeated: whoever
    calls counts the calls, and knows how long to wait. Raises `BadUsage` for plain http without a key.
    """
    from azure.batch import BatchClient
    from azure.core.credentials import AzureNamedKeyCredential
    from azure.core.pipeline.policies import CustomHookPolicy, SansIOHTTPPolicy

    # In the place of what costs time in each call and has nothing to do here. Without the redirect policy a proxy that
    # answers with its login page is an error that names the status, and no key follows it.
    nothing: SansIOHTTPPolicy[Any, Any] = SansIOHTTPPolicy()
    options: dict[str, Any] = {
        "api_version": API_VERSION,
        "transport": _transport(place, connections),
        "retry_policy": nothing,
        "redirect_policy": nothing,
        "logging_policy": nothing,
        "http_logging_policy": nothing,
        "custom_hook_policy": CustomHookPolicy(raw_request_hook=sent.one),
    }
    if place.access_key:
        return BatchClient(place.endpoint, AzureNamedKeyCredential(place.account, place.access_key), **options)
    if urlsplit(place.endpoint).scheme != "https":
        raise BadUsage(
            f"endpoint: must be https:// when logging in without a shared key, got {place.endpoint!r}; "
            f"use https://, or set {ACCOUNT} and {ACCESS_KEY}"
        )
    host = urlsplit(place.endpoint).hostname or ""
    scope = next((scope for suffix, scope in _SCOPES.items() if host.endswith(f".{suffix}")), _PUBLIC_SCOPE)
    return BatchClient(place.endpoint, _Login(place), credential_scopes=[scope], **options)


def _transport(place: Place, connections: int) -> Any:
    """requests keeps ten connections for a host: with more calls than that it would open and close one for each."""
    import requests
    from azure.core.pipeline.transport import RequestsTransport
    from requests.adapters import HTTPAdapter

    session = requests.Session()
    # Read once and not for each call. And requests would put a login that ~/.netrc has for the host over ours.
    session.trust_env = False
    session.proxies = requests.utils.get_environ_proxies(place.endpoint, no_proxy=None)
    adapter = HTTPAdapter(pool_connections=1, pool_maxsize=connections, max_retries=0)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return RequestsTransport(
        session=session,
        connection_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        connection_verify=os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or True,
    )


class _Login:
    """`DefaultAzureCredential`, saying what to do when nobody is logged in.

    It raises `CannotAsk` from inside the SDK's pipeline, which lets it through: outside, a failed login and a token
    that the Batch service refuses are the same exception type.
    """

    def __init__(self, place: Place) -> None:
        from azure.identity import DefaultAzureCredential

        self._place = place
        self._lock = threading.Lock()
        self._token: Any = None
        try:
            self._credential = DefaultAzureCredential()
        except ValueError as error:
            raise BadUsage(f"login: {first_line(error)}; correct the AZURE_* variable it names") from error

    def get_token(self, *scopes: str, **options: Any) -> Any:
        """See `azure.core.credentials.TokenCredential`.

        Calls that find their token old at the same time ask for one together: the first fetches it (which may run
        `az`), the others get that.
        """
        with self._lock:
            if options.get("claims") or self._token is None or self._token.expires_on - time.time() < _FRESH_SECONDS:
                self._token = self._fetch(*scopes, **options)
            return self._token

    def _fetch(self, *scopes: str, **options: Any) -> Any:
        from azure.core.exceptions import AzureError

        try:
            return self._credential.get_token(*scopes, **options)
        except AzureError as error:
            raise CannotAsk(
                f"login: nobody is logged in for {self._place.endpoint}; run `az login`, or in CI set "
                "AZURE_CLIENT_ID, AZURE_TENANT_ID and AZURE_FEDERATED_TOKEN_FILE (ARM_* variables are not read), "
                f"or set {ACCOUNT} and {ACCESS_KEY}; the login said: {_login_words(error)}"
            ) from error


def _login_words(error: BaseException) -> str:
    """The credential chain's message, one credential a line, on one line and not endless."""
    words = clean_line(str(error))
    return words if len(words) <= 600 else f"{words[:600]}..."
