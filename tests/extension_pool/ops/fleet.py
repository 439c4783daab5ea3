"""A pool whose nodes fail, restart, leave and come by a clock that only sleeping moves; each call can fail."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

from extension_pool.ops.errors import Declined, UnknownNode
from extension_pool.ops.snapshot import (
    Answer,
    Autoscale,
    Node,
    NodeExtension,
    NodeKey,
    NodeReading,
    Pool,
    PoolReading,
    Problem,
    Status,
)

START = datetime(2026, 11, 20, 8, tzinfo=timezone.utc)
RESTART, REMOVAL, BOOT, EVALUATION = 60.0, 60.0, 120.0, 300.0


@dataclass
class Machine:
    """`ill`: its extension fails. `cured_by`: "reboot", "removal", or "" for what nothing helps.

    `stale`: so long after a boot its extension still shows the failure from before, and tells no time.
    """

    id: str
    dedicated: bool = True
    allocated: float = -86400.0
    booted: float = -86400.0 + BOOT
    ill: bool = False
    unusable: bool = False
    cured_by: str = "reboot"
    tasks: int = 0
    disabled: bool = False
    restarted: float | None = None
    leaves: float | None = None
    stale: float = 0.0

    def state(self, now: float) -> str:
        if self.leaves is not None:
            return "leavingpool"
        if self.restarted is not None and now < self.restarted + RESTART:
            return "rebooting"
        if now < self.booted:
            return "starting"
        if self.unusable:
            return "unusable"
        if self.tasks:
            return "running"
        return "offline" if self.disabled else "idle"


@dataclass
class FakeFleet:
    """`before` is called with each call's name before it takes effect, `after` afterwards."""

    machines: list[Machine]
    formula: str | None = None
    dedicated: int = 0
    spot: int = 0
    now: float = 0.0
    steady_at: float = 0.0
    calls: list[str] = field(default_factory=list)
    before: Callable[[str], None] = lambda call: None
    after: Callable[[str], None] = lambda call: None
    reboots_offline: bool = True
    lowest_target: int = 99
    created: datetime = START
    resize_errors: tuple[Problem, ...] = ()
    evaluates_at: float = 0.0
    _number: int = 0

    def __post_init__(self) -> None:
        self.dedicated = self.dedicated or sum(machine.dedicated for machine in self.machines)
        self.spot = self.spot or sum(not machine.dedicated for machine in self.machines)

    def sleep(self, seconds: float) -> None:
        self.before("sleep")
        self.now += seconds

    def clock(self) -> float:
        return self.now

    def read_pool(self, name: str, *, settled: Mapping[NodeKey, NodeReading] | None = None) -> PoolReading:
        reading: PoolReading = self._call(
            "read_pool", lambda: PoolReading(self._pool(name), tuple(map(self._reading, self.machines)))
        )
        return reading

    def read_node(self, pool: str, node_id: str) -> NodeReading:
        reading: NodeReading = self._call(f"read_node {node_id}", lambda: self._reading(self._find(node_id)))
        return reading

    def reboot_node(self, pool: str, node_id: str) -> None:
        self._call(f"reboot_node {node_id}", lambda: self._restart(node_id, "reboot"))

    def reimage_node(self, pool: str, node_id: str) -> None:
        self._call(f"reimage_node {node_id}", lambda: self._restart(node_id, "reimage"))

    def disable_scheduling(self, pool: str, node_id: str) -> None:
        self._call(f"disable_scheduling {node_id}", lambda: self._switch(node_id, True))

    def enable_scheduling(self, pool: str, node_id: str) -> None:
        self._call(f"enable_scheduling {node_id}", lambda: self._switch(node_id, False))

    def remove_nodes(self, pool: str, node_ids: Sequence[str]) -> None:
        self._call(f"remove_nodes {' '.join(node_ids)}", lambda: self._remove(node_ids))

    def resize(self, pool: str, dedicated: int | None, spot: int | None) -> None:
        self._call(f"resize {dedicated} {spot}", lambda: self._resize(dedicated or 0, spot or 0))

    def disable_autoscale(self, pool: str) -> None:
        self._call("disable_autoscale", lambda: setattr(self, "formula", None))

    def enable_autoscale(self, pool: str, formula: str, interval: str) -> None:
        self._call("enable_autoscale", lambda: self._enable(formula))

    def _call(self, name: str, act: Callable[[], Any]) -> Any:
        self.before(name)
        self.calls.append(name)
        self._pass_time()
        answer = act()
        self.after(name)
        return answer

    def _pass_time(self) -> None:
        self.machines = [one for one in self.machines if one.leaves is None or self.now < one.leaves]
        if self.formula and self.now >= max(self.steady_at, self.evaluates_at):
            self.dedicated, self.spot = (int(word) for word in self.formula.split())
            self._grow()

    def _pool(self, name: str) -> Pool:
        return Pool(
            id=name,
            state="active",
            allocation_state="steady" if self.now >= self.steady_at else "resizing",
            expected=("a",),
            current_nodes=len(self.machines),
            target_nodes=self.dedicated + self.spot,
            target_dedicated=self.dedicated,
            target_spot=self.spot,
            autoscale=Autoscale(self.formula, "PT5M") if self.formula is not None else None,
            created=self.created,
            resize_errors=self.resize_errors,
        )

    def _reading(self, machine: Machine) -> NodeReading:
        node = Node(
            id=machine.id,
            state=machine.state(self.now),
            scheduling="disabled" if machine.disabled else "enabled",
            dedicated=machine.dedicated,
            allocated=START + timedelta(seconds=machine.allocated),
            booted=START + timedelta(seconds=machine.booted),
            running_tasks=machine.tasks,
        )
        if node.state == "leavingpool":
            return NodeReading(node, Answer.NOT_ASKED)
        if node.state in {"rebooting", "starting"}:
            return NodeReading(node, Answer.ANSWERED)
        word = "failed" if machine.ill or self.now < machine.booted + machine.stale else "succeeded"
        status = Status(f"ProvisioningState/{word}", time=None if machine.stale else node.booted)
        return NodeReading(node, Answer.ANSWERED, (NodeExtension("a", statuses=(status,)),))

    def find(self, node_id: str) -> Machine:
        return next(one for one in self.machines if one.id == node_id)

    def _find(self, node_id: str) -> Machine:
        for machine in self.machines:
            if machine.id == node_id:
                return machine
        raise UnknownNode(f"node: no {node_id}")

    def _restart(self, node_id: str, kind: str) -> None:
        machine = self._find(node_id)
        state = machine.state(self.now)
        if state not in {"idle", "running", "starttaskfailed"} and not (state == "offline" and self.reboots_offline):
            raise Declined("OperationInvalidForCurrentState", f"node {node_id} is {state}")
        machine.restarted, machine.booted, machine.tasks = self.now, self.now + RESTART, 0
        if machine.cured_by == kind:
            machine.ill = False

    def _switch(self, node_id: str, disabled: bool) -> None:
        if all(machine.id != node_id for machine in self.machines):
            raise Declined("NodeNotFound", "The node does not exist.")
        machine = self.find(node_id)
        if machine.state(self.now) in {"rebooting", "starting"}:
            raise Declined("NodeBeingRebooted", "The node restarts.")
        if machine.disabled is disabled:
            raise Declined("NodeAlreadyInTargetSchedulingState", "It is so already.")
        machine.disabled = disabled

    def _steady(self) -> None:
        if self.now < self.steady_at:
            raise Declined("PoolBeingResized", "The pool is being resized.")

    def _remove(self, node_ids: Sequence[str]) -> None:
        self._steady()
        if self.formula is not None:
            raise Declined("OperationInvalidForCurrentState", "Automatic scaling is on.")
        self.steady_at = self.now + REMOVAL
        for node_id in node_ids:
            machine = self._find(node_id)
            machine.leaves = self.steady_at
            self.dedicated -= machine.dedicated
            self.spot -= not machine.dedicated
        self.lowest_target = min(self.lowest_target, self.dedicated + self.spot)

    def _resize(self, dedicated: int, spot: int) -> None:
        self._steady()
        if self.formula is not None:
            raise Declined("OperationInvalidForCurrentState", "Automatic scaling is on.")
        self.dedicated, self.spot = dedicated, spot
        self._grow()

    def _enable(self, formula: str) -> None:
        self._steady()
        self.formula = formula
        # As in the service, nothing happens before the next evaluation.
        self.evaluates_at = self.now + EVALUATION

    def _grow(self) -> None:
        for dedicated, target in ((True, self.dedicated), (False, self.spot)):
            staying = [one for one in self.machines if one.dedicated is dedicated and one.leaves is None]
            for _ in range(target - len(staying)):
                self._number += 1
                self.machines.append(Machine(f"new{self._number}", dedicated, self.now, self.now + BOOT))
                self.steady_at = self.now + BOOT / 2
