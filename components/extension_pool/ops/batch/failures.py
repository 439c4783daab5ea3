"""What the azure-batch SDK raises, in words for the person who must act."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from ..errors import CannotAsk, Declined
from ..settings import ACCESS_KEY, ACCOUNT, ENDPOINT, Place
from ..snapshot import Answer, Problem
from ..sweep import Passing, Throttled
from ..text import clean_line

if TYPE_CHECKING:
    from azure.core.exceptions import AzureError

# What the SDK raises when the answer is not the JSON that it expects: json and its own deserializer raise ValueError
# or KeyError, and a list or a string in the place of an object ends in the other two.
UNREADABLE = (ValueError, KeyError, TypeError, AttributeError)

_LATER = frozenset({408, 500, 502, 504})


@dataclass(frozen=True)
class Need:
    """What somebody must be allowed to do, which roles allow it, and by which permission (docs/permissions.md)."""

    doing: str
    roles: str
    permission: str


READING = Need(
    "reading the pools of",
    "'Azure Batch Account Reader' (or 'Azure Batch Data Contributor')",
    "Microsoft.Batch/batchAccounts/pools/read",
)
WRITING = Need("changing the pools of", "'Azure Batch Data Contributor'", "Microsoft.Batch/batchAccounts/pools/write")


def trouble(error: AzureError, *, writing: bool = False) -> Throttled | Passing | None:
    """Whether the same call may be made again; None if not.

    A change is repeated only if the service cannot have made it: it was sent away, or never reached the service.
    """
    from azure.core.exceptions import ServiceRequestError

    status = getattr(error, "status_code", None)
    after = retry_after(getattr(getattr(error, "response", None), "headers", None) or {})
    if status in {429, 503}:
        return Throttled(after)
    if writing:
        return Passing() if isinstance(error, ServiceRequestError) else None
    if status in _LATER:
        return Passing() if after is None else Throttled(after)
    return Passing() if status is None else None


def retry_after(headers: Mapping[str, str]) -> float | None:
    """The pause that an answer asks for, in seconds: `Retry-After` as a number or a date. None for anything else."""
    for name, unit in (("retry-after-ms", 1000), ("x-ms-retry-after-ms", 1000), ("Retry-After", 1)):
        word = (headers.get(name) or "").strip()
        try:
            seconds = float(word) / unit
        except ValueError:
            continue
        return seconds if 0 <= seconds < float("inf") else None
    try:
        moment = parsedate_to_datetime(headers.get("Retry-After") or "")
    except (TypeError, ValueError):
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
    return max(0.0, (aware - datetime.now(timezone.utc)).total_seconds())


def answer(error: AzureError) -> Answer:
    """What a failed question to a node means for that node."""
    status, code = getattr(error, "status_code", None), problem(error).code.lower()
    if status == 404 and code in {"nodenotfound", "poolnotfound"}:
        return Answer.VANISHED
    refused = status is not None and 400 <= status < 500 and status not in {408, 429}
    return Answer.REFUSED if refused else Answer.NO_ANSWER


def declined(error: AzureError, subject: str) -> Declined | None:
    """The service's no to a change: any 4xx in its own words, but for login, permission and throttling."""
    status = getattr(error, "status_code", None)
    if status is None or not 400 <= status < 500 or status in {401, 403, 408, 429}:
        return None
    told = problem(error)
    if told.code == f"HTTP {status}":
        return None
    return Declined(told.code, f"{subject}: Azure declines; it said {words(told)}")


def perhaps_done(error: AzureError) -> bool:
    """Whether a change may have been made although nobody said so: its answer was lost, or the service stumbled."""
    from azure.core.exceptions import ServiceRequestError

    status = getattr(error, "status_code", None)
    return status in _LATER if status is not None else not isinstance(error, ServiceRequestError)


def unreadable(error: BaseException, place: Place) -> CannotAsk:
    """Something that is not Batch answered."""
    return CannotAsk(
        f"endpoint: the answer from {place.endpoint} is not one of Azure Batch ({first_line(error)}); "
        f"check {ENDPOINT} or --endpoint, and whether a proxy answers instead"
    )


def refusal(error: AzureError, place: Place, need: Need) -> CannotAsk:
    """Why there is no answer, and what to do about it."""
    status = getattr(error, "status_code", None)
    told = problem(error)
    said = f"Azure said {words(told)}"
    # Which of the two codes comes with which status is not documented; 403 has been seen for both.
    if status == 401 or told.code.lower() in {"authenticationfailed", "invalidauthenticationinfo"}:
        check = (
            f"check that {ACCESS_KEY} is a key of this account ({ACCOUNT}), that the account takes keys "
            "(allowedAuthenticationModes) and that this machine's clock is right"
            if place.access_key
            else "check that the login is in the account's tenant (az account show), or log in again (az login)"
        )
        return CannotAsk(f"login: account {place.account!r} does not accept it; {check}; {said}")
    if status == 403:
        # Roles do not bind a key. What an account says whose firewall or authentication modes refuse is not documented.
        check = (
            f"{ACCESS_KEY} has every right, so have this machine's network let in if the account's firewall keeps it "
            "out, or log in (az login) if the account takes no keys (allowedAuthenticationModes)"
            if place.access_key
            else f"ask for the role {need.roles} on the account, which has {need.permission}, or have this machine's "
            "network let in if the account's firewall keeps it out"
        )
        return CannotAsk(f"permission: {need.doing} account {place.account!r} is not allowed; {check}; {said}")
    if status is not None and status >= 400:
        again = status in {408, 429} or status >= 500
        advice = "ask again later" if again else f"check {ENDPOINT} or --endpoint"
        return CannotAsk(f"endpoint: {place.endpoint} answered with HTTP {status}; {said}; {advice}", passing=again)
    if status is not None:
        return unreadable(error, place)
    return CannotAsk(
        f"endpoint: no answer from {place.endpoint} ({first_line(error)}); check {ENDPOINT} or --endpoint, the "
        "network, and the private endpoint if the account has one",
        passing=True,
    )


def problem(error: BaseException) -> Problem:
    """Azure's code and the first line of its message; the lines after it are request id and time."""
    told = getattr(error, "error", None)
    code = getattr(told, "code", None)
    message = getattr(told, "message", None)
    status = getattr(error, "status_code", None)
    return Problem(
        code=code if isinstance(code, str) and code else f"HTTP {status}" if status else "",
        message=message.strip().split("\n")[0] if isinstance(message, str) and message.strip() else first_line(error),
    )


def words(told: Problem) -> str:
    """`Code: message` on one line."""
    return clean_line(": ".join(part for part in (told.code, told.message) if part)) or "nothing more"


def first_line(error: BaseException) -> str:
    """The first line of an exception's text, not endless; its type if it has none."""
    lines = str(error).strip().splitlines()
    return clean_line(lines[0])[:300] if lines else type(error).__name__
