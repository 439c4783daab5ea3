"""One request of the data plane, and what answers it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from emulator import scaling
from emulator.arm.context import POOL, ArmError
from emulator.batch import work
from emulator.batch.errors import BatchError
from emulator.batch.fleet_view import FleetView, Node
from emulator.batch.queue import Place
from emulator.store import Row, Store

API_VERSION = "2025-06-01"
# Real seconds: less than an answer takes over any network.
SAME_MOMENT = 0.05


@dataclass(frozen=True)
class Done:
    """An answer without a body, with another status than 200, or as it is sent."""

    status: int
    body: dict[str, Any] | bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Call:
    """One authenticated request. `base`: scheme and host for links; `path`: as it came; `names`: from the route."""

    store: Store
    account: Row
    base: str
    path: str
    names: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes = b""

    @property
    def now(self) -> float:
        return self.store.clock.now()

    def body(self, *required: str) -> dict[str, Any]:
        """The JSON object of the request, {} without one; BatchError 400 when it is none or a property is missing."""
        try:
            found = json.loads(self.content) if self.content else {}
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise BatchError(400, "InvalidRequestBody", "The specified Request Body is not syntactically valid.")
        for name in required:
            if found.get(name) is None:
                raise BatchError(
                    400,
                    "MissingRequiredProperty",
                    "A required property was not specified in the request body.",
                    values={"PropertyName": name},
                )
        return found

    def pools(self) -> list[Row]:
        rows = self.store.living(POOL, below=self.account.id)
        return [scaling.settled(self.store, row, self.now) for row in rows]

    def pool(self) -> Row:
        row = self.store.find(f"{self.account.id}/pools/{self.names['pool']}")
        if row is None:
            raise BatchError(404, "PoolNotFound", "The specified pool does not exist.")
        return scaling.settled(self.store, row, self.now)

    def fleet(self) -> FleetView:
        """The pool's nodes now. Requests that come together see the same moment, if nothing was written since."""
        key = ("fleet", self.account.id, self.names["pool"].lower())
        kept: list[Any] = self.store.cached(key, list)
        if not kept or (self.store.clock.speed() and time.monotonic() - kept[0] > SAME_MOMENT):
            self.advance()
            self.pool()  # may write, and then what is kept from here on is of the time after that
            kept = self.store.cached(key, list)
            # Read after `kept`: if somebody writes from here on, the view may be old, but it is not kept for long.
            kept[:] = [time.monotonic(), FleetView(self.store, self.pool(), self.account.name)]
        return cast(FleetView, kept[1])

    def advance(self) -> None:
        """Jobs and tasks are where they ought to be by now."""
        work.advance(self.store, self.account, self._places)

    def _places(self, pool: Row) -> dict[str, tuple[str, Place]]:
        slots = int(pool.body["properties"].get("taskSlotsPerNode") or 1)
        view = FleetView(self.store, pool, self.account.name)
        return {
            node.id: (node.life.state, Place(node.id, node.idle_since, node.open_slots(slots)))
            for node in view.listing()
        }

    def node(self, view: FleetView) -> Node:
        found = view.find(self.names["node"])
        if found is None:
            raise BatchError(404, "NodeNotFound", "The specified node does not exist.")
        return found

    def kept(self, view: FleetView, about: Hashable, make: Callable[[], dict[str, Any]]) -> Done:
        """The answer about something in a view that looks the same to every such request."""
        key = (about, self.base, self.path if about is None else "", tuple(self.query.items()))
        if key not in view.answers:
            view.answers[key] = json.dumps(make()).encode()
        return Done(200, view.answers[key])

    def shape(self) -> str:
        return self.store.get("status_shape")

    def require_match(self, etag: str) -> None:
        """BatchError 412 when the request is for another version of the resource."""
        wanted, unwanted = self.headers.get("If-Match"), self.headers.get("If-None-Match")
        plain = _plain(etag)
        if (wanted and wanted != "*" and _plain(wanted) != plain) or (unwanted and _plain(unwanted) in ("*", plain)):
            raise BatchError(
                412,
                "ConditionNotMet",
                "The condition specified in the conditional header(s) was not met for a write operation.",
            )


def invalid_property(name: str, value: object, reason: str) -> BatchError:
    return BatchError(
        400,
        "InvalidPropertyValue",
        "The value provided for one of the properties in the request body is invalid.",
        values={"PropertyName": name, "PropertyValue": str(value), "Reason": reason},
    )


def conflict(code: str, message: str) -> BatchError:
    """409; code and message as on the page "Batch Status and Error Codes" of the REST reference."""
    return BatchError(409, code, message)


def from_arm(error: ArmError) -> BatchError:
    """The same refusal in the data plane's form."""
    body = (error.answer.body or {})["error"]
    values = {item["code"]: item["message"] for item in body.get("details", [])}
    return BatchError(error.answer.status, body["code"], str(body["message"]).split("\nRequestId:")[0], values=values)


def _plain(etag: str) -> str:
    return etag.removeprefix("W/").strip('"')
