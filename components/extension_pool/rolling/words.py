"""What is said of a gate that did not pass. Pure."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator, Mapping, Sequence

from ..ops.diagnosis import Finding
from ..ops.text import clean_block, clean_line, count, some
from .gate import Held, Result

OFF = "EXTENSION_POOL_GATE"
"""Environment variable: `off` lets pools be deleted whatever their gates say."""

_FEW = 3


def is_off(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether gates are to stop nothing."""
    return environ.get(OFF, "").strip().lower() == "off"


def explain(held: Held, findings: Sequence[Finding], *, pool: str) -> list[str]:
    """What became of the gate of `pool`, and each cause with its nodes and what to do, as lines."""
    summary = held.health.gate.summary if held.health is not None and held.health.gate is not None else ""
    if held.result is Result.NOT_ASKED:
        known = f"; last seen: {summary}" if summary else ""
        head = f"Azure could not be asked whether pool {pool!r} is healthy{known}: {held.error}"
    else:
        ends = {
            Result.FAILED: "cannot pass its gate any more",
            Result.LATE: "did not pass its gate in time (rollout.gate.timeout)",
            Result.UNSURE: "did not pass its gate: it hangs on nodes that nobody could say anything about",
            Result.PASSED: "passed its gate",
        }
        head = f"pool {pool!r} {ends[held.result]}: {summary}"
    return [head, *(line for finding in findings for line in _cause(finding))]


def next_steps(stack: str, component: str, *, deleted: str | None, kept: str) -> str:
    """What is there now, and what to do. deleted: the pool that was to be deleted and is not; None at a creation."""
    named = f"--stack {shlex.quote(stack)} --pool {shlex.quote(component)}"
    lines = [kept] if deleted is None else [f"Pool {deleted!r} is not deleted and goes on working. {kept}"]
    lines += [
        f"  look: extension-pool diagnose {named}",
        "  then: mend the cause and run 'pulumi up' again, which asks the gate once more before anything is deleted",
        f"  or back: extension-pool rollback --stack {shlex.quote(stack)}",
    ]
    if deleted is not None:
        lines.append(f"  or delete it whatever the gate says: {OFF}=off pulumi up")
    return "\n".join(lines)


def _cause(finding: Finding) -> Iterator[str]:
    title = finding.cause.title if finding.cause is not None else f"unknown failure {finding.code}".rstrip()
    where = f" on {count(len(finding.nodes), 'node')} ({some(list(finding.nodes), _FEW)})" if finding.nodes else ""
    yield f"  {clean_line(finding.subject)}: {clean_line(title)}{where}"
    said = clean_block(finding.message)
    if said:
        yield f"    {said[0]}" + (" ..." if len(said) > 1 else "")
    if finding.cause is not None and finding.cause.advice:
        yield f"    do: {clean_line(finding.cause.advice[0])}"
    if finding.command is not None:
        yield f"    {clean_line(finding.command)}"
