"""Judged pools as one HTML page: heat map, causes, times. Pure: values in, one string out.

The page is a file by itself: no script, no font, no picture, nothing that is fetched, and a content security policy
that lets a browser do none of it whatever the texts hold. It works without JavaScript, on a phone, in the dark and on
paper; what colour says is said by a symbol, a shape or a word as well. Texts of the service and of nodes go through
`markup`, which is the only way onto the page.
"""

import base64
import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timezone
from functools import cache
from itertools import groupby
from pathlib import Path

from .diagnosis import Finding
from .drift import Drift, DriftKind
from .health import PoolHealth, Verdict, worst
from .html_map import (
    SIGNS,
    badge,
    instant,
    kind_of,
    kind_word,
    lasting,
    render_bar,
    render_extensions,
    render_map,
)
from .markup import Html, block, element, together
from .snapshot import Image, Pool, Problem
from .text import clean_line, count

# All ids are in the map; a cause that has struck more nodes lists the first ones only.
_MOST_NODES = 500


def render_html(pools: Sequence[PoolHealth], *, when: datetime, findings: Sequence[Finding] = ()) -> str:
    """The whole page. `when` is when the pools were read, with its zone; `findings` are what `diagnose` found in them.

    A finding of a pool that is not among `pools` is shown below them.
    """
    when = when.astimezone(timezone.utc)
    by_pool: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        by_pool.setdefault((finding.account, finding.pool), []).append(finding)
    verdict = worst(pool.verdict for pool in pools)
    main = [
        _pool(pool, f"pool-{number}", by_pool.pop((pool.account, pool.name), []), when)
        for number, pool in enumerate(pools, 1)
    ]
    left = [finding for group in by_pool.values() for finding in group]
    if left:
        heading = element("h2", None, "Causes outside the pools above")
        main.append(element("section", {"class": "outside"}, heading, *(_cause(finding) for finding in left)))
    if not pools:
        main.append(element("p", None, "No pools."))
    body = element("body", None, _header(pools, verdict, when), element("main", None, *main), _footer())
    page = element("html", {"lang": "en"}, _head(pools, verdict), body)
    # ASCII alone, the rest as character references: right in whatever encoding stdout has when it becomes a file.
    return f"<!doctype html>\n{page}\n".encode("ascii", "xmlcharrefreplace").decode()


@cache
def _style() -> str:
    return Path(__file__).with_name("html_page.css").read_text(encoding="utf-8")


