"""docs/larger-programs.md shows the example as it is."""

import re
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "larger-programs.md").read_text(encoding="utf-8")
SNIPPETS = re.findall(r"```python\n(.*?)```", PAGE, re.S)
SOURCES = [file.read_text(encoding="utf-8") for file in (ROOT / "examples" / "larger-program").glob("*.py")]


def within(snippet: str, source: str) -> bool:
    """Whether the lines are in the source, all moved by the same indentation."""
    return any(textwrap.indent(snippet, " " * depth) in f"\n{source}" for depth in range(0, 24, 4))


def test_the_page_has_snippets() -> None:
    assert len(SNIPPETS) >= 5


@pytest.mark.parametrize("snippet", SNIPPETS)
def test_every_snippet_is_in_the_example(snippet: str) -> None:
    assert any(within(snippet, source) for source in SOURCES)


def test_what_the_example_does_not_have_is_found_out() -> None:
    assert not any(within('"mode": "nonsense",\n', source) for source in SOURCES)
