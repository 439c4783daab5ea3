"""YAML as a tree that knows the line of everything in it. Pure.

PyYAML's own trees forget where an alias was used, and load a key that stands twice without a word. A tree is made of
its events here, without recursion, so that no text can end the program.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

MERGE = "<<"
_MERGE_TAG = "tag:yaml.org,2002:merge"
_RESOLVER: Any = yaml.resolver.Resolver()
_TEXT_TAG = "tag:yaml.org,2002:str"


@dataclass(eq=False)
class Node:
    """line: 1-based, the first of what is written. value: of a scalar, with its type. raw: lines of a scalar as they
    are written, without the blanks around them."""

    line: int
    value: Any = None
    raw: tuple[str, ...] = ()
    keys: dict[str, Entry] | None = None
    items: list[Entry] | None = None
    merged: list[Entry] = field(default_factory=list)


@dataclass(eq=False)
class Entry:
    """A place in a mapping or a list. line: of its key or of its item; via: where an alias or a merge key brings the
    node, None for one that is written there."""

    line: int
    node: Node
    via: int | None = None


def parse_tree(text: str) -> Node | None:
    """The first document of a text, merge keys resolved; None for what is no YAML, or has no document."""
    # libyaml is many times faster, where PyYAML was built with it
    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    text = text.removeprefix("\ufeff")
    try:
        return _Composer(text).compose(yaml.parse(text, Loader=loader))
    except (yaml.YAMLError, UnicodeError):
        return None


@dataclass
class _Open:
    """A mapping or list whose end has not come yet, and the key whose value is next."""

    node: Node
    key: Node | None = None


class _Composer:
    def __init__(self, text: str) -> None:
        self._text = text
        self._starts = [0, *(index + 1 for index, char in enumerate(text) if char == "\n")]
        self._open: list[_Open] = []
        self._anchors: dict[str, Node] = {}
        self._root: Node | None = None

    def compose(self, events: Iterator[Any]) -> Node | None:
        event: Any
        for event in events:
            if isinstance(event, yaml.DocumentEndEvent):
                # Pulumi reads one document
                break
            if isinstance(event, yaml.ScalarEvent):
                self._put(self._scalar(event), event)
            elif isinstance(event, yaml.AliasEvent):
                self._alias(event)
            elif isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
                self._begin(event)
            elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
                _merge(self._open.pop().node)
        return self._root

    def _alias(self, event: Any) -> None:
        known = self._anchors.get(event.anchor)
        if known is None or any(one.node is known for one in self._open):
            # one to what is still open would hold itself: it stands for nothing
            self._put(self._node(event), event, alias=True)
        else:
            self._put(known, event, alias=True)

    def _begin(self, event: Any) -> None:
        node = self._node(event)
        if isinstance(event, yaml.MappingStartEvent):
            node.keys = {}
        else:
            node.items = []
        self._put(node, event)
        self._open.append(_Open(node))

    def _put(self, node: Node, event: Any, *, alias: bool = False) -> None:
        line = self._line(event.start_mark.index)
        if event.anchor is not None and not alias:
            self._anchors[event.anchor] = node
        via = line if alias else None
        if not self._open:
            self._root = self._root or node
            return
        above = self._open[-1]
        if above.node.items is not None:
            above.node.items.append(Entry(line, node, via))
        elif above.key is None:
            above.key = node
        else:
            _set(above.node, above.key, Entry(above.key.line, node, via))
            above.key = None

    def _scalar(self, event: Any) -> Node:
        node = self._node(event)
        tag = event.tag or _RESOLVER.resolve(yaml.ScalarNode, event.value, event.implicit)
        node.value = _MERGE_TAG if tag == _MERGE_TAG else _construct(tag, event.value)
        written = self._text[event.start_mark.index : event.end_mark.index].rstrip()
        node.raw = tuple(line.strip() for line in written.split("\n"))
        return node

    def _node(self, event: Any) -> Node:
        return Node(self._line(event.start_mark.index))

    def _line(self, index: int) -> int:
        # not the mark's own: for YAML there are line ends that editors and reviews do not count
        return bisect_right(self._starts, max(index, 0))


def _set(mapping: Node, key: Node, entry: Entry) -> None:
    if mapping.keys is None:
        return
    if key.value == _MERGE_TAG:
        mapping.merged.append(entry)
    else:
        # the last of equal keys holds, as PyYAML has it
        mapping.keys[_text(key)] = entry


def _text(key: Node) -> str:
    """A key as the configuration has it: a text, whatever it looks like."""
    if key.keys is not None or key.items is not None:
        return "?"
    return key.value if isinstance(key.value, str) else " ".join(key.raw)


def _merge(mapping: Node) -> None:
    """What merge keys bring: own keys win, and of several mappings the first. https://yaml.org/type/merge.html"""
    if mapping.keys is None:
        return
    for entry in mapping.merged:
        sources = entry.node.items if entry.node.items is not None else [entry]
        for source in sources:
            via = source.via or entry.via or entry.line
            for name, brought in (source.node.keys or {}).items():
                mapping.keys.setdefault(name, Entry(brought.line, brought.node, via))


def _construct(tag: str, text: str) -> Any:
    """A scalar's value and type; for a type that only a program knows the text with its tag."""
    if tag == _TEXT_TAG:
        return text
    try:
        return yaml.constructor.SafeConstructor().construct_object(yaml.ScalarNode(tag, text))
    except (yaml.YAMLError, ValueError, OverflowError, LookupError):
        return (tag, text)
