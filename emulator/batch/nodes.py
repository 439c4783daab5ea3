"""The life of a node: a pure function of when it was created, what time it is, its pool and its surroundings."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from emulator.batch import key_vault
from emulator.batch.key_vault import Grant, Vault

# "Up to 25 retries with growing pauses, then Error" (Key Vault VM extension pages).
TRIES = 25
# How often a Key Vault extension without requireInitialSync tries again after a failure; a judgement.
POLL_AFTER_FAILURE = 60.0
# Nodes of one run differ in how soon their VM comes; ten groups, so that thousands of nodes cost ten computations.
GROUPS = 10


@dataclass(frozen=True)
class Timing:
    """Durations in virtual seconds; see emulator.settings."""

    resize: float
    boot: float
    start_task: float
    extension: float
    retry: float


@dataclass(frozen=True)
class ExtensionFault:
    """An ordered failure: `nodes` as in emulator.faults."""

    extension: str
    message: str
    blocks_node: bool


@dataclass(frozen=True)
class NodeFault:
    code: str
    message: str


@dataclass(frozen=True)
class StartTaskFault:
    exit_code: int


@dataclass(frozen=True)
class Restart:
    """A reboot or a reimage. `state`: the node's from `began` until the VM has booted again at `ended`."""

    state: str
    began: float
    ended: float


@dataclass(frozen=True)
class Surroundings:
    """What the extensions of a node meet. `subnet`: its ARM id. `in_full`: statuses repeat what a vault said."""

    vaults: Sequence[Vault] = ()
    grants: Sequence[Grant] = ()
    subnet: str = ""
    in_full: bool = False


@dataclass(frozen=True)
class Birth:
    """What a node was created with. `group`: 0..GROUPS-1, how soon its VM comes."""

    created: float
    group: int
    identities: tuple[tuple[str, str, str], ...] = ()
    has_start_task: bool = False
    start_task_blocks: bool = True


@dataclass(frozen=True)
class ExtensionStatus:
    """phase: creating, transitioning, succeeded, failed; `time` is when it was reported."""

    name: str
    phase: str
    message: str
    time: float


@dataclass(frozen=True)
class Life:
    """A node now. `state` in the words of the data plane. `start_task`: when it started and ends."""

    state: str
    since: float
    allocated: float
    booted: float
    extensions: tuple[ExtensionStatus, ...] = field(default=())
    start_task: tuple[float, float] | None = None
    start_task_fault: StartTaskFault | None = None
    fault: NodeFault | None = None


@dataclass(frozen=True)
class _Course:
    """How one extension goes: its status, when others may follow, and when the node may go on (inf: never)."""

    status: ExtensionStatus
    done: float
    frees_node: float
    failed_at: float = float("inf")


NEVER = float("inf")


def live(
    birth: Birth,
    extensions: Sequence[dict[str, Any]],
    surroundings: Surroundings,
    timing: Timing,
    now: float,
    *,
    extension_faults: Sequence[ExtensionFault] = (),
    node_fault: NodeFault | None = None,
    start_task_fault: StartTaskFault | None = None,
    restarts: Sequence[Restart] = (),
) -> Life:
    """creating -> starting -> (waitingforstarttask) -> idle, or unusable, or starttaskfailed.

    The VM comes during the pool's resize, extensions start when it has booted, and the node goes on when all of them
    are done; a Key Vault extension without requireInitialSync holds nothing up. After a restart all of it begins anew.
    """
    allocated = birth.created + timing.resize * (0.5 + 0.45 * birth.group / GROUPS)
    booted = allocated + timing.boot
    if now < allocated:
        return Life("creating", birth.created, allocated, booted)
    started = allocated
    for restart in restarts:
        if restart.began <= now < restart.ended:
            # Nothing is reported while the VM is down; no page says. A judgement.
            return Life(restart.state, restart.began, allocated, booted)
        if restart.ended <= now:
            started = booted = restart.ended
    courses = _courses(birth, extensions, surroundings, timing, booted, now, extension_faults)
    statuses = tuple(course.status for course in courses)
    if node_fault and now >= booted:
        return Life("unusable", booted, allocated, booted, statuses, fault=node_fault)
    failed = min((course.failed_at for course in courses), default=NEVER)
    if now >= failed:
        return Life("unusable", failed, allocated, booted, statuses)
    ready = max([booted, *(course.frees_node for course in courses)])
    if now < ready:
        return Life("starting", started, allocated, booted, statuses)
    if not birth.has_start_task:
        return Life("idle", ready, allocated, booted, statuses)
    task, blocks = (ready, ready + timing.start_task), birth.start_task_blocks
    if now < task[1] and blocks:
        return Life("waitingforstarttask", ready, allocated, booted, statuses, task)
    failure = start_task_fault if now >= task[1] else None
    state = "starttaskfailed" if failure and blocks else "idle"
    return Life(state, task[1] if blocks else ready, allocated, booted, statuses, task, failure)


