"""Azure Resource Manager over HTTP, GET only: what reads a resource by its id, as `az resource show` does.

It takes any login and none: the server is on loopback, and a bearer token for real Azure must not come here.
"""

from __future__ import annotations

import json
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from aiohttp import web

from emulator.arm import Arm
from emulator.arm.context import ArmError

if TYPE_CHECKING:
    from emulator.batch.server import DataPlane


def handler(plane: DataPlane) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """Answers GET of the resource in the path, with ARM's own bodies and errors."""

    async def handle(request: web.Request) -> web.Response:
        plane.last_request = time.monotonic()
        version = request.query.get("api-version")
        if version:
            answer = Arm(plane.store).get(request.path, version)
        else:
            text = "The api-version query parameter (?api-version=) is required for all requests."
            answer = ArmError(400, "MissingApiVersionParameter", text).answer
        return web.Response(
            status=answer.status,
            text=json.dumps(answer.body),
            headers=answer.headers,
            content_type="application/json",
            charset="utf-8",
        )

    return handle
