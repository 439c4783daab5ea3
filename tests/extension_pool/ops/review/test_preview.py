"""Whatever `pulumi preview --json` printed is read: whole, failed, cut off, among other lines, in any encoding."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extension_pool.ops.review.documents import decode, find_documents
from extension_pool.ops.review.model import Standing
from extension_pool.ops.review.preview import parse_preview
from tests.support.previews import read_golden

EDITS = read_golden("edits.json")
WARNING = "warning: A new version of Pulumi is available."


def ops(text: str, **more: Any) -> list[tuple[str, str]]:
    return [(step.op, step.urn) for step in parse_preview("prod", text, **more).steps]


WHOLE = ops(EDITS)


def test_a_whole_preview_is_fresh_and_counts_what_stays() -> None:
    parsed = parse_preview("prod", EDITS)
    assert (parsed.standing, parsed.reason, parsed.unchanged, parsed.streamed) == (Standing.FRESH, "", 22, False)
    assert len(parsed.steps) == 16
    step = next(step for step in parsed.steps if step.urn.endswith("::bird-pool"))
    assert (step.op, step.detailed) == ("replace", {"vmSize": ("update-replace", True)})
    assert step.new["inputs"]["vmSize"] == "Standard_D4s_v5"


@pytest.mark.parametrize(
    "text",
    [
        f"{WARNING}\n{EDITS}",
        f"{EDITS}{WARNING}\n",
        f"\n\n  {EDITS}",
        f"{{not json}}\n{EDITS}",
        f'{{"level": "info", "text": "of a wrapper"}}\n{EDITS}',
        EDITS.replace("\n", "\r\n"),
        f"\ufeff{EDITS}",
        json.dumps(json.loads(EDITS)),
    ],
    ids=["before", "after", "blanks", "braces", "other-json", "crlf", "bom", "one-line"],
)
def test_what_stands_around_the_json_does_not_matter(text: str) -> None:
    parsed = parse_preview("prod", text)
    assert (parsed.standing, ops(text)) == (Standing.FRESH, WHOLE)


def test_a_line_beside_the_json_is_a_message() -> None:
    first = parse_preview("prod", f"{WARNING}\n{EDITS}").messages[0]
    assert first.rank == 1
    assert WARNING in [one.text for one in parse_preview("prod", f"{WARNING}\n{EDITS}").messages]


@pytest.mark.parametrize(
    "data",
    [
        EDITS.encode("utf-8"),
        EDITS.encode("utf-8-sig"),
        EDITS.encode("utf-16"),
        EDITS.encode("utf-16-le"),
        EDITS.encode("utf-16-be"),
    ],
    ids=["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"],
)
def test_a_file_is_read_in_the_encoding_that_its_shell_writes(data: bytes) -> None:
    assert ops(decode(data)) == WHOLE


@pytest.mark.parametrize(
    ("text", "said", "reason"),
    [
        ("", "", "the preview printed nothing"),
        (" \n", "error: no stack named 'prod' found", "the preview printed nothing: no stack named 'prod' found"),
        ("error: no stack named 'prod' found\n", "", "the preview printed no JSON: no stack named 'prod' found"),
        ("\x1b[31merror:\x1b[0m it broke\n", "", "the preview printed no JSON: it broke"),
        ("[1, 2]", "", "the preview printed no JSON"),
        (
            '{"version": 3, "deployment": {}}',
            "",
            "the file has JSON that is no preview; write what `pulumi preview --json` prints into it",
        ),
        (EDITS[: len(EDITS) // 2], "", "the preview's output is cut off"),
        (EDITS + EDITS, "", "the file has 2 previews; write each into a file of its own"),
        (EDITS, "error: preview failed: policy", "the preview failed: preview failed: policy"),
        ('{"config": {"a": "b"}, "steps": []}', "", "the preview did not come to its end"),
        (
            '{"steps": [], "changeSummary": {}, "maybeCorrupt": true}',
            "",
            "the engine says that the state may be corrupt",
        ),
    ],
)
def test_what_cannot_be_believed_says_why(text: str, said: str, reason: str) -> None:
    parsed = parse_preview("prod", text, said=said)
    assert (parsed.standing, parsed.reason) == (Standing.FAILED, reason)


def test_another_exit_code_fails_a_preview_whose_json_says_nothing_of_it() -> None:
    # as it is with a policy that forbids the change: the CLI's JSON does not hold what policies say
    assert parse_preview("prod", EDITS).standing is Standing.FRESH
    parsed = parse_preview("prod", EDITS, failed=True)
    assert (parsed.standing, parsed.reason) == (
        Standing.FAILED,
        "the preview ended with another exit code than 0",
    )
    assert ops(EDITS, failed=True) == WHOLE


def test_errors_among_the_diagnostics_fail_a_preview_that_has_steps() -> None:
    parsed = parse_preview("prod", read_golden("raw-broken.json"))
    assert (parsed.standing, parsed.messages[0].rank) == (Standing.FAILED, 0)
    assert len(parsed.steps) > 1
    # the last line of a traceback says what went wrong
    assert parsed.reason.startswith("the preview failed: RuntimeError: no answer from ")


def test_of_a_preview_that_is_cut_off_the_steps_before_are_kept() -> None:
    steps = ops(EDITS[: EDITS.index("scaled-pool")])
    assert 1 < len(steps) < len(WHOLE)
    assert steps[:-1] == WHOLE[: len(steps) - 1]


def test_a_preview_of_events_has_the_same_steps() -> None:
    events, digest = parse_preview("prod", read_golden("raw-events.json")), read_golden("raw-edited.json")
    assert (events.standing, events.streamed) == (Standing.FRESH, True)
    # a digest leaves the halves of a replacement out
    told = {(step.op, step.urn, str(step.detailed)) for step in events.steps if step.op not in HALVES}
    assert told >= {
        (step.op, step.urn, str(step.detailed)) for step in parse_preview("prod", digest).steps if step.op != "same"
    }
    assert events.unchanged == parse_preview("prod", digest).unchanged


HALVES = ("create-replacement", "delete-replaced")


def event(**payload: Any) -> str:
    return json.dumps({"sequence": 0, "timestamp": 0, **payload}) + "\n"


SUMMARY = event(summaryEvent={"resourceChanges": {"same": 1}, "result": "succeeded"})


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (SUMMARY, ""),
        (event(preludeEvent={"config": {}}), "the preview did not come to its end"),
        (SUMMARY.replace("succeeded", "failed"), "the preview failed"),
        (event(errorEvent={"error": "it broke"}) + SUMMARY, "the preview failed: it broke"),
        (
            event(policyEvent={"policyName": "tags", "message": "team is missing", "enforcementLevel": "mandatory"})
            + SUMMARY,
            "the preview failed: policy tags: team is missing",
        ),
        (
            event(policyEvent={"policyName": "tags", "message": "team is missing", "enforcementLevel": "advisory"})
            + SUMMARY,
            "",
        ),
        (event(diagnosticEvent={"severity": "debug", "message": "error: of nobody"}) + SUMMARY, ""),
        (
            2 * (event(preludeEvent={"config": {}}) + SUMMARY),
            "the file has several previews; write each into a file of its own",
        ),
    ],
)
def test_events_say_how_it_ended(text: str, reason: str) -> None:
    parsed = parse_preview("prod", text)
    assert (parsed.reason, parsed.standing is Standing.FRESH) == (reason, reason == "")


def test_pieces_of_json_are_no_messages() -> None:
    # what is secret in them could not be told
    parsed = parse_preview("prod", '  "password": "hunter2hunter2",\n{"broken\n}\nerror: it broke\n')
    assert [one.text for one in parsed.messages] == ["error: it broke"]


def test_a_preview_does_not_show_itself() -> None:
    assert "3600" in EDITS
    assert "3600" not in repr(parse_preview("prod", EDITS))


@given(st.text(), st.text())
def test_no_text_is_refused(text: str, said: str) -> None:
    assert parse_preview("prod", text, said=said).standing is Standing.FAILED


@given(st.binary())
def test_no_bytes_are_refused(data: bytes) -> None:
    assert parse_preview("prod", decode(data)).standing is Standing.FAILED


KEYS = [
    *("steps", "op", "urn", "oldState", "newState", "detailedDiff", "diagnostics", "config", "changeSummary"),
    *("resourcePreEvent", "metadata", "old", "summaryEvent", "same", "kind", "inputs", "a"),
]
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
TREES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(KEYS),
            inner,
            max_size=4,
        )
    ),
    max_leaves=15,
)


@given(st.lists(TREES, max_size=3), st.integers(min_value=0, max_value=200))
def test_no_json_is_refused_whole_or_cut(trees: list[Any], cut: int) -> None:
    text = "\n".join(json.dumps(tree) for tree in trees)
    for printed in (text, text[:cut]):
        parsed = parse_preview("prod", printed)
        assert parsed.standing in (Standing.FRESH, Standing.FAILED)
        assert (parsed.standing is Standing.FRESH) == (parsed.reason == "")


@given(st.lists(st.dictionaries(st.text(max_size=5), LEAVES, max_size=3), max_size=4))
def test_every_object_that_begins_a_line_is_found(objects: list[dict[str, Any]]) -> None:
    printed = "a line\n" + "".join(f"{json.dumps(one)}\nanother\n" for one in objects)
    found = find_documents(printed)
    assert [json.dumps(one) for one in found.objects] == [json.dumps(one) for one in objects]
    assert not found.cut


def test_depth_is_no_way_to_break_it() -> None:
    assert parse_preview("prod", '{"steps":' + "[" * 100_000).standing is Standing.FAILED
