"""What the Batch service says about a pool at one moment, as plain values. Pure.

The parsers take the service's JSON as it comes, in the two shapes that Microsoft documents: the specification's
examples (level "Info", settings an object, equal names) and the live sample of "Get extension data from a pool"
(https://learn.microsoft.com/azure/batch/create-pool-extensions: level 0, settings a JSON string, and
`instanceView.name` "secretext" beside `vmExtension.name` "KVExtensions"). They never raise: what is missing or of an
unexpected kind becomes empty, and words nobody knows are kept as they are, for `health` to judge.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from .lenient import flag, mapping, mappings, number, text, texts
from .lenient import parse_settings as parse_settings
from .lenient import parse_time as parse_time

# Compute's StatusLevelTypes as numbers; the live sample has `"level": 0` for a success.
_LEVELS = {"0": "info", "1": "warning", "2": "error"}


@dataclass(frozen=True, slots=True)
class Problem:
    """An error that Azure reports: its code and its text; either may be empty."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Status:
    """One instance view status. `level` is info, warning, error, or the service's word in lower case; empty if absent.

    `time` is aware, in UTC, or None when absent or not to be read.
    """

    code: str
    level: str = ""
    display_status: str = ""
    message: str = ""
    time: datetime | None = None


@dataclass(frozen=True, slots=True)
class NodeExtension:
    """An extension as one node reports it. `name` is the name in the pool; `aliases` are others it is reported under.

    `settings` is the tree that the service tells, JSON text in it parsed; never the protected ones, which it keeps.
    """

    name: str
    publisher: str = ""
    type: str = ""
    version: str = ""
    provisioning_state: str = ""
    statuses: tuple[Status, ...] = ()
    sub_statuses: tuple[Status, ...] = ()
    aliases: tuple[str, ...] = ()
    auto_upgrade_minor_version: bool | None = None
    enable_automatic_upgrade: bool | None = None
    provision_after: tuple[str, ...] = ()
    settings: object = field(default=None, repr=False, hash=False)


@dataclass(frozen=True, slots=True)
class StartTask:
    """How the node's start task went: `state` running or completed, the exit code once there is one, the failure."""

    state: str = ""
    exit_code: int | None = None
    failure: Problem | None = None


@dataclass(frozen=True, slots=True)
class Image:
    """An image: of the marketplace, or by its ARM `id` (a gallery's, a managed image)."""

    publisher: str = ""
    offer: str = ""
    sku: str = ""
    version: str = ""
    id: str = ""


@dataclass(frozen=True, slots=True)
class Node:
    """A compute node. `state` and `scheduling` are the service's words in lower case, known or not.

    Ids may be used again after a node was removed: `allocated` and `booted` tell one machine from the next. `changed`
    is when it came into its state. What the service does not tell is None or empty.
    """

    id: str
    state: str
    errors: tuple[Problem, ...] = ()
    start_task: StartTask | None = None
    scheduling: str = ""
    dedicated: bool | None = None
    vm_size: str = ""
    image: Image | None = None
    ip_address: str = ""
    agent_version: str = ""
    changed: datetime | None = None
    allocated: datetime | None = None
    booted: datetime | None = None
    running_tasks: int | None = None


@dataclass(frozen=True, slots=True)
class PoolExtension:
    """An extension as the pool has it, with its settings as `NodeExtension` has them."""

    name: str
    publisher: str = ""
    type: str = ""
    version: str = ""
    settings: object = field(default=None, repr=False, hash=False)


@dataclass(frozen=True, slots=True)
class Autoscale:
    """A pool's formula, its interval (ISO 8601), and what went wrong when it was last evaluated."""

    formula: str
    interval: str = ""
    error: Problem | None = None


@dataclass(frozen=True, slots=True)
class Pool:
    """A pool. `expected` are the names of its extensions; None when the service does not tell.

    `target_nodes` counts dedicated and spot nodes together; None when the service does not tell, as for a pool that
    scales itself (`autoscale`). `created` tells a pool from one that was made anew under its name.
    """

    id: str
    state: str = ""
    allocation_state: str = ""
    expected: tuple[str, ...] | None = None
    current_nodes: int = 0
    target_nodes: int | None = None
    resize_errors: tuple[Problem, ...] = ()
    target_dedicated: int | None = None
    target_spot: int | None = None
    autoscale: Autoscale | None = None
    vm_size: str = ""
    image: Image | None = None
    node_agent: str = ""
    extensions: tuple[PoolExtension, ...] = ()
    identities: tuple[str, ...] = ()
    created: datetime | None = None


