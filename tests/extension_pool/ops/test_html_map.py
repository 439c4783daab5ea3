"""The map of the nodes and the table of the extensions, on the page that they are part of."""

import re
from dataclasses import replace
from datetime import timedelta
from html import unescape

import pytest

from extension_pool.ops.health import PoolHealth, judge_pool
from extension_pool.ops.html_map import MOST_GROUPS, lasting
from extension_pool.ops.snapshot import Node, NodeReading, PoolReading

from . import drawing, pages
from .pages import Page, render


def drawn(lines: str) -> PoolHealth:
    return judge_pool(drawing.pool(lines), "acct")


def heading_of_groups(page: str) -> list[str]:
    """The titles over the cells, in their order."""
    found = re.findall(r'<h4 id="[^"]*-title">(.*?)</h4>', page)
    return [unescape(re.sub(r"<.*?>", "", heading)) for heading in found]


def test_each_node_has_one_cell_that_says_its_id_its_state_how_long_and_what_failed() -> None:
    pool = pages.many(300)
    page = Page(render(pool))
    assert sorted(page.texts["b"]) == [row.id for row in pool.nodes]
    captions = page.values("data-w")
    # of a few nodes the title, which is next to them, says the rest
    assert "for 0 s" in captions
    assert "running for 3 min; secretext failed/1009; monitoring failed/1009" in captions
    assert "idle for 21 s; all 2 succeeded" in captions


def test_failures_come_first_and_large_groups_before_small_ones() -> None:
    page = render(
        drawn(
            "idle a=succeeded b=succeeded\n" * 3
            + "starting\npreempted\nidle a=succeeded b=:odd\n"
            + "idle a=failed b=succeeded\n"
            + "idle a=failed b=failed\n" * 2
        )
    )
    assert heading_of_groups(page) == [
        "✗ 2 nodes failed: idle; a failed; b failed",
        "✗ 1 node failed: idle; a failed",
        "? 1 node unknown: idle; b odd",
        "… 1 node waiting: starting; a not yet; b not yet",
        "✓ 3 nodes healthy: idle; all 2 succeeded",
        "- 1 node not counted: preempted",
    ]


def test_a_few_nodes_are_listed_at_once_and_many_behind_a_box() -> None:
    few, more = (render(drawn("idle a=succeeded b=succeeded\n" * number)) for number in (4, 5))
    assert "checkbox" not in few and "group healthy listed" in few
    assert "checkbox" in more and "group healthy listed" not in more


def test_more_pictures_than_anybody_reads_are_put_together_and_no_node_is_lost() -> None:
    odd = "".join(f"idle a=succeeded b=:odd{number}\n" for number in range(MOST_GROUPS + 20))
    page = render(drawn("idle a=succeeded b=succeeded\n" * 3 + odd))
    titles = heading_of_groups(page)
    assert len(titles) == MOST_GROUPS + 1
    assert titles[-2] == "? 21 nodes unknown: in 21 other pictures"
    assert len(Page(page).texts["b"]) == MOST_GROUPS + 23
    assert f"idle; b odd{MOST_GROUPS + 19}" in Page(page).values("data-w")


def test_a_page_of_ten_thousand_nodes_stays_small() -> None:
    page = render(pages.many())
    assert page.count("<li tabindex") == 10_000
    assert len(page.encode()) < 1_700_000


def test_each_extension_has_its_share_of_every_verdict() -> None:
    page = render(pages.mixed())
    labels = Page(page).values("aria-label")
    assert "4 failed, 1 unknown, 1 waiting, 2 healthy" in labels
    assert "3 failed, 2 unknown, 2 waiting, 1 healthy" in labels
    assert "not expected" in page
    assert "5 failed, 1 unknown, 1 waiting, 1 healthy, 1 not counted" in labels


def test_one_failure_in_ten_thousand_is_seen_in_the_bar() -> None:
    lines = "idle a=failed b=succeeded\n" + "idle a=succeeded b=succeeded\n" * 9_999
    page = Page(render(drawn(lines)))
    bars = [element for element in page.elements if element[1] == "rect" and "class=failed" in element]
    assert bars and all(int(word.removeprefix("width=")) >= 10 for bar in bars for word in bar if "width" in word)


def test_a_node_without_an_id_or_a_time_has_a_cell_too() -> None:
    reading = drawing.pool("")
    nameless = replace(reading, nodes=(NodeReading(Node("", ""), drawing.node("idle").answer),))
    page = Page(render(judge_pool(PoolReading(nameless.pool, nameless.nodes))))
    assert page.texts["b"] == ["(no id)"]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-5, "0 s"),
        (0.9, "0 s"),
        (59, "59 s"),
        (60, "1 min"),
        (3599, "59 min"),
        (3600, "1 h"),
        (3660, "1 h 1 min"),
        (86399, "23 h 59 min"),
        (86400, "1 d"),
        (90000, "1 d 1 h"),
    ],
)
def test_times_are_told_in_two_units_at_most(seconds: float, words: str) -> None:
    assert lasting(timedelta(seconds=seconds)) == words
