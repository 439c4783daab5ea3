"""Which extensions a pool may have. The allow list and the dates are the library's registry.

https://learn.microsoft.com/azure/batch/create-pool-extensions
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from extension_pool.extensions import REGISTRY, is_reserved
from extension_pool.problems import nearest

from ..model import ADVISORY, MANDATORY, Parameter, Resource, Rule, Settings, Violation
from ..reading import Extension, extensions_of

_PAGE = "https://learn.microsoft.com/azure/batch/create-pool-extensions"


def find_unlisted(pool: Resource, settings: Settings) -> Iterator[Violation]:
    """Types that Batch keeps for itself, does not list, or that the configuration's own list has not."""
    also = {one.lower() for one in settings.words("alsoAllowed")}
    only = {one.lower() for one in settings.words("only")}
    for extension in extensions_of(pool):
        if extension.type is None:
            continue
        if is_reserved(extension.type):
            what = f"{extension.name} is of a type that Azure Batch reserves for itself"
            yield _at_type(extension, what, "use the pool's start task to run a script")
        elif extension.publisher is not None:
            yield from _judge_listing(extension, also, only)


def _judge_listing(extension: Extension, also: set[str], only: set[str]) -> Iterator[Violation]:
    whole = f"{extension.publisher}/{extension.type}".lower()
    if whole in also:
        return
    if extension.kind is None:
        meant = nearest(str(extension.type), [one.type for one in REGISTRY])
        of_this_type = [one.publisher for one in REGISTRY if one.type.lower() == str(extension.type).lower()]
        if of_this_type:
            do = f"use the publisher {' or '.join(of_this_type)}"
        elif meant:
            do = f"did you mean {meant}?"
        else:
            do = "ask Azure support to allow it, then add PUBLISHER/TYPE to alsoAllowed"
        yield _at_type(extension, f"is not an extension that Azure Batch lists for {extension.publisher}", do)
    elif only and whole not in only:
        yield _at_type(
            extension, "is not on the list `only` of this pack's configuration", "remove it, or add it there"
        )


def find_retired(pool: Resource, settings: Settings) -> Iterator[Violation]:
    """Types whose support has ended, or ends within `warnDays`."""
    last = settings.today + timedelta(days=settings.number("warnDays"))
    for extension in extensions_of(pool):
        end = extension.kind.retirement if extension.kind else None
        if end is not None and end.on <= last:
            verb = "ended" if end.on <= settings.today else "ends"
            yield _at_type(extension, f"Azure's support of {extension.name} {verb} on {end.on}", f"use {end.successor}")


def _at_type(extension: Extension, what: str, do: str) -> Violation:
    return Violation((*extension.path, "type"), what, extension.type, do)


RULES = (
    Rule(
        "extension-allowed",
        "Extensions of a pool are on the list of those that Azure Batch installs.",
        MANDATORY,
        "Azure Batch installs nothing else unless Azure support has allowed it",
        "Use an extension of the list, or a start task; what Azure support has allowed goes into `alsoAllowed`.",
        find_unlisted,
        own=(
            Parameter("alsoAllowed", "extensions", [], "what is allowed beyond Batch's list, as PUBLISHER/TYPE"),
            Parameter("only", "extensions", [], "of Batch's list only these, as PUBLISHER/TYPE; all of it when empty"),
        ),
        source=_PAGE,
    ),
    Rule(
        "extension-retirement",
        "Extensions of a pool are not past the end of their support.",
        ADVISORY,
        "it only ages: a retired extension may still install",
        "Move to the successor that is named.",
        find_retired,
        own=(Parameter("warnDays", "days", 90, "how many days before the end it is said"),),
        source=_PAGE,
    ),
)
