"""Acts on single nodes: looks once more, keeps tasks away, restarts or removes them, notes what came of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum

from .diagnosis import Remedy
from .errors import Declined, UnknownNode
from .health import Phase, Verdict, judge_node, phase
from .repair import Action, can_work, is_busy
from .repair_keeper import Fleet, Keeper, Patience
from .repair_wave import Recovery, Seen, machine
from .snapshot import Answer, Node, NodeReading


class Result(Enum):
    """What came of one node."""

    REPAIRED = "repaired"
    NOT_NEEDED = "not needed"
    """It recovered, left the pool, or gave its id to another machine since the plan was made."""
    SKIPPED = "skipped"
    """Not touched: it changed since the plan was made."""
    DECLINED = "declined"
    """The service refuses the action."""
    FAILED = "failed"
    """Acted on, and not healthy afterwards."""
    LEFT = "left"
    """Not reached."""


@dataclass(frozen=True)
class NodeOutcome:
    """One node of the plan and what came of it; `why` may be empty."""

    node: str
    remedy: Remedy
    result: Result
    why: str = ""


@dataclass
class Hands:
    """Acts on the nodes of one pool. `notes` is what came of each so far, by node id.

    `limit` is how long a wave may take, in words. `expected` are the extensions that a node should have.
    """

    fleet: Fleet
    keeper: Keeper
    patience: Patience
    pool: str
    expected: Sequence[str] | None
    include_busy: bool
    tell: Callable[[str], None]
    notes: dict[str, NodeOutcome] = field(default_factory=dict)
    _fences_restarts: bool = True

    @property
    def limit(self) -> str:
        """The patience in words."""
        return f"{self.patience.limit / 60:g} minutes"

    def ready(self, action: Action) -> Node | None:
        """The node as it is now, kept from tasks where that is possible; None, with a note, if it is left alone."""
        reading = self._look(action)
        if reading is None or self.include_busy or not can_work(reading.node):
            return None if reading is None else reading.node
        if action.remedy is not Remedy.REMOVE and not self._fences_restarts:
            return reading.node
        # A task may have come between the look and the fence.
        if self.keeper.fence(reading.node.id) and self._look(action) is None:
            self.keeper.release(reading.node.id)
            return None
        return reading.node

    def restart(self, action: Action, node: Node) -> bool:
        """Reboots or reimages the node; false, with a note, if the service refuses."""
        act = self.fleet.reboot_node if action.remedy is Remedy.REBOOT else self.fleet.reimage_node
        try:
            act(self.pool, node.id)
            return True
        except Declined as error:
            refused = error
        if node.id not in self.keeper.fenced:
            self.note(action, Result.DECLINED, str(refused))
            return False
        # Batch documents both for idle and running nodes, and one that is kept from tasks is offline. A task can then
        # come between the look and the action, and is queued again; there is no way to exclude that.
        self._fences_restarts = False
        self.keeper.release(node.id)
        self.note(action, Result.DECLINED, str(refused))
        if self.patience.until(lambda: self._not_offline(node.id)) is None or self._look(action) is None:
            return False
        try:
            act(self.pool, node.id)
            return True
        except Declined as error:
            self.note(action, Result.DECLINED, str(error))
            return False

    def remove(self, actions: Sequence[Action]) -> str:
        """Removes the nodes; the service's refusal, or nothing."""
        try:
            self.fleet.remove_nodes(self.pool, [action.node.id for action in actions])
        except Declined as error:
            for action in actions:
                self.note(action, Result.DECLINED, str(error))
            return str(error)
        return ""

    def record(self, actions: Sequence[Action], seen: Seen) -> None:
        """Notes how far the nodes have come when nobody waits any longer."""
        for action in actions:
            if seen.recovery is Recovery.ON_ITS_WAY:
                self.note(action, Result.FAILED, f"not healthy after {self.limit}: {seen.why}")
            else:
                failed = seen.recovery is Recovery.FAILED
                self.note(action, Result.FAILED if failed else Result.REPAIRED, seen.why)

    def note(self, action: Action, result: Result, why: str) -> None:
        """Notes what came of a node; the last note counts."""
        self.notes[action.node.id] = NodeOutcome(action.node.id, action.remedy, result, why)

    def _look(self, action: Action) -> NodeReading | None:
        """The node as it is now; None, with a note, if the plan does not hold for it any more."""
        try:
            reading = self.fleet.read_node(self.pool, action.node.id)
        except UnknownNode:
            found = Result.NOT_NEEDED, "it left the pool"
        else:
            changed = self._changed(action, reading)
            if changed is None:
                return reading
            found = changed
        self.note(action, *found)
        self.tell(f"{action.node.id}: not touched: {found[1]}")
        return None

    def _changed(self, action: Action, reading: NodeReading) -> tuple[Result, str] | None:
        """Why the plan does not hold for the node any more."""
        node, planned, now = reading.node, action.node, phase(reading.node.state)
        if reading.answer is Answer.VANISHED or now is Phase.AWAY:
            return Result.NOT_NEEDED, "it left the pool"
        if machine(node) != machine(planned):
            return Result.NOT_NEEDED, "its id is another machine's now"
        if judge_node(reading, self.expected).verdict is Verdict.HEALTHY:
            return Result.NOT_NEEDED, "it is healthy again"
        if node.booted != planned.booted or (now is Phase.COMING and phase(planned.state) is not Phase.COMING):
            return Result.SKIPPED, f"it restarted meanwhile and is {node.state}"
        if is_busy(node) and not self.include_busy:
            return Result.SKIPPED, "tasks run on it now"
        return None

    def _not_offline(self, node_id: str) -> bool | None:
        return None if self.fleet.read_node(self.pool, node_id).node.state == "offline" else True
