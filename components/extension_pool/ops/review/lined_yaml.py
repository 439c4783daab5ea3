"""YAML as plain texts, with the line of each place. Pure.

Scalars stay as their author typed them: `22:00` and `on` mean something else to YAML 1.1 than to people. Keys that come
twice are told, where PyYAML's own loaders keep the last.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from ...problems import Path, Problem

_NOTHING = frozenset({"", "~", "null", "Null", "NULL"})
_MERGE = "<<"

# Aliases can make a small file a huge tree; no file that people write comes near this.
_MOST_VALUES = 100_000


class NotYaml(ValueError):
    """The text is no YAML; `line` is where, counted from 1, or None."""

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.line = line


@dataclass(frozen=True)
class LinedDocument:
    """tree: mappings, lists, texts, and None where nothing stands. lines: the line of each place, counted from 1: that
    of its key in a mapping. problems: keys that come twice, keys that are no texts."""

    tree: Any
    lines: Mapping[Path, int]
    problems: tuple[Problem, ...]


def parse_lined(text: str) -> LinedDocument:
    """The one document of a text. Raises NotYaml."""
    try:
        node = yaml.compose(text, Loader=yaml.BaseLoader)
        walk = _Walk()
        tree = None if node is None else walk.plain(node, ())
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise NotYaml(error.problem or error.context or "is no YAML", mark.line + 1 if mark else None) from None
    except yaml.YAMLError as error:
        raise NotYaml(str(getattr(error, "reason", error))) from None
    except RecursionError:
        raise NotYaml("is nested too deep") from None
    return LinedDocument(tree, walk.lines, tuple(walk.problems))


@dataclass
class _Walk:
    lines: dict[Path, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    inside: list[yaml.Node] = field(default_factory=list)
    values: int = 0

    def plain(self, node: yaml.Node, at: Path) -> Any:
        line = node.start_mark.line + 1
        self.lines.setdefault(at, line)
        self.values += 1
        if self.values > _MOST_VALUES:
            raise NotYaml("has too many values", line)
        if isinstance(node, yaml.ScalarNode):
            text: str = node.value
            return None if node.style is None and text in _NOTHING else text
        if any(one is node for one in self.inside):
            raise NotYaml("an alias contains itself", line)
        self.inside.append(node)
        try:
            return self._items(node, at) if isinstance(node, yaml.SequenceNode) else self._mapping(node, at)
        finally:
            self.inside.pop()

    def _items(self, node: yaml.SequenceNode, at: Path) -> list[Any]:
        return [self.plain(one, (*at, index)) for index, one in enumerate(node.value)]

    def _mapping(self, node: yaml.Node, at: Path) -> dict[str, Any]:
        own: dict[str, Any] = {}
        merged: list[yaml.Node] = []
        for key, value in node.value:
            line, place = key.start_mark.line + 1, (*at, key.value)
            if not isinstance(key, yaml.ScalarNode):
                self.problems.append(Problem(at, f"a key must be a text (line {line})"))
            elif key.value == _MERGE and key.style is None:
                merged += value.value if isinstance(value, yaml.SequenceNode) else [value]
            elif key.value in own:
                first = self.lines[place]
                self.problems.append(Problem(place, f"stands twice, in line {first} and in line {line}", do="keep one"))
            else:
                self.lines[place] = line
                own[key.value] = self.plain(value, place)
        for source in merged:
            self._merge(source, own, at)
        return own

    def _merge(self, source: yaml.Node, own: dict[str, Any], at: Path) -> None:
        """The mapping's own keys go before those that it takes from others, the first of these before the next."""
        if not isinstance(source, yaml.MappingNode):
            line = source.start_mark.line + 1
            self.problems.append(Problem(at, f"{_MERGE} takes in mappings only (line {line})"))
            return
        inner = _Walk(inside=[*self.inside, source], values=self.values)
        taken = inner._mapping(source, at)
        self.values = inner.values
        self.problems += [one for one in inner.problems if one not in self.problems]
        self.lines.update({path: line for path, line in inner.lines.items() if path not in self.lines})
        own.update({key: value for key, value in taken.items() if key not in own})
