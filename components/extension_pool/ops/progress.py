"""What is seen of a command while it works: how far the reading is, what changed, a picture that is drawn over.

Nothing here is part of the result. How far the reading is goes to stderr, and only to a terminal.
"""

import shutil
import sys
from collections.abc import Callable, Sequence
from datetime import datetime, timezone
from typing import TextIO, TypeVar

from .errors import CannotAsk
from .health import PoolHealth
from .output import harmless, moves_cursor, tell
from .sweep import Progress
from .text import clean_line, count

Answer = TypeVar("Answer")

# https://learn.microsoft.com/windows/console/console-virtual-terminal-sequences (ECMA-48; every terminal in use)
_CLEAR_LINE = "\r\x1b[2K"
_CLEAR_BELOW = "\x1b[J"
_NO_WRAP, _WRAP = "\x1b[?7l", "\x1b[?7h"


class Line:
    """One line on stderr that is written over, and wiped when it is left. In a pipe it does not exist.

    Whoever prints something else to a terminal wipes it first.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = sys.stderr if stream is None else stream
        self._seen = False
        self.active = moves_cursor(self._stream)

    def __enter__(self) -> "Line":
        return self

    def __exit__(self, *_: object) -> None:
        self.wipe()

    def show(self, text: str) -> None:
        """`text` in the place of what was there, cut to the width of the terminal."""
        if self.active:
            # One column less: a full line would wrap, and only its second half would be written over.
            width = max(shutil.get_terminal_size().columns - 1, 1)
            self._stream.write(f"{_CLEAR_LINE}{clean_line(text)[:width]}")
            self._stream.flush()
            self._seen = True

    def around(self, ask: Callable[[], Answer]) -> Callable[[], Answer]:
        """`ask`, with the line wiped when it is done or raises."""

        def asking() -> Answer:
            try:
                return ask()
            finally:
                self.wipe()

        return asking

    def wipe(self) -> None:
        """Leaves an empty line with the cursor at its begin."""
        if self._seen:
            self._stream.write(_CLEAR_LINE)
            self._stream.flush()
            self._seen = False


def sentence(pool: PoolHealth) -> str:
    """How a pool is, in one sentence: as a gate sees it if one was asked for."""
    return pool.summary if pool.gate is None else pool.gate.summary


def reading(pool: str, progress: Progress) -> str:
    """`reading linux: 312 of 1000 nodes, 14 at a time`; no numbers while there is no node to ask."""
    if not progress.total:
        return f"reading {clean_line(pool)}"
    nodes = f"{progress.answered} of {count(progress.total, 'node')}"
    return f"reading {clean_line(pool)}: {nodes}, {progress.workers} at a time"


class Changes:
    """A line with the time for each pool of which `sentence` says something else than last time.

    `write` says whether anybody reads it.
    """

    def __init__(
        self,
        write: Callable[[str], bool],
        now: Callable[[], datetime] = lambda: datetime.now(timezone.utc),
    ) -> None:
        self._write, self._now = write, now
        self._told: dict[tuple[str, str], str] = {}

    def tell(self, pools: Sequence[PoolHealth]) -> bool:
        """Writes what changed; whether anybody reads it."""
        read = True
        for pool in pools:
            said = clean_line(sentence(pool))
            if self._told.get((pool.account, pool.name)) != said:
                self._told[pool.account, pool.name] = said
                read = self._line(f"{clean_line(pool.name)}: {said}") and read
        return read

    def trouble(self, error: CannotAsk) -> None:
        """A round without an answer."""
        self._line(f"no answer this time, asking again: {clean_line(str(error))}")

    def _line(self, text: str) -> bool:
        return self._write(f"{self._now():%Y-%m-%dT%H:%M:%SZ}  {text}\n")


def teller(subject: str = "") -> Callable[[str], None]:
    """Writes lines to stderr with time and subject, in a pipe too: the log of what was done is read afterwards."""
    named = f"{subject}: " if subject else ""
    return lambda line: tell([f"{datetime.now(timezone.utc):%Y-%m-%dT%H:%M:%SZ}  {named}{line}"])


def to_stderr(line: str) -> bool:
    """For `Changes`: what is no part of the result, in a pipe too."""
    sys.stderr.write(harmless(line))
    sys.stderr.flush()
    return True


def to_terminal(line: str) -> bool:
    """For `Changes`: to stderr if that is a terminal, else nowhere."""
    return to_stderr(line) if sys.stderr.isatty() else True


class Picture:
    """A text on a terminal that the next one is drawn over; what does not fit is counted in its last line."""

    def __init__(self, write: Callable[[str], bool]) -> None:
        self._write = write
        self._rows = 0

    def draw(self, text: str) -> bool:
        """`text`, each of its lines ending in a newline, in the place of the last one; whether anybody reads it."""
        lines = text.splitlines()
        # The cursor stands on the line below.
        room = max(shutil.get_terminal_size().lines - 1, 1)
        if len(lines) > room:
            rest = len(lines) - room + 1
            lines = [*lines[: room - 1], f"... {count(rest, 'line')} more than this terminal has"]
        up = f"\x1b[{self._rows}A" if self._rows else ""
        body = "".join(f"{line}\n" for line in lines)
        self._rows = len(lines)
        return self._write(f"{_NO_WRAP}{up}\r{_CLEAR_BELOW}{body}{_WRAP}")
