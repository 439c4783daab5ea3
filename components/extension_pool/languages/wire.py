"""From what arrives on Pulumi's wire to the tree of a pool's arguments.

On the wire a number is a float, an unknown value a marker, and a secret or a dependency stands wherever the program's
language puts it: at a leaf, at a list, at a whole property. Here every leaf gets what stands above it, and the form
that the schema gives it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias, TypeVar

import pulumi
from pulumi.resource import DependencyResource

from ..problems import Later, Path, is_protected
from ..wire_marks import ASSETS, OUTPUT, RESOURCE, SECRET, SIGNATURE, UNKNOWNS

T = TypeVar("T")

Described: TypeAlias = Mapping[str, Any]
"""What the package schema says of something: ``type``, ``$ref``, ``properties``, ``items`` and so on."""

_ANY: Described = {}
_BOOLEANS = {"true": True, "false": False}
_VERSIONS = frozenset({"version", "typeHandlerVersion"})
_EXACT = 2**53


@dataclass(frozen=True)
class NoData:
    """Something of the program that Azure has no value for. name: what it is; do: what to give in its place."""

    name: str
    do: str


_A_RESOURCE = NoData("a resource", "give its id or its name")
_AN_ASSET = NoData("an asset or an archive", "give its text, or a URL that nodes can read")


@dataclass(frozen=True)
class Arrived:
    """One value. value: a leaf, or mapping or list of `Arrived`; known: False in a preview for what only the update
    tells; secret: whether it is one; urns: the resources that it depends on."""

    value: Any
    known: bool = True
    secret: bool = False
    urns: frozenset[str] = frozenset()

    def below(self, above: Arrived) -> Arrived:
        """The value with the secrecy and the dependencies of what it stands in."""
        return replace(self, secret=self.secret or above.secret, urns=self.urns | above.urns)


def read_value(value: Any) -> Arrived:
    """What a ``google.protobuf.Value`` of Pulumi's wire holds."""
    kind = value.WhichOneof("kind")
    if kind == "list_value":
        return Arrived([read_value(one) for one in value.list_value.values])
    if kind == "struct_value":
        return _read_struct(value.struct_value.fields)
    if kind in (None, "null_value"):
        return Arrived(None)
    leaf = getattr(value, kind)
    return Arrived(None, known=False) if kind == "string_value" and leaf in UNKNOWNS else Arrived(leaf)


def _read_struct(fields: Any) -> Arrived:
    signature = fields[SIGNATURE].string_value if SIGNATURE in fields else ""
    if signature == SECRET:
        return replace(read_value(fields["value"]), secret=True)
    if signature == OUTPUT:
        # without a value it is not known yet
        inner = read_value(fields["value"]) if "value" in fields else Arrived(None, known=False)
        urns = fields["dependencies"].list_value.values if "dependencies" in fields else ()
        secret = fields["secret"].bool_value if "secret" in fields else False
        return inner.below(Arrived(None, secret=secret, urns=frozenset(one.string_value for one in urns)))
    if signature == RESOURCE:
        return Arrived(_A_RESOURCE)
    if signature in ASSETS:
        return Arrived(_AN_ASSET)
    return Arrived({name: read_value(one) for name, one in fields.items() if name != SIGNATURE})


def arguments_tree(inputs: Mapping[str, Arrived], component: Described, types: Mapping[str, Described]) -> Any:
    """The arguments in the words of the schema (camelCase). What is a secret, not known yet, or depends on resources is
    a `Later` with its Output.

    component: the schema's resource; types: the schema's types. What is null is left out; what the schema does not know
    stays, for the checks to name; what is no value at all is `NoData`.
    """
    return _tree(Arrived(inputs), {"properties": component["inputProperties"]}, types)


def find_no_data(tree: Any, at: Path = ()) -> Iterator[tuple[Path, NoData]]:
    """Where in a tree of arguments something stands that is no value."""
    if isinstance(tree, NoData):
        yield at, tree
    inner = tree.items() if isinstance(tree, Mapping) else enumerate(tree) if isinstance(tree, list) else ()
    for key, value in inner:
        yield from find_no_data(value, (*at, key))


def formed(value: Any, described: Described, name: str = "") -> Any:
    """A known leaf in the form that the schema gives it: 5.0 and "5" are the integer 5, "true" is a boolean, and a
    number of the configuration, which YAML takes even a declared text for, is text again.

    What has no such form stays: the checks name it. So does a number where a version belongs (was it 1.1 or 1.10?), and
    one that a float does not hold exactly. In what the schema leaves open, a whole number is an integer, as its author
    typed it.
    """
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    wanted = described.get("type")
    if wanted == "boolean" and isinstance(value, str):
        return _BOOLEANS.get(value, value)
    if wanted == "integer" and isinstance(value, str) and value.isascii() and value.removeprefix("-").isdecimal():
        return int(value)
    if wanted == "string" and isinstance(value, bool):
        return "true" if value else "false"
    if wanted == "string" and isinstance(value, int) and abs(value) < _EXACT and name not in _VERSIONS:
        return str(value)
    return value


def may_be_shown(inputs: Mapping[str, Arrived], path: Path) -> bool:
    """Whether what stands at a path can be shown to anybody: nothing, or one value that is no secret."""
    here = Arrived(inputs)
    for segment in path:
        inner = here.value
        if here.secret:
            # what is inside is not found by its path
            return True
        if isinstance(inner, Mapping) and segment in inner:
            here = inner[str(segment)]
        elif isinstance(inner, list) and isinstance(segment, int) and segment < len(inner):
            here = inner[segment]
        else:
            return True
    return not here.secret and not is_protected(path) and not isinstance(here.value, (Mapping, list, NoData))


def _tree(arrived: Arrived, described: Described, types: Mapping[str, Described], at: str = "") -> Any:
    value = arrived.value
    if isinstance(value, NoData):
        return value
    if isinstance(value, Mapping):
        return {
            name: _tree(one.below(arrived), _member(name, described, types), types, name)
            for name, one in value.items()
            if not one.known or one.value is not None
        }
    if isinstance(value, list):
        return [_tree(one.below(arrived), described.get("items", _ANY), types, at) for one in value]
    leaf = formed(value, described, at)
    return leaf if arrived.known and not arrived.secret and not arrived.urns else Later(_output(leaf, arrived))


def _member(name: str, described: Described, types: Mapping[str, Described]) -> Described:
    owner = types.get(str(described.get("$ref", "")).removeprefix("#/types/"), described)
    found: Described = owner.get("properties", {}).get(name) or owner.get("additionalProperties", _ANY)
    return found


def _output(leaf: Any, arrived: Arrived) -> pulumi.Output[Any]:
    resources: set[pulumi.Resource] = {DependencyResource(urn) for urn in arrived.urns}
    return pulumi.Output(resources, _done(leaf), _done(arrived.known), _done(arrived.secret))


def _done(value: T) -> asyncio.Future[T]:
    future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
    future.set_result(value)
    return future
