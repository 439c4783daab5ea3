"""Reads values out of JSON that may hold anything: what is missing or of an unexpected kind becomes empty. Pure."""

import json
import re
import sys
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta, timezone
from enum import Enum

_TIME = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ]([0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.([0-9]{1,12}))?([Zz]|[+-][0-9]{2}:[0-9]{2})?"
)


def parse_settings(value: object) -> object:
    """The settings of an extension as a tree: the service gives an object, an object of JSON texts, or one JSON text.

    A text that is no JSON object or list stays a text: `"300"` is a number in no schema.
    """
    if isinstance(value, Mapping):
        return {str(name): parse_settings(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [parse_settings(item) for item in value]
    if isinstance(value, str) and value.lstrip()[:1] in {"{", "["}:
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value


def parse_time(value: object) -> datetime | None:
    """An RFC 3339 time (Azure writes seven decimals), in UTC; None for anything else. No zone means UTC."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=timezone.utc) if value.tzinfo is None else value
    match = _TIME.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        return None
    day, clock, fraction, zone = match.groups()
    try:
        moment = datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=timezone.utc)
        if zone and zone not in "Zz":
            hours, minutes = int(zone[1:3]), int(zone[4:6])
            offset = timedelta(hours=hours, minutes=minutes)
            moment = moment - offset if zone[0] == "+" else moment + offset
        return moment + timedelta(microseconds=int((fraction or "0")[:6].ljust(6, "0")))
    except (ValueError, OverflowError):
        return None


def mapping(value: object) -> Mapping[str, object]:
    """`value` if it is an object, else an empty one."""
    return value if isinstance(value, Mapping) else {}


def mappings(value: object) -> Iterator[Mapping[str, object]]:
    """The objects in a list; nothing for anything else."""
    if isinstance(value, (list, tuple)):
        yield from (item for item in value if isinstance(item, Mapping))


def text(value: object) -> str:
    """`value` as text. Error messages may be `{"lang": ..., "value": ...}`; other structures are shown as JSON.

    Interned: ten thousand nodes repeat the same few texts.
    """
    if value is None:
        return ""
    if type(value) is str:
        return sys.intern(value)
    if isinstance(value, Enum):
        return text(value.value)
    if isinstance(value, Mapping) and isinstance(value.get("value"), str):
        return str(value["value"])
    if isinstance(value, (Mapping, list, tuple)):
        try:
            return json.dumps(value, default=str)
        except (TypeError, ValueError, RecursionError):
            return ""
    return str(value)


def texts(value: object) -> Iterator[str]:
    """The texts in a list."""
    if isinstance(value, (list, tuple)):
        yield from (item for item in value if isinstance(item, str))


def flag(value: object) -> bool | None:
    """True or false, None for anything else."""
    return value if isinstance(value, bool) else None


def number(value: object) -> int | None:
    """A whole number, None for anything else."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None
