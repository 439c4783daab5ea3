"""The rules that need more than one field of a pool. Pure: one function a rule, each from a spec to findings.

Dates are judged against the date that is passed in.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date

from .extensions import find_extension_type, is_reserved
from .extensions.key_vault import check_certificate, extension_type_for
from .images import Image, aliases, find_image, find_image_by_reference, nearest_alias, os_of_node_agent
from .problems import Findings, Later, Notice, Problem
from .spec import PoolSettings
from .vm_sizes import RETIREMENT_SOURCE, find_retiring_family


def check_pool(pool: PoolSettings, today: date) -> Findings:
    """Everything that is wrong with a pool, and everything that deserves a warning."""
    findings = Findings()
    for rule in _RULES:
        findings += rule(pool, today)
    return findings


def image_of(pool: PoolSettings) -> Image | None:
    """The catalogue's image of a pool, by alias or by reference; None where the catalogue does not know it."""
    if pool.image is not None:
        return find_image(pool.image)
    reference = pool.image_reference
    if reference is None:
        return None
    parts = (reference.publisher, reference.offer, reference.sku)
    known = [part for part in parts if isinstance(part, str)]
    return find_image_by_reference(*known) if len(known) == len(parts) else None


def node_agent_of(pool: PoolSettings) -> str | None:
    """The node agent SKU id: the one given, else the image's."""
    if pool.node_agent_sku_id is not None:
        return pool.node_agent_sku_id
    image = image_of(pool)
    return image.node_agent_sku_id if image else None


def os_type_of(pool: PoolSettings) -> str | None:
    """``linux`` or ``windows``: what the node agent runs on; None where neither agent nor image is known."""
    agent = node_agent_of(pool)
    if agent is not None:
        return os_of_node_agent(agent)
    image = image_of(pool)
    return image.os_type if image else None


def check_image(pool: PoolSettings, today: date) -> Findings:
    """One image, a known one, with its node agent."""
    if pool.image is not None and pool.image_reference is not None:
        return _problem(
            Problem(("image",), "a catalogue image and an image reference exclude each other", do="keep one of the two")
        )
    if pool.image is not None:
        if find_image(pool.image) is None:
            meant = nearest_alias(pool.image)
            allowed = "" if meant else ", ".join(aliases())
            do = f"did you mean {meant}? " if meant else ""
            do += "For any other image give its image reference with its node agent SKU id"
            return _problem(Problem(("image",), "unknown image", pool.image, allowed, do))
        return Findings()
    if pool.image_reference is None:
        do = "name one of the catalogue, such as ubuntu-24.04, or give an image reference with its node agent SKU id"
        return _problem(Problem(("image",), "required, but missing", do=do))
    reference = pool.image_reference
    if reference.id is None and None in (reference.publisher, reference.offer, reference.sku):
        rule = "must name publisher, offer and sku, or an id"
        return _problem(Problem(("image_reference",), rule, do="complete it"))
    if node_agent_of(pool) is None:
        do = "look it up with `az batch pool supported-images list`"
        return _problem(Problem(("node_agent_sku_id",), "required for this image, but missing", do=do))
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


def check_scale(pool: PoolSettings, today: date) -> Findings:
    """A pool scales in one way."""
    scale = pool.scale_settings
    if scale is None or (scale.fixed_scale is None) != (scale.auto_scale is None):
        return Findings()
    rule = "must hold exactly one scale, fixed or automatic"
    return _problem(Problem(("scale_settings",), rule, do="keep one of the two"))


def check_reserved_types(pool: PoolSettings, today: date) -> Findings:
    """Batch keeps the custom script extension for itself."""
    return Findings(
        tuple(
            Problem(
                ("extensions", index, "type"),
                "custom script extensions are reserved for Azure Batch itself",
                extension.type,
                do="use the pool's start task to run a script",
            )
            for index, extension in enumerate(pool.extensions or [])
            if is_reserved(extension.type)
        )
    )


def check_extension_os(pool: PoolSettings, today: date) -> Findings:
    """An extension and the image agree on the operating system."""
    os_type = os_type_of(pool)
    problems: list[Problem] = []
    for index, extension in enumerate(pool.extensions or []):
        known = find_extension_type(extension.publisher, extension.type)
        if known is None or os_type is None or known.os_type == os_type:
            continue
        do = f"use {known.twin}" if known.twin else "remove it, or choose another image"
        rule = f"is an extension for {known.os_type}, but the image is {os_type}"
        problems.append(Problem(("extensions", index, "type"), rule, extension.type, do=do))
    return Findings(tuple(problems))


def check_certificates(pool: PoolSettings, today: date) -> Findings:
    """The options of certificates and of their extension fit the operating system and each other."""
    if not pool.key_vault_certificates:
        if pool.key_vault_extension is None:
            return Findings()
        do = "add the certificates, or remove the options"
        return _problem(Problem(("key_vault_extension",), "has no certificates to work on", do=do))
    os_type = os_type_of(pool)
    if os_type is None:
        return Findings()
    problems: list[Problem] = []
    for index, certificate in enumerate(pool.key_vault_certificates):
        problems += check_certificate(certificate, os_type, ("key_vault_certificates", index))
    return Findings(tuple(problems))


def check_extension_names(pool: PoolSettings, today: date) -> Findings:
    """Names of extensions are their keys on a node."""
    os_type = os_type_of(pool)
    names = [extension.name for extension in pool.extensions or []]
    if pool.key_vault_certificates and os_type is not None:
        options = pool.key_vault_extension
        names.append((options.name if options else None) or extension_type_for(os_type).type)
    twice = {name for name, count in Counter(name.lower() for name in names).items() if count > 1}
    return Findings(
        tuple(
            Problem(("extensions", index, "name"), "used by another extension too", extension.name, do="rename one")
            for index, extension in enumerate(pool.extensions or [])
            if extension.name.lower() in twice
        )
    )


def check_existing_identity(pool: PoolSettings, today: date) -> Findings:
    """An existing identity is not made, so it takes no name and tags."""
    identity = pool.identity
    if identity.existing is None:
        return Findings()
    return Findings(
        tuple(
            Problem(("identity", field), "is for an identity that the component creates", do="remove it")
            for field in ("name", "tags")
            if getattr(identity, field) is not None
        )
    )


def check_grant_names(pool: PoolSettings, today: date) -> Findings:
    """Several grants are told apart by their names: their order must not matter."""
    counts = Counter(access.name for access in pool.key_vault_access or [])
    return Findings(
        tuple(
            Problem(
                ("key_vault_access", index, "name"),
                "must tell this grant from the others",
                access.name,
                do="give each vault of the pool a name of its own",
            )
            for index, access in enumerate(pool.key_vault_access or [])
            if counts[access.name] > 1
        )
    )


def check_metadata_names(pool: PoolSettings, today: date) -> Findings:
    """Batch keys metadata by name."""
    items = list(enumerate(pool.metadata or []))
    counts = Counter(item.name for _, item in items if not isinstance(item.name, Later))
    return Findings(
        tuple(
            Problem(("metadata", index, "name"), "used by another entry too", item.name, do="rename one")
            for index, item in items
            if not isinstance(item.name, Later) and counts[item.name] > 1
        )
    )


def _problem(problem: Problem) -> Findings:
    return Findings(problems=(problem,))


_RULES: tuple[Callable[[PoolSettings, date], Findings], ...] = (
    check_image,
    warn_of_image_past_support,
    warn_of_retiring_vm_size,
    check_scale,
    check_reserved_types,
    check_extension_os,
    check_certificates,
    check_extension_names,
    check_existing_identity,
    check_grant_names,
    check_metadata_names,
)
