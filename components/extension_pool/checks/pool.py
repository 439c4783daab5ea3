"""The pool itself."""

from __future__ import annotations

from collections import Counter
from datetime import date

from ..problems import Findings, Later, Problem
from ..spec import PoolSettings


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
