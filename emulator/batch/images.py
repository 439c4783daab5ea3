"""The images that local Azure offers."""

from __future__ import annotations

import functools
import sys
from pathlib import Path
from typing import Any

from emulator.batch import odata

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # type: ignore[import-not-found, unused-ignore]

FILTERS = ("osType", "verificationType", "nodeAgentSKUId")


def supported(filter_: str | None) -> list[dict[str, Any]]:
    """The items of the answer that pass the filter (list-supported-images in the REST reference)."""
    test = odata.filtered(filter_, FILTERS)
    return [item for item in _every() if test(item)]


@functools.cache
def _every() -> tuple[dict[str, Any], ...]:
    text = Path(__file__).with_name("supported_images.toml").read_text(encoding="utf-8")
    return tuple(_item(*row) for row in tomllib.loads(text)["images"])


def _item(
    publisher: str, offer: str, sku: str, agent: str, verification: str, end: str, capabilities: list[str]
) -> dict[str, Any]:
    item: dict[str, Any] = {
        "nodeAgentSKUId": agent,
        "imageReference": {"publisher": publisher, "offer": offer, "sku": sku, "version": "latest"},
        "osType": "windows" if "windows" in agent else "linux",
        "verificationType": verification,
        "capabilities": capabilities,
    }
    if end:
        item["batchSupportEndOfLife"] = f"{end}T00:00:00Z"
    return item
