"""The large preview that the report is timed with is one as the CLI prints it."""

from bench.reports import large_preview
from extension_pool.ops.review.documents import decode
from extension_pool.ops.review.judging import judge_preview
from extension_pool.ops.review.model import Operation, Standing
from extension_pool.ops.review.preview import parse_preview


def test_a_third_of_the_steps_are_changes_and_the_report_has_each() -> None:
    parsed = parse_preview("prod", decode(large_preview(90)))
    assert (parsed.standing, len(parsed.steps), parsed.unchanged) == (Standing.FRESH, 90, 60)
    judged = judge_preview(parsed, places=None)
    assert len(judged.changes) == 30
    assert {one.operation for one in judged.changes} == {
        Operation.CREATE,
        Operation.UPDATE,
        Operation.REPLACE,
        Operation.DELETE,
    }
