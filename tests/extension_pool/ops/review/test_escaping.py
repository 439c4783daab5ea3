"""No text from outside gets out of its place in Markdown."""

import re
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extension_pool.ops.log_commands import defuse
from extension_pool.ops.review import markdown, page
from extension_pool.ops.review.escaping import escape_code, escape_words, fence
from extension_pool.ops.review.markdown import render_markdown
from extension_pool.ops.text import clean_line

from . import reports
from .rendered import COLUMNS, PARSER, details, escapes, rendered_words, rows, tokens
from .reports import HOSTILE


@cache
def hostile_texts() -> tuple[str, str]:
    made = reports.hostile()
    return render_markdown(made), render_markdown(made, limit=None)


def test_no_text_from_outside_becomes_markup_or_calls_anybody() -> None:
    for text in hostile_texts():
        assert escapes(text) == []
        assert all(len(row) == COLUMNS for row in rows(text))
        assert "\u202e" not in text
        assert "\x1b" not in text
        assert text.encode("utf-8")
        opened, closed = details(text)
        assert opened == closed
        assert not re.search(r"##(vso)?\[", text)
        assert not re.search(r"^\s*::", text, re.MULTILINE)


def test_hostile_texts_can_still_be_read() -> None:
    _, whole = hostile_texts()
    clean = clean_line(HOSTILE)
    codes = {token.content for token in tokens(whole) if token.type == "code_inline"}
    assert defuse(clean) in codes
    assert defuse(f"{clean}:3") in codes
    assert clean in rendered_words(whole).replace("\u200b", "")
    assert {row[0].replace("\u200b", "") for row in rows(whole)[1:]} == {clean, f"``` {clean}"}


@pytest.mark.parametrize("name", ["escape_words", "escape_code", "fence"])
def test_without_its_escapes_the_report_is_taken_apart(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = {
        "escape_words": clean_line,
        "escape_code": lambda text: f"`{clean_line(text)}`",
        "fence": lambda lines: "\n".join(["```", *lines, "```"]),
    }
    monkeypatch.setattr(markdown if name == "fence" else page, name, plain[name])
    text = render_markdown(reports.hostile(), limit=None)
    # two folded parts, or a block of code has swallowed them
    assert escapes(text) != [] or any(len(row) != COLUMNS for row in rows(text)) or details(text) != (2, 2)


_ANY = st.text(max_size=60) | st.text("`|\\<>!-*_[]()#@$~ \n&;:/", max_size=40) | st.just(HOSTILE)


@settings(max_examples=300, deadline=None)
@given(text=_ANY)
def test_any_text_is_itself_wherever_it_stands(text: str) -> None:
    clean = clean_line(text)
    told = list(tokens(f"- {escape_words(text)}\n"))
    assert {token.type for token in told if token.nesting >= 0} <= {
        "bullet_list_open",
        "list_item_open",
        "paragraph_open",
        "inline",
        "text",
        "text_special",
    }
    assert "".join(one.content for one in told if one.type in ("text", "text_special")).replace("\u200b", "") == clean
    code = [token.content for token in tokens(f"x {escape_code(text)} y") if token.type == "code_inline"]
    assert code == ([defuse(clean)] if clean else [])
    blocks = [token.type for token in PARSER.parse(fence(text.split("\n")))]
    assert blocks == ["fence"]
