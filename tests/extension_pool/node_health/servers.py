"""Real HTTP servers that behave well and badly, and what the Application Health extension makes of an answer."""

from __future__ import annotations

import http.client
import json
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass


def answer(status: str, body: bytes, headers: str = "") -> Callable[[Peer], None]:
    def play(peer: Peer) -> None:
        head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{headers}\r\n".encode()
        peer.connection.sendall(head + body)

    return play


@dataclass(frozen=True)
class Peer:
    connection: socket.socket
    closing: threading.Event
    urls: dict[str, str]


def says_nothing(peer: Peer) -> None:
    peer.closing.wait(30)


def hangs_up(peer: Peer) -> None:
    return


def stops_in_the_middle(peer: Peer) -> None:
    peer.connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhealthy")


def never_ends(peer: Peer) -> None:
    peer.connection.sendall(b"HTTP/1.1 200 OK\r\n\r\nhealthy")
    while not peer.closing.is_set():
        peer.connection.sendall(b" " * 8192)


def drips(peer: Peer) -> None:
    peer.connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n")
    for byte in b"healthy":
        peer.connection.sendall(bytes([byte]))
        if peer.closing.wait(0.5):
            return


def redirects(peer: Peer) -> None:
    answer("302 Found", b"", f"Location: {peer.urls['healthy']}\r\n")(peer)


def talks_nonsense(peer: Peer) -> None:
    peer.connection.sendall(b"\x00\xff healthy\r\n\r\n")


def chunks(peer: Peer) -> None:
    peer.connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nheal\r\n3\r\nthy\r\n0\r\n\r\n")


HEALTHY_JSON = b'{"ApplicationHealthState": "Healthy"}'
UNHEALTHY_JSON = b'{"ApplicationHealthState": "Unhealthy"}'


@dataclass(frozen=True)
class Kind:
    """A way to answer, and what it means from the node agent, from one's own server, and from one by status only."""

    play: Callable[[Peer], None] | None
    agent: str
    own: str
    own_by_status: str


def always(play: Callable[[Peer], None] | None, state: str, by_status: str) -> Kind:
    return Kind(play, state, state, by_status)


H, U, N = "Healthy", "Unhealthy", "Unknown"

KINDS: dict[str, Kind] = {
    "healthy": always(answer("200 OK", b"healthy"), H, H),
    "unhealthy": always(answer("200 OK", b"unhealthy"), U, H),
    "Healthy and a newline": always(answer("200 OK", b" Healthy\r\n"), H, H),
    "JSON healthy": always(answer("200 OK", HEALTHY_JSON), H, H),
    "JSON unhealthy": always(answer("200 OK", UNHEALTHY_JSON), U, H),
    "JSON of another key": always(answer("200 OK", b'{"status": "Healthy"}'), N, H),
    "JSON of another value": always(answer("200 OK", b'{"ApplicationHealthState": true}'), N, H),
    "other text": always(answer("200 OK", b"very healthy"), N, H),
    "empty": always(answer("200 OK", b""), N, H),
    "201 healthy": Kind(answer("201 Created", b"healthy"), N, H, U),
    "500 healthy": always(answer("500 Internal Server Error", b"healthy"), N, U),
    "503 unhealthy": always(answer("503 Service Unavailable", UNHEALTHY_JSON), N, U),
    "redirect": always(redirects, N, U),
    "in chunks": always(chunks, H, H),
    "silent": always(says_nothing, N, N),
    "refused": always(None, N, N),
    "dropped": always(hangs_up, N, N),
    "cut off": always(stops_in_the_middle, N, H),
    "endless": always(never_ends, N, H),
    "drips": always(drips, N, H),
    "nonsense": always(talks_nonsense, N, N),
}


class Servers:
    """One real server for each kind; `urls` says where. A refused kind has a port and does not listen."""

    def __init__(self) -> None:
        self.urls: dict[str, str] = {}
        self._closing = threading.Event()
        self._sockets: list[socket.socket] = []
        for name, kind in KINDS.items():
            listener = socket.socket()
            listener.bind(("127.0.0.1", 0))
            self.urls[name] = f"http://127.0.0.1:{listener.getsockname()[1]}/own?deep=1"
            self._sockets.append(listener)
            if kind.play is not None:
                listener.listen(128)
                threading.Thread(target=self._accept, args=(listener, kind.play), daemon=True).start()

    def _accept(self, listener: socket.socket, play: Callable[[Peer], None]) -> None:
        while not self._closing.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection, play), daemon=True).start()

    def _serve(self, connection: socket.socket, play: Callable[[Peer], None]) -> None:
        with connection:
            try:
                head = b""
                while b"\r\n\r\n" not in head:
                    data = connection.recv(4096)
                    if not data:
                        return
                    head += data
                play(Peer(connection, self._closing, self.urls))
            except OSError:
                return

    def close(self) -> None:
        self._closing.set()
        for one in self._sockets:
            # shutdown, because close alone leaves a thread in accept
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            one.close()


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes
    server: str = ""


def probe(port: int, path: str = "/health", method: str = "GET") -> Answer | None:
    """What a probe of a port gets; None for no answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request(method, path)
        response = connection.getresponse()
        return Answer(response.status, response.read(), response.getheader("Server", ""))
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def version_2(answer: Answer | None) -> str:
    """What version 2.x of the extension makes of an answer: a status of 2xx and a state, exactly spelt, in a JSON body.

    Written from what it does and not from our server: the page on rich health states, and `evaluate` in its source.
    https://learn.microsoft.com/azure/virtual-machine-scale-sets/virtual-machine-scale-sets-health-extension
    https://github.com/Azure/applicationhealth-extension-linux/blob/master/main/health.go
    """
    if answer is None or not 200 <= answer.status <= 299:
        return N
    try:
        value = json.loads(answer.body)
    except ValueError:
        return N
    state = value.get("ApplicationHealthState") if isinstance(value, dict) else None
    return state if state in (H, U) else N


def version_1(answer: Answer | None) -> str:
    """What version 1.x makes of it: status 200 is healthy, everything else is not."""
    return H if answer is not None and answer.status == 200 else U
