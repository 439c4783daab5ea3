"""What was changed on a pool outside Pulumi: the state of the stack against what the service says. Pure.

Only what both sides know is compared: what the program leaves to Azure is Azure's, and what is secret in the state
stays unread. Spellings that mean the same to Azure are no difference: the case of VM sizes, of images and of resource
ids, a number or a truth as text, settings as one JSON text or as an object of them.

Judgement of ours: a changed pool is told and not judged, since what runs may well be healthy; only one that is deleted
is failed (see `health.missing_pool`).
"""

import shlex
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum

from .snapshot import Image, Pool, PoolExtension
from .stack import HIDDEN, StackPool
from .text import clean_line
from .trees import find_differences

# ARM and the Batch service write the same moment, not always with the same digits.
_SAME_MOMENT = timedelta(seconds=5)

_MACHINE = "deploymentConfiguration.virtualMachineConfiguration"


class DriftKind(Enum):
    """What was done outside Pulumi."""

    DELETED = "deleted"
    RECREATED = "recreated"
    RESIZED = "resized"
    EXTENSIONS = "extensions"
    IMAGE = "image"
    VM_SIZE = "vmSize"
    IDENTITY = "identity"


@dataclass(frozen=True)
class Drift:
    """A change: the path of what differs in the pool's properties, a sentence on it, and what to do.

    The sentence holds no value of an extension's settings.
    """

    kind: DriftKind
    path: str
    message: str
    advice: str


def find_drift(known: StackPool, live: Pool | None) -> tuple[Drift, ...]:
    """How `live` differs from what the stack has as `known`; `live` is None when Azure has no such pool."""
    stack = _stack_option(known)
    if live is None:
        message = "deleted outside Pulumi: the stack has the pool, Azure does not"
        advice = f"run 'pulumi up --refresh{stack}' to make it again; a refresh alone only forgets it"
        return (Drift(DriftKind.DELETED, "", message, advice),)
    wanted = known.wanted
    if wanted is None:
        return ()
    return (*_recreated(wanted, live, known.urn, stack), *_changed(wanted, live, stack))


def _changed(wanted: Pool, live: Pool, stack: str) -> Iterator[Drift]:
    look = (
        f"run 'pulumi preview --refresh{stack}' to see what an update would do, which may be to make the pool anew; "
        "or bring the program to what Azure has"
    )
    scale = (
        f"put what Azure has into the program, or run 'pulumi up --refresh{stack}' to set back what the program says"
    )
    for path, message in _scale(wanted, live):
        yield Drift(DriftKind.RESIZED, f"scaleSettings.{path}", message, scale)
    checks: tuple[tuple[DriftKind, Callable[[Pool, Pool], Iterable[tuple[str, str]]]], ...] = (
        (DriftKind.EXTENSIONS, _extensions),
        (DriftKind.IMAGE, _image),
        (DriftKind.VM_SIZE, _vm_size),
        (DriftKind.IDENTITY, _identity),
    )
    for kind, check in checks:
        for path, message in check(wanted, live):
            yield Drift(kind, path, message, look)


def _recreated(wanted: Pool, live: Pool, urn: str, stack: str) -> Iterator[Drift]:
    if wanted.created is None or live.created is None or abs(wanted.created - live.created) <= _SAME_MOMENT:
        return
    was, now = (moment.strftime("%Y-%m-%d %H:%M:%SZ") for moment in (wanted.created, live.created))
    anew = f"'pulumi up --replace {shlex.quote(urn)}{stack}' makes it from the program" if urn else "make it anew"
    yield Drift(
        DriftKind.RECREATED,
        "creationTime",
        f"deleted and made anew outside Pulumi: the stack's pool is of {was}, this one of {now}",
        f"run 'pulumi preview --refresh{stack}' to see how it differs; a refresh takes it over, {anew}",
    )


def _scale(wanted: Pool, live: Pool) -> Iterator[tuple[str, str]]:
    """Fixed targets and formulas. What a formula set is no change."""
    fixed = wanted.target_dedicated is not None or wanted.target_spot is not None
    if wanted.autoscale is not None and live.autoscale is None:
        yield "autoScale", "autoscale was switched off outside Pulumi"
    elif wanted.autoscale is not None and live.autoscale is not None:
        mine, theirs = wanted.autoscale.formula, live.autoscale.formula
        if _known(mine) and _known(theirs) and mine.split() != theirs.split():
            yield "autoScale.formula", "the autoscale formula was changed outside Pulumi"
    elif fixed and live.autoscale is not None:
        yield "fixedScale", "autoscale was switched on outside Pulumi; the program has fixed targets"
    elif fixed:
        for key, word, before, now in (
            ("targetDedicatedNodes", "dedicated", wanted.target_dedicated, live.target_dedicated),
            ("targetLowPriorityNodes", "spot", wanted.target_spot, live.target_spot),
        ):
            if before is not None and now is not None and before != now:
                yield f"fixedScale.{key}", f"resized outside Pulumi: {before} {word} nodes in the stack, {now} in Azure"


