"""Windows of time: whether one is open, and when it opens next. Pure; the clock is passed in.

A window is a matter of the clock on the wall in its zone. When that clock jumps, the window jumps with it: an hour that
comes twice is in the window twice, and an hour that does not come is not.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from .rules_model import DAYS, Window

# Longer than a week by far: a window on the hour that a change to summer time leaves out waits for the week after.
_FARTHEST = timedelta(days=22)


def zone_of(window: Window) -> tzinfo:
    """The window's time zone; UTC needs no time zone data."""
    return timezone.utc if window.zone == "UTC" else ZoneInfo(window.zone)


def is_open(window: Window, now: datetime) -> bool:
    """Whether a moment (with its zone, whichever) is in the window: `from` is in it, `to` is not.

    A window over midnight belongs to the day on which it begins.
    """
    local = now.astimezone(zone_of(window))
    minutes = local.hour * 60 + local.minute
    start, end = window.minutes
    today = DAYS[local.weekday()] in window.days
    if start < end:
        return today and start <= minutes < end
    yesterday = DAYS[local.weekday() - 1] in window.days
    return (today and minutes >= start) or (yesterday and minutes < end)


def find_opening(window: Window, now: datetime) -> datetime | None:
    """When a closed window opens next, in its zone; None if it does not within three weeks."""
    moment = now.astimezone(timezone.utc)
    # A window opens at its own time, at midnight of a day that follows one without it, or when the clock jumps into it.
    openings = {*_starts(window, moment), *_jumps(zone_of(window), moment)}
    found = next((one for one in sorted(openings) if one > moment and is_open(window, one)), None)
    return found.astimezone(zone_of(window)) if found else None


def _starts(window: Window, moment: datetime) -> set[datetime]:
    zone = zone_of(window)
    first = moment.astimezone(zone).date() - timedelta(days=1)
    hour, minute = divmod(window.minutes[0], 60)
    found: set[datetime] = set()
    for days in range(_FARTHEST.days + 2):
        day = first + timedelta(days=days)
        for fold in (0, 1):
            local = datetime(day.year, day.month, day.day, hour, minute, fold=fold, tzinfo=zone)
            found.add(local.astimezone(timezone.utc))
    return found


def _jumps(zone: tzinfo, moment: datetime) -> set[datetime]:
    """The moments at which the zone's clock jumps."""
    hour = timedelta(hours=1)
    at = moment.replace(minute=0, second=0, microsecond=0)
    found: set[datetime] = set()
    while at < moment + _FARTHEST:
        if _offset(zone, at) != _offset(zone, at + hour):
            found.add(_jump_between(zone, at, at + hour))
        at += hour
    return found


def _jump_between(zone: tzinfo, before: datetime, after: datetime) -> datetime:
    while after - before > timedelta(seconds=1):
        middle = before + timedelta(seconds=(after - before) // timedelta(seconds=2))
        if _offset(zone, middle) == _offset(zone, before):
            before = middle
        else:
            after = middle
    return after


def _offset(zone: tzinfo, moment: datetime) -> timedelta | None:
    return moment.astimezone(zone).utcoffset()
