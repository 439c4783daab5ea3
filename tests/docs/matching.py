"""Whether what a page shows is what a command printed. Pure.

A line `...` stands for any lines, `...` inside a line for any text. What is different in each run (times, ports, ids)
is taken for the same.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_CHANGING = (
    (re.compile(r"\x1b\[[0-9;?]*[A-Za-z]"), ""),
    (re.compile(r"127\.0\.0\.1:\d+"), "127.0.0.1:PORT"),
    (re.compile(r"tvmps_[0-9a-f]{64}_"), "tvmps_ID_"),
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"), "GUID"),
    (re.compile(r"\((\d+m)?\d+(\.\d+)?m?s\)"), "(TIME)"),
    (re.compile(r"\b\d+(\.\d+)? ?(ms|s|seconds?|minutes?)\b"), "TIME"),
    (re.compile(r"-[0-9a-f]{8}\b"), "-DIGEST"),
    (re.compile(r"\b\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d)?Z?)?"), "DATE"),
)


def settled(line: str) -> str:
    """The line without what is different in each run; runs of blanks are one."""
    for pattern, instead in _CHANGING:
        line = pattern.sub(instead, line)
    return " ".join(line.split())


def mismatch(shown: Sequence[str], printed: str) -> str | None:
    """The first line of a page that was not printed where it should be; None when all were.

    Printed lines before the first shown one need no `...`: a page may begin where it gets interesting. So may the end.
    """
    real = [settled(line) for line in printed.splitlines()]
    at, free = 0, True
    for line in shown:
        wanted = settled(line)
        if wanted == "...":
            free = True
            continue
        if not wanted:
            continue
        while not free and at < len(real) and not real[at]:
            at += 1
        pattern = re.compile(".*".join(re.escape(part) for part in wanted.split("...")))
        places = range(at, len(real)) if free else range(at, min(at + 1, len(real)))
        found = next((place for place in places if pattern.fullmatch(real[place])), None)
        if found is None:
            return line
        at, free = found + 1, False
    return None
