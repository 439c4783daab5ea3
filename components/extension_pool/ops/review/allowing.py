"""Whether the rules of a repository let a change go on, each answer with the sentence to act on. Pure.

A preview that cannot be believed never passes, whatever the rules and the labels.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from ..text import clean_line, count
from .model import Change, Environment, Finding, Leaf, Operation, Report, Standing
from .rules import JUDGED, Clause, Rules, fits_environment, has_no_sure_name, is_pool
from .rules_model import Demand
from .windows import find_opening, is_open

_DONE = {
    Operation.CREATE: "created",
    Operation.UPDATE: "updated",
    Operation.REPLACE: "recreated",
    Operation.DELETE: "deleted",
}
_DISBELIEF = {
    Standing.FAILED: ("the preview failed", "mend it and preview again"),
    Standing.MISSING: ("there is no preview", "preview it, or let its job run again"),
    Standing.STALE: ("the preview is stale", "preview again"),
}
_MOST_PLACES = 3


def judge(
    report: Report, rules: Rules, labels: frozenset[str] | None, now: datetime, *, partial: bool = False
) -> Report:
    """The report with the findings of the rules, and with each environment that they name and no preview came for.

    labels: those of the pull request, in any case; None where they could not be asked. now: with a time zone. partial:
    whether the report is of some environments on purpose, so that no other is missed.
    """
    absent = () if partial else find_absent(report, rules)
    whole = replace(report, environments=(*report.environments, *absent))
    return replace(whole, findings=(*report.findings, *allow(whole, rules, labels, now)))


def find_absent(report: Report, rules: Rules) -> tuple[Environment, ...]:
    """The environments that the rules name and the report does not have, by the name or the pattern."""
    return tuple(
        Environment(pattern, Standing.MISSING, {}, (), reason=f"{place} asks for one")
        for pattern, place in rules.required()
        if not any(fits_environment(pattern, one.name) or pattern == one.name for one in report.environments)
    )


def allow(report: Report, rules: Rules, labels: frozenset[str] | None, now: datetime) -> tuple[Finding, ...]:
    """What the rules say: of each change that a rule speaks of, and of each preview that cannot be believed.

    Of environments that the report does not have it says nothing: `find_absent` finds them.

    labels: those of the pull request, in any case; None where they could not be asked. now: with a time zone.
    """
    windows = {name: _window(name, rules, now) for name in rules.content.windows}
    held = _Held(rules, None if labels is None else frozenset(one.casefold() for one in labels), windows)
    return tuple(finding for environment in report.environments for finding in _environment(environment, held))


@dataclass(frozen=True)
class _Held:
    """What all changes are judged by. labels: in lower case. windows: whether each is open, and what to say of it."""

    rules: Rules
    labels: frozenset[str] | None
    windows: Mapping[str, tuple[bool, str]]


@dataclass
class _Answer:
    """What the clauses of one change come to. steps: what is still to be done, in words; given: what is there."""

    never: list[str] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    choices: list[str] = field(default_factory=list)
    windows: list[str] = field(default_factory=list)
    unknown: bool = False
    given: list[str] = field(default_factory=list)
    open_windows: list[str] = field(default_factory=list)
    refused_by: list[str] = field(default_factory=list)


def _environment(environment: Environment, held: _Held) -> Iterator[Finding]:
    name = environment.name
    if environment.standing is not Standing.FRESH:
        what, do = _DISBELIEF[environment.standing]
        why = f": {environment.reason.rstrip('.')}" if environment.reason else ""
        yield _finding(name, f"{what}{why}; {do} (no label lets it pass)", allowed=False)
        return
    if not held.rules.scopes(name):
        file = held.rules.file
        words = f"{file} says nothing of this environment; name it there, or say what holds for others"
        yield _finding(name, words, allowed=False)
        return
    for change in environment.changes:
        # a canary has nodes only while it is tried: that it goes is no loss
        if change.operation in JUDGED and not (change.ours and change.is_canary):
            clauses = list(held.rules.clauses(name, change, change.operation))
            if clauses:
                yield _judged(name, change, clauses, held)
    yield from _uncounted(environment, held.rules)


def _uncounted(environment: Environment, rules: Rules) -> Iterator[Finding]:
    """What a preview counts and does not name cannot be held against rules."""
    for operation in JUDGED:
        named = sum(change.operation is operation for change in environment.changes)
        hidden = environment.counts.get(operation, 0) - named
        place = rules.asks_about(environment.name, operation) if hidden > 0 else None
        if place is not None:
            what = f"{count(hidden, 'resource')} that the preview does not name would be {_DONE[operation]}"
            yield _finding(
                environment.name, f"{what}, and there are rules for that ({place}); preview again", allowed=False
            )


def _judged(environment: str, change: Change, clauses: Sequence[Clause], held: _Held) -> Finding:
    answer = _Answer()
    for clause in clauses:
        refused = _add(answer, clause.demand, held)
        if refused and clause.place not in answer.refused_by:
            answer.refused_by.append(clause.place)
    what = f"{_subject(change)} would be {_DONE[change.operation]}{_cost(change)}"
    if not answer.refused_by:
        by = f"allowed by {_and([*answer.given, *answer.open_windows])}"
        return _finding(
            environment, f"{what}: {by} ({_and([one.place for one in clauses])})", allowed=True, change=change
        )
    why = _and(answer.refused_by)
    if answer.never:
        return _finding(environment, f"{what}: never allowed ({why}); {_back(change)}", allowed=False, change=change)
    words = f"{what}: {_steps(answer)}, or {_back(change)} ({why})"
    return _finding(environment, words, allowed=False, change=change)


def _add(answer: _Answer, demand: Demand, held: _Held) -> bool:
    """Adds what a demand comes to, and says whether it refuses the change."""
    if demand.never:
        answer.never.append("never")
        return True
    needed = [*([demand.needs_label] if demand.needs_label else []), *(demand.needs_all_labels or [])]
    there = held.labels or frozenset()
    missing = [label for label in needed if label.casefold() not in there]
    _extend(answer.labels, missing)
    _extend(answer.given, (f"the label {_quote(label)}" for label in needed if label not in missing))
    chosen = [label for label in demand.needs_any_label or [] if label.casefold() in there]
    lacks_choice = demand.needs_any_label is not None and not chosen
    if lacks_choice:
        _extend(answer.choices, [_or(map(_quote, demand.needs_any_label or []))])
    _extend(answer.given, (f"the label {_quote(label)}" for label in chosen[:1]))
    answer.unknown |= held.labels is None and bool(missing or lacks_choice)
    closed = demand.only_in is not None and not _in_window(answer, demand.only_in, held)
    return bool(missing) or lacks_choice or closed


def _in_window(answer: _Answer, name: str, held: _Held) -> bool:
    is_open_now, words = held.windows[name]
    _extend(answer.open_windows if is_open_now else answer.windows, [words])
    return is_open_now


def _window(name: str, rules: Rules, now: datetime) -> tuple[bool, str]:
    window = rules.window(name)
    if is_open(window, now):
        return True, f"the window {name}, which is open"
    opening = find_opening(window, now)
    if opening is None:
        return False, f"wait for the window {name}, which does not open in the next three weeks"
    return False, f"wait for the window {name}, which opens {_moment(opening, now)} {window.zone}"


def _moment(opening: datetime, now: datetime) -> str:
    minutes = -((now - opening) // timedelta(minutes=1))
    hours, rest = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    # far away nobody counts the minutes
    parts = [(days, "d"), (hours, "h"), (0 if days else rest, "min")]
    left = " ".join(f"{number} {unit}" for number, unit in parts if number)
    return f"in {left}, on {opening:%a %Y-%m-%d at %H:%M}"


def _steps(answer: _Answer) -> str:
    """What is to be done, as an order."""
    steps: list[str] = []
    if answer.labels:
        word = "label" if len(answer.labels) == 1 else "labels"
        steps.append(f"add the {word} {_and(map(_quote, answer.labels))} to the pull request")
    steps += [f"add one of the labels {choice} to the pull request" for choice in answer.choices]
    if answer.unknown:
        steps = [f"{_and(steps)} (its labels are not known here: --post asks for them, --label NAME tells them)"]
    return _and([*steps, *answer.windows])


def _subject(change: Change) -> str:
    if not is_pool(change):
        return f"{change.type} {change.name or '(name not known yet)'}"
    if not change.name:
        return f"pool {change.pool}" if change.pool else "a pool whose name is not known yet"
    if has_no_sure_name(change):
        return f"pool {change.name} (its name in Batch is not known yet)"
    return f"pool {change.name}"


def _cost(change: Change) -> str:
    if change.cost is None or change.operation not in (Operation.REPLACE, Operation.DELETE):
        return ""
    parts = [] if change.cost.nodes is None else [count(change.cost.nodes, "node")]
    if change.cost.running_tasks:
        parts.append(count(change.cost.running_tasks, "running task"))
    return f" ({', '.join(parts)})" if parts else ""


def _back(change: Change) -> str:
    """How the change is taken back: by its lines where they are known."""
    forcing = tuple(leaf for leaf in change.leaves if leaf.forces)
    leaves = forcing if change.operation is Operation.REPLACE and forcing else change.leaves
    known = [*(leaf.place for leaf in leaves), change.place]
    places = sorted({(place.file, place.line) for place in known if place is not None})
    if places:
        return f"take {_some(f'{file}:{line}' for file, line in places)} back"
    if change.operation is Operation.REPLACE and forcing:
        return f"take the change of {_some(_last_words(forcing))} back"
    if change.because_of:
        return f"take back what replaces {_some(change.because_of)}"
    return "keep it" if change.operation is Operation.DELETE else "take the change back"


def _last_words(leaves: Sequence[Leaf]) -> Iterator[str]:
    return iter(dict.fromkeys(leaf.path.rsplit(".", 1)[-1] for leaf in leaves))


def _finding(environment: str, words: str, *, allowed: bool, change: Change | None = None) -> Finding:
    sentence = f"{environment}: {words}"
    plain = sentence.isascii() and sentence.isprintable()
    return Finding(environment, sentence if plain else clean_line(sentence), allowed, change.urn if change else None)


def _extend(texts: list[str], more: Iterable[str]) -> None:
    texts += [one for one in dict.fromkeys(more) if one not in texts]


def _quote(label: str) -> str:
    return f'"{label}"'


def _some(texts: Iterable[str]) -> str:
    every = list(texts)
    rest = len(every) - _MOST_PLACES
    return _and([*every[:_MOST_PLACES], f"{rest} more"] if rest > 0 else every)


def _and(texts: Iterable[str]) -> str:
    return _joined(texts, "and")


def _or(texts: Iterable[str]) -> str:
    return _joined(texts, "or")


def _joined(texts: Iterable[str], word: str) -> str:
    every = list(dict.fromkeys(texts))
    return every[0] if len(every) == 1 else f"{', '.join(every[:-1])} {word} {every[-1]}" if every else ""
