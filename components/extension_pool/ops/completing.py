"""Write-only values into the state of an adopted pool, so that a preview finds state and configuration equal. Pure.

Azure never gives back protected settings, passwords and keys, so ``pulumi import`` leaves them out of the state. With
them in the configuration alone, the preview would replace the pool; with them nowhere, every later update in place
would send the pool without them, and Azure refuses that. So they go into the state as well, by hand of whoever knows
that they are the pool's own.

The same step brings the ids of identities into the order and the spelling in which the component sends them: the
provider takes them for a list of texts, Azure gives them back in an order and a spelling of its own, and the preview
would replace the pool for that.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from typing import Any

from ..arm import render_pool
from ..problems import PROTECTED_KEYS, InvalidInput, Path, Problem
from ..wire_marks import SECRET, SIGNATURE
from .importing import POOL, canonical

_KEYS = ("name", "registryServer")


def complete_state(export: object, arguments: Mapping[str, Any], component: str) -> tuple[dict[str, Any], list[str]]:
    """The state with the write-only values of the arguments, as secrets, and the places that changed.

    export: what ``pulumi stack export --show-secrets`` prints. component: the name of the pool's ExtensionPool.
    Raises InvalidInput where the state has no such pool, or the pool no place for a value.
    """
    state = copy.deepcopy(export)
    if not isinstance(state, dict):
        raise InvalidInput([Problem((), "must be a state", do="give what pulumi stack export --show-secrets prints")])
    deployment = state.get("deployment")
    resources = deployment.get("resources") if isinstance(deployment, Mapping) else None
    wanted = f"{POOL}::{component}-pool"
    pools = [
        one
        for one in (resources if isinstance(resources, list) else [])
        if isinstance(one, Mapping) and str(one.get("urn")).endswith(wanted) and not one.get("delete")
    ]
    if len(pools) != 1 or not isinstance(pools[0].get("inputs"), dict):
        raise InvalidInput([Problem(("deployment", "resources"), f"must have {wanted}", do="run pulumi import first")])
    done: list[str] = []
    problems: list[Problem] = []
    _fill(pools[0]["inputs"], render_pool(arguments, keep_unknown=True)["properties"], (), done, problems)
    if problems:
        raise InvalidInput(problems)
    identity = pools[0]["inputs"].get("identity")
    ids = identity.get("userAssignedIdentities") if isinstance(identity, dict) else None
    if isinstance(ids, list) and all(isinstance(one, str) for one in ids) and ids != canonical(ids):
        identity["userAssignedIdentities"] = canonical(ids)
        done.append("identity.userAssignedIdentities")
    return state, done


def _fill(inputs: Any, source: Any, at: Path, done: list[str], problems: list[Problem]) -> None:
    """Sets in the inputs each write-only value that the source has at the same place."""
    if isinstance(source, Mapping):
        for key, value in source.items():
            where = (*at, key)
            if key in PROTECTED_KEYS:
                if not isinstance(inputs, dict) or SIGNATURE in inputs:
                    problems.append(Problem(at, "the state has no place for a write-only value", do="check the names"))
                    continue
                # what `pulumi stack import` takes to be encrypted on the way in
                inputs[key] = {SIGNATURE: SECRET, "plaintext": json.dumps(value)}
                done.append(Problem(where, "").sentence().rstrip(": "))
            elif key not in ("settings", "resourceTags"):
                _fill(inputs.get(key) if isinstance(inputs, dict) else None, value, where, done, problems)
    elif isinstance(source, list):
        for index, item in enumerate(source):
            _fill(_counterpart(inputs, item, index), item, (*at, index), done, problems)


def _counterpart(inputs: Any, item: Any, index: int) -> Any:
    """The list item that is meant: the one of the same name, else the one at the same place."""
    if not isinstance(inputs, list):
        return None
    key = next((one for one in _KEYS if isinstance(item, Mapping) and one in item), None)
    if key is not None:
        return next((one for one in inputs if isinstance(one, dict) and one.get(key) == item[key]), None)
    return inputs[index] if index < len(inputs) else None
