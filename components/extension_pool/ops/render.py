"""A judged pool as a table for people. Pure: values in, one string out. `render_json` is in `json_view`.

Few nodes are a row each. Of many, those with equal pictures (the same state, verdict and cells) are one row, failures
first: what is wrong with ten thousand nodes is then a few lines. Below each matrix is what went wrong, equal texts
once. Every sign has its word beside it, so that nothing hangs on colour.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from .columns import Cell, Column, Style, lay_out, paint, wrap
from .gate import Outcome
from .health import ExtensionHealth, NodeHealth, PoolHealth, Verdict, severity
from .json_view import render_json as render_json
from .text import clean_block, clean_line, count, some

FOLD = 20
"""More rows than these are folded by default."""

SYMBOLS = {Verdict.HEALTHY: "✓", Verdict.WAITING: "…", Verdict.UNKNOWN: "?", Verdict.FAILED: "✗"}
_ASCII = {Verdict.HEALTHY: "+", Verdict.WAITING: "~", Verdict.UNKNOWN: "?", Verdict.FAILED: "x"}
_STYLES = {
    Verdict.HEALTHY: Style.GREEN,
    Verdict.WAITING: Style.YELLOW,
    Verdict.UNKNOWN: Style.MAGENTA,
    Verdict.FAILED: Style.RED,
}
_OUTCOMES = {
    Outcome.PASSED: Verdict.HEALTHY,
    Outcome.WAITING: Verdict.WAITING,
    Outcome.UNKNOWN: Verdict.UNKNOWN,
    Outcome.FAILED: Verdict.FAILED,
}

# Below this columns would be folded to single letters; the terminal wraps lines instead.
_NARROWEST = 60
# Where nodes are folded, so is what would still be endless: pictures, and texts that differ on every node.
_MOST_PICTURES = 50
_MOST_TEXTS = 20
_EXAMPLES = 3
# Ids are at most 64 letters long, but nothing holds what answers to that.
_LONGEST_ID = 80


@dataclass(frozen=True)
class Look:
    """What the reader's terminal can show; `width` is None where lines may be of any length."""

    width: int | None
    colour: bool
    unicode: bool

    @property
    def symbols(self) -> dict[Verdict, str]:
        return SYMBOLS if self.unicode else _ASCII

    def sign(self, verdict: Verdict, word: str) -> Cell:
        """A symbol with its word, in the verdict's colour."""
        return Cell(f"{self.symbols[verdict]} {line(word)}", _STYLES[verdict])

    def text(self, text: str, style: Style = Style.PLAIN, indent: int = 0, hang: int = 0) -> Iterator[str]:
        """`text`, a clean line, wrapped below its own beginning, or `hang` to the right of it."""
        first, *others = wrap(text, None if self.width is None else self.width - indent - hang)
        yield " " * indent + paint(first, style, self.colour)
        for part in others:
            yield " " * (indent + hang) + paint(part, style, self.colour)


def look(width: int | None, colour: bool, unicode: bool) -> Look:
    """What the caller says of the terminal, with the least width that makes sense."""
    return Look(None if width is None else max(width, _NARROWEST), colour, unicode)


def render_table(
    pools: Sequence[PoolHealth],
    *,
    width: int | None = None,
    colour: bool = False,
    unicode: bool = True,
    fold: int | None = FOLD,
) -> str:
    """Nodes by extensions for each pool, and below each matrix what went wrong, equal texts once.

    `width` is that of a terminal: cells are folded to fit, never cut. Default: no terminal, a line for each row.
    Without `unicode` the symbols are ASCII. More than `fold` nodes are folded by equal picture; None: never, and no
    text is left out. Each line ends in a newline and has no blanks before it.
    """
    seen = look(width, colour, unicode)
    blocks = ("\n".join(part.rstrip() for part in _pool(pool, seen, fold)) for pool in pools)
    return "".join(f"{block}\n" for block in "\n\n".join(blocks).split("\n")) if pools else ""


