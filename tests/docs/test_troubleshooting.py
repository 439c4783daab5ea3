"""docs/troubleshooting.md has every text that a person may search for, as it is printed."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path
from typing import Any

import pytest

from docs.making.messages import messages_of
from docs.making.troubleshooting import HERE, LIBRARY, _toml, render_troubleshooting
from extension_pool.problems import Problem
from tests.docs.pages import ROOT

PAGE = ROOT / "docs" / "troubleshooting.md"
COMMAND = ".venv/bin/python -m docs.making.troubleshooting > docs/troubleshooting.md"
ERRORS: list[dict[str, Any]] = _toml(HERE / "errors.toml")["error"]
CAUSES: list[dict[str, Any]] = _toml(LIBRARY / "ops" / "diagnosis" / "causes.toml")["cause"]


@pytest.fixture(scope="module")
def page() -> str:
    return render_troubleshooting()


def test_the_page_is_current(page: str) -> None:
    if PAGE.read_text(encoding="utf-8") != page:
        pytest.fail(f"docs/troubleshooting.md is not what the sources say; run: {COMMAND}")


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.get("code", error["text"]))
def test_a_text_of_pulumi_or_azure_is_found_with_what_to_do(page: str, error: dict[str, Any]) -> None:
    assert error["text"] in page
    assert all(step in page for step in error["do"])
    assert error["source"].startswith("https://")


@pytest.mark.parametrize("error", [one for one in ERRORS if "shown_by" in one], ids=lambda error: error["text"])
def test_a_text_that_was_seen_here_is_still_seen(error: dict[str, Any]) -> None:
    """A test, or a page whose commands are run, has it."""
    seen = (ROOT / error["shown_by"]).read_text(encoding="utf-8")
    assert error["text"] in seen or error.get("code", error["text"]) in seen


@pytest.mark.parametrize("cause", CAUSES, ids=lambda cause: cause["id"])
def test_every_cause_is_found_by_what_the_service_says(page: str, cause: dict[str, Any]) -> None:
    assert f"### {cause['title']}\n" in page
    for when in cause.get("when", []):
        assert all(f"`{text}`" in page for text in [*when.get("text", []), *when.get("codes", [])])


def test_a_problem_of_the_component_is_found_by_its_words(page: str) -> None:
    shown = Problem(("key_vault_extension",), "has no certificates to work on", do="add them").sentence()
    assert shown.split(": ")[1].split(";")[0] in page


@pytest.mark.parametrize(
    ("source", "texts"),
    [
        ('Problem(path, "must be this long", got, do="shorten it now")', ["must be this long; shorten it now"]),
        ('raise BadUsage(f"pool {name}: there is no such pool")', ["pool ...: there is no such pool"]),
        ('Findings.warning(path, "goes on until " + day)', ["goes on until ..."]),
        ('do = "take it away"\nProblem(path, "is too much", do=do)', ["is too much; take it away"]),
        ('do = "a b c"\ndo = "d e f"\nProblem(path, "is too much", do=do)', ["is too much"]),
        ('raise ValueError("nobody reads this one")', []),
        ("raise BadUsage(text)", []),
    ],
)
def test_what_a_source_can_say_is_read_from_it(tmp_path: Path, source: str, texts: list[str]) -> None:
    file = tmp_path / "source.py"
    file.write_text(f"def f():\n{textwrap.indent(source, '    ')}\n", encoding="utf-8")
    assert [one.text for one in messages_of(file)] == texts


def test_nothing_on_the_page_is_a_class_or_a_memory_address(page: str) -> None:
    assert not re.findall(r"<class|0x[0-9a-f]{6}", page)
