"""What a type of an input says of the values that it cannot take. Pure.

Asked of the type itself, by giving it wrong values, so that the words are those of the errors and each limit stays
stated once.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import Any

from pydantic import TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from .azure_types import RULE
from .problems import Later

_WRONG_TEXTS = ("", "\n", "x" * 5000)
_LOWEST, _HIGHEST = -(10**9), 10**9
# each type of number takes one of these; no limit of Azure's lies beyond the ports
_PLAIN_NUMBERS = (0, 1, 5, 200, 1000)
_MOST_PORTS = 65_536
_LATER = Later(None)


def limits_of(field: FieldInfo) -> list[str]:
    """The rules of a field's type, as its errors word them: ``must be from 1 to 256``. None for a mapping."""
    return list(_limits(field.rebuild_annotation()))


def bounds_of(field: FieldInfo) -> tuple[int | None, int | None]:
    """The least and the greatest number that a field takes; None where there is no limit, or no number."""
    return _bounds(field.rebuild_annotation())


def takes_later(field: FieldInfo) -> bool:
    """Whether a field, or what is in its list or mapping, may be known later."""
    adapter = TypeAdapter[Any](field.rebuild_annotation())
    return any(_takes(adapter, value) for value in (_LATER, [_LATER], {"key": _LATER}))


@functools.cache
def _bounds(annotation: Any) -> tuple[int | None, int | None]:
    adapter = TypeAdapter[Any](annotation)
    right = next((number for number in _PLAIN_NUMBERS if _takes(adapter, number)), None)
    if right is None:
        return None, None
    return _edge(adapter, right, _LOWEST), _edge(adapter, right, _HIGHEST)


def _edge(adapter: TypeAdapter[Any], right: int, wrong: int) -> int | None:
    """The last number that is taken on the way from one that is to one that may not be; None if that is taken too."""
    if _takes(adapter, wrong):
        return None
    while abs(wrong - right) > 1:
        middle = (wrong + right) // 2
        right, wrong = (middle, wrong) if _takes(adapter, middle) else (right, middle)
    return right


@functools.cache
def _limits(annotation: Any) -> tuple[str, ...]:
    adapter = TypeAdapter[Any](annotation)
    least, most = _bounds(annotation)
    # from end to end, for numbers in between that are not taken
    between = range(-2 if least is None else least, _MOST_PORTS if most is None else most + 1)
    # as the only item too: what a list asks of its items is a limit as well
    for wrong in ((_LOWEST, _HIGHEST, *between), _WRONG_TEXTS):
        rules = _rules(adapter, wrong) or _rules(adapter, [[one] for one in wrong])
        if rules:
            return rules
    return ()


def _rules(adapter: TypeAdapter[Any], values: Iterable[Any]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for value in values:
        try:
            adapter.validate_python(value, strict=True)
        except ValidationError as error:
            details = error.errors(include_url=False, include_input=False)
            rules = [one["ctx"]["rule"] for one in details if one["type"] == RULE]
            if not rules:
                # another kind of value: the rest will fare no better
                return tuple(found)
            found.update(dict.fromkeys(rules))
    return tuple(found)


def _takes(adapter: TypeAdapter[Any], value: Any) -> bool:
    try:
        adapter.validate_python(value, strict=True)
    except ValidationError:
        return False
    return True
