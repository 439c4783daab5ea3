"""HTTP to a forge, as whoever owns the token: one origin, bounded in time, patient with limits.

What a service says about waiting is obeyed; a limit that gives no time is waited out for a minute, then twice as long
each time. What must not happen twice is not sent twice: `Unsure` says that it may have happened. Imports requests when
it is used.
"""

from __future__ import annotations

import base64
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from ..errors import BadUsage, CannotAsk
from ..settings import is_this_machine
from ..text import clean_line
from .answer import LIMITED_SECONDS, Answer, limit_wait, parse_answer, retry_after
from .keeping import Unsure

if TYPE_CHECKING:
    import requests

CONNECT_SECONDS = 10
READ_SECONDS = 30
TOTAL_SECONDS = 300
"""What all calls and waits together may take. A job that waits longer costs more than one that is run again."""
TRIES = 5
HOPS = 5
LONGEST_WORDS = 600
TOLD_SECONDS = 10
"""Shorter waits are not worth a line."""
_PASSING = frozenset({408, 500, 502, 503, 504})
_MOVED = frozenset({301, 302, 307, 308})


@dataclass(frozen=True)
class Clock:
    """Time, for tests to replace. now: seconds since 1970. ticks: seconds that only go forward. chance: 0 to 1."""

    now: Callable[[], float] = time.time
    ticks: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    chance: Callable[[], float] = random.random

    def moment(self) -> datetime:
        return datetime.fromtimestamp(self.now(), timezone.utc)


@dataclass(frozen=True)
class Token:
    """A secret from the environment variable `variable`, never shown. basic: it is a password without a user."""

    variable: str
    value: str = field(repr=False)
    basic: bool = False

    def __post_init__(self) -> None:
        if not self.value or not self.value.isascii() or not self.value.isprintable() or " " in self.value:
            raise BadUsage(
                f"{self.variable}: must be a token, one word of plain letters; set it again (not shown here)"
            )

    @property
    def header(self) -> str:
        """The value of ``Authorization``."""
        return f"Basic {self._encoded}" if self.basic else f"Bearer {self.value}"

    def hide(self, text: str) -> str:
        """`text` without the token, should a service have repeated it."""
        return text.replace(self.value, "[token]").replace(self._encoded, "[token]")

    @property
    def _encoded(self) -> str:
        return base64.b64encode(f":{self.value}".encode()).decode()


def check_base(url: str, variable: str) -> str:
    """`url` without a slash at its end. Raises `BadUsage` for what is no URL, and for plain http to another machine."""
    word = url.strip().rstrip("/")
    try:
        parts = urlsplit(word)
        host = parts.hostname or ""
        safe = parts.scheme == "https" or (parts.scheme == "http" and is_this_machine(host))
        whole = bool(host) and parts.username is None and not parts.query and not parts.fragment
    except ValueError:
        safe = whole = False
    if not safe or not whole:
        shown = word[:100] if "@" not in word else "one with a login in it"
        raise BadUsage(f"{variable}: must be an https:// URL, got {shown!r}; correct it")
    return word


