"""Which pools a Pulumi stack has: `export_stack` runs the CLI, `read_pools` reads what it prints (pure).

Secrets stay what they are in an export, ciphertext; nothing here decrypts or prints a value that is one: where one
stands, `HIDDEN` stands in what is read.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from ..wire_marks import SIGNATURE, UNKNOWN
from .errors import BadUsage
from .pulumi_cli import export_stack as export_stack
from .settings import normalise_endpoint
from .snapshot import Pool, parse_pool
from .text import clean_line

_COMPONENT = "extension-pool:index:ExtensionPool"
# Also the explicit api-versions, `azure-native:batch/v20240701:Pool`, and their local packages.
_TYPE = r"azure-native[\w-]*:batch(?:/v\w+)?:{}"
_POOL, _ACCOUNT = re.compile(_TYPE.format("Pool")), re.compile(_TYPE.format("BatchAccount"))
_POOL_ID = re.compile(r"(?P<account_id>/.+/batchAccounts/(?P<account>[^/]+))/pools/(?P<pool>[^/]+)", re.IGNORECASE)

_MACHINE = ("deploymentConfiguration", "virtualMachineConfiguration")

HIDDEN = "[hidden]"
"""Stands for a value that is secret or not known."""


@dataclass(frozen=True)
class StackPool:
    """A pool of a stack. `component` is the logical name of its ExtensionPool, `pool` and `account` are Azure's names.

    `expected` are the extension names that the program asks for; None when the state keeps them secret. `endpoint`
    is the account's, with its scheme; None when the state does not know it. `wanted` is the pool as the program asks
    for it, and what Azure wrote of it when Pulumi last looked: its creation time, and the targets that the program
    leaves to Azure. What is secret or left out is empty there.
    """

    component: str
    pool: str
    account: str
    expected: tuple[str, ...] | None = None
    endpoint: str | None = None
    urn: str = ""
    wanted: Pool | None = None


def read_pools(export: object, *, stale: bool = False) -> list[StackPool]:
    """The pools under ExtensionPool components in an exported state, by component and pool name. Pure.

    `stale`: those that a replacement has yet to delete (`delete: true`), and no others; else these are left out.
    Left out are pools of other programs' making, and pools without an id, which Azure does not have yet. The endpoint
    is that of the account if the same state has it (`accountEndpoint`), else the stack's output
    `batchAccountEndpoint`. Raises `BadUsage` for what is no state.
    """
    deployment = _mapping(_mapping(export).get("deployment"))
    listed = deployment.get("resources")
    if not isinstance(listed, list):
        # A stack that was never updated has a deployment without resources.
        if not deployment:
            raise BadUsage("--stack: must be a state as 'pulumi stack export' prints it, got something else")
        return []
    resources = [item for item in listed if isinstance(item, Mapping)]
    by_urn = {_word(item.get("urn")): item for item in resources if not item.get("delete")}
    accounts = dict(_accounts(resources))
    output = next(_endpoints(item for item in resources if item.get("type") == "pulumi:pulumi:Stack"), None)
    pools = []
    for item in resources:
        match = _POOL_ID.fullmatch(_word(item.get("id")))
        component = _component(item, by_urn)
        if not _POOL.fullmatch(_word(item.get("type"))) or component is None or match is None:
            continue
        if bool(item.get("delete")) is not stale:
            continue
        endpoint = accounts.get(match["account_id"].lower(), output)
        names = (component, match["pool"], match["account"])
        pools.append(StackPool(*names, _expected(item), endpoint, _word(item.get("urn")), _wanted(item, match["pool"])))
    return sorted(pools, key=lambda pool: (pool.component, pool.pool))


def _accounts(resources: list[Mapping[str, object]]) -> Iterator[tuple[str, str]]:
    """The endpoint of each Batch account in the state, by its id in lower case."""
    for item in resources:
        text = _word(_mapping(item.get("outputs")).get("accountEndpoint"))
        if _ACCOUNT.fullmatch(_word(item.get("type"))) and not item.get("delete") and text:
            yield _word(item.get("id")).lower(), normalise_endpoint(text, "accountEndpoint of the stack's account")


def _endpoints(stacks: Iterator[Mapping[str, object]]) -> Iterator[str]:
    for item in stacks:
        text = _word(_mapping(item.get("outputs")).get("batchAccountEndpoint"))
        if text:
            yield normalise_endpoint(text, "stack output batchAccountEndpoint")


def _component(item: Mapping[str, object], by_urn: Mapping[str, Mapping[str, object]]) -> str | None:
    """The name of the ExtensionPool that `item` is under, at any depth."""
    seen: set[str] = set()
    urn = _word(item.get("parent"))
    while urn in by_urn and urn not in seen:
        seen.add(urn)
        parent = by_urn[urn]
        if parent.get("type") == _COMPONENT:
            return clean_line(urn.rsplit("::", 1)[-1])
        urn = _word(parent.get("parent"))
    return None


def _expected(item: Mapping[str, object]) -> tuple[str, ...] | None:
    """The extension names in the pool's inputs; None where a secret or an unknown is in the way."""
    value: object = item.get("inputs")
    for key in (*_MACHINE, "extensions"):
        if not isinstance(value, Mapping) or SIGNATURE in value:
            return None
        value = value.get(key)
        if value is None:
            return ()
    if not isinstance(value, list):
        return None
    names = [_word(_mapping(extension).get("name")) for extension in value]
    return tuple(names) if all(names) and UNKNOWN not in names else None


