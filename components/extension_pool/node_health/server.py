# ruff: noqa: T201, UP006, UP035, UP041, UP045
"""The composite health server: runs on a node, asks the Batch node agent and the user's own server, says one state.

One file of the standard library alone, for the python3 of the marketplace images: Python 3.6 and newer.

The Application Health extension 2.x reads ``{"ApplicationHealthState": "Healthy"}`` or "Unhealthy" with a status of 2xx
and takes everything else as unknown. So does this server: unhealthy where any of the two is, else 503 where any is
unknown, else healthy. `/detail` says why.
https://learn.microsoft.com/azure/batch/create-pool-extensions#considerations-for-application-health-extension
https://learn.microsoft.com/azure/virtual-machine-scale-sets/virtual-machine-scale-sets-health-extension
"""

import argparse
import http.client
import io
import json
import re
import socket
import socketserver
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Tuple
from urllib.parse import urlsplit

AGENT_PORT = 29879
"""Where the node agent answers for its own health."""

AGENT = f"http://127.0.0.1:{AGENT_PORT}/"
DEFAULT_PORT = 8099
DEFAULT_TIMEOUT = 4
"""Seconds for both answers together; by default the extension leaves 5 seconds between two probes."""

LONGEST_TIMEOUT = 25
"""The extension gives a probe 30 seconds.
https://github.com/Azure/applicationhealth-extension-linux/blob/master/main/loopback.go"""

PATH = "/health"
DETAIL_PATH = "/detail"
NAME = "batch-node-health"
MOST_BYTES = 64 * 1024
"""Of an answer, headers included; a longer one is unknown."""

MOST_CONNECTIONS, REQUEST_TIMEOUT = 16, 5
HEALTHY, UNHEALTHY, UNKNOWN = "Healthy", "Unhealthy", "Unknown"

_OWN_URL = re.compile(
    r"http://(localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])(:(?P<port>\d{1,5}))?([/?][A-Za-z0-9._~!$&()*+,;=:@%/?-]*)?\Z"
)


class Word(NamedTuple):
    """What one side says. state: HEALTHY, UNHEALTHY or UNKNOWN; why: empty where it said so itself."""

    state: str
    why: str


class Config(NamedTuple):
    """port: 0 takes a free one. own: URL of the user's own server, None without one. timeout: seconds."""

    port: int
    own: Optional[str]
    own_status_only: bool
    timeout: float
    agent: str


class TooLarge(Exception):
    """Of a text that is read: more than MOST_BYTES."""


class DeadlineReader(io.RawIOBase):
    """Reads a socket until one moment for all reads together: a peer that drips a byte a second gains nothing."""

    def __init__(self, connection: socket.socket, deadline: float, most: int = MOST_BYTES) -> None:
        self._connection = connection
        self._deadline = deadline
        self._left = most

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._connection.settimeout(_remaining(self._deadline))
        size = self._connection.recv_into(buffer)
        self._left -= size
        if self._left < 0:
            raise TooLarge()
        return size


class _Peer:
    """The part of a socket that http.client uses, with one deadline for everything."""

    def __init__(self, connection: socket.socket, deadline: float) -> None:
        self._connection = connection
        self._deadline = deadline

    def sendall(self, data: bytes) -> None:
        self._connection.settimeout(_remaining(self._deadline))
        self._connection.sendall(data)

    def makefile(self, *_args: Any, **_kwargs: Any) -> io.BufferedReader:
        return io.BufferedReader(DeadlineReader(self._connection, self._deadline))

    def close(self) -> None:
        """http.client closes before it has read the body; whoever opened the connection closes it."""