def _policy() -> str:
    """Nothing is loaded, run or sent; the one style sheet is known by its digest, so no text can add another.

    https://www.w3.org/TR/CSP3/#directive-fallback-list
    """
    digest = base64.b64encode(hashlib.sha256(_style().encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def _head(pools: Sequence[PoolHealth], verdict: Verdict) -> Html:
    names = ", ".join(clean_line(pool.name) for pool in pools[:3]) + (" ..." if len(pools) > 3 else "")
    return element(
        "head",
        None,
        element("meta", {"charset": "utf-8"}),
        # before everything that it rules
        element("meta", {"http-equiv": "Content-Security-Policy", "content": _policy()}),
        element("meta", {"name": "viewport", "content": "width=device-width, initial-scale=1"}),
        element("meta", {"name": "referrer", "content": "no-referrer"}),
        element("meta", {"name": "color-scheme", "content": "light dark"}),
        element("title", None, f"{SIGNS[verdict.value]} {verdict.value}: {names or 'no pools'}"),
        # ours alone, and never escaped: it holds no text from outside
        element("style", None, Html(_style())),
    )


def _header(pools: Sequence[PoolHealth], verdict: Verdict, when: datetime) -> Html:
    times = [cell.time for pool in pools for row in pool.nodes for cell in row.extensions if cell.time is not None]
    newest = together("; newest status ", instant(max(times)), _before(when, max(times))) if times else Html("")
    names = [f"{SIGNS[pool.verdict.value]} {pool.name or '(no name)'}" for pool in pools]
    links = [
        element("li", None, element("a", {"href": f"#pool-{number}"}, name)) for number, name in enumerate(names, 1)
    ]
    return element(
        "header",
        None,
        element("h1", None, "Batch pools ", badge(verdict.value, verdict.value)),
        element("p", {"class": "soft"}, "read ", instant(when), newest),
        element("nav", {"aria-label": "Pools"}, element("ul", None, *links)) if len(links) > 1 else "",
    )


def _before(when: datetime, moment: datetime) -> str:
    return f" ({lasting(when - moment)} before)" if moment < when else ""


def _pool(pool: PoolHealth, name: str, findings: Sequence[Finding], when: datetime) -> Html:
    heading = element(
        "h2",
        {"id": f"{name}-title"},
        element("span", None, pool.name or "(no name)"),
        element("span", {"class": "soft"}, f" in {pool.account}") if pool.account else "",
        Html(" "),
        badge(pool.verdict.value, pool.verdict.value),
    )
    parts: list[str] = [heading, element("p", None, pool.summary)]
    if pool.gate is not None:
        said = badge("healthy" if pool.gate.passed else pool.gate.outcome.value, f"gate {pool.gate.outcome.value}")
        parts.append(element("p", None, said, f": {pool.gate.summary}"))
    facts = "; ".join(_facts(pool.pool))
    parts += [element("p", {"class": "soft"}, facts)] if facts else []
    kinds = Counter(kind_of(row) for row in pool.nodes)
    if kinds:
        items = [element("li", None, badge(kind, f"{kinds[kind]} {kind_word(kind)}")) for kind in SIGNS if kinds[kind]]
        parts += [render_bar(kinds), element("ul", {"class": "counts", "aria-label": "Nodes by verdict"}, *items)]
    parts += _part("Outside Pulumi", _drifts(pool.drift))
    told = any(finding.subject == "resize" for finding in findings)
    resize = [] if told else [_problem("resize", problem) for problem in pool.resize_errors]
    parts += _part("Causes", [*resize, *(_cause(finding) for finding in findings)])
    parts += _part("Extensions", [table] if (table := render_extensions(pool, when)) else [])
    parts += _part("Nodes", [render_map(pool, name, when)] if pool.nodes else [])
    return element("section", {"class": "pool", "id": name, "aria-labelledby": f"{name}-title"}, *parts)


def _part(title: str, parts: Sequence[str]) -> list[str]:
    return [element("h3", None, title), *parts] if parts else []


def _facts(pool: Pool) -> Iterable[str]:
    """What somebody looks up first: size, image, and what is wanted of the pool."""
    yield from (fact for fact in (pool.vm_size, _image(pool.image)) if fact)
    wanted = [(pool.target_dedicated, "dedicated"), (pool.target_spot, "spot")]
    if pool.autoscale is not None:
        yield "scales itself"
    elif numbers := [f"{number} {kind}" for number, kind in wanted if number]:
        yield f"wants {' and '.join(numbers)}"
    if pool.allocation_state:
        yield f"allocation {pool.allocation_state}"


def _image(image: Image | None) -> str:
    if image is None:
        return ""
    return " ".join(part for part in (image.publisher, image.offer, image.sku, image.version) if part) or image.id


def _problem(subject: str, problem: Problem) -> Html:
    heading = element("h4", None, badge("failed"), f" {subject}: {problem.code or 'error'}")
    return element("div", {"class": "cause failed"}, heading, _message(problem.message))


def _drifts(drifts: Sequence[Drift]) -> list[Html]:
    """What was changed outside Pulumi; those that need the same in one box, with the advice once."""
    boxes = []
    for advice, several in groupby(drifts, key=lambda drift: drift.advice):
        found = list(several)
        gone = any(drift.kind is DriftKind.DELETED for drift in found)
        headings = [element("h4", None, f"! {drift.message}") for drift in found]
        kind = "failed" if gone else "changed"
        boxes.append(element("div", {"class": f"cause {kind}"}, *headings, element("p", None, advice)))
    return boxes


def _message(message: str) -> Html:
    return element("pre", None, block(message)) if message.strip() else Html("")


def _cause(finding: Finding) -> Html:
    """A finding: what it is, the service's words, what to do, the command alone on its line, where, and who says so."""
    cause, severity = finding.cause, finding.severity
    struck = f", {count(len(finding.nodes), 'node')}" if finding.nodes else ""
    title = cause.title if cause else f"cause unknown{f': {finding.code}' if finding.code else ''}"
    parts: list[str] = [
        element("h4", None, badge(severity.value), Html(" "), title),
        element("p", {"class": "soft"}, element("bdi", None, finding.subject), struck),
        _message(finding.message),
    ]
    if cause and cause.advice:
        parts.append(element("ol", None, *(element("li", None, advice) for advice in cause.advice)))
    if finding.command:
        parts.append(element("pre", {"class": "command"}, element("code", None, finding.command)))
    if finding.nodes:
        parts.append(_nodes(finding.nodes))
    if cause and cause.source:
        parts.append(element("p", {"class": "soft"}, "source: ", _link(cause.source)))
    return element("div", {"class": f"cause {severity.value}"}, *parts)


def _nodes(nodes: Sequence[str]) -> Html:
    lines = [clean_line(name) for name in nodes[:_MOST_NODES]]
    if rest := len(nodes) - len(lines):
        lines.append(f"and {rest} more, which are in the map")
    summary = element("summary", None, f"on {count(len(nodes), 'node')}")
    return element("details", None, summary, element("pre", {"class": "ids"}, block("\n".join(lines))))


def _link(address: str) -> Html:
    """A link where a browser fetches a page when it is followed, and nothing else: no other scheme runs here."""
    if not address.startswith("https://"):
        return element("span", None, address)
    return element("a", {"href": address, "rel": "noreferrer noopener"}, address)


def _footer() -> Html:
    signs = [element("li", None, badge(kind, kind_word(kind))) for kind in SIGNS]
    hint = "Point at a cell of the map, or tap it, for its node. The page is a picture of the moment when it was read."
    return element(
        "footer",
        None,
        element("ul", {"class": "counts", "aria-label": "Signs"}, *signs),
        element("p", None, hint),
    )