def _extensions(wanted: Pool, live: Pool) -> Iterator[tuple[str, str]]:
    if wanted.expected is None or live.expected is None:
        return
    mine = {item.name.casefold(): item for item in wanted.extensions}
    theirs = {item.name.casefold(): item for item in live.extensions}
    for key in sorted(mine.keys() | theirs.keys()):
        item, other = mine.get(key), theirs.get(key)
        name = clean_line((item or other or PoolExtension("")).name)
        path = f"{_MACHINE}.extensions[{name}]"
        if other is None:
            yield path, f"extension {name!r} was removed outside Pulumi"
        elif item is None:
            yield path, f"extension {name!r} was added outside Pulumi"
        else:
            for inner, message in _extension(item, other):
                yield f"{path}.{inner}", f"extension {name!r} was changed outside Pulumi: {message}"


def _extension(item: PoolExtension, other: PoolExtension) -> Iterator[tuple[str, str]]:
    for key, mine, theirs in (
        ("publisher", item.publisher, other.publisher),
        ("type", item.type, other.type),
        ("typeHandlerVersion", item.version, other.version),
    ):
        if _differ(mine, theirs):
            yield key, f"{key} is {_word(mine)} in the stack, {_word(theirs)} in Azure"
    # Without settings on one side there is nothing to compare: the program left them out, or the service did.
    if item.settings is None or other.settings is None:
        return
    for path, word in find_differences(item.settings, other.settings, hidden=HIDDEN):
        way = ".".join(("settings", *(clean_line(part) for part in path)))
        yield way, f"{way} {word}"


def _image(wanted: Pool, live: Pool) -> Iterator[tuple[str, str]]:
    mine, theirs = wanted.image or Image(), live.image or Image()
    path = f"{_MACHINE}.imageReference"
    # An id may stand for publisher, offer and sku; then nothing of the two can be compared but the ids.
    fields = ("id",) if mine.id and theirs.id else ("publisher", "offer", "sku", "version")
    for field in fields:
        before, now = getattr(mine, field), getattr(theirs, field)
        # What `latest` stands for is the service's to say.
        if _differ(before, now) and "latest" not in {before.lower(), now.lower()}:
            yield f"{path}.{field}", _changed_to(f"the image's {field}", before, now)
    before, now = wanted.node_agent, live.node_agent
    if _differ(before, now):
        yield f"{_MACHINE}.nodeAgentSkuId", _changed_to("the node agent", before, now)


def _vm_size(wanted: Pool, live: Pool) -> Iterator[tuple[str, str]]:
    if _differ(wanted.vm_size, live.vm_size):
        yield "vmSize", _changed_to("the VM size", wanted.vm_size, live.vm_size)


def _identity(wanted: Pool, live: Pool) -> Iterator[tuple[str, str]]:
    """Identities that came or went; of a program that names none, nothing is said."""
    if not wanted.identities or not all(_known(item) for item in wanted.identities):
        return
    mine = {item.strip("/").lower(): item for item in wanted.identities}
    theirs = {item.strip("/").lower(): item for item in live.identities}
    for key in sorted(mine.keys() ^ theirs.keys()):
        word = "taken from" if key in mine else "given to"
        identity = clean_line(mine.get(key) or theirs[key])
        yield "identity.userAssignedIdentities", f"the identity {identity} was {word} the pool outside Pulumi"


def _known(text: str) -> bool:
    return bool(text) and text != HIDDEN


def _differ(mine: str, theirs: str) -> bool:
    return _known(mine) and _known(theirs) and mine.strip().lower() != theirs.strip().lower()


def _changed_to(what: str, before: str, now: str) -> str:
    return f"{what} was changed outside Pulumi: {_word(before)} in the stack, {_word(now)} in Azure"


def _word(text: str) -> str:
    return repr(clean_line(text))


def _stack_option(known: StackPool) -> str:
    """` --stack NAME` as the URN has it (`urn:pulumi:NAME::...`), so that the command can be copied."""
    parts = known.urn.split("::")[0].split(":")
    return f" --stack {shlex.quote(clean_line(parts[2]))}" if len(parts) == 3 and parts[2] else ""
