"""What a killed update left in a stack's state, and the state that is right again. Pure.

The engine writes down what it is about to do. Killed in the middle, it leaves operations of which nobody knows whether
they were done; `pulumi up` and `pulumi refresh` never take a creation off that list, so a pool that was made is not in
the state, and the next update fails because its name is taken.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any

from ..pool_names import base_of
from ..wire_marks import UNKNOWNS
from .deployment import (
    Resource,
    last_name,
    made_current,
    made_stale,
    operations_of,
    resources_of,
    same_id,
    with_resources,
)
from .pulumi_cli import State
from .stack import HIDDEN, StackPool, read_pools

_CREATES = frozenset({"creating", "importing"})
# No operation of the engine's: a record of an old pool that has the id of the one that works.
_TWICE = "twice in the state"

_MADE = "Azure has it, the state does not"
_AGAIN = "the next 'pulumi up' does it again if it is still wanted"

# Where Azure keeps what the component makes: type -> the id below the subscription, with the inputs' names.
_IDS = {
    "batch:Pool": (
        "/resourceGroups/{resourceGroupName}/providers/Microsoft.Batch/batchAccounts/{accountName}/pools/{poolName}"
    ),
    "batch:BatchAccount": "/resourceGroups/{resourceGroupName}/providers/Microsoft.Batch/batchAccounts/{accountName}",
    "managedidentity:UserAssignedIdentity": (
        "/resourceGroups/{resourceGroupName}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{resourceName}"
    ),
    "resources:ResourceGroup": "/resourceGroups/{resourceGroupName}",
    "keyvault:Vault": "/resourceGroups/{resourceGroupName}/providers/Microsoft.KeyVault/vaults/{vaultName}",
}
_ROLE_ASSIGNMENT = "authorization:RoleAssignment"
_TYPE = re.compile(r"azure-native[\w-]*:(?P<module>\w+)(?:/v\w+)?:(?P<name>\w+)")
_SUBSCRIPTION = re.compile(r"/subscriptions/[^/]+", re.IGNORECASE)
_FIELD = re.compile(r"\{(\w+)\}")


class Act(Enum):
    """What becomes of an operation that was under way."""

    ADOPT = "adopt"
    """It was made: it goes into the state."""
    TRY = "ask Azure"
    """Whether it was made the provider will say: it goes into the state if it was."""
    FORGET = "forget"
    """Nothing came of it, or the next update does it again."""
    REFRESH = "refresh"
    """It is in the state and gone in Azure: it leaves the state."""
    DROP = "drop"
    """Nothing in Azure is behind it, or only what the state has elsewhere: its record leaves the state."""
    LEAVE = "leave"
    """Nobody here can say; it is for the user to look."""


class There(Enum):
    """What Azure says of a pool."""

    YES = "yes"
    GOING = "going"
    NO = "no"


@dataclass(frozen=True)
class Operation:
    """An operation that was under way: `kind` in the engine's word (`creating`, `deleting`, ...).

    `id`: what the resource has or would have; empty where it cannot be known. `pool`: the pool that it is about.
    """

    kind: str
    urn: str
    type: str
    id: str
    pool: StackPool | None
    resource: Resource = field(repr=False, compare=False)
    current: bool = True

    @property
    def name(self) -> str:
        return self.pool.pool if self.pool is not None else last_name(self.urn)


@dataclass(frozen=True)
class Step:
    """What is done about an operation, and why."""

    operation: Operation
    act: Act
    why: str


def find_operations(state: State) -> tuple[Operation, ...]:
    """What was under way; and pools that an interrupted recovery put into the state without having read them."""
    resources = resources_of(state)
    found = []
    for one in operations_of(state):
        resource: Resource = one["resource"]
        known = resource.get("id") if isinstance(resource.get("id"), str) else None
        identity = known or _id_of(resource, resources)
        found.append(
            Operation(
                str(one.get("type")),
                str(resource.get("urn")),
                str(resource.get("type")),
                identity,
                _pool_of({**resource, "id": identity}, state) if identity else None,
                resource,
                not resource.get("delete"),
            )
        )
    for one in resources:
        if one.get("delete") and any(_stands_for(other, one) for other in resources):
            pool = _pool_of(one, state)
            found.append(Operation(_TWICE, str(one["urn"]), str(one["type"]), str(one["id"]), pool, one, False))
    for one in resources:
        if one.get("id") and not one.get("outputs") and same_id(one["id"], _id_of(one, resources)):
            pool = _pool_of(one, state)
            found.append(Operation("importing", str(one["urn"]), str(one["type"]), str(one["id"]), pool, one))
    return tuple(found)


def plan_steps(state: State, operations: Sequence[Operation], there: Mapping[StackPool, There]) -> tuple[Step, ...]:
    """What is done about each operation. `there`: what Azure says of the pools among them."""
    resources = resources_of(state)
    return tuple(_step(one, resources, there) for one in operations)


def _step(one: Operation, resources: Sequence[Resource], there: Mapping[StackPool, There]) -> Step:
    pool = there[one.pool] if one.pool is not None else None
    if one.kind in _CREATES:
        return _creation(one, resources, pool)
    if one.kind == _TWICE:
        return Step(one, Act.DROP, "the state has it as a pool that is to be deleted as well, and it works")
    if one.kind == "deleting" and not one.current and pool in (There.NO, There.GOING):
        # Left in the state, it would be taken for the next pool of this name.
        return Step(one, Act.DROP, "it is gone" if pool is There.NO else "Azure is deleting it")
    if one.kind == "deleting" and pool is There.NO:
        if one.current and any(same_id(one.id, other.get("id")) for other in resources if _holds(other)):
            return Step(one, Act.REFRESH, "it is gone, and the state still has it")
        return Step(one, Act.FORGET, "it is gone")
    if one.kind == "deleting":
        going = "Azure is deleting it" if pool is There.GOING else "it is still there"
        return Step(one, Act.FORGET, f"{going}; the next 'pulumi up' goes on with it" if pool else _AGAIN)
    return Step(one, Act.FORGET, _AGAIN if one.kind == "updating" else "it changes nothing")


def _creation(one: Operation, resources: Sequence[Resource], pool: There | None) -> Step:
    unread = any(other is one.resource for other in resources)
    if not one.id:
        return Step(one, Act.LEAVE, "whether it was made cannot be told here")
    if any(same_id(one.id, other.get("id")) and other is not one.resource for other in resources if _holds(other)):
        return Step(one, Act.FORGET, "the state has it already")
    if one.pool is None:
        return Step(one, Act.TRY, "it goes into the state if Azure has it")
    if pool is There.YES:
        return Step(
            one, Act.ADOPT, "Azure has it, the state does not know more of it than its name" if unread else _MADE
        )
    if unread:
        return Step(one, Act.REFRESH, "it is gone, and the state still has it")
    why = "Azure is deleting it" if pool is There.GOING else "Azure does not have it"
    return Step(one, Act.FORGET, f"{why}; the next 'pulumi up' makes it")


def _stands_for(other: Resource, stale: Resource) -> bool:
    """Whether a record is of the same thing as a stale one, and not stale."""
    alike = other.get("urn") == stale.get("urn") and same_id(other.get("id"), stale.get("id"))
    return alike and not other.get("delete") and bool(stale.get("id"))


def _holds(resource: Resource) -> bool:
    """Whether a resource of the state stands for something in Azure: one that is pending replacement is deleted."""
    return not resource.get("pendingReplacement")


def with_adopted(state: State, steps: Sequence[Step]) -> State:
    """The state with what was made, to be read by a refresh; what it replaces waits to be deleted. Nothing pending."""
    dropped = [step.operation for step in steps if step.act is Act.DROP]
    resources = [
        one
        for one in resources_of(state)
        if not any(
            one.get("delete") and one.get("urn") == gone.urn and same_id(one.get("id"), gone.id) for gone in dropped
        )
    ]
    for step in adopted(steps):
        one = step.operation
        if any(other is one.resource for other in resources):
            continue
        record = made_current({**one.resource, "id": one.id, "outputs": {}})
        resources = [
            made_stale(other) if other.get("urn") == one.urn and not other.get("delete") else other
            for other in resources
            if other.get("urn") != one.urn or _holds(other)
        ]
        resources.append(record)
    return with_resources(state, resources)


def with_inputs(state: State, before: State, steps: Sequence[Step]) -> State:
    """The state after the refresh, with the inputs that the program gave.

    A refresh of what has never been read takes Azure's answer for the inputs: with its defaults, without the secrets.
    What turned out not to be there is out of the state; what it was to replace is current again.
    """
    resources = resources_of(state)
    for step in adopted(steps):
        one = step.operation
        if any(same_id(other.get("id"), one.id) for other in resources if other.get("urn") == one.urn):
            resources = [
                {**other, "inputs": one.resource.get("inputs", {})} if same_id(other.get("id"), one.id) else other
                for other in resources
            ]
            continue
        was = [other for other in resources_of(before) if other.get("urn") == one.urn and not other.get("delete")]
        ids = [other.get("id") for other in was]
        resources = [
            made_current(other) if other.get("urn") == one.urn and other.get("id") in ids else other
            for other in resources
        ]
        present = [other.get("id") for other in resources if other.get("urn") == one.urn]
        # pending replacement: there is nothing in Azure behind it, and it was taken out for the trial
        resources += [other for other in was if other.get("id") not in present]
    return with_resources(state, resources)


def adopted(steps: Sequence[Step]) -> list[Step]:
    """Those that go into the state."""
    return [step for step in steps if step.act in (Act.ADOPT, Act.TRY)]


def find_orphans(names: Sequence[str], account: str, pools: Sequence[StackPool]) -> tuple[str, ...]:
    """Pools of an account that the stack seems to have made and that its state does not have.

    names: those in the account. pools: those that the stack has there, or was making. A name counts if it is one of a
    blue-green pool of the same base, or of its canary. Another stack may use that base as well: nothing may be deleted
    for this alone.
    """
    ours = [pool.pool for pool in pools if pool.account.lower() == account.lower()]
    bases = {base.lower() for base in map(base_of, ours) if base}
    bases |= {f"{base}-canary" for base in bases} | {f"{name.lower()}-canary" for name in ours}
    known = {name.lower() for name in ours}
    return tuple(name for name in names if (base_of(name) or "").lower() in bases and name.lower() not in known)


def _pool_of(resource: Resource, state: State) -> StackPool | None:
    """The pool that a resource is, read as if the state had it; None if it is none of an ExtensionPool."""
    others = [one for one in resources_of(state) if one.get("urn") != resource.get("urn")]
    read = read_pools({**state, "deployment": {**state["deployment"], "resources": [*others, made_current(resource)]}})
    return next((replace(pool) for pool in read if pool.urn == resource.get("urn")), None)


def _id_of(resource: Resource, resources: Sequence[Resource]) -> str:
    """The id that a resource gets, from its inputs; empty for types that are not known here and names that are secret.

    The subscription is that of its group, if the state has anything in it, else of anything that the same provider
    has made.
    """
    match = _TYPE.fullmatch(str(resource.get("type")))
    if match is None:
        return ""
    kind, inputs = f"{match['module']}:{match['name']}", resource.get("inputs") or {}
    if kind == _ROLE_ASSIGNMENT:
        scope, name = inputs.get("scope"), inputs.get("roleAssignmentName")
        made = f"{scope}/providers/Microsoft.Authorization/roleAssignments/{name}"
        return made if _is_word(scope) and _is_word(name) else ""
    pattern = _IDS.get(kind, "")
    words = {name: inputs.get(name) for name in _FIELD.findall(pattern)}
    if not pattern or not all(map(_is_word, words.values())):
        return ""
    subscription = _subscription(str(words["resourceGroupName"]), resource, resources)
    return f"{subscription}{pattern.format(**words)}" if subscription else ""


def _is_word(value: object) -> bool:
    return isinstance(value, str) and value not in ("", HIDDEN, *UNKNOWNS)


def _subscription(group: str, resource: Resource, resources: Sequence[Resource]) -> str:
    def found(candidates: Iterator[str]) -> str:
        return next((match[0] for one in candidates if (match := _SUBSCRIPTION.match(one))), "")

    ids = [(str(one.get("id") or ""), one.get("provider")) for one in resources]
    below = f"/resourcegroups/{group}".lower()
    in_group = (one for one, _ in ids if f"{one.lower()}/".find(f"{below}/") > 0)
    provider = resource.get("provider")
    return found(in_group) or found(one for one, other in ids if other == provider)


def explain(step: Step) -> str:
    """`creating pool render-1a2b3c4d: Azure has it, the state does not -> it goes into the state`."""
    one = step.operation
    subject = f"pool {one.name}" if one.pool is not None else f"{one.type} {one.name}"
    result = {
        Act.ADOPT: "it goes into the state",
        Act.TRY: "Azure is asked",
        Act.FORGET: "the operation is forgotten",
        Act.REFRESH: "it leaves the state",
        Act.DROP: "its old record leaves the state",
        Act.LEAVE: "look whether it is there (below)",
    }[step.act]
    return f"{one.kind} {subject}: {step.why} -> {result}"


def step_json(step: Step) -> dict[str, Any]:
    """For programs; its keys stay (new ones may be added)."""
    one = step.operation
    return {"operation": one.kind, "urn": one.urn, "id": one.id or None, "do": step.act.value, "why": step.why}
