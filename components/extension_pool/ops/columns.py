"""Lays out text in columns, for terminals of any width and for pipes. Pure; knows no pools.

Widths are those of a terminal: an East Asian wide character takes two columns, a combining mark none.
"""

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

GAP = "  "


class Style(Enum):
    """How a text looks where colour is shown: the parameter of ANSI's SGR sequence."""

    PLAIN = ""
    BOLD = "1"
    RED = "31"
    GREEN = "32"
    YELLOW = "33"
    MAGENTA = "35"


@dataclass(frozen=True)
class Cell:
    """One line of clean text (see `text`) in a style."""

    text: str
    style: Style = Style.PLAIN


@dataclass(frozen=True)
class Column:
    """A title, and the width below which its texts are hard to read.

    A `firm` column never gets narrower than that. One that stands `apart` gets a line of its own
    where not all of them can be read side by side: an id that is folded cannot be copied. The line is below the others
    if the column is the last, else above.
    """

    title: str
    least: int = 4
    firm: bool = False
    apart: bool = False


def paint(text: str, style: Style, colour: bool) -> str:
    """`text` with the sequences for `style`, if there is colour."""
    return f"\x1b[{style.value}m{text}\x1b[0m" if colour and style.value and text else text


def measure(text: str) -> int:
    """The columns that `text` takes."""
    if text.isascii():
        return len(text)
    return sum(_width(char) for char in text)


def wrap(text: str, width: int | None) -> list[str]:
    """`text` in lines of at most `width` columns: broken between words, and within those longer than a line.

    Only blanks at the breaks are dropped. Without a width it is one line.
    """
    if width is None or measure(text) <= width:
        return [text]
    lines: list[str] = []
    line, used = "", 0
    for word in text.split(" "):
        size = measure(word)
        if line and used + 1 + size <= width:
            line, used = f"{line} {word}", used + 1 + size
            continue
        if line and size > width and used + 1 < width:
            # It is broken anyway: it may as well begin here.
            word = f"{line} {word}"
        elif line:
            lines.append(line)
        *full, line = _chop(word, width)
        lines.extend(full)
        used = measure(line)
    return [*lines, line]


def lay_out(
    columns: Sequence[Column], rows: Iterable[Sequence[Cell]], *, width: int | None, colour: bool
) -> Iterator[str]:
    """The lines of a table, its titles first, without blanks at their ends.

    Without a width each row is one line. With one, cells are folded until the table fits; where that would take firm
    columns below their least width, or others below a few letters, the lines are longer and the terminal wraps them.
    """
    table = [[Cell(column.title, Style.BOLD) for column in columns], *rows]
    natural = [max(measure(row[number].text) for row in table) for number in range(len(columns))]
    away = next((number for number, column in enumerate(columns) if column.apart), None)
    least = [min(size, column.least) for column, size in zip(columns, natural, strict=True)]
    if width is None or away is None or _total(least) <= width:
        yield from _lines(columns, table, natural, width, colour)
        return
    beside = [number for number in range(len(columns)) if number != away]
    yield from _lines(
        [columns[number] for number in beside],
        [[row[number] for number in beside] for row in table],
        [natural[number] for number in beside],
        width - len(GAP),
        colour,
        apart=[paint(row[away].text, row[away].style, colour) for row in table],
        below=away == len(columns) - 1,
    )


def _lines(
    columns: Sequence[Column],
    table: Sequence[Sequence[Cell]],
    natural: Sequence[int],
    width: int | None,
    colour: bool,
    apart: Sequence[str] = (),
    below: bool = False,
) -> Iterator[str]:
    """The rows, folded to fit, each with its line that stands apart."""
    widths = natural if width is None else _fit(columns, natural, width)
    indent = GAP if apart and not below else ""
    for number, row in enumerate(table):
        if apart and not below:
            yield apart[number]
        if all(measure(cell.text) <= size for cell, size in zip(row, widths, strict=True)):
            yield indent + _line(row, widths, colour)
        else:
            yield from (indent + text for text in _folded(row, widths, colour))
        if apart and below:
            yield GAP + apart[number]


def _folded(row: Sequence[Cell], widths: Sequence[int], colour: bool) -> Iterator[str]:
    parts = [wrap(cell.text, size) for cell, size in zip(row, widths, strict=True)]
    for number in range(max(map(len, parts))):
        line = [
            Cell(part[number], cell.style) if number < len(part) else Cell("")
            for cell, part in zip(row, parts, strict=True)
        ]
        yield _line(line, widths, colour)


def _line(row: Sequence[Cell], widths: Sequence[int], colour: bool) -> str:
    last = max((number for number, cell in enumerate(row) if cell.text), default=-1)
    shown = [
        paint(cell.text, cell.style, colour) + (" " * (size - measure(cell.text)) if number < last else "")
        for number, (cell, size) in enumerate(zip(row[: last + 1], widths, strict=False))
    ]
    return GAP.join(shown)


_NARROWEST = 4


def _fit(columns: Sequence[Column], natural: Sequence[int], width: int) -> Sequence[int]:
    """The widths of the columns: first to what can be read well, then to what can be read at all."""
    pairs = list(zip(columns, natural, strict=True))
    widths = _narrow(natural, [min(size, column.least) for column, size in pairs], width)
    return _narrow(widths, [min(size, column.least if column.firm else _NARROWEST) for column, size in pairs], width)


def _narrow(sizes: Sequence[int], least: Sequence[int], width: int) -> list[int]:
    """`sizes` with the widest narrowed, again and again, until they fit or none can be."""
    widths = list(sizes)
    over = _total(widths) - width
    while over > 0:
        free = [number for number, size in enumerate(widths) if size > least[number]]
        if not free:
            break
        widest = max(free, key=widths.__getitem__)
        # Down to the next one at once: a name may be thousands of letters long.
        rivals = [widths[number] for number in free if number != widest]
        step = max(1, min(over, widths[widest] - max([least[widest], *rivals])))
        widths[widest] -= step
        over -= step
    return widths


def _total(widths: Sequence[int]) -> int:
    return sum(widths) + len(GAP) * (len(widths) - 1)


def _chop(word: str, width: int) -> Iterator[str]:
    """`word` in pieces of at most `width` columns; at least one piece, which may be empty."""
    piece, used = "", 0
    for char in word:
        size = _width(char)
        if piece and used + size > width:
            yield piece
            piece, used = "", 0
        piece, used = piece + char, used + size
    yield piece


def _width(char: str) -> int:
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1
