"""How a change that replaces the pool reaches the nodes."""

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from ..azure_types import IsoDuration, PoolName, WholeNumber, between, broken
from .base import SpecModel

DELETE_FIRST = "delete-first"
BLUE_GREEN = "blue-green"

DECLARED = "declared"
LIVE = "live"

_SHARE = r"(\d{1,3})(?:\.\d{1,2})?%"


def _check_share(value: str) -> str:
    # `ops.gate.parse_share` reads the same form
    match = re.fullmatch(_SHARE, value)
    if match is None or not 0 < float(value[:-1]) <= 100:
        raise broken("must be a percentage above 0% and up to 100%", do='write for example "95%"')
    return value


def _no_number(value: Any) -> Any:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        raise broken("must be a percentage above 0% and up to 100%", do=f'write "{value:g}%" if a share is meant')
    return value


Share = Annotated[str, BeforeValidator(_no_number), AfterValidator(_check_share)]


class Gate(SpecModel):
    """What the nodes of a new pool must reach before anything else goes on."""

    enabled: bool = True
    require: Share = "100%"
    timeout: IsoDuration = "PT30M"
    soak: IsoDuration = "PT0S"


class Drain(SpecModel):
    """What becomes of the jobs of a pool that is replaced."""

    enabled: bool = True
    jobs: Literal["refuse", "wait", "requeue", "terminate", "migrate"] = "migrate"
    timeout: IsoDuration = "PT1H"


class Canary(SpecModel):
    """A small pool that is tried before the pool is touched."""

    nodes: Annotated[WholeNumber, between(1, 100)]


class Rollout(SpecModel):
    """How a change that Azure refuses on a live pool is rolled out.

    strategy: delete-first keeps the pool's name; blue-green makes the new pool beside the old one, under a name that
    says what it was made with. gate: None is the default of the strategy. after: stack files only.
    """

    strategy: Literal["delete-first", "blue-green"] = "delete-first"
    size: Literal["declared", "live"] = "declared"
    gate: Gate | None = None
    canary: Canary | None = None
    drain: Drain | None = None
    after: Annotated[list[PoolName], Field(min_length=1)] | None = None

    @property
    def terms(self) -> Gate | None:
        """The gate that holds: given, or the default of blue-green; None without one."""
        if self.gate is None:
            return Gate() if self.strategy == BLUE_GREEN else None
        return self.gate if self.gate.enabled else None

    @property
    def draining(self) -> Drain | None:
        """The drain of jobs: given, or the default of blue-green with its gate; None without one."""
        if self.drain is None:
            return Drain() if self.strategy == BLUE_GREEN and self.terms is not None else None
        return self.drain if self.drain.enabled else None
