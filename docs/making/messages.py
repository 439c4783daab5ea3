"""The sentences that Python sources can say, read from their syntax. Pure but for reading files.

What a sentence takes in at run time is `...` here: the rest can be searched for.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

ERRORS = frozenset(
    (
        *("BadUsage", "CannotAsk", "Declined", "GateError", "InTheWay", "Locked", "ModeUnknown", "NoCli", "NotYaml"),
        *("TooLarge", "UnknownNode", "UnknownPool", "Unsure", "EngineError", "GoError", "NotBuilt", "Refused"),
    )
)
"""Classes whose first argument is what a person reads."""


@dataclass(frozen=True)
class Message:
    """One sentence. what: `problem` refuses an input, `notice` warns of it, `error` ends a command. line: where."""

    what: str
    text: str
    line: int


def messages_of(file: Path) -> list[Message]:
    """What a source can say, in its order; nothing of fewer than three words."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    outer = _strings(tree.body)
    found: dict[tuple[int, int], Message] = {}
    functions = (node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)))
    for scope in [tree, *functions]:
        inner = outer if isinstance(scope, ast.Module) else {**outer, **_strings(ast.walk(scope))}
        for node in ast.walk(scope):
            if isinstance(node, ast.Call) and (message := _message(node, inner)):
                # the innermost function comes last, and knows its own names
                found[node.lineno, node.col_offset] = message
    return [found[at] for at in sorted(found) if len(found[at].text.replace("...", " ").split()) >= 3]


def _message(call: ast.Call, names: Mapping[str, str]) -> Message | None:
    name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
    arguments = {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}
    at = call.lineno
    if name == "Problem" and len(call.args) > 1:
        parts = [_text(call.args[1], names)]
        for key in ("allowed", "do"):
            given = arguments.get(key)
            if given is not None and (words := _text(given, names)).strip("."):
                parts.append(f"allowed {words}" if key == "allowed" else words)
        return Message("problem", "; ".join(parts), at)
    if name in {"Notice", "warning"} and len(call.args) > 1:
        return Message("notice", _text(call.args[1], names), at)
    if name in ERRORS:
        # some take a word for programs before the sentence
        texts = [_text(argument, names) for argument in call.args]
        return Message("error", max(texts, key=len), at) if texts else None
    return None


def _text(node: ast.expr, names: Mapping[str, str]) -> str:
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else "..."
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(part, names) for part in node.values)
    if isinstance(node, ast.FormattedValue):
        return names.get(node.value.id, "...") if isinstance(node.value, ast.Name) else "..."
    if isinstance(node, ast.Name):
        return names.get(node.id, "...")
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _text(node.left, names) + _text(node.right, names)
    if isinstance(node, ast.IfExp):
        return _text(node.body, names)
    return "..."


def _strings(nodes: Iterable[ast.AST]) -> dict[str, str]:
    """The names that hold one text here and never another."""
    found: dict[str, str] = {}
    twice: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
            if isinstance(node.value, (ast.Constant, ast.JoinedStr)):
                twice |= {name} & set(found)
                found[name] = _text(node.value, {})
            else:
                twice.add(name)
    return {name: text for name, text in found.items() if name not in twice}


def files_below(folder: Path) -> Iterator[Path]:
    """The Python sources of a package, in the order of their names."""
    return iter(sorted(path for path in folder.rglob("*.py") if "__pycache__" not in path.parts))
