"""Durations as people and ISO 8601 write them. Pure."""

import re

from .errors import BadUsage

# A week: longer than any rollout, short enough that a slip of the unit (20d for 20m) is likely to be seen.
LONGEST_SECONDS = 7 * 24 * 3600.0

_NUMBER = r"[0-9]{1,9}(?:\.[0-9]{1,9})?"
_SHORT = re.compile(
    rf"(?:(?P<d>{_NUMBER})d)?(?:(?P<h>{_NUMBER})h)?(?:(?P<m>{_NUMBER})m)?(?:(?P<s>{_NUMBER})s)?", re.IGNORECASE
)
_ISO = re.compile(
    rf"P(?:(?P<d>{_NUMBER})D)?(?:T(?:(?P<h>{_NUMBER})H)?(?:(?P<m>{_NUMBER})M)?(?:(?P<s>{_NUMBER})S)?)?", re.IGNORECASE
)
_UNITS = {"d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0}


def parse_duration(text: str, path: str = "--wait", *, zero: bool = False) -> float:
    """The seconds that `text` means: `90s`, `20m`, `1h30m`, `2d`, or ISO 8601 (`PT20M`, `P1DT2H`).

    Raises `BadUsage`, with `path` first, for anything else, for a bare number (its unit would be a guess) and for what
    is not between 0 (excluded, unless `zero`) and seven days. With `zero` a bare 0 needs no unit.
    """
    wanted = "a number with its unit, such as 90s, 20m, 1h30m or PT20M"
    word = text.strip()
    if zero and word == "0":
        return 0.0
    match = _SHORT.fullmatch(word) or _ISO.fullmatch(word)
    parts = {} if match is None else {unit: part for unit, part in match.groupdict().items() if part is not None}
    if not parts:
        raise BadUsage(f"{path}: must be {wanted}, got {text[:40]!r}")
    seconds = sum(float(part) * _UNITS[unit] for unit, part in parts.items())
    if seconds > LONGEST_SECONDS or (seconds == 0 and not zero):
        range_ = "at most 7 days" if zero else "more than 0 and at most 7 days"
        raise BadUsage(f"{path}: must be {range_}, got {text[:40]!r}")
    return seconds
