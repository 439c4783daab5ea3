"""When a preview says what is not so any more, and when it must not be called that."""

import json
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from extension_pool.ops.review.freshness import FreshnessFacts, find_staleness, judge_freshness
from extension_pool.ops.review.model import Standing

from .ruled import environment

NOW = datetime(2026, 11, 26, 12, 0, tzinfo=timezone.utc)
COMMIT = "1f2e3d4c5b6a79880123456789abcdef01234567"
NO_FACTS = FreshnessFacts(stack_file="stacks/Pulumi.prod.yaml", project="farm")

# A stack file, and what `pulumi preview --json` (3.255.0) printed of it; project keys are in Pulumi.yaml.
STACK = """\
config:
  a: true
  b: 60
  c: 1.50
  e: ~
  f: "007"
  farm:g: yes
  farm:config:h: 0x1F
  i: 1e3
  obj: {t: true, n: 1.0, m: 1_000, d: 2024-01-01, z: null, y: yes, o: 0o17, oo: 017, s: "x", time: 22:00,
    big: 12345678901234567890, exp: 1e3}
  lst: [1, a, {b: c}]
  azure-native:location: westeurope
  merged: &m {a: 1}
  merged2: {<<: *m, b: 2}
  empty: {}
  emptyl: []
  multi: |
    line one
    two
  sec:
    secure: v1:aNSdWHleZzbrA37J:srPhtyDYwAIfRFOTOQ6nma6xbxsBXw==
  obj2:
    in:
      - key:
          secure: v1:PcwPHL51KGCpOHyf:pT2PzsOGdlYkyiNQbiZIWwi+QnNnMQ==
    plain: v
encryptionsalt: v1:Bu8gRAmkbn4=:v1:buCdhsBipPgV2D2w:rAOP9FUbpeIhF5lOQNR2vXSnZrZbig==
"""
PREVIEWED: dict[str, Any] = {
    "azure-native:location": "westeurope",
    "azure-native:other": "12",
    "farm:a": "true",
    "farm:b": "60",
    "farm:c": "1.5",
    "farm:e": "",
    "farm:empty": "{}",
    "farm:emptyl": "[]",
    "farm:f": "007",
    "farm:g": "yes",
    "farm:h": "31",
    "farm:i": "1000",
    "farm:lst": '[1,"a",{"b":"c"}]',
    "farm:merged": '{"a":1}',
    "farm:merged2": '{"a":1,"b":2}',
    "farm:multi": "line one\ntwo\n",
    "farm:obj": '{"big":12345678901234567000,"d":"2024-01-01 00:00:00 +0000 UTC","exp":1000,"m":1000,"n":1,"o":15,'
    '"oo":15,"s":"x","t":true,"time":"22:00","y":"yes","z":null}',
    "farm:obj2": '{"in":[{"key":"[secret]"}],"plain":"v"}',
    "farm:plain": "5",
    "farm:sec": "[secret]",
    "farm:withdefault": "hello",
}
PROJECT_KEYS = frozenset({"azure-native:other", "farm:plain", "farm:withdefault"})
READ = replace(NO_FACTS, config=PREVIEWED, stack_text=STACK, project_keys=PROJECT_KEYS)


def staleness(facts: FreshnessFacts, max_age: float | None = None) -> str | None:
    return find_staleness(facts, max_age=max_age, now=NOW)


def ago(**span: float) -> datetime:
    return NOW - timedelta(**span)


def test_what_nobody_knows_makes_nothing_stale() -> None:
    assert staleness(NO_FACTS, max_age=1) is None


def test_the_preview_of_a_stack_file_is_not_stale_however_the_file_is_written() -> None:
    assert staleness(READ) is None


