"""What the Batch service says about a pool at one moment, as plain values. Pure.

The parsers take the service's JSON as it comes, in the two shapes that Microsoft documents: the specification's
examples (level "Info", settings an object, equal names) and the live sample of "Get extension data from a pool"
(https://learn.microsoft.com/azure/batch/create-pool-extensions: level 0, settings a JSON string, and
`instanceView.name` "secretext" beside `vmExtension.name` "KVExtensions"). They never raise: what is missing or of an
unexpected kind becomes empty, and words nobody knows are kept as they are, for `health` to judge.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from enum import Enum

# Compute's StatusLevelTypes as numbers; the live sample has `"level": 0` for a success.
_LEVELS = {"0": "info", "1": "warning", "2": "error"}
_TIME = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ]([0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.([0-9]{1,12}))?([Zz]|[+-][0-9]{2}:[0-9]{2})?"
)


@dataclass(frozen=True)
class Problem:
    """An error that Azure reports: its code and its text; either may be empty."""

    code: str
    message: str


@dataclass(frozen=True)
class Status:
    """One instance view status. `level` is info, warning, error, or the service's word in lower case; empty if absent.

    `time` is aware, in UTC, or None when absent or not to be read.
    """

    code: str
    level: str = ""
    display_status: str = ""
    message: str = ""
    time: datetime | None = None


@dataclass(frozen=True)
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


@dataclass(frozen=True)
class StartTask:
    """How the node's start task went: `state` running or completed, the exit code once there is one, the failure."""

    state: str = ""
    exit_code: int | None = None
    failure: Problem | None = None


@dataclass(frozen=True)
class Image:
    """An image: of the marketplace, or by its ARM `id` (a gallery's, a managed image)."""

    publisher: str = ""
    offer: str = ""
    sku: str = ""
    version: str = ""
    id: str = ""


@dataclass(frozen=True)
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


@dataclass(frozen=True)
class PoolExtension:
    """An extension as the pool has it, with its settings as `NodeExtension` has them."""

    name: str
    publisher: str = ""
    type: str = ""
    version: str = ""
    settings: object = field(default=None, repr=False, hash=False)


@dataclass(frozen=True)
class Autoscale:
    """A pool's formula, its interval (ISO 8601), and what went wrong when it was last evaluated."""

    formula: str
    interval: str = ""
    error: Problem | None = None


@dataclass(frozen=True)
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


@dataclass(frozen=True)
class NodeReading:
    """A node with its extensions, or with the reason why there are none."""

    node: Node
    answer: Answer
    extensions: tuple[NodeExtension, ...] = ()
    problem: Problem | None = None


@dataclass(frozen=True)
class PoolReading:
    """A pool with all its nodes, read one after the other: not the picture of a single instant."""

    pool: Pool
    nodes: tuple[NodeReading, ...] = ()


def parse_pool(raw: object, asked: str = "") -> Pool:
    """A pool as `GET /pools/{id}` gives it; `asked` names it if the answer does not."""
    pool = _object(raw)
    machines = pool.get("virtualMachineConfiguration")
    extensions = tuple(_pool_extension(item) for item in _objects(_object(machines).get("extensions")))
    expected = tuple(item.name for item in extensions if item.name) if isinstance(machines, Mapping) else None
    targets = [_number(pool.get(key)) for key in ("targetDedicatedNodes", "targetLowPriorityNodes")]
    known = [target for target in targets if target is not None]
    current = [_number(pool.get(key)) or 0 for key in ("currentDedicatedNodes", "currentLowPriorityNodes")]
    return Pool(
        id=_text(pool.get("id")) or asked,
        state=_text(pool.get("state")).lower(),
        allocation_state=_text(pool.get("allocationState")).lower(),
        expected=expected,
        current_nodes=sum(current),
        target_nodes=sum(known) if known else None,
        resize_errors=tuple(_problem(item) for item in _objects(pool.get("resizeErrors"))),
        target_dedicated=targets[0],
        target_spot=targets[1],
        autoscale=_autoscale(pool),
        vm_size=_text(pool.get("vmSize")),
        image=_image(_object(machines).get("imageReference")),
        node_agent=_text(_object(machines).get("nodeAgentSKUId") or _object(machines).get("nodeAgentSkuId")),
        extensions=extensions,
        identities=tuple(_identities(_object(pool.get("identity")).get("userAssignedIdentities"))),
        created=parse_time(pool.get("creationTime")),
    )


