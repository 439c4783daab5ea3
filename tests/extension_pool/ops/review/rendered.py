"""Reports in Markdown, read as GitHub and Azure DevOps read them."""

import re
from collections.abc import Iterator

from markdown_it import MarkdownIt
from markdown_it.token import Token

PARSER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
OURS = re.compile(r"</?details>|<summary>[\w ,:]*</summary>")
VENDOR = "https://learn.microsoft.com/"
COLUMNS = 7
# What GitHub and Azure DevOps look for in what is rendered: people, issues, pull requests, addresses.
CALLS = re.compile(r"@\w|#\w|!\d|GH-\d|https?://|www\.|mailto:|:(?!\d\d:)\w+:", re.IGNORECASE)


def tokens(text: str) -> Iterator[Token]:
    for token in PARSER.parse(text):
        yield token
        yield from token.children or ()


def rendered_words(text: str) -> str:
    """What stands in the rendered text, without code."""
    return "\n".join(token.content for token in tokens(text) if token.type == "text")


def escapes(text: str) -> list[str]:
    """What is markup in a report and is not ours."""
    found = [f"call: {match}" for line in rendered_words(text).splitlines() for match in CALLS.findall(line)]
    for token in tokens(text):
        if token.type in ("html_block", "html_inline"):
            found += [f"html: {line}" for line in token.content.split("\n") if line and not OURS.fullmatch(line)]
        elif token.type == "link_open" and not str(token.attrs["href"]).startswith(VENDOR):
            found.append(f"link: {token.attrs['href']}")
        elif token.type in ("image", "em_open", "s_open", "blockquote_open", "hr", "ordered_list_open", "code_block"):
            found.append(token.type)
        elif token.type == "heading_open" and token.tag != "h4":
            found.append(token.tag)
    return found


def rows(text: str) -> list[list[str]]:
    """The cells of the table of environments."""
    found: list[list[str]] = []
    cells = False
    for token in tokens(text):
        if token.type == "tr_open":
            found.append([])
        elif token.type in ("td_open", "th_open"):
            cells = True
        elif token.type == "inline" and cells:
            found[-1].append("".join(child.content for child in token.children or ()))
            cells = False
    return found


def details(text: str) -> tuple[int, int]:
    html = "".join(token.content for token in PARSER.parse(text) if token.type == "html_block")
    return html.count("<details>"), html.count("</details>")