def line(text: str) -> str:
    """`clean_line`, fast for what is clean already: ten thousand nodes have a lot of names."""
    return " ".join(text.split()) if text.isascii() and text.isprintable() else clean_line(text)


def _pool(pool: PoolHealth, seen: Look, fold: int | None) -> Iterator[str]:
    yield from _head(pool, seen)
    yield from _drift(pool, seen)
    folded = fold is not None and len(pool.nodes) > fold
    if pool.nodes:
        yield ""
        yield from (_folded if folded else _matrix)(pool, seen)
    for title, verdict, lines in _explanations(pool, most=_MOST_TEXTS if folded else None):
        yield ""
        cell = seen.sign(verdict, title)
        yield from seen.text(cell.text, cell.style, hang=2)
        for text in lines:
            yield from seen.text(text, indent=4)


def _head(pool: PoolHealth, seen: Look) -> Iterator[str]:
    account = f" in {line(pool.account)}" if pool.account else ""
    verdict = seen.sign(pool.verdict, pool.verdict.value)
    title = paint(f"pool {line(pool.name)}{account}: ", Style.BOLD, seen.colour)
    yield title + paint(verdict.text, verdict.style, seen.colour)
    yield from seen.text(line(pool.summary))
    if pool.gate is not None:
        outcome = pool.gate.outcome
        gate = seen.sign(_OUTCOMES[outcome], f"gate {outcome.value}: {pool.gate.summary}")
        yield from seen.text(gate.text, gate.style, hang=2)


def _drift(pool: PoolHealth, seen: Look) -> Iterator[str]:
    """What was changed outside Pulumi, and below those that need the same the advice once."""
    for advice, drifts in groupby(pool.drift, key=lambda drift: drift.advice):
        yield ""
        for drift in drifts:
            if drift.message == pool.summary:
                # Told already; what is to be done about it was not.
                continue
            yield from seen.text(f"! {line(drift.message)}", Style.YELLOW, hang=2)
        yield from seen.text(line(advice), indent=4)


def _matrix(pool: PoolHealth, seen: Look) -> Iterator[str]:
    """A row for each node."""
    names = _names(pool)
    # A folded node id cannot be copied and a folded verdict not be read: the extensions give way first.
    columns = [Column("NODE", _LONGEST_ID, firm=True, apart=True), *_columns(names)]
    rows = ([Cell(line(node.id) or "(no id)"), *_cells(node, names, seen)] for node in pool.nodes)
    return lay_out(columns, rows, width=seen.width, colour=seen.colour)


def _folded(pool: PoolHealth, seen: Look) -> Iterator[str]:
    """A row for each picture, with a few of its nodes."""
    names = _names(pool)
    pictures: dict[object, list[NodeHealth]] = {}
    for node in pool.nodes:
        signs = tuple((cell.name, cell.verdict, cell.word) for cell in node.extensions)
        pictures.setdefault((node.counted, node.verdict, node.state, signs), []).append(node)
    rows = sorted(pictures.values(), key=_rank)
    columns = [Column("NODES", 5), *_columns(names), Column("EXAMPLES", 30, apart=True)]
    cells = ([Cell(str(len(row))), *_cells(row[0], names, seen), Cell(_examples(row))] for row in rows[:_MOST_PICTURES])
    yield from lay_out(columns, cells, width=seen.width, colour=seen.colour)
    yield ""
    rest = rows[_MOST_PICTURES:]
    more = f"; {len(rest)} more kinds on {count(sum(map(len, rest)), 'node')} are left out" if rest else ""
    yield from seen.text(f"Nodes that look the same are one row{more}; --all shows each.")


def _rank(nodes: list[NodeHealth]) -> tuple[object, ...]:
    """Failures first, then what most nodes look like; nodes that do not count last."""
    first = nodes[0]
    return not first.counted, -severity(first.verdict), -len(nodes), first.id


