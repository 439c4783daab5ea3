"""The JSON schema of what `status`, `status --node` and `gate` print with `--output json`. Pure.

    python -m extension_pool.ops.status_schema > docs/status.schema.json

Keys that are not in it may come with later versions.
"""

import sys

from . import json_types
from .json_schema import render_schema
from .json_types import NodeStatusJson, StatusJson


def render_status_schema() -> str:
    """The schema of both documents as the text of its file."""
    head = {"title": "The JSON of extension-pool", "description": "A report of pools, or with --node of one node."}
    return render_schema(StatusJson | NodeStatusJson, json_types, head)


if __name__ == "__main__":
    sys.stdout.write(render_status_schema())
