"""How a change that replaces the pool reaches the nodes."""

from __future__ import annotations

from typing import Literal

from .base import SpecModel

DELETE_FIRST = "delete-first"
BLUE_GREEN = "blue-green"


class Rollout(SpecModel):
    """How a change that Azure refuses on a live pool is rolled out.

    strategy: delete-first keeps the pool's name; blue-green makes the new pool beside the old one, under a name that
    says what it was made with.
    """

    strategy: Literal["delete-first", "blue-green"] = "delete-first"
