"""Where ARM is, and what comes of each of its answers: a server of canned answers on loopback."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from extension_pool.ops.arm_reader import ENDPOINT, PUBLIC, arm_endpoint, read_resource
from extension_pool.ops.errors import BadUsage, CannotAsk


class Server:
    def __init__(self) -> None:
        self.url = ""
        self.status = 200
        self.body: Any = {}
        self.headers: dict[str, str] = {}
        self.asked: list[tuple[str, str | None]] = []


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            made.asked.append((self.path, self.headers.get("Authorization")))
            body = made.body if isinstance(made.body, str) else json.dumps(made.body)
            self.send_response(made.status)
            for name, value in {"Content-Length": str(len(body)), **made.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: object) -> None:
            pass

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.url = f"http://127.0.0.1:{listening.server_port}"
    threading.Thread(target=listening.serve_forever, daemon=True).start()
    yield made
    listening.shutdown()
    listening.server_close()


@pytest.mark.parametrize(
    ("value", "endpoint"),
    [
        (None, PUBLIC),
        ("", PUBLIC),
        ("https://management.chinacloudapi.cn/", "https://management.chinacloudapi.cn"),
        ("management.usgovcloudapi.net", "https://management.usgovcloudapi.net"),
        ("http://127.0.0.1:5000", "http://127.0.0.1:5000"),
        ("http://localhost:5000", "http://localhost:5000"),
    ],
)
def test_the_endpoint_is_the_public_clouds_unless_told(value: str | None, endpoint: str) -> None:
    assert arm_endpoint({} if value is None else {ENDPOINT: value}) == endpoint


@pytest.mark.parametrize(
    "value", ["http://management.azure.com", "ftp://x", "https://u:p@x", "https://x/y", "http://10.0.0.1"]
)
def test_another_machine_is_asked_over_https_only(value: str) -> None:
    with pytest.raises(BadUsage, match=f"^{ENDPOINT}: must be"):
        arm_endpoint({ENDPOINT: value})


def test_this_machine_gets_no_login(server: Server) -> None:
    server.body = {"id": "/x"}
    assert read_resource("/subscriptions/s/x", "2024-07-01", server.url) == {"id": "/x"}
    assert server.asked == [("/subscriptions/s/x?api-version=2024-07-01", None)]


@pytest.mark.parametrize(
    ("status", "error", "words"),
    [
        (404, BadUsage, "must be a pool that there is, got '/x'; Azure said ResourceNotFound: none"),
        (403, CannotAsk, "ask for the role 'Azure Batch Account Reader'"),
        (401, CannotAsk, "az login"),
        (400, CannotAsk, f"HTTP 400; Azure said ResourceNotFound: none; check {ENDPOINT}"),
    ],
)
def test_each_refusal_says_what_to_do(server: Server, status: int, error: type[Exception], words: str) -> None:
    server.status, server.body = status, {"error": {"code": "ResourceNotFound", "message": "none"}}
    with pytest.raises(error) as raised:
        read_resource("/x", "2024-07-01", server.url)
    assert words in str(raised.value)


@pytest.mark.parametrize("body", ["<html>", "[]"])
def test_an_answer_that_is_no_resource_is_no_answer(server: Server, body: str) -> None:
    server.body = body
    with pytest.raises(CannotAsk):
        read_resource("/x", "2024-07-01", server.url)


def test_nobody_there_is_no_answer(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("azure.core.pipeline.policies.RetryPolicy.sleep", lambda *_, **__: None)
    with pytest.raises(CannotAsk, match="no answer from http://127"):
        read_resource("/x", "2024-07-01", "http://127.0.0.1:1")
