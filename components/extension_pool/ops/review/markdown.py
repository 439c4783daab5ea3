"""A report as Markdown, for a pull request: at most so many bytes, and what a reviewer must know never cut. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial

from ..text import count
from .escaping import escape_words, fence
from .model import Environment, Finding, Operation, Report, Standing
from .page import LEAST, LIMIT, LONGEST_SENTENCE, Page, Part, clip, size
from .telling import (
    COLUMNS,
    DONE,
    LOSSES,
    NOUNS,
    STANDINGS,
    TITLES,
    Told,
    by_gravity,
    changes_nothing,
    count_up,
    done,
    gather_losses,
    gather_others,
    is_bare,
    messages,
    numbers_of,
    sum_up,
    verdict,
    why_not,
)
from .wording import azure_rules, costs, leaf_words, reasons, subject, where

FRESH = Standing.FRESH

# Shares of the limit that the parts of the summary may have, so that something is left for the changes.
_FIRST_LINE, _FINDINGS, _TABLE, _DISBELIEVED = 0.15, 0.25, 0.2, 0.2
_MESSAGES = 0.12
_NAMES = 0.02
_MOST_REASONS = 5
_MOST_BARE = 20


def render_markdown(report: Report, *, limit: int | None = LIMIT) -> str:
    """The report, its first line the verdict; what does not fit is counted.

    limit: bytes of UTF-8, at least `LEAST`; None is the whole report. The same report gives the same bytes.
    """
    if limit is not None and limit < LEAST:
        raise ValueError(f"limit: must be at least {LEAST} bytes, got {limit}")
    page = Page(limit)
    if changes_nothing(report) and not report.findings:
        names = _joined([page.marks.words(one.name) for one in report.environments], page.share(_FIRST_LINE))
        return f"**Nothing changes{f' in {names}' if names else ': there is no preview'}.**\n"
    page.add(_first_line(report, page) + "\n")
    page.add(_findings(report.findings, page))
    page.add(_table(report, page))
    disbelieved = [_disbelieved(one, page) for one in by_gravity(report.environments) if one.standing is not FRESH]
    shown = _fitting(disbelieved, page.share(_DISBELIEVED))
    for text in shown:
        page.add(text)
    page.count_out("failed, missing or stale preview", len(disbelieved) - len(shown))
    page.offer_all(_losses(report, page))
    page.fold(*_others(report, page))
    page.fold("Messages of the previews", _messages(report, page))
    return page.text()


def _first_line(report: Report, page: Page) -> str:
    """Environments of one verdict together, the worst first."""
    groups: dict[str, list[Environment]] = {}
    for environment in by_gravity(report.environments):
        groups.setdefault(verdict(environment), []).append(environment)
    most = page.share(_FIRST_LINE)
    said: list[str] = []
    left = list(groups.items())
    while left:
        words, environments = left[0]
        names = _joined([page.marks.words(one.name) for one in environments], None if most is None else most // 4)
        if most is not None and size("; ".join([*said, names, words])) > most - 300:
            break
        each = " each" if len(environments) > 1 and words[0].isdigit() else ""
        said.append(f"{names}: {words}{each}")
        left.pop(0)
    if left:
        rest = [one for _, environments in left for one in environments]
        said.append(f"{count(len(rest), 'more environment')}: {sum_up(rest)}")
    return f"**{'; '.join(said) or 'no preview was given'}**"


def _joined(names: list[str], room: int | None) -> str:
    """Names by commas; those that there is no room for are counted."""
    shown: list[str] = []
    for name in names:
        if room is not None and shown and size(", ".join([*shown, name])) > room:
            break
        shown.append(name)
    rest = len(names) - len(shown)
    return ", ".join(shown) + (f" and {rest} more" if rest else "")


def _findings(findings: Sequence[Finding], page: Page) -> str:
    """What the rules say: refusals first, each sentence once."""
    if not findings:
        return ""
    refused = dict.fromkeys(finding.sentence for finding in findings if not finding.allowed)
    allowed = dict.fromkeys(finding.sentence for finding in findings if finding.allowed)
    head = "**The gate says no:**" if refused else "**The gate lets it pass:**"
    lines = [f"- ✗ {page.marks.sentence(text)}" for text in refused] + [
        f"- ✓ {page.marks.sentence(text)}" for text in allowed
    ]
    shown = _fitting(lines, page.share(_FINDINGS))
    gone = [line.startswith("- ✗") for line in lines[len(shown) :]]
    if gone:
        refusals = f"{gone.count(True)} not allowed, {gone.count(False)} allowed"
        shown.append(f"- and {len(gone)} more of the gate's answers ({refusals}): see the full report")
    return "\n".join([head, "", *shown, ""])


def _table(report: Report, page: Page) -> str:
    environments = by_gravity(report.environments)
    if not environments:
        return ""
    heads = ["environment", *(one.value for one in COLUMNS), "preview"]
    top = [f"| {' | '.join(heads)} |", f"| --- |{' ---: |' * len(COLUMNS)} --- |"]
    rows = [_row(page.marks.words(one.name), [one], STANDINGS[one.standing]) for one in environments]
    room = page.share(_TABLE)
    shown = _fitting(rows, room)
    if len(shown) < len(rows):
        rest = environments[len(shown) :]
        bad = [one for one in rest if one.standing is not FRESH]
        # numbers only: nothing in this row is longer than the room that `_fitting` left
        word = f"{len(bad)} FAILED, MISSING or STALE" if bad else "ok"
        shown.append(_row(f"{len(rest)} more", rest, word))
    return "\n".join([*top, *shown, ""])


def _row(name: str, environments: Sequence[Environment], word: str) -> str:
    numbers = numbers_of(environments)
    # replaced and deleted: what must not be overlooked
    numbers[2:4] = [f"**{number}**" if number not in ("0", "-") else number for number in numbers[2:4]]
    return f"| {' | '.join([name, *numbers, word])} |"


def _fitting(lines: list[str], room: int | None) -> list[str]:
    """The first lines that there is room for."""
    shown: list[str] = []
    for line in lines:
        if room is not None:
            room -= size(line) + 1
            if room < 0:
                break
        shown.append(line)
    return shown


def _disbelieved(environment: Environment, page: Page) -> str:
    """A preview that failed, is missing or is stale: why, and what a failed one said, errors first."""
    lines = [f"#### {page.marks.words(environment.name)}: {TITLES[environment.standing]}", ""]
    reason = why_not(environment)
    if reason:
        lines += [f"Why: {page.marks.sentence(reason)}", ""]
    failed = environment.standing is Standing.FAILED
    said = _said(environment.messages if failed else (), page.share(_MESSAGES))
    return "\n".join([*lines, *([fence(said), ""] if said else [])])


def _said(messages: Iterable[str], most: int | None) -> list[str]:
    """The lines of messages, each message whole if there is room for it, at least the beginning of the first."""
    lines = [line for message in messages for line in message.splitlines() if line.strip()]
    if most is None:
        return lines
    clipped = [clip(line, LONGEST_SENTENCE) for line in lines]
    shown = _fitting(clipped, most)
    if len(shown) < len(lines):
        shown.append(f"... and {count(len(lines) - len(shown), 'more line')} in the full report")
    return shown


def _losses(report: Report, page: Page) -> Iterator[Part]:
    """Deletions, those of which nothing more is known together, then replacements."""
    gathered = gather_losses(report)
    bare = [told for told in gathered if is_bare(told)]
    noun = NOUNS[Operation.DELETE]
    for operation in LOSSES:
        for told in gathered:
            if told.change.operation is operation and not is_bare(told):
                yield Part(partial(_loss, told, page), NOUNS[operation], len(told.members))
        if operation is Operation.DELETE and bare:
            yield Part(partial(_bare, bare, page), noun, sum(len(told.members) for told in bare))


def _bare(bare: Sequence[Told], page: Page, short: bool) -> str:
    most = len(bare) if page.limit is None else _MOST_REASONS if short else _MOST_BARE
    lines = [f"- {subject(told, page.marks)}" for told in bare[:most]]
    if len(bare) > most:
        lines.append(
            f"- and {count(sum(len(told.members) for told in bare[most:]), 'more deletion')} in the full report"
        )
    return "\n".join(["#### Deleted as well", "", *lines, ""])


def _loss(told: Told, page: Page, short: bool) -> str:
    """A deletion or a replacement: what, why and where, Azure's rule, the cost, and the way out."""
    marks = page.marks
    change = told.change
    head = f"#### {done(change).capitalize()}: {subject(told, marks)}"
    most = 1 if short else None if page.limit is None else _MOST_REASONS
    lines = [f"- {reason}" for reason in reasons(told, marks, most=most)]
    place = where(told, marks)
    if place is not None:
        lines.append(f"- taken out {place}" if change.operation is Operation.DELETE else f"- {place}")
    cost = costs(told, marks)
    costing = [f"- cost: {cost}"] if cost else []
    if short:
        return "\n".join([head, "", *lines[:2], *costing, ""])
    rules = azure_rules(told)
    lines += [f"- {escape_words(words)} ([{escape_words(title)}]({url}))" for words, title, url in rules]
    lines += costing
    for index, way in enumerate(change.avoid):
        lines.append(f"- {'or' if index else 'to avoid it'}: {marks.sentence(way)}")
    also = [index for index, leaf in enumerate(change.leaves) if not leaf.forces]
    shown = also if page.limit is None else also[:_MOST_REASONS]
    lines += [f"- changes with it: {leaf_words(told, index, marks)}" for index in shown]
    lines += [f"- {len(also) - len(shown)} more properties change with it"] if len(also) > len(shown) else []
    return "\n".join([head, "", *lines, ""])


