"""Errors of the Batch data plane and their form (batch.md 3.3)."""

from __future__ import annotations

import uuid
from typing import Any

from emulator.clock import timestamp


class BatchError(Exception):
    """`values`: pairs shown under `values`, as PropertyName and Reason."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        values: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status, self.code, self.message = status, code, message
        self.values, self.headers = values or {}, headers or {}


def body(error: BatchError, base: str, request_id: str, now: float) -> dict[str, Any]:
    rendered: dict[str, Any] = {
        "odata.metadata": f"{base}/$metadata#Microsoft.Azure.Batch.Protocol.Entities.Container.errors/@Element",
        "code": error.code,
        "message": {
            "lang": "en-US",
            "value": f"{error.message}\nRequestId:{request_id}\nTime:{timestamp(now)}",
        },
    }
    if error.values:
        rendered["values"] = [{"key": key, "value": value} for key, value in error.values.items()]
    return rendered


def new_request_id() -> str:
    return str(uuid.uuid4())


def invalid_query(name: str, value: str, reason: str) -> BatchError:
    return BatchError(
        400,
        "InvalidQueryParameterValue",
        "Value for one of the query parameters specified in the request URI is invalid.",
        values={"QueryParameterName": name, "QueryParameterValue": value, "Reason": reason},
    )
