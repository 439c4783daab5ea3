"""The JSON schema of what `extension-pool report` prints with `--output json`. Pure.

    python -m extension_pool.ops.review.schema > docs/report.schema.json

Made of the types of `json_types` and the texts under their keys. Keys that are not in it may come with later versions.
"""

import json
import sys
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from ...field_docs import read_class_docs
from . import json_types
from .json_types import ReportJson


def build_report_schema() -> dict[str, Any]:
    """The schema, in draft 2020-12."""
    schema = TypeAdapter(ReportJson).json_schema(mode="serialization")
    docs = read_class_docs(Path(json_types.__file__))
    definitions: dict[str, Any] = schema.pop("$defs")
    for name, definition in (*definitions.items(), (ReportJson.__name__, schema)):
        definition.pop("title", None)
        definition["description"] = docs[name].text
        for key, value in definition["properties"].items():
            value.pop("title", None)
            value["description"] = docs[name].fields[key].text
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "The JSON of extension-pool report",
        **schema,
        "$defs": {name: definitions[name] for name in sorted(definitions)},
    }


def render_report_schema() -> str:
    """The schema as the text of its file."""
    return json.dumps(build_report_schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(render_report_schema())
