"""A Batch data plane of canned answers on loopback, for the real azure-batch SDK to talk to."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

KEY = "c2VjcmV0LW9mLXRoZS10ZXN0cw=="


@dataclass
class Answer:
    body: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


def error(status: int, code: str, message: str, **headers: str) -> Answer:
    """An error in the shape of the service, with the two lines that it puts below each message."""
    text = f"{message}\nRequestId:0f6a6a2e-4a3f-4d3c-9d37-0e2d3b8d1f11\nTime:2026-11-20T10:00:00.1234567Z"
    body = {
        "odata.metadata": "https://acct.westeurope.batch.azure.com/$metadata#Microsoft.Azure.Batch.Protocol.Entities."
        "Container.errors/@Element",
        "code": code,
        "message": {"lang": "en-US", "value": text},
    }
    return Answer(body, status, headers)


@dataclass
class Service:
    """`answers` by path: one answer, a list that is used up (the last one stays), or a function of the full path.

    `changes` are the paths and bodies that were posted.
    """

    url: str = ""
    answers: dict[str, Any] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    changes: list[tuple[str, Any]] = field(default_factory=list)
    connections: list[Any] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        for path in ("/jobs", "/jobschedules"):
            self.answers[path] = Answer({"value": []})

    def pool(self, name: str = "linux", **properties: Any) -> None:
        target = properties.pop("target", 1)
        self.answers[f"/pools/{name}"] = Answer(
            {
                "id": name,
                "state": "active",
                "allocationState": "steady",
                "currentDedicatedNodes": target,
                "targetDedicatedNodes": target,
                "targetLowPriorityNodes": 0,
                "virtualMachineConfiguration": {
                    "nodeAgentSKUId": "batch.node.mariner 2.0",
                    "extensions": [{"name": "secretext", "publisher": "p", "type": "t", "settings": "{}"}],
                },
                **properties,
            }
        )

    def nodes(self, states: dict[str, str], pool: str = "linux") -> None:
        nodes = [{"id": node, "state": state} for node, state in states.items()]
        self.answers[f"/pools/{pool}/nodes"] = Answer({"value": nodes})

    def extensions(self, node: str, *items: Any, pool: str = "linux") -> None:
        self.answers[f"/pools/{pool}/nodes/{node}/extensions"] = Answer({"value": list(items)})

    def answer(self, target: str) -> Answer:
        path = urlsplit(target).path
        with self._lock:
            self.asked.append(target)
            found = self.answers.get(path)
            if isinstance(found, list):
                found = found.pop(0) if len(found) > 1 else found[0]
        if isinstance(found, Callable):  # type: ignore[arg-type]
            found = found(target)
        return found or error(404, "ResourceNotFound", "The specified resource does not exist.")

    def paths(self) -> list[str]:
        return [urlsplit(target).path for target in self.asked]


def extension(name: str = "secretext", word: str = "succeeded", message: str = "", **more: Any) -> dict[str, Any]:
    """An item in the shape of the specification's examples."""
    status = {"code": f"ProvisioningState/{word}", "level": "Info", "displayStatus": "Provisioning", "message": message}
    return {
        "vmExtension": {
            "name": name,
            "publisher": "Microsoft.Azure.KeyVault",
            "type": "KeyVaultForLinux",
            "typeHandlerVersion": "3.0",
            "settings": {"secretsManagementSettings": "x"},
        },
        "instanceView": {"name": name, "statuses": [status]},
        **more,
    }


@contextmanager
def serving() -> Iterator[Service]:
    service = Service()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"] or 0))
            service.changes.append((urlsplit(self.path).path, json.loads(body) if body else None))
            self.do_GET()

        def do_GET(self) -> None:
            service.headers.append(dict(self.headers))
            service.connections.append(self.client_address)
            answer = service.answer(self.path)
            if answer.status == 0:
                self.close_connection = True
                return
            body = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
            self.send_response(answer.status)
            self.send_header("Content-Type", "application/json; odata=minimalmetadata")
            self.send_header("Content-Length", str(len(body)))
            for name, value in answer.headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.end_headers()
            try:
                self.wfile.write(body)
            except (BrokenPipeError, ConnectionResetError):
                pass

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    service.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()
