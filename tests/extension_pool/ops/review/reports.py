"""Reports for the tests of how they are shown: of every kind, and from strangers."""

from dataclasses import replace
from typing import Any

from extension_pool.mutability import find_rule
from extension_pool.ops.review.model import (
    Change,
    Cost,
    Edit,
    Environment,
    Finding,
    Leaf,
    Operation,
    Place,
    Report,
    Standing,
)

POOL = "azure-native:batch:Pool"
VAULT = "azure-native:keyvault:Vault"
POLLING = (
    "deploymentConfiguration.virtualMachineConfiguration.extensions[0]"
    ".settings.secretsManagementSettings.pollingIntervalInS"
)
SHOWN = 'extensions["KeyVaultForLinux"].settings.secretsManagementSettings.pollingIntervalInS'
COST = Cost(4, False, "delete-first", False, False, None)
BLUE_GREEN = Cost(12, True, "blue-green", True, True, "migrate", running_tasks=7, deleted_first=False)
# All that could become markup, close what it is in, call somebody, or drive a job or a terminal.
HOSTILE = (
    "a`b``c | d \\| </details> <!-- @octocat #123 GH-7 !8 AB#9 **x** _y_ [z](https://evil.example) "
    "![i](x) $m$ :tada: ~~s~~ &lt; www.evil.example ::error::x ##vso[task.setvariable]y "
    "\u202e\ud800\x1b[31m\n# heading\n- item"
)


def polling(line: int | None = 29, file: str = "stacks/Pulumi.prod.yaml", **more: Any) -> Leaf:
    place = Place(file, line) if line is not None else None
    leaf = Leaf(POLLING, Edit.CHANGED, '"900"', '"60"', True, find_rule(POLLING), place, SHOWN)
    return replace(leaf, **more)


def scale(**more: Any) -> Leaf:
    path = "scaleSettings.fixedScale.targetDedicatedNodes"
    return replace(Leaf(path, Edit.CHANGED, "4", "6", False, find_rule(path)), **more)


def recreated(name: str = "render", *leaves: Leaf, **more: Any) -> Change:
    given: dict[str, Any] = {
        "cost": COST,
        "avoid": ("set rollout: {strategy: blue-green} first, and the old nodes work on until the new ones do",),
        **more,
    }
    return Change(_urn(POOL, name), POOL, name, Operation.REPLACE, leaves or (polling(),), True, name, "acct", **given)


def deleted(name: str = "windows", **more: Any) -> Change:
    given: dict[str, Any] = {"cost": COST, "place": Place("stacks/Pulumi.prod.yaml", 40, removed=True), **more}
    return Change(_urn(POOL, name), POOL, name, Operation.DELETE, (), True, name, "acct", **given)


def updated(name: str = "render", *leaves: Leaf, **more: Any) -> Change:
    return Change(_urn(POOL, name), POOL, name, Operation.UPDATE, leaves or (scale(),), True, name, "acct", **more)


def created(name: str = "fresh", **more: Any) -> Change:
    return Change(_urn(POOL, name), POOL, name, Operation.CREATE, (), True, name, "acct", **more)


def other(operation: Operation = Operation.REPLACE, name: str = "vault", *leaves: Leaf, **more: Any) -> Change:
    return Change(_urn(VAULT, name), VAULT, name, operation, leaves, False, **more)


def environment(name: str, *changes: Change, unchanged: int = 10, **more: Any) -> Environment:
    counts = {operation: sum(change.operation is operation for change in changes) for operation in Operation}
    counts[Operation.UNCHANGED] = unchanged
    return replace(Environment(name, Standing.FRESH, counts, changes), **more)


def failed(name: str = "staging", *messages: str, reason: str = "the program ended with an error") -> Environment:
    return Environment(name, Standing.FAILED, {}, (), reason, messages)


def report(*environments: Environment, findings: tuple[Finding, ...] = (), base: str | None = "main") -> Report:
    return Report(environments, base, findings)


def giant() -> Report:
    """A hundred environments with twenty pools each, all of them different."""
    environments = [
        environment(
            f"customer-{number:03}",
            *(
                recreated(
                    f"pool-{number}-{index}", polling(new=f'"{number * 20 + index}"'), cost=replace(COST, nodes=index)
                )
                for index in range(18)
            ),
            deleted(f"old-{number}"),
            updated(f"scaled-{number}"),
        )
        for number in range(98)
    ]
    findings = [
        Finding(one.name, f'{one.name}: pool old would be deleted: add the label "delete-ok"', False)
        for one in environments
    ]
    broken = [failed("broken", "error: " + "x" * 5000), environment("calm")]
    return report(*environments, *broken, findings=tuple(findings))


def hostile() -> Report:
    """Every text from outside is `HOSTILE`."""
    leaf = polling(path=HOSTILE, shown=HOSTILE, old=HOSTILE, new=HOSTILE, place=Place(HOSTILE, 3))
    more: dict[str, Any] = {"avoid": (HOSTILE,), "because_of": (HOSTILE,), "why": HOSTILE}
    cost = replace(COST, jobs=HOSTILE, not_asked=HOSTILE, strategy=HOSTILE)
    changes = [
        recreated(HOSTILE, leaf, replace(leaf, forces=False), cost=cost, **more),
        deleted(HOSTILE, cost=cost, place=Place(HOSTILE, 4)),
        updated(HOSTILE, leaf),
        replace(other(Operation.REPLACE, HOSTILE, leaf), type=HOSTILE),
        replace(other(Operation.CREATE, HOSTILE), type=HOSTILE),
    ]
    return report(
        environment(HOSTILE, *changes, messages=(HOSTILE,)),
        environment("``` " + HOSTILE, *changes),
        failed(HOSTILE, HOSTILE, "```\n````\n</details>\n<details>", reason=HOSTILE),
        findings=(Finding(HOSTILE, HOSTILE, False), Finding(HOSTILE, HOSTILE + "2", True)),
    )


def _urn(kind: str, name: str) -> str:
    return f"urn:pulumi:prod::extension-pool::extension-pool:index:ExtensionPool${kind}::{name}-pool"