def _examples(nodes: list[NodeHealth]) -> str:
    return _some([node.id for node in nodes], _EXAMPLES)


def _some(ids: Sequence[str], limit: int) -> str:
    """The first ids, clean; the others counted."""
    return some([line(name) or "(no id)" for name in ids[:limit]] + list(ids[limit:]), limit)


def _names(pool: PoolHealth) -> dict[str, str]:
    """The extensions that have a column: the expected ones first. Names differ in case and mean the same."""
    names: dict[str, str] = {name.casefold(): name for name in pool.expected or ()}
    for name in dict.fromkeys(cell.name for node in pool.nodes for cell in node.extensions):
        names.setdefault(name.casefold(), name)
    return names


def _columns(names: dict[str, str]) -> list[Column]:
    titles = (line(name) or "(no name)" for name in names.values())
    return [Column("STATE", 9, firm=True), Column("VERDICT", 13, firm=True), *(Column(title, 13) for title in titles)]


def _cells(node: NodeHealth, names: dict[str, str], seen: Look) -> list[Cell]:
    found = {cell.name.casefold(): cell for cell in node.extensions}
    return [
        Cell(line(node.state)),
        seen.sign(node.verdict, node.verdict.value if node.counted else "not counted"),
        *(_cell(found.get(name), seen) for name in names),
    ]


def _cell(cell: ExtensionHealth | None, seen: Look) -> Cell:
    return Cell("-") if cell is None else seen.sign(cell.verdict, cell.word)


def _explanations(pool: PoolHealth, most: int | None) -> Iterable[tuple[str, Verdict, Sequence[str]]]:
    """What is behind the signs, worst first: a title, its verdict, the lines of the text. Equal texts are one entry."""
    for problem in pool.resize_errors:
        yield f"resize: {line(problem.code) or 'error'}", Verdict.FAILED, clean_block(problem.message)
    scaling = pool.pool.autoscale
    if scaling is not None and scaling.error is not None:
        code = line(scaling.error.code) or "error"
        yield f"autoscale: {code}", Verdict.WAITING, clean_block(scaling.error.message)
    raw: dict[tuple[str, Verdict, str], dict[str, None]] = {}
    for node in pool.nodes:
        for key in _texts(node):
            raw.setdefault(key, {})[node.id] = None
    groups: dict[tuple[str, Verdict, tuple[str, ...]], dict[str, None]] = {}
    for (title, verdict, text), nodes in raw.items():
        # Texts that differ only in what is not shown are one.
        groups.setdefault((title, verdict, tuple(clean_block(text))), {}).update(nodes)
    found = sorted(groups.items(), key=lambda group: -severity(group[0][1]))
    for (title, verdict, lines), nodes in found[:most]:
        names = list(nodes)
        yield f"{title} on {count(len(names), 'node')}: {_some(names, 5)}", verdict, lines
    if most is not None and found[most:]:
        left = {name for _, nodes in found[most:] for name in nodes}
        title = f"{len(found) - most} more texts on {count(len(left), 'node')}"
        advice = "'extension-pool diagnose' groups them by cause, and --all shows each."
        yield title, found[most][0][1], [advice]


def _texts(node: NodeHealth) -> Iterator[tuple[str, Verdict, str]]:
    for cell in node.extensions:
        # A failure is always told; the others where the service, or the absence on a node that counts, says something.
        told = bool(cell.message) and (bool(cell.code) or (node.counted and cell.verdict is Verdict.UNKNOWN))
        if cell.verdict is Verdict.FAILED or (told and cell.verdict is not Verdict.HEALTHY):
            yield f"{line(cell.name) or '(no name)'}: {line(cell.code or cell.word)}", cell.verdict, cell.message
    for problem in node.errors:
        verdict = node.verdict if node.verdict is not Verdict.HEALTHY else Verdict.UNKNOWN
        yield f"node: {line(problem.code) or 'error'}", verdict, problem.message
