"""Between the SDK's inputs and outputs and ARM bodies: PAN provider/pkg/convert."""

from __future__ import annotations

import copy
from typing import Any

from emulator.provider.resources import Spec
from emulator.provider.schema import ANY, Shape
from emulator.provider.wire import UNKNOWN

# A list of ids in the SDK, a map of id to {} in ARM ("string set").
STRING_SETS = frozenset({"userAssignedIdentities"})

# Types inside of others whose `properties` the SDK flattens as well, and what stays beside it in ARM.
FLATTENED = {
    "Subnet": frozenset({"etag", "id", "name", "type"}),
    "SecurityRule": frozenset({"etag", "id", "name", "type"}),
    "NetworkSecurityGroup": frozenset({"etag", "id", "location", "name", "tags", "type"}),
}


def to_body(spec: Spec, inputs: dict[str, Any]) -> dict[str, Any]:
    """The request body of these inputs: the envelope, and the rest below `properties` where the type is flattened."""
    body: dict[str, Any] = {}
    properties: dict[str, Any] = {}
    fields = spec.inputs.fields
    for name, value in inputs.items():
        if name in spec.path_parameters or name not in fields:
            continue
        target = body if name in spec.envelope or not spec.lifted else properties
        target[name] = _sent(fields[name], value, name)
    if spec.lifted:
        body["properties"] = properties
    for name in spec.maintained:
        # A sub-resource that the provider maintains: unset means [] on create (PAN crud.go).
        body.setdefault("properties", {}).setdefault(name, [])
    return body


def given(spec: Spec, inputs: dict[str, Any], name: str) -> Any:
    """A maintained sub-resource as the inputs have it, None when they do not."""
    return inputs.get(name) if spec.lifted else (inputs.get("properties") or {}).get(name)


def _sent(shape: Shape, value: Any, name: str) -> Any:
    if name in STRING_SETS and isinstance(value, list):
        return {str(item): {} for item in value}
    if shape.kind == "object" and isinstance(value, dict):
        sent = {key: _sent(shape.fields.get(key, ANY), item, key) for key, item in value.items()}
        beside = FLATTENED.get(shape.name)
        if beside is None:
            return sent
        inner = {key: item for key, item in sent.items() if key not in beside}
        return {
            **{key: item for key, item in sent.items() if key in beside},
            **({"properties": inner} if inner else {}),
        }
    if isinstance(value, list):
        return [_sent(shape.items or ANY, item, "") for item in value]
    return copy.deepcopy(value)


def to_outputs(spec: Spec, body: dict[str, Any]) -> dict[str, Any]:
    """The outputs in an answer: properties lifted, what the SDK does not know left out."""
    flat = {**body, **body["properties"]} if spec.lifted and isinstance(body.get("properties"), dict) else body
    outputs = {name: _received(shape, flat[name]) for name, shape in spec.outputs.items() if _there(flat, name)}
    # Emitted as an output property since v3 (PAN checkpointObject).
    outputs["azureApiVersion"] = spec.api_version
    return outputs


def _received(shape: Shape, value: Any) -> Any:
    if shape.kind == "object" and isinstance(value, dict) and shape.fields:
        if shape.name in FLATTENED and isinstance(value.get("properties"), dict):
            value = {**value, **value["properties"]}
        return {name: _received(item, value[name]) for name, item in shape.fields.items() if _there(value, name)}
    if shape.kind in ("array", "map") and shape.items:
        if isinstance(value, list):
            return [_received(shape.items, item) for item in value]
        if isinstance(value, dict):
            return {name: _received(shape.items, item) for name, item in value.items()}
    return value


def _there(values: dict[str, Any], name: str) -> bool:
    return values.get(name) is not None


def projected(spec: Spec, outputs: dict[str, Any]) -> dict[str, Any]:
    """Outputs cut to the inputs that they could come from (PAN sdkOutputsToSdkInputs); no path parameters."""
    fields = {name: shape for name, shape in spec.inputs.fields.items() if name not in spec.path_parameters}
    return {name: _projected(shape, outputs[name], name) for name, shape in fields.items() if name in outputs}


def _projected(shape: Shape, value: Any, name: str) -> Any:
    if name in STRING_SETS and isinstance(value, dict):
        return list(value)
    if shape.kind == "object" and isinstance(value, dict):
        return {key: _projected(item, value[key], key) for key, item in shape.fields.items() if key in value}
    if shape.kind == "array" and isinstance(value, list) and shape.items:
        return [_projected(shape.items, item, "") for item in value]
    return value


def preview(shapes: dict[str, Shape], inputs: dict[str, Any]) -> dict[str, Any]:
    """Outputs before the resource exists: inputs in output form, everything else unknown (PAN previewOutputs.go)."""
    return {name: _previewed(shape, inputs.get(name, UNKNOWN)) for name, shape in shapes.items()}


def _previewed(shape: Shape, value: Any) -> Any:
    """The input where its form is the output's; else unknown. A list given for a map (userAssignedIdentities, the
    "string set") is not its form, so that the whole map is unknown."""
    if shape.kind == "any":
        return value
    if shape.kind == "object" and isinstance(value, dict):
        return preview(shape.fields, value)
    if shape.kind == "array" and isinstance(value, list):
        return [_previewed(shape.items or ANY, item) for item in value]
    if shape.kind == "map" and isinstance(value, dict):
        return {name: _previewed(shape.items or ANY, item) for name, item in value.items()}
    kinds: dict[str, tuple[type, ...]] = {"string": (str,), "integer": (int, float), "number": (int, float)}
    if shape.kind == "boolean":
        return value if isinstance(value, bool) else UNKNOWN
    expected = kinds.get(shape.kind, ())
    return value if expected and isinstance(value, expected) and not isinstance(value, bool) else UNKNOWN


def merged(inputs: dict[str, Any], old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    """`inputs` with what differs between two projections applied: PAN applyDiff, the heart of refresh.

    A write-only value is in neither projection, so the stored input survives; its drift cannot be seen.
    """
    result = {name: value for name, value in inputs.items() if name in new or name not in old}
    for name, value in new.items():
        if name not in old:
            result[name] = value
        elif old[name] != value:
            result[name] = _merged(inputs[name], old[name], value) if name in inputs else value
    return result


def _merged(base: Any, old: Any, new: Any) -> Any:
    if isinstance(base, dict) and isinstance(old, dict) and isinstance(new, dict):
        return merged(base, old, new)
    if isinstance(base, list) and isinstance(old, list) and isinstance(new, list):
        both = min(len(base), len(old))
        return [_merged(base[i], old[i], item) if i < both else item for i, item in enumerate(new)]
    return new
