"""The report on a pull request: what its first line says, and what is told of each change."""

from dataclasses import replace

import pytest

from extension_pool.ops.review.markdown import render_markdown
from extension_pool.ops.review.model import (
    Cost,
    Finding,
    Operation,
    Report,
    Standing,
)

from . import reports
from .rendered import PARSER, VENDOR, details, rows
from .reports import created, deleted, environment, failed, other, polling, recreated, report, scale, updated


def first_line(made: Report) -> str:
    return render_markdown(made).splitlines()[0]


def test_the_first_line_is_what_a_reviewer_must_know() -> None:
    made = report(
        environment("dev", updated()),
        failed("staging"),
        environment("prod", recreated(), deleted(), deleted("old", cost=None)),
    )
    assert first_line(made) == (
        "**prod: 2 pools deleted (4 nodes), 1 recreated (4 nodes); staging: PREVIEW FAILED; dev: nothing recreated**"
    )


def test_environments_of_one_verdict_are_told_together_and_other_resources_apart_from_pools() -> None:
    made = report(environment("a", other()), environment("b", other()), environment("c", created()), environment("d"))
    assert first_line(made) == "**a, b: 1 other resource recreated each; c: nothing recreated; d: nothing changes**"


def test_a_canary_is_no_loss() -> None:
    canary = recreated("render-canary", is_canary=True)
    text = render_markdown(report(environment("prod", recreated(), canary)))
    assert text.startswith("**prod: 1 pool recreated (4 nodes)**\n")
    assert "<summary>Also: 1 replacement</summary>" in text
    assert "- recreated: canary pool `render-canary` in prod" in text


@pytest.mark.parametrize(
    ("standing", "word"), [(Standing.FAILED, "FAILED"), (Standing.MISSING, "MISSING"), (Standing.STALE, "STALE")]
)
def test_a_preview_that_cannot_be_believed_is_told_in_the_first_line_and_in_the_table(
    standing: Standing, word: str
) -> None:
    made = report(environment("prod", recreated(), standing=standing, reason="it is from yesterday"))
    text = render_markdown(made)
    assert text.startswith(f"**prod: PREVIEW {word} (1 pool recreated (4 nodes))**\n")
    assert rows(text)[1][-1] == word
    assert "Why: it is from yesterday" in text


def test_no_change_is_one_calm_line() -> None:
    assert render_markdown(report(environment("dev"), environment("prod"))) == "**Nothing changes in dev, prod.**\n"
    assert render_markdown(report()) == "**Nothing changes: there is no preview.**\n"
    refused = Finding("prod", "prod: there is no preview of it", False)
    assert "The gate says no" in render_markdown(report(environment("dev"), findings=(refused,)))


def test_a_replacement_says_why_where_by_which_rule_at_what_cost_and_how_to_avoid_it() -> None:
    text = render_markdown(report(environment("prod", recreated())))
    lines = text[text.index("####") :].splitlines()
    assert lines[0] == "#### Recreated: pool `render` in prod"
    assert lines[2] == f'- `{reports.SHOWN}`: `"900"` → `"60"` at `stacks/Pulumi.prod.yaml:29`'
    assert lines[3].startswith("- Azure refuses to change it on a pool that has nodes; the pool is replaced.")
    assert lines[3].endswith(f"({VENDOR}azure/batch/create-pool-extensions))")
    assert lines[4].startswith("- cost: 4 nodes go, delete-first: the old pool goes before the new one is made, its")
    assert lines[5].startswith("- to avoid it: set rollout: {strategy: blue-green} first")


def test_the_same_change_in_several_environments_is_told_once_with_each_line_and_cost() -> None:
    made = report(
        environment("dev", recreated("linux", polling(3, "stacks/Pulumi.dev.yaml"))),
        environment("staging", recreated("linux", polling(5, "stacks/Pulumi.staging.yaml"))),
        environment("prod", recreated("render", polling(7), cost=reports.BLUE_GREEN)),
    )
    text = render_markdown(made)
    assert text.count("####") == 1
    assert "#### Recreated: pool `linux` in dev, staging; pool `render` in prod\n" in text
    assert "at `stacks/Pulumi.dev.yaml:3`, `stacks/Pulumi.staging.yaml:5`, `stacks/Pulumi.prod.yaml:7`" in text
    assert "cost: dev, staging: 4 nodes go, delete-first" in text
    assert "; prod: 12 nodes go (as many as its formula had made), 7 tasks running now, blue-green" in text


def test_different_changes_are_not_told_as_one() -> None:
    made = report(
        environment("dev", recreated("linux", polling(new='"1"'))), environment("prod", recreated("linux", polling()))
    )
    assert render_markdown(made).count("####") == 2


def test_what_has_no_line_is_from_code_and_nothing_is_said_where_lines_were_not_asked_for() -> None:
    made = report(environment("prod", recreated("render", polling(None))))
    assert '`"60"` from code\n' in render_markdown(made)
    assert "from code" not in render_markdown(replace(made, base=None))
    mixed = report(
        environment("dev", recreated("linux", polling(None))), environment("prod", recreated("linux", polling(9)))
    )
    assert "at `stacks/Pulumi.prod.yaml:9` and from code" in render_markdown(mixed)


def test_deletions_come_before_replacements_and_pools_before_others() -> None:
    made = report(environment("prod", other(), recreated(), other(Operation.DELETE, "kv"), deleted()))
    titles = [line for line in render_markdown(made).splitlines() if line.startswith("####")]
    assert [title.split(" in ")[0] for title in titles] == [
        "#### Deleted: pool `windows`",
        "#### Deleted as well",
        "#### Recreated: pool `render`",
        "#### Recreated: `azure-native:keyvault:Vault` `vault`",
    ]
    assert "- taken out at `stacks/Pulumi.prod.yaml:40` (removed line)" in render_markdown(made)


