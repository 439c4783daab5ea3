"""Query options of list calls: $filter, $select, maxresults and paging (batch.md 3.2)."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar
from urllib.parse import urlencode

from emulator.batch.errors import invalid_query

LARGEST_PAGE = 1000
_TERM = re.compile(r"^\(?\s*(?P<name>[\w/]+)\s+(?P<operator>eq|ne)\s+'(?P<value>(?:[^']|'')*)'\s*\)?$")

Item = TypeVar("Item")
Test = Callable[[Mapping[str, Any]], bool]


def filtered(expression: str | None, allowed: Sequence[str]) -> Test:
    """A test for `name eq 'x'` and `name ne 'x'`, joined by `and` or by `or`. Names are case-sensitive.

    A property that is not in `allowed`, or anything else, is a 400.
    """
    if not expression:
        return lambda _: True
    operator = " or " if " or " in expression else " and "
    if " or " in expression and " and " in expression:
        raise invalid_query("$filter", expression, "Local Azure reads terms joined by `and` or by `or`, not by both.")
    tests = [_term(term.strip(), expression, allowed) for term in expression.split(operator)]
    if operator == " or ":
        return lambda item: any(test(item) for test in tests)
    return lambda item: all(test(item) for test in tests)


def _term(term: str, expression: str, allowed: Sequence[str]) -> Test:
    found = _TERM.match(term)
    if not found:
        raise invalid_query("$filter", expression, f"'{term}' is not of the form: name eq 'value'.")
    name, wanted = found["name"], found["value"].replace("''", "'")
    if name not in allowed:
        raise invalid_query("$filter", expression, f"'{name}' is not supported; supported: {', '.join(allowed)}.")
    same = found["operator"] == "eq"
    return lambda item: (str(item.get(name, "")).lower() == wanted.lower()) is same


def selected(item: dict[str, Any], expression: str | None) -> dict[str, Any]:
    """Only the properties that $select names; all without it."""
    if not expression:
        return item
    names = {name.strip() for name in expression.split(",")}
    return {name: value for name, value in item.items() if name in names}


def page(items: Sequence[Item], query: Mapping[str, str]) -> tuple[Sequence[Item], int | None]:
    """(this page's items, where the next page begins or None)."""
    start, end = bounds(query)
    return items[start:end], end if end < len(items) else None


def bounds(query: Mapping[str, str]) -> tuple[int, int]:
    """Where the page that the query asks for begins and would end."""
    text = query.get("maxresults", str(LARGEST_PAGE))
    if not text.isdigit() or not 1 <= int(text) <= LARGEST_PAGE:
        raise invalid_query("maxresults", text, f"It must be between 1 and {LARGEST_PAGE}.")
    start = _start(query.get("$skiptoken"))
    return start, start + int(text)


def next_link(base: str, path: str, query: Mapping[str, str], start: int) -> str:
    """The absolute address of the next page: the same query with a skip token."""
    token = base64.b64encode(f"skip:{start}".encode()).decode()
    kept = {name: value for name, value in query.items() if name != "$skiptoken"}
    return f"{base}{path}?{urlencode({**kept, '$skiptoken': token})}"


def _start(token: str | None) -> int:
    if token is None:
        return 0
    try:
        return int(base64.b64decode(token, validate=True).decode().removeprefix("skip:"))
    except ValueError:
        raise invalid_query("$skiptoken", token, "It is not a token of this service.") from None
