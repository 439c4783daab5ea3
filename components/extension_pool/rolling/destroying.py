"""Whether this run is a `pulumi destroy`.

The engine does not tell the program. What it is run by does: a process above it is the command line, with its words.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path, PurePath

_DESTROY = frozenset({"destroy", "down", "dn"})
_UP = frozenset({"up", "update"})
# Options of every command that take a value of their own; https://www.pulumi.com/docs/iac/cli/commands/pulumi/
_WITH_VALUE = frozenset({"-C", "--cwd", "--color", "--memprofilerate", "--profiling", "--tracing", "-v", "--verbose"})
_DEEPEST = 8


def is_destroy(words: Sequence[str]) -> bool:
    """Whether a command line is that of `pulumi destroy`."""
    return _command_of(words) in _DESTROY


def destroying(above: Callable[[], Iterable[Sequence[str]]] | None = None) -> bool:
    """Whether one of the processes above is a `pulumi destroy`. `above`: their command lines, nearest first."""
    return any(is_destroy(words) for words in (above or _above)())


def updating(above: Callable[[], Iterable[Sequence[str]]] | None = None) -> bool:
    """Whether one of the processes above is a `pulumi up`: then this is no destroy for sure."""
    return any(_command_of(words) in _UP for words in (above or _above)())


def _command_of(words: Sequence[str]) -> str:
    """The command of a `pulumi` command line; empty for any other program."""
    if not words or PurePath(words[0]).name.lower().removesuffix(".exe") != "pulumi":
        return ""
    return next(_commands(words[1:]), "")


def _commands(words: Sequence[str]) -> Iterator[str]:
    """The words that are neither options nor values of the options above."""
    skip = False
    for word in words:
        if skip:
            skip = False
        elif word in _WITH_VALUE:
            skip = True
        elif not word.startswith("-"):
            yield word


@cache
def _above() -> tuple[Sequence[str], ...]:
    """Looked at once: every pool of a run asks, and what started it stays what it was."""
    return tuple(_walk())


def _walk() -> Iterator[Sequence[str]]:
    pid = os.getppid()
    for _ in range(_DEEPEST):
        if pid <= 1:
            return
        found = _look(pid)
        if found is None:
            return
        pid, words = found
        yield words


def _look(pid: int) -> tuple[int, Sequence[str]] | None:
    """The parent and the command line of a process; None when it cannot be looked at."""
    folder = Path("/proc", str(pid))
    try:
        words = (folder / "cmdline").read_bytes().decode(errors="replace").rstrip("\0").split("\0")
        # The name in parentheses can have blanks and parentheses in it.
        parent = int((folder / "stat").read_text(errors="replace").rpartition(")")[2].split()[1])
    except (OSError, ValueError, IndexError):
        return _ask_ps(pid)
    return parent, words


def _ask_ps(pid: int) -> tuple[int, Sequence[str]] | None:
    """As `_look`, where there is no /proc. Arguments with blanks come apart, which the first words do not have."""
    command = ["ps", "-o", "ppid=,args=", "-p", str(pid)]
    try:
        said = subprocess.run(command, capture_output=True, text=True, check=True, timeout=5).stdout.split()
        return int(said[0]), said[1:]
    except (OSError, subprocess.SubprocessError, ValueError, IndexError):
        return None
