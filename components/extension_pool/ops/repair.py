"""What to do with the nodes of a pool that are not as they should be, in which order, how many at a time. Pure.

Judgements that are ours and not Azure's:

- A reboot comes first where the cause says so or is unknown. A node that was restarted within the last week, more than
  a quarter of an hour after it was allocated, and fails all the same, is removed and grown again instead: a command
  that is repeated goes on, and does not go round in circles.
- A node that cannot be restarted is removed. Batch documents reboot for idle and running nodes; of `starttaskfailed` it
  is known to work (https://github.com/Azure/batch-shipyard/issues/341), of `unusable` that it fails
  (https://github.com/Azure/doAzureParallel/issues/328).
- Reimage is documented for pools of cloud services only, so pools of virtual machines get a removal in its place,
  unless reimage is asked for. https://learn.microsoft.com/rest/api/batchservice/nodes/reimage-node
- What nobody can tell the reason of, and which may not even be wrong (severity unknown), is left alone.
- A pool is never recreated from here: Pulumi owns it, so the command for that is proposed.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from .diagnosis import Finding, Remedy
from .errors import BadUsage
from .health import NodeHealth, Phase, PoolHealth, Verdict, phase
from .snapshot import Node
from .text import count, some

DEFAULT_BUDGET = "10%"

# https://learn.microsoft.com/rest/api/batchservice/pools/remove-nodes
MOST_REMOVED = 100

# A boot this long after the allocation is taken for a restart, and for this long held against the node.
FIRST_BOOT = timedelta(minutes=15)
RESTART_COUNTS = timedelta(days=7)

ACTIONS = (Remedy.REBOOT, Remedy.REIMAGE, Remedy.REMOVE)
UNKNOWN_CAUSE = "unknown"

_REBOOTABLE = frozenset({"idle", "running", "offline", "starttaskfailed"})
# What decides when a node has several findings: no action on it helps while one of them needs a fix elsewhere.
_RANK = {
    Remedy.WAIT: 0,
    Remedy.REBOOT: 1,
    Remedy.REIMAGE: 2,
    Remedy.REMOVE: 3,
    Remedy.NONE: 4,
    Remedy.RECREATE: 5,
}
_BUDGET = re.compile(r"(?P<number>[0-9]{1,9})|(?P<percent>[0-9]{1,9}(?:\.[0-9]{1,9})?)\s*%")


@dataclass(frozen=True)
class Budget:
    """How many nodes may be out of work at once: a number of nodes, or a percentage of those that are wanted."""

    number: int | None = None
    percent: float | None = None

    def nodes(self, wanted: int) -> int:
        """The number for a pool of `wanted` nodes: a percentage is rounded down, and it is never less than one."""
        if self.number is not None:
            return max(1, self.number)
        return max(1, int(wanted * (self.percent or 0) / 100 + 1e-9))


@dataclass(frozen=True)
class Options:
    """What the operator asks for. `nodes` and `causes` restrict, when they name any; `action` forces one."""

    budget: Budget = Budget(percent=10)
    action: Remedy | None = None
    nodes: tuple[str, ...] = ()
    causes: tuple[str, ...] = ()
    include_busy: bool = False


@dataclass(frozen=True)
class Action:
    """One node, as it was when this was planned, and what is to be done with it.

    `causes` are the ids of its causes. `reason` says why it is another remedy than the cause's own; else empty.
    """

    node: Node
    remedy: Remedy
    causes: tuple[str, ...]
    reason: str = ""


@dataclass(frozen=True)
class Skipped:
    """Nodes that are not touched, and why; without nodes a finding that is no matter of a node.

    `command` is what the operator can do instead. `remedy` is the one that nothing here carries out: recreate, none or
    wait; None when the node only cannot be touched now. `cause` is the id of the deciding cause.
    """

    nodes: tuple[str, ...]
    reason: str
    cause: str = ""
    command: str | None = None
    remedy: Remedy | None = None


@dataclass(frozen=True)
class Plan:
    """The waves, one after the other, each of one remedy. `budget` is in nodes, of the `wanted` ones.

    `working` is how many nodes can take tasks now.
    """

    pool: str
    account: str
    wanted: int
    working: int
    budget: int
    waves: tuple[tuple[Action, ...], ...]
    skipped: tuple[Skipped, ...]

    @property
    def nothing_to_do(self) -> bool:
        """Whether nobody needs to do anything: there is nothing wrong, or it is on its way."""
        return not self.waves and all(one.remedy is Remedy.WAIT for one in self.skipped)


def parse_budget(text: str, path: str = "--max-unavailable") -> Budget:
    """`10%`, `2.5%` or `3`. Raises `BadUsage`, with `path` first, for anything else, for zero and for over 100%."""
    match = _BUDGET.fullmatch(text.strip())
    number = int(match["number"]) if match and match["number"] else None
    percent = float(match["percent"]) if match and match["percent"] else None
    if not number and not (percent and percent <= 100):
        raise BadUsage(
            f"{path}: must be a number of nodes from 1 or a percentage of the wanted nodes up to 100%, "
            f"got {text[:40]!r}; such as 10% or 3"
        )
    return Budget(number, percent)


def plan_repair(pool: PoolHealth, findings: Sequence[Finding], options: Options, now: datetime) -> Plan:
    """What `findings` call for, within `options`. Raises `BadUsage` for a node that the pool does not have."""
    rows = {row.id: row for row in pool.nodes}
    absent = [node for node in options.nodes if node not in rows]
    if absent:
        raise BadUsage(
            f"--node: must be a node of pool {pool.name!r}, got {absent[0][:100]!r}; it has {some(sorted(rows), 20)}"
        )
    actions: list[Action] = []
    kept: list[tuple[str, Skipped]] = []
    for row, chosen in _by_node(rows, findings, options):
        step = _step(pool, row, chosen, options, now)
        if isinstance(step, Action):
            actions.append(step)
        else:
            kept.append((row.id, step))
    general = (
        [] if options.nodes else [_general(finding) for finding in _wanted(findings, options) if not finding.nodes]
    )
    # A pool that is to become empty still has nodes to mend; one that scales itself may not tell its target.
    wanted = pool.pool.target_nodes or sum(row.counted for row in pool.nodes)
    working = {row.id for row in pool.nodes if can_work(row.node)}
    limit = options.budget.nodes(wanted)
    return Plan(
        pool=pool.name,
        account=pool.account,
        wanted=wanted,
        working=len(working),
        budget=limit,
        waves=tuple(_waves(actions, working, wanted, limit)),
        skipped=(*_grouped(kept), *general),
    )


def can_work(node: Node) -> bool:
    """Whether Batch may give the node tasks: a failed extension alone does not keep tasks away."""
    return node.state in {"idle", "running"} and node.scheduling != "disabled"


def is_busy(node: Node) -> bool:
    """Whether tasks run on it, as far as the service tells."""
    return bool(node.running_tasks) or (node.running_tasks is None and node.state == "running")


def was_restarted(node: Node, now: datetime) -> bool:
    """Whether the last boot is a restart and recent enough to count; false where the service tells no times."""
    if node.allocated is None or node.booted is None:
        return False
    return node.booted - node.allocated > FIRST_BOOT and now - node.booted < RESTART_COUNTS


def cause_id(finding: Finding) -> str:
    """The id of the finding's cause, `unknown` if nobody knows it."""
    return finding.cause.id if finding.cause is not None else UNKNOWN_CAUSE