def parse_node(raw: object) -> Node:
    """A node as `GET /pools/{id}/nodes` lists it."""
    node = _object(raw)
    start = node.get("startTaskInfo")
    return Node(
        id=_text(node.get("id")),
        state=_text(node.get("state")).lower(),
        errors=tuple(_problem(item) for item in _objects(node.get("errors"))),
        start_task=_start_task(start) if isinstance(start, Mapping) else None,
        scheduling=_text(node.get("schedulingState")).lower(),
        dedicated=_flag(node.get("isDedicated")),
        vm_size=_text(node.get("vmSize")),
        image=_image(_object(node.get("virtualMachineInfo")).get("imageReference")),
        ip_address=_text(node.get("ipAddress")),
        agent_version=_text(_object(node.get("nodeAgentInfo")).get("version")),
        changed=parse_time(node.get("stateTransitionTime")),
        allocated=parse_time(node.get("allocationTime")),
        booted=parse_time(node.get("lastBootTime")),
        running_tasks=_number(node.get("runningTasksCount")),
    )


def parse_node_extension(raw: object, asked: str = "") -> NodeExtension:
    """An extension as `GET .../nodes/{id}/extensions` lists it, or `.../extensions/{asked}` gives it.

    The name that was asked for counts, since it is the pool's; in a list `instanceView.name` stands for it, because
    the vendor's sample has the pool's name there and another in `vmExtension.name`.
    """
    item = _object(raw)
    extension, view = _object(item.get("vmExtension")), _object(item.get("instanceView"))
    names: list[str] = []
    for name in (asked, _text(view.get("name")), _text(extension.get("name"))):
        if name and name.casefold() not in {known.casefold() for known in names}:
            names.append(name)
    return NodeExtension(
        name=names[0] if names else "",
        publisher=_text(extension.get("publisher")),
        type=_text(extension.get("type")),
        version=_text(extension.get("typeHandlerVersion")),
        provisioning_state=_text(item.get("provisioningState")),
        statuses=tuple(_status(status) for status in _objects(view.get("statuses"))),
        sub_statuses=tuple(_status(status) for status in _objects(view.get("subStatuses"))),
        aliases=tuple(names[1:]),
        auto_upgrade_minor_version=_flag(extension.get("autoUpgradeMinorVersion")),
        enable_automatic_upgrade=_flag(extension.get("enableAutomaticUpgrade")),
        provision_after=tuple(_words(extension.get("provisionAfterExtensions"))),
        settings=parse_settings(extension.get("settings")),
    )


