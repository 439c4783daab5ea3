"""The rules of the pack, each a pure function from resources to violations."""

from __future__ import annotations

from ..model import Rule
from . import certificates, extensions, machines, network, production, secrets, tags

RULES: tuple[Rule, ...] = (
    *extensions.RULES,
    *machines.RULES,
    *certificates.RULES,
    *secrets.RULES,
    *production.RULES,
    *network.RULES,
    *tags.RULES,
)


def find_rule(id: str) -> Rule | None:
    """The rule of an id."""
    return next((rule for rule in RULES if rule.id == id), None)


__all__ = ["RULES", "find_rule"]
