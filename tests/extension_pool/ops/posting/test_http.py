"""Calls to a service on loopback that fails in every way; waits are told and not waited."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest

from extension_pool.ops.errors import BadUsage, CannotAsk
from extension_pool.ops.posting.http import TRIES, Http, Token, check_base
from extension_pool.ops.posting.keeping import Unsure

from .forge_server import BOT_TOKEN, Fault, Reply, Server, anything
from .runs import START, Waits

LABELS = "repos/contoso/render/issues/7/labels"
HEADERS = {"X-GitHub-Api-Version": "2022-11-28"}


def http(server: Server, waits: Waits, token: str = BOT_TOKEN, total: float = 300) -> Http:
    return Http(
        server.url, Token("GITHUB_TOKEN", token), HEADERS, clock=waits.clock, tell=waits.told.append, total=total
    )


def fails(server: Server, *replies: Reply, times: int = 1, after: bool = False) -> None:
    server.faults += [Fault(anything, reply, times, after) for reply in replies]


def test_failures_of_the_service_and_of_the_line_are_tried_again_later_and_later(server: Server) -> None:
    fails(server, Reply("<html>", 502), Reply(None, 0), Reply({}, 503))
    waits = Waits()
    assert http(server, waits).call("GET", LABELS).body == []
    assert waits.slept == [1, 2, 4]


def test_a_service_that_goes_on_failing_is_given_up(server: Server) -> None:
    fails(server, Reply({}, 500), times=99)
    waits = Waits()
    with pytest.raises(CannotAsk, match=r"no answer \(HTTP 500\); run it again") as caught:
        http(server, waits).call("GET", LABELS)
    assert caught.value.passing and caught.value.exit_code == 3
    assert len(server.asked) == TRIES


def test_nobody_at_the_address_is_given_up(server: Server) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        server.url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        waits = Waits()
        with pytest.raises(CannotAsk, match=r"no answer \(no connection\)") as caught:
            http(server, waits).call("POST", LABELS, {}, once=True)
    # what must not happen twice is tried again, too: it cannot have happened
    assert not isinstance(caught.value, Unsure)
    assert len(waits.slept) == TRIES - 1


def test_limits_are_waited_out_and_told(server: Server) -> None:
    reset = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(START) + 30)}
    secondary = {"message": "You have exceeded a secondary rate limit."}
    fails(server, Reply({}, 429, {"Retry-After": "7"}), Reply({"message": "limit"}, 403, reset), Reply(secondary, 403))
    fails(server, Reply(secondary, 403))
    waits = Waits()
    assert http(server, waits).call("GET", LABELS).status == 200
    assert waits.slept == [7, 24, 60, 120]
    host = server.url.removeprefix("http://")
    assert waits.told == [f"{host}: a rate limit: waiting {seconds} s" for seconds in (24, 60, 120)]


def test_a_wait_that_is_longer_than_a_job_should_take_ends_with_when_to_come_back(server: Server) -> None:
    fails(server, Reply({}, 429, {"Retry-After": "3000"}))
    waits = Waits()
    with pytest.raises(
        CannotAsk, match=r"a rate limit: the next try would be in 3000 s.*run it again after 2026-09-21"
    ):
        http(server, waits).call("GET", LABELS)
    assert waits.slept == []


@pytest.mark.parametrize("asked", ["9" * 12, "1e400"])
def test_a_senseless_wait_is_no_crash(server: Server, asked: str) -> None:
    fails(server, Reply({}, 429, {"Retry-After": asked}), times=99)
    with pytest.raises(CannotAsk, match="run it again after"):
        http(server, Waits()).call("GET", LABELS)


def test_all_waits_together_are_bounded(server: Server) -> None:
    fails(server, Reply({}, 429, {"Retry-After": "0"}), times=10_000)
    waits = Waits()
    with pytest.raises(CannotAsk):
        http(server, waits, total=20).call("GET", LABELS)
    assert sum(waits.slept) <= 20


def test_a_pause_that_a_good_answer_asks_for_is_kept_before_the_next_call(server: Server) -> None:
    fails(server, Reply([], 200, {"Retry-After": "4"}))
    waits = Waits()
    calls = http(server, waits)
    calls.call("GET", LABELS)
    assert waits.slept == []
    calls.call("GET", LABELS)
    assert waits.slept == [4]


@pytest.mark.parametrize("reply", [Reply({}, 502), Reply(None, 0)], ids=["HTTP 502", "cut"])
def test_what_must_not_happen_twice_is_not_sent_twice(server: Server, reply: Reply) -> None:
    fails(server, reply, after=True)
    with pytest.raises(Unsure):
        http(server, Waits()).call("POST", "repos/contoso/render/issues/7/comments", {"body": "x"}, once=True)
    assert len(server.comments) == len(server.asked) == 1


def test_without_that_it_would_be_sent_twice(server: Server) -> None:
    fails(server, Reply({}, 502), after=True)
    http(server, Waits()).call("POST", "repos/contoso/render/issues/7/comments", {"body": "x"})
    assert len(server.comments) == 2


def test_a_limit_on_what_must_not_happen_twice_is_waited_out_since_it_did_not_happen(server: Server) -> None:
    fails(server, Reply({}, 429, {"Retry-After": "3"}))
    http(server, Waits()).call("POST", "repos/contoso/render/issues/7/comments", {"body": "x"}, once=True)
    assert len(server.comments) == 1


def test_a_redirect_within_the_service_is_followed_with_the_same_method_and_body(server: Server) -> None:
    comments = "/repos/contoso/render/issues/7/comments"
    fails(server, Reply({}, 301, {"Location": f"{server.url}{comments}"}), Reply({}, 307, {"Location": comments}))
    assert http(server, Waits()).call("POST", "repos/old/name/issues/7/comments", {"body": "x"}, once=True).done
    assert server.comments[0]["body"] == "x"


def test_redirects_in_a_circle_end(server: Server) -> None:
    fails(server, Reply({}, 302, {"Location": f"/{LABELS}"}), times=99)
    assert not http(server, Waits()).call("GET", LABELS).done


@pytest.mark.parametrize("where", ["another port", "another scheme", "a name in front"])
def test_the_token_never_goes_to_another_host(server: Server, where: str) -> None:
    from .forge_server import forge_server

    with forge_server(server.folder) as other:
        to = {
            "another port": other.url,
            "another scheme": server.url.replace("http:", "https:"),
            "a name in front": f"{server.url}@{other.url.removeprefix('http://')}",
        }[where]
        fails(server, Reply({}, 302, {"Location": f"{to}/{LABELS}"}))
        with pytest.raises(CannotAsk, match=r"^GITHUB_TOKEN: 127.0.0.1:\d+ sends to .* where the token must not go"):
            http(server, Waits()).call("GET", LABELS)
        assert other.asked == []
    with pytest.raises(CannotAsk, match="must not go"):
        http(server, Waits()).call("GET", f"{to}/{LABELS}")


def test_a_netrc_does_not_take_the_place_of_the_token(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "netrc"
    file.write_text("machine 127.0.0.1 login somebody password else\n")
    file.chmod(0o600)
    monkeypatch.setenv("NETRC", str(file))
    http(server, Waits()).call("GET", LABELS)
    assert server.asked[0].headers["authorization"] == f"Bearer {BOT_TOKEN}"


def test_the_token_is_shown_nowhere(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    secret = "ghp_" + "5ecret" * 6
    for basic in (True, False):
        token = Token("GITHUB_TOKEN", secret, basic)
        hidden = token.header.split()[1]
        calls = Http(server.url, token, HEADERS, clock=Waits().clock, tell=lambda line: None)
        # a service that repeats what it got, at the place where long words are cut
        echo = Reply({"message": "x" * 580 + f" {secret} {token.header}"}, 400)
        fails(server, echo)
        shown: list[Any] = [calls.explain(calls.call("GET", LABELS)), repr(calls), repr(token), vars(calls)]
        fails(server, Reply(None, 0), times=TRIES)
        with pytest.raises(CannotAsk) as caught:
            calls.call("GET", LABELS)
        shown += [repr(caught.value), caught.value.__cause__, caplog.text]
        for part in (secret, secret[:12], hidden, hidden[:16]):
            assert part not in " ".join(map(str, shown))


@pytest.mark.parametrize("value", ["", "two words", "line\nbreak", "tab\there", "ümlaut"])
def test_what_is_no_token_is_refused_without_being_shown(value: str) -> None:
    with pytest.raises(BadUsage, match=r"^GITHUB_TOKEN: must be a token") as caught:
        Token("GITHUB_TOKEN", value)
    assert not value or value not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["https://api.github.com", "https://ghe.contoso.com/api/v3/", "http://127.0.0.1:80", "http://localhost:1/x"]
)
def test_a_service_is_asked_over_https_or_on_this_machine(url: str) -> None:
    assert check_base(url, "GITHUB_API_URL") == url.rstrip("/")


@pytest.mark.parametrize(
    "url",
    ["http://api.github.com", "ftp://x", "api.github.com", "https://", "https://me:pw@x", "https://[x", "https://x?y"],
)
def test_any_other_address_is_refused(url: str) -> None:
    with pytest.raises(BadUsage, match=r"^GITHUB_API_URL: must be an https:// URL") as caught:
        check_base(url, "GITHUB_API_URL")
    assert "pw" not in str(caught.value)


def test_the_other_commands_do_not_load_it() -> None:
    import subprocess
    import sys

    program = "import sys, extension_pool.ops.posting; print('requests' in sys.modules)"
    seen = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert seen.stdout.strip() == "False"
