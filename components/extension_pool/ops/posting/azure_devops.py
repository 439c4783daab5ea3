"""A pull request in Azure Repos: its labels, and its threads that are ours.

https://learn.microsoft.com/en-us/rest/api/azure/devops/git/pull-request-threads?view=azure-devops-rest-7.1
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from ..errors import BadUsage, CannotAsk
from .answer import Answer
from .comment import Comment, Draft, parse_comment
from .environment import PULL_REQUEST, missing, read, read_number
from .http import Http, Token
from .keeping import Gone, NotOurs

API = "7.1"
PREVIEW = "7.1-preview"
"""``connectionData`` is there in preview versions only; 7.1 is answered with 400."""
LONGEST_COMMENT = 150_000
"""By the service's refusal: "A discussion comment cannot be longer than 150000 characters."."""
PAGES = 200

ACTIVE, CLOSED = "active", "closed"
_OPEN = frozenset({ACTIVE, "pending", "unknown", None})

COLLECTION = ("SYSTEM_COLLECTIONURI", "SYSTEM_TEAMFOUNDATIONCOLLECTIONURI")
NUMBERS = (PULL_REQUEST, "SYSTEM_PULLREQUEST_PULLREQUESTID")
BUILD_TOKEN, USER_TOKEN = "SYSTEM_ACCESSTOKEN", "AZURE_DEVOPS_EXT_PAT"


@dataclass(frozen=True)
class Target:
    """What a run is about. reason: why there is no pull request; then the rest is empty."""

    collection: str = ""
    project: str = ""
    repository: str = ""
    number: int = 0
    reason: str = ""


def read_target(environ: Mapping[str, str]) -> Target:
    """The pull request of this run, or why there is none. Raises `BadUsage` naming all that is missing."""
    provider = read(environ, "BUILD_REPOSITORY_PROVIDER")
    if provider is not None and provider.lower() not in ("tfsgit", "git"):
        raise BadUsage(
            f"--post azure-devops: must be for a repository in Azure Repos, got one of {provider[:40]!r}; for GitHub "
            f"use --post github with GITHUB_TOKEN, GITHUB_REPOSITORY and {PULL_REQUEST}"
        )
    number, why = read_number(environ, *NUMBERS), read(environ, "BUILD_REASON")
    if number is None and why is not None and why != "PullRequest":
        return Target(reason=f"the build's reason is {why!r}, not 'PullRequest'")
    wanted = {
        "SYSTEM_COLLECTIONURI": (read(environ, *COLLECTION), "such as https://dev.azure.com/ORGANISATION/"),
        "SYSTEM_TEAMPROJECT": (read(environ, "SYSTEM_TEAMPROJECT"), "the project's name"),
        "BUILD_REPOSITORY_ID": (read(environ, "BUILD_REPOSITORY_ID"), "the repository's id or name"),
        NUMBERS[1]: (number, f"or {PULL_REQUEST}, the pull request's number; a build policy's builds have it"),
        BUILD_TOKEN: (
            read(environ, BUILD_TOKEN, USER_TOKEN),
            f"in the step, env: SYSTEM_ACCESSTOKEN: $(System.AccessToken); or a personal access token, {USER_TOKEN}",
        ),
    }
    lacks = {name: hint for name, (value, hint) in wanted.items() if value is None}
    if lacks:
        raise missing("azure-devops", lacks)
    values = {name: str(value) for name, (value, _) in wanted.items()}
    return Target(
        values["SYSTEM_COLLECTIONURI"], values["SYSTEM_TEAMPROJECT"], values["BUILD_REPOSITORY_ID"], number or 0
    )


def read_token(environ: Mapping[str, str]) -> Token:
    """The build's token before a person's."""
    build = read(environ, BUILD_TOKEN)
    return Token(BUILD_TOKEN, build) if build else Token(USER_TOKEN, read(environ, USER_TOKEN) or "", basic=True)


