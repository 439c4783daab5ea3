"""A judged pool as a table for people and as JSON for programs. Pure: values in, one string out.

The JSON, whose keys stay (new ones may be added):

    {"pools": [{"name", "account", "verdict", "summary", "waiting",
                "expectedExtensions": [name, ...] or null,
                "nodes": [{"id", "state", "verdict", "counted",
                           "extensions": [{"name", "verdict", "word", "code", "message", "level", "time",
                                           "expected", "publisher", "type", "version"}],
                           "errors": [{"code", "message"}]}],
                "resizeErrors": [{"code", "message"}]}],
     "verdict": ...}

Verdicts are `healthy`, `waiting`, `unknown` and `failed`. Texts of the service are whole and unchanged, with everything
outside ASCII escaped, so that printing the JSON cannot drive a terminal. `time` is RFC 3339 in UTC, or null.
"""

import io
import json
from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from .health import ExtensionHealth, NodeHealth, PoolHealth, Verdict, worst
from .snapshot import Problem
from .text import clean_block, clean_line, count, some

_SYMBOLS = {Verdict.HEALTHY: "✓", Verdict.WAITING: "…", Verdict.UNKNOWN: "?", Verdict.FAILED: "✗"}
_ASCII = {Verdict.HEALTHY: "+", Verdict.WAITING: "~", Verdict.UNKNOWN: "?", Verdict.FAILED: "x"}
_STYLES = {Verdict.HEALTHY: "green", Verdict.WAITING: "yellow", Verdict.UNKNOWN: "magenta", Verdict.FAILED: "red"}

# In a pipe a row is one line however long: whoever greps or cuts it needs it so.
_PIPE_WIDTH = 100_000
# Below this columns would be folded to single letters; the terminal wraps lines instead.
_NARROWEST = 60


def render_json(pools: Sequence[PoolHealth]) -> str:
    """The documented JSON, indented, with a final newline."""
    value = {"pools": [_pool(pool) for pool in pools], "verdict": worst(pool.verdict for pool in pools).value}
    return json.dumps(value, indent=2, ensure_ascii=True) + "\n"


def render_table(
    pools: Sequence[PoolHealth], *, width: int | None = None, colour: bool = False, unicode: bool = True
) -> str:
    """Nodes by extensions for each pool, and below each matrix what went wrong, equal texts once.

    `width` is that of a terminal: cells are folded to fit, never cut. Default: no terminal, a line for each row.
    Without `unicode` the symbols are ASCII. Each line ends in a newline and has no blanks before it.
    """
    out = io.StringIO()
    console = Console(
        file=out,
        width=_PIPE_WIDTH if width is None else max(width, _NARROWEST),
        force_terminal=colour,
        color_system="standard" if colour else None,
        no_color=not colour,
        legacy_windows=False,
        emoji=False,
        markup=False,
        highlight=False,
        _environ={},
    )
    symbols = _SYMBOLS if unicode else _ASCII
    for number, pool in enumerate(pools):
        if number:
            console.print()
        _print_pool(console, pool, symbols)
    return "".join(f"{line.rstrip()}\n" for line in out.getvalue().splitlines())


def _print_pool(console: Console, pool: PoolHealth, symbols: dict[Verdict, str]) -> None:
    account = f" in {clean_line(pool.account)}" if pool.account else ""
    head = Text(f"pool {clean_line(pool.name)}{account}: ", style="bold")
    head.append(f"{symbols[pool.verdict]} {pool.verdict.value}", style=_STYLES[pool.verdict])
    console.print(head)
    console.print(Text(clean_line(pool.summary)))
    if pool.nodes:
        console.print()
        # Where even folding does not make it fit, the terminal wraps it; cropped names would be of no use.
        console.print(_matrix(pool, symbols), crop=False)
    for title, verdict, lines in _explanations(pool):
        console.print()
        console.print(Text(f"{symbols[verdict]} {title}", style=_STYLES[verdict]))
        for line in lines:
            console.print(Padding(Text(line), (0, 0, 0, 4), expand=False))


