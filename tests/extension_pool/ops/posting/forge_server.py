"""GitHub and Azure DevOps on loopback: their comments, labels, pages, limits and refusals, as their APIs have them.

    with forge_server(tmp_path) as server:
        environ = {"GITHUB_API_URL": server.github, ...}

Nothing of it comes from the library that is tested with it.
"""

from __future__ import annotations

import json
import threading
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from .azure_answers import azure_answer
from .github_answers import github_answer
from .wire import Reply, Request, User

BOT_TOKEN = "ghs_workflow0token"
APP_TOKEN = "ghs_another0app"
PERSON_TOKEN = "ghp_person0token"
READ_ONLY_TOKEN = "ghs_fork0token"


BOT = User(41898282, "github-actions[bot]", "Bot")
APP = User(278716306, "other-app[bot]", "Bot")
PERSON = User(1001, "octocat", "User", user=True)
STRANGER = User(1002, "stranger", "User", user=True)
READ_ONLY = User(41898282, "github-actions[bot]", "Bot", writes=False)


@dataclass
class Fault:
    """What goes wrong with calls that `hits`: `times` of them get `reply`; with `after`, once the call has worked."""

    hits: Callable[[Request], bool]
    reply: Reply
    times: int = 1
    after: bool = False


@dataclass
class Server:
    """One repository with pull request `number`. What people and the service do beside us is done to the fields."""

    folder: Path
    url: str = ""
    number: int = 7
    repository: str = "contoso/render"
    comments: list[dict[str, Any]] = field(default_factory=list)
    threads: list[dict[str, Any]] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    pulls: list[dict[str, Any]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    asked: list[Request] = field(default_factory=list)
    locked: bool = False
    lag: int = 0
    """So many of the newest comments are not listed yet."""
    newest_first: bool = False
    page: int = 100
    continues: int = 0
    """Azure DevOps: items of a page, 0 for whole lists."""
    tokens: dict[str, User] = field(
        default_factory=lambda: {BOT_TOKEN: BOT, APP_TOKEN: APP, PERSON_TOKEN: PERSON, READ_ONLY_TOKEN: READ_ONLY}
    )
    lock: threading.RLock = field(default_factory=threading.RLock)
    next: int = 100

    @property
    def github(self) -> str:
        return self.url

    @property
    def enterprise(self) -> str:
        return f"{self.url}/api/v3"

    @property
    def collection(self) -> str:
        return f"{self.url}/contoso/"

    @property
    def writes(self) -> list[Request]:
        return [request for request in self.asked if request.writes]

    @property
    def texts(self) -> list[str]:
        """What the pull request says on either service, oldest first."""
        alive = [thread["comments"][0] for thread in self.threads if not thread["isDeleted"]]
        return [comment["body"] for comment in self.comments] + [comment["content"] for comment in alive]

    def number_for(self) -> int:
        with self.lock:
            self.next += 1
            return self.next

    def comment(self, body: str, user: User = STRANGER) -> dict[str, Any]:
        """Somebody comments on GitHub."""
        number = self.number_for()
        made = {
            "id": number,
            "body": body,
            "html_url": f"https://github.com/{self.repository}/pull/{self.number}#issuecomment-{number}",
            "user": {"id": user.id, "login": user.login, "type": user.type},
        }
        self.comments.append(made)
        return made

    def thread(
        self, content: str, user: User = STRANGER, status: str | None = "active", kind: str = "text"
    ) -> dict[str, Any]:
        """Somebody comments in Azure Repos."""
        made = {"id": self.number_for(), "isDeleted": False, "comments": [self.reply(content, user, kind)]}
        if status is not None:
            made["status"] = status
        self.threads.append(made)
        return made

    def reply(self, content: str, user: User, kind: str = "text", parent: int = 0, number: int = 1) -> dict[str, Any]:
        author = {"id": user.guid, "displayName": user.login}
        return {
            "id": number,
            "parentCommentId": parent,
            "author": author,
            "content": content,
            "commentType": kind,
            "isDeleted": False,
        }

    def answer(self, request: Request) -> Reply:
        with self.lock:
            self.asked.append(request)
            fault = next((one for one in self.faults if one.times and one.hits(request)), None)
            if fault is not None:
                fault.times -= 1
                if not fault.after:
                    return fault.reply
            answer = azure_answer if request.path.startswith("/contoso/") else github_answer
            reply = answer(request)
            return reply if fault is None else fault.reply


def writing(request: Request) -> bool:
    return request.writes


def creating(request: Request) -> bool:
    return request.writes and request.method == "POST"


def anything(request: Request) -> bool:
    return True


@contextmanager
def forge_server(folder: Path) -> Iterator[Server]:
    """A server with an empty pull request. folder: where a test may put files that belong to it."""
    made = Server(folder)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Without it each small answer waits for the acknowledgement of the one before.
        wbufsize = -1

        def handle_any(self) -> None:
            parts = urlsplit(self.path)
            length = int(self.headers.get("Content-Length") or 0)
            request = Request(
                self.command,
                parts.path,
                {name: values[0] for name, values in parse_qs(parts.query).items()},
                json.loads(self.rfile.read(length)) if length else None,
                {name.lower(): value for name, value in self.headers.items()},
                user_of(made, self.headers.get("Authorization") or ""),
                made,
            )
            self.give(made.answer(request))

        def give(self, reply: Reply) -> None:
            if not reply.status:
                self.close_connection = True
                self.connection.close()
                return
            whole = reply.body if isinstance(reply.body, str) else json.dumps(reply.body)
            body = b"" if reply.status == 204 else whole.encode()
            # without a date, which would be that of this machine and not of the test's clock
            self.send_response_only(reply.status)
            for name, value in {"Content-Length": str(len(body)), **reply.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)
            self.wfile.flush()

        do_GET = do_POST = do_PATCH = do_DELETE = handle_any

        def log_message(self, *_: object) -> None:
            pass

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    listening.daemon_threads = True
    made.url = f"http://127.0.0.1:{listening.server_port}"
    threading.Thread(target=listening.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield made
    finally:
        listening.shutdown()
        listening.server_close()


def user_of(server: Server, authorization: str) -> User | None:
    scheme, _, value = authorization.partition(" ")
    if scheme == "Bearer":
        return server.tokens.get(value)
    return next(
        (user for token, user in server.tokens.items() if value == b64encode(f":{token}".encode()).decode()), None
    )
