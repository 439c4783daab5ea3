"""What a pool's state says of its roll-out: the name of a hook that does nothing else. Pure.

A preview shows the names of a resource's hooks, and of the component only what changes. So whoever reads a preview
knows what a replacement does with nodes and jobs, for a program in any language and whatever its configuration hides.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from .spec import Rollout

# A new form gets a new beginning: names of this one may stand in states for years.
_RECORD = r"extension-pool:rollout gate=(?P<gate>\S+) canary=(?P<canary>\d+) jobs=(?P<jobs>[a-z-]+)"
_NONE = "none"


class Record(NamedTuple):
    """gate: the share of nodes that must be healthy, `95%`; canary: nodes that are tried first, 0 without one; jobs:
    the drain's word. None: there is no gate, no drain."""

    gate: str | None
    canary: int
    jobs: str | None


def render_record(rollout: Rollout) -> str:
    """The name of the hook."""
    gate = rollout.terms.require if rollout.terms else _NONE
    canary = rollout.canary.nodes if rollout.canary else 0
    jobs = rollout.draining.jobs if rollout.draining else _NONE
    return f"extension-pool:rollout gate={gate} canary={canary} jobs={jobs}"


def find_record(hooks: Iterable[object]) -> Record | None:
    """What the names of a pool's hooks say; None where none of them is such a record."""
    for name in hooks:
        match = re.fullmatch(_RECORD, name) if isinstance(name, str) else None
        if match:
            gate, jobs = (None if match[key] == _NONE else match[key] for key in ("gate", "jobs"))
            return Record(gate, int(match["canary"]), jobs)
    return None