def _remaining(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise socket.timeout()
    return left


def parse_state(body: bytes) -> Optional[str]:
    """HEALTHY or UNHEALTHY as a body says it, as the word alone or in the extension's JSON; None for anything else."""
    text = body.decode("utf-8-sig", "replace").strip()
    if text.startswith("{"):
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            return None
        said = [inner for key, inner in value.items() if key.lower() == "applicationhealthstate"]
        text = said[0].strip() if len(said) == 1 and isinstance(said[0], str) else ""
    return {"healthy": HEALTHY, "unhealthy": UNHEALTHY}.get(text.lower())


def judge_agent(status: int, body: bytes) -> Word:
    """The node agent always answers 200 with healthy or unhealthy; any other answer is unknown."""
    if status != 200:
        return Word(UNKNOWN, f"status {status} instead of 200")
    return _as_said(body)


def judge_own(status: int, body: bytes) -> Word:
    """The user's own server, as the extension 2.x would take it: a state in the body, with a status of 2xx."""
    if not 200 <= status <= 299:
        return Word(UNKNOWN, f"status {status} instead of 2xx")
    return _as_said(body)


def judge_own_status(status: int, _body: bytes) -> Word:
    """The user's own server by its status alone. No answer at all is unknown: most likely it has not started yet."""
    return Word(HEALTHY, "") if status == 200 else Word(UNHEALTHY, f"status {status} instead of 200")


def _as_said(body: bytes) -> Word:
    state = parse_state(body)
    return Word(UNKNOWN, "the body says neither healthy nor unhealthy") if state is None else Word(state, "")


def combine(words: List[Word]) -> str:
    """The state of the node: unhealthy where any is, else unknown where any is, else healthy."""
    states = [word.state for word in words]
    return next((state for state in (UNHEALTHY, UNKNOWN) if state in states), HEALTHY)


def ask(url: str, timeout: float, judge: Callable[[int, bytes], Word], wants_body: bool = True) -> Word:
    """One GET, judged. Never raises; follows no redirect, uses no proxy, reads at most MOST_BYTES and ends in time."""
    deadline = time.monotonic() + timeout
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or 80
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        with socket.create_connection((host, port), timeout=timeout) as connection:
            http_connection = http.client.HTTPConnection(host, port)
            http_connection.sock = _Peer(connection, deadline)
            http_connection.request("GET", path, headers={"User-Agent": NAME, "Connection": "close"})
            response = http_connection.getresponse()
            return judge(response.status, response.read() if wants_body else b"")
    except TooLarge:
        return Word(UNKNOWN, f"the answer is longer than {MOST_BYTES} bytes")
    except socket.timeout:
        return Word(UNKNOWN, f"no whole answer in {timeout:g} s")
    except ConnectionRefusedError:
        return Word(UNKNOWN, f"nothing listens on port {port}")
    except Exception as error:  # whatever a broken server provokes, the node's state is still asked for
        return Word(UNKNOWN, f"no answer that can be read ({type(error).__name__})")


def check_node(config: Config) -> Dict[str, Word]:
    """What both sides say, asked at the same time. Takes at most the timeout."""
    questions: Dict[str, Tuple[str, Callable[[int, bytes], Word], bool]] = {"agent": (config.agent, judge_agent, True)}
    if config.own is not None:
        judge = judge_own_status if config.own_status_only else judge_own
        questions["own"] = (config.own, judge, not config.own_status_only)
    words = {name: Word(UNKNOWN, f"no whole answer in {config.timeout:g} s") for name in questions}

    def put(name: str, url: str, judge: Callable[[int, bytes], Word], wants_body: bool) -> None:
        words[name] = ask(url, config.timeout, judge, wants_body)

    threads = [threading.Thread(target=put, args=(name, *one), daemon=True) for name, one in questions.items()]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + config.timeout + 0.5
    for thread in threads:
        thread.join(max(0, deadline - time.monotonic()))
    return dict(words)


class Handler(BaseHTTPRequestHandler):
    """Answers GET and HEAD of PATH and DETAIL_PATH."""

    server: "Server"

    def version_string(self) -> str:
        return NAME

    def setup(self) -> None:
        super().setup()
        self.rfile = io.BufferedReader(DeadlineReader(self.connection, time.monotonic() + REQUEST_TIMEOUT))

    def do_GET(self) -> None:
        path = self.path.split("?")[0]
        if path not in (PATH, DETAIL_PATH):
            self._answer(404, {"error": f"ask for {PATH} or {DETAIL_PATH}"})
            return
        words = check_node(self.server.config)
        state = combine(list(words.values()))
        self.server.note(state, words)
        detail: Dict[str, Any] = {name: word._asdict() for name, word in words.items()}
        detail["state"] = state
        if path == DETAIL_PATH:
            self._answer(200, detail)
        elif state == UNKNOWN:
            self._answer(503, detail)
        else:
            # nothing but the documented key: what the extension makes of others is not documented
            self._answer(200, {"ApplicationHealthState": state})

    do_HEAD = do_GET

    def _answer(self, status: int, value: Dict[str, Any]) -> None:
        body = json.dumps(value, sort_keys=True).encode("ascii") + b"\n"
        self.connection.settimeout(REQUEST_TIMEOUT)
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_args: Any) -> None:
        """Only changes of the state are logged: a probe comes every few seconds, for months."""


