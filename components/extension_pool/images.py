"""The pinned catalogue of images: which node agent an image needs, its operating system, its end of support.

The authority is the service itself (``az batch pool supported-images list``); the catalogue is what lets a name such as
``ubuntu-24.04`` stand for an image and what warns before Azure refuses.
https://learn.microsoft.com/azure/batch/batch-linux-nodes

images.json holds them. In it ``sources`` are keys into its table of the same name: where a line was read, and when.
Every program with a pool reads it, which is why it is JSON: Python reads that much faster than TOML.
"""

from __future__ import annotations

import json
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from .problems import nearest

_TABLE = Path(__file__).with_name("images.json")

LINUX = "linux"
WINDOWS = "windows"

_WINDOWS_AGENT_PREFIX = "batch.node.windows"


class Image(NamedTuple):
    """One Marketplace image.

    node_agent_sku_id: None where no source names it. end_of_support: None while none is announced.
    successor: what to use instead, set where end_of_support is. confirmed: False where the sources leave doubt.
    """

    publisher: str
    offer: str
    sku: str
    os_type: str
    node_agent_sku_id: str | None = None
    version: str = "latest"
    aliases: tuple[str, ...] = ()
    end_of_support: date | None = None
    successor: str | None = None
    capabilities: tuple[str, ...] = ()
    verification: str = "unknown"
    note: str = ""
    confirmed: bool = True
    sources: tuple[str, ...] = ()

    @property
    def reference(self) -> dict[str, str]:
        """The ``imageReference`` of ARM."""
        return {"publisher": self.publisher, "offer": self.offer, "sku": self.sku, "version": self.version}

    @property
    def title(self) -> str:
        """How messages call the image: its shortest name."""
        return self.aliases[0] if self.aliases else f"{self.publisher} {self.offer} {self.sku}"


@cache
def catalogue() -> tuple[Image, ...]:
    """Every image of images.json, in its order."""
    return tuple(map(_image, _read()["images"]))


@cache
def expected() -> tuple[Image, ...]:
    """Images that no source confirms yet, their sku a pattern (``2025-datacenter*``).

    They are none of the catalogue: no alias, no reference finds them. `extension-pool images` says so when the service
    offers one that fits, and then it can be added.
    """
    return tuple(map(_image, _read()["expected"]))


def find_image(alias: str) -> Image | None:
    """The image of an alias such as ``ubuntu-24.04``; case does not matter."""
    return next((image for image in catalogue() if alias.lower() in image.aliases), None)


def find_image_by_reference(publisher: str, offer: str, sku: str) -> Image | None:
    """The image of a Marketplace reference; case does not matter, as in Azure."""
    wanted = (publisher.lower(), offer.lower(), sku.lower())
    return next(
        (image for image in catalogue() if (image.publisher.lower(), image.offer.lower(), image.sku.lower()) == wanted),
        None,
    )


def aliases() -> tuple[str, ...]:
    """Every alias, in the catalogue's order."""
    return tuple(alias for image in catalogue() for alias in image.aliases)


def nearest_alias(alias: str) -> str | None:
    """The alias that a misspelt one was most likely meant to be."""
    return nearest(alias, aliases())


def os_of_node_agent(node_agent_sku_id: str) -> str:
    """``linux`` or ``windows``: ``batch.node.windows amd64`` is the one Windows agent that Batch has."""
    return WINDOWS if node_agent_sku_id.lower().startswith(_WINDOWS_AGENT_PREFIX) else LINUX


def _read() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(_TABLE.read_text(encoding="utf-8"))
    return document


def _image(entry: dict[str, Any]) -> Image:
    lists = {key: tuple(entry.get(key, ())) for key in ("aliases", "capabilities", "sources")}
    end = entry.get("end_of_support")
    return Image(**{**entry, **lists, "end_of_support": date.fromisoformat(end) if end else None})
