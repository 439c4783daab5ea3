"""Finds the JSON in what a program printed: alone, between other lines, several of them, or cut off. Pure."""

from __future__ import annotations

import codecs
import gc
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from pydantic_core import from_json

_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_OPENING = re.compile(r"^\{", re.MULTILINE)
_DECODER = json.JSONDecoder()

_MOST_GAPS = 1000
"""Lines that look like the beginning of JSON and are none: after so many the rest is taken for text."""


@dataclass(frozen=True)
class Documents:
    """objects: the JSON objects, in order; rest: all other text; cut: whether the last object has no end, and is what
    could be read of it."""

    objects: tuple[dict[str, Any], ...]
    rest: str
    cut: bool = False


def decode(data: bytes) -> str:
    """The text of a file: UTF-8, or UTF-16 as PowerShell's ``>`` writes it. What is neither is replaced, never
    refused."""
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, errors="replace")
    # UTF-16 without a mark: every other byte of JSON is zero
    for encoding, zeros in (("utf-16-le", data[1:40:2]), ("utf-16-be", data[0:40:2])):
        if len(zeros) > 1 and not any(zeros):
            return data.decode(encoding, errors="replace")
    return data.decode("utf-8", errors="replace")


def find_documents(text: str) -> Documents:
    """Every JSON object that begins a line, and the text around them. Never raises."""
    text = text.lstrip()
    objects: list[dict[str, Any]] = []
    rest: list[str] = []
    at, begun, kept, gaps = 0, -1, "", 0
    with without_collection():
        while match := _OPENING.search(text, at):
            start = match.start()
            found = _decode_at(text, start) if gaps < _MOST_GAPS else None
            rest.append(text[at:start])
            if found is None:
                if begun < 0:
                    begun, kept = start, "".join(rest)
                gaps += 1
                rest.append(text[start])
                at = start + 1
                continue
            value, at = found
            objects.append(value)
            begun = -1
        rest.append(text[at:])
        cut = _salvage(text, begun) if begun >= 0 else None
    if cut is None:
        return Documents(tuple(objects), "".join(rest))
    return Documents((*objects, cut), kept, cut=True)


def _decode_at(text: str, start: int) -> tuple[dict[str, Any], int] | None:
    try:
        value, end = _DECODER.raw_decode(text, start)
    except (ValueError, RecursionError):
        return None
    return (value, end) if isinstance(value, dict) else None


def _salvage(text: str, start: int) -> dict[str, Any] | None:
    """What can be read of an object without an end."""
    try:
        value = from_json(text[start:].encode("utf-8", errors="replace"), allow_partial=True)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) and value else None


@contextmanager
def without_collection() -> Iterator[None]:
    """A large preview is millions of objects, none of them garbage: looking for it doubles the time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
