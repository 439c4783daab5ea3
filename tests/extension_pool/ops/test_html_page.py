"""The status page as text; what a browser makes of it is in test_html_in_browser.py.

The whole page is held against tests/goldens/page/mixed.html; `REWRITE_GOLDENS=1` writes it anew, for the diff to be
read.
"""

import os
import re
from base64 import b64encode
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from hashlib import sha256
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extension_pool.ops.diagnosis import Finding, diagnose
from extension_pool.ops.drift import Drift, DriftKind
from extension_pool.ops.gate import parse_share, with_gate
from extension_pool.ops.health import Verdict, missing_pool
from extension_pool.ops.markup import visible

from . import pages
from .pages import HOSTILE, Page, render

GOLDEN = next(parent for parent in Path(__file__).parents if parent.name == "tests") / "goldens/page/mixed.html"


def test_the_whole_page_of_a_mixed_pool() -> None:
    page = render(pages.mixed(), findings=pages.findings())
    if os.environ.get("REWRITE_GOLDENS"):
        GOLDEN.write_text(page, encoding="utf-8")
    assert page == GOLDEN.read_text(encoding="utf-8")


@given(st.one_of(st.sampled_from(HOSTILE), st.text(max_size=40)))
def test_no_text_changes_the_structure_of_the_page(evil: str) -> None:
    def say(text: str) -> str:
        return text + evil

    plain = Page(render(pages.mixed(), findings=pages.findings()))
    hostile = Page(render(pages.mixed(say), findings=pages.findings(say)))
    assert hostile.elements == plain.elements
    assert hostile.open == [] and hostile.other == []
    for name in ("linux", "secretext", "tvmps_0a_2_d", "DiskFull", "The vault refuses the identity"):
        assert visible(say(name)).strip() in hostile.text


@pytest.mark.parametrize("evil", HOSTILE)
def test_nothing_invisible_reaches_the_page(evil: str) -> None:
    page = render(pages.mixed(lambda text: text + evil), findings=pages.findings(lambda text: text + evil))
    parsed = Page(page)
    assert page.isascii() and all(char == "\n" or char.isprintable() for char in page)
    assert all(char == "\n" or char.isprintable() for char in parsed.text)
    assert all(char.isprintable() for _, _, value in parsed.attributes for char in value)


def test_texts_that_are_not_hostile_are_shown_whole_with_their_lines() -> None:
    page = Page(render(pages.mixed(), findings=pages.findings()))
    assert "\nFailed to fetch https://kv.vault.azure.net/secrets/site\n  Forbidden: the identity has no access." in [
        *page.texts["pre"]
    ]


def test_the_page_holds_nothing_that_runs_or_is_fetched() -> None:
    page = Page(render(pages.mixed(), pages.calm(), findings=pages.findings()))
    assert {element[1] for element in page.elements} & {
        "script",
        "img",
        "iframe",
        "object",
        "form",
        "base",
        "link",
    } == set()
    names = {name for _, name, _ in page.attributes}
    assert not any(name.startswith("on") for name in names) and names & {"style", "src", "srcset", "action"} == set()
    assert "url(" not in "".join(page.texts["style"]) and "@import" not in "".join(page.texts["style"])


def test_the_policy_allows_the_one_style_sheet_by_its_digest_and_nothing_else() -> None:
    page = Page(render(pages.calm()))
    (style,) = page.texts["style"]
    digest = b64encode(sha256(style.encode()).digest()).decode()
    policy = next(value for value in page.values("content") if "default-src" in value)
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    tags = [element[1] for element in page.elements]
    assert tags.index("style") > next(
        n for n, element in enumerate(page.elements) if "Content-Security" in str(element)
    )


@pytest.mark.parametrize("source", ["javascript:alert(1)", "http://example.com", "data:text/html,x", "HTTPS:x", "//x"])
def test_only_pages_behind_https_are_links(source: str) -> None:
    first = pages.findings()[0]
    assert first.cause
    bad = replace(first, cause=replace(first.cause, source=source))
    assert Page(render(pages.mixed(), findings=[bad])).values("href") == []
    assert source in Page(render(pages.mixed(), findings=[bad])).text
    assert Page(render(pages.mixed(), findings=[first])).values("href") == [first.cause.source]


def test_it_stays_small_when_every_node_fails_for_three_causes() -> None:
    nodes = tuple(row.id for row in pages.many().nodes)
    causes = [Finding("rendering", "acct", name, None, "no", nodes, None, Verdict.FAILED) for name in ("a", "b", "c")]
    page = render(pages.many(), findings=causes)
    assert len(page.encode()) < 2_000_000
    assert page.count("and 9500 more, which are in the map") == 3


