"""Posting to GitHub, through real HTTP to a service on loopback that behaves as its API does."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from extension_pool.ops.errors import BadUsage, CannotAsk
from extension_pool.ops.posting import Action, Posted
from extension_pool.ops.posting.comment import render_marker

from .forge_server import (
    APP,
    APP_TOKEN,
    BOT,
    BOT_TOKEN,
    PERSON,
    PERSON_TOKEN,
    READ_ONLY_TOKEN,
    STRANGER,
    Fault,
    Reply,
    Server,
    anything,
    creating,
    writing,
)
from .runs import Waits, commit, event_file, github_run, opened


def post(server: Server, body: str, key: str = "render", waits: Waits | None = None, **run: object) -> Posted:
    return opened("github", github_run(server, **run), waits).post(body, key)  # type: ignore[arg-type]


def bodies(server: Server) -> list[str]:
    """What the reader sees of each comment."""
    return [re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL).strip() for text in server.texts]


@pytest.mark.parametrize("url", ["github", "enterprise"])
def test_the_first_report_makes_a_comment_and_the_next_ones_change_it(server: Server, url: str) -> None:
    address = getattr(server, url)
    server.comment("Looks good")
    first = post(server, "1 to replace", GITHUB_API_URL=address)
    assert first.action is Action.CREATED
    assert first.url == server.comments[1]["html_url"]
    for run, body in ((51, "failed"), (52, "no change")):
        assert post(server, body, run=run, GITHUB_API_URL=address) == Posted(first.url, Action.UPDATED)
        assert bodies(server) == ["Looks good", body]


def test_the_same_report_is_not_written_again_but_for_another_commit_it_is(server: Server) -> None:
    post(server, "same")
    server.asked.clear()
    assert post(server, "same", run=51).action is Action.UNCHANGED
    assert server.writes == []
    assert post(server, "same", run=52, head=2).action is Action.UPDATED
    assert commit(2) in server.texts[0]


def test_it_is_found_on_any_page(server: Server) -> None:
    server.page = 3
    for number in range(7):
        server.comment(f"talk {number}")
    post(server, "old")
    for number in range(7):
        server.comment(f"more talk {number}")
    assert post(server, "new", run=51).action is Action.UPDATED
    assert bodies(server).count("new") == 1 and "old" not in bodies(server)
    assert len(server.comments) == 15
    listed = [request for request in server.asked if request.method == "GET" and request.path.endswith("/comments")]
    assert {request.query["per_page"] for request in listed} == {"100"}


def test_on_one_page_alone_it_would_not_be_found(server: Server) -> None:
    # the twin: the link to the next page taken away
    post(server, "old")
    server.comments[:0] = [dict(server.comments[0], id=number, body="talk") for number in range(3)]
    server.page = 3
    whole = server.answer

    def without_links(request: object) -> Reply:
        reply = whole(request)  # type: ignore[arg-type]
        return replace(reply, headers={})

    server.answer = without_links  # type: ignore[method-assign, assignment]
    post(server, "new", run=51)
    assert len(server.comments) == 5


def test_the_newest_first_or_not_the_oldest_stays(server: Server) -> None:
    server.newest_first = True
    post(server, "old")
    oldest = server.comments[0]
    server.comment(oldest["body"].replace("old", "twin"), BOT)
    server.comment("talk")
    assert post(server, "new", run=51).url == oldest["html_url"]
    assert bodies(server) == ["new", "talk"]


def test_two_projects_have_two_comments(server: Server) -> None:
    assert post(server, "a", key="render").action is Action.CREATED
    assert post(server, "b", key="sim --> <b>").action is Action.CREATED
    assert post(server, "c", key="render", run=51).action is Action.UPDATED
    assert bodies(server) == ["c", "b"]


def test_who_quotes_the_comment_keeps_theirs(server: Server) -> None:
    post(server, "old")
    server.comment("> " + server.comments[0]["body"].replace("\n", "\n> ") + "\nwhy?")
    post(server, "new", run=51)
    assert bodies(server)[0] == "new" and "why?" in server.comments[1]["body"]


def test_a_forged_comment_is_not_taken_for_ours(server: Server) -> None:
    # its author could change the report afterwards, or claim to be a newer run and keep the report away
    forged = f"{render_marker('render')}\n<!-- run 999999.1 commit none at 2030-01-01T00:00:00Z -->\n\nno change"
    server.comment(forged, STRANGER)
    server.comment(forged, APP)
    assert post(server, "1 to delete").action is Action.CREATED
    assert server.comments[0]["body"] == server.comments[1]["body"] == forged
    assert bodies(server)[2] == "1 to delete"


def test_where_github_does_not_say_who_we_are_bots_count_and_people_do_not(server: Server) -> None:
    server.tokens[BOT_TOKEN] = replace(BOT, viewer=False)
    forged = f"{render_marker('render')}\n\nno change"
    server.comment(forged, STRANGER)
    assert post(server, "old").action is Action.CREATED
    assert post(server, "new", run=51).action is Action.UPDATED
    assert bodies(server) == ["no change", "new"]


def test_the_comment_of_another_bot_that_may_not_be_changed_is_left_alone(server: Server) -> None:
    server.tokens[BOT_TOKEN] = replace(BOT, viewer=False)
    theirs = server.comment(f"{render_marker('render')}\n\ntheirs", APP)
    refused = Reply({"message": "Resource not accessible by integration"}, 403)
    server.faults.append(Fault(lambda request: request.path.endswith(str(theirs["id"])), refused, 9))
    assert post(server, "ours").action is Action.CREATED
    assert bodies(server) == ["theirs", "ours"]


def test_where_github_says_another_number_there_is_still_one_comment(server: Server) -> None:
    post(server, "old")
    viewer = Fault(lambda request: request.path == "/graphql", Reply({"data": {"viewer": {"databaseId": 5}}}), 99)
    server.faults.append(viewer)
    post(server, "new", run=51)
    assert bodies(server) == ["new"]


@pytest.mark.parametrize("variable", ["GITHUB_TOKEN", "GH_TOKEN"])
def test_a_person_and_an_app_have_comments_of_their_own(server: Server, variable: str) -> None:
    post(server, "bot")
    for token in (PERSON_TOKEN, APP_TOKEN):
        tokens = {"GITHUB_TOKEN": None, variable: token}
        assert post(server, token, **tokens).action is Action.CREATED
        assert post(server, f"{token} again", run=51, **tokens).action is Action.UPDATED
    assert [comment["user"]["id"] for comment in server.comments] == [BOT.id, PERSON.id, APP.id]


def test_a_slow_run_does_not_write_over_the_report_of_a_newer_one(server: Server) -> None:
    post(server, "newer", run=60, head=2)
    assert post(server, "older", run=50, head=1) == Posted(server.comments[0]["html_url"], Action.OUTDATED)
    assert post(server, "older again", run=50, attempt=9, head=1).action is Action.OUTDATED
    assert bodies(server) == ["newer"]
    assert post(server, "run again", run=60, attempt=2, head=2).action is Action.UPDATED


def test_a_failure_on_the_way_makes_no_second_comment(server: Server) -> None:
    for reply in (Reply({}, 502), Reply(None, 0)):
        server.comments.clear()
        server.faults.append(Fault(creating, reply, after=True))
        assert post(server, "once").action is Action.CREATED
        assert bodies(server) == ["once"]
        server.faults.append(Fault(writing, reply, after=True))
        assert post(server, "twice", run=51).action is Action.UPDATED
        assert bodies(server) == ["twice"]


def test_a_creation_that_did_not_happen_is_made_again(server: Server) -> None:
    server.faults.append(Fault(creating, Reply({}, 503)))
    assert post(server, "at last").action is Action.CREATED
    assert bodies(server) == ["at last"]


def test_limits_are_waited_out(server: Server) -> None:
    limited = Reply({"message": "You have exceeded a secondary rate limit."}, 403)
    server.faults += [Fault(creating, limited), Fault(anything, Reply({}, 429, {"Retry-After": "20"}))]
    waits = Waits()
    assert post(server, "patient", waits=waits).action is Action.CREATED
    assert sorted(waits.slept) == [20, 60]
    assert len(waits.told) == 2


def test_a_list_that_lags_behind_makes_no_second_comment(server: Server) -> None:
    server.lag = 1
    post(server, "one")
    assert bodies(server) == ["one"]


def test_a_long_report_is_cut_to_what_github_takes(server: Server) -> None:
    assert post(server, "line 😀\n" * 20_000).action is Action.CREATED
    assert len(server.comments[0]["body"]) <= 65_536
    assert bodies(server)[0].endswith("the service takes no longer text.")


def test_the_labels_are_those_of_now_from_all_pages(server: Server) -> None:
    server.labels, server.page = ["recreate-ok", "Größe", *(f"l{number}" for number in range(120))], 50
    forge = opened("github", github_run(server))
    assert forge.labels() == frozenset(server.labels)
    server.labels.remove("recreate-ok")
    assert "recreate-ok" not in forge.labels()


@pytest.mark.parametrize(
    ("token", "change", "words"),
    [
        ("ghs_unknown", {}, r"^GITHUB_TOKEN: is not .*Bad credentials$"),
        (READ_ONLY_TOKEN, {}, r"^permission: the token may not write comments; .*pull-requests: write.*from a fork"),
        (BOT_TOKEN, {"locked": True}, r"^comments: the conversation is locked; unlock it"),
        (BOT_TOKEN, {"number": 8}, r"^comments: there is no such pull request, .*check GITHUB_REPOSITORY"),
    ],
)
def test_a_refusal_says_what_to_do_in_githubs_words(
    server: Server, token: str, change: dict[str, object], words: str
) -> None:
    forge = opened("github", github_run(server, GITHUB_TOKEN=token))
    for name, value in change.items():
        setattr(server, name, value)
    with pytest.raises(CannotAsk, match=words) as caught:
        forge.post("x", "render")
    assert token not in str(caught.value) and caught.value.exit_code == 3


def test_labels_that_cannot_be_read_are_never_no_labels(server: Server) -> None:
    server.faults.append(Fault(anything, Reply({"message": "Resource not accessible by integration"}, 403), 9))
    with pytest.raises(CannotAsk, match=r"may not read labels; give the job 'permissions: pull-requests: read'"):
        opened("github", github_run(server)).labels()
    server.faults[:] = [Fault(anything, Reply({"message": "odd"}, 200), 9)]
    with pytest.raises(CannotAsk):
        opened("github", github_run(server)).labels()


def fork_run(server: Server) -> dict[str, str]:
    event = {
        "repository": {"id": 1},
        "workflow_run": {
            "event": "pull_request",
            "head_sha": commit(1),
            "head_branch": "faster",
            "head_repository": {"owner": {"login": "somebody"}},
            "pull_requests": [],
        },
    }
    more = {"GITHUB_EVENT_NAME": "workflow_run", "GITHUB_REF": "refs/heads/main"}
    return github_run(server, GITHUB_EVENT_PATH=event_file(server, event), **more)


def pull(number: int, head: int = 1, label: str = "somebody:faster", state: str = "open") -> dict[str, object]:
    return {"id": number, "number": number, "state": state, "head": {"sha": commit(head), "label": label}}


def test_the_pull_request_of_a_fork_is_found_by_its_branch_and_commit(server: Server) -> None:
    server.pulls = [pull(3, label="else:faster"), pull(4, head=2), pull(5, state="closed"), pull(7)]
    assert opened("github", fork_run(server)).post("from a fork", "render").action is Action.CREATED
    assert bodies(server) == ["from a fork"]


def test_a_pull_request_that_cannot_be_looked_up_keeps_nobody_from_the_report(server: Server) -> None:
    forge = opened("github", fork_run(server))
    assert server.asked == []
    server.faults.append(Fault(anything, Reply({"message": "Bad credentials"}, 401), 2))
    for ask in (forge.labels, lambda: forge.post("x", "render")):
        with pytest.raises(CannotAsk):
            ask()
    server.pulls = [pull(7)]
    assert forge.post("x", "render").action is Action.CREATED


def test_a_pull_request_that_has_moved_on_gets_no_comment(server: Server) -> None:
    server.pulls = [pull(7, head=2)]
    forge = opened("github", fork_run(server))
    assert forge.post("late", "render").action is Action.SKIPPED
    assert "it has moved on" in forge.post("late", "render").reason
    assert server.comments == [] and forge.labels() == frozenset()


def test_two_pull_requests_of_one_commit_have_to_be_told_apart(server: Server) -> None:
    server.pulls = [pull(7), pull(8)]
    with pytest.raises(BadUsage, match=r"^EXTENSION_POOL_PULL_REQUEST: several .*\[7, 8\]; set which"):
        opened("github", fork_run(server)).labels()
    both = {**fork_run(server), "EXTENSION_POOL_PULL_REQUEST": "7"}
    assert opened("github", both).post("x", "render").action is Action.CREATED


def test_many_runs_at_once_leave_one_comment(server: Server) -> None:
    forges = [opened("github", github_run(server, run=run, head=run)) for run in range(50, 58)]
    with ThreadPoolExecutor(len(forges)) as pool:
        list(pool.map(lambda at: forges[at].post(f"run {at}", "render"), range(len(forges))))
    assert len(server.comments) == 1
