"""Image, node agent and VM size."""

from __future__ import annotations

from datetime import date

from ..derived import image_of, node_agent_of
from ..images import aliases, find_image, nearest_alias, os_of_node_agent
from ..node_agents import NODE_AGENTS, find_node_agent
from ..problems import Findings, Path, Problem, nearest
from ..spec import PoolSettings
from ..vm_sizes import RETIREMENT_SOURCE, find_retiring_family, parse_vm_size

_LIST = "`az batch pool supported-images list`"
# how the catalogue says that an image may have more capabilities than it lists
_UNSEEN = "capability list not seen"
_OWN_IMAGE = ("id", "shared_gallery_image_id", "community_gallery_image_id")
_MARKETPLACE = ("publisher", "offer", "sku")


def check_image(pool: PoolSettings, today: date) -> Findings:
    """One image, a known one, with its node agent."""
    if pool.image is not None and pool.image_reference is not None:
        return Findings.of(
            Problem(("image",), "a catalogue image and an image reference exclude each other", do="keep one of the two")
        )
    if pool.image is not None:
        if find_image(pool.image) is None:
            meant = nearest_alias(pool.image)
            allowed = "" if meant else ", ".join(aliases())
            do = f"did you mean {meant}? " if meant else ""
            do += "For any other image give its image reference with its node agent SKU id"
            return Findings.of(Problem(("image",), "unknown image", pool.image, allowed, do))
        return Findings()
    if pool.image_reference is None:
        do = "name one of the catalogue, such as ubuntu-24.04, or give an image reference with its node agent SKU id"
        return Findings.of(Problem(("image",), "required, but missing", do=do))
    reference = pool.image_reference
    own = [name for name in _OWN_IMAGE if getattr(reference, name) is not None]
    market = [name for name in (*_MARKETPLACE, "version") if getattr(reference, name) is not None]
    if len(own) > 1 or (own and market):
        others = ", ".join(one for one in (*own, *market) if one != own[0])
        return Findings.of(Problem(("image_reference", own[0]), f"excludes {others}", do="keep one way to the image"))
    if not own and None in (reference.publisher, reference.offer, reference.sku):
        rule = "must name publisher, offer and sku, or an id"
        return Findings.of(Problem(("image_reference",), rule, do="complete it"))
    if node_agent_of(pool) is None:
        return Findings.of(
            Problem(("node_agent_sku_id",), "required for this image, but missing", do=f"look it up with {_LIST}")
        )
    return Findings()


def check_node_agent(pool: PoolSettings, today: date) -> Findings:
    """The node agent is the image's: on another, nodes never start. Where the catalogue is not sure, it warns."""
    given, image = pool.node_agent_sku_id, image_of(pool)
    if given is None:
        return Findings()
    if image is not None and image.node_agent_sku_id is not None:
        if given.lower() == image.node_agent_sku_id.lower():
            return Findings()
        text = f"does not fit the image {image.title}"
        if image.confirmed or os_of_node_agent(given) != image.os_type:
            return Findings.of(Problem(("node_agent_sku_id",), text, given, do=f"use {image.node_agent_sku_id}"))
        return Findings.warning(("node_agent_sku_id",), f"{text}, as far as is known; compare with {_LIST}")
    if find_node_agent(given) is None:
        meant = nearest(given, [agent.id for agent in NODE_AGENTS])
        hint = f"did you mean {meant}? " if meant else ""
        return Findings.warning(
            ("node_agent_sku_id",), f"is no node agent that is known here; {hint}Compare with {_LIST}"
        )
    return Findings()


def warn_of_image_past_support(pool: PoolSettings, today: date) -> Findings:
    """An image past its end of support still may work, so it warns and names the successor."""
    image = image_of(pool)
    if image is None or image.end_of_support is None or image.end_of_support > today:
        return Findings()
    text = f"Batch's support of the image {image.title} ended on {image.end_of_support}; use {image.successor}"
    return Findings.warning(_image_path(pool), text)


def warn_of_retiring_node_agent(pool: PoolSettings, today: date) -> Findings:
    """A node agent that goes warns from its announcement on; where the image has gone already, that says enough."""
    sku_id = node_agent_of(pool)
    agent = find_node_agent(sku_id) if sku_id is not None else None
    if agent is None or agent.end_of_support is None or warn_of_image_past_support(pool, today).notices:
        return Findings()
    verb = "ended" if agent.end_of_support <= today else "ends"
    path = ("node_agent_sku_id",) if pool.node_agent_sku_id is not None else _image_path(pool)
    text = f"Batch's support of the node agent {agent.id} {verb} on {agent.end_of_support}; use {agent.successor}"
    return Findings.warning(path, f"{text} with an image of it")


def warn_of_retiring_vm_size(pool: PoolSettings, today: date) -> Findings:
    """A VM family announced to go warns and names a successor."""
    family = find_retiring_family(pool.vm_size) if isinstance(pool.vm_size, str) else None
    if family is None:
        return Findings()
    text = (
        f"Batch has announced to retire the {family.family} family of {pool.vm_size} ({RETIREMENT_SOURCE}); "
        f"use {family.successor}"
    )
    return Findings.warning(("vm_size",), text)


def warn_of_generation(pool: PoolSettings, today: date) -> Findings:
    """Image and size are of one generation and one processor. What sizes run is read off their names, so it warns."""
    image = image_of(pool)
    size = parse_vm_size(pool.vm_size) if isinstance(pool.vm_size, str) else None
    if image is None or size is None:
        return Findings()
    arm_image = image.sku.endswith("arm64")
    if arm_image != size.arm:
        machine, system = ("Arm", "x64") if size.arm else ("x64", "Arm")
        return Findings.warning(
            ("vm_size",), f"{pool.vm_size} is an {machine} size, but the image {image.title} is for {system}"
        )
    generation = 2 if "Generation2VMImage" in image.capabilities else 1
    if generation == 1 and _UNSEEN in image.note:
        return Findings()
    if generation not in size.generations:
        text = f"{pool.vm_size} does not run images of generation {generation}, as its name says; {image.title} is one"
        return Findings.warning(
            ("vm_size",), f"{text}; choose an image of generation {3 - generation}, or another size"
        )
    return Findings()


def _image_path(pool: PoolSettings) -> Path:
    return ("image",) if pool.image is not None else ("image_reference",)
