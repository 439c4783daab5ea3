"""The shapes of inputs and outputs, read from pulumi_azure_native's own classes."""

from __future__ import annotations

import collections.abc
import enum
import functools
import importlib
import inspect
import threading
import typing
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Shape:
    """What a property may hold. kind: string, integer, number, boolean, array, map, object, any.

    `items`: of arrays and maps. `fields`: of objects, read when first asked. `values`: of closed enumerations.
    """

    kind: str
    items: Shape | None = None
    values: tuple[str, ...] = ()
    source: Any = None

    @property
    def fields(self) -> dict[str, Shape]:
        return _fields(self.source) if self.source is not None else {}

    @property
    def required(self) -> frozenset[str]:
        """Names of the fields that an input object must have."""
        return _required(self.source) if self.source is not None else frozenset()

    @property
    def name(self) -> str:
        """The class's name without its suffix, for messages."""
        name = str(getattr(self.source, "__name__", self.kind))
        return name.removesuffix("InitArgs").removesuffix("Args").removesuffix("Response")


ANY = Shape("any")
_SIMPLE = {str: Shape("string"), bool: Shape("boolean"), int: Shape("integer"), float: Shape("number"), Any: ANY}


_importing = threading.Lock()


@functools.cache
def module(name: str) -> Any:
    """A module of pulumi_azure_native; imported late because each costs start-up time.

    The package loads its modules at the first look into them (pulumi._utils._LazyModule), and when two threads look at
    once, one sees a module that is half there. So one at a time, and loaded before it is handed out.
    """
    with _importing:
        found = importlib.import_module(f"pulumi_azure_native.{name}")
        # Any name but the usual ones of introspection makes a lazy module load.
        getattr(found, "loaded", None)
        return found


def inputs_of(module_name: str, class_name: str) -> Shape:
    """The inputs of a resource class. Where a type inside of others has the same name, as a subnet in a network, the
    SDK calls them InitArgs."""
    found = module(module_name)
    return Shape("object", source=getattr(found, f"{class_name}InitArgs", None) or getattr(found, f"{class_name}Args"))


def outputs_of(module_name: str, class_name: str) -> dict[str, Shape]:
    """The output properties of a resource class."""
    types = importlib.import_module("pulumi._types")
    resource = getattr(module(module_name), class_name)
    return {name: shape_of(annotation) for name, annotation in types.resource_types(resource).items()}


def shape_of(annotation: Any) -> Shape:
    """The shape behind a type annotation of the SDK, without its Input, Output and Optional wrappers."""
    if annotation in _SIMPLE:
        return _SIMPLE[annotation]
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Union or type(annotation).__name__ == "UnionType":
        return _of_union(arguments)
    if origin in (collections.abc.Sequence, list):
        return Shape("array", items=shape_of(arguments[0]))
    if origin in (collections.abc.Mapping, dict):
        return Shape("map", items=shape_of(arguments[1]))
    if inspect.isclass(annotation):
        if issubclass(annotation, enum.Enum):
            return Shape("string", values=tuple(str(member.value) for member in annotation))
        return Shape("object", source=annotation)
    return ANY


def _of_union(arguments: tuple[Any, ...]) -> Shape:
    members = [item for item in arguments if item is not type(None) and not _is_wrapper(item)]
    shapes = {shape_of(item) for item in members}
    if len(shapes) == 1:
        return shapes.pop()
    # Union[str, SomeEnum] is an open enumeration: the SDK lets any text through, and so does the provider.
    if shapes and all(shape.kind == "string" for shape in shapes):
        return Shape("string")
    return ANY


def _is_wrapper(annotation: Any) -> bool:
    """Awaitable[T] and Output[T], the other members of pulumi.Input[T]."""
    origin = typing.get_origin(annotation) or annotation
    return getattr(origin, "__name__", "") in ("Awaitable", "Output")


@functools.cache
def _fields(source: Any) -> dict[str, Shape]:
    types = importlib.import_module("pulumi._types")
    read = types.input_type_types if types.is_input_type(source) else types.output_type_types
    return {name: shape_of(annotation) for name, annotation in read(source).items()}


@functools.cache
def _required(source: Any) -> frozenset[str]:
    types = importlib.import_module("pulumi._types")
    names = types.input_type_py_to_pulumi_names(source)
    parameters = inspect.signature(source.__init__).parameters.values()
    return frozenset(
        names.get(item.name, item.name)
        for item in parameters
        if item.kind is inspect.Parameter.KEYWORD_ONLY and item.default is inspect.Parameter.empty
    )
