"""Plans and outcomes of repairs as text for people and as JSON for programs. Pure: values in, one string out.

The JSON, whose keys stay (new ones may be added):

    {"executed": true if it was told to act,
     "pools": [{"pool", "account", "wantedNodes", "workingNodes", "maxUnavailableNodes",
                "toPutBack": what an interrupted run left to put back, or null,
                "waves": [{"remedy", "nodes": [{"id", "causes": [id, ...], "reason"}]}],
                "notTouched": [{"nodes": [id, ...], "reason", "cause", "remedy" or null, "command" or null}],
                "outcome": null or {"done", "stopped", "nodes": [{"id", "remedy", "result", "why"}]}}]}

Remedies are those of `diagnose`; results are `repaired`, `not needed`, `skipped`, `declined`, `failed` and `left`.
Everything outside ASCII is escaped.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from .diagnosis import Remedy
from .repair import Action, Plan, Skipped, explain_wave
from .repair_acting import Result
from .repairing import Outcome
from .text import clean_line, count, some

# Node ids named in one line; --output json has them all.
_IDS = 5


@dataclass(frozen=True)
class Report:
    """A pool's plan, what came of it if it was carried out, and what an interrupted run left to put back."""

    plan: Plan
    outcome: Outcome | None = None
    to_put_back: str = ""

    @property
    def fine(self) -> bool:
        """Whether nobody needs to do anything any more."""
        done = self.plan.nothing_to_do if self.outcome is None else self.outcome.done and not self.skipped
        return done and not self.to_put_back

    @property
    def skipped(self) -> tuple[Skipped, ...]:
        """What is not touched and does not go away by itself."""
        return tuple(one for one in self.plan.skipped if one.remedy is not Remedy.WAIT)


def render_json(reports: Sequence[Report], *, executed: bool) -> str:
    """The documented JSON, indented, with a final newline."""
    value = {"executed": executed, "pools": [_report(report) for report in reports]}
    return json.dumps(value, indent=2, ensure_ascii=True) + "\n"


def render_text(reports: Sequence[Report], command: str) -> str:
    """For people. `command` is what carries the plan out, or goes on with it; it is the last line if it is needed."""
    lines: list[str] = []
    for report in reports:
        lines += ["", *_lines(report)] if lines else _lines(report)
    executed = any(report.outcome is not None for report in reports)
    if any(report.to_put_back or _goes_on(report) for report in reports):
        lines += ["", "to go on:" if executed else "nothing is changed yet; to do it:", f"  {clean_line(command)}"]
    return "".join(f"{line}\n" for line in lines)


def _goes_on(report: Report) -> bool:
    return bool(report.plan.waves) if report.outcome is None else not report.outcome.done


def _lines(report: Report) -> Iterator[str]:
    plan = report.plan
    yield f"pool {_name(plan)}: {_head(report)}"
    if report.to_put_back:
        yield f"  an interrupted repair left to put back: {clean_line(report.to_put_back)}"
    if report.outcome is not None:
        yield from _outcome_lines(report.outcome)
    else:
        for number, wave in enumerate(plan.waves, 1):
            yield from _wave_lines(number, wave)
    if plan.skipped:
        yield "  not touched:"
    for skipped in plan.skipped:
        yield from _skipped_lines(skipped)


def _name(plan: Plan) -> str:
    return clean_line(plan.pool) + (f" in {clean_line(plan.account)}" if plan.account else "")


def _head(report: Report) -> str:
    plan, outcome = report.plan, report.outcome
    total = sum(len(wave) for wave in plan.waves)
    if not total:
        return "nothing to repair" if plan.nothing_to_do else "nothing that it can repair now"
    if outcome is None:
        nodes = count(plan.wanted, "node")
        return f"{total} of {nodes} to repair, at most {plan.budget} at once; {plan.working} can take tasks now"
    repaired = sum(one.result is Result.REPAIRED for one in outcome.nodes)
    stopped = f"; stopped: {clean_line(outcome.stopped)}" if outcome.stopped else ""
    return f"{repaired} of {count(total, 'node')} repaired{stopped}"


def _wave_lines(number: int, wave: Sequence[Action]) -> Iterator[str]:
    yield f"  wave {number}: {explain_wave(wave)}"
    groups: dict[tuple[tuple[str, ...], str], list[str]] = {}
    for action in wave:
        groups.setdefault((action.causes, action.reason), []).append(action.node.id)
    for (causes, reason), nodes in groups.items():
        why = f"; {clean_line(reason)}" if reason else ""
        yield f"    {_ids(nodes)}: {', '.join(causes)}{why}"


def _outcome_lines(outcome: Outcome) -> Iterator[str]:
    groups: dict[tuple[Result, Remedy, str], list[str]] = {}
    for one in outcome.nodes:
        groups.setdefault((one.result, one.remedy, one.why), []).append(one.node)
    order = list(Result)
    for (result, remedy, why), nodes in sorted(groups.items(), key=lambda group: order.index(group[0][0])):
        yield f"  {result.value} ({remedy.value}): {_ids(nodes)}{f': {clean_line(why)}' if why else ''}"


def _skipped_lines(skipped: Skipped) -> Iterator[str]:
    who = f"{_ids(skipped.nodes)}: " if skipped.nodes else ""
    cause = f"{clean_line(skipped.cause)}: " if skipped.cause else ""
    yield f"    {who}{cause}{clean_line(skipped.reason)}"
    if skipped.command:
        yield f"      {clean_line(skipped.command)}"


def _ids(nodes: Iterable[str]) -> str:
    return some([clean_line(node) for node in nodes], _IDS)


def _report(report: Report) -> dict[str, object]:
    plan, outcome = report.plan, report.outcome
    return {
        "pool": plan.pool,
        "account": plan.account,
        "wantedNodes": plan.wanted,
        "workingNodes": plan.working,
        "maxUnavailableNodes": plan.budget,
        "toPutBack": report.to_put_back or None,
        "waves": [
            {
                "remedy": wave[0].remedy.value,
                "nodes": [
                    {"id": action.node.id, "causes": list(action.causes), "reason": action.reason} for action in wave
                ],
            }
            for wave in plan.waves
        ],
        "notTouched": [
            {
                "nodes": list(one.nodes),
                "reason": one.reason,
                "cause": one.cause,
                "remedy": one.remedy.value if one.remedy is not None else None,
                "command": one.command,
            }
            for one in plan.skipped
        ],
        "outcome": None
        if outcome is None
        else {
            "done": outcome.done,
            "stopped": outcome.stopped,
            "nodes": [
                {"id": one.node, "remedy": one.remedy.value, "result": one.result.value, "why": one.why}
                for one in outcome.nodes
            ],
        },
    }
