"""The JSON schema of what the command prints, made of `TypedDict` classes and the texts under their keys. Pure."""

import json
from collections.abc import Iterator, Mapping
from enum import Enum
from pathlib import Path
from types import ModuleType
from typing import Any

from pydantic import TypeAdapter, WithJsonSchema
from typing_extensions import get_original_bases

from ..field_docs import ClassDoc, read_class_docs

TIME = WithJsonSchema({"type": "string", "format": "date-time"})


def one_of(words: type[Enum]) -> WithJsonSchema:
    """A text that is the value of a member of `words`."""
    return WithJsonSchema({"type": "string", "enum": [word.value for word in words]})


def render_schema(document: Any, types: ModuleType, head: Mapping[str, Any]) -> str:
    """The schema of `document`, a type of the module `types` or a union of such, as the text of its file.

    In draft 2020-12; head: what stands first in it, over what the document's own type says.
    """
    schema = TypeAdapter(document).json_schema(mode="serialization")
    definitions: dict[str, Any] = schema.pop("$defs")
    docs = read_class_docs(Path(types.__file__ or ""))
    for name, definition in definitions.items():
        _describe(definition, list(_family(docs, types, name)))
    if "properties" in schema:
        _describe(schema, list(_family(docs, types, document.__name__)))
    whole = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **head,
        **schema,
        "$defs": {name: definitions[name] for name in sorted(definitions)},
    }
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"


def _family(docs: Mapping[str, ClassDoc], types: ModuleType, name: str) -> Iterator[ClassDoc]:
    """The type and those that it takes keys from."""
    yield docs[name]
    for base in get_original_bases(getattr(types, name)):
        if base.__name__ in docs:
            yield from _family(docs, types, base.__name__)


def _describe(definition: dict[str, Any], family: list[ClassDoc]) -> None:
    definition["description"] = family[0].text
    definition.pop("title", None)
    for key, value in definition["properties"].items():
        value.pop("title", None)
        value["description"] = next(doc.fields[key].text for doc in family if key in doc.fields)
