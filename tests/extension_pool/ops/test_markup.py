"""That no text becomes markup, whatever it holds."""

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extension_pool.ops.markup import Html, block, element, together, visible


class Reader(HTMLParser):
    """What a parser makes of markup: start tags with their attributes, and the text."""

    def __init__(self, markup: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(markup)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


@given(st.text(), st.text(min_size=1))
def test_a_text_comes_back_as_the_text_it_was_without_what_cannot_be_seen(child: str, value: str) -> None:
    read = Reader(element("span", {"data-w": value}, child))
    assert read.tags == [("span", {"data-w": visible(value) or ""})]
    assert read.text == visible(child)


@given(st.text())
def test_what_is_visible_can_be_printed_and_stays_so(text: str) -> None:
    assert all(char.isprintable() or ord(char) > 0x7F for char in visible(text))
    assert visible(visible(text)) == visible(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain  text ", "plain  text "),
        ("a\tb\nc", "a b c"),
        ("\u202egnp.exe", "gnp.exe"),
        ("\x1b[2Jx\x00", "[2Jx"),
        ("\u05d0 \u4e2d", "\u05d0 \u4e2d"),
    ],
)
def test_blanks_stay_and_controls_go(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_markup_inside_markup_is_not_escaped_again() -> None:
    assert element("b", None, element("i", None, "<"), together("&", Html("<hr>"))) == "<b><i>&lt;</i>&amp;<hr></b>"


def test_a_flag_has_no_value_and_a_void_element_no_end() -> None:
    assert element("input", {"type": "checkbox", "checked": ""}) == '<input type="checkbox" checked>'


def test_a_block_keeps_its_lines_and_what_they_begin_with() -> None:
    assert block("\r\nfirst  \r\n  <second>\n\nlast\n") == "\nfirst\n  &lt;second&gt;\n\nlast"