def remedy_of(finding: Finding) -> Remedy:
    """The remedy of the finding's cause. Of an unknown cause: a reboot for what failed, nothing for what is unclear."""
    if finding.cause is not None:
        return finding.cause.remedy
    return Remedy.NONE if _is_unclear(finding) else Remedy.REBOOT


def _wanted(findings: Iterable[Finding], options: Options) -> list[Finding]:
    """Without what is advice only, and without other causes than those asked for."""
    worth = (one for one in findings if one.severity in {Verdict.FAILED, Verdict.UNKNOWN})
    return [one for one in worth if not options.causes or cause_id(one) in options.causes]


def _by_node(
    rows: Mapping[str, NodeHealth], findings: Sequence[Finding], options: Options
) -> Iterable[tuple[NodeHealth, list[Finding]]]:
    """Each node that is asked for and has a finding that is asked for, with all its findings, by node id."""
    selected = {node for finding in _wanted(findings, options) for node in finding.nodes}
    struck: dict[str, list[Finding]] = {}
    for finding in _wanted(findings, Options()):
        for node in finding.nodes:
            struck.setdefault(node, []).append(finding)
    for node in sorted(selected):
        if node in rows and (not options.nodes or node in options.nodes):
            yield rows[node], struck[node]


def _step(
    pool: PoolHealth, row: NodeHealth, findings: list[Finding], options: Options, now: datetime
) -> Action | Skipped:
    """What happens with one node."""
    # What may not even be wrong does not keep a node from the cure of what is.
    deciding = max(findings, key=lambda finding: -1 if _is_unclear(finding) else _RANK[remedy_of(finding)])
    remedy, cause = remedy_of(deciding), cause_id(deciding)
    if options.action is None and remedy not in ACTIONS:
        return Skipped((), _elsewhere(deciding), cause, deciding.command, remedy)
    if not row.counted:
        return Skipped((), f"the node is {row.state}: it has no machine", cause, None, Remedy.WAIT)
    if phase(row.node.state) is Phase.COMING and options.action is None and remedy is not Remedy.REMOVE:
        return Skipped((), f"the node is {row.state}: wait until it is up", cause, None, Remedy.WAIT)
    if is_busy(row.node) and not options.include_busy:
        return Skipped((), "tasks run on it; --include-busy takes it as well, and Batch queues its tasks again", cause)
    reason = ""
    if options.action is None:
        remedy, reason = _escalated(remedy, pool, row.node, now)
    elif options.action is not remedy:
        remedy, reason = options.action, "asked for"
    return Action(row.node, remedy, tuple(dict.fromkeys(cause_id(one) for one in findings)), reason)


