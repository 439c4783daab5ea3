"""What a page shows of an output is what a program can print, where the page is not followed by test_sessions.py."""

from __future__ import annotations

import pytest

from tests.docs.commands import PROGRAMS
from tests.docs.console import Step, steps_of
from tests.docs.pages import ROOT, Block, all_blocks
from tests.docs.printed import unknown
from tests.docs.session import FOLLOWED

SHOWN = [
    step
    for block in all_blocks("console", "text", "markdown", "")
    for step in steps_of(block, PROGRAMS)
    if any(line.strip(". ") for line in step.output) and not (step.command and step.page in FOLLOWED)
]

ELSEWHERE = {
    "You must run with the --run-program flag to use delete hooks during destroy": "pulumi",
    "Policies:": "pulumi",
    "(local: policy)": "pulumi",
    "Updating (dev):": "pulumi",
    "to replace": "pulumi",
    "unchanged": "pulumi",
    "+-azure-native:batch:Pool: (replace)": "pulumi",
    "deploymentConfiguration: {": "pulumi",
    "virtualMachineConfiguration: {": "pulumi",
    "AssertionError:": "pytest",
    "E ": "pytest",
    "has a problem": "pulumi",
    "with value": "pulumi",
    "property": "pulumi",
    "resource": "pulumi",
}
"""Words of other programs, which no source here has; the pages with more of them are followed by test_sessions.py."""


def strange(step: Step) -> str | None:
    lines = step.output
    for words in ELSEWHERE:
        lines = tuple(line.replace(words, " ") for line in lines)
    return unknown(lines)


@pytest.mark.parametrize("step", SHOWN, ids=lambda step: step.place)
def test_what_a_page_shows_is_something_that_is_printed(step: Step) -> None:
    assert strange(step) is None


def test_an_output_that_nothing_prints_is_found() -> None:
    shown = Step("page.md", 1, "", ("pool render in extpoolprod: splendid, all nodes are singing and dancing today",))
    assert strange(shown) is not None


def test_a_sentence_of_the_library_is_known_when_it_is_wrapped() -> None:
    text = (
        "extension-pool:pools.render.image: a catalogue image and an image reference",
        "exclude each other; keep one",
    )
    assert strange(Step("page.md", 1, "", (*text, "of the two"))) is None


DIFFS = all_blocks("diff")


@pytest.mark.parametrize("block", DIFFS, ids=lambda block: block.place)
def test_a_change_that_a_page_shows_fits_the_file_that_it_names(block: Block) -> None:
    head, *lines = block.text.split("\n")
    assert head.startswith("+++ ")
    file = ROOT / head.removeprefix("+++ ")
    context = [line[1:] for line in lines if line.startswith((" ", "-"))]
    text = file.read_text(encoding="utf-8") if file.exists() else ""
    assert [line for line in context if line.strip() and line not in text] == []
    assert file.exists() or not context