class AzureDevOps:
    """One pull request. Only the first comment of a thread is ever ours; what follows is the discussion."""

    longest = LONGEST_COMMENT

    def __init__(self, http: Http, target: Target) -> None:
        self._http, self._target = http, target
        project, repository = quote(target.project, safe=""), quote(target.repository, safe="")
        self._path = f"{project}/_apis/git/repositories/{repository}/pullRequests/{target.number}"
        self._page = f"{target.collection.rstrip('/')}/{project}/_git/{repository}/pullrequest/{target.number}"
        self._me: str | None = None

    def labels(self) -> frozenset[str]:
        """The names of its labels that are in use. Whoever may read the repository may set them."""
        found = self._pages(f"{self._path}/labels", "labels")
        return frozenset(
            str(label["name"]) for label in found if label.get("name") and label.get("active") is not False
        )

    def find(self, key: str) -> Sequence[Comment]:
        marked = []
        for thread in self._pages(f"{self._path}/threads", "comments"):
            first = _first(thread)
            text = str(first.get("content") or "") if first else ""
            stamp = parse_comment(text, key)
            if first is not None and stamp is not None and isinstance(thread.get("id"), int):
                comment = Comment(
                    thread["id"], text, stamp, self._url(thread["id"]), int(first.get("id") or 1), thread.get("status")
                )
                marked.append((first, comment))
        return [comment for first, comment in marked if self._ours(first.get("author"))]

    def create(self, draft: Draft) -> Comment:
        status = CLOSED if draft.passes else ACTIVE
        body = {
            "comments": [{"parentCommentId": 0, "content": draft.text, "commentType": "text"}],
            "status": status,
        }
        answer = self._call("POST", f"{self._path}/threads", body, once=True)
        if not answer.done or not isinstance(answer.body, dict) or not isinstance(answer.body.get("id"), int):
            raise self._refused(answer, "comments", "write")
        first = _first(answer.body) or {}
        author = first.get("author")
        if isinstance(author, dict) and isinstance(author.get("id"), str):
            # whatever `connectionData` said: the next look finds what the same author wrote before
            self._me = author["id"].lower()
        number = answer.body["id"]
        return Comment(number, draft.text, draft.stamp, self._url(number), int(first.get("id") or 1), status)

    def write(self, comment: Comment, text: str) -> None:
        self._change("PATCH", f"{comment.number}/comments/{comment.part}", {"content": text})

    def drop(self, comment: Comment) -> None:
        self._change("DELETE", f"{comment.number}/comments/{comment.part}", None)

    def settle(self, comment: Comment, draft: Draft) -> bool:
        """Active while the rules say no, so that a policy which asks for resolved comments holds the change back.

        A discussion that people ended, in whatever way, is not touched once the rules let the change go on.
        """
        right = comment.status not in _OPEN if draft.passes else comment.status == ACTIVE
        if not right:
            self._change("PATCH", str(comment.number), {"status": CLOSED if draft.passes else ACTIVE})
        return not right

    def adopt(self, comment: Comment, status: str | None) -> None:
        if status is not None and status != comment.status:
            self._change("PATCH", str(comment.number), {"status": status})

    def _change(self, method: str, thread: str, body: Any) -> None:
        answer = self._call(method, f"{self._path}/threads/{thread}", body)
        if answer.status in (404, 410):
            raise Gone
        if answer.status == 403:
            raise NotOurs
        if not answer.done:
            raise self._refused(answer, "comments", "write")

    def _ours(self, author: Any) -> bool:
        if self._me is None:
            answer = self._call("GET", "_apis/connectionData", api=PREVIEW)
            user = answer.body.get("authenticatedUser") if answer.done and isinstance(answer.body, dict) else None
            if not isinstance(user, dict) or not isinstance(user.get("id"), str):
                # Without it somebody else's comment could pass for ours.
                raise self._refused(answer, "connectionData, which says who the token is,", "read")
            self._me = user["id"].lower()
        return isinstance(author, dict) and str(author.get("id")).lower() == self._me

    def _pages(self, path: str, what: str) -> Iterator[dict[str, Any]]:
        """All items of a list. These lists come whole today; a continuation token is followed where there is one."""
        token: str | None = None
        for _ in range(PAGES):
            answer = self._call("GET", path, more={"continuationToken": token} if token else None)
            items = answer.body.get("value") if answer.done and isinstance(answer.body, dict) else None
            if not isinstance(items, list):
                raise self._refused(answer, what, "read")
            yield from (item for item in items if isinstance(item, dict))
            token = answer.headers.get("x-ms-continuationtoken")
            if not token:
                return
        raise CannotAsk(f"{what}: Azure DevOps gives more than {PAGES} pages of them")

    def _call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        more: Mapping[str, str] | None = None,
        api: str = API,
        once: bool = False,
    ) -> Answer:
        return self._http.call(method, path, body, {"api-version": api, **(more or {})}, once=once)

    def _url(self, thread: int) -> str:
        return f"{self._page}?discussionId={thread}"

    def _refused(self, answer: Answer, what: str, verb: str) -> CannotAsk:
        """What to do about an answer that is a no."""
        said = f"Azure DevOps said (HTTP {answer.status}) {self._http.explain(answer)}"
        if answer.status == 203:
            # its sign-in page, which is not worth quoting
            said = "Azure DevOps answered with its sign-in page"
        if answer.status in (203, 401):
            return CannotAsk(
                f"{BUILD_TOKEN}: is not (any more) a token that Azure DevOps knows in this organisation; in the step, "
                f"env: SYSTEM_ACCESSTOKEN: $(System.AccessToken); {said}"
            )
        if answer.status == 403:
            return CannotAsk(
                f"permission: the token may not {verb} {what}; Project settings > Repositories > Security: allow "
                f"'Contribute to pull requests' for 'PROJECT Build Service (ORGANISATION)'; {said}"
            )
        if answer.status == 404:
            return CannotAsk(
                f"{what}: there is no such pull request, or the token may not see its repository; check "
                f"{', '.join(('BUILD_REPOSITORY_ID', NUMBERS[1]))} and the job authorization scope; {said}"
            )
        return CannotAsk(f"{what}: Azure DevOps does not let us {verb} them; {said}")


def _first(thread: Mapping[str, Any]) -> dict[str, Any] | None:
    """The comment that a thread of people begins with; None for a deleted one and for the service's own notes."""
    comments = thread.get("comments")
    if thread.get("isDeleted") or not isinstance(comments, list) or not comments or not isinstance(comments[0], dict):
        return None
    first: dict[str, Any] = comments[0]
    if first.get("isDeleted") or first.get("commentType") == "system" or first.get("parentCommentId"):
        return None
    return first
