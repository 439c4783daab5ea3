"""All that the service knows of one node, as text for people. Pure. The JSON of it is in `json_view`.

Nothing is folded or left out but values of settings whose names look like those of secrets (see `trees.mask`).
"""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime

from .cells import ExtensionHealth, judge_phase, judge_reports
from .columns import Cell, Column, Style, lay_out, paint
from .health import NodeHealth, Verdict, judge_node
from .json_view import render_node_json as render_node_json
from .render import Look, line, look
from .snapshot import Answer, Image, NodeExtension, NodeReading, StartTask, Status
from .text import clean_block
from .trees import mask

_NO_CELLS = (Column("", 18, firm=True), Column("", 12))


def render_node(
    reading: NodeReading,
    *,
    pool: str,
    account: str = "",
    expected: Sequence[str] | None = None,
    width: int | None = None,
    colour: bool = False,
    unicode: bool = True,
) -> str:
    """The node of `pool`: its state and machine, its errors, and for each extension every status and its settings.

    `expected` are the extensions that the pool should have, by which the node is judged. `width`, `colour` and
    `unicode` are those of `render.render_table`. Each line ends in a newline.
    """
    seen = look(width, colour, unicode)
    row = judge_node(reading, expected)
    lines = [*_head(row, pool, account, seen), *_facts(reading, seen), *_problems(row, seen)]
    for cell, report in judge_reports(reading, expected, judge_phase(reading)):
        lines += ["", *_extension(cell, report, seen)]
    if not row.extensions:
        lines += ["", *seen.text(_silence(row))]
    return "".join(f"{text.rstrip()}\n" for text in lines)


def _silence(row: NodeHealth) -> str:
    """Why there is no extension to show."""
    words = {
        Answer.NOT_ASKED: "The node was not asked for its extensions: in this state it has none.",
        Answer.VANISHED: "The node left the pool while it was read.",
        Answer.REFUSED: "The service says that the node cannot tell its extensions now.",
        Answer.NO_ANSWER: "The service did not answer for the node's extensions.",
    }
    return words.get(row.answer, "The node reports no extension.")


def _head(row: NodeHealth, pool: str, account: str, seen: Look) -> Iterator[str]:
    place = f"pool {line(pool)} in {line(account)}" if account else f"pool {line(pool)}"
    verdict = seen.sign(row.verdict, row.verdict.value)
    title = paint(f"node {line(row.id)} of {place}: ", Style.BOLD, seen.colour)
    yield title + paint(verdict.text, verdict.style, seen.colour)


def _facts(reading: NodeReading, seen: Look) -> Iterator[str]:
    node = reading.node
    kind = {True: "dedicated", False: "spot", None: ""}[node.dedicated]
    size = " ".join(part for part in (line(node.vm_size), f"({kind})" if kind and node.vm_size else kind) if part)
    tasks = "" if node.running_tasks is None else str(node.running_tasks)
    return _pairs(
        [
            ("state", line(node.state) + (f" since {_time(node.changed)}" if node.changed else "")),
            ("scheduling", line(node.scheduling)),
            ("running tasks", tasks),
            ("size", size),
            ("image", _image(node.image)),
            ("ip address", line(node.ip_address)),
            ("allocated", _time(node.allocated)),
            ("booted", _time(node.booted)),
            ("node agent", line(node.agent_version)),
            ("start task", _start_task(node.start_task)),
        ],
        seen,
    )


def _problems(row: NodeHealth, seen: Look) -> Iterator[str]:
    for problem in row.errors:
        cell = seen.sign(Verdict.FAILED, f"error {problem.code}".rstrip())
        yield ""
        yield from seen.text(cell.text, cell.style, hang=2)
        for text in clean_block(problem.message):
            yield from seen.text(text, indent=4)


def _extension(cell: ExtensionHealth, report: NodeExtension | None, seen: Look) -> Iterator[str]:
    sign = seen.sign(cell.verdict, f"{line(cell.name) or '(no name)'}: {cell.word}")
    yield paint(sign.text, sign.style, seen.colour)
    if report is None:
        yield from seen.text(line(cell.message), indent=4)
        return
    flags = {True: "yes", False: "no", None: ""}
    facts = [
        ("expected", "" if cell.expected else "no: the pool does not ask for it"),
        ("also called", ", ".join(map(line, report.aliases))),
        ("publisher", line(report.publisher)),
        ("type", line(report.type)),
        ("version", line(report.version)),
        ("minor upgrades", flags[report.auto_upgrade_minor_version]),
        ("automatic upgrades", flags[report.enable_automatic_upgrade]),
        ("provisioned after", ", ".join(map(line, report.provision_after))),
        ("provisioning state", line(report.provisioning_state)),
    ]
    yield from _pairs(facts, seen)
    for title, statuses in (("status", report.statuses), ("sub status", report.sub_statuses)):
        for status in statuses:
            yield from _status(title, status, seen)
    if report.settings is not None:
        yield "    settings"
        # The shape of JSON is its meaning here: no line of it is wrapped. ASCII keeps it harmless.
        for text in json.dumps(mask(report.settings), indent=2, ensure_ascii=True).splitlines():
            yield f"        {text}"


def _status(title: str, status: Status, seen: Look) -> Iterator[str]:
    words = [line(status.code) or "(no code)", line(status.level), _time(status.time), line(status.display_status)]
    yield from seen.text(f"{title} {', '.join(word for word in words if word)}", indent=4, hang=2)
    for text in clean_block(status.message):
        yield from seen.text(text, indent=8)


def _pairs(facts: Sequence[tuple[str, str]], seen: Look) -> Iterator[str]:
    """Names and values in two columns; facts without a value are left out."""
    rows = [[Cell(name), Cell(value)] for name, value in facts if value]
    width = None if seen.width is None else seen.width - 4
    for text in list(lay_out(_NO_CELLS, rows, width=width, colour=False))[1:]:
        yield f"    {text}"


def _image(image: Image | None) -> str:
    if image is None:
        return ""
    return line(image.id) or " ".join(filter(None, map(line, (image.publisher, image.offer, image.sku, image.version))))


def _start_task(task: StartTask | None) -> str:
    if task is None:
        return ""
    code = "" if task.exit_code is None else f"exit code {task.exit_code}"
    return ", ".join(part for part in (line(task.state), code) if part)


def _time(moment: datetime | None) -> str:
    return "" if moment is None else moment.strftime("%Y-%m-%d %H:%M:%SZ")
