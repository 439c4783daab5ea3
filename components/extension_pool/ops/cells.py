"""Judges what one node says about its extensions: the cells of a row. Pure.

Rules that are judgement and not Azure's:

- An expected extension that a node does not report is not healthy: the node is still coming up, or it is a failure.
- Codes decide, not levels: `ProvisioningState/succeeded` at level Error counts as succeeded.
- Application Health is as healthy as what it probes: the extension itself stays "succeeded" on an unhealthy node, and
  tells the node's state in a substatus.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from .snapshot import Answer, NodeExtension, NodeReading, Status


class Verdict(Enum):
    """From best to worst; the worst part is the verdict of the whole."""

    HEALTHY = "healthy"
    WAITING = "waiting"
    UNKNOWN = "unknown"
    FAILED = "failed"


class Phase(Enum):
    """What a node's state means for its extensions."""

    COMING = "coming up"
    UP = "up"
    BROKEN = "broken"
    AWAY = "away"
    LOST = "lost"


# https://learn.microsoft.com/rest/api/batchservice/nodes/list-nodes (the states); their meaning here is ours.
# `offline` is up: an operator switched scheduling off, the machine and its extensions run.
_PHASES = {
    "idle": Phase.UP,
    "running": Phase.UP,
    "offline": Phase.UP,
    "creating": Phase.COMING,
    "starting": Phase.COMING,
    "waitingforstarttask": Phase.COMING,
    "rebooting": Phase.COMING,
    "reimaging": Phase.COMING,
    "upgradingos": Phase.COMING,
    "unusable": Phase.BROKEN,
    "starttaskfailed": Phase.BROKEN,
    "leavingpool": Phase.AWAY,
    "preempted": Phase.AWAY,
    "deallocating": Phase.AWAY,
    "deallocated": Phase.AWAY,
    "unknown": Phase.LOST,
}

_WORDS = {
    "succeeded": Verdict.HEALTHY,
    "creating": Verdict.WAITING,
    "updating": Verdict.WAITING,
    "transitioning": Verdict.WAITING,
    "deleting": Verdict.WAITING,
    "failed": Verdict.FAILED,
}
_PREFIX = "provisioningstate/"

# The substatus of Application Health 2.x and its messages (apphealth constants and main/cmds.go of
# https://github.com/Azure/applicationhealth-extension-linux); how Batch writes its code was not seen, so only the name
# in it counts. Azure takes Unknown for Unhealthy in repairs; here it is what it says.
_PROBE_TYPES = ("applicationhealthlinux", "applicationhealthwindows")
_PROBE = "applicationhealthstate"
_PROBED = {
    "healthy": Verdict.HEALTHY,
    "initializing": Verdict.WAITING,
    "unknown": Verdict.UNKNOWN,
    "unhealthy": Verdict.FAILED,
}

_SEVERITY = {Verdict.HEALTHY: 0, Verdict.WAITING: 1, Verdict.UNKNOWN: 2, Verdict.FAILED: 3}


@dataclass(frozen=True)
class ExtensionHealth:
    """One cell: an extension on a node. `word` is the short form of why; `code` and `message` are the service's."""

    name: str
    verdict: Verdict
    word: str
    code: str = ""
    message: str = ""
    level: str = ""
    time: datetime | None = None
    expected: bool = True
    publisher: str = ""
    type: str = ""
    version: str = ""


def severity(verdict: Verdict) -> int:
    """How bad `verdict` is, from 0."""
    return _SEVERITY[verdict]


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The worst of `verdicts`; of none, healthy."""
    return max(verdicts, key=_SEVERITY.__getitem__, default=Verdict.HEALTHY)


def phase(state: str) -> Phase:
    """What the node state `state` means; a word nobody knows counts as lost contact, since it cannot be judged."""
    return _PHASES.get(state.lower(), Phase.LOST)


def judge_code(code: str) -> Verdict:
    """What a status code means: `ProvisioningState/<word>[/<sub>]` in any casing; unknown for any other."""
    if not code.lower().startswith(_PREFIX):
        return Verdict.UNKNOWN
    return _WORDS.get(code[len(_PREFIX) :].split("/")[0].strip().lower(), Verdict.UNKNOWN)


def judge_phase(reading: NodeReading) -> Phase:
    """The phase by the node's state, corrected by what happened since it was listed."""
    now = phase(reading.node.state)
    if reading.answer is Answer.VANISHED:
        return Phase.AWAY
    # NodeBeingCreated, ...Started, ...Rebooted, ...Reimaged (409): it was up when listed and restarts now.
    restarting = reading.problem is not None and reading.problem.code.lower().startswith("nodebeing")
    return Phase.COMING if now is Phase.UP and reading.answer is Answer.REFUSED and restarting else now


