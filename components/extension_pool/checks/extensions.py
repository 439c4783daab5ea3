"""Extensions against the image and against each other."""

from __future__ import annotations

from collections import Counter
from datetime import date

from ..derived import key_vault_extension_name, os_type_of
from ..extensions import find_extension_type, is_reserved
from ..problems import Findings, Problem
from ..spec import PoolSettings


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
            if extension.name.lower() in twice
        )
    )
