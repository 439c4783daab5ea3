"""From the engine's steps to one fate of each resource. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from .model import Operation
from .preview import Preview, Step
from .values import is_later

COMPONENT = "extension-pool:index:ExtensionPool"
# Also explicit api-versions and their local packages, as `ops.stack` reads them.
_POOL = re.compile(r"azure-native[\w-]*:batch(?:/v\w+)?:Pool")
_ACCOUNT = re.compile(r"azure-native[\w-]*:batch(?:/v\w+)?:BatchAccount")
_POOL_ID = re.compile(r"/.+/batchAccounts/(?P<account>[^/]+)/pools/(?P<pool>[^/]+)", re.IGNORECASE)
_STACK = "pulumi:pulumi:Stack"

_OPERATIONS = {
    "same": Operation.UNCHANGED,
    "create": Operation.CREATE,
    "update": Operation.UPDATE,
    "delete": Operation.DELETE,
    "replace": Operation.REPLACE,
    "create-replacement": Operation.REPLACE,
    "delete-replaced": Operation.REPLACE,
    "import-replacement": Operation.REPLACE,
    "read-replacement": Operation.REPLACE,
    "refresh": Operation.UNCHANGED,
}
"""Any other step (read, import, discard, and what the engine may learn) changes nothing in Azure."""

# Of the steps of one resource, the one that tells most comes first.
_TELLING = ("replace", "import-replacement", "read-replacement", "create-replacement", "delete-replaced")


@dataclass(frozen=True)
class Fate:
    """What becomes of a resource. step: the step that tells it. deleted_first: whether the old one goes before the new
    one comes; None where nothing is replaced or nothing tells. stale: an old one that waits to be deleted."""

    operation: Operation
    step: Step
    deleted_first: bool | None = None
    stale: bool = False

    @property
    def state(self) -> Mapping[str, Any]:
        """The newer state, else the old one."""
        return self.step.new or self.step.old

    @cached_property
    def type(self) -> str:
        named = self.state.get("type")
        return named if isinstance(named, str) else type_of(self.step.urn)

    @property
    def name(self) -> str:
        """The logical name."""
        return last_name(self.step.urn)

    @cached_property
    def is_pool(self) -> bool:
        return _POOL.fullmatch(self.type) is not None

    @property
    def ours(self) -> bool:
        """Whether it is an ExtensionPool or below one."""
        return COMPONENT in _types(self.step.urn)

    @cached_property
    def component(self) -> str | None:
        """The name of the ExtensionPool that the resource is the pool, or the canary, of."""
        parent = self.state.get("parent")
        if not self.is_pool or not isinstance(parent, str) or type_of(parent) != COMPONENT:
            return None
        name = last_name(parent)
        return name if self.name in (f"{name}-pool", f"{name}-canary") else None

    @property
    def is_canary(self) -> bool:
        return self.component is not None and self.name == f"{self.component}-canary"

    @cached_property
    def address(self) -> tuple[str | None, str | None]:
        """Account and pool in Azure: those that there are, or are to be; None where that is not known."""
        match = _POOL_ID.fullmatch(str(self.step.old.get("id") or "")) if self.is_pool else None
        if match is not None:
            return match["account"], match["pool"]
        inputs = self.state.get("inputs")
        inputs = inputs if isinstance(inputs, dict) and self.is_pool else {}
        return _known(inputs.get("accountName")), _known(inputs.get("poolName"))


def find_fates(preview: Preview) -> tuple[Fate, ...]:
    """Each resource that the preview has steps of, once; an old one that waits to be deleted beside its successor is
    another resource."""
    groups: dict[str, list[Step]] = {}
    for step in preview.steps:
        groups.setdefault(step.urn, []).append(step)
    refreshed = any(step.op == "refresh" for step in preview.steps)
    return tuple(fate for steps in groups.values() for fate in _fates(steps, refreshed))


def find_endpoints(preview: Preview) -> Mapping[str, str]:
    """The endpoints of accounts, by their names in lower case; "" is that of the stack's output."""
    found: dict[str, str] = {}
    for kind, state in _outputs_of(preview, f"{_STACK}::", ":BatchAccount::"):
        outputs = state["outputs"]
        if kind == _STACK and _known(outputs.get("batchAccountEndpoint")):
            found[""] = str(outputs["batchAccountEndpoint"])
        elif _ACCOUNT.fullmatch(kind) and _known(outputs.get("accountEndpoint")):
            found[str(state.get("id", "")).rpartition("/")[2].lower()] = str(outputs["accountEndpoint"])
    return found


