"""The JSON schema of stack files, for editors: words, types, enumerations, and what each means. Pure.

    python -m extension_pool.stack_schema > docs/stack-file.schema.json

It takes what a preview takes, but for what a preview only puts up with: a key without a value, settings as JSON text.
The limits of texts, and rules that need more than one value, are for the preview.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from . import azure_types, stack_config
from .extensions import REGISTRY
from .field_docs import ClassDoc, docs_of_models, in_stack_words, read_class_docs
from .images import aliases
from .limits import bounds_of
from .spec import Extension, KeyVaultCertificate
from .stack_config import NAMESPACE, Pool, StackConfig
from .validation import find_model

SECURE = "Secure"
_SECURE = {
    "description": "A secret: put it there with `pulumi config set --secret --path`.",
    "type": "object",
    "properties": {"secure": {"type": "string"}},
    "required": ["secure"],
    "additionalProperties": False,
}

# pydantic knows only its own references; this stands for one until the schema is whole
_OR_SECURE = {"format": SECURE}


def build_stack_schema() -> dict[str, Any]:
    """The schema of a whole stack file."""
    schema = StackConfig.model_json_schema(by_alias=True, schema_generator=_Generator)
    definitions: dict[str, Any] = schema.pop("$defs")
    for model, doc in _docs().items():
        target = schema if model is StackConfig else definitions.get(model.__name__)
        if target is not None:
            _describe(target, model, doc)
    _offer(definitions[Pool.__name__]["properties"]["image"], aliases())
    extension = definitions[Extension.__name__]["properties"]
    _offer(extension["publisher"], (kind.publisher for kind in REGISTRY))
    _offer(extension["type"], (kind.type for kind in REGISTRY))
    certificate = definitions.pop(KeyVaultCertificate.__name__)
    definitions[KeyVaultCertificate.__name__] = {
        "description": f"{certificate.pop('description')} A bare URL stands for all of it.",
        "anyOf": [{"type": "string"}, certificate],
    }
    definitions[SECURE] = _SECURE
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "A stack file of extension-pool",
        "type": "object",
        "properties": {"config": _config(schema)},
        "required": ["config"],
        "definitions": {name: _plain(definitions[name]) for name in sorted(definitions)},
    }


def render_stack_schema() -> str:
    """The schema as the text of its file."""
    return json.dumps(build_stack_schema(), indent=2, ensure_ascii=False) + "\n"


class _Generator(GenerateJsonSchema):
    """pydantic's schema, with ``secure:`` where a secret may stand, and with what is converted on the way in."""

    def function_wrap_schema(self, schema: core_schema.WrapValidatorFunctionSchema) -> JsonSchemaValue:
        inner = super().function_wrap_schema(schema)
        if schema["function"]["function"] is not azure_types._pass_later:
            return inner
        return {"anyOf": [inner, _OR_SECURE]}

    def function_before_schema(self, schema: core_schema.BeforeValidatorFunctionSchema) -> JsonSchemaValue:
        inner = super().function_before_schema(schema)
        if schema["function"]["function"] is not azure_types._seconds_as_text:
            return inner
        return {**inner, "type": ["string", "integer"]}

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        found = super().default_schema(schema)
        if found.get("default", ...) is None:
            del found["default"]
        return found

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])


def _docs() -> dict[type[BaseModel], ClassDoc]:
    found = dict(docs_of_models())
    of_stack = read_class_docs(Path(stack_config.__file__))
    for model in (StackConfig, *(find_model(field.annotation) for field in StackConfig.model_fields.values())):
        if model is not None and model.__name__ in of_stack:
            doc = of_stack[model.__name__]
            base = found.get(model.__bases__[0])
            found[model] = replace(doc, fields={**base.fields, **doc.fields}) if base else doc
    return found


def _describe(schema: dict[str, Any], model: type[BaseModel], doc: ClassDoc) -> None:
    schema["description"] = in_stack_words(doc.text)
    for name, field in model.model_fields.items():
        alias = field.alias or name
        place = schema["properties"][alias]
        text = in_stack_words(doc.fields[name].text)
        _bound(place, *bounds_of(field))
        # draft 7 does not look at what stands beside a reference
        schema["properties"][alias] = (
            {"description": text, "allOf": [place]} if "$ref" in place else {"description": text, **place}
        )


def _bound(schema: Any, least: int | None, most: int | None) -> None:
    """Puts the bounds where the whole number is: the value itself, or what it is if it is no secret."""
    if schema.get("type") == "integer":
        schema.update({key: value for key, value in (("minimum", least), ("maximum", most)) if value is not None})
    for inner in schema.get("anyOf", ()):
        _bound(inner, least, most)


def _offer(schema: dict[str, Any], values: Iterable[str]) -> None:
    """Lets editors complete a text to one of these values; others are right as well, in other case for one."""
    schema["anyOf"] = [{"enum": list(dict.fromkeys(values))}, {"type": schema.pop("type")}]


def _config(schema: dict[str, Any]) -> dict[str, Any]:
    """``config:``: our keys, which may come without the namespace; the keys of other namespaces are free."""
    ours: dict[str, Any] = schema["properties"]
    return {
        "description": "The configuration of the stack: keys of this project, and of Pulumi's providers.",
        "type": "object",
        "properties": {f"{NAMESPACE}:{key}": _plain(value) for key, value in ours.items()},
        "patternProperties": {
            **{f"^{key}$": _plain(value) for key, value in ours.items()},
            # a key with dots is a place in one of ours
            f"^{NAMESPACE}:(?!({'|'.join(ours)})(\\.|$))": False,
        },
        "allOf": [{"anyOf": [{"required": [f"{NAMESPACE}:{key}"]}, {"required": [key]}]} for key in schema["required"]],
    }


def _plain(schema: Any) -> Any:
    """Without the titles that only repeat names, and with the references of draft 7."""
    if schema == _OR_SECURE:
        return {"$ref": f"#/definitions/{SECURE}"}
    if isinstance(schema, Mapping):
        # a mapping of properties may have one that is called title
        return {
            key: value.replace("#/$defs/", "#/definitions/") if key == "$ref" else _plain(value)
            for key, value in schema.items()
            if not (key == "title" and isinstance(value, str))
        }
    return [_plain(one) for one in schema] if isinstance(schema, list) else schema


if __name__ == "__main__":
    sys.stdout.write(render_stack_schema())