def test_deletions_of_which_nothing_more_is_known_are_a_list() -> None:
    gone = [other(Operation.DELETE, f"vault-{number}") for number in range(30)]
    text = render_markdown(report(environment("prod", *gone)))
    assert "#### Deleted as well\n\n- `azure-native:keyvault:Vault` `vault-0` in prod\n" in text
    assert "- and 10 more deletions in the full report" in text
    assert "`vault-29`" in render_markdown(report(environment("prod", *gone)), limit=None)


def test_a_replacement_that_hangs_on_what_only_the_update_knows_is_told_as_that() -> None:
    late = polling(settled=False)
    text = render_markdown(report(environment("prod", recreated("render", late), recreated("sure"))))
    assert text.startswith("**prod: 1 pool recreated (4 nodes), 1 perhaps recreated (4 nodes)**")
    assert "#### Perhaps recreated: pool `render` in prod" in text


def test_the_rest_is_folded_and_counted() -> None:
    text = render_markdown(report(environment("prod", updated(), created(), created("more"))))
    assert "<summary>Also: 1 update, 2 creations</summary>" in text
    assert "- updated: pool `render` in prod: `scaleSettings.fixedScale.targetDedicatedNodes`: `4` → `6`" in text
    assert details(text) == (1, 1)


def test_what_a_replacement_takes_along_is_named() -> None:
    along = recreated("render", scale(), because_of=("render-identity",), cost=None, avoid=())
    text = render_markdown(report(environment("prod", along)))
    assert "- because of `render-identity`, which it depends on" in text
    assert "- changes with it: `scaleSettings.fixedScale.targetDedicatedNodes`" in text
    tainted = recreated("render", scale(), why="somebody asked for it with --replace", cost=None)
    assert "- somebody asked for it with --replace" in render_markdown(report(environment("prod", tainted)))
    silent = recreated("render", scale(), cost=None)
    assert "does not say because of which property" in render_markdown(report(environment("prod", silent)))


def test_a_value_that_the_update_may_find_unchanged_is_told_as_that() -> None:
    late = polling(new="(known after the update)", settled=False)
    assert "(and may turn out the same)" in render_markdown(report(environment("prod", recreated("render", late))))
    assert "may turn out" not in render_markdown(report(environment("prod", recreated())))


COSTS = {
    "how many nodes go, the preview does not tell": Cost(None, False, None, None, None, None),
    "no node goes": Cost(0, False, None, None, None, None),
    "1 node goes": Cost(1, False, None, None, None, None),
    "running tasks not known (no login)": Cost(1, False, None, None, None, None, not_asked="no login"),
    "1 task running now": Cost(1, False, None, None, None, None, running_tasks=1),
    "the old pool goes after the new one was made": Cost(1, False, None, None, None, None, deleted_first=False),
    "was made, and nothing waits for its nodes": Cost(1, False, "blue-green", False, False, None),
    "what becomes of its jobs, the preview does not tell": Cost(1, False, "blue-green", None, None, None),
    "its jobs stay bound to its name": Cost(1, False, "delete-first", False, False, None),
    "a canary is tried first": Cost(1, False, "delete-first", True, True, None),
    "its jobs move to the new pool": Cost(1, False, "blue-green", False, True, "migrate"),
    "the update waits for its jobs": Cost(1, False, "blue-green", False, True, "wait"),
}


@pytest.mark.parametrize("words", COSTS)
def test_the_cost_is_told_as_far_as_it_is_known(words: str) -> None:
    text = render_markdown(report(environment("prod", recreated(cost=COSTS[words]))))
    (cost,) = [line for line in text.splitlines() if line.startswith("- cost: ")]
    assert words in cost


def test_a_failed_preview_shows_what_it_said_as_code() -> None:
    text = render_markdown(report(failed("prod", "error: 2 problems:\n  a.b: wrong\n", "warning: old")))
    assert "#### prod: the preview failed" in text
    (block,) = [token.content for token in PARSER.parse(text) if token.type == "fence"]
    assert block == "error: 2 problems:\n  a.b: wrong\nwarning: old\n"


def test_what_several_previews_said_is_told_once() -> None:
    said = [environment(name, updated(), messages=("warning: the image ends soon",)) for name in ("dev", "prod")]
    text = render_markdown(report(*said))
    assert "- dev, prod: warning: the image ends soon\n" in text
    assert text.count("the image ends soon") == 1


def test_pools_of_a_first_deployment_are_told_together() -> None:
    new = [created(name, place=reports.Place("s.yaml", line)) for line, name in enumerate(("a", "b"), 1)]
    assert "- created: pools `a`, `b` in dev at `s.yaml:1`, `s.yaml:2`" in render_markdown(
        report(environment("dev", *new))
    )


def test_warnings_of_previews_that_can_be_believed_are_folded() -> None:
    text = render_markdown(report(environment("prod", updated(), messages=("warning: the image ends soon",))))
    assert text[text.index("<summary>Messages") :].count("the image ends soon") == 1


def test_answers_of_the_gate_stand_above_the_table_refusals_first_each_once() -> None:
    findings = [Finding("dev", "dev: fine, by the label x", True), *[Finding("prod", "prod: add a label", False)] * 2]
    text = render_markdown(report(environment("prod", recreated()), findings=tuple(findings)))
    assert text.index("**The gate says no:**") < text.index("| environment |")
    assert text.index("- ✗ prod: add a label") < text.index("- ✓ dev: fine")
    assert text.count("add a label") == 1
    allowed = render_markdown(report(environment("prod", recreated()), findings=tuple(findings[:1])))
    assert "**The gate lets it pass:**" in allowed
