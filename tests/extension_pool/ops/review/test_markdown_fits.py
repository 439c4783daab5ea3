"""The report on a pull request is as short as it must be; what a reviewer must know is never cut."""

import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extension_pool.ops.review.markdown import render_markdown
from extension_pool.ops.review.model import (
    Change,
    Edit,
    Environment,
    Finding,
    Leaf,
    Operation,
    Place,
    Report,
    Standing,
)
from extension_pool.ops.review.page import LEAST, LIMIT, size

from . import reports
from .rendered import COLUMNS, details, escapes, rows
from .reports import HOSTILE, deleted, environment, failed, polling, recreated, report, updated


def test_a_giant_report_is_cut_and_says_how_much_is_missing() -> None:
    made = reports.giant()
    text = render_markdown(made)
    assert size(text) <= LIMIT
    assert text.startswith("**customer-000, ")
    assert text.splitlines()[0].endswith("**")
    assert "broken: PREVIEW FAILED" in text.splitlines()[0]
    table = rows(text)
    assert all(len(row) == COLUMNS for row in table)
    assert sum(int(row[3]) for row in table[1:] if row[3] != "-") == 98 * 18
    told = {noun: int(number) for number, noun in re.findall(r"(\d+) (deletion|replacement|update)s", text)}
    shown = text.count("#### Deleted"), text.count("#### Recreated")
    assert told == {"deletion": 98 - shown[0], "replacement": 98 * 18 - shown[1], "update": 98}
    assert re.search(r"and \d+ more of the gate's answers \(\d+ not allowed, 0 allowed\)", text)
    whole = render_markdown(made, limit=None)
    assert size(whole) > 50 * LIMIT
    assert "Not shown here" not in whole
    assert all(f"`old-{number}`" in whole for number in range(98))


def test_the_worst_environments_stay_when_the_table_is_cut() -> None:
    calm = [environment(f"calm-{number}", updated(), unchanged=1) for number in range(300)]
    made = report(*calm, environment("bad", deleted()), failed("worse"))
    text = render_markdown(made)
    table = rows(text)
    assert [row[0] for row in table[1:3]] == ["bad", "worse"]
    assert table[-1][0] == f"{302 - (len(table) - 2)} more"
    assert text.splitlines()[0].startswith("**bad: 1 pool deleted (4 nodes); worse: PREVIEW FAILED; calm-0, ")


def test_what_does_not_fit_whole_is_told_in_short_before_it_is_left_out() -> None:
    big = [recreated(f"p{n}", polling(n), avoid=("x" * 590 + str(n),) * 4) for n in range(15)]
    text = render_markdown(report(environment("prod", *big)))
    assert LIMIT - 3_000 < size(text) <= LIMIT
    assert text.count("#### Recreated") == 15
    assert text.count("- cost: ") == 15
    whole = text.count("- to avoid it")
    assert 0 < whole < 15
    assert f"Told in short: {15 - whole} changes. The full report has all of it." in text


def test_many_failed_previews_leave_room_for_what_is_lost() -> None:
    broken = [failed(f"broken-{number}", "error: " + "x" * 900) for number in range(40)]
    text = render_markdown(report(*broken, environment("prod", deleted())))
    assert size(text) <= LIMIT
    assert "#### Deleted: pool `windows` in prod" in text
    shown = text.count("the preview failed")
    assert 0 < shown < 40
    assert f"Not shown here: {40 - shown} failed, missing or stale previews" in text


def test_a_limit_in_which_the_summary_has_no_room_is_refused() -> None:
    with pytest.raises(ValueError, match="limit"):
        render_markdown(report(), limit=LEAST - 1)


def test_only_a_bound_keeps_it_short() -> None:
    assert size(render_markdown(reports.giant(), limit=None)) > LIMIT


_ANY = st.text(max_size=60) | st.text("`|\\<>!-*_[]()#@$~ \n&;:/", max_size=40) | st.just(HOSTILE)


_leaves = st.builds(
    Leaf,
    path=_ANY,
    edit=st.sampled_from(Edit),
    old=st.none() | _ANY,
    new=st.none() | _ANY,
    forces=st.booleans(),
    place=st.none() | st.builds(Place, _ANY, st.integers(1, 10**6), st.booleans()),
    shown=_ANY,
)
_changes = st.builds(
    Change,
    urn=_ANY,
    type=st.just(reports.POOL) | _ANY,
    name=_ANY,
    operation=st.sampled_from([one for one in Operation if one is not Operation.UNCHANGED]),
    leaves=st.lists(_leaves, max_size=3).map(tuple),
    ours=st.booleans(),
    cost=st.none() | st.just(reports.COST),
    avoid=st.lists(_ANY, max_size=2).map(tuple),
)
_environments = st.builds(
    Environment,
    name=_ANY,
    standing=st.sampled_from(Standing),
    counts=st.dictionaries(st.sampled_from(Operation), st.integers(0, 10**9)),
    changes=st.lists(_changes, max_size=4).map(tuple),
    reason=_ANY,
    messages=st.lists(_ANY, max_size=2).map(tuple),
)
_reports = st.builds(
    Report,
    # the same again and again: many at little cost
    environments=st.tuples(st.lists(_environments, max_size=3), st.sampled_from([1, 30])).map(
        lambda p: tuple(p[0] * p[1])
    ),
    base=st.none() | st.just("main"),
    findings=st.tuples(
        st.lists(st.builds(Finding, _ANY, _ANY, st.booleans()), max_size=3), st.sampled_from([1, 30])
    ).map(lambda p: tuple(replace(one, sentence=f"{one.sentence}{n}") for n in range(p[1]) for one in p[0])),
)


@settings(max_examples=40, deadline=None)
@given(made=_reports, limit=st.sampled_from([LEAST, LIMIT]))
def test_whatever_the_report_it_fits_and_nothing_gets_out(made: Report, limit: int) -> None:
    text = render_markdown(made, limit=limit)
    assert size(text) <= limit
    first, _, rest = text.partition("\n")
    assert first.startswith("**")
    assert first.endswith("**")
    assert rest == "" or rest.startswith("\n")
    opened, closed = details(text)
    assert opened == closed
    assert escapes(text) == []
    assert all(len(row) == COLUMNS for row in rows(text))
    assert render_markdown(made, limit=limit) == text
