"""The ARM face: dispatch by resource type, one small class for each."""

from __future__ import annotations

import copy
from typing import Any

from emulator.arm.access_policies import AccessPolicies
from emulator.arm.batch_accounts import BatchAccounts
from emulator.arm.context import Answer, ArmError, ArmType, Request, parse
from emulator.arm.identities import Identities
from emulator.arm.networks import Networks, PublicAddresses, SecurityGroups, Subnets
from emulator.arm.pools import Pools
from emulator.arm.resource_groups import ResourceGroups
from emulator.arm.role_assignments import RoleAssignments
from emulator.arm.storage import FileShares, StorageAccounts
from emulator.arm.vault_secrets import VaultSecrets
from emulator.arm.vaults import Vaults
from emulator.redaction import redact
from emulator.store import Store

TYPES: dict[str, ArmType] = {
    kind.type.lower(): kind
    for kind in (
        ResourceGroups(),
        Identities(),
        Vaults(),
        AccessPolicies(),
        VaultSecrets(),
        RoleAssignments(),
        BatchAccounts(),
        Pools(),
        Networks(),
        Subnets(),
        SecurityGroups(),
        PublicAddresses(),
        StorageAccounts(),
        FileShares(),
    )
}


class Arm:
    """PUT, GET, DELETE and POST on ARM paths; every request goes into the log, secrets as digests."""

    def __init__(self, store: Store, *, logged: bool = True) -> None:
        self.store = store
        self._logged = logged

    def put(self, path: str, body: dict[str, Any], api_version: str = "") -> Answer:
        return self._handle("PUT", path, body, api_version)

    def get(self, path: str, api_version: str = "") -> Answer:
        return self._handle("GET", path, None, api_version)

    def delete(self, path: str, api_version: str = "") -> Answer:
        return self._handle("DELETE", path, None, api_version)

    def post(self, path: str, body: dict[str, Any] | None = None, api_version: str = "") -> Answer:
        """`path` ends with the action, as in `.../listKeys`."""
        return self._handle("POST", path, body or {}, api_version)

    def _handle(self, method: str, path: str, body: dict[str, Any] | None, api_version: str) -> Answer:
        try:
            if method == "GET":
                answer = self._dispatch(method, path, body, api_version)
            else:
                with self.store.transaction():
                    answer = self._dispatch(method, path, body, api_version)
        except ArmError as error:
            answer = error.answer
        if self._logged:
            self.store.log(method, path, api_version, _redacted(path, body), answer.status, answer.code)
        return answer

    def _dispatch(self, method: str, path: str, body: dict[str, Any] | None, api_version: str) -> Answer:
        target, action = path, ""
        if method == "POST":
            target, _, action = path.rpartition("/")
        parsed = parse(target)
        kind = TYPES.get(parsed.type) if parsed else None
        if parsed is None or kind is None:
            known = ", ".join(sorted(each.type for each in TYPES.values()))
            raise ArmError(404, "InvalidResourceType", f"Local Azure has nothing at '{path}'; it has: {known}.")
        if api_version and api_version not in kind.versions:
            supported = ", ".join(f"'{version}'" for version in kind.versions)
            raise ArmError(
                400,
                "InvalidApiVersionParameter",
                f"The api-version '{api_version}' is invalid. The supported versions are {supported}.",
            )
        request = Request(self.store, parsed, copy.deepcopy(body or {}), api_version, self.store.clock.now())
        if method == "PUT":
            return kind.put(request)
        if method == "DELETE":
            return kind.delete(request)
        if method == "POST":
            return kind.post(action, request)
        return kind.get(request)


def _redacted(path: str, body: dict[str, Any] | None) -> dict[str, Any] | None:
    if body is None:
        return None
    parsed = parse(path)
    kind = TYPES.get(parsed.type) if parsed else None
    redacted: dict[str, Any] = kind.redacted(body) if kind else redact(body)
    return redacted
