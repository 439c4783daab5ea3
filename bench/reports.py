"""`extension-pool report` on a stack of ten thousand steps: read, judged and rendered, against reading the JSON alone.

The steps are those of a real preview with all its resources, again and again under other names; a third of them change
something. Each has its stack trace, as the CLI writes it.
"""

import gc
import json
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from bench.rows import Row
from extension_pool.ops.review.documents import decode, without_collection
from extension_pool.ops.review.judging import judge_preview
from extension_pool.ops.review.markdown import render_markdown
from extension_pool.ops.review.model import Environment, Operation, Report
from extension_pool.ops.review.preview import parse_preview

STEPS = 10_000
RUNS = 3
# What was asked for: a reviewer waits for the preview, not for the report.
MOST_SECONDS = 1.0
# A judgement of ours. Each value is looked at once more than the parser does, for whether it is a secret.
MOST = 6.0
PREVIEW = Path(__file__).parents[1] / "tests" / "goldens" / "previews" / "edits.json"
TRACE = [{"sourcePosition": f"project:///__main__.py#{line}"} for line in range(9)]


def run() -> Iterator[Row]:
    data = large_preview(STEPS)
    times = [_once(data) for _ in range(RUNS)]
    parsing, reporting = min(one for one, _, _ in times), min(one for _, one, _ in times)
    environment = times[0][2]
    changed = len(environment.changes)
    holds = changed == sum(environment.counts[fate] for fate in Operation if fate is not Operation.UNCHANGED)
    holds = holds and STEPS * 0.3 <= changed <= STEPS * 0.4
    note = f"{STEPS} steps, {changed} of them changes, {len(data) / 1e6:.0f} MB; the best of {RUNS} runs"
    yield Row("report / json.loads of the same text", reporting, parsing, "s", target=MOST, holds=holds, note=note)
    yield Row("report / a second", reporting, MOST_SECONDS, "s", target=1.0, holds=holds, note=note)


def large_preview(steps: int) -> bytes:
    """What `pulumi preview --json --show-sames` would print of so many steps, a third of them changes."""
    document = json.loads(PREVIEW.read_text(encoding="utf-8"))
    changing = [one for one in document["steps"] if one["op"] != "same"]
    # a component with its identity, its grant and its pool, as they are in the state
    staying = [_staying(one) for one in changing if one["op"] == "delete"]
    made: list[Mapping[str, Any]] = []
    for number in range(steps):
        source = changing if number % 3 == 0 else staying
        made.append(_named(source[number // 3 % len(source)], number))
    document["steps"] = made
    document["changeSummary"] = {"same": sum(one["op"] == "same" for one in made)}
    return json.dumps(document, indent=4).encode()


def _staying(one: Mapping[str, Any]) -> Mapping[str, Any]:
    return {
        "op": "same",
        "urn": one["urn"],
        "oldState": one["oldState"],
        "newState": one["oldState"],
        "detailedDiff": None,
    }


def _named(one: Mapping[str, Any], number: int) -> Mapping[str, Any]:
    step = {**one, "urn": f"{one['urn']}-{number}"}
    for key in ("oldState", "newState"):
        if key in step:
            step[key] = {**step[key], "urn": step["urn"], "sourcePosition": TRACE[0], "stackTrace": TRACE}
    return step


def _once(data: bytes) -> tuple[float, float, Environment]:
    text = decode(data)
    with without_collection():
        parsing, _ = _timed(lambda: json.loads(text))
        reporting, environment = _timed(lambda: _report(data))
    gc.collect()
    return parsing, reporting, environment


def _report(data: bytes) -> Environment:
    environment = judge_preview(parse_preview("prod", decode(data)), places=None)
    render_markdown(Report((environment,)))
    return environment


def _timed(call: Callable[[], Any]) -> tuple[float, Any]:
    # of the processor: nothing here waits, and whatever else the machine does is not what is measured
    start = time.process_time()
    result = call()
    return time.process_time() - start, result
