"""What the environment of a run has to say, and what a run without a pull request does."""

from __future__ import annotations

import pytest

from extension_pool.ops.errors import BadUsage
from extension_pool.ops.posting import Action, open_forge

from .forge_server import BOT_TOKEN, Server
from .runs import azure_run, event_file, github_run, opened


def test_all_that_is_missing_is_named_at_once(server: Server) -> None:
    with pytest.raises(BadUsage) as github:
        open_forge("github", {})
    for name in ("EXTENSION_POOL_PULL_REQUEST", "GITHUB_TOKEN", "GITHUB_REPOSITORY"):
        assert name in str(github.value)
    assert str(github.value).startswith("--post github: needs 3 more of the environment: ")
    with pytest.raises(BadUsage) as azure:
        open_forge("azure-devops", {"BUILD_REASON": "PullRequest"})
    for name in ("SYSTEM_COLLECTIONURI", "SYSTEM_TEAMPROJECT", "BUILD_REPOSITORY_ID", "SYSTEM_ACCESSTOKEN"):
        assert name in str(azure.value)
    assert "SYSTEM_PULLREQUEST_PULLREQUESTID" in str(azure.value)


@pytest.mark.parametrize("name", ["GITHUB_TOKEN", "GITHUB_REPOSITORY"])
@pytest.mark.parametrize("value", [None, "", "  "])
def test_each_variable_that_github_needs_is_named_when_it_is_missing(
    server: Server, name: str, value: str | None
) -> None:
    with pytest.raises(BadUsage, match=rf"needs 1 more of the environment: {name}: "):
        opened("github", github_run(server, **{name: value}))


@pytest.mark.parametrize("value", [None, "", "$(Whatever)"])
@pytest.mark.parametrize(
    "name", ["SYSTEM_COLLECTIONURI", "SYSTEM_TEAMPROJECT", "BUILD_REPOSITORY_ID", "SYSTEM_ACCESSTOKEN"]
)
def test_each_variable_that_azure_needs_is_named_when_it_is_missing(
    server: Server, name: str, value: str | None
) -> None:
    with pytest.raises(BadUsage, match=rf"needs 1 more of the environment: {name}: "):
        opened("azure-devops", azure_run(server, **{name: value}))


def test_what_is_set_wrongly_is_named_without_asking_anybody(server: Server) -> None:
    for more, words in (
        ({"GITHUB_REPOSITORY": "render"}, "^GITHUB_REPOSITORY: must be OWNER/NAME"),
        ({"GITHUB_REPOSITORY": "a/b/c"}, "^GITHUB_REPOSITORY: must be OWNER/NAME"),
        ({"GITHUB_API_URL": "http://github.contoso.com"}, "^GITHUB_API_URL: must be an https:// URL"),
        ({"GITHUB_EVENT_PATH": "/no/such/file"}, "^GITHUB_EVENT_PATH: must be a file of JSON"),
        ({"GITHUB_TOKEN": "two words"}, "^GITHUB_TOKEN: must be a token"),
    ):
        with pytest.raises(BadUsage, match=words):
            opened("github", github_run(server, **more))
    with pytest.raises(BadUsage, match=r"^--post: must be github or azure-devops, got 'gitlab'"):
        open_forge("gitlab", {})
    with pytest.raises(BadUsage, match=r"use --post github with GITHUB_TOKEN"):
        opened("azure-devops", azure_run(server, BUILD_REPOSITORY_PROVIDER="GitHub"))
    with pytest.raises(BadUsage, match=r"^--key: must have 1 to 100 characters"):
        opened("github", github_run(server)).post("x", " ")
    assert server.asked == []


def test_a_push_to_main_posts_nothing_and_says_why(server: Server) -> None:
    push = github_run(
        server,
        GITHUB_EVENT_NAME="push",
        GITHUB_EVENT_PATH=event_file(server, {"ref": "refs/heads/main"}),
        GITHUB_REF="refs/heads/main",
        GITHUB_TOKEN=None,
    )
    build = azure_run(
        server,
        BUILD_REASON="IndividualCI",
        SYSTEM_PULLREQUEST_PULLREQUESTID="$(System.PullRequest.PullRequestId)",
        SYSTEM_ACCESSTOKEN=None,
    )
    for kind, environ, words in (("github", push, "'push'"), ("azure-devops", build, "'IndividualCI'")):
        forge = opened(kind, environ)
        posted = forge.post("x", "render")
        assert (posted.action, posted.url) == (Action.SKIPPED, None) and words in posted.reason
        assert forge.labels() == frozenset()
    assert server.asked == []


def test_a_pull_request_can_be_named_where_the_run_knows_none(server: Server) -> None:
    more = {"GITHUB_EVENT_PATH": None, "GITHUB_REF": None, "GITHUB_EVENT_NAME": None}
    environ = github_run(server, EXTENSION_POOL_PULL_REQUEST="7", **more)
    assert opened("github", environ).post("x", "render").action is Action.CREATED
    named = {"SYSTEM_PULLREQUEST_PULLREQUESTID": None, "BUILD_REASON": "Manual", "EXTENSION_POOL_PULL_REQUEST": "7"}
    assert opened("azure-devops", azure_run(server, **named)).post("x", "render").action is Action.CREATED


def test_what_is_opened_does_not_show_the_token(server: Server) -> None:
    for forge in (opened("github", github_run(server)), opened("azure-devops", azure_run(server))):
        forge.labels()
        seen: list[object] = [forge]
        for _ in range(4):
            seen += [value for one in seen if hasattr(one, "__dict__") for value in vars(one).values()]
        assert all(BOT_TOKEN not in repr(one) for one in seen if not isinstance(one, str))
