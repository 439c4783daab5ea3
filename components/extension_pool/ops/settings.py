"""Where to ask: the endpoint of the Batch account, its name, and the shared key if there is one. Pure.

The environment variables are those that `az batch` reads, so a shell that is set up for the one works with the other.
"""

import base64
import binascii
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from .errors import BadUsage

ENDPOINT = "AZURE_BATCH_ENDPOINT"
ACCOUNT = "AZURE_BATCH_ACCOUNT"
ACCESS_KEY = "AZURE_BATCH_ACCESS_KEY"


@dataclass(frozen=True)
class Settings:
    """What the options and the environment say; each may be missing. The key is never shown."""

    endpoint: str | None = None
    account: str | None = None
    access_key: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Place:
    """A Batch account that can be asked: `endpoint` with its scheme and without a trailing slash, account name, key."""

    endpoint: str
    account: str
    access_key: str | None = field(default=None, repr=False)


def read_settings(environ: Mapping[str, str], endpoint: str | None = None, account: str | None = None) -> Settings:
    """The options where given, else `AZURE_BATCH_ENDPOINT`, `AZURE_BATCH_ACCOUNT`, `AZURE_BATCH_ACCESS_KEY`.

    An empty variable counts as unset. Raises `BadUsage` for an endpoint that is no URL and a key that is not base64.
    """
    chosen, path = (endpoint, "--endpoint") if endpoint else (environ.get(ENDPOINT), ENDPOINT)
    key = (environ.get(ACCESS_KEY) or "").strip() or None
    if key is not None:
        _check_key(key)
    return Settings(
        endpoint=normalise_endpoint(chosen, path) if chosen else None,
        account=(account or environ.get(ACCOUNT) or "").strip() or None,
        access_key=key,
    )


def normalise_endpoint(text: str, path: str = ENDPOINT) -> str:
    """`text` as `scheme://host[:port]`. Without a scheme it gets https://, as ARM's accountEndpoint has none.

    Raises `BadUsage`, with `path` first, for another scheme, a missing host, a path, a query or a login in the URL.
    """
    word = text.strip()
    url = word if "://" in word else f"https://{word}"
    rule = "must be the account's endpoint, such as https://myaccount.westeurope.batch.azure.com"
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise BadUsage(f"{path}: {rule}, got {word[:100]!r}") from None
    if "@" in parts.netloc:
        raise BadUsage(f"{path}: {rule}, without a login in it; set {ACCESS_KEY} instead")
    extra = parts.path.strip("/") or parts.query or parts.fragment
    if parts.scheme.lower() not in {"http", "https"} or not host or extra or not _is_host(host):
        raise BadUsage(f"{path}: {rule}, got {word[:100]!r}")
    shown = f"[{host}]" if ":" in host else host
    return f"{parts.scheme.lower()}://{shown}" + (f":{port}" if port is not None else "")


def account_of(endpoint: str) -> str | None:
    """The account that the host of `endpoint` names, `<account>.<region>.batch.<cloud>`; None for any other host."""
    labels = (urlsplit(endpoint).hostname or "").split(".")
    return labels[0] if len(labels) > 3 and labels[2] == "batch" else None


def is_this_machine(host: str) -> bool:
    """Whether what is sent to `host` stays on this machine, so that it may go without TLS."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def place(settings: Settings, endpoint: str | None = None, account: str | None = None) -> Place:
    """The account to ask: what `settings` says, filled up with what a stack knows (`endpoint`, `account`).

    The endpoint of `settings` goes before that of the stack; the account of the stack before that of `settings`,
    because the stack's pool is in that account and in no other. Raises `BadUsage` when there is no endpoint, when a
    shared key has no account to go with, and when the endpoint is that of another account.
    """
    url = settings.endpoint or endpoint
    if url is None:
        whose = f" of account {account!r}" if account else ""
        raise BadUsage(
            f"endpoint: the endpoint{whose} is not known; set {ENDPOINT} or give --endpoint "
            "(az batch account show --query accountEndpoint)"
        )
    named = account_of(url)
    name = account or settings.account or named
    if named and name and named.lower() != name.lower():
        raise BadUsage(
            f"endpoint: must be that of account {name!r}, got {url!r}; "
            f"set {ENDPOINT} or --endpoint to it, or unset them if the stack knows it"
        )
    if settings.access_key and name is None:
        raise BadUsage(f"account: {ACCESS_KEY} is set, and the key's account is not known; set {ACCOUNT} or --account")
    return Place(url, name or urlsplit(url).netloc, settings.access_key)


def _check_key(key: str) -> None:
    """Refuses a key that could not sign a request; its value is never shown."""
    try:
        decoded = base64.b64decode(key, validate=True)
    except (binascii.Error, ValueError):
        decoded = b""
    if not decoded:
        raise BadUsage(
            f"{ACCESS_KEY}: must be a Batch account key in base64; copy it again (az batch account keys list)"
        )


def _is_host(host: str) -> bool:
    return all(char.isascii() and (char.isalnum() or char in ".-_:") for char in host)
