"""A report as JSON for programs; `json_types` says what is in it. Pure."""

import json
from collections.abc import Mapping

from ...mutability import Rule, explain
from ..log_commands import defuse_json
from .json_types import (
    ChangeJson,
    CostJson,
    CountsJson,
    EnvironmentJson,
    FindingJson,
    LeafJson,
    PlaceJson,
    ReportJson,
    RuleJson,
)
from .model import Change, Cost, Environment, Finding, Leaf, Operation, Place, Report
from .telling import verdict
from .wording import short_path


def json_report(report: Report) -> ReportJson:
    """The documented JSON as values."""
    return {
        "base": report.base,
        "passes": report.passes,
        "environments": [_environment(environment) for environment in report.environments],
        "findings": [_finding(finding) for finding in report.findings],
    }


def render_json(report: Report) -> str:
    """The same as text, indented, with a final newline.

    What is outside ASCII is escaped, so that printing it cannot drive a terminal; and nothing in it is a command to the
    run that prints it.
    """
    return defuse_json(json.dumps(json_report(report), indent=2, ensure_ascii=True)) + "\n"


def _environment(environment: Environment) -> EnvironmentJson:
    return {
        "name": environment.name,
        "standing": environment.standing.value,
        "reason": environment.reason,
        "verdict": verdict(environment),
        "counts": _counts(environment.counts),
        "changes": [_change(change) for change in environment.changes],
        "messages": list(environment.messages),
    }


def _counts(counts: Mapping[Operation, int]) -> CountsJson:
    return {
        "create": counts.get(Operation.CREATE, 0),
        "update": counts.get(Operation.UPDATE, 0),
        "replace": counts.get(Operation.REPLACE, 0),
        "delete": counts.get(Operation.DELETE, 0),
        "other": counts.get(Operation.OTHER, 0),
        "unchanged": counts.get(Operation.UNCHANGED, 0),
    }


def _change(change: Change) -> ChangeJson:
    return {
        "urn": change.urn,
        "type": change.type,
        "name": change.name,
        "operation": change.operation.value,
        "ours": change.ours,
        "isCanary": change.is_canary,
        "stale": change.stale,
        "pool": change.pool,
        "account": change.account,
        "leaves": [_leaf(leaf) for leaf in change.leaves],
        "becauseOf": list(change.because_of),
        "why": change.why,
        "cost": _cost(change.cost) if change.cost is not None else None,
        "avoid": list(change.avoid),
        "place": _place(change.place) if change.place is not None else None,
    }


def _leaf(leaf: Leaf) -> LeafJson:
    return {
        "path": leaf.path,
        "shown": leaf.shown or short_path(leaf.path),
        "edit": leaf.edit.value,
        "old": leaf.old,
        "new": leaf.new,
        "forces": leaf.forces,
        "settled": leaf.settled,
        "rule": _rule(leaf.rule) if leaf.rule is not None else None,
        "place": _place(leaf.place) if leaf.place is not None else None,
    }


def _rule(rule: Rule) -> RuleJson:
    return {
        "azure": rule.azure.value,
        "ours": rule.ours.value,
        "explanation": explain(rule),
        "confidence": rule.confidence.value,
        "sourceTitle": rule.source.title,
        "sourceUrl": rule.source.url,
    }


def _place(place: Place) -> PlaceJson:
    return {"file": place.file, "line": place.line, "removed": place.removed}


def _cost(cost: Cost) -> CostJson:
    return {
        "nodes": cost.nodes,
        "autoscaled": cost.autoscaled,
        "strategy": cost.strategy,
        "deletedFirst": cost.deleted_first,
        "canary": cost.canary,
        "gate": cost.gate,
        "jobs": cost.jobs,
        "runningTasks": cost.running_tasks,
        "notAsked": cost.not_asked,
    }


def _finding(finding: Finding) -> FindingJson:
    return {
        "environment": finding.environment,
        "sentence": finding.sentence,
        "allowed": finding.allowed,
        "urn": finding.urn,
    }
