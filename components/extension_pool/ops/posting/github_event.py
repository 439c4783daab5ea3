"""Which pull request a run on GitHub Actions is about, by its environment and its event. Pure.

https://docs.github.com/en/webhooks/webhook-events-and-payloads,
https://docs.github.com/en/actions/reference/workflows-and-actions/variables
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .environment import PULL_REQUEST, read, read_number

_REF = re.compile(r"refs/pull/([1-9][0-9]*)/(?:merge|head)")


@dataclass(frozen=True)
class Target:
    """What a run is about. number: of the pull request. commit: its head.

    head: owner and branch to find the number by, with `commit`, where the event does not say it: for a fork the list in
    ``workflow_run`` is empty (https://github.com/actions/runner/issues/3444). reason: why there is no pull request.
    """

    number: int | None = None
    commit: str | None = None
    head: tuple[str, str] | None = None
    reason: str = ""


def find_target(environ: Mapping[str, str], event: Any) -> Target | None:
    """The pull request, or why there is none; None where nothing tells. event: the parsed ``GITHUB_EVENT_PATH``.

    Raises `BadUsage` for a variable that is no number.
    """
    given = read_number(environ, PULL_REQUEST)
    told = _in_event(event)
    if given is not None:
        return Target(given, told.commit if told else None)
    if told is not None:
        return told
    ref = _REF.fullmatch(read(environ, "GITHUB_REF") or "")
    if ref is not None:
        return Target(int(ref[1]))
    name = read(environ, "GITHUB_EVENT_NAME")
    return Target(reason=f"the event {name!r} is not about a pull request") if name else None


def _in_event(event: Any) -> Target | None:
    request, issue, run = (_part(event, name) for name in ("pull_request", "issue", "workflow_run"))
    if _number(request) is not None:
        return Target(_number(request), _text(_part(request, "head"), "sha"))
    if _number(issue) is not None:
        if _part(issue, "pull_request") is None:
            return Target(reason="the event is about an issue, not about a pull request")
        return Target(_number(issue))
    return _in_run(run, _part(event, "repository")) if run is not None else None


def _in_run(run: dict[str, Any], repository: dict[str, Any] | None) -> Target:
    kind, sha = _text(run, "event"), _text(run, "head_sha")
    if kind not in ("pull_request", "pull_request_target"):
        return Target(reason=f"the workflow that ran before was for {kind!r}, not for a pull request")
    listed = run.get("pull_requests")
    here = repository.get("id") if repository else None
    # The list has pull requests of other repositories too, and of other commits of the branch.
    numbers = {
        _number(one)
        for one in (listed if isinstance(listed, list) else [])
        if _text(_part(one, "head"), "sha") == sha and (_part(_part(one, "base"), "repo") or {}).get("id") == here
    } - {None}
    if len(numbers) == 1:
        return Target(numbers.pop(), sha)
    owner = _text(_part(_part(run, "head_repository"), "owner"), "login")
    branch = _text(run, "head_branch")
    if not sha or not owner or not branch:
        return Target(reason="the repository that the pull request came from is gone")
    return Target(commit=sha, head=(owner, branch))


def _part(value: Any, name: str) -> dict[str, Any] | None:
    part = value.get(name) if isinstance(value, dict) else None
    return part if isinstance(part, dict) else None


def _text(value: dict[str, Any] | None, name: str) -> str | None:
    text = value.get(name) if value else None
    return text if isinstance(text, str) and text else None


def _number(value: Any) -> int | None:
    number = value.get("number") if isinstance(value, dict) else None
    return number if isinstance(number, int) and not isinstance(number, bool) and number > 0 else None
