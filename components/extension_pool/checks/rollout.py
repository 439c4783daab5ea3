"""How changes are rolled out."""

from __future__ import annotations

from datetime import date

from ..pool_names import LONGEST_BASE
from ..problems import Findings, Notice, Problem
from ..spec import BLUE_GREEN, PoolSettings


def check_name_has_room(pool: PoolSettings, today: date) -> Findings:
    """Under blue-green a hyphen and eight digits follow the pool's name, of at most 64 characters in all."""
    name = pool.pool_name
    if pool.rollout.strategy != BLUE_GREEN or not isinstance(name, str) or len(name) <= LONGEST_BASE:
        return Findings()
    return Findings(
        (
            Problem(
                ("pool_name",),
                f"must be at most {LONGEST_BASE} characters with the strategy {BLUE_GREEN}, which adds nine",
                name,
                do="shorten it",
            ),
        )
    )


def warn_of_idle_version(pool: PoolSettings, today: date) -> Findings:
    """A version of protected settings that are not there says that somebody expects an effect."""
    return Findings(
        notices=tuple(
            Notice(
                ("extensions", index, "protected_settings_version"),
                "has no effect: the extension has no protected_settings",
            )
            for index, extension in enumerate(pool.extensions or [])
            if extension.protected_settings_version is not None and extension.protected_settings is None
        )
    )
