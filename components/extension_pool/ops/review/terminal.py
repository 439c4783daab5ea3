"""A report for a terminal. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from ..columns import Cell, Column, Style, lay_out
from ..health import Verdict
from ..output import Look as Terminal
from ..render import Look, line, look
from ..text import count
from .escaping import clean_indented
from .model import Environment, Operation, Report, Standing
from .page import clip
from .telling import (
    COLUMNS,
    DONE,
    LOSSES,
    STANDINGS,
    TITLES,
    Told,
    by_gravity,
    count_up,
    done,
    gather_losses,
    gather_others,
    is_bare,
    is_loss,
    messages,
    numbers_of,
    verdict,
    why_not,
)
from .wording import Marks, azure_rules, costs, leaf_words, reasons, subject, where

# What nobody loses anything by is counted beyond this; a report in Markdown has it all.
_MOST_OTHERS = 20
_MOST_LEAVES = 3
_MOST_MESSAGES = 20
_LONGEST_NAME = 60


def render_terminal(report: Report, terminal: Terminal) -> str:
    """The report, each line ending in a newline; fitted and coloured as the terminal can show it."""
    seen = look(terminal.width, terminal.colour, terminal.unicode)
    lines = list(_lines(report, seen))
    text = "".join(f"{one.rstrip()}\n" for one in lines)
    return text if terminal.unicode else text.replace("→", "->").replace("…", "...")


def _lines(report: Report, seen: Look) -> Iterator[str]:
    environments = by_gravity(report.environments)
    if not environments:
        yield "no preview was given"
    for environment in environments:
        cell = seen.sign(_judge(environment), f"{_name(environment.name)}: {verdict(environment)}")
        yield from seen.text(cell.text, cell.style, hang=2)
    if report.findings:
        yield ""
        yield from _gate(report, seen)
    if environments:
        yield ""
        yield from _table(environments, seen)
    for environment in environments:
        if environment.standing is not Standing.FRESH:
            yield ""
            yield from _disbelieved(environment, seen)
    gathered = gather_losses(report)
    bare = [told for told in gathered if is_bare(told)]
    for told in gathered:
        if not is_bare(told):
            yield ""
            yield from _loss(told, seen)
    if bare:
        yield ""
        title = seen.sign(Verdict.FAILED, "deleted as well")
        yield from seen.text(title.text, title.style)
    for told in bare:
        yield from seen.text(subject(told, _MARKS), indent=4, hang=2)
    yield from _others(report, seen)
    yield from _messages(report, seen)


def _gate(report: Report, seen: Look) -> Iterator[str]:
    told = dict.fromkeys((finding.allowed, finding.sentence) for finding in report.findings)
    for allowed, sentence in sorted(told, key=lambda one: one[0]):
        cell = seen.sign(Verdict.HEALTHY if allowed else Verdict.FAILED, line(sentence))
        yield from seen.text(cell.text, cell.style, hang=2)


def _table(environments: list[Environment], seen: Look) -> Iterator[str]:
    columns = [Column("ENVIRONMENT", least=12), *(Column(one.value.upper(), firm=True) for one in COLUMNS)]
    rows = [
        [
            Cell(_name(one.name)),
            *(Cell(number, _colour(column, number)) for column, number in zip(COLUMNS, numbers_of([one]), strict=True)),
            Cell(STANDINGS[one.standing], Style.PLAIN if one.standing is Standing.FRESH else Style.RED),
        ]
        for one in environments
    ]
    yield from lay_out([*columns, Column("PREVIEW", firm=True)], rows, width=seen.width, colour=seen.colour)


def _colour(column: Operation, number: str) -> Style:
    return Style.RED if column in LOSSES and number not in ("0", "-") else Style.PLAIN


def _disbelieved(environment: Environment, seen: Look) -> Iterator[str]:
    title = seen.sign(Verdict.FAILED, f"{_name(environment.name)}: {TITLES[environment.standing]}")
    yield from seen.text(title.text, title.style, hang=2)
    yield from seen.text(line(why_not(environment)), indent=2) if why_not(environment) else ()
    failed = environment.standing is Standing.FAILED
    said = [text for message in environment.messages if failed for text in message.splitlines() if text.strip()]
    for text in said[:_MOST_MESSAGES]:
        yield f"    {clean_indented(text)}"
    if len(said) > _MOST_MESSAGES:
        yield f"    and {count(len(said) - _MOST_MESSAGES, 'more line')}"


def _loss(told: Told, seen: Look) -> Iterator[str]:
    change = told.change
    gone = change.operation is Operation.DELETE
    title = seen.sign(Verdict.FAILED if gone else Verdict.WAITING, f"{done(change)}: {subject(told, _MARKS)}")
    yield from seen.text(title.text, title.style, hang=2)
    for reason in reasons(told, _MARKS):
        yield from seen.text(reason, Style.BOLD, indent=4, hang=2)
    place = where(told, _MARKS)
    if place is not None:
        yield from seen.text(f"taken out {place}" if gone else place, indent=4, hang=2)
    for words, _, url in azure_rules(told):
        yield from seen.text(words, indent=4, hang=2)
        yield f"      {url}"
    cost = costs(told, _MARKS)
    if cost is not None:
        yield from seen.text(f"cost: {cost}", indent=4, hang=2)
    for index, way in enumerate(change.avoid):
        yield from seen.text(f"{'or' if index else 'to avoid it'}: {line(way)}", indent=4, hang=2)
    also = [index for index, leaf in enumerate(change.leaves) if not leaf.forces]
    for index in also[:_MOST_LEAVES]:
        yield from seen.text(f"changes with it: {leaf_words(told, index, _MARKS)}", indent=4, hang=2)
    if len(also) > _MOST_LEAVES:
        yield f"    {len(also) - _MOST_LEAVES} more properties change with it"


def _others(report: Report, seen: Look) -> Iterator[str]:
    gathered = gather_others(report)
    if gathered:
        yield ""
    for told in gathered[:_MOST_OTHERS]:
        words = "; ".join(leaf_words(told, index, _MARKS) for index in range(len(told.change.leaves[:_MOST_LEAVES])))
        more = len(told.change.leaves) - _MOST_LEAVES
        place = where(told, _MARKS)
        head = " ".join(filter(None, [f"{DONE[told.change.operation]}: {subject(told, _MARKS)}", place]))
        tail = f"{f': {words}' if words else ''}{f'; {more} more properties' if more > 0 else ''}"
        yield from seen.text(head + tail, hang=2)
    numbers = count_up(gathered[_MOST_OTHERS:])
    if numbers:
        yield f"and {', '.join(count(number, noun) for noun, number in numbers.items())} more"


def _messages(report: Report, seen: Look) -> Iterator[str]:
    said = list(messages(report).items())
    if said:
        yield ""
    for text, names in said[:_MOST_MESSAGES]:
        yield from seen.text(f"{', '.join(map(_name, names))}: {line(text)}", hang=2)
    if len(said) > _MOST_MESSAGES:
        yield f"and {count(len(said) - _MOST_MESSAGES, 'more message')}"


def _judge(environment: Environment) -> Verdict:
    if environment.standing is not Standing.FRESH:
        return Verdict.FAILED
    lost = {change.operation for change in environment.changes if is_loss(change)}
    return Verdict.FAILED if Operation.DELETE in lost else Verdict.WAITING if lost else Verdict.HEALTHY


def _name(text: str) -> str:
    return clip(line(text), _LONGEST_NAME)


_MARKS = Marks(code=lambda text: line(text) or "(empty)", words=_name, sentence=line)
