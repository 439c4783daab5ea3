"""The documentation of arguments, read from their source: the string literal under a field. Pure.

Read and not imported, so that nothing here needs Pulumi.
"""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from pydantic import BaseModel

from .spec import PoolSettings, PoolSpec, arm_name
from .validation import find_model

PACKAGE = Path(__file__).parent


@dataclass(frozen=True)
class FieldDoc:
    """text: what stands under the field, on one line; names: the names in its annotation."""

    text: str
    names: frozenset[str]


@dataclass(frozen=True)
class ClassDoc:
    """A class with its documented fields, in the order of the source."""

    name: str
    text: str
    fields: Mapping[str, FieldDoc]


def read_class_docs(source: Path) -> dict[str, ClassDoc]:
    """The classes of a module by name."""
    tree = ast.parse(source.read_text(encoding="utf-8"))
    return {node.name: _class_doc(node) for node in tree.body if isinstance(node, ast.ClassDef)}


@functools.cache
def read_args_docs() -> Mapping[str, ClassDoc]:
    """Every argument type of the component by name."""
    found: dict[str, ClassDoc] = {}
    sources = sorted((PACKAGE / "args").glob("*.py"))
    for source in sources:
        found.update(read_class_docs(source))
    for source in sources:
        found.update({other: found[name] for other, name in _other_names(source) if name in found})
    return MappingProxyType(found)


def _other_names(source: Path) -> Iterator[tuple[str, str]]:
    """Where a module gives a class another name, for type checkers to see more in it: the new name and the old."""
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Name) and isinstance(node.targets[0], ast.Name):
            yield node.targets[0].id, node.value.id


@functools.cache
def docs_of_models() -> Mapping[type[BaseModel], ClassDoc]:
    """The documentation of each checked model: its argument type's. In the order of the pool's arguments."""
    known = read_args_docs()
    found: dict[type[BaseModel], ClassDoc] = {}
    waiting: list[tuple[type[BaseModel], ClassDoc]] = [(PoolSpec, known["ExtensionPoolArgs"])]
    while waiting:
        model, doc = waiting.pop(0)
        if model in found:
            continue
        found[model] = doc
        for name, field in model.model_fields.items():
            inner = find_model(field.annotation)
            # an undocumented field is for the test to find
            inner_doc = next((known[one] for one in doc.fields[name].names if one in known), None)
            if inner is not None and inner_doc is not None:
                waiting.append((inner, inner_doc))
    found[PoolSettings] = found[PoolSpec]
    return MappingProxyType(found)


_SNAKE = re.compile(r"`?\b[a-z]+(?:_[a-z]+)+\b`?")


def in_stack_words(text: str) -> str:
    """A documentation's text with the arguments that it names as stack files write them."""
    known = {name for model in docs_of_models() for name in model.model_fields}

    def stack_word(match: re.Match[str]) -> str:
        word = match[0].strip("`")
        return arm_name(word) if word in known else match[0]

    return _SNAKE.sub(stack_word, text)


def _class_doc(node: ast.ClassDef) -> ClassDoc:
    fields = dict(_field_docs(node))
    return ClassDoc(node.name, _one_line(ast.get_docstring(node) or ""), MappingProxyType(fields))


def _field_docs(node: ast.ClassDef) -> Iterator[tuple[str, FieldDoc]]:
    for statement, after in zip(node.body, [*node.body[1:], None], strict=True):
        if not isinstance(statement, ast.AnnAssign) or not isinstance(statement.target, ast.Name):
            continue
        text = ""
        if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant) and isinstance(after.value.value, str):
            text = _one_line(after.value.value)
        names = {one.id for one in ast.walk(statement.annotation) if isinstance(one, ast.Name)}
        yield statement.target.id, FieldDoc(text, frozenset(names))


def _one_line(text: str) -> str:
    return " ".join(text.split())
