"""Texts from outside in Markdown, as GitHub and Azure DevOps render it. Pure.

Neither a name nor a value may become markup, close what it is in, call a person, link an issue, or be a command to the
run in whose log the Markdown is shown. https://github.github.com/gfm/
"""

from __future__ import annotations

import re

from ..log_commands import defuse
from ..render import line

# Breaks what a reader sees as one word, for whoever looks for names of people or issues in rendered text.
_BREAK = "&#8203;"
# A backslash would escape the character before which it stands, and in tables pipes have rules of their own; entities
# are text everywhere. A dollar begins mathematics at GitHub.
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\\": "&#92;", "|": "&#124;", "`": "&#96;", "$": "&#36;"}
_PUNCTUATION = re.compile(r"[&<>\\|`$*_\[\]~^]")
# `@name`, `#1`, `!1` (a pull request at Azure DevOps), `GH-1`, `https://`, `www.`, `:smile:`
_LINKED = re.compile(
    r"(?:[@#]|!(?=\d)|\b(?:GH(?=-\d)|www(?=\.)|(?:https?|ftp|mailto|xmpp)(?=:))|:(?!\d\d:)(?=[\w+-]+:))", re.I
)
# A list, or the line under a title; number signs are broken anyway.
_AT_FRONT = re.compile(r"^(\d*)([-+=.)])")
_FENCE = re.compile(r"`+")


def escape_words(text: str) -> str:
    """A text in a sentence, on one line."""
    # a zero-width space as an entity: nobody's text brings its own, since `line` drops characters that cannot be seen
    broken = _LINKED.sub(lambda match: f"{match[0]}\0", line(text))
    marked = _PUNCTUATION.sub(lambda match: _ENTITIES.get(match[0], f"\\{match[0]}"), broken)
    return _AT_FRONT.sub(r"\1\\\2", marked).replace("\0", _BREAK)


def escape_code(text: str) -> str:
    """A name or a value as a code span, on one line. Not for tables, whose cells end at pipes."""
    clean = defuse(line(text))
    if not clean:
        return "(empty)"
    ticks = "`" * (1 + max((len(run) for run in _FENCE.findall(clean)), default=0))
    # a span that begins or ends with a backtick needs a space there, which is not shown
    pad = " " if clean[0] == "`" or clean[-1] == "`" else ""
    return f"{ticks}{pad}{clean}{pad}{ticks}"


def fence(lines: list[str]) -> str:
    """Lines as a block of code, their indentation kept."""
    clean = [defuse(clean_indented(text)) for text in lines]
    longest = max((len(run) for text in clean for run in _FENCE.findall(text)), default=0)
    ticks = "`" * max(3, longest + 1)
    return "\n".join([f"{ticks}text", *clean, ticks])


def clean_indented(text: str) -> str:
    """A line of a message, the blanks before it kept."""
    blanks = len(text) - len(text.lstrip(" "))
    return " " * min(blanks, 12) + line(text)