def find_extension_names(preview: Preview) -> Mapping[str, tuple[str, ...]]:
    """The extensions of each ExtensionPool as they were, by the pool's name in the program: from the component, and
    from the output `pools` of stacks that have one. The state of a pool hides them all when one has a secret."""
    found: dict[str, tuple[str, ...]] = {}
    for kind, state in _outputs_of(preview, f"{_STACK}::", f"{COMPONENT}::"):
        outputs = state["outputs"]
        pools = outputs.get("pools") if kind == _STACK else {last_name(str(state.get("urn"))): outputs}
        for name, pool in pools.items() if isinstance(pools, dict) else ():
            names = pool.get("extensionNames") if isinstance(pool, dict) else None
            if isinstance(names, list) and all(isinstance(one, str) for one in names):
                found.setdefault(str(name), tuple(names))
    return found


def _outputs_of(preview: Preview, *ends: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The states that have outputs, old ones first, of resources whose types end so; each with its type."""
    for step in preview.steps:
        if any(end in step.urn for end in ends):
            for state in (step.old, step.new):
                if isinstance(state.get("outputs"), dict):
                    yield type_of(step.urn), state


def last_name(urn: str) -> str:
    return urn.rsplit("::", 1)[-1]


def type_of(urn: str) -> str:
    """``urn:pulumi:STACK::PROJECT::PARENT$TYPE::NAME`` -> TYPE."""
    types = _types(urn)
    return types[-1] if types else ""


def _types(urn: str) -> Sequence[str]:
    parts = urn.split("::", 3)
    return parts[2].split("$") if len(parts) == 4 else ()


def _known(value: Any) -> str | None:
    return value if isinstance(value, str) and value and not is_later(value) else None


def _fates(steps: list[Step], refreshed: bool) -> Iterator[Fate]:
    if refreshed and steps[0].op != "create":
        # What a refresh found comes first: it is no change to Azure, whatever the engine calls it.
        first, *steps = steps
        if not steps:
            drifted = first.op != "refresh"
            yield Fate(Operation.OTHER if drifted else Operation.UNCHANGED, first)
            return
    main = min(steps, key=_rank)
    if main.op == "delete-replaced" and main.old.get("delete"):
        waiting = steps
    else:
        yield Fate(_operation(main), main, _deleted_first(main, steps))
        waiting = [step for step in steps if step.op == "delete-replaced" and not _same(step, main)]
    # old ones that an earlier update made a successor of
    yield from (Fate(Operation.DELETE, step, stale=True) for step in _once(waiting))


def _rank(step: Step) -> tuple[int, int]:
    """Of several steps the one that changes most, and then the one that tells most."""
    waiting = step.op == "delete-replaced" and bool(step.old.get("delete"))
    telling = _TELLING.index(step.op) if step.op in _TELLING else 0
    return (len(_ORDER) if waiting else _ORDER.index(_operation(step)), telling)


_ORDER = (
    Operation.REPLACE,
    Operation.DELETE,
    Operation.CREATE,
    Operation.UPDATE,
    Operation.OTHER,
    Operation.UNCHANGED,
)


def _operation(step: Step) -> Operation:
    operation = _OPERATIONS.get(step.op, Operation.OTHER)
    if operation is Operation.UNCHANGED and step.old and step.new:
        moved = step.old.get("urn") != step.new.get("urn")
        return Operation.OTHER if moved or protection_differs(step) else operation
    return operation


def protection_differs(step: Step) -> bool:
    """Whether the option `protect` is another: nothing of that is in Azure."""
    return bool(step.old.get("protect")) is not bool(step.new.get("protect"))


def _same(step: Step, main: Step) -> bool:
    return step is main or step.old.get("id") == main.old.get("id")


def _once(steps: Iterable[Step]) -> Iterator[Step]:
    return iter({str(step.old.get("id")): step for step in steps}.values())


def _deleted_first(main: Step, steps: Sequence[Step]) -> bool | None:
    if _operation(main) is not Operation.REPLACE:
        return None
    if main.old.get("pendingReplacement"):
        return True
    if main.old.get("delete"):
        return False
    # Events come in the engine's order.
    ops = [step.op for step in steps]
    if "delete-replaced" in ops and "create-replacement" in ops:
        return ops.index("delete-replaced") < ops.index("create-replacement")
    return None
