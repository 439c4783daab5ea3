"""The pool itself."""

from __future__ import annotations

from datetime import date

from ..problems import Findings
from ..spec import PoolSettings
from .repeats import repeated


def check_metadata_names(pool: PoolSettings, today: date) -> Findings:
    """Batch keys metadata by name."""
    return Findings(tuple(repeated(("metadata",), "name", [item.name for item in pool.metadata or []])))