def _courses(
    birth: Birth,
    extensions: Sequence[dict[str, Any]],
    surroundings: Surroundings,
    timing: Timing,
    booted: float,
    now: float,
    faults: Sequence[ExtensionFault],
) -> list[_Course]:
    """In the order of the pool's list; `provisionAfterExtensions` decides who waits for whom."""
    done: dict[str, _Course] = {}
    waiting = list(extensions)
    while waiting:
        ready = [item for item in waiting if all(name.lower() in done for name in _after(item))]
        for extension in ready or waiting:  # a circle: Compute would refuse it; here nobody waits
            start = max([booted, *(done[name.lower()].done for name in _after(extension) if name.lower() in done)])
            fault = next((item for item in faults if item.extension.lower() == str(extension["name"]).lower()), None)
            done[str(extension["name"]).lower()] = _course(birth, extension, surroundings, timing, start, now, fault)
        waiting = [item for item in waiting if str(item["name"]).lower() not in done]
    return [done[str(extension["name"]).lower()] for extension in extensions]


def _course(
    birth: Birth,
    extension: dict[str, Any],
    surroundings: Surroundings,
    timing: Timing,
    start: float,
    now: float,
    fault: ExtensionFault | None,
) -> _Course:
    name, first = str(extension["name"]), start + timing.extension
    if start == NEVER or now < start:
        # What waits for an extension that failed stays here; a judgement.
        return _Course(
            ExtensionStatus(name, "creating", "", birth.created), NEVER if start == NEVER else first, _held(start)
        )
    if now < first:
        return _Course(ExtensionStatus(name, "transitioning", "", start), first, first)
    if fault:
        blocked = first if fault.blocks_node else NEVER
        return _Course(ExtensionStatus(name, "failed", fault.message, first), NEVER, first, blocked)
    if not key_vault.is_key_vault(extension):
        return _Course(ExtensionStatus(name, "succeeded", "", first), first, first)
    identities = [dict(zip(("id", "clientId", "principalId"), item, strict=True)) for item in birth.identities]
    vaults, grants = list(surroundings.vaults), list(surroundings.grants)
    access = key_vault.judge(extension, identities, vaults, grants, surroundings.subnet)
    if key_vault.syncs_first(extension):
        return _synced(name, access, first, timing, now, surroundings.in_full)
    return _polled(name, access, first, now, surroundings.in_full)


def _held(start: float) -> float:
    """What never starts holds no node up; what has not started yet does."""
    return 0.0 if start == NEVER else NEVER


def _synced(name: str, access: key_vault.Access, first: float, timing: Timing, now: float, in_full: bool) -> _Course:
    """requireInitialSync: tries with growing pauses, success only with every certificate, else an error."""
    if access.permanent:
        return _Course(ExtensionStatus(name, "failed", access.problem, first), NEVER, NEVER, first)
    tries = [first + timing.retry * (number / (TRIES - 1)) ** 2 for number in range(TRIES)]
    works = next((time for time in tries if time <= now and access.works(time)), None)
    if works is not None:
        return _Course(_status_now(name, access, works, now, in_full), works, works)
    if now >= tries[-1]:
        told = access.told(tries[-1], in_full)
        return _Course(ExtensionStatus(name, "failed", told, tries[-1]), NEVER, NEVER, tries[-1])
    last = max(time for time in tries if time <= now)
    return _Course(ExtensionStatus(name, "transitioning", access.told(last, in_full), last), NEVER, NEVER)


def _polled(name: str, access: key_vault.Access, first: float, now: float, in_full: bool) -> _Course:
    """Without requireInitialSync: the node goes on at once, the status tells how the last try went."""
    if access.permanent:
        return _Course(ExtensionStatus(name, "failed", access.problem, first), NEVER, first)
    return _Course(_status_now(name, access, first, now, in_full), first, first)


def _status_now(name: str, access: key_vault.Access, first: float, now: float, in_full: bool) -> ExtensionStatus:
    last = first + POLL_AFTER_FAILURE * ((now - first) // POLL_AFTER_FAILURE)
    if not access.works(last):
        return ExtensionStatus(name, "transitioning", access.told(last, in_full), last)
    began = last
    while began > first and access.works(began - POLL_AFTER_FAILURE) and last - began < POLL_AFTER_FAILURE * 100:
        began -= POLL_AFTER_FAILURE
    return ExtensionStatus(name, "succeeded", "", began)


def _after(extension: dict[str, Any]) -> list[str]:
    return [str(name) for name in extension.get("provisionAfterExtensions") or []]


# Ids look like the service's, `tvmps_<64 hex>_d` (dedicated) or `_p`. The last eight digits give the index back, so
# that finding a node by its id does not mean looking at all of them.
_FACTOR, _MODULUS = 2654435761, 2**32
_INVERSE = pow(_FACTOR, -1, _MODULUS)


@functools.lru_cache(maxsize=1 << 16)
def node_id(pool: str, index: int, dedicated: bool) -> str:
    digest = hashlib.sha256(f"{pool}|{index}|{dedicated}".encode()).hexdigest()[:56]
    return f"tvmps_{digest}{index * _FACTOR % _MODULUS:08x}_{'d' if dedicated else 'p'}"


def index_of(pool: str, text: str) -> tuple[int, bool] | None:
    """(index, dedicated) of a node id of this pool; None when it is no such id."""
    kind, _, rest = text.partition("_")
    digits, _, suffix = rest.partition("_")
    if kind != "tvmps" or len(digits) != 64 or suffix not in ("d", "p"):
        return None
    try:
        index = int(digits[56:], 16) * _INVERSE % _MODULUS
    except ValueError:
        return None
    return (index, suffix == "d") if node_id(pool, index, suffix == "d") == text else None
