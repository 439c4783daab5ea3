"""The report in a terminal."""

import re
from dataclasses import replace

import pytest

from extension_pool.ops.columns import measure
from extension_pool.ops.output import Look
from extension_pool.ops.review.model import Finding, Operation, Report, Standing
from extension_pool.ops.review.terminal import render_terminal
from extension_pool.ops.text import clean_line

from . import reports
from .reports import HOSTILE, deleted, environment, failed, other, polling, recreated, report, scale, updated

PIPE = Look(None, False, True)
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def shown(made: Report, terminal: Look = PIPE) -> list[str]:
    return render_terminal(made, terminal).splitlines()


def test_the_first_lines_are_the_verdicts_the_worst_first() -> None:
    made = report(environment("dev", updated()), failed("staging"), environment("prod", recreated(), deleted()))
    assert shown(made)[:3] == [
        "✗ prod: 1 pool deleted (4 nodes), 1 recreated (4 nodes)",
        "✗ staging: PREVIEW FAILED",
        "✓ dev: nothing recreated",
    ]


def test_a_loss_is_told_with_line_rule_cost_and_way_out() -> None:
    lines = shown(report(environment("prod", recreated(), deleted())))
    start = lines.index("✗ deleted: pool windows in prod")
    assert lines[start + 1] == "    taken out at stacks/Pulumi.prod.yaml:40 (removed line)"
    start = lines.index("… recreated: pool render in prod")
    told = lines[start + 1 :]
    assert told[0] == f'    {reports.SHOWN}: "900" → "60" at stacks/Pulumi.prod.yaml:29'
    assert told[1].startswith("    Azure refuses to change it on a pool that has nodes")
    assert told[2] == "      https://learn.microsoft.com/azure/batch/create-pool-extensions"
    assert told[3].startswith("    cost: 4 nodes go, delete-first")
    assert told[4].startswith("    to avoid it: set rollout: {strategy: blue-green} first")


def test_the_table_counts_and_a_failed_preview_has_no_numbers() -> None:
    lines = shown(report(environment("prod", recreated(), updated()), failed("dev")))
    head = next(index for index, line in enumerate(lines) if line.startswith("ENVIRONMENT"))
    assert lines[head].split() == ["ENVIRONMENT", "CREATE", "UPDATE", "REPLACE", "DELETE", "UNCHANGED", "PREVIEW"]
    assert lines[head + 1].split() == ["prod", "0", "1", "1", "0", "10", "ok"]
    assert lines[head + 2].split() == ["dev", "-", "-", "-", "-", "-", "FAILED"]


def test_the_gate_answers_before_the_table_refusals_first() -> None:
    findings = (Finding("dev", "dev: allowed", True), Finding("prod", "prod: add a label", False))
    lines = shown(report(environment("prod", recreated()), findings=findings))
    assert lines.index("✗ prod: add a label") + 1 == lines.index("✓ dev: allowed")
    assert lines.index("✓ dev: allowed") < next(i for i, line in enumerate(lines) if line.startswith("ENVIRONMENT"))


def test_what_a_failed_preview_said_is_there_with_its_indentation() -> None:
    lines = shown(report(failed("prod", "error: 2 problems:\n  a.b: wrong", reason="the program ended")))
    at = lines.index("✗ prod: the preview failed")
    assert lines[at + 1 : at + 4] == ["  the program ended", "    error: 2 problems:", "      a.b: wrong"]
    stale = shown(report(environment("prod", standing=Standing.STALE, reason="too old")))
    assert "✗ prod: the preview is stale" in stale


def test_the_rest_follows_and_is_counted_beyond_what_can_be_read() -> None:
    lines = shown(report(environment("prod", updated(), other(Operation.CREATE, "kv"), messages=("warning: w",))))
    updated_line = "updated: pool render in prod: scaleSettings.fixedScale.targetDedicatedNodes: 4 → 6 from code"
    assert lines.index(updated_line) < lines.index("created: azure-native:keyvault:Vault kv in prod")
    assert lines[-1] == "prod: warning: w"
    many = [updated(f"pool-{number}", scale(new=str(number))) for number in range(50)]
    assert shown(report(environment("prod", *many)))[-1] == "and 30 updates more"


def test_without_lines_asked_for_none_are_told() -> None:
    made = report(environment("prod", recreated("render", polling(None))))
    assert "from code" in render_terminal(made, PIPE)
    assert "from code" not in render_terminal(replace(made, base=None), PIPE)


@pytest.mark.parametrize("width", [60, 80, 120])
def test_it_fits_a_terminal(width: int) -> None:
    made = report(environment("prod", recreated(), deleted()), failed("dev"))
    lines = shown(made, Look(width, False, True))
    urls = [line for line in lines if "https://" in line]
    assert urls
    assert all(measure(line) <= width for line in lines if line not in urls)


def test_colour_only_adds_to_what_is_told() -> None:
    made = report(environment("prod", recreated(), deleted()), failed("dev"))
    coloured = render_terminal(made, Look(None, True, True))
    assert COLOUR.search(coloured)
    assert COLOUR.sub("", coloured) == render_terminal(made, PIPE)


def test_a_terminal_without_unicode_gets_ascii() -> None:
    made = report(environment("prod", recreated(), deleted()), failed("dev"))
    text = render_terminal(made, Look(None, False, False))
    assert text.isascii()
    assert '"900" -> "60"' in text


def test_no_text_from_outside_drives_the_terminal() -> None:
    text = render_terminal(reports.hostile(), PIPE)
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert clean_line(HOSTILE) in text
    assert "\x1b" in HOSTILE


def test_no_preview_and_no_change_are_told_in_a_line() -> None:
    assert shown(report()) == ["no preview was given"]
    assert shown(report(environment("prod")))[0] == "✓ prod: nothing changes"