@pytest.mark.parametrize(
    ("written", "now", "said"),
    [
        ("b: 60", "b: 61", "stacks/Pulumi.prod.yaml:3 (b)"),
        ("a: true", "a: false", "stacks/Pulumi.prod.yaml:2 (a)"),
        ("plain: v", "plain: w", "stacks/Pulumi.prod.yaml:27 (obj2.plain)"),
        ("{b: c}]", "{b: d}]", "stacks/Pulumi.prod.yaml:12 (lst[2].b)"),
        ("{b: c}]", "{b: c}, more]", "stacks/Pulumi.prod.yaml:12 (lst)"),
        ("  empty: {}", "  empty: {x: y}", "stacks/Pulumi.prod.yaml:16 (empty.x)"),
        ("westeurope", "northeurope", "stacks/Pulumi.prod.yaml:13 (azure-native:location)"),
        ("  b: 60", "  b: 60\n  farm:new: 1", "stacks/Pulumi.prod.yaml:4 (farm:new)"),
        ("  b: 60\n", "", "stacks/Pulumi.prod.yaml (farm:b)"),
        ("  f: ", "  f: 1\n  f2: ", "stacks/Pulumi.prod.yaml:6 (f, f2)"),
    ],
)
def test_a_stack_file_that_says_something_else_now_makes_it_stale(written: str, now: str, said: str) -> None:
    assert written in STACK
    assert (
        staleness(replace(READ, stack_text=STACK.replace(written, now))) == f"its configuration is not that of {said}"
    )


def test_many_differences_are_counted() -> None:
    text = "config: {a: 1, b: 2, c: 3, d: 4, e: 5}"
    facts = replace(NO_FACTS, config={f"farm:{key}": "0" for key in "abcde"}, stack_text=text)
    assert staleness(facts) == "its configuration is not that of stacks/Pulumi.prod.yaml:1 (a, b, c and 2 more)"


def test_secrets_are_compared_with_nothing_and_never_told() -> None:
    rotated = STACK.replace("v1:PcwPHL51KGCpOHyf", "v1:other").replace("v1:aNSdWHleZzbrA37J", "v1:another")
    assert staleness(replace(READ, stack_text=rotated)) is None
    shown = replace(
        READ, config={**PREVIEWED, "farm:sec": "s3cret", "farm:obj2": '{"in":[{"key":"s3cret"}],"plain":"w"}'}
    )
    assert staleness(shown) == "its configuration is not that of stacks/Pulumi.prod.yaml:27 (obj2.plain)"


def test_a_key_of_the_preview_that_no_file_has_makes_it_stale() -> None:
    facts = replace(READ, config={**PREVIEWED, "farm:gone": "1"})
    assert staleness(facts) == "its configuration is not that of stacks/Pulumi.prod.yaml (farm:gone)"
    # the twins: Pulumi ESC gives keys that no file has, and so does Pulumi.yaml
    assert staleness(replace(facts, stack_text=f"environment: [shared]\n{STACK}")) is None
    assert staleness(replace(facts, project_keys=PROJECT_KEYS | {"farm:gone"})) is None


def test_without_a_stack_file_or_a_configuration_there_is_nothing_to_compare() -> None:
    assert staleness(replace(READ, stack_text=None)) is None
    assert staleness(replace(READ, config=None)) is None
    assert staleness(replace(READ, config={})) is None
    assert staleness(replace(READ, project="")) is None


def test_a_stack_file_that_cannot_be_read_makes_it_stale() -> None:
    said = staleness(replace(READ, stack_text="config: ["))
    assert said is not None
    assert said.startswith("stacks/Pulumi.prod.yaml cannot be read: ")


def test_a_preview_made_for_another_commit_is_stale() -> None:
    facts = replace(NO_FACTS, made_for="0123456789", head=COMMIT)
    assert staleness(facts) == f"it was made for commit 0123456789, and {COMMIT} is checked out"
    assert staleness(replace(facts, made_for=COMMIT)) is None
    assert staleness(replace(facts, made_for=COMMIT[:9].upper())) is None
    # a start of few digits fits too many commits
    assert staleness(replace(facts, made_for=COMMIT[:6])) is not None


def test_a_commit_that_cannot_be_compared_makes_it_stale() -> None:
    facts = replace(NO_FACTS, made_for=COMMIT)
    assert staleness(facts) == f"it was made for commit {COMMIT}, and which one is checked out could not be asked"


def test_a_file_edited_after_the_preview_makes_it_stale() -> None:
    facts = replace(NO_FACTS, made=ago(minutes=5), dirty={"a.py": ago(minutes=6), "b.py": ago(minutes=1)})
    assert (
        staleness(facts) == "b.py was written at 2026-11-26 11:59:00 UTC, after the preview (2026-11-26 11:55:00 UTC)"
    )
    assert staleness(replace(facts, dirty={"a.py": ago(minutes=6)})) is None
    # one that was saved at the same moment was there
    assert staleness(replace(facts, dirty={"a.py": ago(minutes=5)})) is None


