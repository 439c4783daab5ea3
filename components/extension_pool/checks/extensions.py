"""Extensions against Batch's list, against the image and against each other."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date

from ..derived import key_vault_extension_name, key_vault_extension_type, node_agent_of, os_type_of
from ..extensions.kinds import (
    KEY_VAULT_FOR_LINUX,
    KEY_VAULT_FOR_WINDOWS,
    REGISTRY,
    ExtensionType,
    find_extension_type,
    is_reserved,
    major_of,
)
from ..problems import Findings, Notice, Path, Problem, nearest
from ..spec import Extension, PoolSettings

# "Ubuntu 22.04+" and "Azure Linux" of the vendor's page, as node agents
_KEY_VAULT_LINUX_AGENTS = r"batch\.node\.(ubuntu (2[2-9]|[3-9]\d)\..*|mariner.*|azurelinux.*)"
_SERVERS_BEFORE_2022 = r"(2008|2012|2016|2019)-.*"


def known_extensions(pool: PoolSettings) -> list[tuple[Path, Extension, ExtensionType]]:
    """The plain extensions of registered types that fit the image: what their settings are judged by is known."""
    os_type = os_type_of(pool)
    found: list[tuple[Path, Extension, ExtensionType]] = []
    for index, extension in enumerate(pool.extensions or []):
        kind = find_extension_type(extension.publisher, extension.type)
        if kind is not None and os_type in (None, kind.os_type):
            found.append((("extensions", index), extension, kind))
    return found


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


def check_listed_types(pool: PoolSettings, today: date) -> Findings:
    """Batch installs what is on its list; anything else needs a support request first, and ``allow_unlisted``."""
    problems: list[Problem] = []
    for index, extension in enumerate(pool.extensions or []):
        known = find_extension_type(extension.publisher, extension.type)
        # an extension that is wrong as a whole has no type
        if known is not None or extension.allow_unlisted or is_reserved(extension.type) or not extension.type:
            continue
        of_this_type = [one.publisher for one in REGISTRY if one.type.lower() == extension.type.lower()]
        if of_this_type:
            rule = f"is not the publisher of {extension.type}"
            do = f"use {' or '.join(of_this_type)}"
            problems.append(Problem(("extensions", index, "publisher"), rule, extension.publisher, do=do))
            continue
        meant = nearest(extension.type, [one.type for one in REGISTRY])
        do = f"did you mean {meant}? " if meant else ""
        do += "Ask Azure support to allow it for your account, then set allow_unlisted to true"
        rule = "is not on the list of extensions that Azure Batch installs"
        problems.append(Problem(("extensions", index, "type"), rule, extension.type, do=do))
    return Findings(tuple(problems))


def warn_of_unsure_listing(pool: PoolSettings, today: date) -> Findings:
    """Types of which only third parties say that Batch lists them."""
    return Findings(
        notices=tuple(
            Notice((*at, "type"), f"whether Batch lists {kind.title} is not sure; try it on a small pool first")
            for at, extension, kind in known_extensions(pool)
            if not kind.listed_for_sure and not extension.allow_unlisted
        )
    )


def warn_of_retired_types(pool: PoolSettings, today: date) -> Findings:
    """An extension past its date, or announced to go, still installs, so it warns and names the successor."""
    notices = []
    for at, _, kind in known_extensions(pool):
        if kind.retirement is not None:
            verb = "ended" if kind.retirement.on <= today else "ends"
            text = f"Azure's support of {kind.title} {verb} on {kind.retirement.on}; use {kind.retirement.successor}"
            notices.append(Notice((*at, "type"), text))
    return Findings(notices=tuple(notices))


def warn_of_automatic_upgrade(pool: PoolSettings, today: date) -> Findings:
    """Azure upgrades only the types on its list by itself."""
    return Findings(
        notices=tuple(
            Notice((*at, "enable_automatic_upgrade"), f"{kind.type} is not known to take part in automatic upgrades")
            for at, extension, kind in known_extensions(pool)
            if extension.enable_automatic_upgrade is True and not kind.upgrades_itself
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


def warn_of_undocumented_os(pool: PoolSettings, today: date) -> Findings:
    """The Key Vault extension on systems that its page does not name: it may work."""
    agent = (node_agent_of(pool) or "").lower()
    sku = str(getattr(pool.image_reference, "sku", None) or pool.image or "").lower().removeprefix("windows-server-")
    wanted = [(at, kind, major_of(one.type_handler_version)) for at, one, kind in known_extensions(pool)]
    certificates = key_vault_extension_type(pool)
    if certificates is not None:
        version = pool.key_vault_extension.type_handler_version if pool.key_vault_extension else "3.0"
        wanted.append((("key_vault_certificates",), certificates, major_of(version)))
    findings = Findings()
    for at, kind, major in wanted:
        if kind is KEY_VAULT_FOR_LINUX and agent and not re.fullmatch(_KEY_VAULT_LINUX_AGENTS, agent):
            findings += Findings.warning(
                at, f"{kind.type} is documented for Ubuntu 22.04 and later and Azure Linux only"
            )
        if kind is KEY_VAULT_FOR_WINDOWS and major == 4 and re.fullmatch(_SERVERS_BEFORE_2022, f"{sku}-"):
            findings += Findings.warning(at, f"{kind.type} 4 installs on Windows Server 2022 and 2025 only; use 3.0")
    return findings


def check_extension_names(pool: PoolSettings, today: date) -> Findings:
    """Names of extensions are their keys on a node."""
    names = [extension.name for extension in pool.extensions or []]
    certificates = key_vault_extension_name(pool)
    if certificates is not None:
        names.append(certificates)
    twice = {name for name, count in Counter(name.lower() for name in names).items() if count > 1}
    return Findings(
        tuple(
            Problem(("extensions", index, "name"), "used by another extension too", extension.name, do="rename one")
            for index, extension in enumerate(pool.extensions or [])
            if extension.name and extension.name.lower() in twice
        )
    )


def warn_of_repeated_types(pool: PoolSettings, today: date) -> Findings:
    """A virtual machine takes an extension once, whatever its names. Batch's pages do not say so, so it warns."""
    pairs = [(one.publisher.lower(), one.type.lower()) for one in pool.extensions or []]
    certificates = key_vault_extension_type(pool)
    if certificates is not None:
        pairs.append((certificates.publisher.lower(), certificates.type.lower()))
    counts = Counter(pairs)
    return Findings(
        notices=tuple(
            Notice(("extensions", index, "type"), f"{one.type} is asked for twice; a node takes one of a type")
            for index, one in enumerate(pool.extensions or [])
            if one.type and counts[one.publisher.lower(), one.type.lower()] > 1
        )
    )
