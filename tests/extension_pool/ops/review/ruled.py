"""Changes, environments and reports for the tests of the rules."""

from typing import Any

from extension_pool.ops.review.model import Change, Cost, Edit, Environment, Leaf, Operation, Place, Report, Standing

POOL = "azure-native:batch:Pool"
IDENTITY = "azure-native:managedidentity:UserAssignedIdentity"
ROLE = "azure-native:authorization:RoleAssignment"


def leaf(path: str = "vmSize", line: int | None = None, *, forces: bool = True) -> Leaf:
    place = None if line is None else Place("stacks/Pulumi.prod.yaml", line)
    return Leaf(path, Edit.CHANGED, "a", "b", forces, place=place)


def change(operation: Operation = Operation.REPLACE, name: str = "render", kind: str = POOL, **more: Any) -> Change:
    given: dict[str, Any] = {
        "urn": f"urn:pulumi:prod::farm::{kind}::{name}",
        "leaves": (),
        "ours": True,
        "pool": name if kind == POOL else None,
        **more,
    }
    return Change(type=kind, name=name, operation=operation, **given)


def cost(nodes: int | None, tasks: int | None = None) -> Cost:
    return Cost(nodes, False, "delete-first", False, False, None, tasks)


def environment(
    *changes: Change, name: str = "prod", standing: Standing = Standing.FRESH, reason: str = ""
) -> Environment:
    counts = {operation: sum(one.operation is operation for one in changes) for operation in Operation}
    return Environment(name, standing, counts, changes, reason)


def report(*environments: Environment) -> Report:
    return Report(environments)
