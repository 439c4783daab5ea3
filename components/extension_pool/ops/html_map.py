"""The part of the status page that shows nodes: a heat map, a cell for each node, and the extensions' shares. Pure.

A cell holds its node's id as text, so that the map is also the list of the nodes: pointing at a cell or tapping it
shows the text, and the box above a group turns its cells into lines. Each id is on the page once, which keeps the page
of 10,000 nodes at about 1.5 MB.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from .health import ExtensionHealth, NodeHealth, PoolHealth, Verdict
from .markup import Html, block, element, together
from .render import SYMBOLS
from .text import clean_line, count

WORST_FIRST = tuple(reversed(Verdict))
# A kind is the class of a cell, a bar, a badge: a verdict's value, or `away` for nodes without a machine.
SIGNS = {one.value: SYMBOLS[one] for one in (Verdict.FAILED, Verdict.UNKNOWN, Verdict.WAITING, Verdict.HEALTHY)}
SIGNS["away"] = "-"

# More pictures than anybody reads; nodes beyond them share a group, and each cell says what its node has.
MOST_GROUPS = 40
# From here on cells are smaller, so that a pool stays within a screen or two.
MANY_NODES = 600
# So few nodes are listed with their ids at once.
_LISTED = 4
# What a cell tells of its node; the whole texts are in the group and with the causes.
_CAPTION = 200
# In tenths of a percent; a single node of ten thousand still has to be seen.
_THINNEST = 12


@dataclass(frozen=True)
class _Group:
    """Nodes that look the same: verdict, state, and the word of each extension."""

    title: str
    rows: tuple[NodeHealth, ...]
    same: bool = True


def render_map(pool: PoolHealth, name: str, when: datetime) -> Html:
    """The groups of `pool`, failures first, large ones first. `name` starts the ids of their elements."""
    groups = [_group(group, f"{name}-{number}", when) for number, group in enumerate(_groups(pool.nodes), 1)]
    many = " many" if len(pool.nodes) >= MANY_NODES else ""
    return element("div", {"class": f"map{many}"}, *groups)


def render_extensions(pool: PoolHealth, when: datetime) -> Html:
    """A table: a row for each extension, its share of each verdict among the nodes that count and tell of it."""
    rows: dict[str, list[ExtensionHealth]] = {name.casefold(): [] for name in pool.expected or ()}
    titles = {name.casefold(): name for name in pool.expected or ()}
    for node in pool.nodes:
        for cell in node.extensions if node.counted else ():
            rows.setdefault(cell.name.casefold(), []).append(cell)
            titles.setdefault(cell.name.casefold(), cell.name)
    if not rows:
        return Html("")
    heads = [
        element(
            "th", {"scope": "col"}, SIGNS[verdict.value], Html(" "), element("span", {"class": "word"}, verdict.value)
        )
        for verdict in WORST_FIRST
    ]
    head = element("thead", None, element("tr", None, element("th", {"scope": "col"}, "Extension"), *heads))
    body = [_extension(titles[key], cells, when) for key, cells in rows.items()]
    return element("table", None, head, element("tbody", None, *body))


def render_bar(counts: Counter[str]) -> Html:
    """The shares of `counts`, worst first, as a bar; the numbers are its label."""
    total = sum(counts.values())
    shown = [(kind, counts[kind]) for kind in SIGNS if counts[kind]]
    wide = {kind: max(_THINNEST, round(1000 * number / total)) for kind, number in shown}
    scale = sum(wide.values())
    parts, start = [], 0
    for kind, _ in shown:
        place = {"class": kind, "x": str(start), "width": str(wide[kind]), "height": "10"}
        parts.append(element("rect", place))
        start += wide[kind]
    label = ", ".join(f"{number} {kind_word(kind)}" for kind, number in shown) or "none"
    attributes = {"class": "bar", "viewBox": f"0 0 {scale or 1} 10", "preserveAspectRatio": "none", "role": "img"}
    return element("svg", {**attributes, "aria-label": label}, *parts)


def kind_of(row: NodeHealth) -> str:
    """The kind of a node."""
    return row.verdict.value if row.counted else "away"


def kind_word(kind: str) -> str:
    """What a reader reads for a kind."""
    return "not counted" if kind == "away" else kind


def badge(kind: str, text: str = "") -> Html:
    """A kind by symbol and colour, with `text` behind it."""
    return element("span", {"class": f"verdict {kind}"}, f"{SIGNS[kind]} {text}" if text else SIGNS[kind])


def instant(moment: datetime) -> Html:
    """A moment in UTC, to the second."""
    moment = moment.astimezone(timezone.utc)
    text = moment.strftime("%Y-%m-%d %H:%M:%S UTC")
    return element("time", {"datetime": moment.strftime("%Y-%m-%dT%H:%M:%SZ")}, text)


def lasting(span: timedelta) -> str:
    """`48 s`, `5 min`, `3 h 20 min`, `2 d 13 h`: two units at most. What lies in the future, by clocks, lasts 0 s."""
    seconds = max(0, int(span.total_seconds()))
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    if days:
        return f"{days} d {hours % 24} h" if hours % 24 else f"{days} d"
    if hours:
        return f"{hours} h {minutes % 60} min" if minutes % 60 else f"{hours} h"
    return f"{minutes} min" if minutes else f"{seconds} s"


def _groups(nodes: Sequence[NodeHealth]) -> list[_Group]:
    """The nodes by picture. Beyond `MOST_GROUPS` the smallest are put together, those of one verdict each."""
    pictures: dict[tuple[object, ...], list[NodeHealth]] = {}
    for row in nodes:
        cells = tuple((cell.name, cell.verdict, cell.word) for cell in row.extensions)
        codes = tuple(problem.code for problem in row.errors)
        pictures.setdefault((row.counted, row.verdict, row.state, cells, codes), []).append(row)
    largest = sorted(pictures.values(), key=lambda rows: -len(rows))
    groups = [_Group(_picture(rows[0]), tuple(rows)) for rows in largest[:MOST_GROUPS]]
    rest: dict[tuple[bool, Verdict], list[list[NodeHealth]]] = {}
    for rows in largest[MOST_GROUPS:]:
        rest.setdefault((rows[0].counted, rows[0].verdict), []).append(rows)
    for several in rest.values():
        mixed = sorted((row for rows in several for row in rows), key=lambda row: row.id)
        groups.append(_Group(f"in {count(len(several), 'other picture')}", tuple(mixed), same=False))
    return sorted(groups, key=_order)


def _order(group: _Group) -> tuple[object, ...]:
    first = group.rows[0]
    return not first.counted, WORST_FIRST.index(first.verdict), not group.same, -len(group.rows), group.title


def _group(group: _Group, name: str, when: datetime) -> Html:
    kind = kind_of(group.rows[0])
    title = f"{name}-title"
    heading = element(
        "h4",
        {"id": title},
        badge(kind, f"{count(len(group.rows), 'node')} {kind_word(kind)}"),
        element("span", None, f": {group.title}"),
    )
    listed = len(group.rows) <= _LISTED
    above = [] if listed else _above(group, f"{name}-list", when)
    cells = _cells(group, when, brief=listed and group.same)
    grid = element("ul", {"class": "cells", "role": "list", "aria-labelledby": title}, *cells)
    return element("div", {"class": f"group {kind}{' listed' if listed else ''}"}, heading, *above, grid, _words(group))


def _above(group: _Group, name: str, when: datetime) -> list[Html]:
    """What stands over a map of cells: ages, and the box that makes a list of it."""
    return [
        element("p", {"class": "soft"}, _ages(group.rows, when)),
        element("input", {"type": "checkbox", "class": "show", "id": name}),
        Html(" "),
        element("label", {"class": "toggle", "for": name}, "list the ids"),
    ]


def _cells(group: _Group, when: datetime, brief: bool) -> Iterable[Html]:
    """A cell for each node; where the group's title is next to it, `brief`, the age is all it adds.

    Tapping gives it the focus, and the keyboard is not led through ten thousand of them.
    """
    for row in group.rows:
        age = "" if row.node.changed is None else f"for {lasting(when - row.node.changed)}"
        caption = age if brief else _shortened(_picture(row, age))
        yield element("li", {"tabindex": "-1"}, element("b", {"data-w": caption}, row.id or "(no id)"))


def _picture(row: NodeHealth, age: str = "") -> str:
    """The state, and what is not as it should be: `idle for 5 min; KVExtensions failed/1009`."""
    parts = [f"{row.state} {age}".rstrip()]
    if row.counted:
        bad = [cell for cell in row.extensions if cell.verdict is not Verdict.HEALTHY]
        parts += [f"{_name(cell)} {clean_line(cell.word)}" for cell in bad]
        if row.extensions and not bad:
            parts.append(f"all {len(row.extensions)} succeeded" if len(row.extensions) > 1 else "succeeded")
        parts += [clean_line(problem.code) or "error" for problem in row.errors]
    return "; ".join(parts)


def _ages(rows: Sequence[NodeHealth], when: datetime) -> str:
    """How long the nodes have been in their state, from the newest to the oldest."""
    moments = [row.node.changed for row in rows if row.node.changed is not None]
    if not moments:
        return "the service does not say since when"
    least, most = lasting(when - max(moments)), lasting(when - min(moments))
    unsaid = len(rows) - len(moments)
    ages = f"in this state for {least}" if least == most else f"in this state for {least} to {most}"
    return f"{ages}; {unsaid} unsaid" if unsaid else ages


def _words(group: _Group) -> Html:
    """What the service says of the first node of a group that is not healthy, whole and folded."""
    row = group.rows[0]
    told = [
        (f"{_name(cell)}: {cell.code or cell.word}", cell.message)
        for cell in row.extensions
        if row.counted and cell.verdict is not Verdict.HEALTHY and (cell.code or cell.message)
    ]
    told += [(f"node: {problem.code or 'error'}", problem.message) for problem in row.errors]
    if not told or not group.same:
        return Html("")
    entries = [
        together(
            element("dt", None, title), element("dd", None, element("pre", None, block(message)) if message else "-")
        )
        for title, message in told
    ]
    summary = element("summary", None, "what the service says of ", element("bdi", None, row.id or "(no id)"))
    return element("details", None, summary, element("dl", None, *entries))


def _extension(title: str, cells: Sequence[ExtensionHealth], when: datetime) -> Html:
    counts = Counter(cell.verdict for cell in cells)
    kinds = {f"{cell.publisher}.{cell.type}".strip(".") for cell in cells} - {""}
    notes = [" or ".join(sorted(kinds)[:3])] if kinds else []
    versions = {cell.version for cell in cells} - {""}
    notes += [" or ".join(sorted(versions)[:3])] if versions else []
    notes += ["not expected"] if cells and not any(cell.expected for cell in cells) else []
    newest = max((cell.time for cell in cells if cell.time is not None), default=None)
    notes += [f"newest status {lasting(when - newest)} ago"] if newest else []
    name = element(
        "th",
        {"scope": "row"},
        element("bdi", None, title or "(no name)"),
        element("div", {"class": "soft"}, ", ".join(notes)),
        render_bar(Counter({verdict.value: number for verdict, number in counts.items()})),
    )
    numbers = [
        element("td", {"class": verdict.value if counts[verdict] else "none"}, str(counts[verdict]))
        for verdict in WORST_FIRST
    ]
    return element("tr", None, name, *numbers)


def _name(cell: ExtensionHealth) -> str:
    return clean_line(cell.name) or "(no name)"


def _shortened(text: str) -> str:
    return text if len(text) <= _CAPTION else f"{text[: _CAPTION - 1]}…"
