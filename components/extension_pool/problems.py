"""What is wrong with an input, worded for the person who must act.

One problem reads ``path: rule, got VALUE; allowed ...; do ...``. All problems of one input are reported together.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

Path: TypeAlias = "tuple[str | int, ...]"
"""Where a value stands: keys and list indexes from the outermost input inwards."""

SECRET_FIELDS = frozenset({"protected_settings", "password", "account_key", "sas_key", "ssh_private_key"})
"""Arguments that are secret whatever they hold."""

PROTECTED_KEYS = SECRET_FIELDS | {"protectedSettings", "accountKey", "sasKey", "sshPrivateKey"}
"""Whatever stands under one of these keys is never printed."""


class Later:
    """A value that the rules must not look into: an Output of Pulumi, or a secret.

    The pure modules carry it from the input to the pool unchanged; only the rim of the library opens it.
    """

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __repr__(self) -> str:
        return "<known later>"


def open_later(tree: Any) -> Any:
    """The tree with the value of each `Later` in its place."""
    if isinstance(tree, Later):
        return tree.value
    if isinstance(tree, Mapping):
        return {key: open_later(value) for key, value in tree.items()}
    if isinstance(tree, (list, tuple)):
        return [open_later(value) for value in tree]
    return tree


def map_later(tree: Any, change: Callable[[Later, Path], Any], at: Path = ()) -> Any:
    """The tree with each `Later` as ``change`` makes it of the `Later` and its path."""
    if isinstance(tree, Later):
        return change(tree, at)
    if isinstance(tree, Mapping):
        return {key: map_later(value, change, (*at, key)) for key, value in tree.items()}
    if isinstance(tree, (list, tuple)):
        return [map_later(value, change, (*at, index)) for index, value in enumerate(tree)]
    return tree


class _Absent:
    def __repr__(self) -> str:
        return "<absent>"


ABSENT: Any = _Absent()
"""Stands for "there is no value to show"."""


class Problem(NamedTuple):
    """One broken rule.

    path: where; rule: what must hold; value: what was given (shown as JSON, shortened; never for a protected path);
    allowed: the allowed values, if they can be listed; do: the next step.
    """

    path: Path
    rule: str
    value: Any = ABSENT
    allowed: str = ""
    do: str = ""

    def sentence(self, path: str | None = None) -> str:
        """``path: rule, got VALUE; allowed ...; do ...`` with ``path`` instead of this problem's own, if given."""
        text = f"{render_path(self.path) if path is None else path}: {self.rule}"
        if self.value is not ABSENT:
            shown = "a value that is not shown" if is_protected(self.path) else show_value(self.value)
            text += f", got {shown}"
        if self.allowed:
            text += f"; allowed {self.allowed}"
        if self.do:
            text += f"; {self.do}"
        return text


class Notice(NamedTuple):
    """Something that works today and deserves a warning: an image past its date, a VM family announced to go."""

    path: Path
    text: str

    def sentence(self, path: str | None = None) -> str:
        return f"{render_path(self.path) if path is None else path}: {self.text}"


@dataclass(frozen=True)
class Findings:
    """What the rules say of one pool: ``problems`` refuse it, ``notices`` only warn."""

    problems: tuple[Problem, ...] = ()
    notices: tuple[Notice, ...] = ()

    @classmethod
    def of(cls, problem: Problem) -> Findings:
        """One problem and nothing else."""
        return cls(problems=(problem,))

    @classmethod
    def warning(cls, path: Path, text: str) -> Findings:
        """One notice and nothing else."""
        return cls(notices=(Notice(path, text),))

    def __add__(self, other: Findings) -> Findings:
        return Findings(self.problems + other.problems, self.notices + other.notices)


def without_value(problems: Sequence[Problem], secret: Any) -> list[Problem]:
    """The problems that a secret value has, with nothing of it in their words: path and rule are all that is left."""
    inside = _leaves(secret)
    return [
        Problem(one.path, "breaks a rule" if any(leaf in one.rule for leaf in inside) else one.rule) for one in problems
    ]


def _leaves(value: Any) -> set[str]:
    if isinstance(value, Mapping):
        return set().union(*(_leaves(inner) for inner in value.values()))
    if isinstance(value, (list, tuple)):
        return set().union(*(_leaves(inner) for inner in value))
    return {str(value)} - {""}


class InvalidInput(ValueError):
    """Bad input. ``problems`` holds every broken rule; the text has one line for each."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(problem.sentence() for problem in self.problems))


def render_path(path: Path) -> str:
    """``("extensions", 0, "settings", "a.b")`` -> ``extensions[0].settings["a.b"]``."""
    text = ""
    for segment in path:
        if isinstance(segment, int):
            text += f"[{segment}]"
        elif "." in segment or "[" in segment or not segment:
            text += f"[{json.dumps(segment)}]"
        else:
            text += f".{segment}" if text else segment
    return text or "(the whole input)"


def is_protected(path: Path) -> bool:
    """Whether a value at this path is a secret whatever it is."""
    return any(segment in PROTECTED_KEYS for segment in path)


def show_value(value: Any, limit: int = 80) -> str:
    """The value as its author typed it, as far as JSON can say it; at most ``limit`` characters; no secret inside."""
    text = json.dumps(_without_secrets(value), default=repr, ensure_ascii=False)
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def nearest(word: str, words: Iterable[str]) -> str | None:
    """The known word that ``word`` was most likely meant to be, or None. Upper and lower case count as equal."""
    # for who is wrong; a pool that is right does without
    import difflib

    known = {candidate.lower(): candidate for candidate in words}
    found = difflib.get_close_matches(word.lower().replace("_", ""), known, n=1, cutoff=0.6) or (
        difflib.get_close_matches(word.lower(), known, n=1, cutoff=0.6)
    )
    return known[found[0]] if found else None


def _without_secrets(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {
            str(key): "(not shown)" if key in PROTECTED_KEYS else _without_secrets(inner)
            for key, inner in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [_without_secrets(inner) for inner in value]
    return value
