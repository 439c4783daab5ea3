"""Jobs that move, or wait because of a move, as text for people and as JSON for programs. Pure.

The JSON of `migrate`, whose keys stay (new ones may be added):

    {"executed": true if it was told to act, "pool", "to", "account", "tasks": "requeue" | "wait" | "terminate",
     "done": true if no job is left to be moved,
     "jobs": [{"kind": "job" | "job schedule", "id", "state", "pool", "next": the next step or null,
               "running", "queued": tasks or null, "waitingSince" or null, "why" or null}],
     "moved": ["job 'render'", ...], "left": [{"kind", "id", "state", "next", "why"}]}

Everything outside ASCII is escaped. Metadata and specifications of jobs are never shown: they are their owner's.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from .columns import Cell, Column, Style, lay_out
from .jobs import Job, Kind, Mark, Move, Step, TaskCounts, Tasks, explain_jobs, explain_move, find_mark, next_step
from .json_types import WaitingJobJson
from .migrating import Left, Outcome
from .text import clean_line, count

_HEADS = [Column("JOB", 12), Column("STATE"), Column("TASKS"), Column("WHAT IS DONE", 12)]

# What a step means for somebody who reads the plan.
_PLANS = {
    Step.MARK: "disable, {to}, enable",
    Step.DISABLE: "disable, {to}, enable",
    Step.REPOINT: "{to}",
    Step.ENABLE: "enable",
    Step.UNMARK: "take our mark away",
    Step.WAIT: "wait until Azure is done with it, then {to}",
}


@dataclass(frozen=True)
class Report:
    """A move: the jobs that it is about, their tasks by job id, and what came of it if it was carried out."""

    move: Move
    account: str
    tasks: Tasks
    jobs: tuple[Job, ...]
    counts: Mapping[str, TaskCounts] = field(default_factory=dict)
    outcome: Outcome | None = None

    @property
    def done(self) -> bool:
        return not self.jobs if self.outcome is None else self.outcome.done


def by_hand(pool: str, to: str) -> str:
    """The command that moves the jobs of a pool, or goes on with it; to itself, it enables those that wait."""
    return f"extension-pool migrate --pool {shlex.quote(clean_line(pool))} --to {shlex.quote(clean_line(to))} --yes"


def render_report(report: Report, command: str, *, width: int | None, colour: bool) -> str:
    """For people. `command` carries the plan out or goes on with it, and is the last line if it is needed."""
    move = report.move
    lines = [f"pool {_name(move.pool)} in {clean_line(report.account)}: {_head(report)}"]
    if report.outcome is None and report.jobs:
        lines += lay_out(_HEADS, [_row(job, report) for job in report.jobs], width=width, colour=colour)
    if report.outcome is not None:
        lines += [f"  {_left(left)}" for left in report.outcome.left]
    if not report.done:
        acted = report.outcome is not None
        lines += ["", "to go on:" if acted else "nothing is changed yet; to do it:", f"  {clean_line(command)}"]
    return "".join(f"{line}\n" for line in lines)


def render_report_json(report: Report) -> str:
    """The documented JSON, indented, with a final newline."""
    value = {
        "executed": report.outcome is not None,
        "pool": report.move.pool,
        "to": report.move.to,
        "account": report.account,
        "tasks": report.tasks.value,
        "done": report.done,
        "jobs": [_json(job, report) for job in report.jobs],
        "moved": list(report.outcome.moved) if report.outcome is not None else [],
        "left": [
            {**_named(left.job), "next": left.step.value, "why": left.why or None}
            for left in (report.outcome.left if report.outcome is not None else ())
        ],
    }
    return json.dumps(value, indent=2, ensure_ascii=True) + "\n"


def waiting_lines(waiting: Sequence[tuple[Job, Mark]]) -> Iterator[str]:
    """For `status`: the jobs that are disabled because of a roll-out, why, since when, and what enables them.

    `waiting` is what `jobs.find_waiting` gives. Nothing if no job waits.
    """
    groups: dict[tuple[str, str, str], list[tuple[Job, Mark]]] = {}
    for job, mark in waiting:
        groups.setdefault((mark.pool, mark.to or mark.pool, mark.why), []).append((job, mark))
    for (pool, to, why), members in groups.items():
        who, reason = explain_jobs([job for job, _ in members]), f" ({clean_line(why)})" if why else ""
        yield f"{who} of pool {_name(pool)} wait{_s(members)} to run on {_name(to)}{reason}:"
        for job, mark in members:
            since = f" since {mark.since:%Y-%m-%dT%H:%M:%SZ}" if mark.since is not None else ""
            yield f"  {clean_line(job.name)}: {clean_line(job.state)} on {_name(job.pool)}{since}"
        yield f"  the next 'pulumi up' goes on with it; or by hand: {by_hand(pool, to)}"


def waiting_json(waiting: Iterable[tuple[Job, Mark]]) -> list[WaitingJobJson]:
    """For the JSON of `status`."""
    return [
        {
            "kind": job.kind.value,
            "id": job.id,
            "state": job.state,
            "pool": job.pool,
            "to": mark.to or mark.pool,
            "why": mark.why or None,
            "since": mark.since.isoformat() if mark.since is not None else None,
            "command": by_hand(mark.pool, mark.to or mark.pool),
        }
        for job, mark in waiting
    ]


def _head(report: Report) -> str:
    move, outcome = report.move, report.outcome
    if outcome is not None:
        done = "enabled again" if move.releasing else f"moved to pool {_name(move.to or '')}"
        left = f"; {count(len(outcome.left), 'job')} not yet" if outcome.left else ""
        return f"{count(len(outcome.moved), 'job')} {done}{left}" if outcome.moved or left else "nothing to do"
    if not report.jobs:
        return "no job waits to be enabled" if move.releasing else "no job is bound to it"
    return f"{explain_jobs(report.jobs)}: {clean_line(explain_move(move, report.tasks))}"


def _row(job: Job, report: Report) -> list[Cell]:
    counts = report.counts.get(job.id) if job.kind is Kind.JOB else None
    tasks = "" if counts is None else f"{counts.running} running, {counts.queued} queued"
    style = Style.PLAIN if job.state == "active" else Style.YELLOW
    return [
        Cell(clean_line(f"{job.kind.value} {job.id}")),
        Cell(clean_line(job.state), style),
        Cell(tasks),
        Cell(_plan(job, report.move)),
    ]


def _plan(job: Job, move: Move) -> str:
    step = next_step(job, move)
    if step is None:
        return ""
    if move.releasing:
        return {Step.ENABLE: "enable", Step.UNMARK: "take our mark away"}.get(step, "wait, then enable")
    words = _PLANS[step].format(to=f"bind to {_name(move.to or '')}")
    stays = step is Step.REPOINT and job.state == "disabled" and find_mark(job) is None
    goes_on = step is Step.REPOINT and find_mark(job) is not None
    return f"{words}; it stays disabled" if stays else f"{words}, enable" if goes_on else words


def _left(left: Left) -> str:
    why = f"; {left.why}" if left.why else ""
    return clean_line(f"{left.job.name}: {left.job.state}, comes next: {left.step.value}{why}")


def _json(job: Job, report: Report) -> dict[str, object]:
    counts = report.counts.get(job.id) if job.kind is Kind.JOB else None
    step, mark = next_step(job, report.move), find_mark(job)
    return {
        **_named(job),
        "pool": job.pool,
        "next": step.value if step is not None else None,
        "running": counts.running if counts is not None else None,
        "queued": counts.queued if counts is not None else None,
        "waitingSince": mark.since.isoformat() if mark is not None and mark.since is not None else None,
        "why": mark.why or None if mark is not None else None,
    }


def _named(job: Job) -> dict[str, object]:
    return {"kind": job.kind.value, "id": job.id, "state": job.state}


def _name(pool: str) -> str:
    return clean_line(repr(pool))


def _s(members: Sequence[object]) -> str:
    return "s" if len(members) == 1 else ""
