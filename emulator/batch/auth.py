"""Shared Key authentication, verified for real (azure.batch._patch, BatchSharedKeyAuthPolicy is the other end)."""

from __future__ import annotations

import base64
import datetime
import email.utils
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs

from emulator.arm.batch_accounts import WELL_KNOWN_KEY, shared_key_allowed
from emulator.arm.context import ACCOUNT
from emulator.batch.errors import BatchError
from emulator.store import Row, Store

SIGNED_HEADERS = (
    "content-encoding",
    "content-language",
    "content-length",
    "content-md5",
    "content-type",
    "date",
    "if-modified-since",
    "if-match",
    "if-none-match",
    "if-unmodified-since",
    "range",
)
# How far a request's date may be off. Real time, not the clock of local Azure: clients sign with theirs.
LATEST = datetime.timedelta(minutes=15)


@dataclass(frozen=True)
class Signed:
    """What a signature covers. `path` and `query` as they came, still percent-encoded; header names in any case."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]


def account_of(store: Store, request: Signed) -> Row:
    """The Batch account that signed the request; BatchError 401 or 403 when it is not let in."""
    headers = {name.lower(): value for name, value in request.headers.items()}
    scheme, _, credentials = headers.get("authorization", "").partition(" ")
    if not credentials:
        raise BatchError(
            401, "InvalidAuthenticationInfo", "The Authorization header is missing or not in the right form."
        )
    if scheme.lower() != "sharedkey":
        raise BatchError(
            401,
            "InvalidAuthenticationInfo",
            f"Local Azure takes shared keys only, not {scheme}: use AzureNamedKeyCredential with its well-known key.",
        )
    name, _, signature = credentials.partition(":")
    store.settle()
    account = store.cached("accounts", lambda: {row.name.lower(): row for row in store.living(ACCOUNT)}).get(
        name.lower()
    )
    if account is None:
        raise BatchError(403, "AuthenticationFailed", f"The Batch account '{name}' does not exist.")
    _check_date(headers)
    expected = sign(WELL_KNOWN_KEY, name, request)
    if not hmac.compare_digest(expected.encode(), signature.encode()):
        raise BatchError(
            401,
            "AuthenticationFailed",
            "Server failed to authenticate the request. Make sure the value of Authorization header is formed "
            "correctly including the signature.",
        )
    if not shared_key_allowed(account):
        raise BatchError(403, "AuthenticationFailed", f"The account '{name}' does not allow shared keys.")
    return account


def sign(key: str, account: str, request: Signed) -> str:
    """The base64 signature of a request, as the SDK makes it."""
    headers = {name.lower(): value for name, value in request.headers.items() if value}
    if request.method not in ("GET", "HEAD"):
        headers.setdefault("content-length", "0")
    elif headers.get("content-length") == "0":
        del headers["content-length"]
    text = request.method + "\n" + "\n".join(headers.get(name, "") for name in SIGNED_HEADERS) + "\n"
    for name in sorted(name for name in headers if name.startswith("ocp-")):
        text += f"{name}:{headers[name]}\n"
    text += f"/{account}{request.path}"
    for name, values in sorted(parse_qs(request.query).items()):
        if values[0]:
            text += f"\n{name}:{values[0]}"
    digest = hmac.new(base64.b64decode(key), text.encode(), hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


def _check_date(headers: Mapping[str, str]) -> None:
    text = headers.get("ocp-date") or headers.get("date") or ""
    try:
        sent = email.utils.parsedate_to_datetime(text)
    except (TypeError, ValueError):
        raise BatchError(
            401, "InvalidAuthenticationInfo", "The request has no valid ocp-date or date header."
        ) from None
    if sent.tzinfo is None:
        sent = sent.replace(tzinfo=datetime.timezone.utc)
    if abs(datetime.datetime.now(datetime.timezone.utc) - sent) > LATEST:
        raise BatchError(401, "AuthenticationFailed", f"The date header is too far from the current time: {text}")
