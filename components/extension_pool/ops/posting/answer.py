"""What a service answers, and how long it asks to wait. Pure.

https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api,
https://learn.microsoft.com/en-us/azure/devops/integrate/concepts/rate-limits
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from ..text import clean_line

if TYPE_CHECKING:
    import requests

LIMITED_SECONDS = 60
"""How long a limit without a time is waited out at first, as GitHub asks."""

_NUMBER = re.compile(r"[0-9]{1,12}(\.[0-9]{1,6})?")


@dataclass(frozen=True)
class Answer:
    """What came back.

    headers: by lower-case name. body: the parsed JSON, None where it is none. text: the service's words, on one line of
    any length, as they came: `Http.explain` makes them fit to show.
    next: the URL of the next page of a list.
    """

    status: int
    headers: Mapping[str, str]
    body: Any
    text: str = ""
    next: str | None = None

    @property
    def done(self) -> bool:
        """Whether it worked. Azure DevOps answers 203 with its sign-in page to a token that it does not know."""
        return 200 <= self.status < 300 and self.status != 203


def limit_wait(answer: Answer, before: int, now: float) -> float | None:
    """How many seconds to wait before the call is made again, where a limit was hit; None where none was.

    before: how many limits that gave no time were hit already. now: seconds since 1970; the service's own clock is
    taken where it says.
    """
    if answer.status not in (403, 429):
        return None
    here = _seconds(answer.headers.get("date")) or now
    asked = retry_after(answer, here)
    if asked is not None:
        return max(asked, 1.0)
    reset = answer.headers.get("x-ratelimit-reset", "")
    if answer.headers.get("x-ratelimit-remaining") == "0" and _NUMBER.fullmatch(reset):
        return max(float(reset) - here, 0.0) + 1
    said = answer.text.lower()
    if answer.status == 429 or "secondary rate limit" in said or "abuse detection" in said:
        return float(LIMITED_SECONDS * 2**before)
    return None


def parse_answer(got: requests.Response) -> Answer:
    """What requests got."""
    headers = {name.lower(): value for name, value in got.headers.items()}
    try:
        body = json.loads(got.content) if got.content else None
    except ValueError:
        body = None
    said = body.get("message") if isinstance(body, dict) else got.text
    errors = body.get("errors") if isinstance(body, dict) else None
    more = [one.get("message") for one in errors if isinstance(one, dict)] if isinstance(errors, list) else []
    words = [str(said or ""), *(str(word) for word in more if word)]
    return Answer(got.status_code, headers, body, clean_line(": ".join(words)), got.links.get("next", {}).get("url"))


def retry_after(answer: Answer, here: float) -> float | None:
    """How many seconds the service asks to wait, told as seconds or as a date; None where it does not ask."""
    value = answer.headers.get("retry-after", "").strip()
    if _NUMBER.fullmatch(value):
        return float(value)
    until = _seconds(value)
    return None if until is None else max(until - here, 0.0)


def _seconds(date: str | None) -> float | None:
    """The seconds since 1970 of a date as HTTP writes it."""
    try:
        return parsedate_to_datetime(date).timestamp() if date else None
    except ValueError:
        return None
