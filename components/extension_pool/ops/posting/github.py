"""A pull request on GitHub: its labels, and its comments that are ours.

https://docs.github.com/en/rest/issues/comments, https://docs.github.com/en/rest/issues/labels
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ..errors import BadUsage, CannotAsk
from .answer import Answer
from .comment import Comment, Draft, parse_comment
from .environment import PULL_REQUEST, missing, read
from .github_event import Target, find_target
from .http import Http, Token
from .keeping import Gone, NotOurs

PUBLIC = "https://api.github.com"
HEADERS = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}
LONGEST_COMMENT = 65_536
"""The characters that GitHub's refusal names. It was seen to take more, of some kinds, which nobody promises."""
PAGE = 100
PAGES = 200
"""20,000 comments; a service that goes on giving pages is not waited for."""

TOKENS = ("GITHUB_TOKEN", "GH_TOKEN")


def read_target(environ: Mapping[str, str]) -> Target:
    """The pull request of this run, or why there is none. Raises `BadUsage` naming all that is missing."""
    target = find_target(environ, _event(environ))
    if target is not None and target.reason:
        return target
    wanted = {
        PULL_REQUEST: (target, "the pull request's number, where GITHUB_EVENT_PATH and GITHUB_REF do not tell it"),
        TOKENS[0]: (read(environ, *TOKENS), "in the step, env: GITHUB_TOKEN: ${{ github.token }}"),
        "GITHUB_REPOSITORY": (read(environ, "GITHUB_REPOSITORY"), "OWNER/NAME; GitHub Actions sets it"),
    }
    lacks = {name: hint for name, (value, hint) in wanted.items() if value is None}
    if target is None or lacks:
        raise missing("github", lacks)
    repository = read(environ, "GITHUB_REPOSITORY") or ""
    if repository.count("/") != 1 or not all(repository.split("/")):
        raise BadUsage(f"GITHUB_REPOSITORY: must be OWNER/NAME, got {repository[:140]!r}")
    return target


def read_token(environ: Mapping[str, str]) -> Token:
    """The token of the first variable that has one."""
    name = next(name for name in TOKENS if read(environ, name))
    return Token(name, read(environ, name) or "")


class GitHub:
    """One pull request."""

    longest = LONGEST_COMMENT

    def __init__(self, http: Http, base: str, repository: str, number: int) -> None:
        self._http, self._base, self._number = http, base, number
        self._repository = _path(repository)
        self._me: int | None = None
        self._asked = False

    def labels(self) -> frozenset[str]:
        """The names of its labels, as they are now; the event has those that it had when the run began."""
        found = _pages(self._http, f"repos/{self._repository}/issues/{self._number}/labels", "labels")
        return frozenset(str(label["name"]) for label in found if "name" in label)

    def find(self, key: str) -> Sequence[Comment]:
        marked = []
        for item in _pages(self._http, f"repos/{self._repository}/issues/{self._number}/comments", "comments"):
            text = str(item.get("body") or "")
            said = parse_comment(text, key)
            if said is not None and isinstance(item.get("id"), int):
                marked.append((item, Comment(item["id"], text, said, str(item.get("html_url") or ""))))
        return [comment for item, comment in marked if self._ours(item.get("user"))]

    def create(self, draft: Draft) -> Comment:
        path = f"repos/{self._repository}/issues/{self._number}/comments"
        answer = self._http.call("POST", path, {"body": draft.text}, once=True)
        if not answer.done or not isinstance(answer.body, dict) or not isinstance(answer.body.get("id"), int):
            raise _refused(self._http, answer, "comments", "write")
        author = answer.body.get("user")
        if isinstance(author, dict) and isinstance(author.get("id"), int):
            # whatever `_who` said: the next look finds what the same author wrote before
            self._me, self._asked = author["id"], True
        return Comment(answer.body["id"], draft.text, draft.stamp, str(answer.body.get("html_url") or ""))

    def write(self, comment: Comment, text: str) -> None:
        self._change("PATCH", comment, {"body": text})

    def drop(self, comment: Comment) -> None:
        self._change("DELETE", comment, None)

    def settle(self, comment: Comment, draft: Draft) -> bool:
        """Comments on GitHub are not open or done."""
        return False

    def adopt(self, comment: Comment, status: str | None) -> None:
        return

    def _change(self, method: str, comment: Comment, body: Any) -> None:
        answer = self._http.call(method, f"repos/{self._repository}/issues/comments/{comment.number}", body)
        if answer.status in (404, 410):
            raise Gone
        if answer.status == 403:
            raise NotOurs
        if not answer.done:
            raise _refused(self._http, answer, "comments", "write")

    def _ours(self, author: Any) -> bool:
        """Whether we wrote it. Where GitHub does not say who we are, every bot counts as ourselves, and no person: who
        may write to a repository may change each comment in it, so being allowed to is no sign."""
        if not isinstance(author, dict):
            return False
        if not self._asked:
            self._me, self._asked = self._who(), True
        return author.get("type") == "Bot" if self._me is None else author.get("id") == self._me

    def _who(self) -> int | None:
        """The number of the token's user. The workflow's token may not ask for ``/user``, but for the viewer."""
        graph = self._base.removesuffix("/v3") if self._base.endswith("/api/v3") else self._base
        query = {"query": "query { viewer { databaseId } }"}
        answer = self._http.call("POST", f"{graph}/graphql", query)
        data = answer.body.get("data") if answer.done and isinstance(answer.body, dict) else None
        viewer = data.get("viewer") if isinstance(data, dict) else None
        found = viewer.get("databaseId") if isinstance(viewer, dict) else None
        if not isinstance(found, int):
            answer = self._http.call("GET", "user")
            found = answer.body.get("id") if answer.done and isinstance(answer.body, dict) else None
        return found if isinstance(found, int) else None


