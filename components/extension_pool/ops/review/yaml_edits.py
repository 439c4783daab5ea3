"""What differs between two versions of a YAML text, place by place, with lines. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from .yaml_tree import Entry, Node

Path = tuple[str | int, ...]
_Block = tuple[str, int, int, int, int]

# An alias of an alias of an alias can stand for more than any memory holds.
_MOST_PLACES = 100_000
_DEEPEST = 100
_LONG = 1_000
# What names an item of a list, where items have it.
_NAMES = ("name", "url", "id", "lun")


@dataclass(frozen=True)
class TextEdit:
    """A place that differs. path: keys and indexes; those of the version before, if `removed`. line: 1-based, in the
    version that the path is of. parts: whether what is in it has edits of its own."""

    path: Path
    line: int
    removed: bool = False
    parts: bool = False


class TooMuch(Exception):
    """The tree is larger or deeper than any stack file."""


def find_edits(base: str, now: str, trees: tuple[Node, Node], *, free: frozenset[str] = frozenset()) -> list[TextEdit]:
    """The places that differ, the whole and its parts: of a mapping that is new, itself and each leaf in it.

    base, now: the texts of the two trees. free: keys of lists whose order means nothing. Raises TooMuch.
    """
    return list(_Comparison(_changed_lines(base, now), free).compare(Entry(1, trees[0]), Entry(1, trees[1]), ()))


@dataclass(frozen=True)
class _Lines:
    """Which lines differ: those of the version before, and those of the one after."""

    before: frozenset[int]
    after: frozenset[int]


def _changed_lines(base: str, now: str) -> _Lines:
    before, after = ([line.strip() for line in text.split("\n")] for text in (base, now))
    changed = [block for block in _blocks(before, after) if block[0] != "equal"]
    return _Lines(
        frozenset(line + 1 for _, first, last, _, _ in changed for line in range(first, last)),
        frozenset(line + 1 for _, _, _, first, last in changed for line in range(first, last)),
    )


def _blocks(old: list[Any], new: list[Any]) -> Sequence[_Block]:
    # exact where it is affordable: with many equal lines that takes their number squared
    return SequenceMatcher(None, old, new, autojunk=len(new) > _LONG).get_opcodes()


class _Comparison:
    def __init__(self, lines: _Lines, free: frozenset[str]) -> None:
        self._lines = lines
        self._free = free
        self._left = _MOST_PLACES

    def compare(self, base: Entry, now: Entry, path: Path) -> Iterator[TextEdit]:
        self._count(path)
        old, new = base.node, now.node
        if old.keys is not None and new.keys is not None:
            for key, entry in new.keys.items():
                yield from self._pair(old.keys.get(key), entry, (*path, key))
            for key, entry in old.keys.items():
                yield from () if key in new.keys else self._whole(entry, (*path, key), removed=True)
        elif old.items is not None and new.items is not None:
            yield from self._lists(old.items, new.items, path)
        elif _same(old, new):
            return
        elif old.keys is not None or old.items is not None or new.keys is not None or new.items is not None:
            yield from self._whole(now, path)
        else:
            yield TextEdit(path, self._pick([_first_difference(old, new), now.line, now.via], self._lines.after))

    def _pair(self, base: Entry | None, now: Entry, path: Path) -> Iterator[TextEdit]:
        if base is None:
            yield from self._whole(now, path)
        else:
            yield from self.compare(base, now, path)

    def _whole(self, entry: Entry, path: Path, *, removed: bool = False) -> Iterator[TextEdit]:
        """What came or went as one, and all that is in it."""
        self._count(path)
        changed = self._lines.before if removed else self._lines.after
        node = entry.node
        scalar = node.keys is None and node.items is None
        lines = [node.line, entry.line] if scalar else [entry.line, node.line]
        yield TextEdit(path, self._pick([*lines, entry.via], changed), removed, not scalar)
        for key, inner in (node.keys or {}).items():
            yield from self._whole(inner, (*path, key), removed=removed)
        for index, inner in enumerate(node.items or []):
            yield from self._whole(inner, (*path, index), removed=removed)

    def _lists(self, base: list[Entry], now: list[Entry], path: Path) -> Iterator[TextEdit]:
        names = self._identities([*base, *now], len(base))
        old, new = names[: len(base)], names[len(base) :]
        blocks = _blocks(old, new)
        kept = {index for kind, first, last, _, _ in blocks if kind == "equal" for index in range(first, last)}
        gone: dict[Any, list[int]] = {}
        for index in reversed(range(len(old))):
            if index not in kept:
                gone.setdefault(old[index], []).append(index)
        moves = {index: gone[name].pop() for index, name in self._come(blocks, new) if gone.get(name)}
        left = {index for indexes in gone.values() for index in indexes}
        for kind, first, last, start, end in blocks:
            rest = [index for index in range(first, last) if index in left]
            for offset, index in enumerate(range(start, end)):
                at = (*path, index)
                if kind == "equal":
                    yield from self.compare(base[first + offset], now[index], at)
                elif index in moves:
                    yield from self._moved(base[moves[index]], now[index], at)
                elif rest:
                    yield from self.compare(base[rest.pop(0)], now[index], at)
                else:
                    yield from self._whole(now[index], at)
            for index in rest:
                yield from self._whole(base[index], (*path, index), removed=True)

    @staticmethod
    def _come(blocks: Sequence[_Block], names: list[Any]) -> Iterator[tuple[int, Any]]:
        """The items that are not where they were, or were not there."""
        for kind, _, _, start, end in blocks:
            yield from () if kind == "equal" else ((index, names[index]) for index in range(start, end))

    def _moved(self, base: Entry, now: Entry, path: Path) -> Iterator[TextEdit]:
        if self._free.isdisjoint(path[-2:-1]):
            yield TextEdit(path, self._pick([now.line, now.via], self._lines.after))
        yield from self.compare(base, now, path)

    def _identities(self, entries: Sequence[Entry], first: int) -> list[Any]:
        """What tells the items of two lists apart, the `first` ones and the others: a name if each item has one of its
        own, else all that is in it."""
        for name in _NAMES:
            named = [_scalar((entry.node.keys or {}).get(name)) for entry in entries]
            if None not in named and all(len(set(part)) == len(part) for part in (named[:first], named[first:])):
                return named
        return [self._frozen(entry.node, 0) for entry in entries]

    def _frozen(self, node: Node, depth: int) -> Any:
        self._count((0,) * depth)
        if node.keys is not None:
            return frozenset((key, self._frozen(entry.node, depth + 1)) for key, entry in node.keys.items())
        if node.items is not None:
            return tuple(self._frozen(entry.node, depth + 1) for entry in node.items)
        return _told(node)

    def _count(self, path: Path) -> None:
        self._left -= 1
        if self._left < 0 or len(path) > _DEEPEST:
            raise TooMuch

    @staticmethod
    def _pick(lines: list[int | None], changed: frozenset[int]) -> int:
        """The first of the lines that was edited: a value that an alias brings may have been edited at either end."""
        there = [line for line in lines if line is not None]
        return next((line for line in there if line in changed), there[0])


def _same(old: Node, new: Node) -> bool:
    kinds = [(node.keys is not None, node.items is not None) for node in (old, new)]
    return kinds[0] == kinds[1] and _told(old) == _told(new)


def _told(node: Node) -> tuple[type, str]:
    # by text: no number equals itself less for being `.nan`
    return type(node.value), repr(node.value)


def _scalar(entry: Entry | None) -> tuple[type, str] | None:
    return None if entry is None or entry.node.keys is not None or entry.node.items is not None else _told(entry.node)


def _first_difference(old: Node, new: Node) -> int:
    """The line of a value that differs: of one in several lines the first that does."""
    same = 0
    for before, after in zip(old.raw, new.raw, strict=False):
        if before != after:
            break
        same += 1
    return new.line + min(same, len(new.raw) - 1)
