"""Which pools a report is to be asked about in Azure, and the report with the answers. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from .model import Change, Environment, Report


@dataclass(frozen=True)
class Goes:
    """A pool that goes. endpoint: of its account, None where the preview does not know it."""

    environment: str
    pool: str
    account: str | None
    endpoint: str | None


@dataclass(frozen=True)
class Running:
    """How many tasks run on a pool now; or why nobody could say."""

    tasks: int | None
    why: str = ""


def find_pools_that_go(report: Report) -> tuple[Goes, ...]:
    """The pools that are replaced or deleted, canaries left out, each once."""
    found = [
        Goes(environment.name, change.pool, change.account, change.endpoint)
        for environment in report.environments
        for change in environment.changes
        if change.cost is not None and change.pool is not None and not change.is_canary
    ]
    return tuple(dict.fromkeys(found))


def with_running(report: Report, answers: Mapping[Goes, Running]) -> Report:
    """The report, each pool that goes with the tasks that run on it."""
    return replace(
        report, environments=tuple(_environment(environment, answers) for environment in report.environments)
    )


def _environment(environment: Environment, answers: Mapping[Goes, Running]) -> Environment:
    changes: Iterable[Change] = (_change(environment.name, change, answers) for change in environment.changes)
    return replace(environment, changes=tuple(changes))


def _change(environment: str, change: Change, answers: Mapping[Goes, Running]) -> Change:
    if change.cost is None or change.is_canary:
        return change
    if change.pool is None:
        answer = Running(None, "the preview does not know the pool's name in Azure")
    else:
        asked = Goes(environment, change.pool, change.account, change.endpoint)
        answer = answers.get(asked, Running(None, "nobody was asked"))
    return replace(change, cost=replace(change.cost, running_tasks=answer.tasks, not_asked=answer.why))