def test_a_cause_shows_words_advice_command_nodes_and_source() -> None:
    page = Page(render(pages.mixed(), findings=pages.findings()))
    assert pages.ROLE in page.texts["code"]
    assert {"Give the pool's identity the role Key Vault Secrets User on the vault.", "Then reboot the nodes."} <= set(
        page.texts["li"]
    )
    assert "\ntvmps_0a_2_d\ntvmps_0a_3_d" in page.texts["pre"]
    assert "https://learn.microsoft.com/azure/key-vault/general/rbac-guide" in page.texts["a"]
    assert " cause unknown: DiskFull" in "".join(page.texts["h4"])


def test_what_the_diagnosis_finds_is_on_the_page() -> None:
    pool = pages.mixed()
    found = diagnose(pool, today=pages.WHEN.date(), now=pages.WHEN)
    page = Page(render(pool, findings=found))
    assert found
    for finding in found:
        assert finding.subject in page.texts["bdi"]
        assert (finding.command or "") in ["", *page.texts["code"]]
        assert finding.cause is None or finding.cause.title in "".join(page.texts["h4"])
        assert all(node in page.text for node in finding.nodes)


def test_a_cause_of_a_pool_that_is_not_on_the_page_is_not_lost() -> None:
    (first, *_) = pages.findings()
    assert "outside the pools above" not in render(pages.mixed(), findings=[first])
    for other in (replace(first, pool="gone"), replace(first, account="other")):
        page = render(pages.mixed(), findings=[other])
        assert page.index("Causes outside the pools above") < page.index("The vault refuses the identity")


def test_a_failed_resize_is_told_by_the_pool_until_a_finding_tells_it() -> None:
    told = Finding("linux", "acct", "resize", None, "Quota.", (), None, Verdict.FAILED, "AccountCoreQuotaReached")
    assert "resize: AccountCoreQuotaReached" in render(pages.mixed())
    assert "resize: AccountCoreQuotaReached" not in render(pages.mixed(), findings=[told])


def test_the_page_says_when_it_was_read_and_how_old_the_newest_status_is() -> None:
    zone = timezone(timedelta(hours=2))
    page = Page(render(pages.mixed(), when=datetime(2026, 11, 22, 14, 0, tzinfo=zone)))
    assert page.values("datetime") == ["2026-11-22T12:00:00Z", "2026-11-22T11:56:00Z"]
    assert " (4 min before)" in page.texts["p"]
    assert Page(render(pages.calm())).values("datetime") == ["2026-11-22T12:00:00Z"]


def test_changes_outside_pulumi_are_told_with_what_to_do() -> None:
    gone = Drift(DriftKind.DELETED, "", "deleted outside Pulumi", "run 'pulumi up --refresh'")
    page = Page(render(missing_pool("linux", "acct", drift=(gone,))))
    assert "deleted outside Pulumi" in page.text and "run 'pulumi up --refresh'" in page.text
    assert "Outside Pulumi" in page.texts["h3"]
    assert "Outside Pulumi" not in Page(render(pages.mixed())).texts["h3"]


def test_changes_that_need_the_same_are_told_together() -> None:
    drifts = [Drift(DriftKind.RESIZED, "a", "resized", "refresh"), Drift(DriftKind.IMAGE, "b", "new image", "refresh")]
    page = Page(render(replace(pages.mixed(), drift=(*drifts, Drift(DriftKind.IDENTITY, "c", "other identity", "up")))))
    assert [text for text in page.texts["h4"] if text.startswith("! ")] == [
        "! resized",
        "! new image",
        "! other identity",
    ]
    assert page.texts["p"].count("refresh") == 1 and page.texts["p"].count("up") == 1


@pytest.mark.parametrize(("share", "word"), [("5%", "gate passed"), ("95%", "gate failed")])
def test_the_verdict_of_a_gate_is_told(share: str, word: str) -> None:
    pool = with_gate(pages.mixed(), parse_share(share))
    page = Page(render(pool))
    assert pool.gate
    assert f": {pool.gate.summary}" in page.texts["p"]
    assert any(text.endswith(word) for text in page.texts["span"])
    assert "gate" not in Page(render(pages.mixed())).text


def test_the_title_says_the_verdict_and_the_pools() -> None:
    assert Page(render(pages.mixed(), pages.calm())).texts["title"] == ["✗ failed: linux, calm"]
    assert Page(render(pages.calm())).texts["title"] == ["✓ healthy: calm"]


def test_several_pools_have_links_to_each_and_one_pool_has_none() -> None:
    assert Page(render(pages.mixed(), pages.calm())).values("href") == ["#pool-1", "#pool-2"]
    assert "<nav" not in render(pages.mixed())


def test_no_pools_are_a_page_too() -> None:
    assert "No pools." in Page(render()).texts["p"]


def test_headings_skip_no_level_and_ids_are_used_once() -> None:
    page = Page(render(pages.mixed(), pages.many(50), findings=pages.findings()))
    levels = [int(element[1][1]) for element in page.elements if re.fullmatch(r"h[1-6]", element[1])]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert len(page.values("id")) == len(set(page.values("id")))
    assert {*page.values("aria-labelledby"), *page.values("for")} <= set(page.values("id"))
