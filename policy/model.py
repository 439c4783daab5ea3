"""What the rules see and say. Pure.

Resources come as the engine sends them to a policy pack, with ARM's names in camelCase as azure-native has them. A
value that is not known yet is `UNKNOWN`: it is not judged, as the same rule sees it again in the update. A secret is a
`Secret`: it is judged, and never shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from fnmatch import fnmatchcase
from typing import Any, TypeAlias

from extension_pool.problems import ABSENT, Path, Problem

ADVISORY = "advisory"
MANDATORY = "mandatory"
DISABLED = "disabled"

COMPONENT_TYPE = "extension-pool:index:ExtensionPool"


class _Unknown:
    def __repr__(self) -> str:
        return "<known later>"


UNKNOWN: Any = _Unknown()
"""Stands for a value that a preview does not know yet."""


@dataclass(frozen=True)
class Secret:
    """A value that the program marked as secret."""

    value: Any = field(repr=False)


@dataclass(frozen=True)
class Resource:
    """One resource of a stack.

    props: its inputs, and in a rule over the stack what Azure answered too. delete_before_replace: None where the
    program did not say. parent: URN, "" without one. depends_on: property -> URNs of what its value was made from.
    """

    type: str
    name: str
    urn: str
    props: Mapping[str, Any]
    protect: bool = False
    delete_before_replace: bool | None = None
    parent: str = ""
    depends_on: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def stack(self) -> str:
        """The name of the stack: ``urn:pulumi:STACK::PROJECT::TYPES::NAME``."""
        return self.urn.split("::", 1)[0].rpartition(":")[2]

    @property
    def of_component(self) -> bool:
        """Whether it is a child of an `ExtensionPool`."""
        return type_of_urn(self.parent) == COMPONENT_TYPE


def type_of_urn(urn: str) -> str:
    """The type of the resource itself, without those of its parents; "" for what is no URN."""
    parts = urn.split("::", 3)
    return parts[2].rpartition("$")[2] if len(parts) == 4 else ""


@dataclass(frozen=True)
class Stack:
    """All resources of a stack. rollouts: what the stack file says of the roll-out of each pool; None where the stack
    has no pools in its file."""

    resources: tuple[Resource, ...]
    rollouts: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Violation:
    """One broken rule, at one resource.

    sure: False where the rule cannot tell; then it advises, whatever its level.
    """

    path: Path
    what: str
    value: Any = ABSENT
    do: str = ""
    urn: str = ""
    sure: bool = True

    def sentence(self) -> str:
        """``path: what, got VALUE; do ...``; a secret is not shown."""
        value = self.value
        if isinstance(value, Secret) or value is UNKNOWN:
            value = ABSENT
        problem = Problem(self.path, self.what, value, do=self.do)
        return problem.sentence() if self.path else problem.sentence("").removeprefix(": ")


@dataclass(frozen=True)
class Settings:
    """What a rule is configured with: its parameters with their defaults, and the day that dates are judged against."""

    today: date
    values: Mapping[str, Any]

    def words(self, name: str) -> tuple[str, ...]:
        return tuple(self.values[name])

    def number(self, name: str) -> int:
        return int(self.values[name])


@dataclass(frozen=True)
class Parameter:
    """One thing of a rule that can be configured. kind: a key of `configuration.KINDS`."""

    name: str
    kind: str
    default: Any
    doc: str


ResourceCheck: TypeAlias = Callable[[Resource, Settings], Iterable[Violation]]
StackCheck: TypeAlias = Callable[[Stack, Settings], Iterable[Violation]]

PRODUCTION = ("prod", "prod-*", "*-prod", "production")
"""Which stacks are production unless the configuration says otherwise: a judgement of ours."""


@dataclass(frozen=True)
class Rule:
    """One rule of the pack.

    id: its name in the engine's output and in configuration files. title: what holds, as a sentence. level: ADVISORY or
    MANDATORY unless configured; why: why that level. do: what to do about a violation. check: over one pool; over the
    stack where `whole_stack` is given instead. stacks: patterns of the stacks that it is for unless configured.
    source: the page behind it.
    """

    id: str
    title: str
    level: str
    why: str
    do: str
    check: ResourceCheck | None = None
    whole_stack: StackCheck | None = None
    own: tuple[Parameter, ...] = ()
    stacks: tuple[str, ...] = ("*",)
    source: str = ""

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """What can be configured: its own, and where it applies."""
        return (
            *self.own,
            Parameter("stacks", "patterns", list(self.stacks), "stacks that the rule is for"),
            Parameter("pools", "patterns", ["*"], "pools that it is for, by resource name or by name in Azure"),
            Parameter("exceptPools", "patterns", [], "pools that it passes over"),
        )

    def settings(self, today: date, given: Mapping[str, Any] | None = None) -> Settings:
        """The parameters with what was configured."""
        defaults = {one.name: one.default for one in self.parameters}
        return Settings(today, {**defaults, **(given or {})})


def applies(resource: Resource, settings: Settings) -> bool:
    """Whether a rule that is configured so is for this pool."""
    names = [resource.name, *(str(one) for one in (resource.props.get("poolName"),) if isinstance(one, str))]
    return (
        _fits([resource.stack], settings.words("stacks"))
        and _fits(names, settings.words("pools"))
        and not _fits(names, settings.words("exceptPools"))
    )


def _fits(names: Iterable[str], patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(name, pattern) for name in names for pattern in patterns)
