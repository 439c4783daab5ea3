"""How every command prints its result."""

import os
import shutil
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from typing import TextIO

from .log_commands import defuse, defuse_json, defuse_page, obeys_log
from .text import clean_line


class Output(str, Enum):
    """How results are printed."""

    TABLE = "table"
    JSON = "json"


class PageOutput(str, Enum):
    """How the results of a command that can make a page are printed."""

    TABLE = "table"
    JSON = "json"
    HTML = "html"


@dataclass(frozen=True)
class Look:
    """What stdout can show: its `width` in columns (None: no terminal, so no limit), colour, and Unicode symbols."""

    width: int | None
    colour: bool
    unicode: bool


def look() -> Look:
    """What stdout can show: fitted and coloured on a terminal, plain in a pipe."""
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    # https://no-color.org
    colour = moves_cursor(sys.stdout) and not os.environ.get("NO_COLOR")
    return Look(width, colour, (sys.stdout.encoding or "").lower().replace("-", "").startswith("utf"))


def moves_cursor(stream: TextIO) -> bool:
    """Whether `stream` is a terminal that understands more than lines."""
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def harmless(text: str) -> str:
    """`text` as this process may print it: where its output is read for commands, without any.

    Names and texts of services, nodes and previews are strangers'; what a command prints goes through here or through
    the forms for JSON and pages.
    """
    return defuse(text) if obeys_log(os.environ) else text


def write(text: str) -> bool:
    """To stdout, whatever its encoding. False when nobody reads any more, `| head` for one, which is no error."""
    return _write_text(harmless(text))


def write_json(text: str) -> bool:
    """JSON to stdout: it means the same to programs wherever it is printed. Else as `write`."""
    return _write_text(defuse_json(text) if obeys_log(os.environ) else text)


def write_page(text: str) -> bool:
    """To stdout in UTF-8, whatever its encoding: for a document that says in which encoding it is. Else as `write`."""
    page = defuse_page(text) if obeys_log(os.environ) else text
    return _write(lambda: sys.stdout.buffer.write(page.encode("utf-8")))


def _write_text(text: str) -> bool:
    encoding = sys.stdout.encoding or "utf-8"
    return _write(lambda: sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding)))


def _write(send: Callable[[], object]) -> bool:
    try:
        send()
        sys.stdout.flush()
    except BrokenPipeError:
        # stdout must not be flushed again when Python ends
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return False
    return True


def tell(lines: Iterable[str]) -> None:
    """To stderr, one line each: what is no part of the result."""
    for line in lines:
        sys.stderr.write(f"{harmless(clean_line(line))}\n")
