"""What azure-native's `Pool` takes, read off its own argument types."""

from __future__ import annotations

import enum
import inspect
import typing
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pulumi import _types
from pulumi_azure_native import batch

Path = tuple[str, ...]
"""Property names in the provider's words (camelCase), from the outermost inwards; the items of lists have none."""

POOL: Any = batch.PoolArgs


@dataclass(frozen=True)
class Property:
    """One property of an argument type.

    kind: string, integer, boolean, map, any or object; values: those of an enumeration; python: the SDK's name in
    Python; source: the class of an object.
    """

    name: str
    python: str
    kind: str
    is_list: bool = False
    values: tuple[str, ...] = ()
    source: Any = None


def properties_of(source: Any) -> dict[str, Property]:
    """The properties of an argument type by the provider's name."""
    names = _types.input_type_py_to_pulumi_names(source)
    annotations = _types.input_type_types(source)
    return {name: _property(name, python, annotations[name]) for python, name in names.items()}


def leaves(source: Any = POOL, at: Path = ()) -> Iterator[tuple[Path, Property]]:
    """Everything below a type that is not an object."""
    for name, one in properties_of(source).items():
        if one.kind == "object":
            yield from leaves(one.source, (*at, name))
        else:
            yield (*at, name), one


def _property(name: str, python: str, annotation: Any) -> Property:
    members = list(_members(annotation))
    for member in members:
        if _is(member, "Sequence", "list"):
            return _property_of(name, python, list(_members(typing.get_args(member)[0])), is_list=True)
    return _property_of(name, python, members, is_list=False)


def _property_of(name: str, python: str, members: list[Any], *, is_list: bool) -> Property:
    for member in members:
        if inspect.isclass(member) and _types.is_input_type(member):
            return Property(name, python, "object", is_list, source=member)
        if inspect.isclass(member) and issubclass(member, enum.Enum):
            return Property(name, python, "string", is_list, values=tuple(str(one.value) for one in member))
        if _is(member, "Mapping", "dict"):
            return Property(name, python, "map", is_list)
    # bool comes first: what takes a boolean takes no number
    for type_, kind in ((bool, "boolean"), (int, "integer"), (str, "string")):
        if type_ in members:
            return Property(name, python, kind, is_list)
    assert Any in members, (name, members)
    return Property(name, python, "any", is_list)


def _members(annotation: Any) -> Iterator[Any]:
    """The types that an annotation allows, without Input's Awaitable and Output, enumerations before plain text."""
    origin = typing.get_origin(annotation)
    if origin is typing.Union or type(annotation).__name__ == "UnionType":
        members = [one for argument in typing.get_args(annotation) for one in _members(argument)]
        yield from sorted(members, key=lambda one: one is str)
    elif annotation is not type(None) and not _is(annotation, "Awaitable", "Output"):
        yield annotation


def _is(annotation: Any, *names: str) -> bool:
    return getattr(typing.get_origin(annotation), "__name__", "") in names
