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
from dataclasses import dataclass
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

    Settings are left out: nothing here needs them, and they can hold what should not be printed.
    """

    name: str
    publisher: str = ""
    type: str = ""
    version: str = ""
    provisioning_state: str = ""
    statuses: tuple[Status, ...] = ()
    sub_statuses: tuple[Status, ...] = ()
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True)
class StartTask:
    """How the node's start task went: `state` running or completed, the exit code once there is one, the failure."""

    state: str = ""
    exit_code: int | None = None
    failure: Problem | None = None


@dataclass(frozen=True)
class Node:
    """A compute node. `state` is the service's word in lower case, known or not."""

    id: str
    state: str
    errors: tuple[Problem, ...] = ()
    start_task: StartTask | None = None


@dataclass(frozen=True)
class Pool:
    """A pool. `expected` are the names of its extensions; None when the service does not tell.

    `target_nodes` counts dedicated and spot nodes together; None when the service does not tell.
    """

    id: str
    state: str = ""
    allocation_state: str = ""
    expected: tuple[str, ...] | None = None
    current_nodes: int = 0
    target_nodes: int | None = None
    resize_errors: tuple[Problem, ...] = ()


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
    expected = None
    if isinstance(machines, Mapping):
        expected = tuple(name for item in _objects(machines.get("extensions")) if (name := _text(item.get("name"))))
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
    )


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


def _number(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
