"""Findings as blocks for people and as JSON for programs. Pure: values in, one string out.

The JSON, whose keys stay (new ones may be added):

    {"pools": [{"name", "account", "verdict", "summary",
                "findings": [{"subject", "severity",
                              "cause": {"id", "title", "advice": [step, ...], "source", "remedy"} or null,
                              "code", "message", "nodes": [id, ...], "command", "log"}]}],
     "severity": ...}

`severity` is `failed`, `unknown`, or `waiting` for what is advice only; that of the document is the worst, `healthy`
when there is nothing to tell. `cause` is null for what nobody knows. `command` is one line for a shell, or null; `log`
is a path on the node, or null. Texts of the service are whole and unchanged, with everything outside ASCII escaped, so
that printing the JSON cannot drive a terminal.
"""

import json
import textwrap
from collections.abc import Iterator, Sequence

from .cells import Verdict, worst
from .diagnosis import Finding
from .diagnosis.causes import EXTENSION, known_causes
from .health import PoolHealth
from .text import clean_block, clean_line, count, some

Diagnosis = tuple[PoolHealth, Sequence[Finding]]
"""A pool with its findings."""

_SYMBOLS = {Verdict.FAILED: "✗", Verdict.UNKNOWN: "?", Verdict.WAITING: "!", Verdict.HEALTHY: "✓"}
_ASCII = {Verdict.FAILED: "x", Verdict.UNKNOWN: "?", Verdict.WAITING: "!", Verdict.HEALTHY: "+"}
# ECMA-48: red, magenta, yellow, green
_COLOURS = {Verdict.FAILED: "31", Verdict.UNKNOWN: "35", Verdict.WAITING: "33", Verdict.HEALTHY: "32"}
_BOLD = "1"

_FEW = 5
# Narrower than this nothing can be read anyway; the terminal wraps.
_NARROWEST = 40


def render_json(diagnoses: Sequence[Diagnosis]) -> str:
    """The documented JSON, indented, with a final newline."""
    every = [finding.severity for _, findings in diagnoses for finding in findings]
    value = {"pools": [_pool(pool, findings) for pool, findings in diagnoses], "severity": worst(every).value}
    return json.dumps(value, indent=2, ensure_ascii=True) + "\n"


def render_blocks(
    diagnoses: Sequence[Diagnosis],
    *,
    width: int | None = None,
    colour: bool = False,
    unicode: bool = True,
    every_node: bool = False,
) -> str:
    """A block for each finding: what it is, what the service says, what to do, the command on a line of its own, where.

    `width` is that of a terminal, to which sentences are folded; texts of the service and commands never are. With
    `every_node` all nodes are named, else the first few. Each line ends in a newline.
    """
    symbols = _SYMBOLS if unicode else _ASCII
    lines: list[str] = []
    for pool, findings in diagnoses:
        lines += ["", *_blocks(pool, findings, symbols, width, colour, every_node)]
    return "".join(f"{line.rstrip()}\n" for line in lines[1:])


def _blocks(
    pool: PoolHealth,
    findings: Sequence[Finding],
    symbols: dict[Verdict, str],
    width: int | None,
    colour: bool,
    every_node: bool,
) -> Iterator[str]:
    account = f" in {clean_line(pool.account)}" if pool.account else ""
    head = f"pool {clean_line(pool.name)}{account}: "
    yield _styled(head, _BOLD, colour) + _sign(pool.verdict, pool.verdict.value, symbols, colour)
    yield from _fold(clean_line(pool.summary), "", width)
    if not findings:
        yield from _fold(_nothing(pool), "", width)
    for finding in findings:
        yield ""
        yield _sign(finding.severity, _title(finding), symbols, colour)
        yield from _body(finding, len(pool.nodes), width, every_node)


def _body(finding: Finding, total: int, width: int | None, every_node: bool) -> Iterator[str]:
    said = clean_block(finding.message)
    if finding.code or said:
        yield f"  {clean_line(finding.code) or 'what is known'}{':' if said else ', without a text'}"
        yield from (f"    {line}" for line in said)
    if finding.cause is not None:
        yield "  what to do:"
        for number, step in enumerate(finding.cause.advice, 1):
            yield from _fold(step, f"    {number}. ", width)
    elif finding.nodes:
        yield "  nobody knows this text; look closer:"
    if finding.command is not None:
        yield ""
        yield clean_line(finding.command)
        yield ""
    if finding.nodes:
        nodes = [clean_line(node) for node in finding.nodes]
        of = f"  {len(nodes)} of {count(total, 'node')}: "
        yield from _fold(", ".join(nodes) if every_node else some(nodes, _FEW), of, width)
    if finding.log:
        yield f"  log on the node: {finding.log}"
    if finding.cause is not None:
        yield f"  cause {finding.cause.id}, remedy {finding.cause.remedy.value}; {finding.cause.source}"


def _title(finding: Finding) -> str:
    subject = clean_line(finding.subject)
    if finding.cause is None:
        return f"{subject}: an unknown failure"
    # The titles of the other causes name what they are about.
    return (
        f"{subject}: {finding.cause.title}" if EXTENSION in known_causes()[finding.cause.id].at else finding.cause.title
    )


def _nothing(pool: PoolHealth) -> str:
    if pool.verdict is Verdict.HEALTHY:
        return "nothing to tell"
    if pool.verdict is Verdict.WAITING:
        return "nothing to tell yet: what is missing is on its way"
    return "nothing to tell: no node that could say more"


def _fold(text: str, lead: str, width: int | None) -> list[str]:
    """`text` after `lead`, folded to `width` under its first word."""
    if width is None:
        return [lead + text]
    room = max(width, _NARROWEST)
    indent = " " * len(lead)
    return textwrap.wrap(
        text, room, initial_indent=lead, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    ) or [lead]


def _sign(verdict: Verdict, text: str, symbols: dict[Verdict, str], colour: bool) -> str:
    return _styled(f"{symbols[verdict]} {text}", _COLOURS[verdict], colour)


def _styled(text: str, style: str, colour: bool) -> str:
    return f"\x1b[{style}m{text}\x1b[0m" if colour else text


def _pool(pool: PoolHealth, findings: Sequence[Finding]) -> dict[str, object]:
    return {
        "name": pool.name,
        "account": pool.account,
        "verdict": pool.verdict.value,
        "summary": pool.summary,
        "findings": [_finding(finding) for finding in findings],
    }


def _finding(finding: Finding) -> dict[str, object]:
    cause = finding.cause
    known = (
        {
            "id": cause.id,
            "title": cause.title,
            "advice": list(cause.advice),
            "source": cause.source,
            "remedy": cause.remedy.value,
        }
        if cause is not None
        else None
    )
    return {
        "subject": finding.subject,
        "severity": finding.severity.value,
        "cause": known,
        "code": finding.code,
        "message": finding.message,
        "nodes": list(finding.nodes),
        "command": finding.command,
        "log": finding.log or None,
    }
