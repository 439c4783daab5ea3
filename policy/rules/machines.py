"""Image, node agent and VM size against what Batch has announced to end. The dates are the library's.

https://learn.microsoft.com/azure/batch/batch-linux-nodes
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from extension_pool.images import Image, find_image_by_reference
from extension_pool.node_agents import find_node_agent
from extension_pool.vm_sizes import RETIREMENT_SOURCE, find_retiring_family

from ..model import ADVISORY, Parameter, Resource, Rule, Settings, Violation
from ..reading import MACHINE, at, known_text


def find_image_past_support(pool: Resource, settings: Settings) -> Iterator[Violation]:
    """An image that has ended or ends within `warnDays`; where none is known to, its node agent."""
    machine = at(pool.props, *map(str, MACHINE))
    last = settings.today + timedelta(days=settings.number("warnDays"))
    image = _image(machine)
    if image is not None and image.end_of_support is not None and image.end_of_support <= last:
        what = f"Batch's support of the image {image.title} {_ends(image.end_of_support, settings.today)}"
        yield Violation((*MACHINE, "imageReference"), what, do=f"use {image.successor}")
        return
    agent_id = known_text(machine, "nodeAgentSkuId")
    agent = find_node_agent(agent_id) if agent_id else None
    if agent is not None and agent.end_of_support is not None and agent.end_of_support <= last:
        what = f"Batch's support of the node agent {_ends(agent.end_of_support, settings.today)}"
        yield Violation((*MACHINE, "nodeAgentSkuId"), what, agent.id, f"use an image of {agent.successor}")


def find_retiring_size(pool: Resource, settings: Settings) -> Iterator[Violation]:
    """A size of a family that Batch has announced to retire."""
    size = known_text(pool.props, "vmSize")
    family = find_retiring_family(size) if size else None
    if family is not None:
        what = f"Batch has announced to retire the {family.family} family ({RETIREMENT_SOURCE})"
        yield Violation(("vmSize",), what, size, f"use {family.successor}")


def _image(machine: object) -> Image | None:
    names = [known_text(machine, "imageReference", part) for part in ("publisher", "offer", "sku")]
    publisher, offer, sku = names
    if publisher is None or offer is None or sku is None:
        return None
    return find_image_by_reference(publisher, offer, sku)


def _ends(end: date, today: date) -> str:
    return f"{'ended' if end <= today else 'ends'} on {end}"


RULES = (
    Rule(
        "image-retirement",
        "The image of a pool and its node agent are not past the end of Batch's support.",
        ADVISORY,
        "it only ages: pools of it go on working for a while",
        "Move to the successor that is named; nodes take a new image when the pool is replaced.",
        find_image_past_support,
        own=(Parameter("warnDays", "days", 90, "how many days before the end it is said"),),
        source="https://learn.microsoft.com/azure/batch/batch-linux-nodes",
    ),
    Rule(
        "vm-size-retirement",
        "The VM size of a pool is of a family that stays.",
        ADVISORY,
        "it only ages, and the announcement gives no date for a size",
        "Move to the family that is named.",
        find_retiring_size,
        source=RETIREMENT_SOURCE,
    ),
)