def _others(report: Report, page: Page) -> tuple[str, Iterator[Part]]:
    """Everything that nobody loses anything by, with a title that counts it."""
    gathered = gather_others(report)
    title = ", ".join(count(number, noun) for noun, number in count_up(gathered).items())
    lines = (
        Part(partial(_other_line, told, page), NOUNS[told.change.operation], len(told.members)) for told in gathered
    )
    return f"Also: {title}", lines


def _other_line(told: Told, page: Page, short: bool) -> str:
    marks = page.marks
    most = 3 if short else len(told.change.leaves)
    leaves = [leaf_words(told, index, marks) for index in range(min(most, len(told.change.leaves)))]
    more = len(told.change.leaves) - len(leaves)
    words = "; ".join([*leaves, *([f"{more} more properties"] if more else [])])
    place = where(told, marks) or ""
    head = " ".join(filter(None, [f"{DONE[told.change.operation]}: {subject(told, marks)}", place]))
    return f"- {head}{f': {words}' if words else ''}"


def _messages(report: Report, page: Page) -> Iterator[Part]:
    for message, names in messages(report).items():
        yield Part(partial(_message_line, names, message, page), "message")


def _message_line(names: list[str], message: str, page: Page, _: bool) -> str:
    shown = _joined([page.marks.words(one) for one in names], page.share(_NAMES))
    return f"- {shown}: {page.marks.sentence(message)}"
