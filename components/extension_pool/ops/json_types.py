"""What the command's JSON holds, as types; `status_schema` makes docs/status.schema.json of them. Pure.

Keys stay; new ones may be added. No `from __future__ import annotations`: the types are read at run time.
"""

from typing import Annotated, Any

from typing_extensions import TypedDict

from .cells import Verdict
from .drift import DriftKind
from .gate import Outcome
from .json_schema import TIME, one_of
from .snapshot import Answer

Time = Annotated[str, TIME]
VerdictWord = Annotated[str, one_of(Verdict)]
OutcomeWord = Annotated[str, one_of(Outcome)]
AnswerWord = Annotated[str, one_of(Answer)]
DriftWord = Annotated[str, one_of(DriftKind)]


class ProblemJson(TypedDict):
    """An error that Azure reports; either text may be empty."""

    code: str
    """Azure's word for it."""
    message: str
    """Azure's text, whole."""


class ExtensionJson(TypedDict):
    """An extension on a node, as it was judged."""

    name: str
    """The name in the pool."""
    verdict: VerdictWord
    """What it means."""
    word: str
    """Why, in short: `succeeded`, `failed/1009`, `absent`, `not yet`, `no answer`."""
    code: str
    """The status code that decided; empty without one."""
    message: str
    """The service's text, or why there is none."""
    level: str
    """`info`, `warning`, `error`, or the service's word in lower case; empty without one."""
    time: Time | None
    """When the status was set, in UTC; null when the service does not tell."""
    expected: bool
    """Whether the pool should have it; false for one that the node reports besides."""
    publisher: str
    """Empty when the node does not report the extension."""
    type: str
    """Empty when the node does not report the extension."""
    version: str
    """The version that was asked for; empty when the node does not report the extension."""


class NodeFactsJson(TypedDict):
    """A node, as it was judged, but for its extensions."""

    id: str
    """The id in the pool; used again after the node was removed."""
    state: str
    """The Batch service's word in lower case: `idle`, `running`, `unusable`; or `no state`."""
    verdict: VerdictWord
    """The worst of its extensions and of its state."""
    counted: bool
    """Whether it enters the pool's verdict; false for a node without a machine, such as a preempted one."""
    answer: AnswerWord
    """What came of asking the node for its extensions."""
    scheduling: str
    """`enabled` or `disabled`; empty when the service does not tell."""
    dedicated: bool | None
    """False for a spot node; null when the service does not tell."""
    vmSize: str
    """As the service writes it, in lower case; may be empty."""
    ipAddress: str
    """The address inside the network; may be empty."""
    agentVersion: str
    """The version of the Batch node agent; empty until the node has one."""
    changed: Time | None
    """When it came into its state, in UTC; null when the service does not tell."""
    allocated: Time | None
    """When the machine was allocated, in UTC; with the id it names one machine."""
    booted: Time | None
    """When it last booted, in UTC; null when it has yet to."""
    runningTasks: int | None
    """How many tasks run on it; null when the service does not tell."""
    errors: list[ProblemJson]
    """The node's errors, a failed start task, and why it did not answer."""


class NodeJson(NodeFactsJson):
    """A node, as it was judged."""

    extensions: list[ExtensionJson]
    """The expected ones in the pool's order, then others by name."""


class CountsJson(TypedDict):
    """How many nodes of a pool have each verdict."""

    healthy: int
    """Nodes with all that is expected."""
    waiting: int
    """Nodes that are coming up, or on which an extension is."""
    unknown: int
    """Nodes that cannot be judged."""
    failed: int
    """Nodes that failed, or on which an extension did."""
    notCounted: int
    """Nodes without a machine."""


class GateJson(TypedDict):
    """The verdict of a gate. `healthy`, `waiting`, `unknown` and `failed` make up `wanted`."""

    outcome: OutcomeWord
    """`failed` once nothing that is on its way can be enough; `unknown` when it hangs on nodes that did not answer."""
    require: str
    """The share that was asked for: `95%`."""
    wanted: int
    """The nodes that count, and those that have yet to be allocated."""
    healthy: int
    """Nodes with all that is expected."""
    waiting: int
    """Nodes that are coming up, those to be allocated among them."""
    unknown: int
    """Nodes that cannot be judged."""
    failed: int
    """Nodes that failed, those that Azure could not allocate among them."""
    summary: str
    """All of it in one sentence."""


class DriftJson(TypedDict):
    """A change that was made outside Pulumi."""

    kind: DriftWord
    """What was changed."""
    path: str
    """Where it differs in the pool's properties; empty for a pool that was deleted."""
    message: str
    """A sentence on it, without a value of an extension's settings."""
    advice: str
    """What to do."""


class AutoscaleJson(TypedDict):
    """How a pool scales itself."""

    formula: str
    """The formula; empty when the service does not tell."""
    interval: str
    """How often it is evaluated, an ISO 8601 duration."""
    error: ProblemJson | None
    """What went wrong when it was last evaluated."""