class Answer(Enum):
    """What came of asking a node for its extensions."""

    ANSWERED = "answered"
    NOT_ASKED = "not asked"
    VANISHED = "vanished"
    """It was listed and gone when asked (404)."""
    REFUSED = "refused"
    """The service says that this node cannot answer now (409 and other refusals)."""
    NO_ANSWER = "no answer"
    """Connection, throttling or service trouble that outlasted the retries, or an answer that cannot be read."""


@dataclass(frozen=True, slots=True)
class NodeReading:
    """A node with its extensions, or with the reason why there are none."""

    node: Node
    answer: Answer
    extensions: tuple[NodeExtension, ...] = ()
    problem: Problem | None = None


NodeKey = tuple[str, datetime | None, datetime | None]
"""The id of a node, when it was allocated, when it booted: what tells one machine from the next under an id."""


def node_key(node: Node) -> NodeKey:
    """What stays the same exactly as long as the machine does, and does not boot again."""
    return node.id, node.allocated, node.booted


@dataclass(frozen=True, slots=True)
class PoolReading:
    """A pool with all its nodes, read one after the other: not the picture of a single instant."""

    pool: Pool
    nodes: tuple[NodeReading, ...] = ()


def parse_pool(raw: object, asked: str = "") -> Pool:
    """A pool as `GET /pools/{id}` gives it; `asked` names it if the answer does not."""
    pool = mapping(raw)
    machines = pool.get("virtualMachineConfiguration")
    extensions = tuple(_pool_extension(item) for item in mappings(mapping(machines).get("extensions")))
    expected = tuple(item.name for item in extensions if item.name) if isinstance(machines, Mapping) else None
    targets = [number(pool.get(key)) for key in ("targetDedicatedNodes", "targetLowPriorityNodes")]
    known = [target for target in targets if target is not None]
    current = [number(pool.get(key)) or 0 for key in ("currentDedicatedNodes", "currentLowPriorityNodes")]
    return Pool(
        id=text(pool.get("id")) or asked,
        state=text(pool.get("state")).lower(),
        allocation_state=text(pool.get("allocationState")).lower(),
        expected=expected,
        current_nodes=sum(current),
        target_nodes=sum(known) if known else None,
        resize_errors=tuple(_problem(item) for item in mappings(pool.get("resizeErrors"))),
        target_dedicated=targets[0],
        target_spot=targets[1],
        autoscale=_autoscale(pool),
        vm_size=text(pool.get("vmSize")),
        image=_image(mapping(machines).get("imageReference")),
        node_agent=text(mapping(machines).get("nodeAgentSKUId") or mapping(machines).get("nodeAgentSkuId")),
        extensions=extensions,
        identities=tuple(_identities(mapping(pool.get("identity")).get("userAssignedIdentities"))),
        created=parse_time(pool.get("creationTime")),
    )


def parse_node(raw: object) -> Node:
    """A node as `GET /pools/{id}/nodes` lists it."""
    node = mapping(raw)
    start = node.get("startTaskInfo")
    return Node(
        id=text(node.get("id")),
        state=text(node.get("state")).lower(),
        errors=tuple(_problem(item) for item in mappings(node.get("errors"))),
        start_task=_start_task(start) if isinstance(start, Mapping) else None,
        scheduling=text(node.get("schedulingState")).lower(),
        dedicated=flag(node.get("isDedicated")),
        vm_size=text(node.get("vmSize")),
        image=_image(mapping(node.get("virtualMachineInfo")).get("imageReference")),
        ip_address=text(node.get("ipAddress")),
        agent_version=text(mapping(node.get("nodeAgentInfo")).get("version")),
        changed=parse_time(node.get("stateTransitionTime")),
        allocated=parse_time(node.get("allocationTime")),
        booted=parse_time(node.get("lastBootTime")),
        running_tasks=number(node.get("runningTasksCount")),
    )


