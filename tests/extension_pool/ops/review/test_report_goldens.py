"""Whole reports of real previews against tests/goldens/report/; `REWRITE_GOLDENS=1` writes them anew, to be read.

The previews are the engine's (tests/on_engine/test_report.py keeps them). The stack files around them are their own
configuration, before and after the edit.
"""

import json
import os
import re
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
import yaml

from extension_pool.ops.output import Look
from extension_pool.ops.review.allowing import judge
from extension_pool.ops.review.freshness import FreshnessFacts, judge_freshness
from extension_pool.ops.review.json_view import render_json
from extension_pool.ops.review.judging import judge_preview
from extension_pool.ops.review.markdown import render_markdown
from extension_pool.ops.review.model import Environment, Report
from extension_pool.ops.review.page import LIMIT, size
from extension_pool.ops.review.places import Places
from extension_pool.ops.review.preview import missing_preview, parse_preview
from extension_pool.ops.review.rules import parse_rules
from extension_pool.ops.review.terminal import render_terminal
from tests.support import previews

from . import reports

GOLDENS = Path(__file__).parents[3] / "goldens" / "report"
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=timezone.utc)
_DIGESTED = re.compile(r"\b(green|bird-canary)-([0-9a-f]{8})\b")
RULES = """\
environments:
  prod:
    delete: never
    replace: {needsLabel: recreate-ok}
others: free
"""


def read_golden(name: str) -> str:
    """A preview, its pools' digests counted: they are made of ids that are others each time that it is kept."""
    numbers: dict[str, str] = {}
    return _DIGESTED.sub(
        lambda match: f"{match[1]}-{numbers.setdefault(match[2], f'{len(numbers):08x}')}", previews.read_golden(name)
    )


def only(text: str, *pools: str) -> str:
    """A preview without the resources of other pools."""
    document = json.loads(text)
    names = {f"{pool}{part}" for pool in pools for part in ("", "-pool", "-canary", "-identity", "-vault-access")}
    names.add("extension-pool-test")
    document["steps"] = [step for step in document["steps"] if step["urn"].rpartition("::")[2] in names]
    return json.dumps(document)


def stack_file(preview: str) -> str:
    """The stack file that a preview was made with, of its pools one key in each line."""
    config = {key: _parsed(value) for key, value in json.loads(preview)["config"].items()}
    return yaml.safe_dump({"config": config}, default_flow_style=False)


def _parsed(value: Any) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        return value


def places(*environments: str) -> Places:
    base, now = stack_file(read_golden("first.json")), stack_file(read_golden("edits.json"))
    files = [f"stacks/Pulumi.{name}.yaml" for name in environments]
    return Places.between(dict.fromkeys(files, base), dict.fromkeys(files, now))


def judged(name: str, text: str, *, lines: bool = True) -> Environment:
    return judge_preview(parse_preview(name, text), places=places(name) if lines else None)


def first() -> Environment:
    text = read_golden("first.json")
    new = Places.between({}, {"stacks/Pulumi.dev.yaml": stack_file(text)})
    return judge_preview(parse_preview("dev", text), places=new)


def edits(name: str, *pools: str) -> Environment:
    text = read_golden("edits.json")
    return judged(name, only(text, *pools) if pools else text)


def report(*environments: Environment, base: str | None = "main") -> Report:
    return Report(environments, base)


def three() -> Report:
    return report(edits("dev", "linux"), edits("staging", "linux"), edits("prod", "linux"))


def gated(labels: set[str], *pools: str) -> Report:
    rules = parse_rules(RULES, "review.yaml")
    return judge(report(edits("dev", *pools), edits("prod", *pools)), rules, frozenset(labels), NOW)


def stale() -> Environment:
    return judge_freshness(edits("prod", "linux"), FreshnessFacts(made_for="a" * 40, head="b" * 40), None, NOW)


def giant() -> Report:
    """A stack for each of forty customers, in which each pool has a name of its own."""
    text = read_golden("edits.json")
    names = ("linux", "keyed", "scaled", "gone", "green", "bird", "shorter", "added")
    environments = []
    for number in range(40):
        own = text
        for name in names:
            own = own.replace(f"::{name}", f"::customer-{number}-{name}")
        environments.append(judged(f"customer-{number}", own.replace('"60"', f'"{60 + number}"'), lines=False))
    return report(*environments, judged("broken", read_golden("failed.json")))


REPORTS: dict[str, Callable[[], Report]] = {
    "first": lambda: report(first()),
    "one-extension-three-environments": three,
    "blue-green": lambda: report(edits("prod", "green")),
    "canary": lambda: report(edits("prod", "bird")),
    "secret": lambda: report(edits("prod", "keyed")),
    "deletion": lambda: report(edits("prod", "gone")),
    "every-edit": lambda: report(edits("prod")),
    "every-edit-without-lines": lambda: report(judged("prod", read_golden("edits.json"), lines=False), base=None),
    "other-resources": lambda: report(judged("prod", read_golden("raw-renamed.json"))),
    "raw-pools": lambda: report(judged("prod", read_golden("raw-moved.json"))),
    "failed": lambda: report(edits("dev", "scaled"), judged("prod", read_golden("failed.json"))),
    "missing": lambda: report(judge_preview(missing_preview("prod", "there is no file prod.json"), places=None)),
    "stale": lambda: report(stale()),
    "refused": lambda: gated(set(), "linux", "gone"),
    "allowed": lambda: gated({"recreate-ok"}, "linux"),
    "nothing": lambda: report(judged("dev", read_golden("nothing.json")), judged("prod", read_golden("nothing.json"))),
    "giant": giant,
    "hostile": reports.hostile,
}


def cases() -> dict[str, Callable[[], str]]:
    found: dict[str, Callable[[], str]] = {f"{name}.md": _markdown(make) for name, make in REPORTS.items()}
    found["giant-full-head.md"] = lambda: render_markdown(giant(), limit=None)[:3_000]
    for name in ("one-extension-three-environments", "every-edit", "failed", "refused", "hostile"):
        found[f"{name}.txt"] = _terminal(REPORTS[name], Look(None, False, True))
    found["every-edit-narrow.txt"] = _terminal(REPORTS["every-edit"], Look(80, False, True))
    found["refused-colour.txt"] = _terminal(REPORTS["refused"], Look(100, True, True))
    found["refused-ascii.txt"] = _terminal(REPORTS["refused"], Look(100, False, False))
    for name in ("refused", "canary", "failed"):
        found[f"{name}.json"] = _json(REPORTS[name])
    return found


def _markdown(make: Callable[[], Report]) -> Callable[[], str]:
    return lambda: render_markdown(make())


def _terminal(make: Callable[[], Report], look: Look) -> Callable[[], str]:
    return lambda: render_terminal(make(), look)


def _json(make: Callable[[], Report]) -> Callable[[], str]:
    return lambda: render_json(make())


CASES = cases()


@pytest.mark.parametrize("name", CASES)
def test_whole_reports(name: str) -> None:
    golden = GOLDENS / name
    text = CASES[name]()
    if os.environ.get("REWRITE_GOLDENS"):
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(text, encoding="utf-8", newline="\n")
    assert text == golden.read_text(encoding="utf-8")


def test_no_golden_is_left_over() -> None:
    assert {path.name for path in GOLDENS.iterdir()} == set(CASES)


def test_the_giant_is_as_long_as_it_may_be() -> None:
    assert LIMIT - 1_500 < size((GOLDENS / "giant.md").read_text(encoding="utf-8")) <= LIMIT
    assert size(render_markdown(giant(), limit=None)) > 10 * LIMIT