# What happens to times, as (preview, files, commit) in minutes ago, and whether the preview is stale.
TIMES = [
    ("edited, previewed, committed, reported: people's usual order", 20, 30, 10, False),
    ("previewed, edited, committed: what was previewed is not what is there", 30, 20, 10, True),
    ("a fresh checkout, then the preview, in one job", 10, 20, 60, False),
    ("a preview whose file kept its time, in a job with a checkout of its own", 20, 10, 60, False),
    ("the same, of an earlier push, while HEAD is of a later one", 60, 10, 20, True),
    ("a download, which has the time of the download", 5, 10, 20, False),
]


@pytest.mark.parametrize(
    ("preview", "files", "commit", "stale"), [case[1:] for case in TIMES], ids=[c[0] for c in TIMES]
)
def test_times_of_files_count_only_where_they_can_be_relied_on(
    preview: int, files: int, commit: int, stale: bool
) -> None:
    facts = replace(
        NO_FACTS,
        made=ago(minutes=preview),
        head=COMMIT,
        head_time=ago(minutes=commit),
        checked_out={"__main__.py": ago(minutes=files)},
    )
    assert (staleness(facts) is not None) is stale


def test_a_preview_may_be_as_old_as_the_rules_say() -> None:
    facts = replace(NO_FACTS, made=ago(hours=25, minutes=30))
    assert (
        staleness(facts, 24 * 3600)
        == "it is 1 d 1 h 30 min old (made at 2026-11-25 10:30:00 UTC), and the rules allow 1 d"
    )
    assert staleness(facts, 26 * 3600) is None
    assert staleness(facts, None) is None
    assert staleness(replace(facts, made=None), 60) is None
    # a clock that is ahead of ours
    assert staleness(replace(facts, made=NOW + timedelta(hours=1)), 60) is None


def test_a_stale_preview_says_so_and_one_that_failed_stays_that() -> None:
    facts = replace(NO_FACTS, made_for=COMMIT)
    judged = judge_freshness(environment(), facts, None, NOW)
    assert (judged.standing, judged.reason) == (Standing.STALE, staleness(facts))
    assert judge_freshness(environment(), NO_FACTS, None, NOW) == environment()
    failed = environment(standing=Standing.FAILED, reason="no login")
    assert judge_freshness(failed, facts, None, NOW) == failed


scalars = st.one_of(
    st.booleans(),
    st.integers(-(10**6), 10**6),
    st.floats(-1000, 1000).map(lambda value: round(value, 3)),
    st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=12),
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.from_regex(r"[a-zA-Z]{1,5}", fullmatch=True), inner, max_size=3)
    ),
    max_leaves=8,
)
configs = st.dictionaries(st.from_regex(r"[a-z]{1,6}", fullmatch=True), values, max_size=4)


def as_engine(value: Any) -> str:
    """How the engine prints a value of the configuration."""
    return value if isinstance(value, str) else json.dumps(value)


@given(configs)
def test_no_configuration_is_called_another_than_itself(config: dict[str, Any]) -> None:
    text = yaml.safe_dump({"config": config}, allow_unicode=True)
    facts = replace(NO_FACTS, stack_text=text, config={f"farm:{key}": as_engine(one) for key, one in config.items()})
    assert staleness(facts) is None


@given(configs, st.from_regex(r"[a-z]{1,6}", fullmatch=True), st.sampled_from([{"zz": "zz"}, ["zz"], "zz zz"]))
def test_a_key_that_is_another_is_found_in_any_configuration(config: dict[str, Any], key: str, value: Any) -> None:
    if config.get(key) == value:
        return
    text = yaml.safe_dump({"config": {"zzz": "same", **config, key: value}}, allow_unicode=True)
    previewed = {f"farm:{name}": as_engine(one) for name, one in {"zzz": "same", **config}.items()}
    facts = replace(NO_FACTS, stack_text=text, config=previewed)
    said = staleness(facts)
    assert said is not None
    assert key in said
