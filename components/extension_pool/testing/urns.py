"""URNs as the engine makes them, former ones included. Pure.

https://www.pulumi.com/docs/iac/concepts/resources/names/#urns
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from .tokens import STACK

if TYPE_CHECKING:
    from .resource import Resource


def child_urn(stack: str, project: str, parent: str, type: str, name: str) -> str:
    """The URN of a resource. parent: a URN, the stack's, or empty."""
    return f"urn:pulumi:{stack}::{project}::{_qualified(parent)}{type}::{name}"


def alias_urn(alias: Any, request: Any, stack: str, project: str) -> str:
    """The former URN that an alias of a registration speaks of, its parents' own aliases left aside."""
    if alias.WhichOneof("alias") == "urn":
        return str(alias.urn)
    spec = alias.spec
    parent = "" if spec.noParent else spec.parentUrn or request.parent
    return child_urn(
        spec.stack or stack, spec.project or project, parent, spec.type or request.type, spec.name or request.name
    )


def former_urns(resource: Resource) -> Iterator[str]:
    """Every URN that a resource may have had: by its aliases, and by those of the components that it is in."""
    yield from resource.options.aliases
    parent = resource.parent
    for former in former_urns(parent) if parent else ():
        stack, project, _, former_name = former.removeprefix("urn:pulumi:").split("::", 3)
        name = resource.logical_name
        own = parent.logical_name if parent else ""
        # the engine takes a child whose name begins with its parent's to have been renamed with it
        renamed = former_name + name.removeprefix(own) if name.startswith(own) else name
        yield child_urn(stack, project, former, resource.type, renamed)


def _qualified(parent: str) -> str:
    types = parent.split("::")[2] if parent else STACK
    return "" if types == STACK else f"{types}$"
