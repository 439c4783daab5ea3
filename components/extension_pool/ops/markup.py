"""HTML whose texts cannot become markup. Pure.

Every element is made by `element`, and a plain string in it, child or attribute, is text: control characters and
bidirectional overrides are dropped as for the terminal, and what HTML reads as markup is escaped. Only what `element`
and `block` return is taken as it is, so that forgetting to escape is not possible.
"""

import html
import re

from .text import clean_line

_BLANK = re.compile(r"\s")
# https://html.spec.whatwg.org/multipage/syntax.html#void-elements: those of them that the page uses
_VOID = frozenset({"meta", "link", "input"})
# These end their line, for whoever reads the page as text; blanks between them mean nothing.
_LINES = frozenset(
    {"head", "title", "style", "meta", "header", "nav", "main", "section", "footer", "h1", "h2", "h3", "h4", "p", "div"}
    | {
        "ul",
        "ol",
        "li",
        "dl",
        "dt",
        "dd",
        "pre",
        "details",
        "summary",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "svg",
    }
)


class Html(str):
    """Markup that is done. Made by `element`, `block` and `together`, and from constants; never from a text."""

    __slots__ = ()


def element(tag: str, attributes: dict[str, str] | None = None, *children: str) -> Html:
    """`<tag ...>children</tag>`. An empty attribute is written without a value, as HTML has its flags."""
    names = "".join(f' {name}="{escape(value)}"' if value else f" {name}" for name, value in (attributes or {}).items())
    end = "\n" if tag in _LINES else ""
    if tag in _VOID:
        return Html(f"<{tag}{names}>{end}")
    return Html(f"<{tag}{names}>{together(*children)}</{tag}>{end}")


def together(*children: str) -> Html:
    """`children` one after the other."""
    return Html("".join(child if isinstance(child, Html) else escape(child) for child in children))


def block(text: str) -> Html:
    """A text of several lines, for an element that keeps line ends."""
    # A line end right after <pre> is not part of its text; this one is the one that HTML drops.
    return Html("\n" + "\n".join(escape(line.rstrip()) for line in text.strip("\r\n").splitlines()))


def escape(text: str) -> str:
    """`text` for an element or a quoted attribute: one line, its blanks kept, what cannot be seen dropped."""
    return html.escape(visible(text), quote=True)


def visible(text: str) -> str:
    """`text` without what `clean_line` drops; every blank is a space."""
    if text.isascii() and text.isprintable():
        return text
    return " ".join(clean_line(word) for word in _BLANK.split(text))
