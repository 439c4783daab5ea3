"""What the rules say of a report: the sentence to act on, and what never passes."""

from collections.abc import Set
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extension_pool.ops.review.allowing import find_absent, judge
from extension_pool.ops.review.model import Change, Environment, Finding, Operation, Report, Standing
from extension_pool.ops.review.rules import Rules, parse_rules

from .ruled import IDENTITY, POOL, change, cost, environment, leaf, report

ROOT = Path(__file__).parents[4]
# a Thursday
NOW = datetime(2026, 11, 26, 12, 0, tzinfo=timezone.utc)
NEEDS_LABEL = "environments:\n  prod:\n    replace: {needsLabel: recreate-ok}\n    delete: never\n"
NIGHTS = (
    "windows:\n  night: {days: Fri, from: 22:00, to: 6:00, zone: Europe/Berlin}\n"
    "environments:\n  prod:\n    replace: {needsLabel: recreate-ok, onlyIn: night}\n"
)
RECREATED = change(leaves=(leaf(line=12),), cost=cost(4))


def found(
    text: str, *environments: Environment, labels: Set[str] | None = frozenset(), now: datetime = NOW
) -> list[Finding]:
    given = None if labels is None else frozenset(labels)
    return list(judge(report(*environments), parse_rules(text), given, now).findings)


def sentence(text: str, *environments: Environment, labels: Set[str] | None = frozenset(), now: datetime = NOW) -> str:
    (finding,) = found(text, *environments, labels=labels, now=now)
    return f"{'yes' if finding.allowed else 'no'} {finding.sentence}"


def test_a_missing_label_is_asked_for_with_the_line_to_take_back() -> None:
    assert sentence(NEEDS_LABEL, environment(RECREATED)) == (
        'no prod: pool render would be recreated (4 nodes): add the label "recreate-ok" to the pull request, '
        "or take stacks/Pulumi.prod.yaml:12 back (review.yaml:3)"
    )


def test_the_documentation_shows_what_the_rules_of_this_repository_say() -> None:
    page = (ROOT / "docs" / "review.md").read_text(encoding="utf-8")
    shown = " ".join(page.split("```text\n")[1].split("```")[0].split())
    rules = (ROOT / "review.yaml").read_text(encoding="utf-8")
    others = environment(name="staging"), environment(name="dev")
    assert sentence(rules, environment(RECREATED), *others) == f"no {shown}"


def test_a_label_that_was_given_is_told_as_an_approval() -> None:
    assert sentence(NEEDS_LABEL, environment(RECREATED), labels={"bug", "Recreate-OK"}) == (
        'yes prod: pool render would be recreated (4 nodes): allowed by the label "recreate-ok" (review.yaml:3)'
    )


def test_never_means_never_whatever_the_labels() -> None:
    gone = change(Operation.DELETE, cost=cost(1, tasks=7), place=leaf(line=9).place)
    assert sentence(NEEDS_LABEL, environment(gone), labels={"never", "recreate-ok"}) == (
        "no prod: pool render would be deleted (1 node, 7 running tasks): never allowed (review.yaml:4); "
        "take stacks/Pulumi.prod.yaml:9 back"
    )


def test_a_closed_window_says_when_it_opens_in_its_own_zone() -> None:
    assert sentence(NIGHTS, environment(RECREATED), labels={"recreate-ok"}) == (
        "no prod: pool render would be recreated (4 nodes): wait for the window night, which opens in 1 d 9 h, on "
        "Fri 2026-11-27 at 22:00 Europe/Berlin, or take stacks/Pulumi.prod.yaml:12 back (review.yaml:5)"
    )
    assert 'add the label "recreate-ok" to the pull request and wait for the window night' in sentence(
        NIGHTS, environment(RECREATED)
    )


