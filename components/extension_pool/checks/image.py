"""Image, node agent and VM size."""

from __future__ import annotations

from datetime import date

from ..derived import image_of, node_agent_of
from ..images import aliases, find_image, nearest_alias
from ..problems import Findings, Notice, Problem
from ..spec import PoolSettings
from ..vm_sizes import RETIREMENT_SOURCE, find_retiring_family


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
    if reference.id is None and None in (reference.publisher, reference.offer, reference.sku):
        rule = "must name publisher, offer and sku, or an id"
        return Findings.of(Problem(("image_reference",), rule, do="complete it"))
    if node_agent_of(pool) is None:
        do = "look it up with `az batch pool supported-images list`"
        return Findings.of(Problem(("node_agent_sku_id",), "required for this image, but missing", do=do))
    return Findings()


def warn_of_image_past_support(pool: PoolSettings, today: date) -> Findings:
    """An image past its end of support still may work, so it warns and names the successor."""
    image = image_of(pool)
    if image is None or image.end_of_support is None or image.end_of_support > today:
        return Findings()
    text = f"Batch's support of the image {image.title} ended on {image.end_of_support}; use {image.successor}"
    return Findings(notices=(Notice(("image",) if pool.image is not None else ("image_reference",), text),))


def warn_of_retiring_vm_size(pool: PoolSettings, today: date) -> Findings:
    """A VM family announced to go warns and names a successor."""
    family = find_retiring_family(pool.vm_size) if isinstance(pool.vm_size, str) else None
    if family is None:
        return Findings()
    text = (
        f"Batch has announced to retire the {family.family} family of {pool.vm_size} ({RETIREMENT_SOURCE}); "
        f"use {family.successor}"
    )
    return Findings(notices=(Notice(("vm_size",), text),))
