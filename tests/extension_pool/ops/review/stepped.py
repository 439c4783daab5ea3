"""Previews of a step or two, as `pulumi preview --json` prints them, cut down to what matters."""

from __future__ import annotations

import json
from typing import Any

from extension_pool.ops.review.judging import judge_preview
from extension_pool.ops.review.model import Change, Environment
from extension_pool.ops.review.places import Places
from extension_pool.ops.review.preview import parse_preview

POOL = "azure-native:batch:Pool"
COMPONENT = "extension-pool:index:ExtensionPool"
ACCOUNT = "/subscriptions/0000/resourceGroups/rg/providers/Microsoft.Batch/batchAccounts/acct"


def urn(name: str, kind: str = POOL, under: str = "") -> str:
    chain = f"{under}${kind}" if under else kind
    return f"urn:pulumi:prod::extension-pool::{chain}::{name}"


def state(inputs: Any = None, **more: Any) -> dict[str, Any]:
    return {"inputs": inputs if inputs is not None else {}, **more}


def step(op: str, name: str = "raw", *, kind: str = POOL, under: str = "", **more: Any) -> dict[str, Any]:
    """A step with states old and new, whose differences are `detailed` by path: their kinds."""
    old, new, detailed = more.pop("old", None), more.pop("new", None), more.pop("detailed", None)
    found: dict[str, Any] = {"op": op, "urn": urn(name, kind, under), **more}
    if old is not None:
        found["oldState"] = {"urn": found["urn"], **old, "type": kind}
    if new is not None:
        found["newState"] = {"urn": found["urn"], **new, "type": kind}
    if detailed is not None:
        found["detailedDiff"] = {path: {"kind": word, "inputDiff": True} for path, word in detailed.items()}
    return found


def ours(op: str, name: str = "render", **more: Any) -> dict[str, Any]:
    """A step of the pool of an ExtensionPool of ours."""
    parent = urn(name, COMPONENT)
    for key in ("old", "new"):
        if more.get(key) is not None:
            more[key] = {"parent": parent, **more[key]}
    return step(op, more.pop("resource", f"{name}-pool"), under=COMPONENT, **more)


def digest(*steps: dict[str, Any], **more: Any) -> str:
    return json.dumps({"config": {}, "steps": list(steps), "duration": 1, "changeSummary": {"same": 3}, **more})


def judged(*steps: dict[str, Any], places: Places | None = None, **more: Any) -> Environment:
    return judge_preview(parse_preview("prod", digest(*steps, **more)), places=places)


def change(*steps: dict[str, Any], **more: Any) -> Change:
    (found,) = judged(*steps, **more).changes
    return found
