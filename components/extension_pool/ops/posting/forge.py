"""Opens the service that a pull request is on, by what the environment of the run says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from ..errors import BadUsage
from ..output import tell as tell_people
from . import azure_devops, github
from .azure_devops import AzureDevOps
from .comment import Draft, check_key, render_comment, stamp
from .environment import read
from .github import GitHub
from .http import Clock, Http, check_base
from .keeping import Action, Comments, Posted, keep_one

__all__ = ["KINDS", "Action", "Forge", "Posted", "open_forge"]

KINDS = ("github", "azure-devops")


class Forge(Protocol):
    """The pull request of this run."""

    def labels(self) -> frozenset[str]:
        """Its labels as they are now, as the service writes them; none without a pull request. Raises `CannotAsk`."""

    def post(self, body: str, key: str, *, passes: bool = True) -> Posted:
        """Sees that its one comment with this key says `body`, unless a newer run has spoken.

        passes: whether the rules let the change go on; a thread in Azure Repos is active while they do not. Raises
        `BadUsage` for the key, `CannotAsk`.
        """


class Service(Comments, Protocol):
    """What a pull request on one service offers. longest: the most UTF-16 units of a comment."""

    longest: int

    def labels(self) -> frozenset[str]: ...


def open_forge(
    kind: str,
    environ: Mapping[str, str],
    *,
    clock: Clock | None = None,
    tell: Callable[[str], None] | None = None,
) -> Forge:
    """The pull request that this run is about, or a stand-in that posts nothing where it is about none.

    kind: ``github`` or ``azure-devops``. The token comes from the environment and is shown nowhere. tell: hears of
    waits, as a line; stderr unless told otherwise. Nothing is asked yet. Raises `BadUsage` naming every variable that
    is missing.
    """
    time, say = clock or Clock(), tell or (lambda line: tell_people([line]))
    if kind == "github":
        return _open_github(environ, time, say)
    if kind == "azure-devops":
        return _open_azure_devops(environ, time, say)
    raise BadUsage(f"--post: must be {' or '.join(KINDS)}, got {kind[:40]!r}")


class Skipping:
    """No pull request: nothing is posted, and nothing is approved by labels."""

    def __init__(self, reason: str) -> None:
        self._reason = reason

    def labels(self) -> frozenset[str]:
        return frozenset()

    def post(self, body: str, key: str, *, passes: bool = True) -> Posted:
        check_key(key)
        return Posted(None, Action.SKIPPED, self._reason)


class PullRequest:
    """A pull request with comments and labels. run, attempt, commit: what this run is, for the stamp of the comment."""

    def __init__(
        self, service: Service, http: Http, clock: Clock, *, run: str | None, attempt: int, commit: str | None
    ) -> None:
        self._service, self._http, self._clock = service, http, clock
        self._run, self._attempt, self._commit = run, attempt, commit

    def labels(self) -> frozenset[str]:
        return self._service.labels()

    def post(self, body: str, key: str, *, passes: bool = True) -> Posted:
        word = check_key(key)
        mark = stamp(self._run, self._attempt, self._commit, self._clock.moment())
        text = render_comment(body, word, mark, self._service.longest)
        draft = Draft(word, text, mark, passes)
        return keep_one(self._service, draft, pause=lambda: self._http.pause(1, "looking whether it was posted"))


class LookedUp:
    """A pull request that has to be found first, when it is used. Then `BadUsage` says that several fit."""

    def __init__(self, look_up: Callable[[], Forge]) -> None:
        self._look_up = look_up
        self._found: Forge | None = None

    def labels(self) -> frozenset[str]:
        return self._forge().labels()

    def post(self, body: str, key: str, *, passes: bool = True) -> Posted:
        return self._forge().post(body, check_key(key), passes=passes)

    def _forge(self) -> Forge:
        if self._found is None:
            self._found = self._look_up()
        return self._found


def _open_github(environ: Mapping[str, str], clock: Clock, tell: Callable[[str], None]) -> Forge:
    target = github.read_target(environ)
    if target.reason:
        return Skipping(target.reason)
    base = check_base(read(environ, "GITHUB_API_URL") or github.PUBLIC, "GITHUB_API_URL")
    http = Http(base, github.read_token(environ), github.HEADERS, clock=clock, tell=tell)
    repository = read(environ, "GITHUB_REPOSITORY") or ""

    def pull_request(number: int) -> Forge:
        run, attempt = read(environ, "GITHUB_RUN_ID"), _count(read(environ, "GITHUB_RUN_ATTEMPT"))
        service = GitHub(http, base, repository, number)
        return PullRequest(service, http, clock, run=run, attempt=attempt, commit=target.commit)

    def look_up() -> Forge:
        number = github.find_number(http, repository, target)
        why = f"no open pull request has commit {target.commit} at its head; it has moved on, or is closed"
        return Skipping(why) if number is None else pull_request(number)

    return LookedUp(look_up) if target.number is None else pull_request(target.number)


def _open_azure_devops(environ: Mapping[str, str], clock: Clock, tell: Callable[[str], None]) -> Forge:
    target = azure_devops.read_target(environ)
    if target.reason:
        return Skipping(target.reason)
    base = check_base(target.collection, azure_devops.COLLECTION[0])
    headers = {"Accept": "application/json", "X-TFS-FedAuthRedirect": "Suppress"}
    http = Http(base, azure_devops.read_token(environ), headers, clock=clock, tell=tell)
    # A stage and a job that are run again count on their own, and the build's number stays.
    attempts = [_count(read(environ, name)) for name in ("SYSTEM_STAGEATTEMPT", "SYSTEM_JOBATTEMPT")]
    return PullRequest(
        AzureDevOps(http, target),
        http,
        clock,
        run=read(environ, "BUILD_BUILDID"),
        attempt=sum(attempts),
        commit=read(environ, "SYSTEM_PULLREQUEST_SOURCECOMMITID"),
    )


def _count(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() else 0
