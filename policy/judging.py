"""From resources and configuration to findings. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import Any

from .model import ADVISORY, DISABLED, Resource, Rule, Settings, Stack, Violation, applies
from .reading import is_pool
from .rules import RULES


@dataclass(frozen=True)
class Configured:
    """How one rule is configured. level: ADVISORY, MANDATORY or DISABLED; values: parameters that were given."""

    level: str
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Finding:
    """What a rule has to say. level: as it counts here; text: for the person who must act; urn: of the resource."""

    rule: Rule
    level: str
    text: str
    urn: str


def judge_resource(resource: Resource, configured: Mapping[str, Configured], today: date) -> list[Finding]:
    """What the rules over single resources say of one; nothing of what is no pool."""
    if not is_pool(resource):
        return []
    findings: list[Finding] = []
    for rule, settings, level in _enabled(configured, today):
        if rule.check is not None and applies(resource, settings):
            findings += _findings(rule, level, partial(rule.check, resource, settings), resource.urn)
    return findings


def judge_stack(stack: Stack, configured: Mapping[str, Configured], today: date) -> list[Finding]:
    """What the rules over whole stacks say."""
    findings: list[Finding] = []
    for rule, settings, level in _enabled(configured, today):
        if rule.whole_stack is not None:
            findings += _findings(rule, level, partial(rule.whole_stack, stack, settings), "")
    return findings


def _enabled(configured: Mapping[str, Configured], today: date) -> Iterator[tuple[Rule, Settings, str]]:
    for rule in RULES:
        given = configured.get(rule.id, Configured(rule.level))
        if given.level != DISABLED:
            yield rule, rule.settings(today, given.values), given.level


def _findings(rule: Rule, level: str, judge: Callable[[], Iterable[Violation]], urn: str) -> list[Finding]:
    try:
        return [Finding(rule, level if one.sure else ADVISORY, explain(rule, one), one.urn or urn) for one in judge()]
    except Exception as error:
        # A rule that trips over a shape which nobody thought of must not stop a deployment; its text may hold a secret.
        text = f"{rule.id} could not be judged ({type(error).__name__}); please report it with the shape of the pool"
        return [Finding(rule, ADVISORY, text, urn)]


def explain(rule: Rule, violation: Violation) -> str:
    """What is wrong here and what to do: what fits this case, or else the rule's own advice."""
    sentence = violation.sentence()
    if not violation.path:
        sentence = sentence[:1].upper() + sentence[1:]
    return sentence if violation.do else f"{sentence}. {rule.do}"