def _matrix(pool: PoolHealth, symbols: dict[Verdict, str]) -> Table:
    columns: dict[str, str] = {name.casefold(): name for name in pool.expected or ()}
    for node in pool.nodes:
        for cell in node.extensions:
            columns.setdefault(cell.name.casefold(), cell.name)
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold", show_edge=False)
    # A folded node id cannot be copied and a folded verdict not be read: the extensions give way first.
    longest = max((len(clean_line(node.id)) for node in pool.nodes), default=0)
    for title, least in (("NODE", min(max(longest, 4), 50)), ("STATE", 9), ("VERDICT", 13)):
        table.add_column(title, overflow="fold", min_width=least)
    for title in columns.values():
        table.add_column(Text(clean_line(title) or "(no name)"), overflow="fold")
    for node in pool.nodes:
        cells = {cell.name.casefold(): cell for cell in node.extensions}
        table.add_row(
            Text(clean_line(node.id) or "(no id)"),
            Text(clean_line(node.state)),
            _sign(node.verdict, node.verdict.value if node.counted else "not counted", symbols),
            *(_cell(cells.get(key), symbols) for key in columns),
        )
    return table


def _cell(cell: ExtensionHealth | None, symbols: dict[Verdict, str]) -> Text:
    return Text("-") if cell is None else _sign(cell.verdict, cell.word, symbols)


def _sign(verdict: Verdict, word: str, symbols: dict[Verdict, str]) -> Text:
    return Text(f"{symbols[verdict]} {clean_line(word)}", style=_STYLES[verdict])


def _explanations(pool: PoolHealth) -> Iterable[tuple[str, Verdict, list[str]]]:
    """What is behind the signs, worst first: a title, its verdict, the lines of the text. Equal texts are one entry."""
    for problem in pool.resize_errors:
        yield f"resize: {clean_line(problem.code) or 'error'}", Verdict.FAILED, clean_block(problem.message)
    groups: dict[tuple[str, Verdict, tuple[str, ...]], list[str]] = {}
    for node in pool.nodes:
        for title, verdict, text in _texts(node):
            nodes = groups.setdefault((title, verdict, tuple(clean_block(text))), [])
            if node.id not in nodes:
                nodes.append(clean_line(node.id))
    rank = [Verdict.FAILED, Verdict.UNKNOWN, Verdict.WAITING]
    for (title, verdict, lines), nodes in sorted(groups.items(), key=lambda group: rank.index(group[0][1])):
        yield f"{title} on {count(len(nodes), 'node')}: {some(nodes, 5)}", verdict, list(lines)


def _texts(node: NodeHealth) -> Iterable[tuple[str, Verdict, str]]:
    for cell in node.extensions:
        # A failure is always told; the others where the service, or the absence on a node that counts, says something.
        told = bool(cell.message) and (bool(cell.code) or (node.counted and cell.verdict is Verdict.UNKNOWN))
        if cell.verdict is Verdict.FAILED or (told and cell.verdict is not Verdict.HEALTHY):
            code = clean_line(cell.code or cell.word)
            yield f"{clean_line(cell.name) or '(no name)'}: {code}", cell.verdict, cell.message
    for problem in node.errors:
        verdict = node.verdict if node.verdict is not Verdict.HEALTHY else Verdict.UNKNOWN
        yield f"node: {clean_line(problem.code) or 'error'}", verdict, problem.message


def _pool(pool: PoolHealth) -> dict[str, object]:
    return {
        "name": pool.name,
        "account": pool.account,
        "verdict": pool.verdict.value,
        "summary": pool.summary,
        "waiting": pool.waiting,
        "expectedExtensions": None if pool.expected is None else list(pool.expected),
        "nodes": [_node(node) for node in pool.nodes],
        "resizeErrors": [_problem(problem) for problem in pool.resize_errors],
    }


def _node(node: NodeHealth) -> dict[str, object]:
    return {
        "id": node.id,
        "state": node.state,
        "verdict": node.verdict.value,
        "counted": node.counted,
        "extensions": [_extension(cell) for cell in node.extensions],
        "errors": [_problem(problem) for problem in node.errors],
    }


def _extension(cell: ExtensionHealth) -> dict[str, object]:
    return {
        "name": cell.name,
        "verdict": cell.verdict.value,
        "word": cell.word,
        "code": cell.code,
        "message": cell.message,
        "level": cell.level,
        "time": cell.time.isoformat().replace("+00:00", "Z") if cell.time else None,
        "expected": cell.expected,
        "publisher": cell.publisher,
        "type": cell.type,
        "version": cell.version,
    }


def _problem(problem: Problem) -> dict[str, object]:
    return {"code": problem.code, "message": problem.message}