@pytest.mark.parametrize(
    ("now", "left"),
    [
        ("2026-11-21T09:30", "in 6 d 11 h, on"),
        ("2026-11-27T20:00", "in 1 h, on"),
        ("2026-11-27T19:30:30", "in 1 h 30 min, on"),
        ("2026-11-27T20:59:59", "in 1 min, on"),
    ],
)
def test_how_long_a_window_stays_closed_is_told_as_people_count(now: str, left: str) -> None:
    moment = datetime.fromisoformat(now).replace(tzinfo=timezone.utc)
    assert f"opens {left}" in sentence(NIGHTS, environment(RECREATED), now=moment)


def test_an_open_window_lets_it_pass_and_only_with_the_label() -> None:
    at_night = datetime(2026, 11, 28, 4, 59, tzinfo=timezone.utc)
    assert sentence(NIGHTS, environment(RECREATED), labels={"recreate-ok"}, now=at_night) == (
        'yes prod: pool render would be recreated (4 nodes): allowed by the label "recreate-ok" and the window night, '
        "which is open (review.yaml:5)"
    )
    assert sentence(NIGHTS, environment(RECREATED), now=at_night).startswith("no ")


@pytest.mark.parametrize(
    ("demand", "labels", "said"),
    [
        ("{needsAnyLabel: [a, b, c]}", set(), 'no add one of the labels "a", "b" or "c" to the pull request'),
        ("{needsAnyLabel: [a, b, c]}", {"b"}, 'yes allowed by the label "b"'),
        ("{needsAllLabels: [a, b, c]}", {"b"}, 'no add the labels "a" and "c" to the pull request'),
        ("{needsAllLabels: [a, b]}", {"b", "a"}, 'yes allowed by the label "a" and the label "b"'),
        ("{needsLabel: a, needsAnyLabel: [b, c]}", {"a"}, 'no add one of the labels "b" or "c" to the pull request'),
    ],
)
def test_labels_are_asked_for_as_any_or_all_of_several(demand: str, labels: set[str], said: str) -> None:
    answer, words = said.split(" ", 1)
    text = sentence(f"environments: {{prod: {{replace: {demand}}}}}", environment(RECREATED), labels=labels)
    assert text.startswith(f"{answer} ")
    assert f": {words}" in text


def test_what_several_rules_ask_for_is_one_sentence() -> None:
    text = """\
environments:
  prod:
    replace: {needsLabel: recreate-ok}
    pools:
      render*: {replace: {needsAllLabels: [recreate-ok, farm-ok]}}
"""
    assert sentence(text, environment(RECREATED)) == (
        'no prod: pool render would be recreated (4 nodes): add the labels "recreate-ok" and "farm-ok" to the pull '
        "request, or take stacks/Pulumi.prod.yaml:12 back (review.yaml:3 and review.yaml:5)"
    )
    # what one rule has got, another can still lack
    assert sentence(text, environment(RECREATED), labels={"recreate-ok"}).endswith("back (review.yaml:5)")


def test_labels_that_could_not_be_asked_allow_nothing() -> None:
    assert sentence(NEEDS_LABEL, environment(RECREATED), labels=None) == (
        'no prod: pool render would be recreated (4 nodes): add the label "recreate-ok" to the pull request (its '
        "labels are not known here: --post asks for them, --label NAME tells them), or take "
        "stacks/Pulumi.prod.yaml:12 back (review.yaml:3)"
    )
    # the twin: a change that needs no label does not wait for them
    assert found(NEEDS_LABEL, environment(change(Operation.UPDATE)), labels=None) == []


@pytest.mark.parametrize(
    ("one", "back"),
    [
        (
            change(leaves=(leaf("vmSize"), leaf("a.b.c"), leaf("tags.x", 3, forces=False))),
            "the change of vmSize and c back",
        ),
        (change(leaves=(leaf(line=5), leaf(line=3), leaf(line=5))), "take stacks/Pulumi.prod.yaml:3 and stacks/Pulumi"),
        (change(leaves=tuple(leaf(line=n) for n in range(1, 7))), "Pulumi.prod.yaml:3 and 3 more back"),
        (change(because_of=("render-identity",)), "take back what replaces render-identity"),
        (change(), "take the change back"),
    ],
)
def test_how_to_take_it_back_is_as_exact_as_is_known(one: Change, back: str) -> None:
    assert back in sentence(NEEDS_LABEL, environment(one))


