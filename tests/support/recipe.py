"""The recipes of CONTRIBUTING as data: numbered steps with edits of files and commands, and doing them in a tree."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

_STEP = re.compile(r"^\*\*(\d+)\. ", re.MULTILINE)
_BLOCK = re.compile(r"^```(diff|console)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class CannotApply(Exception):
    """An edit does not fit the file that it names; the text says where."""


@dataclass(frozen=True)
class Edit:
    """One place of a file: these lines become those. before: empty for a file that is new."""

    path: str
    before: tuple[str, ...]
    after: tuple[str, ...]

    def apply(self, root: Path) -> None:
        """Raises CannotApply where the lines are not in the file, or more than once."""
        file = root / self.path
        if not self.before:
            if file.exists():
                raise CannotApply(f"{self.path}: is there already, and the recipe makes it")
            file.write_text("".join(f"{line}\n" for line in self.after), encoding="utf-8")
            return
        lines = file.read_text(encoding="utf-8").splitlines()
        count = len(self.before)
        found = [at for at in range(len(lines) - count + 1) if tuple(lines[at : at + count]) == self.before]
        if len(found) != 1:
            raise CannotApply(f"{self.path}: these lines must be there once, and are {len(found)} times: {self.before}")
        lines[found[0] : found[0] + count] = self.after
        file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


@dataclass(frozen=True)
class Step:
    """One step: edits in their order, then commands."""

    number: int
    edits: tuple[Edit, ...]
    commands: tuple[str, ...]


def parse_recipe(page: str, heading: str) -> tuple[Step, ...]:
    """The steps under a heading: paragraphs that begin with ``**1. ``, with blocks of ``diff`` and ``console``.

    Raises ValueError where there are none, a step has nothing to do, or the numbers have a gap.
    """
    found = re.search(rf"^## {re.escape(heading)}$(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL)
    parts = _STEP.split(found[1])[1:] if found else []
    steps = tuple(_step(int(number), text) for number, text in zip(parts[::2], parts[1::2], strict=True))
    if not steps or [one.number for one in steps] != list(range(1, len(steps) + 1)):
        raise ValueError(f"{heading}: steps 1, 2, ... are wanted, got {[one.number for one in steps]}")
    idle = [one.number for one in steps if not (one.edits or one.commands)]
    if idle:
        raise ValueError(f"{heading}: nothing to do in the steps {idle}")
    return steps


def _step(number: int, text: str) -> Step:
    edits: list[Edit] = []
    commands: list[str] = []
    for language, body in _BLOCK.findall(text):
        if language == "diff":
            edits += parse_edits(body)
        else:
            commands += body.splitlines()
    return Step(number, tuple(edits), tuple(commands))


def parse_edits(body: str) -> list[Edit]:
    """A diff without line numbers: ``+++ path``, then lines after ``+``, ``-`` or a blank; ``@@`` between places."""
    first, _, rest = body.partition("\n")
    if not first.startswith("+++ "):
        raise ValueError(f"a diff begins with `+++ path`, got {first!r}")
    edits = []
    for place in re.split(r"^@@$\n?", rest, flags=re.MULTILINE):
        lines = place.splitlines()
        wrong = [line for line in lines if line[:1] not in ("+", "-", " ")]
        if wrong or all(line.startswith(" ") for line in lines):
            raise ValueError(
                f"{first[4:]}: lines of a diff begin with `+`, `-` or a blank and change something: {place!r}"
            )
        edits.append(
            Edit(
                first[4:],
                tuple(line[1:] for line in lines if line[0] != "+"),
                tuple(line[1:] for line in lines if line[0] != "-"),
            )
        )
    return edits
