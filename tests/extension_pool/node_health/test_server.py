"""The composite health server against real servers: every way the agent may answer with every way one's own may."""

from __future__ import annotations

import ast
import json
import os
import random
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from extension_pool.node_health import server
from extension_pool.node_health.server import Config, Server

from .servers import HEALTHY_JSON, KINDS, Answer, H, N, Servers, U, probe, version_1, version_2

SOURCE = Path(server.__file__)
NO_OWN = "not configured"
TIMEOUT = 1.5


@pytest.fixture(scope="module")
def servers() -> Iterator[Servers]:
    started = Servers()
    yield started
    started.close()


@contextmanager
def composite(
    agent: str, own: str | None = None, *, own_status_only: bool = False, timeout: float = 2
) -> Iterator[int]:
    """A running composite server of this process; its port."""
    running = Server(Config(0, own, own_status_only, timeout, agent))
    threading.Thread(target=running.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield running.server_address[1]
    finally:
        running.shutdown()
        running.server_close()


COMBINATIONS = [(agent, own, only) for agent in KINDS for own in (*KINDS, NO_OWN) for only in (False, True)]


@pytest.fixture(scope="module")
def answers(servers: Servers) -> dict[tuple[str, str, bool], Answer | None]:
    """All combinations, asked side by side: each of the slow ones takes the whole time limit."""

    def one(combination: tuple[str, str, bool]) -> Answer | None:
        agent, own, own_status_only = combination
        own_url = servers.urls.get(own)
        with composite(servers.urls[agent], own_url, own_status_only=own_status_only, timeout=TIMEOUT) as port:
            return probe(port)

    with ThreadPoolExecutor(96) as pool:
        return dict(zip(COMBINATIONS, pool.map(one, COMBINATIONS), strict=True))


def meant(agent: str, own: str, own_status_only: bool) -> str:
    """What the node's health is, from what each kind means alone."""
    said = {KINDS[agent].agent}
    if own != NO_OWN:
        said.add(KINDS[own].own_by_status if own_status_only else KINDS[own].own)
    if U in said:
        return U
    return N if N in said else H


@pytest.mark.parametrize(("agent", "own", "own_status_only"), COMBINATIONS)
def test_the_extension_sees_the_health_of_both(
    answers: dict[tuple[str, str, bool], Answer | None], agent: str, own: str, own_status_only: bool
) -> None:
    answer = answers[agent, own, own_status_only]
    assert answer is not None
    assert version_2(answer) == meant(agent, own, own_status_only)


def test_version_1_of_the_extension_calls_every_unhealthy_node_healthy(
    answers: dict[tuple[str, str, bool], Answer | None],
) -> None:
    unhealthy = [answer for answer in answers.values() if version_2(answer) == U]
    assert len(unhealthy) > 50
    assert {version_1(answer) for answer in unhealthy} == {H}


def test_probing_the_agent_itself_with_version_1_says_healthy_whatever_it_says(servers: Servers) -> None:
    direct = probe(int(servers.urls["unhealthy"].split(":")[2].split("/")[0]))
    assert direct is not None and version_1(direct) == H
    with composite(servers.urls["unhealthy"]) as port:
        assert version_2(probe(port)) == U


def test_an_unknown_node_says_which_side_is_unknown_and_why(servers: Servers) -> None:
    with composite(servers.urls["refused"], servers.urls["500 healthy"]) as port:
        answer = probe(port)
        detail = probe(port, "/detail")
    assert answer is not None and detail is not None and (answer.status, detail.status) == (503, 200)
    assert json.loads(answer.body) == json.loads(detail.body)
    told = json.loads(detail.body)
    assert told["state"] == N
    assert told["agent"]["why"].startswith("nothing listens on port ")
    assert told["own"] == {"state": N, "why": "status 500 instead of 2xx"}


def test_both_are_asked_at_the_same_time_and_within_the_time(servers: Servers) -> None:
    with composite(servers.urls["drips"], servers.urls["silent"], timeout=0.6) as port:
        start = time.monotonic()
        assert version_2(probe(port)) == N
        # one after the other would take twice the time
        assert 0.5 < time.monotonic() - start < 1.1


def test_a_head_request_has_the_same_status_and_no_body(servers: Servers) -> None:
    with composite(servers.urls["healthy"]) as port:
        assert probe(port, method="HEAD") == Answer(200, b"", "batch-node-health")
        assert probe(port, "/other") == Answer(404, b'{"error": "ask for /health or /detail"}\n', "batch-node-health")
        posted = probe(port, method="POST")
        assert posted is not None and posted.status == 501


@pytest.mark.parametrize("sent", [b"", b"\r\n\r\n", b"\x16\x03\x01\x00\xff" * 50, b"GET /" + b"x" * 100_000, b"GET"])
def test_it_outlives_requests_that_are_none(servers: Servers, sent: bytes) -> None:
    with composite(servers.urls["healthy"]) as port:
        for _ in range(20):
            with socket.create_connection(("127.0.0.1", port)) as connection:
                connection.sendall(sent)
        assert version_2(probe(port)) == H


def test_connections_that_are_kept_open_do_not_add_up_without_end(
    servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "REQUEST_TIMEOUT", 0.3)
    with composite(servers.urls["healthy"]) as port:
        before = threading.active_count()
        held = [socket.create_connection(("127.0.0.1", port)) for _ in range(60)]
        time.sleep(0.1)
        assert threading.active_count() - before <= server.MOST_CONNECTIONS
        deadline = time.monotonic() + 10
        while version_2(probe(port)) != H:
            assert time.monotonic() < deadline, "it never answered again"
        for one in held:
            one.close()


def test_only_changes_are_logged(servers: Servers, capsys: pytest.CaptureFixture[str]) -> None:
    with composite(servers.urls["healthy"], servers.urls["empty"]) as port:
        for _ in range(3):
            probe(port)
    (line,) = capsys.readouterr().out.splitlines()
    assert line.endswith(" Unknown (agent Healthy; own Unknown: the body says neither healthy nor unhealthy)")


def test_nobody_reaches_it_from_outside_the_node(servers: Servers) -> None:
    running = Server(Config(0, None, False, 1, servers.urls["healthy"]))
    assert running.socket.family == socket.AF_INET
    assert running.server_address[0] == "127.0.0.1"
    running.server_close()


def test_a_server_starts_again_at_once_on_the_same_port(servers: Servers) -> None:
    with composite(servers.urls["healthy"]) as port:
        assert version_2(probe(port)) == H
    again = Server(Config(port, None, False, 1, servers.urls["healthy"]))
    again.server_close()


# the file on a node


def free_port() -> int:
    """A port for a server that starts later: none of those that the system gives out by itself in between."""
    for port in random.sample(range(10_000, 30_000), 100):
        try:
            socket.create_server(("127.0.0.1", port)).close()
            return port
        except OSError:
            continue
    raise AssertionError("no free port among a hundred")


def interpreters() -> list[str]:
    """This one, and those of the images' versions that are here."""
    found = [sys.executable]
    for minor in range(6, 10):
        name = f"python3.{minor}"
        path = shutil.which(name)
        # a name on PATH may be a stand-in for an interpreter that is not installed
        if path and subprocess.run([path, "--version"], capture_output=True).returncode == 0:
            found.append(name)
    return found


@pytest.mark.parametrize("python", interpreters(), ids=lambda python: Path(python).name)
def test_it_runs_alone_on_a_node_and_lets_no_proxy_come_between(servers: Servers, python: str, tmp_path: Path) -> None:
    file = shutil.copy(SOURCE, tmp_path)
    port = free_port()
    options = ["--port", str(port), "--agent", servers.urls["healthy"], "--own", servers.urls["unhealthy"]]
    proxies = dict.fromkeys(("http_proxy", "HTTP_PROXY", "all_proxy"), "http://127.0.0.1:9")
    process = subprocess.Popen(
        [python, file, *options], stdout=subprocess.PIPE, text=True, cwd=tmp_path, env={**os.environ, **proxies}
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == f"listening on http://127.0.0.1:{port}/health\n"
        assert version_2(probe(port)) == U
    finally:
        process.terminate()
        process.communicate()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--port", "29879"], "--port: must be from 1 to 65535 and not 29879, the Batch node agent's, got 29879"),
        (["--port", "70000"], "--port: must be from 1 to 65535 and not 29879, the Batch node agent's, got 70000"),
        (["--timeout", "30"], "--timeout: must be above 0 and at most 25 seconds, got 30"),
        (["--own", "http://10.0.0.4/health"], "--own: must be an http:// URL of this node, got"),
        (["--own", "https://127.0.0.1/health"], "--own: must be an http:// URL of this node, got"),
        (["--own", "http://127.0.0.1.evil.example/"], "--own: must be an http:// URL of this node, got"),
        (["--own", "http://127.0.0.1:29879/"], "not 29879, the Batch node agent's, got 29879"),
        (["--own", "http://localhost:8099/health"], "--own: must be on another port than --port, got 8099 for both"),
    ],
)
def test_bad_options_end_it_with_the_reason(options: list[str], words: str) -> None:
    done = subprocess.run([sys.executable, str(SOURCE), *options], capture_output=True, text=True)
    assert done.returncode == 2
    assert words in done.stderr


