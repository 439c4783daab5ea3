"""A console block as steps: each a command as one types it, and what the page shows of its output. Pure."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass

from tests.docs.pages import Block

_CONTROL = {"|", "&&", "||", ";", ">", ">>", "<", "&"}
_ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=.*", re.DOTALL)


@dataclass(frozen=True)
class Step:
    """command: the line as typed, continuations joined, comment cut; "" for output without a command."""

    page: str
    line: int
    command: str
    output: tuple[str, ...] = ()

    @property
    def place(self) -> str:
        return f"{self.page}:{self.line}"


@dataclass(frozen=True)
class Simple:
    """One program with its words. environment: assignments before it; files: where it is redirected to."""

    words: tuple[str, ...]
    environment: tuple[str, ...] = ()
    files: tuple[str, ...] = ()


def steps_of(block: Block, programs: frozenset[str]) -> list[Step]:
    """The block's steps.

    With a line that begins with `$ `, those are the commands and the rest is what they print. Without, it is a list of
    commands if it begins with one of the `programs`, and else what something printed.
    """
    lines = block.text.split("\n")
    prompted = any(line.startswith("$ ") for line in lines)
    if not prompted and not _begins(lines[0], programs):
        return [Step(block.page, block.line, "", tuple(lines))]
    steps: list[Step] = []
    going_on = False
    for number, line in enumerate(lines, block.line):
        if going_on:
            last = steps.pop()
            steps.append(Step(last.page, last.line, f"{last.command[:-1].rstrip()} {line.strip()}"))
        elif line.startswith("$ ") or (not prompted and line.strip() and not line.startswith("#")):
            steps.append(Step(block.page, number, line.removeprefix("$ ").strip()))
        elif prompted and steps:
            last = steps.pop()
            steps.append(Step(last.page, last.line, last.command, (*last.output, line)))
            continue
        going_on = bool(steps) and steps[-1].command.endswith("\\")
    return [Step(one.page, one.line, without_comment(one.command), one.output) for one in steps]


def without_comment(command: str) -> str:
    """The command without the remark behind ` #`, quotes heeded."""
    for found in re.finditer(r"\s#", command):
        head = command[: found.start()]
        try:
            shlex.split(head)
        except ValueError:
            continue
        return head.rstrip()
    return command


def simple_commands(command: str) -> list[Simple]:
    """The programs of a command line: split at pipes and the like. Raises ValueError for one that no shell reads."""
    lexer = shlex.shlex(command, posix=True, punctuation_chars="|&;<>")
    lexer.whitespace_split = True
    found: list[Simple] = []
    words: list[str] = []
    files: list[str] = []
    redirected = False
    for token in [*lexer, ";"]:
        if redirected:
            files.append(token)
            redirected = False
        elif token in {">", ">>", "<"}:
            redirected = True
        elif token in _CONTROL:
            if words:
                found.append(_simple(words, files))
            words, files = [], []
        else:
            words.append(token)
    return found


def _simple(words: list[str], files: list[str]) -> Simple:
    first = next((index for index, word in enumerate(words) if not _ASSIGNMENT.fullmatch(word)), len(words))
    return Simple(tuple(words[first:]), tuple(words[:first]), tuple(files))


def _begins(line: str, programs: frozenset[str]) -> bool:
    try:
        simple = simple_commands(without_comment(line.removesuffix("\\")))
    except ValueError:
        return False
    return bool(simple and simple[0].words) and simple[0].words[0].rsplit("/", 1)[-1] in programs
