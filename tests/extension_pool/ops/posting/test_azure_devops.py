"""Posting to Azure Repos, through real HTTP to a service on loopback that behaves as its API does."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from extension_pool.ops.errors import CannotAsk
from extension_pool.ops.posting import Action, Posted
from extension_pool.ops.posting.comment import render_marker

from .forge_server import (
    BOT,
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
from .runs import Waits, azure_run, opened


def post(server: Server, body: str, key: str = "render", *, passes: bool = True, **run: object) -> Posted:
    return opened("azure-devops", azure_run(server, **run)).post(body, key, passes=passes)  # type: ignore[arg-type]


def shown(server: Server) -> list[str]:
    """What the reader sees of each thread."""
    return [re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL).strip() for text in server.texts]


def test_the_first_report_makes_a_thread_and_the_next_ones_change_it(server: Server) -> None:
    server.thread("Looks good")
    first = post(server, "1 to replace", passes=False)
    number = server.threads[1]["id"]
    assert first == Posted(
        f"{server.url}/contoso/Batch%20Farm/_git/render/pullrequest/7?discussionId={number}", Action.CREATED
    )
    for run, body in ((51, "failed"), (52, "no change")):
        assert post(server, body, run=run) == Posted(first.url, Action.UPDATED)
        assert shown(server) == ["Looks good", body]


def test_the_thread_is_active_while_the_rules_say_no(server: Server) -> None:
    seen = []
    for run, passes in enumerate((False, False, True, True, False), 50):
        action = post(server, f"{passes}", run=run, passes=passes).action
        seen.append((action, server.threads[0]["status"]))
    assert seen == [
        (Action.CREATED, "active"),
        (Action.UNCHANGED, "active"),
        (Action.UPDATED, "closed"),
        (Action.UNCHANGED, "closed"),
        (Action.UPDATED, "active"),
    ]


def test_a_first_report_that_passes_holds_nothing_back(server: Server) -> None:
    post(server, "no change")
    assert server.threads[0]["status"] == "closed"
    assert len(server.writes) == 1


@pytest.mark.parametrize("status", ["wontFix", "byDesign", "fixed", "closed"])
def test_what_a_reviewer_ended_stays_ended_unless_the_rules_say_no(server: Server, status: str) -> None:
    post(server, "same")
    server.threads[0]["status"] = status
    assert post(server, "same", run=51).action is Action.UNCHANGED
    assert server.threads[0]["status"] == status
    post(server, "same", run=52, passes=False)
    assert server.threads[0]["status"] == "active"


def test_an_older_run_changes_neither_text_nor_status(server: Server) -> None:
    post(server, "newer", run=60, passes=False)
    assert post(server, "older", run=50).action is Action.OUTDATED
    assert (shown(server), server.threads[0]["status"]) == (["newer"], "active")


@pytest.mark.parametrize("attempt", ["SYSTEM_JOBATTEMPT", "SYSTEM_STAGEATTEMPT"])
def test_a_job_or_a_stage_that_is_run_again_is_newer(server: Server, attempt: str) -> None:
    post(server, "first", run=60)
    assert post(server, "again", run=60, **{attempt: "2"}).action is Action.UPDATED
    assert post(server, "first, late", run=60).action is Action.OUTDATED


def test_of_several_threads_the_oldest_stays_with_the_newest_text_and_status(server: Server) -> None:
    server.newest_first = True
    post(server, "old")
    oldest = server.threads[0]
    newer = server.texts[0].replace("old", "newer").replace("<!-- run 50.", "<!-- run 70.")
    twin = server.thread(newer, BOT, "active")
    twin["comments"].append(server.reply("why?", STRANGER, parent=1, number=2))
    assert post(server, "late", run=60).action is Action.OUTDATED
    assert shown(server)[0] == "newer" and oldest["status"] == "active"
    # what people said below the twin is theirs
    assert [comment["isDeleted"] for comment in twin["comments"]] == [True, False]
    assert post(server, "new", run=71, passes=False).action is Action.UPDATED
    assert shown(server)[0] == "new"


def test_threads_that_are_deleted_answered_or_the_services_own_are_not_ours(server: Server) -> None:
    post(server, "old")
    text = server.texts[0]
    server.threads[0]["isDeleted"] = True
    half = server.thread("", BOT)
    half["comments"] = [{**server.reply(text, BOT), "isDeleted": True}, server.reply("why?", STRANGER, number=2)]
    answered = server.thread("talk")
    answered["comments"].append(server.reply(text, BOT, parent=1, number=2))
    server.thread("", BOT)["comments"] = [server.reply(text, BOT, parent=1, number=2)]
    server.thread(text, BOT, None, kind="system")
    server.threads.append({"id": 1, "isDeleted": False, "comments": []})
    server.threads.append({"id": 2, "isDeleted": False, "comments": None, "status": "unknown"})
    before = len(server.threads)
    server.asked.clear()
    assert post(server, "new", run=51).action is Action.CREATED
    assert len(server.threads) == before + 1
    assert [request.method for request in server.writes] == ["POST"]


def test_where_azure_says_somebody_else_there_is_still_one_thread(server: Server) -> None:
    post(server, "old")
    other = Reply({"authenticatedUser": {"id": STRANGER.guid}})
    server.faults.append(Fault(lambda request: request.path.endswith("connectionData"), other, 9))
    post(server, "new", run=51)
    assert shown(server) == ["new"]


def test_a_forged_thread_is_not_taken_for_ours(server: Server) -> None:
    forged = f"{render_marker('render')}\n<!-- run 999999.1 commit none at 2030-01-01T00:00:00Z -->\n\nno change"
    server.thread(forged, STRANGER)
    assert post(server, "1 to delete").action is Action.CREATED
    assert server.texts[0] == forged and shown(server)[1] == "1 to delete"


def test_without_knowing_who_we_are_nothing_is_guessed(server: Server) -> None:
    post(server, "old")
    who = Fault(lambda request: request.path.endswith("connectionData"), Reply({"message": "no"}, 404), 9)
    server.faults.append(who)
    with pytest.raises(CannotAsk, match=r"^connectionData"):
        post(server, "new", run=51)


@pytest.mark.parametrize("pages", [1, 3, 100])
def test_it_is_found_whether_lists_come_whole_or_in_parts(server: Server, pages: int) -> None:
    server.continues = pages
    server.labels = ["a", "b", "recreate-ok", "retired"]
    for number in range(4):
        server.thread(f"talk {number}")
    post(server, "old")
    server.thread("more talk")
    assert post(server, "new", run=51).action is Action.UPDATED
    assert len(server.threads) == 6
    assert opened("azure-devops", azure_run(server)).labels() == {"a", "b", "recreate-ok"}


def test_a_personal_access_token_serves_too(server: Server) -> None:
    token = {"SYSTEM_ACCESSTOKEN": "$(System.AccessToken)", "AZURE_DEVOPS_EXT_PAT": PERSON_TOKEN}
    assert post(server, "by hand", **token).action is Action.CREATED
    assert server.asked[0].headers["authorization"].startswith("Basic ")


def test_a_failure_on_the_way_makes_no_second_thread(server: Server) -> None:
    for reply in (Reply({}, 500), Reply(None, 0)):
        server.threads.clear()
        server.faults.append(Fault(creating, reply, after=True))
        assert post(server, "once").action is Action.CREATED
        assert shown(server) == ["once"]
        server.faults.append(Fault(writing, reply, after=True))
        assert post(server, "twice", run=51).action is Action.UPDATED
        assert shown(server) == ["twice"]


def test_a_delay_is_kept(server: Server) -> None:
    server.faults.append(Fault(anything, Reply({"message": "TF400733: blocked"}, 429, {"Retry-After": "9"})))
    waits = Waits()
    opened("azure-devops", azure_run(server), waits).post("x", "render")
    assert waits.slept == [9]


def test_a_long_report_is_cut_to_what_azure_repos_takes(server: Server) -> None:
    assert post(server, "line 😀\n" * 50_000).action is Action.CREATED
    assert len(server.texts[0].encode("utf-16-le")) // 2 <= 150_000


@pytest.mark.parametrize(
    ("run", "words"),
    [
        ({"SYSTEM_ACCESSTOKEN": "unknown"}, r"^SYSTEM_ACCESSTOKEN: is not .*env: SYSTEM_ACCESSTOKEN: \$\(System"),
        (
            {"SYSTEM_ACCESSTOKEN": READ_ONLY_TOKEN},
            r"^permission: .*'Contribute to pull requests' for 'PROJECT Build Service.*TF401027",
        ),
        ({"SYSTEM_PULLREQUEST_PULLREQUESTID": "8"}, r"^comments: there is no such pull request.*BUILD_REPOSITORY_ID"),
    ],
)
def test_a_refusal_says_what_to_do_in_azures_words(server: Server, run: dict[str, str], words: str) -> None:
    with pytest.raises(CannotAsk, match=words) as caught:
        post(server, "x", **run)
    assert "<html>" not in str(caught.value)


def test_a_sign_in_page_on_another_host_gets_no_token(server: Server) -> None:
    to = "https://spsprodweu1.vssps.visualstudio.com/_signin?realm=dev.azure.com"
    server.faults.append(Fault(anything, Reply("", 302, {"Location": to})))
    with pytest.raises(CannotAsk, match=r"SYSTEM_ACCESSTOKEN: .*a token that is not valid"):
        post(server, "x")


def test_many_builds_at_once_leave_one_thread(server: Server) -> None:
    forges = [opened("azure-devops", azure_run(server, run=run, head=run)) for run in range(50, 58)]
    with ThreadPoolExecutor(len(forges)) as pool:
        list(pool.map(lambda at: forges[at].post(f"run {at}", "render"), range(len(forges))))
    assert len(server.texts) == 1
