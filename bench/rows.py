"""What a benchmark says, and the table of it. Pure."""

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One ratio, `measured` by `baseline`, and where it has to be: at least or at most `target`.

    `holds` is false when something besides the ratio went wrong, such as a lost node; `note` says how it was measured;
    `bare`, where there is one, is a second baseline, which is shown beside the first and has no target.
    """

    name: str
    measured: float
    baseline: float
    unit: str
    target: float
    at_least: bool = False
    holds: bool = True
    note: str = ""
    bare: float | None = None

    @property
    def ratio(self) -> float:
        return self.measured / self.baseline if self.baseline else float("inf")

    @property
    def met(self) -> bool:
        """Whether the ratio is where it has to be."""
        return self.holds and (self.ratio >= self.target if self.at_least else self.ratio <= self.target)


def middle(runs: Iterable[float]) -> float:
    """What programs that ran in turns are compared by: not the least, since one lucky run of either moves the ratio."""
    return statistics.median(runs)


def render_table(rows: Sequence[Row]) -> str:
    """The rows as a table, the note of each below it."""
    head = ("what", "measured", "baseline", "ratio", "bare", "target", "")
    cells = [head, *(_cells(row) for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(head))]
    lines = []
    for line, row in zip(cells, [None, *rows], strict=True):
        words = [
            line[0].ljust(widths[0]),
            *(cell.rjust(width) for cell, width in zip(line[1:], widths[1:], strict=True)),
        ]
        lines.append("  ".join(words).rstrip())
        if row is not None and row.note:
            lines.append(f"    {row.note}")
    return "\n".join(lines)


def _cells(row: Row) -> tuple[str, ...]:
    sign = ">=" if row.at_least else "<="
    return (
        row.name,
        f"{row.measured:.4g} {row.unit}",
        f"{row.baseline:.4g} {row.unit}",
        f"{row.ratio:.2f}",
        f"{row.measured / row.bare:.2f}" if row.bare else "",
        f"{sign} {row.target:g}",
        "met" if row.met else "MISSED",
    )