def test_other_resources_are_named_by_type_and_name() -> None:
    one = change(name="render-identity", kind=IDENTITY, ours=False)
    assert sentence(NEEDS_LABEL, environment(one)).startswith(
        f"no prod: {IDENTITY} render-identity would be recreated: add"
    )


def test_a_pool_whose_name_is_not_known_never_passes_a_rule_of_names_silently() -> None:
    text = "environments: {prod: {pools: {render-*: {delete: never}}}}"
    unnamed = change(Operation.DELETE, name="", pool=None, ours=False)
    assert sentence(text, environment(unnamed)).startswith(
        "no prod: a pool whose name is not known yet would be deleted"
    )
    unsure = change(Operation.DELETE, name="farm", pool=None, ours=False)
    assert "pool farm (its name in Batch is not known yet) would be deleted" in sentence(text, environment(unsure))
    assert found(text, environment(change(Operation.DELETE, name="farm"))) == []


def test_what_is_only_counted_never_passes_a_rule_about_it() -> None:
    counted = replace(environment(RECREATED), counts={Operation.REPLACE: 1, Operation.DELETE: 2, Operation.CREATE: 5})
    _named, finding = found(NEEDS_LABEL, counted)
    assert finding.sentence == (
        "prod: 2 resources that the preview does not name would be deleted, and there are rules for that "
        "(review.yaml:4); preview again"
    )
    assert not finding.allowed
    # the twin: nobody asked about deletions
    assert found("environments: {prod: {update: never}}", counted) == []


def test_what_no_rule_speaks_of_is_not_told() -> None:
    other = change(Operation.OTHER), change(Operation.UNCHANGED), change(Operation.CREATE), change(Operation.UPDATE)
    assert found(NEEDS_LABEL, environment(*other)) == []
    assert found("environments: {prod: free}", environment(RECREATED, change(Operation.DELETE))) == []


def test_a_canary_that_goes_is_no_loss() -> None:
    gone = change(Operation.DELETE, name="render-canary", is_canary=True)
    assert found(NEEDS_LABEL, environment(gone)) == []
    assert len(found(NEEDS_LABEL, environment(replace(gone, is_canary=False)))) == 1
    # only the component has canaries: a pool of somebody else's is a pool
    assert len(found(NEEDS_LABEL, environment(replace(gone, ours=False)))) == 1


def test_an_environment_that_the_rules_do_not_name_is_refused() -> None:
    quiet = environment(name="qa")
    assert sentence("environments: {prod: {preview: optional}}", quiet) == (
        "no qa: review.yaml says nothing of this environment; name it there, or say what holds for others"
    )
    assert found("environments: {prod: {preview: optional}}\nothers: free", quiet) == []


def test_a_named_environment_without_a_preview_is_refused() -> None:
    text = "environments:\n  prod: free\n  eu-*: free\n  dev: {preview: optional}\n"
    # nothing of eu-* is enough; dev need not come
    assert [one.sentence for one in found(text, environment())] == [
        "eu-*: there is no preview: review.yaml:3 asks for one; preview it, or let its job run again "
        "(no label lets it pass)"
    ]
    assert found(text, environment(), environment(name="eu-west")) == []
    assert [one.name for one in find_absent(report(environment(name="eu-west")), parse_rules(text))] == ["prod"]


def test_a_report_of_some_environments_on_purpose_misses_no_other() -> None:
    rules = parse_rules("environments: {prod: free, dev: {delete: never}}")
    whole, some = (judge(report(environment()), rules, frozenset(), NOW, partial=partial) for partial in (False, True))
    assert ([one.name for one in whole.environments], whole.passes) == (["prod", "dev"], False)
    assert ([one.name for one in some.environments], some.passes) == (["prod"], True)


