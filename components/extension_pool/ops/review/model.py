"""What a report says, as plain data: a report has environments, an environment has changes, a change has leaves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from ...mutability import Rule


class Operation(Enum):
    """What becomes of a resource. The words are those of the report, in the order in which a reviewer wants them."""

    DELETE = "delete"
    REPLACE = "replace"
    UPDATE = "update"
    CREATE = "create"
    OTHER = "other"
    """Refreshed, read, imported, or moved to another parent: nothing changes in Azure."""
    UNCHANGED = "unchanged"


class Standing(Enum):
    """Whether a preview can be believed."""

    FRESH = "fresh"
    FAILED = "failed"
    MISSING = "missing"
    STALE = "stale"


class Edit(Enum):
    """What happens to one property."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True)
class Place:
    """Where in the repository a property was edited. line: 1-based, in the file as it is now (a removed line: where it
    was in the base, and `removed`)."""

    file: str
    line: int
    removed: bool = False


@dataclass(frozen=True)
class Leaf:
    """A property that changes.

    path: as the engine names it (``deploymentConfiguration...extensions[0].settings.x``). old, new: printable texts of
    one line, without secrets (``[secret]``); None where there is no value; ``(known after the update)`` for what the
    preview cannot know. forces: whether it makes the resource be replaced. rule: what Azure does with it, for pools.
    place: None is "from code". shown: the path as people read it, with the names of extensions and accounts in place of
    indexes (``extensions["driver"].typeHandlerVersion``). settled: False where the new value is not known before the
    update, which may find that nothing changes.
    """

    path: str
    edit: Edit
    old: str | None
    new: str | None
    forces: bool
    rule: Rule | None = None
    place: Place | None = None
    shown: str = ""
    settled: bool = True


@dataclass(frozen=True)
class Cost:
    """What a replacement or a deletion of a pool costs. None: not to be seen in the preview.

    nodes: nodes that go, when the preview was made. autoscaled: a formula decides, so `nodes` is what there was.
    strategy: ``delete-first``, ``blue-green``, or None for a pool that is not ours. canary, gate: whether new nodes are
    tried first, and whether the update waits for them; None where the preview does not tell. jobs: the drain's word
    (``refuse``, ``wait``, ``requeue``, ``terminate``, ``migrate``), or None without a drain: jobs stay bound to the
    pool's name. running_tasks: now, when Azure was asked; not_asked: why it could not be, as a sentence of one line.
    deleted_first: whether the old pool is deleted before the new one is made, ours or not.
    """

    nodes: int | None
    autoscaled: bool
    strategy: str | None
    canary: bool | None
    gate: bool | None
    jobs: str | None
    running_tasks: int | None = None
    not_asked: str = ""
    deleted_first: bool | None = None


@dataclass(frozen=True)
class Change:
    """A resource that a preview changes.

    name: the pool's name in the program for a pool of ours (``render``), else the logical name. pool: its name in
    Batch, for pools. ours: whether it belongs to an `ExtensionPool`. because_of: logical names of resources whose
    replacement takes this one along, when no property of its own does. avoid: sentences, what to do to not have it.
    place: where a deleted or new pool stood or stands in its stack file; no leaf of it says that
    (``Places.find(environment, pool, "")``). is_canary: a pool that only tries new nodes, and is no loss. stale: an old
    pool that an earlier update was to delete and did not. why: a sentence for a replacement that no property and no
    other resource is the reason of. endpoint: of the pool's account, as the preview knows it.
    """

    urn: str
    type: str
    name: str
    operation: Operation
    leaves: tuple[Leaf, ...]
    ours: bool
    pool: str | None = None
    account: str | None = None
    cost: Cost | None = None
    because_of: tuple[str, ...] = ()
    avoid: tuple[str, ...] = ()
    place: Place | None = None
    is_canary: bool = False
    stale: bool = False
    why: str = ""
    endpoint: str | None = None


@dataclass(frozen=True)
class Environment:
    """One stack's preview. reason: why it cannot be believed, as a sentence of one line; "" for a fresh one.

    messages: what the preview said, errors first, one text each. counts: resources by operation; for a failed preview
    those that it came to.
    """

    name: str
    standing: Standing
    counts: Mapping[Operation, int]
    changes: tuple[Change, ...]
    reason: str = ""
    messages: tuple[str, ...] = ()


@dataclass(frozen=True)
class Finding:
    """What the rules of the repository say about one change, or about a preview that cannot be believed.

    sentence: what is wrong and what to do, whole. allowed: whether it may go on (an approval that was given is told as
    well).
    """

    environment: str
    sentence: str
    allowed: bool
    urn: str | None = None


@dataclass(frozen=True)
class Report:
    """base: the revision that the working tree is compared with; None when lines were not asked for. findings: empty
    when no rules were asked for."""

    environments: tuple[Environment, ...]
    base: str | None = None
    findings: tuple[Finding, ...] = field(default=())

    @property
    def passes(self) -> bool:
        """Whether the change may go on: every preview can be believed, and the rules refuse nothing."""
        fresh = all(one.standing is Standing.FRESH for one in self.environments)
        return fresh and all(finding.allowed for finding in self.findings)
