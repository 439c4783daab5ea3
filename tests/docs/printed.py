"""What programs print, as far as it can be known without running them: goldens, and the sentences of the sources."""

from __future__ import annotations

import ast
import re
from functools import cache

from docs.making.messages import files_below
from tests.docs.matching import settled
from tests.docs.pages import ROOT

_SOURCES = ("components", "engine", "emulator", "policy")
_SHORTEST = 4


@cache
def golden_lines() -> frozenset[str]:
    """Every line of a golden: what a test has seen printed."""
    files = [path for suffix in ("txt", "md") for path in (ROOT / "tests" / "goldens").rglob(f"*.{suffix}")]
    return frozenset(settled(line) for path in files for line in path.read_text(encoding="utf-8").splitlines())


@cache
def phrases() -> tuple[str, ...]:
    """The fixed parts of every text in the sources, docstrings left out, longest first."""
    found = set()
    for folder in _SOURCES:
        for file in files_below(ROOT / folder):
            found |= _phrases(ast.parse(file.read_text(encoding="utf-8")))
    for suffix in ("toml", "css"):
        for file in (ROOT / "components").rglob(f"*.{suffix}"):
            found |= set(re.findall(r'"([^"\n]{6,})"', file.read_text(encoding="utf-8")))
    spaced = {" ".join(re.sub(r"\{\w+\}", " ", one).split()) for one in found}
    return tuple(sorted((one for one in spaced if _letters(one) >= _SHORTEST), key=len, reverse=True))


def _phrases(tree: ast.Module) -> set[str]:
    prose = {
        id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    return {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose
    }


def unknown(lines: tuple[str, ...]) -> str | None:
    """The text that nothing here prints, if that is more than two fifths of `lines`; None when enough of it is known.

    Names, numbers and paths may be anything, and short words that stand between them do not count.
    """
    left = []
    for line in lines:
        pattern = re.compile(".*".join(map(re.escape, settled(line).split("..."))))
        if settled(line).strip(". ") and not any(pattern.fullmatch(golden) for golden in golden_lines()):
            left.append(line)
    # sentences are wrapped on pages: they are looked for in the whole
    text = " ".join(" ".join(left).split())
    whole = _letters(_without_names(text))
    for phrase in phrases():
        if phrase in text:
            text = text.replace(phrase, " ")
    rest = _without_names(text)
    return rest.strip() if whole and _letters(rest) > 0.4 * whole else None


def _without_names(text: str) -> str:
    """Without what a user has chosen or Azure has given: quoted values, paths, keys with dots, types with colons."""
    return re.sub(r"\"[^\"]*\"|'[^']*'|\S*[/\\:.\[\]=_-]\S*|\b\w*[A-Z0-9]\w*\b", " ", text)


def _letters(text: str) -> int:
    return sum(len(word) for word in re.findall(r"[^\W\d_]{3,}", text))