def parse_settings(value: object) -> object:
    """The settings of an extension as a tree: the service gives an object, an object of JSON texts, or one JSON text.

    A text that is no JSON object or list stays a text: `"300"` is a number in no schema.
    """
    if isinstance(value, Mapping):
        return {str(name): parse_settings(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [parse_settings(item) for item in value]
    if isinstance(value, str) and value.lstrip()[:1] in {"{", "["}:
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value


def parse_time(value: object) -> datetime | None:
    """An RFC 3339 time (Azure writes seven decimals), in UTC; None for anything else. No zone means UTC."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=timezone.utc) if value.tzinfo is None else value
    match = _TIME.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        return None
    day, clock, fraction, zone = match.groups()
    try:
        moment = datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=timezone.utc)
        if zone and zone not in "Zz":
            hours, minutes = int(zone[1:3]), int(zone[4:6])
            offset = timedelta(hours=hours, minutes=minutes)
            moment = moment - offset if zone[0] == "+" else moment + offset
        return moment + timedelta(microseconds=int((fraction or "0")[:6].ljust(6, "0")))
    except (ValueError, OverflowError):
        return None


def _status(raw: Mapping[str, object]) -> Status:
    word = _text(raw.get("level")).strip().lower()
    return Status(
        code=_text(raw.get("code")).strip(),
        level=_LEVELS.get(word, word),
        display_status=_text(raw.get("displayStatus")),
        message=_text(raw.get("message")),
        time=parse_time(raw.get("time")),
    )


def _start_task(raw: Mapping[str, object]) -> StartTask:
    failure = raw.get("failureInfo")
    return StartTask(
        state=_text(raw.get("state")).lower(),
        exit_code=_number(raw.get("exitCode")),
        failure=_problem(failure) if isinstance(failure, Mapping) else None,
    )


def _pool_extension(raw: Mapping[str, object]) -> PoolExtension:
    return PoolExtension(
        name=_text(raw.get("name")),
        publisher=_text(raw.get("publisher")),
        type=_text(raw.get("type")),
        version=_text(raw.get("typeHandlerVersion")),
        settings=parse_settings(raw.get("settings")),
    )


def _autoscale(pool: Mapping[str, object]) -> Autoscale | None:
    formula = _text(pool.get("autoScaleFormula"))
    if not formula and pool.get("enableAutoScale") is not True:
        return None
    error = _object(pool.get("autoScaleRun")).get("error")
    return Autoscale(
        formula=formula,
        interval=_text(pool.get("autoScaleEvaluationInterval")),
        error=_problem(error) if isinstance(error, Mapping) else None,
    )


def _image(raw: object) -> Image | None:
    if not isinstance(raw, Mapping):
        return None
    ids = ("virtualMachineImageId", "sharedGalleryImageId", "communityGalleryImageId", "id")
    return Image(
        publisher=_text(raw.get("publisher")),
        offer=_text(raw.get("offer")),
        sku=_text(raw.get("sku")),
        version=_text(raw.get("version")),
        id=next((text for key in ids if (text := _text(raw.get(key)))), ""),
    )


def _identities(raw: object) -> Iterator[str]:
    """The ARM ids; the data plane gives a list of objects, ARM a map."""
    if isinstance(raw, Mapping):
        yield from (str(name) for name in raw)
    yield from (text for item in _objects(raw) if (text := _text(item.get("resourceId"))))


def _problem(raw: Mapping[str, object]) -> Problem:
    """A code with its message; what Azure lists beside the message (a reason, a quota, a path) goes below it."""
    lines = [_text(raw.get("message"))]
    for key in ("errorDetails", "details", "values"):
        for detail in _objects(raw.get(key)):
            name = _text(detail.get("name")) or _text(detail.get("key"))
            lines.append(": ".join(part for part in (name, _text(detail.get("value"))) if part))
    return Problem(code=_text(raw.get("code")), message="\n".join(line for line in lines if line))


def _object(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


def _objects(value: object) -> Iterator[Mapping[str, object]]:
    if isinstance(value, (list, tuple)):
        yield from (item for item in value if isinstance(item, Mapping))


def _text(value: object) -> str:
    """`value` as text. Error messages may be `{"lang": ..., "value": ...}`; other structures are shown as JSON."""
    if value is None:
        return ""
    if isinstance(value, Enum):
        return _text(value.value)
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping) and isinstance(value.get("value"), str):
        return str(value["value"])
    if isinstance(value, (Mapping, list, tuple)):
        try:
            return json.dumps(value, default=str)
        except (TypeError, ValueError, RecursionError):
            return ""
    return str(value)


def _words(value: object) -> Iterator[str]:
    if isinstance(value, (list, tuple)):
        yield from (item for item in value if isinstance(item, str))


def _flag(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def _number(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
