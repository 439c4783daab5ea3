from typing import Any

import pytest

from extension_pool.ops.errors import BadUsage
from extension_pool.ops.posting.github_event import Target, find_target

SHA = "a" * 40
HERE = {"repository": {"id": 1}}


def workflow_run(*pulls: dict[str, Any], **more: Any) -> dict[str, Any]:
    run = {
        "event": "pull_request",
        "head_sha": SHA,
        "head_branch": "faster",
        "head_repository": {"owner": {"login": "somebody"}},
        "pull_requests": list(pulls),
        **more,
    }
    return {"workflow_run": run, **HERE}


def listed(number: int, sha: str = SHA, repository: int = 1) -> dict[str, Any]:
    return {"number": number, "head": {"sha": sha}, "base": {"repo": {"id": repository}}}


@pytest.mark.parametrize(
    ("event", "target"),
    [
        ({"pull_request": {"number": 7, "head": {"sha": SHA}}}, Target(7, SHA)),
        ({"pull_request": {"number": 7}}, Target(7, None)),
        ({"issue": {"number": 8, "pull_request": {"url": "x"}}}, Target(8)),
        (workflow_run(listed(9)), Target(9, SHA)),
        # a pull request of another repository from the same branch, and one whose branch has moved on
        (workflow_run(listed(4, repository=2), listed(5, sha="b" * 40), listed(9)), Target(9, SHA)),
        # a fork
        (workflow_run(), Target(commit=SHA, head=("somebody", "faster"))),
        (workflow_run(pull_requests=None), Target(commit=SHA, head=("somebody", "faster"))),
        # two from one branch
        (workflow_run(listed(9), listed(10)), Target(commit=SHA, head=("somebody", "faster"))),
    ],
)
def test_the_event_says_which_pull_request_it_is(event: Any, target: Target) -> None:
    # the environment of workflow_run and issue_comment is that of the default branch
    assert find_target({"GITHUB_REF": "refs/heads/main", "GITHUB_EVENT_NAME": "x"}, event) == target


@pytest.mark.parametrize(
    ("event", "words"),
    [
        ({"issue": {"number": 8}}, "about an issue"),
        (workflow_run(event="push"), "was for 'push'"),
        (workflow_run(head_repository=None), "came from is gone"),
        ({"ref": "refs/heads/main"}, "the event 'push' is not about a pull request"),
        (None, "the event 'push' is not about a pull request"),
        ([], "the event 'push' is not about a pull request"),
    ],
)
def test_a_run_for_something_else_says_so(event: Any, words: str) -> None:
    target = find_target({"GITHUB_REF": "refs/heads/main", "GITHUB_EVENT_NAME": "push"}, event)
    assert target is not None and target.number is None and words in target.reason


def test_the_ref_tells_where_there_is_no_event() -> None:
    assert find_target({"GITHUB_REF": "refs/pull/12/merge"}, None) == Target(12)
    assert find_target({"GITHUB_REF": "refs/pull/12/head"}, {}) == Target(12)
    assert find_target({}, None) is None


def test_the_variable_goes_before_all() -> None:
    environ = {"EXTENSION_POOL_PULL_REQUEST": "3", "GITHUB_EVENT_NAME": "push"}
    assert find_target(environ, {"pull_request": {"number": 7, "head": {"sha": SHA}}}) == Target(3, SHA)
    assert find_target(environ, None) == Target(3)


@pytest.mark.parametrize("value", ["0", "-1", "x", "7 ; rm", "٣", "1.5"])
def test_what_is_no_number_is_refused(value: str) -> None:
    with pytest.raises(BadUsage, match=r"^EXTENSION_POOL_PULL_REQUEST: must be the number of a pull request, got"):
        find_target({"EXTENSION_POOL_PULL_REQUEST": value}, None)