@pytest.mark.parametrize(
    ("standing", "words"),
    [
        (Standing.FAILED, "the preview failed: it says why; mend it and preview again"),
        (Standing.MISSING, "there is no preview: it says why; preview it, or let its job run again"),
        (Standing.STALE, "the preview is stale: it says why; preview again"),
    ],
)
def test_a_preview_that_cannot_be_believed_says_why_and_what_to_do(standing: Standing, words: str) -> None:
    one = environment(RECREATED, standing=standing, reason="it says why.")
    assert sentence(NEEDS_LABEL, one, labels={"recreate-ok"}) == f"no prod: {words} (no label lets it pass)"


def test_the_judged_report_has_the_missing_environment_and_the_findings_of_both() -> None:
    first = Finding("", "review.yaml is new", allowed=True)
    judged = judge(
        Report((environment(RECREATED, name="dev"),), findings=(first,)), parse_rules(NEEDS_LABEL), None, NOW
    )
    assert [(one.name, one.standing) for one in judged.environments] == [
        ("dev", Standing.FRESH),
        ("prod", Standing.MISSING),
    ]
    assert [one.environment for one in judged.findings] == ["", "dev", "prod"]
    assert not judged.passes


def test_a_sentence_is_one_line_whatever_a_name_holds() -> None:
    hostile = change(name="render\n\x1b[31m::set-output\u202e", leaves=(leaf("a.b\nc"),))
    (finding,) = found(NEEDS_LABEL, environment(hostile))
    assert finding.sentence.isprintable()


LABELS = ["recreate-ok", "farm-ok", "never", "free", "*"]
demands = st.sampled_from(
    ["never", "{needsLabel: recreate-ok}", "{needsAnyLabel: [farm-ok, recreate-ok]}", "{onlyIn: always}"]
)
scopes = st.one_of(
    st.just("free"),
    st.builds(lambda one, two: f"{{replace: {one}, pools: {{'*': {{delete: {two}}}}}}}", demands, demands),
)
rules_files = st.builds(
    lambda named, others: parse_rules(
        f"windows: {{always: {{}}}}\nenvironments: {{prod: {named}, 'd*': {{preview: optional}}}}\nothers: {others}"
    ),
    scopes,
    scopes,
)
changes = st.builds(
    change,
    st.sampled_from(Operation),
    st.sampled_from(["render", "windows", ""]),
    st.sampled_from([POOL, IDENTITY]),
    ours=st.booleans(),
)
standings = st.sampled_from(Standing)
environments = st.builds(
    lambda inner, name, standing: environment(*inner, name=name, standing=standing),
    st.lists(changes, max_size=3),
    st.sampled_from(["prod", "dev", "qa"]),
    standings,
)
label_sets = st.one_of(st.none(), st.frozensets(st.sampled_from(LABELS)))


@given(st.lists(environments, max_size=3), rules_files, label_sets)
@settings(max_examples=150)
def test_a_report_with_a_preview_that_cannot_be_believed_never_passes(
    several: list[Environment], rules: Rules, labels: frozenset[str] | None
) -> None:
    judged = judge(Report(tuple(several)), rules, labels, NOW)
    if any(one.standing is not Standing.FRESH for one in several) or not any(one.name == "prod" for one in several):
        assert not judged.passes
        assert any(not one.allowed for one in judged.findings)
    # and a label never makes it worse
    more = judge(Report(tuple(several)), rules, frozenset(LABELS), NOW)
    assert more.passes or not judged.passes


def test_the_same_report_passes_when_all_can_be_believed() -> None:
    # the twin of the property above
    rules = parse_rules("environments: {prod: free}")
    fresh = Report((environment(RECREATED),))
    assert judge(fresh, rules, None, NOW).passes
    for standing in (Standing.FAILED, Standing.MISSING, Standing.STALE):
        assert not judge(Report((environment(RECREATED, standing=standing),)), rules, None, NOW).passes
        # without rules as well
        assert not Report((environment(standing=standing),)).passes
