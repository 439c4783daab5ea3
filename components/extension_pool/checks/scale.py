"""How many nodes."""

from __future__ import annotations

from datetime import date

from ..problems import Findings, Problem
from ..spec import PoolSettings


def check_scale(pool: PoolSettings, today: date) -> Findings:
    """A pool scales in one way."""
    scale = pool.scale_settings
    if scale is None or (scale.fixed_scale is None) != (scale.auto_scale is None):
        return Findings()
    rule = "must hold exactly one scale, fixed or automatic"
    return Findings.of(Problem(("scale_settings",), rule, do="keep one of the two"))
