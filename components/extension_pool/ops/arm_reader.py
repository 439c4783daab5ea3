"""Reads one resource from Azure Resource Manager: a GET, as whoever is logged in. Imports the Azure SDK when asked.

The endpoint is that of the public cloud unless ``AZURE_RESOURCE_MANAGER_ENDPOINT`` names another: a sovereign cloud
(``https://management.chinacloudapi.cn``, ``https://management.usgovcloudapi.net``; the login then also needs
``AZURE_AUTHORITY_HOST``), or a stand-in on this machine. Plain http is taken for this machine only, and gets no login.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from .errors import BadUsage, CannotAsk
from .settings import is_this_machine, normalise_endpoint
from .text import clean_line

ENDPOINT = "AZURE_RESOURCE_MANAGER_ENDPOINT"
PUBLIC = "https://management.azure.com"

CONNECT_SECONDS = 10
READ_SECONDS = 60


def arm_endpoint(environ: Mapping[str, str]) -> str:
    """Where ARM is. Raises `BadUsage` for what is no endpoint, and for plain http to another machine."""
    text = (environ.get(ENDPOINT) or "").strip() or PUBLIC
    try:
        endpoint = normalise_endpoint(text.rstrip("/"), ENDPOINT)
    except BadUsage:
        raise BadUsage(f"{ENDPOINT}: must be an endpoint such as {PUBLIC}, got {text[:100]!r}") from None
    parts = urlsplit(endpoint)
    if parts.scheme == "http" and not is_this_machine(parts.hostname or ""):
        raise BadUsage(f"{ENDPOINT}: must be https:// for another machine, got {endpoint!r}; use https://")
    return endpoint


def read_resource(resource_id: str, api_version: str, endpoint: str) -> dict[str, Any]:
    """The resource as ARM answers it.

    Logs in with `DefaultAzureCredential`; the login needs read access, such as the role Reader. Raises `BadUsage` where
    there is no such resource, `CannotAsk` where Azure gives no answer.
    """
    from azure.core import PipelineClient
    from azure.core.exceptions import AzureError
    from azure.core.pipeline.policies import BearerTokenCredentialPolicy, HeadersPolicy, RetryPolicy, UserAgentPolicy
    from azure.core.rest import HttpRequest

    policies: list[Any] = [HeadersPolicy(), UserAgentPolicy("extension-pool"), RetryPolicy()]
    if endpoint.startswith("https://"):
        policies.append(BearerTokenCredentialPolicy(_login(), f"{endpoint}/.default"))
    client: Any = PipelineClient(
        endpoint, policies=policies, connection_timeout=CONNECT_SECONDS, read_timeout=READ_SECONDS
    )
    with client:
        try:
            request = HttpRequest("GET", f"{endpoint}{resource_id}", params={"api-version": api_version})
            answer = client.send_request(request)
            status, body = answer.status_code, _json(answer)
        except AzureError as error:
            said = clean_line(str(error))[:600]
            raise CannotAsk(
                f"login: no answer from {endpoint}; run `az login`, or look at the network: {said}"
            ) from error
    if status == 200 and isinstance(body, dict):
        return body
    told = body.get("error") if isinstance(body, dict) else None
    said = clean_line(f"{told.get('code')}: {told.get('message')}")[:300] if isinstance(told, dict) else "no more"
    if status == 404:
        raise BadUsage(f"--pool: must be a pool that there is, got {resource_id!r}; Azure said {said}")
    if status in (401, 403):
        raise CannotAsk(
            f"permission: reading {resource_id} is not allowed; ask for the role 'Azure Batch Account Reader' or "
            f"Reader on the account, or log in to its tenant (az login); Azure said {said}"
        )
    again = status in (408, 429) or status >= 500
    advice = "ask again later" if again else f"check {ENDPOINT}"
    raise CannotAsk(f"endpoint: {endpoint} answered with HTTP {status}; Azure said {said}; {advice}", passing=again)


def _login() -> Any:
    from azure.identity import DefaultAzureCredential

    try:
        return DefaultAzureCredential()
    except ValueError as error:
        raise BadUsage(f"login: {clean_line(str(error))}; correct the AZURE_* variable it names") from error


def _json(answer: Any) -> Any:
    try:
        return answer.json()
    except ValueError:
        return None