class Server(socketserver.ThreadingMixIn, HTTPServer):
    """Listens on the IPv4 loopback address, where the extension's `localhost` reaches it too."""

    daemon_threads = True
    request_queue_size = 64
    # a server that has just been stopped leaves connections behind, which must not keep the next one from starting
    allow_reuse_address = True

    def __init__(self, config: Config) -> None:
        self.config = config
        self._slots = threading.BoundedSemaphore(MOST_CONNECTIONS)
        self._lock = threading.Lock()
        self._noted: Any = None
        super().__init__(("127.0.0.1", config.port), Handler)

    def server_bind(self) -> None:
        # HTTPServer's own asks the DNS for the name of the address, which may take long and is of no use here
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = "127.0.0.1", self.server_address[1]

    def note(self, state: str, words: Dict[str, Word]) -> None:
        """Logs what has changed since the last time."""
        with self._lock:
            if self._noted == (state, words):
                return
            self._noted = (state, dict(words))
            sides = ["{} {}{}".format(name, word.state, word.why and ": " + word.why) for name, word in words.items()]
            stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
            print("{} {} ({})".format(stamp, state, "; ".join(sides)), flush=True)

    def process_request(self, request: Any, client_address: Any) -> None:
        if self._slots.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._slots.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away or sends nonsense is no news."""


def find_fault(config: Config) -> Optional[str]:
    """What is wrong with a configuration, or None."""
    if not 0 <= config.port <= 65535 or config.port == AGENT_PORT:
        return f"--port: must be from 1 to 65535 and not {AGENT_PORT}, the Batch node agent's, got {config.port}"
    if not 0 < config.timeout <= LONGEST_TIMEOUT:
        return f"--timeout: must be above 0 and at most {LONGEST_TIMEOUT} seconds, got {config.timeout:g}"
    return None if config.own is None else _find_fault_of_own(config.own, config.port)


def _find_fault_of_own(own: str, port: int) -> Optional[str]:
    match = _OWN_URL.match(own)
    if match is None:
        return f"--own: must be an http:// URL of this node, got {own!r}; for example http://127.0.0.1:8080/health"
    own_port = int(match.group("port") or 80)
    if not 0 < own_port <= 65535 or own_port == AGENT_PORT:
        return f"--own: the port must be from 1 to 65535 and not {AGENT_PORT}, the Batch node agent's, got {own_port}"
    return f"--own: must be on another port than --port, got {port} for both" if own_port == port else None


def parse_config(arguments: List[str]) -> Config:
    """The configuration of a command line; ends the process with 2 and the fault where it is wrong."""
    parser = argparse.ArgumentParser(prog=NAME, description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help="where to listen, on 127.0.0.1")
    parser.add_argument("--own", metavar="URL", help="the health endpoint of your own server")
    parser.add_argument("--own-status-only", action="store_true", help="200 is healthy, any other status is not")
    parser.add_argument("--timeout", type=float, default=DEFAULT_TIMEOUT, metavar="SECONDS", help="for both answers")
    parser.add_argument("--agent", default=AGENT, metavar="URL", help="the node agent (for tests)")
    config = Config(**vars(parser.parse_args(arguments)))
    fault = find_fault(config)
    if fault is not None:
        parser.error(fault)
    return config


def main() -> int:
    """Serves until the process is ended. 1: the port cannot be had."""
    config = parse_config(sys.argv[1:])
    try:
        server = Server(config)
    except OSError as error:
        print(f"{NAME}: port {config.port} cannot be had: {error.strerror}", file=sys.stderr)
        return 1
    print(f"listening on http://127.0.0.1:{server.server_address[1]}{PATH}", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass
    return 0


if __name__ == "__main__":
    sys.exit(main())
