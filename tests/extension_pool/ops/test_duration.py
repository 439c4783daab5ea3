import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extension_pool.ops.duration import LONGEST_SECONDS, parse_duration
from extension_pool.ops.errors import BadUsage


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90s", 90),
        ("20m", 1200),
        ("1h", 3600),
        ("1h30m", 5400),
        ("2d", 172800),
        ("0.5s", 0.5),
        (" 20M ", 1200),
        ("PT20M", 1200),
        ("pt1h30m", 5400),
        ("P1DT2H", 93600),
        ("P7D", 604800),
        ("PT1.5S", 1.5),
    ],
)
def test_what_people_and_iso_8601_write(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "P", "PT", "90", "s", "20 m", "1m1h", "-5m", "P1M", "P1W", "٢m", "20min", "1e3s"])
def test_anything_else_is_refused_with_what_to_write(text: str) -> None:
    with pytest.raises(BadUsage) as raised:
        parse_duration(text)
    assert str(raised.value) == (
        f"--wait: must be a number with its unit, such as 90s, 20m, 1h30m or PT20M, got {text!r}"
    )


@pytest.mark.parametrize("text", ["0s", "PT0M", "8d", "999999999h"])
def test_what_is_no_wait_or_a_slip_is_refused(text: str) -> None:
    with pytest.raises(BadUsage, match=r"^timeout: must be more than 0 and at most 7 days, got '"):
        parse_duration(text, "timeout")


@pytest.mark.parametrize("text", ["0", " 0 ", "0s", "PT0M"])
def test_no_wait_at_all_where_that_has_a_meaning(text: str) -> None:
    assert parse_duration(text, zero=True) == 0
    with pytest.raises(BadUsage):
        parse_duration(text)


@pytest.mark.parametrize(("text", "rule"), [("00", "a number with its unit"), ("8d", "at most 7 days, got '8d'")])
def test_zero_opens_no_other_door(text: str, rule: str) -> None:
    with pytest.raises(BadUsage, match=rf"^--wait: must be {rule}"):
        parse_duration(text, zero=True)


@settings(deadline=None)
@given(st.one_of(st.text(), st.text(alphabet="0123456789.dhmsDHMSPTpt -+")))
def test_never_another_error_than_ours(text: str) -> None:
    try:
        assert 0 < parse_duration(text) <= LONGEST_SECONDS
    except BadUsage:
        pass


@settings(deadline=None)
@given(st.integers(1, 6), st.integers(0, 23), st.integers(0, 59), st.integers(0, 59))
def test_both_ways_of_writing_agree(days: int, hours: int, minutes: int, seconds: int) -> None:
    assert parse_duration(f"{days}d{hours}h{minutes}m{seconds}s") == parse_duration(
        f"P{days}DT{hours}H{minutes}M{seconds}S"
    )
