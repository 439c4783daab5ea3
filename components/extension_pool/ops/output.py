"""How every command prints its result."""

import os
import sys
from collections.abc import Iterable
from enum import Enum

from .text import clean_line


class Output(str, Enum):
    """How results are printed."""

    TABLE = "table"
    JSON = "json"


def write(text: str) -> None:
    """To stdout, whatever its encoding; a reader that has enough, `| head` for one, is no error."""
    encoding = sys.stdout.encoding or "utf-8"
    try:
        sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding))
        sys.stdout.flush()
    except BrokenPipeError:
        # stdout must not be flushed again when Python ends
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def tell(lines: Iterable[str]) -> None:
    """To stderr, one line each: what is no part of the result."""
    for line in lines:
        sys.stderr.write(f"{clean_line(line)}\n")
