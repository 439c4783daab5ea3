"""What may stand in the file of review rules: its words, their types, their limits. Pure.

Every rule that fits a change must hold, so a rule only ever asks for more: no rule can take another one back.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, ClassVar, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pydantic import AfterValidator, BeforeValidator, Field, ModelWrapValidatorHandler, model_validator
from typing_extensions import Self

from ...azure_types import broken
from ...problems import nearest
from ...spec import SpecModel
from ..duration import parse_duration
from ..errors import BadUsage
from ..text import clean_line

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_DAY_NAMES = (*DAYS, "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
NEVER = "never"
FREE = "free"

_TIME = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])")
_DAY_ENDS = "24:00"


def _label(value: Any) -> Any:
    if isinstance(value, list):
        raise broken("must be one label", do="write needsAnyLabel or needsAllLabels for several")
    if isinstance(value, str) and (not value.strip() or value != clean_line(value)):
        raise broken("must be a label as the pull request shows it")
    return value


def _time(value: str) -> str:
    if not _TIME.fullmatch(value) and value != _DAY_ENDS:
        raise broken("must be a time of day", do='write for example "22:00"')
    return value


def _day(name: str) -> int:
    if name in DAYS:
        return DAYS.index(name)
    meant = nearest(name, [day for day in _DAY_NAMES if day[:1] == name[:1].upper()])
    raise broken(
        "must be a day or a range of days",
        allowed=f"{', '.join(DAYS)}, Mon-Fri",
        do=f"did you mean {meant[:3]}?" if meant else "",
    )


def _days(value: Any) -> Any:
    """Days and ranges of days as the days themselves; a text alone is a list of one."""
    words = [value] if isinstance(value, str) else value
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise broken("must be days", do="write for example [Mon-Thu, Sat]")
    chosen: set[int] = set()
    for word in words:
        first, dash, last = (part.strip() for part in word.partition("-"))
        start = _day(first)
        chosen.update((start + step) % 7 for step in range((_day(last) - start) % 7 + 1 if dash else 1))
    return [DAYS[index] for index in sorted(chosen)]


def _zone(value: str) -> str:
    # "localtime" is the zone of whichever machine reads the file
    if value == "UTC":
        return value
    try:
        if value == "localtime":
            raise ZoneInfoNotFoundError
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        known = available_timezones()
        if not known:
            raise broken("this machine has no time zone data", do="run: pip install tzdata") from None
        meant = nearest(value, known)
        raise broken(
            "must be an IANA time zone", do=f"did you mean {meant}?" if meant else 'write for example "Europe/Berlin"'
        ) from None
    return value


def _duration(value: str) -> str:
    try:
        parse_duration(value)
    except BadUsage:
        raise broken("must be a duration of at most 7 days", do='write for example "24h" or "PT24H"') from None
    return value


def _pool_pattern(value: str) -> str:
    if not value or ":" in value or "/" in value:
        raise broken("must be the name of a pool, or a pattern of names; types go under resources")
    return value


def _type_pattern(value: str) -> str:
    if value != "*" and ":" not in value:
        raise broken("must be a type of Pulumi's, or a pattern of types such as azure-native:keyvault:*")
    return value


def _environment_pattern(value: str) -> str:
    if not value:
        raise broken("must be the name of an environment, or a pattern of names")
    return value


PoolPattern = Annotated[str, AfterValidator(_pool_pattern)]
TypePattern = Annotated[str, AfterValidator(_type_pattern)]
EnvironmentPattern = Annotated[str, AfterValidator(_environment_pattern)]
Days = Annotated[list[str], BeforeValidator(_days), Field(min_length=1)]
Zone = Annotated[str, AfterValidator(_zone)]
Label = Annotated[str, BeforeValidator(_label)]
Time = Annotated[str, AfterValidator(_time)]
Duration = Annotated[str, AfterValidator(_duration)]


class Window(SpecModel):
    """Hours in which something may be done. Over midnight it belongs to the day on which it begins."""

    days: Days = Field(default_factory=lambda: list(DAYS))
    """Optional. Days and ranges of days, such as `[Mon-Thu, Sat]`; left out, every day."""
    from_: Annotated[Time, Field(alias="from")] = "00:00"
    """Optional. When it opens; left out, at midnight."""
    to: Time = _DAY_ENDS
    """Optional. When it closes, this minute not included; left out, at the midnight after."""
    zone: Zone = "UTC"
    """Optional. The IANA time zone that days and times are in, such as `Europe/Berlin`; left out, UTC."""

    @property
    def minutes(self) -> tuple[int, int]:
        """`from` and `to` in minutes since midnight."""
        start, end = (int(time.split(":")[0]) * 60 + int(time.split(":")[1]) for time in (self.from_, self.to))
        return start, end


class Demand(SpecModel):
    """What an operation needs; `never` alone: it may not be done at all. Of several keys each must hold."""

    never: ClassVar[bool] = False

    needs_label: Label | None = None
    """Optional. The label that the pull request must have."""
    needs_any_label: Annotated[list[Label], Field(min_length=1)] | None = None
    """Optional. Labels of which the pull request must have at least one."""
    needs_all_labels: Annotated[list[Label], Field(min_length=1)] | None = None
    """Optional. Labels all of which the pull request must have."""
    only_in: str | None = None
    """Optional. The name of the window, of those under `windows`, in which it may be done."""

    @model_validator(mode="wrap")
    @classmethod
    def _never(cls, value: Any, handler: ModelWrapValidatorHandler[Self]) -> Any:
        if value == NEVER:
            return Never.model_construct()
        if isinstance(value, str) or value == {}:
            raise broken("must be never, or what it needs", do="write never, or for example {needsLabel: recreate-ok}")
        return handler(value)


class Never(Demand):
    """No approval is enough."""

    never: ClassVar[bool] = True


class Operations(SpecModel):
    """What each operation needs. An operation that is left out needs nothing."""

    create: Demand | None = None
    """Optional. What a new resource needs."""
    update: Demand | None = None
    """Optional. What a change in place needs."""
    replace: Demand | None = None
    """Optional. What a recreation needs: the old resource goes, a new one takes its place."""
    delete: Demand | None = None
    """Optional. What a deletion needs."""

    @model_validator(mode="wrap")
    @classmethod
    def _says_something(cls, value: Any, handler: ModelWrapValidatorHandler[Self]) -> Any:
        return handler(cls._read(value))

    @classmethod
    def _read(cls, value: Any) -> Any:
        if value == {}:
            raise broken("says nothing", do="say what an operation needs, or remove it")
        return value


class Scope(Operations):
    """What holds for an environment: words of its own for all resources, more for some pools, more for some types.

    `free` alone: nothing needs an approval.
    """

    pools: dict[PoolPattern, Operations] = Field(default_factory=dict, min_length=1)
    """Optional. What holds for pools, by their names or patterns of them, such as `render-*`."""
    resources: dict[TypePattern, Operations] = Field(default_factory=dict, min_length=1)
    """Optional. What holds for resources by Pulumi's types or patterns of them, such as `azure-native:keyvault:*`."""
    max_age: Duration | None = None
    """Optional. How old a preview may be, such as `24h`; the shortest that is said holds."""

    @classmethod
    def _read(cls, value: Any) -> Any:
        if value == FREE:
            return {}
        if isinstance(value, str) or value == {}:
            raise broken("must say what holds", do="write free if nothing needs an approval")
        return value


class EnvironmentRules(Scope):
    """What holds for the environments of a name, or of a pattern of names."""

    preview: Literal["required", "optional"] = "required"
    """Optional. Whether a review without a preview of it is refused; left out, it is."""


class ReviewRules(SpecModel):
    """Which operations need which approval, environment by environment. Every rule that fits must hold."""

    max_age: Duration | None = None
    """Optional. How old a preview may be, such as `24h`; left out, as old as it likes."""
    windows: dict[str, Window] = Field(default_factory=dict)
    """Optional. Windows of time by name, for `onlyIn`."""
    environments: dict[EnvironmentPattern, EnvironmentRules] = Field(default_factory=dict)
    """Conditional: required without `others`. Environments (stacks) by their names or patterns of them."""
    others: Scope | None = None
    """Conditional: required without `environments`. What holds for an environment that is named nowhere else; left out,
    nothing of such an environment passes."""
