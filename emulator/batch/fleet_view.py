"""The nodes of a pool as they are now: rows of the store put through the life of a node."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from emulator import fleet
from emulator.arm import extensions as pool_extensions
from emulator.arm.context import ROLE_ASSIGNMENT, VAULT
from emulator.arm.role_assignments import role_guid
from emulator.batch import nodes
from emulator.batch.key_vault import Grant, Rule, Vault
from emulator.batch.orders import NONE, Orders, PoolOrders, Text, seen
from emulator.batch.work import OnNode, on_nodes
from emulator.faults import Faults
from emulator.fleet import Run
from emulator.redaction import without_secrets
from emulator.store import Row, Store

NO_WORK = OnNode()


@dataclass(frozen=True)
class Node:
    """`scheduling`: enabled or disabled. `tasks`: how many run on it, in so many `slots`; `work`: those of jobs.

    `texts`: what its extensions shall answer. `idle_since`: since when it could run tasks. `restarts`: as soon as its
    tasks are done.
    """

    id: str
    index: int
    run: Run
    life: nodes.Life
    scheduling: str = "enabled"
    tasks: int = 0
    slots: int = 0
    texts: tuple[Text, ...] = ()
    work: OnNode = NO_WORK
    idle_since: float = nodes.NEVER
    restarts: bool = False

    def open_slots(self, slots: int) -> int:
        """How many of its `slots` tasks of jobs may take: none of a node that takes no tasks."""
        if self.scheduling == "disabled" or self.restarts or self.life.state not in ("idle", "running"):
            return 0
        return max(slots - (self.tasks - self.work.tasks), 0)


class FleetView:
    """One pool at one moment. `answers`: what was said about it already, as it was sent."""

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
        propagation = float(seconds["role_propagation_seconds"])
        self._surroundings = replace(
            store.cached("surroundings", lambda: surroundings(store, propagation)),
            subnet=str((pool.body["properties"].get("networkConfiguration") or {}).get("subnetId") or ""),
            in_full=seconds["key_vault_messages"] == "in-full",
        )
        self._work = on_nodes(store)
        self.orders = PoolOrders(store, pool, account, self.now)
        self._lives: dict[tuple[int, int, Orders], nodes.Life] = {}
        self.answers: dict[Hashable, bytes] = {}

    def count(self) -> int:
        return sum(run.count for run in self._runs)

    def listing(self, start: int = 0, end: int | None = None) -> Iterator[Node]:
        """The nodes number `start` to `end` of the list, all without `end`."""
        before = 0
        for run in self._runs:
            first, last = max(start - before, 0), run.count if end is None else min(end - before, run.count)
            for index in range(run.first + first, run.first + last):
                yield self._node(run, index)
            before += run.count

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
        orders = self.orders.of(run, index, node_id)
        work = self._work.get(node_id, NO_WORK)
        plain = self._life(run, index % nodes.GROUPS, orders)
        if orders is NONE and work is NO_WORK:
            return Node(node_id, index, run, plain, idle_since=plain.since)
        busy = replace(orders, tasks=orders.tasks + work.tasks, tasks_since=max(orders.tasks_since, work.since))
        life = self._life(run, index % nodes.GROUPS, busy) if work.tasks else plain
        running = life.state in ("running", "leavingpool")
        return Node(
            node_id,
            index,
            run,
            life,
            scheduling="enabled" if orders.disabled is None else "disabled",
            tasks=busy.tasks if running else 0,
            slots=orders.tasks + work.slots if running else 0,
            texts=orders.texts,
            work=work,
            idle_since=plain.since,
            restarts=any(restart.began > self.now for restart in orders.restarts),
        )

    def _life(self, run: Run, group: int, orders: Orders) -> nodes.Life:
        """Nodes with equal orders live alike, so that thousands cost a few computations."""
        key = (id(run), group, orders)
        if key not in self._lives:
            self._lives[key] = seen(self._live(run, group, orders), orders, run)
        return self._lives[key]

    def _live(self, run: Run, group: int, orders: Orders) -> nodes.Life:
        birth = nodes.Birth(
            created=run.created,
            group=group,
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
            extension_faults=orders.extension_faults,
            node_fault=orders.node_fault,
            start_task_fault=orders.start_task_fault,
            restarts=orders.restarts,
        )


def surroundings(store: Store, propagation: float) -> nodes.Surroundings:
    """Vaults and grants with their times; deleted ones too, because nodes may have used them."""
    vaults, grants = [], []
    missing = Faults(store).of("secret")
    for row in store.history(VAULT):
        former = [_rule(item["properties"], item["until"]) for item in row.state.get("former", [])]
        vaults.append(
            Vault(
                id=row.id,
                host=f"{row.name.lower()}.vault.azure.net",
                rules=(*former, _rule(row.body["properties"], nodes.NEVER)),
                created=row.created,
                deleted=nodes.NEVER if row.deleted is None else row.deleted,
                missing=frozenset(
                    item.target["secret"].lower()
                    for item in missing
                    if item.target["vault"].lower() == row.name.lower()
                ),
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
    network = properties.get("networkAcls") or {}
    denies = str(network.get("defaultAction", "Allow")).lower() == "deny"
    off = str(properties.get("publicNetworkAccess") or "Enabled").lower() == "disabled"
    # Rules for addresses let no node in: which address a node comes from is not modelled. With public access off not
    # even a subnet's service endpoint helps (learn.microsoft.com azure/key-vault/general/network-security).
    subnets = frozenset(str(item.get("id", "")).lower() for item in network.get("virtualNetworkRules") or [])
    rbac = properties.get("enableRbacAuthorization") is True
    return Rule(rbac, policies, until, closed=denies or off, subnets=frozenset() if off else subnets)