def test_a_port_that_is_taken_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = subprocess.run([sys.executable, str(SOURCE), "--port", str(port)], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (
        1,
        f"batch-node-health: port {port} cannot be had: Address already in use\n",
    )


@pytest.mark.parametrize("name", ["server.py", "install.py"])
def test_the_files_for_nodes_are_python_3_6_and_need_nothing_but_it(name: str) -> None:
    tree = ast.parse((SOURCE.parent / name).read_text(encoding="utf-8"), feature_version=(3, 6))
    modules = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    modules |= {node.module or "." for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {module.split(".")[0] for module in modules} <= set(sys.stdlib_module_names)
    # came with 3.7
    assert "__future__" not in modules and "ThreadingHTTPServer" not in ast.dump(tree)


# what a body says

STATES = st.sampled_from(["healthy", "unhealthy"])
BLANKS = st.text(" \t\r\n", max_size=3)


@given(STATES, BLANKS, BLANKS, st.booleans())
def test_a_state_is_read_in_any_case_and_with_blanks_around(word: str, before: str, after: str, as_json: bool) -> None:
    said = word.title() if as_json else word.upper()
    text = json.dumps({"applicationHealthState": said, "more": 1}) if as_json else said
    assert server.parse_state((before + text + after).encode()) == word.title()


@given(st.binary(max_size=60))
@example(b'{"ApplicationHealthState":' + b"[" * 50_000)
@example(b'{"ApplicationHealthState": "Healthy", "applicationhealthstate": "Unhealthy"}')
@example(b"[]")
def test_whatever_is_no_state_is_none_and_breaks_nothing(body: bytes) -> None:
    state = server.parse_state(body)
    assert state is None or state.lower() in body.decode("utf-8-sig", "replace").lower()


def test_only_one_of_two_states_in_a_body_cannot_be_believed() -> None:
    assert server.parse_state(HEALTHY_JSON) == H
    assert server.parse_state(b'{"ApplicationHealthState": "Healthy", "applicationhealthstate": "Unhealthy"}') is None
