"""Values as the engine sends them: protobuf Structs with special signatures, to and from plain Python."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from google.protobuf.struct_pb2 import ListValue, Struct, Value  # type: ignore[import-untyped]

SIGNATURE = "4dabf18193072939515e22adb298388d"
SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - the name of a signature
OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
RESOURCE = "5cf8f73096256a8f31e491e813e4eb8e"
UNKNOWN_TEXT = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
# Placeholders of other types that the engine may send for an unknown (sdk/go/common/resource/plugin/rpc.go).
UNKNOWN_TEXTS = frozenset(
    {
        UNKNOWN_TEXT,
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
        "030794c1-ac77-496b-92df-f27374a8bd58",
        "e48ece36-62e2-4504-bad9-02848725956a",
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
    }
)


class Unknown:
    """A value that is not known yet. There is one: `UNKNOWN`."""

    def __repr__(self) -> str:
        return "UNKNOWN"

    def __deepcopy__(self, memo: object) -> Unknown:
        return self


UNKNOWN = Unknown()


@dataclass(frozen=True)
class Secret:
    """A value that arrived wrapped as a secret."""

    value: Any


def decode(struct: Struct, *, keep_secrets: bool = False) -> dict[str, Any]:
    """A Struct as a dict: nulls of objects left out, whole floats as ints, unknowns as UNKNOWN.

    keep_secrets: leave `Secret` where a secret wrapper was; else its inner value. ValueError for assets and archives.
    """
    return _object(struct, keep_secrets)


def _object(struct: Struct, keep_secrets: bool) -> dict[str, Any]:
    found = {}
    for name, value in struct.fields.items():
        if value.WhichOneof("kind") != "null_value":
            found[name] = _value(value, keep_secrets)
    return found


def _value(value: Value, keep_secrets: bool) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        return _maybe_special(value.struct_value, keep_secrets)
    if kind == "list_value":
        return [_value(item, keep_secrets) for item in value.list_value.values]
    if kind == "string_value":
        return UNKNOWN if value.string_value in UNKNOWN_TEXTS else value.string_value
    if kind == "number_value":
        number = value.number_value
        return int(number) if number.is_integer() else number
    return value.bool_value if kind == "bool_value" else None


def _maybe_special(struct: Struct, keep_secrets: bool) -> Any:
    if SIGNATURE not in struct.fields:
        return _object(struct, keep_secrets)
    signature = struct.fields[SIGNATURE].string_value
    if signature == SECRET:
        inner = _value(struct.fields["value"], keep_secrets)
        return Secret(inner) if keep_secrets else inner
    if signature == OUTPUT:
        # As the Go SDK does without KeepOutputValues: known ones are their element, a secret one is a secret.
        inner = _value(struct.fields["value"], keep_secrets) if "value" in struct.fields else UNKNOWN
        return Secret(inner) if keep_secrets and struct.fields["secret"].bool_value else inner
    if signature == RESOURCE:
        return struct.fields["id"].string_value or UNKNOWN
    raise ValueError("assets and archives are not supported by local Azure: no Azure resource here takes one")


def encode(values: dict[str, Any]) -> Struct:
    """The Struct of a dict; None is left out."""
    struct = Struct()
    for name, value in values.items():
        if value is not None:
            struct.fields[name].CopyFrom(_encoded(value))
    return struct


def _encoded(value: Any) -> Value:
    if isinstance(value, Unknown):
        return Value(string_value=UNKNOWN_TEXT)
    if isinstance(value, Secret):
        return Value(struct_value=encode({SIGNATURE: SECRET, "value": value.value}))
    if isinstance(value, dict):
        return Value(struct_value=encode(value))
    if isinstance(value, list):
        return Value(list_value=ListValue(values=[_encoded(item) for item in value]))
    if isinstance(value, bool):
        return Value(bool_value=value)
    if isinstance(value, (int, float)):
        return Value(number_value=value)
    if value is None:
        return Value(null_value=0)
    return Value(string_value=str(value))


def has_unknown(value: Any) -> bool:
    if isinstance(value, dict):
        return any(has_unknown(item) for item in value.values())
    if isinstance(value, list):
        return any(has_unknown(item) for item in value)
    return isinstance(value, Unknown)


def plain(value: Any) -> Any:
    """`value` without secret wrappers."""
    if isinstance(value, Secret):
        return plain(value.value)
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value