def judge_reports(
    reading: NodeReading, expected: Sequence[str] | None, now: Phase
) -> Iterator[tuple[ExtensionHealth, NodeExtension | None]]:
    """Each expected extension in order, then what the node in phase `now` reports besides, by name; with the report."""
    pairs, extra = _match(expected or (), reading.extensions)
    for name, seen in pairs:
        yield _cell(name, seen, now, reading), seen
    for more in sorted(extra, key=lambda item: item.name.casefold()):
        yield _cell(more.name, more, now, reading, expected=expected is None), more


def _match(
    expected: Sequence[str], seen: Sequence[NodeExtension]
) -> tuple[list[tuple[str, NodeExtension | None]], list[NodeExtension]]:
    """Pairs expected names with reports: first by the name itself, then by an alias, each report at most once."""
    left = list(seen)
    found: dict[str, NodeExtension] = {}
    for names in (lambda item: (item.name,), lambda item: item.aliases):
        for wanted in expected:
            for item in left:
                if wanted not in found and wanted.casefold() in {name.casefold() for name in names(item)}:
                    found[wanted] = item
                    left.remove(item)
                    break
    return [(name, found.get(name)) for name in expected], left


def _cell(
    name: str, seen: NodeExtension | None, now: Phase, reading: NodeReading, expected: bool = True
) -> ExtensionHealth:
    if seen is None:
        verdict, word, why = _absent(now, reading)
        return ExtensionHealth(name, verdict, word, message=why)
    status = _deciding(seen)
    if status is None:
        verdict = Verdict.WAITING if now is Phase.COMING else Verdict.UNKNOWN
        word, status = "no status", Status("", message="the service lists the extension without a status")
    else:
        verdict = judge_code(status.code)
        known = verdict is not Verdict.UNKNOWN
        word = status.code[len(_PREFIX) :].lower() if known else status.code or "no status"
        probed = _probed(seen) if verdict is Verdict.HEALTHY else None
        if probed is not None:
            verdict, word, status = probed
    return ExtensionHealth(
        name=name,
        verdict=Verdict.UNKNOWN if now is Phase.AWAY else verdict,
        word=word,
        code=status.code,
        # A label such as "Transitioning" explains nothing; a message of something that waits does.
        message=status.message or (status.display_status if verdict is not Verdict.WAITING else ""),
        level=status.level,
        time=status.time,
        expected=expected,
        publisher=seen.publisher,
        type=seen.type,
        version=seen.version,
    )


def _probed(seen: NodeExtension) -> tuple[Verdict, str, Status] | None:
    """What an Application Health extension says of its node, if that is not healthy."""
    if seen.type.casefold() not in _PROBE_TYPES:
        return None
    told = [status for status in seen.sub_statuses if _PROBE in status.code.casefold()]
    for status in told:
        word = status.message.strip().casefold()
        verdict = _PROBED.get(word, Verdict.UNKNOWN)
        if verdict is not Verdict.HEALTHY:
            return verdict, word if word in _PROBED else "no state", status
    return None


def _absent(now: Phase, reading: NodeReading) -> tuple[Verdict, str, str]:
    """An expected extension without a report: verdict, word, and a sentence."""
    if now is Phase.COMING:
        return Verdict.WAITING, "not yet", f"the node is {reading.node.state}"
    if now is Phase.AWAY:
        gone = reading.answer is Answer.VANISHED
        return (
            Verdict.UNKNOWN,
            "gone" if gone else "not asked",
            "the node left the pool while it was read" if gone else "",
        )
    if reading.answer is not Answer.ANSWERED:
        return Verdict.UNKNOWN, "no answer", ""
    if now is Phase.LOST:
        return Verdict.UNKNOWN, "absent", f"not reported, and the node's state is {reading.node.state!r}"
    return Verdict.FAILED, "absent", "the pool should have this extension, and the node does not report it"


def _deciding(seen: NodeExtension) -> Status | None:
    """The status that decides: the worst of the ProvisioningState codes.

    `provisioningState` of the item counts where it says failed or where there is no such code. Statuses of other kinds
    (components, health probes) decide only when nothing else does.
    """
    states = [status for status in seen.statuses if status.code.lower().startswith(_PREFIX)]
    if seen.provisioning_state:
        own = Status(f"ProvisioningState/{seen.provisioning_state}")
        failed = judge_code(own.code) is Verdict.FAILED
        if not states or (failed and Verdict.FAILED not in {judge_code(status.code) for status in states}):
            # The texts that came with it are all there is to explain it.
            texts = [status.message or status.display_status for status in seen.statuses]
            states.append(Status(own.code, message="\n".join(text for text in texts if text)))
    return max(states or seen.statuses, key=lambda status: _SEVERITY[judge_code(status.code)], default=None)