class PoolJson(TypedDict):
    """A pool, as it was judged."""

    name: str
    """The pool's id."""
    account: str
    """The Batch account; empty when only its endpoint is known."""
    verdict: VerdictWord
    """The worst of its nodes and of its allocation."""
    summary: str
    """A counted sentence."""
    waiting: bool
    """Whether something is still on its way, in a failed pool as well."""
    counts: CountsJson
    """Its nodes by verdict."""
    gate: GateJson | None
    """The verdict of a gate; null when none was asked for."""
    drift: list[DriftJson]
    """What was changed outside Pulumi, as far as a stack was asked for."""
    expectedExtensions: list[str] | None
    """What each node should have; null when nobody tells."""
    state: str
    """`active` or `deleting`; empty when the service does not tell."""
    allocationState: str
    """`steady`, `resizing` or `stopping`; empty when the service does not tell."""
    currentNodes: int
    """Nodes that the pool says it has, dedicated and spot."""
    targetNodes: int | None
    """Nodes that it should have, dedicated and spot; null when the service does not tell."""
    targetDedicatedNodes: int | None
    """The dedicated ones of them."""
    targetLowPriorityNodes: int | None
    """The spot ones of them."""
    autoscale: AutoscaleJson | None
    """How it scales itself; null when it does not."""
    vmSize: str
    """As the service writes it, in lower case; may be empty."""
    created: Time | None
    """When the pool was made, in UTC; null when the service does not tell."""
    nodes: list[NodeJson]
    """By id."""
    resizeErrors: list[ProblemJson]
    """Why the last resize did not get all nodes."""


class WaitingJobJson(TypedDict):
    """A job or a job schedule that a roll-out disabled and that is still to be enabled."""

    kind: str
    """`job` or `job schedule`."""
    id: str
    """Its id."""
    state: str
    """The service's word, in lower case."""
    pool: str
    """The pool that it is bound to now."""
    to: str
    """The pool that it is to run on."""
    why: str | None
    """What it waits for, in words; null when nobody said."""
    since: str | None
    """RFC 3339; null when it is not known."""
    command: str
    """What enables it by hand."""


class StatusJson(TypedDict):
    """What `extension-pool status` and `extension-pool gate` print."""

    pools: list[PoolJson]
    """In the order in which they were asked for."""
    verdict: VerdictWord
    """The worst of the pools."""
    waitingJobs: list[WaitingJobJson]
    """Jobs that a roll-out of these pools disabled; empty also where they may not be read. Only from `status`."""


class StatusLineJson(TypedDict):
    """One status of an extension's instance view, as the service gives it."""

    code: str
    """`ProvisioningState/succeeded`, or any other of the service's or the extension's."""
    level: str
    """`info`, `warning`, `error`, or the service's word in lower case; empty without one."""
    displayStatus: str
    """The service's label."""
    message: str
    """The whole text."""
    time: Time | None
    """When it was set, in UTC; null when the service does not tell."""


class ImageJson(TypedDict):
    """An image of the marketplace, or by its ARM id."""

    publisher: str
    """Empty for an image by id."""
    offer: str
    """Empty for an image by id."""
    sku: str
    """Empty for an image by id."""
    version: str
    """The version, or `latest`."""
    id: str
    """Empty for an image of the marketplace."""


class StartTaskJson(TypedDict):
    """How a node's start task went."""

    state: str
    """`running` or `completed`."""
    exitCode: int | None
    """Null until it ended."""
    failure: ProblemJson | None
    """Why it failed; null if it did not."""


class ExtensionDetailJson(ExtensionJson):
    """An extension on a node with all that the service tells of it."""

    aliases: list[str]
    """Other names that the node reports it under."""
    provisioningState: str
    """The service's word; empty without one."""
    autoUpgradeMinorVersion: bool | None
    """Null when the service does not tell."""
    enableAutomaticUpgrade: bool | None
    """Null when the service does not tell."""
    provisionAfterExtensions: list[str]
    """The extensions that come before it."""
    statuses: list[StatusLineJson]
    """Every status."""
    subStatuses: list[StatusLineJson]
    """Every sub status."""
    settings: Any
    """The settings, never the protected ones; values under names that look like a secret's are `[secret]`."""


class NodeDetailJson(NodeFactsJson):
    """A node with all that the service tells of it."""

    image: ImageJson | None
    """What the machine runs; null when the service does not tell."""
    startTask: StartTaskJson | None
    """Null for a pool without one, and until it begins."""
    extensions: list[ExtensionDetailJson]
    """The expected ones in the pool's order, then others by name."""


class NodeStatusJson(TypedDict):
    """What `extension-pool status --node` prints."""

    pool: str
    """The pool's id."""
    account: str
    """The Batch account; empty when only its endpoint is known."""
    verdict: VerdictWord
    """That of the node."""
    node: NodeDetailJson
    """The node."""
