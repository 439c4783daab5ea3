"""The project's pages as data: their blocks of code, their headings and their links. Pure but for reading the files."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]

_FENCE = re.compile(r"^(?P<indent> *)(?P<fence>`{3,})(?P<language>[^`]*)$")
_LINK = re.compile(r"(?<!!)\[(?:[^][]|\[[^][]*\]|`[^`]*`)*\]\(\s*<?([^)\s>]+)>?[^)]*\)|!\[[^]]*\]\(([^)\s]+)\)")
_REFERENCE = re.compile(r"^\[([^]]+)\]: *(\S+)$", re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """A block of code. page: path from the root; line: of the first line inside; text: without the fence's indent."""

    page: str
    line: int
    language: str
    text: str

    @property
    def place(self) -> str:
        return f"{self.page}:{self.line}"


def pages() -> list[str]:
    """Every page that a reader meets, by its path from the root."""
    found = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/*/*.md"), *ROOT.glob("policy/*.md")]
    return sorted(str(path.relative_to(ROOT)) for path in found)


def read(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def blocks_of(page: str, text: str) -> list[Block]:
    """The fenced blocks of a page, in its order. Raises ValueError for a fence that nothing closes."""
    found: list[Block] = []
    opened: re.Match[str] | None = None
    inside: list[str] = []
    for number, line in enumerate(text.splitlines(), 1):
        if opened is None:
            if opened := _FENCE.match(line):
                inside, start = [], number + 1
        elif line.strip() == opened["fence"]:
            indent = len(opened["indent"])
            body = "\n".join(one[indent:] if one[:indent].isspace() or not indent else one for one in inside)
            found.append(Block(page, start, opened["language"].strip(), body))
            opened = None
        else:
            inside.append(line)
    if opened is not None:
        raise ValueError(f"{page}:{start - 1}: a block that is never closed")
    return found


def all_blocks(*languages: str) -> list[Block]:
    """The blocks of every page in one of these languages; all of them when none is named."""
    every = (block for page in pages() for block in blocks_of(page, read(page)))
    return [block for block in every if not languages or block.language in languages]


def anchors_of(text: str) -> set[str]:
    """What the headings of a page can be linked by, as GitHub makes it."""
    counted: Counter[str] = Counter()
    anchors = set()
    for line in _prose(text):
        if heading := re.match(r"#{1,6} +(.*?)(?: +#+)?$", line):
            slug = slug_of(heading[1])
            anchors.add(f"{slug}-{counted[slug]}" if counted[slug] else slug)
            counted[slug] += 1
    return anchors | set(re.findall(r'<a (?:id|name)="([^"]+)"', text))


def slug_of(heading: str) -> str:
    """Lower case, blanks as hyphens, no other punctuation: https://github.com/gjtorikian/html-pipeline."""
    plain = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading).replace("`", "")
    return re.sub(r"[^\w\- ]", "", plain.lower().strip()).replace(" ", "-")


def links_of(text: str) -> list[str]:
    """Where a page's links and pictures lead."""
    prose = "\n".join(_prose(text))
    inline = [first or second for first, second in _LINK.findall(_without_code(prose))]
    return [*inline, *(target for _, target in _REFERENCE.findall(prose))]


def references_of(text: str) -> tuple[set[str], set[str]]:
    """The labels that a page defines for links, and those that it uses."""
    prose = _without_code("\n".join(_prose(text)))
    defined = {label for label, _ in _REFERENCE.findall(prose)}
    return defined, set(re.findall(r"\[[^][]+\]\[([^][]+)\]", prose))


def _prose(text: str) -> Iterator[str]:
    """The lines outside fenced blocks."""
    closing = ""
    for line in text.splitlines():
        fence = _FENCE.match(line)
        if closing:
            closing = "" if line.strip() == closing else closing
        elif fence:
            closing = fence["fence"]
        else:
            yield line


def _without_code(prose: str) -> str:
    """Without `code` that is no link's text: brackets in it mean nothing."""
    return re.sub(r"`[^`\n]*`", "code", prose)
