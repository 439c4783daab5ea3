"""Previews of the real engine as test data, in tests/goldens/previews/; tests/on_engine/test_report.py makes them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

GOLDENS = Path(__file__).parents[1] / "goldens" / "previews"

# What says where and when a preview was made, and nothing of what it says.
_LEFT_OUT = frozenset({"stackTrace", "sourcePosition", "created", "modified", "duration"})
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_KEPT = ("00000000-", "04da6b54-", "4633458b-")
_MOMENT = re.compile(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z")
_FOLDER = re.compile(r"/[^\s\"\\]*/(?=project/)")
_ETAG = re.compile(r"0x[0-9A-F]{15}")


def read_golden(name: str) -> str:
    return (GOLDENS / name).read_text(encoding="utf-8")


def settled(text: str) -> str:
    """A digest without what differs from run to run: times, places on disk, made-up ids, the order of steps of
    different resources."""
    document = _without(json.loads(text))
    stack = [step for step in document["steps"] if step["urn"].rpartition("::")[0].endswith("pulumi:pulumi:Stack")]
    others = [step for step in document["steps"] if step not in stack]
    document["steps"] = [*stack, *sorted(others, key=lambda step: str(step["urn"]))]
    if "diagnostics" in document:
        document["diagnostics"].sort(key=lambda one: (one["severity"], one["message"]))
    return _plain_ids(json.dumps(document, indent=1) + "\n")


def settled_events(text: str) -> str:
    """Events without those that say nothing of resources, and without what differs from run to run."""
    events = [_without(json.loads(line)) for line in text.splitlines()]
    telling = [one for one in events if "resOutputsEvent" not in one and _is_said(one)]
    lines = [json.dumps({**one, "sequence": index, "timestamp": 0}) for index, one in enumerate(telling)]
    return _plain_ids("\n".join(lines) + "\n")


def _is_said(event: dict[str, Any]) -> bool:
    return event.get("diagnosticEvent", {}).get("severity") != "debug"


def _plain_ids(text: str) -> str:
    """Each made-up id as a number, the same one for the same id."""
    numbers: dict[str, str] = {}

    def number(match: re.Match[str]) -> str:
        if match[0].startswith(_KEPT):
            return match[0]
        return numbers.setdefault(match[0], f"10000000-0000-4000-8000-{len(numbers):012}")

    text = _FOLDER.sub("/", text)
    text = _ETAG.sub("0x8DE000000000000", _MOMENT.sub("2026-11-20T10:00:00Z", text))
    return _ID.sub(number, text)


def _without(tree: Any) -> Any:
    if isinstance(tree, dict):
        return {key: _without(value) for key, value in tree.items() if key not in _LEFT_OUT}
    return [_without(value) for value in tree] if isinstance(tree, list) else tree
