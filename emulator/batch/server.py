"""The data plane over HTTP. Loopback only: the key is public, so nobody else may reach it."""

from __future__ import annotations

import asyncio
import ipaddress
import json
import signal
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from emulator.batch import arm_face, errors
from emulator.batch.auth import Signed, account_of
from emulator.batch.call import API_VERSION, Call, Done
from emulator.batch.errors import BatchError
from emulator.batch.service import ROUTES
from emulator.faults import Faults
from emulator.store import Store

IDLE_SECONDS = 2 * 3600.0
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def require_loopback(host: str) -> str:
    """`host` when it is a loopback address; ValueError otherwise."""
    try:
        loopback = ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        raise ValueError(f"local Azure listens on loopback only, as 127.0.0.1; got {host!r}")
    return host


class DataPlane:
    """The HTTP application over one store."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.last_request = time.monotonic()
        self._seen: dict[int, int] = {}
        self._requests: Counter[str] = Counter()

    def application(self) -> web.Application:
        application = web.Application()
        application.router.add_get("/healthz", self._health, allow_head=False)
        for route in ROUTES:
            method, path = route.split(" ")
            application.router.add_route(method, path, self._handler(route))
        application.router.add_get("/subscriptions/{rest:.*}", arm_face.handler(self), allow_head=False)
        application.router.add_route("*", "/{rest:.*}", self._handler(""))
        return application

    async def _health(self, request: web.Request) -> web.Response:
        """Not a part of Batch: whose server answers, for `start`, and how often each route was asked, for tests."""
        return web.json_response({"local-azure": str(self.store.folder), "requests": dict(self._requests)})

    def _handler(self, route: str) -> Handler:
        async def handle(request: web.Request) -> web.StreamResponse:
            self.last_request = time.monotonic()
            self._requests[route or "*"] += 1
            request_id, base = errors.new_request_id(), f"{request.scheme}://{request.host}"
            headers = {"request-id": request_id, "DataServiceVersion": "3.0"}
            if "client-request-id" in request.headers:
                headers["client-request-id"] = request.headers["client-request-id"]
            try:
                answer = self._answer(route, request, base, await request.read())
                if isinstance(answer, Done):
                    status, body = answer.status, answer.body
                    headers.update(answer.headers)
                else:
                    status, body = 200, answer
                if isinstance(body, dict) and "eTag" in body:
                    headers["ETag"] = f'"{body["eTag"]}"'
            except BatchError as error:
                status, body = error.status, errors.body(error, base, request_id, self.store.clock.now())
                headers.update(error.headers)
            content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
            return await self._sent(route, request, status, content, headers)

        return handle

    async def _sent(
        self, route: str, request: web.Request, status: int, body: bytes, headers: dict[str, str]
    ) -> web.StreamResponse:
        """The answer, as late as the settings and orders want it, and whole unless a fault drops the connection."""
        faults = Faults(self.store)
        slow, drop = faults.take("slow", route or "*"), faults.take("drop", route or "*")
        seconds = self.store.seconds("latency") + (slow.target["seconds"] if slow else 0.0)
        if seconds:
            await asyncio.sleep(seconds)
        if body:
            headers["Content-Type"] = "application/json; charset=utf-8"
        if drop is None:
            return web.Response(status=status, body=body, headers=headers)
        response = web.StreamResponse(status=status, headers={**headers, "Content-Length": str(len(body))})
        if drop.target["after"]:
            await response.prepare(request)
            await response.write(body[: drop.target["after"]])
        if request.transport:
            request.transport.close()
        return response

    def _answer(self, route: str, request: web.Request, base: str, content: bytes) -> dict[str, Any] | Done:
        path, _, query = request.raw_path.partition("?")
        account = account_of(self.store, Signed(request.method, path, query, request.headers))
        self._check_version(request)
        fault = Faults(self.store).take("http", route or "*", self._seen)
        if fault:
            raise _ordered(fault.target)
        if not route:
            raise BatchError(
                501,
                "NotImplemented",
                f"Local Azure does not answer {request.method} {path}; it answers: {', '.join(ROUTES)}.",
            )
        names, parameters = dict(request.match_info), dict(request.query)
        call = Call(self.store, account, base, path, names, parameters, request.headers, content)
        if request.method in ("GET", "HEAD"):
            return ROUTES[route](call)
        with self.store.transaction():  # the plugin may write at the same time
            return ROUTES[route](call)

    def _check_version(self, request: web.Request) -> None:
        version = request.query.get("api-version")
        if version is None:
            raise BatchError(
                400,
                "MissingRequiredQueryParameter",
                "A query parameter that's mandatory for this request is not specified.",
                values={"QueryParameterName": "api-version"},
            )
        if version != API_VERSION:
            raise BatchError(
                400,
                "UnsupportedRequestVersion",
                f"The api-version {version} is not supported by local Azure; it has {API_VERSION}.",
            )


def _ordered(target: dict[str, Any]) -> BatchError:
    status = int(target["status"])
    codes = {429: "TooManyRequests", 503: "ServerBusy", 500: "InternalError"}
    texts = {
        429: "Too many requests.",
        503: "The server is currently unable to receive requests. Please retry your request.",
        500: "Server encountered an internal error. Please try again after some time.",
    }
    headers = {} if target["retry_after"] is None else {"Retry-After": f"{target['retry_after']:g}"}
    return BatchError(
        status,
        target["code"] or codes.get(status, "InternalError"),
        texts.get(status, "Ordered fault."),
        headers=headers,
    )


async def serve(
    store: Store,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    idle: float = IDLE_SECONDS,
    started: Callable[[int], None] = lambda port: None,
) -> None:
    """Serve until SIGTERM, SIGINT, or `idle` real seconds without a request. `started` gets the port."""
    require_loopback(host)
    plane = DataPlane(store)
    runner = web.AppRunner(plane.application(), access_log=None, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, host, port)
    await site.start()
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    started(runner.addresses[0][1])
    try:
        while not stop.is_set():
            left = idle - (time.monotonic() - plane.last_request)
            if left <= 0:
                return
            try:
                await asyncio.wait_for(stop.wait(), left)
            except (asyncio.TimeoutError, TimeoutError):
                pass
    finally:
        await runner.cleanup()
