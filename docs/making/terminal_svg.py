"""A terminal's output as a picture: text with its colours, as SVG that loads nothing. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

_SEQUENCE = re.compile(r"\x1b\[([0-9;]*)([A-Za-z])")

# The colours of a light and of a dark page: a picture in a README has either around it.
_COLOURS = {31: "#f85149", 32: "#3fb950", 33: "#d29922", 34: "#58a6ff", 35: "#bc8cff", 36: "#39c5cf", 90: "#8b949e"}
_INK, _PAPER, _FRAME = "#e6edf3", "#0d1117", "#30363d"

SIZE = 13
"""Pixels of a letter's height."""

STEP = 7.8
"""Pixels from a letter to the next: 0.6 of the height in nearly every fixed-width typeface."""

LEADING = 18
MARGIN = 16


@dataclass(frozen=True)
class Run:
    """Text of one look. column: where it begins."""

    column: int
    text: str
    colour: str
    bold: bool


def render_svg(output: str, title: str) -> str:
    """The output of a command, with the command as its first line. Always the same for the same output."""
    lines = [f"\x1b[90m$\x1b[0m \x1b[1m{title}\x1b[0m", *output.rstrip("\n").split("\n")]
    drawn = [list(_runs(line)) for line in lines]
    width = MARGIN * 2 + STEP * max((run.column + len(run.text) for line in drawn for run in line), default=0)
    height = MARGIN * 2 + LEADING * len(lines)
    text = "\n".join(_line(runs, MARGIN + LEADING * number + SIZE) for number, runs in enumerate(drawn) if any(runs))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height}" '
        f'viewBox="0 0 {width:.0f} {height}" role="img" aria-label="{escape(title)}">\n'
        f"<title>{escape(title)}</title>\n"
        f'<rect x="0.5" y="0.5" width="{width - 1:.0f}" height="{height - 1}" rx="8" '
        f'fill="{_PAPER}" stroke="{_FRAME}"/>\n'
        f'<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, monospace" font-size="{SIZE}" '
        f'xml:space="preserve">\n{text}\n</g>\n</svg>\n'
    )


def plain(output: str) -> str:
    """The text alone."""
    return _SEQUENCE.sub("", output)


def text_of(svg: str) -> str:
    """The lines that a picture shows, blanks between words folded."""
    lines = re.findall(r"<text [^>]*>(.*?)</text>", svg)
    words = (re.sub(r"<[^>]+>", " ", line) for line in lines)
    entities = {"&lt;": "<", "&gt;": ">", "&quot;": '"', "&#x27;": "'", "&amp;": "&"}
    folded = []
    for line in words:
        for entity, letter in entities.items():
            line = line.replace(entity, letter)
        folded.append(" ".join(line.split()))
    return "\n".join(folded)


def _runs(line: str) -> Iterator[Run]:
    colour, bold, column, at = _INK, False, 0, 0
    for sequence in [*_SEQUENCE.finditer(line), None]:
        text = line[at : sequence.start() if sequence else len(line)].rstrip("\r")
        if text.strip():
            yield Run(column, text, colour, bold)
        column += sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)
        if sequence is None:
            return
        at = sequence.end()
        for code in [int(part or 0) for part in sequence[1].split(";")] if sequence[2] == "m" else []:
            if code == 0:
                colour, bold = _INK, False
            elif code == 1:
                bold = True
            else:
                colour = _COLOURS.get(code, colour)


def _line(runs: list[Run], y: int) -> str:
    # each word at its own place, so that columns stand whatever typeface the reader has
    spans = "".join(_words(run) for run in runs)
    return f'<text y="{y}">{spans}</text>'


def _words(run: Run) -> str:
    look = f'fill="{run.colour}"' + (' font-weight="bold"' if run.bold else "")
    return "".join(
        f'<tspan x="{MARGIN + STEP * (run.column + word.start()):.1f}" {look}>{escape(word[0])}</tspan>'
        for word in re.finditer(r"\S+(?: \S+)*", run.text)
    )
