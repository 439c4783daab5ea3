"""What GitHub's API answers, as its pages have it.

https://docs.github.com/en/rest/issues/comments,
https://docs.github.com/en/rest/using-the-rest-api/using-pagination-in-the-rest-api,
https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api
"""

from __future__ import annotations

import re
from typing import Any

from .wire import Reply, Request


def github_answer(request: Request) -> Reply:
    server, user = request.server, request.user
    if user is None:
        return Reply({"message": "Bad credentials", "documentation_url": "https://docs.github.com/rest"}, 401)
    if request.path.endswith("/graphql"):
        return _viewer(request)
    if request.headers.get("x-github-api-version") != "2022-11-28":
        return Reply({"message": "Unsupported version"}, 400)
    path = request.path.removeprefix("/api/v3")
    if path == "/user":
        return Reply({"id": user.id, "login": user.login}) if user.user else _forbidden()
    root = f"/repos/{server.repository}"
    if path == f"{root}/pulls":
        return _page(request, [one for one in server.pulls if _matches(one, request.query)])
    issue = f"{root}/issues/{server.number}"
    if path == f"{issue}/labels":
        return _page(request, [{"id": number, "name": name} for number, name in enumerate(server.labels)])
    if path == f"{issue}/comments":
        return _create(request) if request.method == "POST" else _page(request, _listed(request))
    found = re.fullmatch(rf"{re.escape(root)}/issues/comments/(\d+)", path)
    return _change(request, int(found[1])) if found else Reply({"message": "Not Found"}, 404)


def _viewer(request: Request) -> Reply:
    assert request.path in ("/graphql", "/api/graphql")
    if request.user is None or not request.user.viewer:
        return Reply({"data": None, "errors": [{"message": "Resource not accessible by integration"}]})
    return Reply({"data": {"viewer": {"databaseId": request.user.id}}})


def _listed(request: Request) -> list[dict[str, Any]]:
    server = request.server
    shown = server.comments[: len(server.comments) - server.lag]
    return shown[::-1] if server.newest_first else shown


def _matches(pull: dict[str, Any], query: dict[str, str]) -> bool:
    return pull["state"] == query.get("state") and pull["head"]["label"] == query.get("head")


def _page(request: Request, items: list[dict[str, Any]]) -> Reply:
    """https://docs.github.com/en/rest/using-the-rest-api/using-pagination-in-the-rest-api#using-link-headers"""
    size = min(int(request.query.get("per_page", "30")), request.server.page)
    page = int(request.query.get("page", "1"))
    headers = {}
    if page * size < len(items):
        others = "".join(f"&{name}={value}" for name, value in request.query.items() if name != "page")
        link = f"{request.server.url}{request.path}?page={page + 1}{others}"
        headers["Link"] = f'<{link}>; rel="next", <{link}>; rel="last"'
    return Reply(items[(page - 1) * size : page * size], 200, headers)


def _refusal(request: Request) -> Reply | None:
    if request.user is None or not request.user.writes:
        return _forbidden()
    if request.server.locked:
        return Reply({"message": "Unable to create comment because issue is locked."}, 403)
    if request.body is not None and len(request.body["body"]) > 65536:
        # the words of https://github.com/telia-oss/github-pr-resource/issues/259
        error = {
            "resource": "IssueComment",
            "code": "unprocessable",
            "field": "data",
            "message": "Body is too long (maximum is 65536 characters)",
        }
        return Reply({"message": "Validation Failed", "errors": [error]}, 422)
    return None


def _forbidden() -> Reply:
    return Reply({"message": "Resource not accessible by integration", "status": "403"}, 403)


def _create(request: Request) -> Reply:
    refused = _refusal(request)
    assert request.user is not None
    return refused or Reply(request.server.comment(request.body["body"], request.user), 201)


def _change(request: Request, number: int) -> Reply:
    """Who may write may change each comment, those of others too: the author stays who it was."""
    comment = next((one for one in request.server.comments if one["id"] == number), None)
    if comment is None:
        return Reply({"message": "Not Found"}, 404)
    refused = _refusal(request)
    if refused is not None:
        return refused
    if request.method == "DELETE":
        request.server.comments.remove(comment)
        return Reply(status=204)
    comment["body"] = request.body["body"]
    return Reply(comment)
