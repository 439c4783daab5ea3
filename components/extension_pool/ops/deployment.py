"""A stack's state as `pulumi stack export` prints it, with resources taken out, put in and made current again. Pure.

What the engine asks of a state: whatever a resource refers to stands before it; and of the resources with one URN all,
or all but one, wait to be deleted (`delete: true`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

from .lenient import parse_time
from .pulumi_cli import State

Resource = Mapping[str, Any]

_LONG_AGO = datetime.min.replace(tzinfo=timezone.utc)


def resources_of(state: State) -> list[Resource]:
    """All resources, those that wait to be deleted too."""
    return [one for one in state["deployment"].get("resources") or () if isinstance(one, Mapping)]


def operations_of(state: State) -> list[Mapping[str, Any]]:
    """What was under way when the state was written last: each with its `type` and its `resource`."""
    listed = state["deployment"].get("pending_operations") or ()
    return [one for one in listed if isinstance(one, Mapping) and isinstance(one.get("resource"), Mapping)]


def with_resources(state: State, resources: Iterable[Resource]) -> State:
    """The state with these resources, in an order that the engine takes, and nothing under way."""
    deployment = {key: value for key, value in state["deployment"].items() if key != "pending_operations"}
    return {**state, "deployment": {**deployment, "resources": [dict(one) for one in in_order(list(resources))]}}


def in_order(resources: Sequence[Resource]) -> list[Resource]:
    """The resources, each after all that it refers to; their order as it was, but for that."""
    by_name: dict[str, list[int]] = {}
    for index, one in enumerate(resources):
        by_name.setdefault(str(one.get("urn")), []).append(index)
        by_name.setdefault(f"{one.get('urn')}::{one.get('id')}", []).append(index)
    done: list[int] = []
    seen: set[int] = set()

    for first in range(len(resources)):
        # Depth first, by hand: a stack may be thousands of resources deep.
        stack = [(first, False)]
        while stack:
            index, finished = stack.pop()
            if finished:
                done.append(index)
            elif index not in seen:
                seen.add(index)
                stack.append((index, True))
                names = list(references(resources[index]))
                stack += [(other, False) for name in reversed(names) for other in by_name.get(name, ())[:1]]
    return [resources[index] for index in done]


def references(resource: Resource) -> Iterator[str]:
    """The URNs that a resource refers to; of its provider, the URN with the id."""
    for key in ("parent", "deletedWith", "viewOf", "provider"):
        if resource.get(key):
            yield str(resource[key])
    for key in ("dependencies", "replaceWith"):
        yield from map(str, resource.get(key) or ())
    for urns in (resource.get("propertyDependencies") or {}).values():
        yield from map(str, urns or ())


def made_current(resource: Resource) -> dict[str, Any]:
    """A resource that nothing waits to delete."""
    return {key: value for key, value in resource.items() if key not in ("delete", "pendingReplacement")}


def made_stale(resource: Resource) -> dict[str, Any]:
    """A resource that the next update deletes."""
    return {**made_current(resource), "delete": True}


def same_id(one: object, other: object) -> bool:
    """Azure's ids mean the same in any case."""
    return isinstance(one, str) and isinstance(other, str) and one.lower() == other.lower() != ""


def created(resource: Resource) -> datetime:
    """When Pulumi made it; the beginning of time where the state does not say."""
    return parse_time(resource.get("created")) or _LONG_AGO


def uses(resource: Resource, resources: Sequence[Resource]) -> list[str]:
    """The URNs of all that a resource depends on, directly or not, its parents and providers left out."""
    by_urn: dict[str, list[Resource]] = {}
    for one in resources:
        by_urn.setdefault(str(one.get("urn")), []).append(one)
    found: dict[str, None] = {}
    todo = [resource]
    while todo:
        for urn in _dependencies(todo.pop()):
            if urn in by_urn and urn not in found:
                found[urn] = None
                todo += by_urn[urn]
    return list(found)


def under(urn: str, ancestor: str, resources: Sequence[Resource]) -> bool:
    """Whether the resource is below another one, at any depth."""
    parents = {str(one.get("urn")): str(one.get("parent") or "") for one in resources}
    seen: set[str] = set()
    while urn and urn not in seen:
        seen.add(urn)
        urn = parents.get(urn, "")
        if urn == ancestor:
            return True
    return False


def last_name(urn: object) -> str:
    """The logical name of a resource."""
    return str(urn).rsplit("::", 1)[-1]


def _dependencies(resource: Resource) -> Iterator[str]:
    yield from map(str, resource.get("dependencies") or ())
    for urns in (resource.get("propertyDependencies") or {}).values():
        yield from map(str, urns or ())
