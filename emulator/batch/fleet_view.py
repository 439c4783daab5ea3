"""The nodes of a pool as they are now: rows of the store put through the life of a node."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from emulator import fleet
from emulator.arm import extensions as pool_extensions
from emulator.arm.context import ROLE_ASSIGNMENT, VAULT
from emulator.arm.role_assignments import role_guid
from emulator.batch import nodes
from emulator.batch.key_vault import Grant, Rule, Vault
from emulator.faults import Fault, Faults, hits
from emulator.fleet import Run
from emulator.redaction import without_secrets
from emulator.store import Row, Store


@dataclass(frozen=True)
class Node:
    id: str
    index: int
    run: Run
    life: nodes.Life


class FleetView:
    """One pool at one moment; build one for each request."""

    def __init__(self, store: Store, pool: Row, account: str) -> None:
        self.pool = pool
        self.now = store.clock.now()
        self.extensions: list[dict[str, Any]] = without_secrets(pool_extensions.of_pool(pool.body["properties"]))
        self._runs = fleet.runs(store, pool)
        self._identity = f"{pool.id}|{pool.seq}"
        seconds = store.all_settings()
        self._timing = nodes.Timing(
            resize=float(seconds["pool_resize_seconds"]),
            boot=float(seconds["node_boot_seconds"]),
            start_task=float(seconds["start_task_seconds"]),
            extension=float(seconds["extension_seconds"]),
            retry=float(seconds["key_vault_retry_seconds"]),
        )
        self._surroundings = surroundings(store, float(seconds["role_propagation_seconds"]))
        faults = Faults(store)
        self._extension_faults = [item for item in faults.of("extension") if _of_pool(item, pool, account)]
        self._node_faults = [item for item in faults.of("node") if _of_pool(item, pool, account)]
        self._lives: dict[tuple[float, bool, int, int], nodes.Life] = {}

    def count(self) -> int:
        return sum(run.count for run in self._runs)

    def listing(self) -> Iterator[Node]:
        for run in self._runs:
            for index in range(run.first, run.first + run.count):
                yield self._node(run, index)

    def find(self, node_id: str) -> Node | None:
        known = nodes.index_of(self._identity, node_id)
        if known is None:
            return None
        index, dedicated = known
        for run in self._runs:
            if run.dedicated is dedicated and run.first <= index < run.first + run.count:
                return self._node(run, index)
        return None

    def states(self) -> tuple[Counter[str], Counter[str]]:
        """Nodes by state: (dedicated, low-priority)."""
        counted: tuple[Counter[str], Counter[str]] = (Counter(), Counter())
        for node in self.listing():
            counted[0 if node.run.dedicated else 1][node.life.state] += 1
        return counted

    def _node(self, run: Run, index: int) -> Node:
        node_id = nodes.node_id(self._identity, index, run.dedicated)
        ordered = [item for item in self._extension_faults if hits(item.target["nodes"], index, node_id)]
        broken = next((item for item in self._node_faults if hits(item.target["nodes"], index, node_id)), None)
        if ordered or broken:
            return Node(node_id, index, run, self._live(run, index, ordered, broken))
        key = (run.created, run.dedicated, run.first, index % nodes.GROUPS)
        if key not in self._lives:
            self._lives[key] = self._live(run, index, [], None)
        return Node(node_id, index, run, self._lives[key])

    def _live(self, run: Run, index: int, ordered: list[Fault], broken: Fault | None) -> nodes.Life:
        birth = nodes.Birth(
            created=run.created,
            group=index % nodes.GROUPS,
            identities=tuple((item["id"], item["clientId"], item["principalId"]) for item in run.identities),
            has_start_task=run.start_task is not None,
            start_task_blocks=(run.start_task or {}).get("waitForSuccess", True) is not False,
        )
        return nodes.live(
            birth,
            self.extensions,
            self._surroundings,
            self._timing,
            self.now,
            extension_faults=[
                nodes.ExtensionFault(item.target["extension"], item.target["message"], item.target["blocks_node"])
                for item in ordered
            ],
            node_fault=nodes.NodeFault(broken.target["code"], broken.target["message"]) if broken else None,
        )


def surroundings(store: Store, propagation: float) -> nodes.Surroundings:
    """Vaults and grants with their times; deleted ones too, because nodes may have used them."""
    vaults, grants = [], []
    for row in store.history(VAULT):
        former = [_rule(item["properties"], item["until"]) for item in row.state.get("former", [])]
        vaults.append(
            Vault(
                id=row.id,
                host=f"{row.name.lower()}.vault.azure.net",
                rules=(*former, _rule(row.body["properties"], nodes.NEVER)),
                created=row.created,
                deleted=nodes.NEVER if row.deleted is None else row.deleted,
            )
        )
    for row in store.history(ROLE_ASSIGNMENT):
        properties = row.body["properties"]
        grants.append(
            Grant(
                principal=str(properties["principalId"]).lower(),
                role=role_guid(properties["roleDefinitionId"]),
                scope=str(row.state["scope"]).lower(),
                effective=row.created + propagation,
                deleted=nodes.NEVER if row.deleted is None else row.deleted,
            )
        )
    return nodes.Surroundings(vaults, grants)


def _rule(properties: dict[str, Any], until: float) -> Rule:
    policies = {
        str(entry.get("objectId", "")).lower(): frozenset(
            permission
            for given in (entry.get("permissions") or {}).get("secrets") or []
            for permission in (("get", "list") if str(given).lower() == "all" else (str(given).lower(),))
        )
        for entry in properties.get("accessPolicies") or []
        # An entry with an application is for that application acting for the principal, not for the principal itself.
        if not entry.get("applicationId")
    }
    return Rule(properties.get("enableRbacAuthorization") is True, policies, until)


def _of_pool(fault: Fault, pool: Row, account: str) -> bool:
    target = fault.target
    return str(target["pool"]).lower() == pool.name.lower() and str(target["account"]).lower() in ("", account.lower())
