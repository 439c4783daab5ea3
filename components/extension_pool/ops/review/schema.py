"""The JSON schema of what `extension-pool report` prints with `--output json`. Pure.

    python -m extension_pool.ops.review.schema > docs/report.schema.json

Keys that are not in it may come with later versions.
"""

import sys

from ..json_schema import render_schema
from . import json_types
from .json_types import ReportJson


def render_report_schema() -> str:
    """The schema as the text of its file."""
    return render_schema(ReportJson, json_types, {"title": "The JSON of extension-pool report"})


if __name__ == "__main__":
    sys.stdout.write(render_report_schema())
