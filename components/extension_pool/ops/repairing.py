"""Carries a repair's plan out: wave after wave, each until it is healthy, and puts back what it switched off."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from .diagnosis import Remedy
from .health import PoolHealth, Verdict, judge_pool
from .repair import Action, Plan, explain_wave
from .repair_acting import Hands, NodeOutcome, Result
from .repair_keeper import Fleet, Keeper, Patience
from .repair_wave import Recovery, Seen, judge_grown, judge_restarted, machine
from .snapshot import Node, PoolReading
from .text import count, some

GRACE_SECONDS = 180.0
"""How long a failure that may be from before the restart must last to count. A judgement: extensions report anew in
a minute or two after a boot."""


@dataclass(frozen=True)
class Outcome:
    """What came of a plan. `stopped` says why it ended before its last wave; empty if it did not."""

    pool: str
    account: str
    nodes: tuple[NodeOutcome, ...]
    stopped: str = ""

    @property
    def done(self) -> bool:
        """Whether every node of the plan is repaired, or needed nothing any more."""
        return not self.stopped and all(one.result in {Result.REPAIRED, Result.NOT_NEEDED} for one in self.nodes)


class Repair:
    """One plan for one pool. `expected` are the extensions that its nodes should have; None when nobody says."""

    def __init__(
        self,
        fleet: Fleet,
        keeper: Keeper,
        plan: Plan,
        patience: Patience,
        *,
        expected: Sequence[str] | None = None,
        include_busy: bool = False,
        tell: Callable[[str], None] = lambda line: None,
    ) -> None:
        self._keeper, self._plan, self._patience, self._expected, self._tell = keeper, plan, patience, expected, tell
        self._hands = Hands(fleet, keeper, patience, plan.pool, expected, include_busy, tell)
        self._head = ""
        self._told = ""

    def run(self) -> Outcome:
        """Every wave until one is not healthy. What was switched off is put back on every way out, errors included."""
        stopped = ""
        try:
            for number, wave in enumerate(self._plan.waves, 1):
                self._head = f"wave {number} of {len(self._plan.waves)}: "
                self._say(f"{explain_wave(wave)}: {some([action.node.id for action in wave], 5)}")
                stopped = self._removal(wave) if wave[0].remedy is Remedy.REMOVE else self._restart(wave)
                if stopped:
                    break
        except BaseException:
            self._tell(f"stopping the repair of {self._plan.pool}: {self.summary()}")
            if self._keeper.left():
                self._tell(f"putting back {self._keeper.left()}; Ctrl-C leaves that to the next run")
            self._keeper.put_back()
            raise
        return self.outcome(self._put_back(stopped))

    def outcome(self, stopped: str = "") -> Outcome:
        """What came of each node so far."""
        planned = [action for wave in self._plan.waves for action in wave]
        nodes = tuple(
            self._hands.notes.get(one.node.id) or NodeOutcome(one.node.id, one.remedy, Result.LEFT) for one in planned
        )
        return Outcome(self._plan.pool, self._plan.account, nodes, stopped)

    def summary(self) -> str:
        """How many nodes are repaired so far: `3 of 8 nodes repaired`."""
        nodes = self.outcome().nodes
        return f"{sum(one.result is Result.REPAIRED for one in nodes)} of {count(len(nodes), 'node')} repaired"

    def _restart(self, wave: Sequence[Action]) -> str:
        """Reboots or reimages the nodes and waits for them; why to stop, or nothing."""
        acted: dict[str, tuple[Action, Node]] = {}
        for action in wave:
            node = self._hands.ready(action)
            if node is not None and self._hands.restart(action, node):
                acted[node.id] = action, node
        if not acted:
            return ""
        grace = _Grace(self._patience.clock)
        last = dict.fromkeys(acted, Seen(Recovery.ON_ITS_WAY, "Azure gave no answer"))

        def ask() -> bool | None:
            rows = {row.id: row for row in self._judge(self._keeper.read(list(acted))).nodes}
            for name, (_, before) in acted.items():
                last[name] = grace.judge(name, judge_restarted(rows.get(name), before))
            for name in self._keeper.fenced:
                if name in last and last[name].recovery is not Recovery.ON_ITS_WAY:
                    self._keeper.release(name)
            healthy = sum(seen.recovery is Recovery.HEALTHY for seen in last.values())
            self._say(f"{healthy} of {count(len(last), 'node')} healthy")
            return None if any(seen.recovery is Recovery.ON_ITS_WAY for seen in last.values()) else True

        self._patience.until(ask)
        for name, (action, _) in acted.items():
            self._hands.record([action], last[name])
        return self._verdict([action for action, _ in acted.values()])

    def _removal(self, wave: Sequence[Action]) -> str:
        """Removes the nodes and waits for new ones; why to stop, or nothing."""
        before = self._keeper.steady()
        if before is None:
            return f"the pool still resizes after {self._hands.limit}"
        refused = self._keeper.hold_scale(before.pool)
        if refused:
            return refused
        before = self._keeper.steady()
        if before is None:
            return f"the pool still resizes after {self._hands.limit}"
        ready = [(action, node) for action in wave if (node := self._hands.ready(action)) is not None]
        if not ready:
            return self._put_back("")
        actions, nodes = [action for action, _ in ready], [node for _, node in ready]
        self._keeper.taking(nodes)
        refused = self._hands.remove(actions)
        if refused:
            return f"Azure refuses the removal: {refused}"
        return self._regrowth(before, actions, nodes)

    def _regrowth(self, before: PoolReading, actions: Sequence[Action], nodes: Sequence[Node]) -> str:
        """Waits until the nodes are gone, and until as many new ones are healthy; why to stop, or nothing."""
        known, gone = {machine(one.node) for one in before.nodes}, {machine(node) for node in nodes}

        def removed() -> bool | None:
            reading = self._keeper.read()
            here = {machine(one.node) for one in reading.nodes if one.node.state != "leavingpool"} & gone
            steady = reading.pool.allocation_state in {"", "steady"}
            # Steady with an error and the nodes still there: RemoveNodesFailed, they stay.
            return True if steady and (not here or reading.pool.resize_errors) else None

        if not self._patience.until(removed):
            return self._all(actions, f"the removal is not done after {self._hands.limit}")
        self._say("removed; the pool grows to its former size")
        grown = self._patience.until(lambda: self._keeper.grow() or None) and self._keeper.steady()
        # From here on the pool may scale itself again; only the health of the new nodes is waited for.
        stopped = self._put_back("" if grown else f"the pool still resizes after {self._hands.limit}")
        if stopped:
            return self._all(actions, stopped)
        grace, last = _Grace(self._patience.clock), Seen(Recovery.ON_ITS_WAY, "Azure gave no answer")
        unsettled: list[str] = []

        def ask() -> bool | None:
            nonlocal last
            health = self._judge(self._keeper.read(unsettled))
            unsettled[:] = [row.id for row in health.nodes if row.verdict is not Verdict.HEALTHY]
            last = grace.judge("", judge_grown(health, known, gone))
            self._say(last.why or "the new nodes are healthy")
            return None if last.recovery is Recovery.ON_ITS_WAY else True

        self._patience.until(ask)
        self._hands.record(actions, last)
        return self._verdict(actions)

    def _put_back(self, stopped: str) -> str:
        """Puts back what was switched off; why to stop: `stopped`, or that it was not possible."""
        done = self._keeper.put_back()
        return stopped or ("" if done else f"not put back: {self._keeper.left()}")

    def _judge(self, reading: PoolReading) -> PoolHealth:
        return judge_pool(reading, self._plan.account, self._expected)

    def _verdict(self, actions: Sequence[Action]) -> str:
        """Why to stop after a wave, or nothing."""
        bad = [note for action in actions if (note := self._hands.notes[action.node.id]).result is Result.FAILED]
        if not bad:
            return ""
        return f"{self._head}{len(bad)} of {count(len(actions), 'node')} not healthy: {bad[0].why}"

    def _all(self, actions: Sequence[Action], why: str) -> str:
        for action in actions:
            self._hands.note(action, Result.FAILED, why)
        return f"{self._head}{why}"

    def _say(self, words: str) -> None:
        """Tells what changed, once."""
        line = f"{self._head}{words}"
        if line != self._told:
            self._told = line
            self._tell(line)


@dataclass
class _Grace:
    """Lets a failure that may be from before the restart count only when it lasts."""

    clock: Callable[[], float]
    _since: dict[str, float] = field(default_factory=dict)

    def judge(self, name: str, seen: Seen) -> Seen:
        if seen.recovery is not Recovery.FAILED or seen.certain:
            self._since.pop(name, None)
            return seen
        first = self._since.setdefault(name, self.clock())
        return seen if self.clock() - first >= GRACE_SECONDS else replace(seen, recovery=Recovery.ON_ITS_WAY)
