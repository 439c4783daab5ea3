"""The JSON schema of the file of review rules, for editors. Pure.

    python -m extension_pool.ops.review.rules_schema > docs/review-rules.schema.json

Which windows there are, and which time zones, is for the command.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from ...field_docs import read_class_docs
from . import rules_model
from .rules_model import DAYS, FREE, NEVER, Demand, EnvironmentRules, Operations, ReviewRules, Scope, Window

_SHORT_FORMS: Mapping[type[BaseModel], str] = {Demand: NEVER, Scope: FREE, EnvironmentRules: FREE}
_MODELS: tuple[type[BaseModel], ...] = (Window, Demand, Operations, Scope, EnvironmentRules)
_DAY = "|".join(DAYS)
_DAY_OR_RANGE = {"type": "string", "pattern": f"^({_DAY})( *- *({_DAY}))?$", "examples": [*DAYS, "Mon-Fri"]}


def build_rules_schema() -> dict[str, Any]:
    """The schema of a whole file."""
    schema = ReviewRules.model_json_schema(by_alias=True)
    definitions: dict[str, Any] = schema.pop("$defs")
    definitions["Window"]["properties"]["days"] = {"anyOf": [_DAY_OR_RANGE, {"type": "array", "items": _DAY_OR_RANGE}]}
    for model in _MODELS:
        definition = definitions[model.__name__]
        _describe(definition, model)
        if model is not Window:
            definition["minProperties"] = 1
        if model in _SHORT_FORMS:
            definitions[model.__name__] = {
                "description": definition.pop("description"),
                "anyOf": [{"const": _SHORT_FORMS[model]}, definition],
            }
    _describe(schema, ReviewRules)
    whole = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        **schema,
        "title": "Review rules of extension-pool",
        "anyOf": [{"required": ["environments"]}, {"required": ["others"]}],
        "definitions": {name: definitions[name] for name in sorted(definitions)},
    }
    plain: dict[str, Any] = _plain(whole)
    return {**plain, "title": whole["title"]}


def render_rules_schema() -> str:
    """The schema as the text of its file."""
    return json.dumps(build_rules_schema(), indent=2, ensure_ascii=False) + "\n"


def _describe(schema: dict[str, Any], model: type[BaseModel]) -> None:
    docs = read_class_docs(Path(rules_model.__file__))
    family = [docs[one.__name__] for one in model.__mro__ if one.__name__ in docs]
    schema["description"] = family[0].text
    for name, field in model.model_fields.items():
        text = next(doc.fields[name].text for doc in family if name in doc.fields)
        place = schema["properties"][field.alias or name]
        place.pop("default", None)
        if "anyOf" in place:
            # a key without a value is an error, so that nothing is left open by a slip
            place["anyOf"] = [one for one in place["anyOf"] if one != {"type": "null"}]
            if len(place["anyOf"]) == 1:
                place.update(place.pop("anyOf")[0])
        if "$ref" in place:
            # draft 7 does not look at what stands beside a reference
            place["allOf"] = [{"$ref": place.pop("$ref")}]
        place["description"] = text


def _plain(tree: Any) -> Any:
    """Without the titles that only repeat names, and with the references of draft 7."""
    if isinstance(tree, Mapping):
        return {
            key: value.replace("#/$defs/", "#/definitions/") if key == "$ref" else _plain(value)
            for key, value in tree.items()
            if not (key == "title" and isinstance(value, str))
        }
    return [_plain(one) for one in tree] if isinstance(tree, list) else tree


if __name__ == "__main__":
    sys.stdout.write(render_rules_schema())
