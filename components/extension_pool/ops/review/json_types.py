"""What `extension-pool report --output json` prints, as types; `schema` makes docs/report.schema.json of them. Pure.

Keys stay; new ones may be added. No `from __future__ import annotations`: the types are read at run time.
"""

from typing import Annotated

from typing_extensions import TypedDict

from ...mutability import Azure, Confidence, Ours
from ..json_schema import one_of
from .model import Edit, Operation, Standing

OperationWord = Annotated[str, one_of(Operation)]
StandingWord = Annotated[str, one_of(Standing)]
EditWord = Annotated[str, one_of(Edit)]
AzureWord = Annotated[str, one_of(Azure)]
OursWord = Annotated[str, one_of(Ours)]
ConfidenceWord = Annotated[str, one_of(Confidence)]


class PlaceJson(TypedDict):
    """A line in the repository."""

    file: str
    """The path from the top of the repository, with slashes."""
    line: int
    """From 1; in the working tree, or of a removed line in the base."""
    removed: bool
    """Whether the line is gone."""


class RuleJson(TypedDict):
    """What a change of a pool's property means."""

    azure: AzureWord
    """What Azure does with it on a pool that has nodes."""
    ours: OursWord
    """What the component does."""
    explanation: str
    """Both in a sentence or two, and what running nodes see."""
    confidence: ConfidenceWord
    """`stated` by the source, or `assumed` where the source does not name the property."""
    sourceTitle: str
    """The vendor's page."""
    sourceUrl: str
    """Its address."""


class LeafJson(TypedDict):
    """A property that changes."""

    path: str
    """As Pulumi's engine names it."""
    shown: str
    """The same for people: extensions by name, without what every pool has around it."""
    edit: EditWord
    """What happens to it."""
    old: str | None
    """Its value before, as a text without secrets; null without one."""
    new: str | None
    """Its value after; null without one."""
    forces: bool
    """Whether it makes the resource be replaced."""
    settled: bool
    """False where the new value is not known before the update, which may find that nothing changes."""
    rule: RuleJson | None
    """Null for what is no property of a pool."""
    place: PlaceJson | None
    """Where it was edited; null when it was not in a stack file, or lines were not asked for."""


class CostJson(TypedDict):
    """What a replacement or a deletion of a pool costs."""

    nodes: int | None
    """Nodes that go; null when the preview does not tell."""
    autoscaled: bool
    """Whether a formula decides how many there are."""
    strategy: str | None
    """`delete-first` or `blue-green`; null when it is not known."""
    deletedFirst: bool | None
    """Whether the old pool is deleted before the new one is made; null when it is not known."""
    canary: bool | None
    """Whether a small pool is tried first; null when the preview does not tell."""
    gate: bool | None
    """Whether the update waits for the new nodes; null when the preview does not tell."""
    jobs: str | None
    """The drain's word; null without a drain."""
    runningTasks: int | None
    """Tasks that run on the pool now; null when Azure was not asked, or did not tell."""
    notAsked: str
    """Why Azure could not be asked; empty if it was, or was not to be."""


class ChangeJson(TypedDict):
    """A resource that changes."""

    urn: str
    """Pulumi's name of it."""
    type: str
    """Pulumi's type."""
    name: str
    """A pool's name in the program, else the logical name."""
    operation: OperationWord
    """What becomes of it."""
    ours: bool
    """Whether it belongs to an ExtensionPool."""
    isCanary: bool
    """Whether it is a pool that only tries new nodes, and no loss."""
    stale: bool
    """Whether it is an old pool that an earlier update was to delete and did not."""
    pool: str | None
    """A pool's name in Batch; null for other resources, and where it is not known yet."""
    account: str | None
    """The pool's Batch account; null for other resources, and where it is not known yet."""
    leaves: list[LeafJson]
    """The properties that change."""
    becauseOf: list[str]
    """Logical names of resources whose replacement takes this one along."""
    why: str
    """A sentence for a replacement that no property and no other resource is the reason of; else empty."""
    cost: CostJson | None
    """Null for what is no pool, or stays."""
    avoid: list[str]
    """Sentences: what to do to not have it."""
    place: PlaceJson | None
    """Where a deleted or new pool stood or stands in its stack file."""


class CountsJson(TypedDict):
    """How many resources there are of each operation."""

    create: int
    """New ones."""
    update: int
    """Changed in place."""
    replace: int
    """Deleted and made anew."""
    delete: int
    """Deleted."""
    other: int
    """Refreshed, read, imported or moved: nothing changes in Azure."""
    unchanged: int
    """Left as they are."""


class EnvironmentJson(TypedDict):
    """The preview of one stack."""

    name: str
    """As it was given."""
    standing: StandingWord
    """Whether the preview can be believed; only `fresh` can."""
    reason: str
    """Why it cannot; empty if it can."""
    verdict: str
    """What the first line of the report says of it."""
    counts: CountsJson
    """Of a failed preview what it came to; all 0 without a preview."""
    changes: list[ChangeJson]
    """What changes, in the order of the preview."""
    messages: list[str]
    """What the preview said, errors first."""


class FindingJson(TypedDict):
    """An answer of the rules."""

    environment: str
    """The environment that it is about."""
    sentence: str
    """What is wrong and what to do, or what allows it."""
    allowed: bool
    """Whether it may go on."""
    urn: str | None
    """The resource that it is about; null for a whole preview."""


class ReportJson(TypedDict):
    """What a change would do in each environment."""

    base: str | None
    """The revision that lines are compared with; null when they were not asked for."""
    passes: bool
    """Whether the rules let it go on; true without rules."""
    environments: list[EnvironmentJson]
    """In the order in which they were given."""
    findings: list[FindingJson]
    """Empty without rules."""
