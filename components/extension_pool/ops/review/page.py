"""A page of at most so many bytes: takes parts of a report until it is full, and counts the others. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from ..text import count
from .escaping import escape_code, escape_words
from .wording import Marks

LIMIT = 10_000
"""Bytes of UTF-8 that a comment has by default: what a person reads."""
LEAST = 4_000
"""Below this the summary would not be whole."""

_RESERVED = 260
# So many bytes hold no change at all.
_NOTHING_FITS = 60
_LONGEST_NAME = 60
_MOST_NAMES = 8
_LONGEST_VALUE = 200
LONGEST_SENTENCE = 600


def size(text: str) -> int:
    """Its bytes of UTF-8."""
    # half a surrogate pair counts as well, though it is dropped before anything is written
    return len(text.encode("utf-8", "surrogatepass"))


@dataclass(frozen=True)
class Part:
    """A change, or a line of a folded part; and what it counts as where it is left out. render: takes `short`."""

    render: Callable[[bool], str]
    noun: str
    number: int = 1


class Page:
    """Takes parts until it is full, and counts the others."""

    def __init__(self, limit: int | None) -> None:
        self.limit = limit
        self._parts: list[str] = []
        self._left = None if limit is None else limit - _RESERVED
        self._missing: dict[str, int] = {}
        self._shortened = 0
        whole = limit is None
        self.marks = Marks(
            code=lambda text: escape_code(text if whole else clip(text, _LONGEST_VALUE)),
            words=lambda text: escape_words(text if whole else clip(text, _LONGEST_NAME)),
            sentence=lambda text: escape_words(text if whole else clip(text, LONGEST_SENTENCE)),
            most=None if whole else _MOST_NAMES,
        )

    def share(self, part: float) -> int | None:
        return None if self.limit is None else int(self.limit * part)

    def add(self, part: str) -> None:
        if part:
            self._parts.append(part)
            self._left = None if self._left is None else self._left - size(part) - 1

    def offer_all(self, parts: Iterable[Part]) -> None:
        """As many as there is room for in short; and of these as many whole as there is room for then."""
        shown: list[tuple[Part, str]] = []
        left = self._left
        for part in parts:
            text = part.render(left is not None) if left is None or left > _NOTHING_FITS else ""
            if not text or (left is not None and size(text) + 1 > left):
                self.count_out(part.noun, part.number)
                continue
            shown.append((part, text))
            left = None if left is None else left - size(text) - 1
        for part, short in shown:
            whole = part.render(False) if left is not None else short
            more = size(whole) - size(short)
            if left is None or more <= left:
                left = None if left is None else left - more
                self.add(whole)
            else:
                self.add(short)
                self._shortened += part.number

    def fold(self, title: str, lines: Iterable[Part]) -> None:
        """Takes as many lines as there is room for, folded under a title of ours."""
        head, tail = f"<details>\n<summary>{title}</summary>\n", "\n</details>\n"
        room = None if self._left is None else self._left - size(head) - size(tail) - 1
        taken: list[str] = []
        for line in lines:
            text = line.render(room is not None) if room is None or room > _NOTHING_FITS else ""
            if not text or (room is not None and size(text) + 1 > room):
                self.count_out(line.noun, line.number)
                continue
            taken.append(text)
            room = None if room is None else room - size(text) - 1
        if taken:
            self.add("\n".join([head, *taken, tail]))

    def text(self) -> str:
        said = [f"Told in short: {count(self._shortened, 'change')}."] if self._shortened else []
        if self._missing:
            counted = ", ".join(count(number, noun) for noun, number in self._missing.items())
            said.append(f"Not shown here: {counted}.")
        if said:
            self._parts.append(f"{' '.join(said)} The full report has all of it.\n")
        return "\n".join(self._parts)

    def count_out(self, noun: str, number: int) -> None:
        """Says at the end that so many are not shown."""
        if number:
            self._missing[noun] = self._missing.get(noun, 0) + number


def clip(text: str, longest: int) -> str:
    """A text of at most so many characters, its end marked where it was cut."""
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