def _escalated(remedy: Remedy, pool: PoolHealth, node: Node, now: datetime) -> tuple[Remedy, str]:
    if remedy is Remedy.REIMAGE and pool.pool.expected is not None:
        return Remedy.REMOVE, "Batch documents reimage for pools of cloud services only"
    if remedy is Remedy.REBOOT and node.state not in _REBOOTABLE:
        return Remedy.REMOVE, f"a node that is {node.state or 'without a state'} takes no reboot"
    if remedy is Remedy.REBOOT and was_restarted(node, now) and node.booted is not None:
        return Remedy.REMOVE, f"restarted at {node.booted:%Y-%m-%d %H:%M} UTC, and it fails all the same"
    return remedy, ""


def _is_unclear(finding: Finding) -> bool:
    return finding.cause is None and finding.severity is not Verdict.FAILED


def _elsewhere(finding: Finding) -> str:
    """Why no action on a node helps."""
    remedy = remedy_of(finding)
    if remedy is Remedy.WAIT:
        return "it goes away by itself, or not before it is mended outside the pool"
    if remedy is Remedy.RECREATE:
        return "the pool's own definition is at fault; Pulumi recreates the pool, this command never does"
    if finding.cause is None:
        return "nobody can tell whether it is wrong; --action takes it all the same"
    return "something outside the pool must be mended first; if it is, --action takes the nodes"


def _general(finding: Finding) -> Skipped:
    """A finding that no node has: of the resize, of the pool."""
    remedy = remedy_of(finding)
    known = remedy if remedy in {Remedy.WAIT, Remedy.RECREATE} else Remedy.NONE
    title = finding.cause.title if finding.cause is not None else finding.code or "it failed"
    return Skipped((), f"{finding.subject}: {title}", cause_id(finding), finding.command, known)


def _grouped(kept: Sequence[tuple[str, Skipped]]) -> Iterable[Skipped]:
    """Equal reasons once, with all their nodes."""
    groups: dict[Skipped, list[str]] = {}
    for node, skipped in kept:
        groups.setdefault(skipped, []).append(node)
    for skipped, nodes in groups.items():
        yield Skipped(tuple(nodes), skipped.reason, skipped.cause, skipped.command, skipped.remedy)


def _waves(actions: Sequence[Action], working: set[str], wanted: int, limit: int) -> Iterable[tuple[Action, ...]]:
    """At most `limit` nodes a wave, and a node that can work only while `wanted - limit` others can.

    Nodes that cannot work go first, since taking them costs nothing and brings the others their room. A wave has at
    least one node, else a pool that is too sick already could never be mended.
    """
    able = len(working)
    for remedy in ACTIONS:
        queue = sorted(
            (action for action in actions if action.remedy is remedy),
            key=lambda action: (action.node.id in working, action.node.id),
        )
        most = min(limit, MOST_REMOVED) if remedy is Remedy.REMOVE else limit
        while queue:
            wave: list[Action] = []
            left = able
            for action in queue[:most]:
                left -= action.node.id in working
                if wave and action.node.id in working and left < wanted - limit:
                    break
                wave.append(action)
            queue = queue[len(wave) :]
            able += sum(action.node.id not in working for action in wave)
            yield tuple(wave)


def explain_wave(wave: Sequence[Action]) -> str:
    """`remove 3 nodes and grow them again`."""
    nodes = count(len(wave), "node")
    if wave[0].remedy is Remedy.REMOVE:
        return f"remove {nodes} and grow {'it' if len(wave) == 1 else 'them'} again"
    return f"{wave[0].remedy.value} {nodes}"
