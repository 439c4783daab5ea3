"""The JSON schema of what `status`, `status --node` and `gate` print with `--output json`. Pure.

    python -m extension_pool.ops.status_schema > docs/status.schema.json

Made of the types of `json_types` and the texts under their keys. Keys that are not in it may come with later versions.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter
from typing_extensions import get_original_bases

from ..field_docs import ClassDoc, read_class_docs
from . import json_types
from .json_types import NodeStatusJson, StatusJson


def build_status_schema() -> dict[str, Any]:
    """The schema of both documents, in draft 2020-12."""
    schema = TypeAdapter(StatusJson | NodeStatusJson).json_schema(mode="serialization")
    definitions: dict[str, Any] = schema["$defs"]
    docs = read_class_docs(Path(json_types.__file__))
    for name, definition in definitions.items():
        _describe(definition, list(_family(docs, name)))
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "The JSON of extension-pool",
        "description": "A report of pools, or with --node of one node.",
        "anyOf": schema["anyOf"],
        "$defs": {name: definitions[name] for name in sorted(definitions)},
    }


def render_status_schema() -> str:
    """The schema as the text of its file."""
    return json.dumps(build_status_schema(), indent=2, ensure_ascii=False) + "\n"


def _family(docs: Mapping[str, ClassDoc], name: str) -> Iterator[ClassDoc]:
    """The type and those that it takes keys from."""
    yield docs[name]
    for base in get_original_bases(getattr(json_types, name)):
        if base.__name__ in docs:
            yield from _family(docs, base.__name__)


def _describe(definition: dict[str, Any], family: list[ClassDoc]) -> None:
    definition["description"] = family[0].text
    definition.pop("title", None)
    for key, value in definition["properties"].items():
        value.pop("title", None)
        value["description"] = next(doc.fields[key].text for doc in family if key in doc.fields)


if __name__ == "__main__":
    sys.stdout.write(render_status_schema())
