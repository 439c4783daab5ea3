"""Properties as the engine sends them -> plain values with `UNKNOWN` and `Secret`. Pure.

The engine marks what is no plain value by mappings with a reserved key, and what is not known yet by reserved texts.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from extension_pool.wire_marks import OUTPUT, RESOURCE, SECRET, SIGNATURE, UNKNOWNS

from .model import UNKNOWN, Secret


def parse_properties(tree: Mapping[str, Any]) -> dict[str, Any]:
    """The properties of a resource. tree: the protobuf Struct as a mapping."""
    return {key: _parse(value) for key, value in tree.items()}


def _parse(value: Any) -> Any:
    if isinstance(value, Mapping):
        signature = value.get(SIGNATURE)
        if signature is None:
            return parse_properties(value)
        return _marked(signature, value)
    if isinstance(value, (list, tuple)):
        return [_parse(one) for one in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return UNKNOWN if isinstance(value, str) and value in UNKNOWNS else value


def _marked(signature: Any, value: Mapping[str, Any]) -> Any:
    if signature == SECRET:
        return Secret(_parse(value.get("value")))
    if signature == OUTPUT:
        inner = _parse(value["value"]) if "value" in value else UNKNOWN
        return Secret(inner) if value.get("secret") else inner
    # References to resources, assets and archives: no rule looks into one.
    return UNKNOWN if signature == RESOURCE else None
