"""What Check refuses: PAN provider.go validateType and validateProperty, and two things that it leaves to Azure.

The real provider drops input properties that it does not know and sends enumeration values as they are; the first never
arrive, the second come back as an error of the service. Here both are failures of Check, with the path.
"""

from __future__ import annotations

import re
from typing import Any

from emulator.provider.resources import Limit, Spec
from emulator.provider.schema import Shape
from emulator.provider.wire import UNKNOWN

_KINDS = {str: "a string", bool: "a boolean", int: "a number", float: "a number", list: "an array", dict: "an object"}
# Set by the provider itself; the second one by an import (emulator.provider.access_policies).
INTERNAL = ("azureApiVersion", "policy.objectId")


def failures(spec: Spec, inputs: dict[str, Any]) -> list[str]:
    """Reasons why these inputs cannot be used; empty when they can. `inputs` without secret wrappers."""
    found = []
    known = {name: value for name, value in inputs.items() if name not in INTERNAL and not name.startswith("__")}
    for name in spec.path_parameters:
        if name not in known:
            found.append(f"missing required property '{name}'")
        else:
            found += _limit(name, spec.limits.get(name), known[name])
    if spec.located and "location" not in known:
        found.append(
            "missing required property 'location'. Either set it explicitly or configure it with 'pulumi config set "
            "azure-native:location <value>'."
        )
    missing = [reason for reason in _object("", spec.inputs, known) if reason not in found]
    return found + missing


def _object(path: str, shape: Shape, value: dict[str, Any]) -> list[str]:
    found = []
    fields = shape.fields
    for name in sorted(shape.required):
        if name not in value:
            found.append(f"missing required property '{_join(path, name)}'")
    for name, item in value.items():
        if name not in fields:
            found.append(
                f"'{_join(path, name)}' is not a property of {shape.name}; it has: {', '.join(sorted(fields))}"
            )
        else:
            found += _value(_join(path, name), fields[name], item)
    return found


def _value(path: str, shape: Shape, value: Any) -> list[str]:
    if value is UNKNOWN or shape.kind == "any" or value is None:
        return []
    mistyped = [f"'{path}' should be of type '{shape.kind}' but got {_KINDS.get(type(value), type(value).__name__)}"]
    if shape.kind == "object":
        return _object(path, shape, value) if isinstance(value, dict) else mistyped
    if shape.kind == "array" and shape.items:
        if not isinstance(value, list):
            return mistyped
        return [reason for i, item in enumerate(value) for reason in _value(f"{path}[{i}]", shape.items, item)]
    if shape.kind == "map" and shape.items:
        if not isinstance(value, dict):
            return mistyped
        return [reason for key, item in value.items() for reason in _value(f"{path}.{key}", shape.items, item)]
    return _simple(path, shape, value, mistyped)


def _simple(path: str, shape: Shape, value: Any, mistyped: list[str]) -> list[str]:
    if shape.kind == "string":
        if not isinstance(value, str):
            return mistyped
        if shape.values and value not in shape.values:
            return [f"'{path}' must be one of {', '.join(shape.values)}, got '{value}'"]
        return []
    if shape.kind == "boolean":
        return [] if isinstance(value, bool) else mistyped
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return mistyped
    if shape.kind == "integer" and not isinstance(value, int):
        return [f"'{path}' must be an integer but got {value:f}"]
    return []


def _limit(name: str, limit: Limit | None, value: Any) -> list[str]:
    if limit is None or not isinstance(value, str):
        return []
    found = []
    if len(value) < limit.shortest:
        found.append(f"'{name}' is too short ({len(value)}): at least {limit.shortest} characters required")
    if limit.longest and len(value) > limit.longest:
        found.append(f"'{name}' is too long ({len(value)}): at most {limit.longest} characters allowed")
    if limit.pattern and not re.search(limit.pattern, value):
        found.append(f"'{name}' does not match expression '{limit.pattern}'")
    return found


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
