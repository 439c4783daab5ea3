"""Windows of time, held against a walk that looks at the clock on the wall minute by minute."""

from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from extension_pool.ops.review.rules_model import DAYS, Window
from extension_pool.ops.review.windows import find_opening, is_open

MINUTE = timedelta(minutes=1)
ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "America/Havana"]


def window(days: str | list[str] = "Mon-Sun", start: str = "00:00", end: str = "24:00", zone: str = "UTC") -> Window:
    return Window.model_validate({"days": days, "from": start, "to": end, "zone": zone}, by_alias=True)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=timezone.utc)


def berlin(text: str, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Europe/Berlin"), fold=fold)


def clock_says(chosen: Window, now: datetime) -> bool:
    """Whether the clock on the wall stands in the window; said anew, from texts."""
    local = now.astimezone(ZoneInfo(chosen.zone))
    clock, day = f"{local:%H:%M}", DAYS[local.weekday()]
    before = DAYS[(local.weekday() - 1) % 7]
    start, end = chosen.from_.rjust(5, "0"), chosen.to.rjust(5, "0")
    if start < end:
        return day in chosen.days and start <= clock < end
    return (day in chosen.days and clock >= start) or (before in chosen.days and clock < end)


@pytest.mark.parametrize(
    ("now", "opens"),
    [
        ("2026-11-27 21:59", False),
        ("2026-11-27 22:00", True),
        ("2026-11-28 00:00", True),
        ("2026-11-28 05:59", True),
        ("2026-11-28 06:00", False),
        # Saturday is no day on which it begins
        ("2026-11-28 22:00", False),
        ("2026-11-29 05:00", False),
    ],
)
def test_a_window_over_midnight_belongs_to_the_day_on_which_it_begins(now: str, opens: bool) -> None:
    assert is_open(window("Fri", "22:00", "6:00"), utc(now)) is opens


def test_hours_are_those_of_the_zone() -> None:
    # 22:00 in Berlin is 21:00 UTC in winter and 20:00 UTC in summer
    night = window("Mon-Sun", "22:00", "23:00", "Europe/Berlin")
    assert [is_open(night, utc(at)) for at in ("2026-11-27 21:30", "2026-07-27 20:30")] == [True, True]
    assert [is_open(night, utc(at)) for at in ("2026-11-27 20:30", "2026-07-27 21:30")] == [False, False]


def test_without_times_it_is_the_whole_day_and_without_days_every_day() -> None:
    assert is_open(window("Sat"), utc("2026-11-28 23:59"))
    assert not is_open(window("Sat"), utc("2026-11-29 00:00"))
    assert find_opening(window("Sat"), utc("2026-11-29 00:00")) == utc("2026-12-05 00:00")
    assert is_open(Window(), utc("2026-11-28 12:34"))


def test_the_next_opening_is_told_in_its_own_zone() -> None:
    found = find_opening(window("Mon-Fri", "22:00", "6:00", "Europe/Berlin"), utc("2026-11-28 12:00"))
    assert found is not None
    assert f"{found:%a %Y-%m-%d %H:%M %z}" == "Mon 2026-11-30 22:00 +0100"


def test_an_hour_that_summer_time_leaves_out_is_no_opening() -> None:
    # on 2026-03-29 the clock goes from 02:00 to 03:00
    short = window("Sun", "2:10", "2:50", "Europe/Berlin")
    assert find_opening(short, berlin("2026-03-28 12:00")) == berlin("2026-04-05 02:10")
    # one that reaches into it opens when the clock jumps into it
    longer = window("Sun", "2:30", "4:00", "Europe/Berlin")
    assert find_opening(longer, berlin("2026-03-28 12:00")) == berlin("2026-03-29 03:00")


def test_an_hour_that_comes_twice_opens_twice() -> None:
    # on 2026-10-25 the clock goes from 03:00 back to 02:00
    early = window("Sun", "2:00", "2:30", "Europe/Berlin")
    between = berlin("2026-10-25 02:45")
    assert not is_open(early, between)
    assert find_opening(early, between) == berlin("2026-10-25 02:00", fold=1)


moments = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)).map(lambda at: at.replace(tzinfo=timezone.utc))
# around the jumps of Berlin, New York, Lord Howe and Havana, where it is hard
near_jumps = st.builds(
    lambda day, minutes: utc(day) + timedelta(minutes=minutes),
    st.sampled_from(
        ["2026-03-29 01:00", "2026-10-25 01:00", "2026-03-08 07:00", "2026-11-01 05:00", "2026-04-04 15:00"]
    ),
    st.integers(-2000, 2000),
)
clocks = st.builds(
    lambda hour, minute: f"{hour:02}:{minute:02}", st.integers(0, 23), st.sampled_from([0, 1, 10, 30, 59])
)
some_windows = st.builds(
    window,
    st.lists(st.sampled_from(DAYS), min_size=1, max_size=7, unique=True),
    clocks,
    st.one_of(clocks, st.just("24:00")),
    st.sampled_from(ZONES),
).filter(lambda one: one.minutes[0] != one.minutes[1])


@given(some_windows, st.one_of(moments, near_jumps))
@example(window("Sun", "02:30", "02:10", "Europe/Berlin"), utc("2026-03-28 12:00"))
@example(window("Sun", "00:00", "00:30", "America/Havana"), utc("2026-03-08 04:59"))
@example(window("Sun", "00:00", "01:01", "America/New_York"), utc("2026-11-01 05:01"))
@settings(max_examples=60)
def test_it_is_open_when_the_clock_says_so_and_opens_at_the_first_such_minute(chosen: Window, now: datetime) -> None:
    assert is_open(chosen, now) is clock_says(chosen, now)
    if is_open(chosen, now):
        return
    walked = now.replace(second=0, microsecond=0) + MINUTE
    until = now + timedelta(days=21)
    while walked < until and not clock_says(chosen, walked):
        walked += MINUTE
    found = find_opening(chosen, now)
    assert (found is None) is (walked >= until)
    # Python calls no two times of different zones equal where a clock shows one twice
    assert found is None or found.astimezone(timezone.utc) == walked
