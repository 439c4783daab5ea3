"""The line of a stack file that a property was edited at, between a base and the working tree. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath

from .model import Place
from .stack_words import FREE_ORDER, MACHINES, POOLS, parse_property, replaces, words_behind, words_behind_other
from .yaml_edits import Path, TextEdit, TooMuch, find_edits
from .yaml_tree import Entry, Node, parse_tree

STACK_FILE = re.compile(r"Pulumi\.(?P<stack>.+)\.(?:yaml|yml|json)", re.DOTALL)
"""The name of a stack's file, as Pulumi has it."""


@dataclass(frozen=True)
class Places:
    """Where the stack files were edited."""

    files: Mapping[str, StackFile]
    """By stack name."""

    @classmethod
    def between(cls, base: Mapping[str, str], now: Mapping[str, str]) -> Places:
        """From the texts of stack files by path, as they were and as they are. A file that is only in one of them was
        written or deleted as a whole; one that is no YAML, or was none, tells nothing."""
        files: dict[str, StackFile] = {}
        for path in sorted({*base, *now}):
            match = STACK_FILE.fullmatch(PurePosixPath(path).name)
            if match is not None:
                files[match["stack"]] = StackFile(path, base.get(path, ""), now.get(path, ""))
        return cls(files)

    def find(self, environment: str, pool: str, path: str) -> Place | None:
        """Where a property of a pool was edited; None if no edited line of its stack file explains it.

        environment: the stack, also as ``organization/project/stack``. pool: its name in the stack file. path: as the
        engine names the property; an extension by index (``extensions[0]``) or by name (``extensions["Name"]``). "" is
        the pool as a whole, and only its coming or going is found.
        """
        file = self._file(environment)
        if file is None:
            return None
        if not path:
            return file.find_exact((POOLS, pool))
        found = file.find(lambda config: words_behind(pool, path, config))
        at = parse_property(path)
        if found is None and (at == ("poolName",) or at in (MACHINES, MACHINES[:1])):
            # the name of a blue-green pool is made of all that replaces it; and of a whole any part may be meant
            return file.find_replacing(pool)
        return found

    def find_other(self, environment: str, name: str, path: str) -> Place | None:
        """Where a property of another resource of the stack was edited. name: its logical name."""
        file = self._file(environment)
        return file.find(lambda config: words_behind_other(name, path, config)) if file is not None else None

    def _file(self, environment: str) -> StackFile | None:
        return self.files.get(environment.rpartition("/")[2])


@dataclass(frozen=True)
class StackFile:
    """A stack's file. base, now: its texts; empty where there is none."""

    path: str
    base: str
    now: str

    def find(self, words: Callable[[Node | None], Iterator[Path]]) -> Place | None:
        """The edit of the first of the words that has one, or a part that has one.

        Words are asked of both versions: indexes differ between them.
        """
        if not self._edits:
            return None
        found = [
            (rank, abs(len(edit.path) - len(word)), _order(edit), edit)
            for removed, config in ((False, self._configs[1]), (True, self._configs[0]))
            for rank, word in enumerate(words(config))
            for edit in self._near(word)
            if edit.removed == removed and _related(edit, word)
        ]
        return self._place(min(found, key=lambda one: one[:3])[3]) if found else None

    def find_exact(self, path: Path) -> Place | None:
        """The edit of this very place."""
        return next((self._place(edit) for edit in self._near(path) if edit.path == path), None)

    def find_replacing(self, pool: str) -> Place | None:
        """The first edit of a pool that makes it be replaced."""
        edits = [edit for edit in self._near((POOLS, pool)) if len(edit.path) > 2]
        found = [edit for edit in edits if replaces(str(edit.path[2]), ".".join(_names(edit.path[3:])))]
        return self._place(min(found, key=_order)) if found else None

    @cached_property
    def _trees(self) -> tuple[Node | None, Node | None]:
        return _parse(self.base), _parse(self.now)

    @cached_property
    def _configs(self) -> tuple[Node | None, Node | None]:
        return _config(self._trees[0]), _config(self._trees[1])

    @cached_property
    def _edits(self) -> tuple[TextEdit, ...]:
        base, now = self._configs
        # most stacks are not edited, and need not be read
        if self.base == self.now or base is None or now is None:
            return ()
        try:
            return tuple(find_edits(self.base, self.now, (base, now), free=FREE_ORDER))
        except TooMuch:
            return ()

    @cached_property
    def _by_beginning(self) -> Mapping[Path, list[TextEdit]]:
        """Edits by the first and by the first two keys of their paths: a new stack file has an edit for each line."""
        found: dict[Path, list[TextEdit]] = {}
        for edit in self._edits:
            for size in {1, min(2, len(edit.path))}:
                found.setdefault(edit.path[:size], []).append(edit)
        return found

    def _near(self, word: Path) -> Iterator[TextEdit]:
        """The edits that can be of a place, or of what it is in."""
        yield from self._by_beginning.get(word[:2], ())
        if len(word) > 1:
            whole = self._by_beginning.get(word[:1], ())
            # what is in a mapping comes after it
            yield from whole[:1] if whole and len(whole[0].path) == 1 else ()

    def _place(self, edit: TextEdit) -> Place:
        return Place(self.path, edit.line, edit.removed)


def _parse(text: str) -> Node | None:
    return parse_tree(text) if text.strip() else Node(1, keys={})


def _config(tree: Node | None) -> Node | None:
    """What stands under ``config``, keys without a namespace under the project's; None where there is no tree."""
    if tree is None or tree.keys is None:
        return None
    config = tree.keys.get("config", Entry(1, Node(1, keys={}))).node
    if config.keys is None:
        return Node(config.line, keys={})
    space = POOLS.partition(":")[0]
    keys = {key if ":" in key else f"{space}:{key}": entry for key, entry in config.keys.items()}
    found = Node(config.line, keys={key: entry for key, entry in keys.items() if "." not in key})
    for key, entry in keys.items():
        first, *rest = key.split(".")
        if rest:
            found = _put(found, [first, *rest] if first.startswith(f"{space}:") else [key], entry)
    return found


def _put(node: Node, path: Sequence[str], entry: Entry) -> Node:
    """The mapping with an entry at the place that a key with dots says; without it where the place is none."""
    if node.keys is None:
        return node
    first, *rest = path
    if rest:
        there = node.keys.get(first) or Entry(entry.line, Node(entry.line, keys={}))
        entry = Entry(there.line, _put(there.node, rest, entry), there.via)
    return Node(node.line, keys={**node.keys, first: entry})


def _related(edit: TextEdit, word: Path) -> bool:
    """Whether an edit is of a place, of a part of it, or of the one value that it is in."""
    size = min(len(edit.path), len(word))
    inside = len(edit.path) >= len(word) or not edit.parts
    return inside and edit.path[:size] == word[:size] and size > 0


def _order(edit: TextEdit) -> tuple[int, int]:
    return edit.line, -len(edit.path)


def _names(path: Path) -> list[str]:
    return [part for part in path if isinstance(part, str)]