class Http:
    """Calls one service. The token goes to the origin of `base` and nowhere else.

    tell: hears of each wait, as a line for people.
    """

    def __init__(
        self,
        base: str,
        token: Token,
        headers: Mapping[str, str],
        *,
        clock: Clock,
        tell: Callable[[str], None],
        total: float = TOTAL_SECONDS,
    ) -> None:
        self._base, self._token, self._clock, self._tell, self._left = base, token, clock, tell, total
        self._headers = {"User-Agent": "extension-pool", **headers}
        self._hold = 0.0
        self._session: requests.Session | None = None

    def __repr__(self) -> str:
        return f"Http({self._base!r})"

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        params: Mapping[str, str | int] | None = None,
        *,
        once: bool = False,
    ) -> Answer:
        """The answer, whatever its status, to `path` below the base, or to a whole URL of the same origin.

        Limits, failures of the service and broken connections are waited out and tried again. Raises `CannotAsk` where
        there is no answer in time. `once` is for what must not happen twice: it raises `Unsure` where it may have
        happened.
        """
        url = path if "://" in path else f"{self._base}/{path.lstrip('/')}"
        tries = limits = hops = 0
        while True:
            self._check_origin(url)
            answer = self._send(method, url, body, params)
            if isinstance(answer, Answer):
                wait = limit_wait(answer, limits, self._clock.now())
                if wait is not None:
                    limits += wait == LIMITED_SECONDS * 2**limits
                    self._wait(wait, "a rate limit")
                    continue
                if answer.status in _MOVED and answer.headers.get("location") and hops < HOPS:
                    hops += 1
                    url, params = urljoin(url, answer.headers["location"]), None
                    continue
                if answer.status not in _PASSING:
                    return answer
                fault = f"HTTP {answer.status}"
            else:
                fault = answer
            tries += 1
            if once and fault != _UNSENT:
                raise Unsure(self._no_answer(fault), passing=True)
            if tries >= TRIES:
                raise CannotAsk(self._no_answer(fault), passing=True)
            self.pause(tries, fault)

    def pause(self, tries: int, why: str) -> None:
        """Waits before the next try: 1, 2, 4, ... seconds, up to half as much more so that runs do not meet again."""
        self._wait(min(2.0 ** (tries - 1), 30.0) * (1 + self._clock.chance() / 2), why)

    def explain(self, answer: Answer) -> str:
        """The service's own words, without the token."""
        return self._token.hide(answer.text)[:LONGEST_WORDS] or "no more"

    def _check_origin(self, url: str) -> None:
        here, there = urlsplit(self._base), urlsplit(url)
        if (here.scheme, here.netloc) != (there.scheme, there.netloc):
            raise CannotAsk(
                f"{self._token.variable}: {here.netloc} sends to {clean_line(there.netloc)[:100]!r}, where the token "
                "must not go; a token that is not valid (any more) is sent to a sign-in page: set another"
            )

    def _wait(self, seconds: float, why: str) -> None:
        host = urlsplit(self._base).netloc
        if seconds > self._left:
            when = datetime.fromtimestamp(self._clock.now() + min(seconds, 7 * 86_400), timezone.utc)
            raise CannotAsk(
                f"{host}: {why}: the next try would be in {seconds:.0f} s, which is not waited for here; "
                f"run it again after {when:%Y-%m-%d %H:%M} UTC",
                passing=True,
            )
        if seconds >= TOLD_SECONDS:
            self._tell(f"{host}: {why}: waiting {seconds:.0f} s")
        self._clock.sleep(seconds)
        self._left -= seconds

    def _send(self, method: str, url: str, body: Any, params: Mapping[str, str | int] | None) -> Answer | str:
        """The answer, or what kept it from coming."""
        requests = _requests()
        if self._hold:
            hold, self._hold = self._hold, 0.0
            self._wait(min(hold, max(self._left, 0.0)), "asked to slow down")
        if self._left <= 0:
            raise CannotAsk(self._no_answer("out of time"), passing=True)
        begun = self._clock.ticks()
        try:
            got = self._open().request(
                method,
                url,
                json=body,
                params=params,
                # never requests' own: it would follow to other hosts, and drop or change the method on the way
                allow_redirects=False,
                timeout=(CONNECT_SECONDS, min(READ_SECONDS, max(self._left, 1))),
            )
        except requests.exceptions.SSLError:
            raise CannotAsk(
                f"{urlsplit(url).netloc}: its certificate is not trusted; name your authorities in REQUESTS_CA_BUNDLE"
            ) from None
        except requests.exceptions.RequestException as error:
            # its text may quote headers, so only its kind is told
            return _UNSENT if _unsent(error) else type(error).__name__
        finally:
            self._left -= self._clock.ticks() - begun
        answer = parse_answer(got)
        if answer.done:
            # Azure DevOps asks for a pause with an answer that worked, too
            self._hold = retry_after(answer, self._clock.now()) or 0.0
        return answer

    def _no_answer(self, fault: str) -> str:
        return (
            f"{urlsplit(self._base).netloc}: no answer ({fault}); run it again, or look at the network and the "
            "service's status page"
        )

    def _open(self) -> requests.Session:
        if self._session is None:
            session = _requests().Session()
            session.headers.update(self._headers)
            # As `auth`, not as a header: requests would replace that by what ~/.netrc has for the host.
            session.auth = self._sign
            self._session = session
        return self._session

    def _sign(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = self._token.header
        return request


_UNSENT = "no connection"


def _requests() -> Any:
    try:
        import requests
    except ImportError:
        raise BadUsage("install: --post needs an extra; run: pip install 'batch-extension-pool[ops]'") from None
    return requests


def _unsent(error: Exception) -> bool:
    """Whether the request cannot have reached the service."""
    requests = _requests()
    if isinstance(error, requests.exceptions.ConnectTimeout | requests.exceptions.ProxyError):
        return True
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    return type(reason).__name__ in {"NewConnectionError", "NameResolutionError", "ConnectTimeoutError"}