def find_number(http: Http, repository: str, target: Target) -> int | None:
    """The open pull request from the target's branch that has its commit at the head; None when it has moved on.

    Asked by branch: what belongs to a commit is not told for commits of a fork. Raises `BadUsage` where there are two.
    """
    owner, branch = target.head or ("", "")
    found = _pages(
        http, f"repos/{_path(repository)}/pulls", "pull requests", {"state": "open", "head": f"{owner}:{branch}"}
    )
    numbers = sorted(
        one["number"]
        for one in found
        if isinstance(one.get("head"), dict)
        and one["head"].get("sha") == target.commit
        and isinstance(one.get("number"), int)
    )
    if len(numbers) > 1:
        raise BadUsage(f"{PULL_REQUEST}: several pull requests have commit {target.commit}: {numbers}; set which")
    return numbers[0] if numbers else None


def _pages(http: Http, path: str, what: str, params: Mapping[str, str] | None = None) -> Iterator[dict[str, Any]]:
    """All items of a list, page after page, each once. A page that is read while items vanish may lack some."""
    asked: dict[str, str | int] = {"per_page": PAGE, **(params or {})}
    answer = http.call("GET", path, params=asked)
    seen: set[Any] = set()
    for _ in range(PAGES):
        if not answer.done or not isinstance(answer.body, list):
            raise _refused(http, answer, what, "read")
        for item in answer.body:
            if isinstance(item, dict) and item.get("id") not in seen:
                seen.add(item.get("id"))
                yield item
        if answer.next is None:
            return
        answer = http.call("GET", answer.next)
    raise CannotAsk(f"{what}: GitHub gives more than {PAGES} pages of them")


def _event(environ: Mapping[str, str]) -> Any:
    file = read(environ, "GITHUB_EVENT_PATH")
    if file is None:
        return None
    try:
        return json.loads(Path(file).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadUsage(f"GITHUB_EVENT_PATH: must be a file of JSON, got {file[:200]!r}: {error}") from None


def _path(repository: str) -> str:
    owner, _, name = repository.partition("/")
    return f"{quote(owner, safe='')}/{quote(name, safe='')}"


def _refused(http: Http, answer: Answer, what: str, verb: str) -> CannotAsk:
    """What to do about an answer that is a no."""
    said = f"GitHub said (HTTP {answer.status}) {http.explain(answer)}"
    if answer.status == 401 or answer.status == 203:
        return CannotAsk(f"GITHUB_TOKEN: is not (any more) a token that GitHub knows; set another; {said}")
    if answer.status == 403 and "locked" in answer.text.lower():
        return CannotAsk(f"{what}: the conversation is locked; unlock it, or leave --post out; {said}")
    if answer.status == 403:
        needs = "pull-requests: write" if verb == "write" else "pull-requests: read"
        return CannotAsk(
            f"permission: the token may not {verb} {what}; give the job 'permissions: {needs}'; in a run for a pull "
            f"request from a fork it can only read, so post from a 'workflow_run' workflow; {said}"
        )
    if answer.status == 404:
        return CannotAsk(
            f"{what}: there is no such pull request, or the token may not see it; check GITHUB_REPOSITORY and give the "
            f"job 'permissions: pull-requests: {verb}'; {said}"
        )
    return CannotAsk(f"{what}: GitHub does not let us {verb} them; {said}")
