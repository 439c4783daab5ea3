"""The pool's identities: ARM's map of resource ids <-> the argument ``identity``. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ..azure_types import GUID
from ..problems import Path
from .tree import Report, free_copy, mapping_at

_GUID = re.compile(GUID)
_USER_ASSIGNED = "UserAssigned"
_MAP = "userAssignedIdentities"
_ARMS = frozenset({"type", _MAP, "principalId", "tenantId"})
_OURS = frozenset({"existing", "create", "name", "tags", "reads_certificates"})


def identity_arguments(value: Any, path: Path, report: Report) -> dict[str, Any]:
    """``{"existing": [...]}``, each with the ids that Azure reports of it; ``{"create": False}`` if there is none."""
    arm = mapping_at(value, path, report)
    ids = mapping_at(arm.get(_MAP), (*path, _MAP), report)
    existing = [
        {"id": one, **_reported_ids(mapping_at(reported, (*path, _MAP, one), report))} for one, reported in ids.items()
    ]
    kept = {
        key: free_copy(inner, (*path, key), report)
        for key, inner in arm.items()
        if key not in _ARMS and report.keeps((*path, key), (*path, key), [*_ARMS])
    }
    kind = arm.get("type")
    if kind not in (None, "None", _USER_ASSIGNED):
        report.add((*path, "type"), "must be UserAssigned or None: pools have no other identities", kind)
    return {**({"existing": existing} if existing else {"create": False}), **kept}


def identity_body(value: Any, path: Path, report: Report) -> dict[str, Any] | None:
    """ARM's ``identity``; None where there is none, and where the component is to create one that has no id yet."""
    arguments = mapping_at(value, path, report)
    listed = arguments.get("existing")
    where = (*path, "existing")
    if listed is not None and not isinstance(listed, (list, tuple)):
        report.add(where, "must be a list", listed)
        return None
    ids: dict[Any, dict[str, Any]] = {}
    for index, one in enumerate(listed or []):
        known = mapping_at(one, (*where, index), report).get("id")
        if isinstance(known, (Mapping, list, tuple)) or known is None:
            report.add((*where, index, "id"), "must be the resource id of a user-assigned identity")
        else:
            ids[known] = {}
    kept = {
        key: inner
        for key, inner in arguments.items()
        if key not in _OURS and report.keeps((*path, key), (*path, key), [*_OURS])
    }
    return {"type": _USER_ASSIGNED, _MAP: ids, **kept} if ids else (kept or None)


def _reported_ids(reported: Mapping[str, Any]) -> dict[str, str]:
    """Client and principal id, where Azure gave them; a published example has words in their place."""
    found = {"client_id": reported.get("clientId"), "principal_id": reported.get("principalId")}
    return {name: value for name, value in found.items() if isinstance(value, str) and _GUID.fullmatch(value)}
