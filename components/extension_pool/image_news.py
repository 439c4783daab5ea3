"""What a Batch account offers against the catalogue of images: new, gone, about to end, changed. Pure.

The service's list is that of one region on one day, so an image that is missing from it may be there elsewhere.
https://learn.microsoft.com/rest/api/batchservice/account/list-supported-images
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fnmatch import fnmatchcase
from typing import Any

from .images import Image


@dataclass(frozen=True)
class Offered:
    """An image that an account offers. end_of_support: when Batch stops making pools of it; None while none is set."""

    publisher: str
    offer: str
    sku: str
    node_agent_sku_id: str
    os_type: str = ""
    end_of_support: date | None = None
    verification: str = ""

    @property
    def title(self) -> str:
        """How it is called: by its reference."""
        return f"{self.publisher} {self.offer} {self.sku}"


@dataclass(frozen=True)
class News:
    """One difference. kind: ``new``, ``gone``, ``ending`` or ``changed``; matters: whether somebody must act."""

    kind: str
    title: str
    text: str
    matters: bool
    alias: str | None = None
    end_of_support: date | None = None


def parse_offered(item: Mapping[str, Any]) -> Offered | None:
    """One item of the service's list; None for one that names no image of the Marketplace."""
    reference = item.get("imageReference")
    reference = reference if isinstance(reference, Mapping) else {}
    names = [reference.get(part) for part in ("publisher", "offer", "sku")]
    agent = item.get("nodeAgentSKUId")
    if not all(isinstance(name, str) and name for name in names) or not isinstance(agent, str):
        return None
    publisher, offer, sku = (str(name) for name in names)
    return Offered(
        publisher,
        offer,
        sku,
        agent,
        str(item.get("osType") or "").lower(),
        _day(item.get("batchSupportEndOfLife")),
        str(item.get("verificationType") or "").lower(),
    )


def compare(
    catalogue: Sequence[Image], offered: Iterable[Offered], today: date, within: int, expected: Sequence[Image] = ()
) -> list[News]:
    """The differences, what matters first, each kind by name.

    within: days; an image of the catalogue that ends in fewer matters, one that has ended too.
    expected: patterns of images that the catalogue waits for.
    An image that is gone matters unless the catalogue knew the day. One that is in doubt (``confirmed = false``) may
    never have been there, so it is never said to be gone. What the catalogue has not never matters.
    """
    known = {_key(image): image for image in catalogue}
    seen = {_key(one): one for one in offered}
    last = today + timedelta(days=within)
    news = [_new(one, last, expected) for key, one in seen.items() if key not in known]
    for key, image in known.items():
        found = seen.get(key)
        if found is None:
            if image.confirmed:
                news.append(_gone(image, today))
            continue
        news.extend(_ending(image, found, today, last))
        news.extend(_changed(image, found))
    order = ("gone", "ending", "changed", "new")
    return sorted(news, key=lambda one: (not one.matters, order.index(one.kind), one.title.lower()))


def _new(one: Offered, last: date, expected: Sequence[Image]) -> News:
    ends = f", until {one.end_of_support}" if one.end_of_support and one.end_of_support <= last else ""
    text = f"offered with node agent {one.node_agent_sku_id}{ends}, and not in the catalogue"
    awaited = next((image for image in expected if _fits(one, image)), None)
    if awaited is not None:
        text += f", which waits for {awaited.sku}"
    return News("new", one.title, text, matters=False, end_of_support=one.end_of_support)


def _gone(image: Image, today: date) -> News:
    announced = image.end_of_support is not None and image.end_of_support <= today
    text = (
        f"no longer offered, as announced for {image.end_of_support}" if announced else "in the catalogue, not offered"
    )
    return News("gone", image.title, text + _instead(image), not announced, _alias(image), image.end_of_support)


def _ending(image: Image, found: Offered, today: date, last: date) -> list[News]:
    end = found.end_of_support
    if end is None or end > last:
        return []
    text = f"Batch's support {'ended' if end <= today else 'ends'} on {end}{_instead(image)}"
    return [News("ending", image.title, text, True, _alias(image), end)]


def _changed(image: Image, found: Offered) -> list[News]:
    parts = []
    if image.node_agent_sku_id is not None and image.node_agent_sku_id.lower() != found.node_agent_sku_id.lower():
        parts.append(f"node agent {found.node_agent_sku_id}, in the catalogue {image.node_agent_sku_id}")
    if found.end_of_support is not None and image.end_of_support != found.end_of_support:
        before = image.end_of_support or "none"
        parts.append(f"end of support {found.end_of_support}, in the catalogue {before}")
    text = "; ".join(parts)
    return [News("changed", image.title, text, False, _alias(image), found.end_of_support)] if parts else []


def _fits(one: Offered, pattern: Image) -> bool:
    return all(fnmatchcase(*pair) for pair in zip(_key(one), _key(pattern), strict=True))


def _key(image: Image | Offered) -> tuple[str, str, str]:
    return (image.publisher.lower(), image.offer.lower(), image.sku.lower())


def _alias(image: Image) -> str | None:
    return image.aliases[0] if image.aliases else None


def _instead(image: Image) -> str:
    return f"; use {image.successor}" if image.successor else ""


def _day(text: Any) -> date | None:
    try:
        return date.fromisoformat(str(text)[:10]) if text else None
    except ValueError:
        return None