def _wanted(item: Mapping[str, object], name: str) -> Pool:
    """The pool of the state in the words of the Batch service, read as an answer of it is."""
    inputs, outputs = _readable(item.get("inputs")), _readable(item.get("outputs"))
    machine = _walk(inputs, *_MACHINE)
    scale = _walk(inputs, "scaleSettings")
    fixed, was = _mapping(scale.get("fixedScale")), _walk(outputs, "scaleSettings", "fixedScale")
    formula = _mapping(scale.get("autoScale"))
    identities = _walk(inputs, "identity").get("userAssignedIdentities")
    said = {
        "id": name,
        "vmSize": inputs.get("vmSize"),
        "creationTime": outputs.get("creationTime"),
        "virtualMachineConfiguration": machine,
        "enableAutoScale": bool(formula),
        "autoScaleFormula": formula.get("formula"),
        "autoScaleEvaluationInterval": formula.get("evaluationInterval"),
        # The program gives a list of ids, older providers took a map by id.
        "identity": {"userAssignedIdentities": _by_id(identities)},
    }
    if fixed:
        targets = ("targetDedicatedNodes", "targetLowPriorityNodes")
        said.update({key: _whole(fixed.get(key, was.get(key))) for key in targets})
    pool = parse_pool(said)
    return pool if _expected(item) is not None else replace(pool, expected=None, extensions=())


def _readable(value: object) -> Mapping[str, object]:
    return _mapping(_hide(value))


def _hide(value: object) -> object:
    """`value` with `HIDDEN` for each secret, asset and unknown in it."""
    if isinstance(value, Mapping):
        return HIDDEN if SIGNATURE in value else {str(key): _hide(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_hide(inner) for inner in value]
    return HIDDEN if value == UNKNOWN else value


def _walk(value: Mapping[str, object], *keys: str) -> Mapping[str, object]:
    for key in keys:
        value = _mapping(value.get(key))
    return value


def _whole(value: object) -> object:
    """Pulumi's numbers are floats on the wire."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _by_id(identities: object) -> object:
    return {_word(item): None for item in identities} if isinstance(identities, list) else identities


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) and SIGNATURE not in value else {}


def _word(value: object) -> str:
    return value if isinstance(value, str) else ""