def parse_node_extension(raw: object, asked: str = "", *, settings: bool = True) -> NodeExtension:
    """An extension as `GET .../nodes/{id}/extensions` lists it, or `.../extensions/{asked}` gives it.

    Without `settings` they are left out: they are what is big, and the same on every node.

    The name that was asked for counts, since it is the pool's; in a list `instanceView.name` stands for it, because
    the vendor's sample has the pool's name there and another in `vmExtension.name`.
    """
    item = mapping(raw)
    extension, view = mapping(item.get("vmExtension")), mapping(item.get("instanceView"))
    names: list[str] = []
    for name in (asked, text(view.get("name")), text(extension.get("name"))):
        if name and name.casefold() not in {known.casefold() for known in names}:
            names.append(name)
    return NodeExtension(
        name=names[0] if names else "",
        publisher=text(extension.get("publisher")),
        type=text(extension.get("type")),
        version=text(extension.get("typeHandlerVersion")),
        provisioning_state=text(item.get("provisioningState")),
        statuses=tuple(_status(status) for status in mappings(view.get("statuses"))),
        sub_statuses=tuple(_status(status) for status in mappings(view.get("subStatuses"))),
        aliases=tuple(names[1:]),
        auto_upgrade_minor_version=flag(extension.get("autoUpgradeMinorVersion")),
        enable_automatic_upgrade=flag(extension.get("enableAutomaticUpgrade")),
        provision_after=tuple(texts(extension.get("provisionAfterExtensions"))),
        settings=parse_settings(extension.get("settings")) if settings else None,
    )


def _status(raw: Mapping[str, object]) -> Status:
    level = text(raw.get("level")).strip().lower()
    return Status(
        code=text(raw.get("code")).strip(),
        level=_LEVELS.get(level, level),
        display_status=text(raw.get("displayStatus")),
        message=text(raw.get("message")),
        time=parse_time(raw.get("time")),
    )


def _start_task(raw: Mapping[str, object]) -> StartTask:
    failure = raw.get("failureInfo")
    return StartTask(
        state=text(raw.get("state")).lower(),
        exit_code=number(raw.get("exitCode")),
        failure=_problem(failure) if isinstance(failure, Mapping) else None,
    )


def _pool_extension(raw: Mapping[str, object]) -> PoolExtension:
    return PoolExtension(
        name=text(raw.get("name")),
        publisher=text(raw.get("publisher")),
        type=text(raw.get("type")),
        version=text(raw.get("typeHandlerVersion")),
        settings=parse_settings(raw.get("settings")),
    )


def _autoscale(pool: Mapping[str, object]) -> Autoscale | None:
    formula = text(pool.get("autoScaleFormula"))
    if not formula and pool.get("enableAutoScale") is not True:
        return None
    error = mapping(pool.get("autoScaleRun")).get("error")
    return Autoscale(
        formula=formula,
        interval=text(pool.get("autoScaleEvaluationInterval")),
        error=_problem(error) if isinstance(error, Mapping) else None,
    )


def _image(raw: object) -> Image | None:
    if not isinstance(raw, Mapping):
        return None
    ids = ("virtualMachineImageId", "sharedGalleryImageId", "communityGalleryImageId", "id")
    return Image(
        publisher=text(raw.get("publisher")),
        offer=text(raw.get("offer")),
        sku=text(raw.get("sku")),
        version=text(raw.get("version")),
        id=next((word for key in ids if (word := text(raw.get(key)))), ""),
    )


def _identities(raw: object) -> Iterator[str]:
    """The ARM ids; the data plane gives a list of objects, ARM a map."""
    if isinstance(raw, Mapping):
        yield from (str(name) for name in raw)
    yield from (word for item in mappings(raw) if (word := text(item.get("resourceId"))))


def _problem(raw: Mapping[str, object]) -> Problem:
    """A code with its message; what Azure lists beside the message (a reason, a quota, a path) goes below it."""
    lines = [text(raw.get("message"))]
    for key in ("errorDetails", "details", "values"):
        for detail in mappings(raw.get(key)):
            name = text(detail.get("name")) or text(detail.get("key"))
            lines.append(": ".join(part for part in (name, text(detail.get("value"))) if part))
    return Problem(code=text(raw.get("code")), message="\n".join(line for line in lines if line))
