"""Links lead somewhere: files and headings of this project, and pages in https."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest

from tests.docs.pages import ROOT, anchors_of, links_of, pages, read, references_of, slug_of

_MACHINE = re.compile(r"(?<![\w.])/(?:home|root|Users|work|tmp|private|mnt)/[\w.-]+|[A-Z]:\\Users\\|~/[\w.-]+/[\w.-]+")
_ANCHORED = {page: anchors_of(read(page)) for page in pages()}


def broken(page: str, text: str) -> list[str]:
    """The links of a page that lead nowhere."""
    anchors = {**_ANCHORED, page: anchors_of(text)}
    return [f"{page}: {target}: {wrong}" for target in links_of(text) if (wrong := _judge(page, target, anchors))]


def _judge(page: str, target: str, anchors: Mapping[str, set[str]]) -> str | None:
    if re.match(r"[a-z]+:", target):
        return None if target.startswith(("https://", "mailto:")) else "not https"
    path, _, anchor = target.partition("#")
    file = (ROOT / page).parent / path if path else ROOT / page
    if not file.exists():
        return "there is no such file"
    if not file.resolve().is_relative_to(ROOT):
        return "outside the project"
    if anchor:
        known = anchors.get(str(file.resolve().relative_to(ROOT)))
        if known is None or anchor not in known:
            return "that page has no such heading"
    return None


@pytest.mark.parametrize("page", pages())
def test_a_reader_who_follows_a_link_arrives(page: str) -> None:
    assert not broken(page, read(page))


@pytest.mark.parametrize("page", pages())
def test_every_label_of_a_link_is_defined_and_used(page: str) -> None:
    defined, used = references_of(read(page))
    assert used - defined == set()
    assert defined - used == set()


@pytest.mark.parametrize("page", pages())
def test_no_page_knows_a_machine(page: str) -> None:
    assert _MACHINE.findall(read(page)) == []


def test_every_page_is_in_the_list_of_pages() -> None:
    listed = {target.partition("#")[0] for target in links_of(read("docs/README.md"))}
    missing = [page for page in pages() if page.startswith("docs/") and page.removeprefix("docs/") not in listed]
    assert missing == ["docs/README.md"]


def test_a_link_that_leads_nowhere_is_found() -> None:
    text = "# One\n[a](nowhere.md) [b](#two) [c](#one) [d](docs/edits.md#nothing) [e](http://example.org)\n"
    assert [line.split(":")[1].strip() for line in broken("README.md", text)] == [
        "nowhere.md",
        "#two",
        "docs/edits.md#nothing",
        "http",
    ]


def test_headings_become_anchors_as_on_github() -> None:
    assert slug_of("After a failed gate: `extension-pool rollback`") == "after-a-failed-gate-extension-pool-rollback"
    assert anchors_of("# A b\n```\n# no\n```\n## A b\n") == {"a-b", "a-b-1"}
