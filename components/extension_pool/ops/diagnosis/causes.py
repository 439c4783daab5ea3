"""The table of known causes, and which of them a text of the service tells. Pure; the table is causes.toml."""

import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from .model import Cause, Remedy

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # type: ignore[import-not-found, unused-ignore]

EXTENSION = "extension"
NODE = "node"
START_TASK = "start task"
RESIZE = "resize"
POOL = "pool"

# How agents and handlers write an exit code: "Non-zero exit code: 51, ..." (WALinuxAgent), "Enable failed with exit
# code 52 ..." (OMS agent), "Installation failed. Exit code 0" (GPU driver).
_EXIT_CODE = re.compile(r"\bexit code:? (-?[0-9]{1,10})\b", re.IGNORECASE)
# The status file's own code is the last part of the status code: "ProvisioningState/failed/1009".
_SUB_CODE = re.compile(r"provisioningstate/failed/(-?[0-9]{1,10})", re.IGNORECASE)


@dataclass(frozen=True)
class Told:
    """What the service says of one thing. `at` is where: one of the words above; `type` is that of an extension."""

    at: str
    code: str = ""
    message: str = ""
    type: str = ""


@dataclass(frozen=True)
class Pattern:
    """One way to tell a cause; all that is not empty must fit. Lower case."""

    text: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    exit_codes: tuple[int, ...] = ()
    types: tuple[str, ...] = ()

    def fits(self, told: Told) -> bool:
        """Whether `told` is of this kind."""
        if self.types and told.type.lower() not in self.types:
            return False
        if self.codes and told.code.lower() not in self.codes:
            return False
        if self.exit_codes and exit_codes(told).isdisjoint(self.exit_codes):
            return False
        if not self.text:
            return True
        words = " ".join(told.message.lower().split())
        return all(part in words for part in self.text)


@dataclass(frozen=True)
class Known:
    """A cause with what tells it. Without patterns a rule finds it. `command` is a template for `values.fill`."""

    cause: Cause
    at: tuple[str, ...]
    patterns: tuple[Pattern, ...]
    command: str


@cache
def known_causes() -> Mapping[str, Known]:
    """Every cause of the table by its id, in the table's order. Raises ValueError for a malformed table."""
    known: dict[str, Known] = {}
    for entry in _document()["cause"]:
        one = _known(entry)
        if one.cause.id in known:
            raise ValueError(f"cause.id: must be unique, got {one.cause.id!r} twice")
        known[one.cause.id] = one
    return known


def find_causes(told: Told) -> tuple[Cause, ...]:
    """The causes that `told` tells, in the table's order; usually one, none for a text that nobody knows."""
    return tuple(
        one.cause
        for one in known_causes().values()
        if told.at in one.at and any(pattern.fits(told) for pattern in one.patterns)
    )


def find_cause(told: Told) -> Cause | None:
    """The first of `find_causes`."""
    return next(iter(find_causes(told)), None)


def exit_codes(told: Told) -> frozenset[int]:
    """The exit codes that the message or the status code names."""
    found = {int(number) for number in _EXIT_CODE.findall(told.message)}
    sub = _SUB_CODE.fullmatch(told.code.strip())
    return frozenset(found | ({int(sub[1])} if sub else set()))


def find_log(publisher: str, type_: str) -> str:
    """Where an extension writes its log on the node; empty where nobody says."""
    path: str = _document()["logs"].get(f"{publisher}/{type_}".lower(), "")
    return path


@cache
def _document() -> dict[str, Any]:
    document: dict[str, Any] = tomllib.loads(Path(__file__).with_name("causes.toml").read_text(encoding="utf-8"))
    return document


def _known(entry: Mapping[str, Any]) -> Known:
    cause = Cause(entry["id"], entry["title"], tuple(entry["advice"]), entry["source"], Remedy(entry["remedy"]))
    unknown = set(entry) - {"id", "title", "at", "advice", "source", "remedy", "command", "when"}
    if unknown:
        raise ValueError(f"cause {cause.id}: unknown keys {sorted(unknown)}")
    return Known(cause, tuple(entry["at"]), tuple(_pattern(when) for when in entry.get("when", ())), entry["command"])


def _pattern(when: Mapping[str, Any]) -> Pattern:
    unknown = set(when) - {"text", "codes", "exit_codes", "types"}
    if unknown or not set(when) - {"types"}:
        raise ValueError(f"cause.when: must have text, codes or exit_codes and may have types, got {sorted(when)}")
    return Pattern(
        text=_lower(when.get("text", ())),
        codes=_lower(when.get("codes", ())),
        exit_codes=tuple(when.get("exit_codes", ())),
        types=_lower(when.get("types", ())),
    )


def _lower(words: Sequence[str]) -> tuple[str, ...]:
    return tuple(word.lower() for word in words)
