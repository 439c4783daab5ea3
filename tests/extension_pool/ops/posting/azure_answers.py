"""What the API of Azure Repos answers, as its pages have it.

https://learn.microsoft.com/en-us/rest/api/azure/devops/git/pull-request-threads?view=azure-devops-rest-7.1
"""

from __future__ import annotations

import re
from typing import Any

from .wire import Reply, Request

STATUSES = {"active", "fixed", "wontFix", "closed", "byDesign", "pending"}


def azure_answer(request: Request) -> Reply:
    server = request.server
    if request.user is None:
        # what a token that it does not know gets: the page of the sign-in
        return Reply("<html><title>Azure DevOps Services | Sign In</title></html>", 203, {"Content-Type": "text/html"})
    version = request.query.get("api-version")
    if request.path == "/contoso/_apis/connectionData":
        if version != "7.1-preview":
            return _error(400, "The -preview flag must be supplied in the api-version for this request.")
        return Reply({"authenticatedUser": {"id": request.user.guid, "providerDisplayName": request.user.login}})
    if version != "7.1":
        return _error(400, "No api-version was supplied")
    root = f"/contoso/Batch%20Farm/_apis/git/repositories/render/pullRequests/{server.number}"
    if request.path == f"{root}/labels":
        return _list(request, [{"id": name, "name": name, "active": name != "retired"} for name in server.labels])
    if request.path == f"{root}/threads":
        if request.method == "POST":
            return _create(request)
        shown = server.threads[: len(server.threads) - server.lag]
        return _list(request, shown[::-1] if server.newest_first else shown)
    found = re.fullmatch(rf"{re.escape(root)}/threads/(\d+)(?:/comments/(\d+))?", request.path)
    thread = next((one for one in server.threads if found and one["id"] == int(found[1])), None)
    if found is None or thread is None:
        return _error(404, f"TF401180: The requested pull request was not found. {request.path}")
    return _settle(request, thread) if found[2] is None else _change(request, thread, int(found[2]))


def _list(request: Request, items: list[dict[str, Any]]) -> Reply:
    size = request.server.continues
    if not size:
        return Reply({"value": items, "count": len(items)})
    start = int(request.query.get("continuationToken", "0"))
    more = {"x-ms-continuationtoken": str(start + size)} if start + size < len(items) else {}
    return Reply({"value": items[start : start + size], "count": size}, 200, more)


def _error(status: int, message: str) -> Reply:
    return Reply({"$id": "1", "message": message, "typeKey": "GitException", "errorCode": 0}, status)


def _refusal(request: Request, content: str | None) -> Reply | None:
    if request.user is None or not request.user.writes:
        # the words of https://github.com/microsoft/azure-devops-node-api/issues/300
        return _error(
            403,
            "TF401027: You need the Git 'PullRequestContribute' permission to perform this action. "
            "Details: identity 'Build\\2fa95b7a', scope 'repository'.",
        )
    if content is not None and len(content.encode("utf-16-le")) // 2 > 150_000:
        # the words of https://github.com/runatlantis/atlantis/pull/1585
        return _error(
            400, "A discussion comment cannot be longer than 150000 characters.\r\nParameter name: comment.Content"
        )
    return None


def _create(request: Request) -> Reply:
    (comment,) = request.body["comments"]
    refused = _refusal(request, comment["content"])
    assert request.user is not None and request.body["status"] in STATUSES
    return refused or Reply(request.server.thread(comment["content"], request.user, request.body["status"]))


def _settle(request: Request, thread: dict[str, Any]) -> Reply:
    refused = _refusal(request, None)
    if refused is not None:
        return refused
    assert request.method == "PATCH" and request.body["status"] in STATUSES
    thread["status"] = request.body["status"]
    return Reply(thread)


def _change(request: Request, thread: dict[str, Any], number: int) -> Reply:
    """Only who wrote a comment may change it. A thread without comments is deleted, and goes on being listed."""
    comment = next((one for one in thread["comments"] if one["id"] == number and not one["isDeleted"]), None)
    if comment is None:
        return _error(404, "TF401180: The requested comment was not found.")
    content = request.body["content"] if request.body else None
    refused = _refusal(request, content)
    if refused is not None:
        return refused
    assert request.user is not None
    if comment["author"]["id"] != request.user.guid:
        return _error(403, "TF401027: You can only change comments of your own.")
    if request.method == "DELETE":
        comment["isDeleted"], comment["content"] = True, ""
        thread["isDeleted"] = all(one["isDeleted"] for one in thread["comments"])
        return Reply(status=200, body={})
    comment["content"] = content
    return Reply(comment)
