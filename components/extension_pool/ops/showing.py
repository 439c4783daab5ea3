"""Judged pools on stdout, in the form that was asked for, and the exit code that goes with them."""

from collections.abc import Callable, Sequence
from datetime import datetime, timezone

from .diagnosis import Finding
from .gate import Outcome
from .health import PoolHealth, Verdict
from .jobs import Job, Mark
from .jobs_view import waiting_lines
from .json_view import render_json
from .output import PageOutput, look, write, write_json, write_page
from .render import FOLD, render_table


def show(
    pools: Sequence[PoolHealth],
    output: PageOutput,
    *,
    every: bool = False,
    explain: Callable[[datetime], Sequence[Finding]] = lambda moment: (),
    waiting: Sequence[tuple[Job, Mark]] = (),
) -> None:
    """To stdout: fitted and coloured on a terminal, plain in a pipe. `every`: a row for each node of a table.

    `explain`: the causes at a moment, which a page shows. `waiting`: jobs that a roll-out disabled.
    """
    if output is PageOutput.JSON:
        write_json(render_json(pools, waiting=waiting))
    elif output is PageOutput.HTML:
        write_page(_page(pools, explain))
    else:
        lines = "".join(f"{line}\n" for line in waiting_lines(waiting))
        write(table(pools, every=every) + (f"\n{lines}" if lines else ""))


def table(pools: Sequence[PoolHealth], *, every: bool = False) -> str:
    """The table as stdout can show it."""
    seen = look()
    fold = None if every else FOLD
    return render_table(pools, width=seen.width, colour=seen.colour, unicode=seen.unicode, fold=fold)


def json_line(pools: Sequence[PoolHealth]) -> str:
    """The documented JSON in one line, for programs that read line by line."""
    return render_json(pools, indent=None)


def exit_code(pools: Sequence[PoolHealth]) -> int:
    """0 if every pool is healthy or, where a gate was asked for, has passed; else 1.

    3 if no gate says no and one could not be judged.
    """
    outcomes = {pool.gate.outcome for pool in pools if pool.gate is not None}
    healthy = all(pool.verdict is Verdict.HEALTHY for pool in pools if pool.gate is None)
    if not healthy or outcomes & {Outcome.FAILED, Outcome.WAITING}:
        return 1
    return 3 if Outcome.UNKNOWN in outcomes else 0


def _page(pools: Sequence[PoolHealth], explain: Callable[[datetime], Sequence[Finding]]) -> str:
    from .html_page import render_html

    now = datetime.now(timezone.utc)
    return render_html(pools, when=now, findings=explain(now))
