"""Reading the properties of a pool without tripping over what is unknown, secret or of the wrong shape. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from extension_pool.extensions import ExtensionType, find_extension_type
from extension_pool.problems import Path

from .model import UNKNOWN, Resource, Secret

MACHINE: Path = ("deploymentConfiguration", "virtualMachineConfiguration")
EXTENSIONS: Path = (*MACHINE, "extensions")
NETWORK: Path = ("networkConfiguration",)

# azure-native names a type of its own for each API version: `azure-native:batch/v20240701:Pool`, and where only that
# version was generated `azure-native_batch_v20240701:batch:Pool`.
_AZURE_NATIVE = r"azure-native(_{module}_v\w+)?:{module}(/v\w+)?:{name}"


@cache
def is_type(type_: str, module: str, name: str) -> bool:
    """Whether a Pulumi type is this resource of azure-native, of whatever API version."""
    return re.fullmatch(_AZURE_NATIVE.format(module=module, name=name), type_) is not None


def is_pool(resource: Resource) -> bool:
    return is_type(resource.type, "batch", "Pool")


def plain(value: Any) -> Any:
    """A value without its mark as a secret: to judge it, not to show it."""
    while isinstance(value, Secret):
        value = value.value
    return value


def at(tree: Any, *path: str) -> Any:
    """The value at a path; None where there is none, UNKNOWN where something above it is not known yet."""
    for key in path:
        tree = plain(tree)
        if tree is UNKNOWN:
            return UNKNOWN
        tree = tree.get(key) if isinstance(tree, Mapping) else None
    return tree


def known_text(tree: Any, *path: str) -> str | None:
    """The text at a path; None where there is none, or none that is known."""
    value = plain(at(tree, *path))
    return value if isinstance(value, str) else None


def known_items(value: Any) -> Iterator[tuple[int, Any]]:
    """What is known of a list, with the places."""
    value = plain(value)
    for index, item in enumerate(value if isinstance(value, (list, tuple)) else ()):
        if plain(item) is not UNKNOWN:
            yield index, item


def holds_unknown(value: Any) -> bool:
    """Whether anything in a value is not known yet."""
    value = plain(value)
    if isinstance(value, Mapping):
        return any(holds_unknown(one) for one in value.values())
    if isinstance(value, (list, tuple)):
        return any(holds_unknown(one) for one in value)
    return value is UNKNOWN


def leaves(value: Any, path: Path = (), secret: bool = False) -> Iterator[tuple[Path, Any, bool]]:
    """Every single value with its path, and whether it or something around it is secret."""
    while isinstance(value, Secret):
        value, secret = value.value, True
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from leaves(inner, (*path, str(key)), secret)
    elif isinstance(value, (list, tuple)):
        for index, inner in enumerate(value):
            yield from leaves(inner, (*path, index), secret)
    else:
        yield path, value, secret


@dataclass(frozen=True)
class Extension:
    """One extension of a pool, as far as it is known. path: where it stands."""

    path: Path
    tree: Any

    @property
    def name(self) -> str:
        return known_text(self.tree, "name") or f"extension {self.path[-1]}"

    @property
    def publisher(self) -> str | None:
        return known_text(self.tree, "publisher")

    @property
    def type(self) -> str | None:
        return known_text(self.tree, "type")

    @property
    def kind(self) -> ExtensionType | None:
        """What the library knows of its type; None for a type that Batch does not list."""
        return find_extension_type(self.publisher, self.type) if self.publisher and self.type else None


def extensions_of(pool: Resource) -> list[Extension]:
    """The extensions of a pool that are known."""
    return [Extension((*EXTENSIONS, index), one) for index, one in known_items(at(pool.props, *map(str, EXTENSIONS)))]
