"""The file of rules: what it may say, what is wrong with it, and what of it holds for a change."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extension_pool.ops.errors import BadUsage
from extension_pool.ops.review.model import Change, Operation
from extension_pool.ops.review.rules import Rules, parse_rules
from extension_pool.ops.review.rules_model import Demand, EnvironmentRules, ReviewRules, Window
from extension_pool.validation import words_of

from .ruled import IDENTITY, POOL, ROLE, change

ROOT = Path(__file__).parents[4]


def problems(text: str) -> list[str]:
    with pytest.raises(BadUsage) as raised:
        parse_rules(text)
    return str(raised.value).splitlines()


def holding(text: str, one: Change, environment: str = "prod", operation: Operation | None = None) -> list[str]:
    """Where the demands stand that a change must meet."""
    return [clause.place for clause in parse_rules(text).clauses(environment, one, operation or one.operation)]


def test_the_rules_of_this_repository_are_right() -> None:
    rules = parse_rules((ROOT / "review.yaml").read_text(encoding="utf-8"))
    for stack in (ROOT / "stacks").glob("Pulumi.*.yaml"):
        assert rules.scopes(stack.name.split(".")[1])[0][0][0] == "environments"


def test_the_rules_of_the_documentation_are_right_and_every_word_is_explained() -> None:
    page = (ROOT / "docs" / "review.md").read_text(encoding="utf-8")
    parse_rules(page.split("```yaml\n")[1].split("```")[0])
    for model in (Window, Demand, EnvironmentRules, ReviewRules):
        assert [
            word for word in words_of(model, stack_words=True) if f"{word}:" not in page and f"`{word}`" not in page
        ] == []


def test_all_mistakes_are_told_at_once_each_with_its_line() -> None:
    text = """\
maxAge: 24
windows:
  night: {days: Munday, from: 22, zone: Europe/Berln}
  noon: {from: 12:00, to: 12:00}
environments:
  prod:
    delte: never
    replace: {needsLabel: [a, b], onlyIn: nigt}
    update: {}
    create: nevr
    create: never
    pools:
      azure-native:batch:Pool: {delete: never}
      render: {}
    resources:
      identities: {delete: never}
    preview: maybe
  qa:
  dev: {}
  it: {delete: {needsAllLabels: []}}
"""
    assert problems(text) == [
        "review.yaml: has 18 problems, and nothing passes until they are mended:",
        'review.yaml:1: maxAge: must be a duration of at most 7 days, got "24"; write for example "24h" or "PT24H"',
        'review.yaml:3: windows.night.days: must be a day or a range of days, got "Munday"; allowed Mon, Tue, Wed, '
        "Thu, Fri, Sat, Sun, Mon-Fri; did you mean Mon?",
        'review.yaml:3: windows.night.from: must be a time of day, got "22"; write for example "22:00"',
        'review.yaml:3: windows.night.zone: must be an IANA time zone, got "Europe/Berln"; did you mean Europe/Berlin?',
        "review.yaml:4: windows.noon: opens and closes at the same time; leave both times out",
        "review.yaml:7: environments.prod.delte: unknown key of environments.prod; did you mean delete?",
        'review.yaml:8: environments.prod.replace.needsLabel: must be one label, got ["a", "b"]; write needsAnyLabel '
        "or needsAllLabels for several",
        'review.yaml:8: environments.prod.replace.onlyIn: must be one of windows, got "nigt"; did you mean night?',
        "review.yaml:9: environments.prod.update: must be never, or what it needs, got {}; write never, or for example "
        "{needsLabel: recreate-ok}",
        "review.yaml:10: environments.prod.create: stands twice, in line 10 and in line 11; keep one",
        'review.yaml:10: environments.prod.create: must be never, or what it needs, got "nevr"; write never, or for '
        "example {needsLabel: recreate-ok}",
        "review.yaml:13: environments.prod.pools.azure-native:batch:Pool: as a name must be the name of a pool, or a "
        'pattern of names; types go under resources, got "azure-native:batch:Pool"; rename it',
        "review.yaml:14: environments.prod.pools.render: says nothing, got {}; say what an operation needs, or "
        "remove it",
        "review.yaml:16: environments.prod.resources.identities: as a name must be a type of Pulumi's, or a pattern of "
        'types such as azure-native:keyvault:*, got "identities"; rename it',
        'review.yaml:17: environments.prod.preview: must be one of the allowed values, got "maybe"; allowed '
        "'required' or 'optional'",
        "review.yaml:18: environments.qa: has no value; write free if nothing needs an approval",
        "review.yaml:19: environments.dev: must say what holds, got {}; write free if nothing needs an approval",
        "review.yaml:20: environments.it.delete.needsAllLabels: must not be empty, got []",
    ]


@pytest.mark.parametrize("text", ["", "\n", "# only a comment\n", "~", "{}", "---\n"])
def test_an_empty_file_is_refused_since_it_would_let_everything_pass(text: str) -> None:
    assert problems(text) == ["review.yaml: must hold rules, got an empty file, which would let everything pass"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("maxAge: 1h", "review.yaml:1: environments: required, but missing; add it"),
        ("environments: {}", "review.yaml:1: environments: required, but missing; add it"),
        ("environments: {prod: }", "review.yaml:1: environments.prod: has no value; write free if"),
        ("environments: {prod: free, prod: {delete: never}}", "environments.prod: stands twice"),
        ("environments: {prod: {replace: }}", "environments.prod.replace: has no value; add it, or remove it"),
        ("environments: {prod: {pools: {}}}", "environments.prod.pools: must not be empty"),
        ("environments: {prod: {resources: {}}}", "environments.prod.resources: must not be empty"),
        (
            "environments: {prod: {replace: {needsLabel: ''}}}",
            "needsLabel: must be a label as the pull request shows it",
        ),
        ("others:", "review.yaml:1: others: has no value; write free if nothing needs an approval"),
        ("others: {preview: optional, delete: never}", "others.preview: unknown key of others"),
        ("- prod", "(the whole input): must be a mapping"),
        ("prod: {delete: never}", "prod: unknown key"),
    ],
)
def test_a_slip_that_would_leave_something_open_is_refused(text: str, said: str) -> None:
    assert said in "\n".join(problems(text))


def test_what_is_no_yaml_is_refused_with_its_line() -> None:
    assert problems("environments:\n  prod: [\n")[0].startswith(
        "review.yaml:3: must be YAML, got what cannot be read: expected"
    )


def test_without_time_zone_data_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("extension_pool.ops.review.rules_model.available_timezones", set)
    monkeypatch.setattr("extension_pool.ops.review.rules_model.ZoneInfo", _no_data)
    text = "windows: {night: {zone: Europe/Berlin}}\nothers: {delete: {onlyIn: night}}"
    assert problems(text) == [
        'review.yaml:1: windows.night.zone: this machine has no time zone data, got "Europe/Berlin"; '
        "run: pip install tzdata; nothing passes until this is mended"
    ]
    # UTC is always known
    assert parse_rules(text.replace("Europe/Berlin", "UTC")).window("night").zone == "UTC"


def _no_data(name: str) -> None:
    from zoneinfo import ZoneInfoNotFoundError

    raise ZoneInfoNotFoundError(name)


@pytest.mark.parametrize("zone", ["localtime", "../../etc/passwd", "/etc/localtime", "Mars/Olympus", "europe"])
def test_only_zones_that_are_the_same_everywhere_are_taken(zone: str) -> None:
    text = f"windows: {{night: {{zone: {zone}}}}}\nothers: {{delete: {{onlyIn: night}}}}"
    assert "zone: must be an IANA time zone" in problems(text)[0]


@pytest.mark.parametrize(
    ("written", "days"),
    [
        ("Mon-Fri", "Mon Tue Wed Thu Fri"),
        ("Fri-Mon", "Mon Fri Sat Sun"),
        ("[Sat, Mon - Tue]", "Mon Tue Sat"),
        ("Sun", "Sun"),
        ("Wed-Wed", "Wed"),
    ],
)
def test_days_are_days_and_ranges(written: str, days: str) -> None:
    text = f"windows: {{night: {{days: {written}}}}}\nothers: {{delete: {{onlyIn: night}}}}"
    assert parse_rules(text).window("night").days == days.split()


EVERY = """\
environments:
  prod:
    replace: {needsLabel: a}
    pools:
      render-*: {replace: {needsLabel: b}}
      "*": {replace: {needsLabel: c}}
    resources:
      azure-native:batch:*: {replace: {needsLabel: d}}
      azure-native:managedidentity:*: {replace: {needsLabel: e}}
  p*:
    replace: {needsLabel: f}
others:
  replace: {needsLabel: g}
"""


@pytest.mark.parametrize(
    ("one", "lines"),
    [
        (change(name="render-gpu"), [3, 5, 6, 8, 10]),
        (change(name="windows"), [3, 6, 8, 10]),
        (change(name="RENDER-gpu"), [3, 5, 6, 8, 10]),
        # its name in Batch counts as well
        (change(name="farm", pool="render-1f2e3d4c"), [3, 5, 6, 8, 10]),
        (change(name="render-identity", kind=IDENTITY), [3, 9, 10]),
        (change(name="render-role", kind=ROLE), [3, 10]),
        (change(name="render-gpu", kind="azure-native:batch/v20240701:Pool"), [3, 5, 6, 8, 10]),
        (change(name="render-gpu", kind="azure-native_batch_v20251201:batch:Pool"), [3, 5, 6, 8, 10]),
        (change(Operation.DELETE, name="render-gpu"), []),
    ],
)
def test_every_rule_that_fits_holds(one: Change, lines: list[int]) -> None:
    expected = [f"review.yaml:{11 if line == 10 else line}" for line in lines]
    assert holding(EVERY, one) == expected


def test_others_are_those_that_no_name_and_no_pattern_means() -> None:
    assert holding(EVERY, change(), "preprod") == ["review.yaml:11"]
    assert holding(EVERY, change(), "qa") == ["review.yaml:13"]
    assert parse_rules("environments: {prod: free}").scopes("qa") == ()


def test_an_environment_may_be_named_by_its_stack_alone() -> None:
    assert holding(EVERY, change(), "acme/farm/prod")[0] == "review.yaml:3"
    assert holding("environments: {acme/*/prod: {replace: never}}", change(), "acme/farm/prod") == ["review.yaml:1"]
    assert holding("environments: {acme/*/prod: {replace: never}}", change(), "prod") == []


def test_a_pool_whose_name_is_not_known_is_meant_by_every_pattern() -> None:
    text = "environments: {prod: {pools: {render-*: {delete: never}}}}"
    assert holding(text, change(Operation.DELETE, name="other")) == []
    # the twin: who cannot name it cannot say that it is another
    assert holding(text, change(Operation.DELETE, name="other", ours=False, pool=None)) == ["review.yaml:1"]
    assert holding(text, change(Operation.DELETE, name="", pool=None)) == ["review.yaml:1"]


def test_the_engines_own_resources_are_meant_only_by_name() -> None:
    text = "environments: {prod: {delete: never, resources: {'*': {delete: never}}}}"
    provider = change(Operation.DELETE, "default_3_29_0", "pulumi:providers:azure-native")
    component = change(Operation.DELETE, "render", "extension-pool:index:ExtensionPool")
    assert holding(text, provider) == holding(text, component) == []
    assert len(holding(text, change(Operation.DELETE, "x", "random:index:Id"))) == 2
    named = "environments: {prod: {resources: {'pulumi:providers:*': {delete: never}}}}"
    assert holding(named, provider) == ["review.yaml:1"]


def test_the_shortest_age_that_is_said_holds() -> None:
    rules = parse_rules(
        "maxAge: 24h\nenvironments: {prod: {maxAge: 2h}, p*: {maxAge: 3h}, qa: {maxAge: 2d}, dev: free}"
    )
    assert [rules.max_age(name) for name in ("prod", "pre", "qa", "dev")] == [7200, 10800, 86400, 86400]
    assert parse_rules("others: free").max_age("prod") is None


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm() -> None:
    rules = parse_rules("\ufeffenvironments:\r\n  prod:\r\n    delete: never\r\n")
    assert [one.place for one in rules.clauses("prod", change(Operation.DELETE), Operation.DELETE)] == ["review.yaml:3"]


words = st.sampled_from(
    ["environments", "others", "prod", "free", "never", "delete", "replace", "pools", "render*", "needsLabel", "onlyIn"]
)
trees = st.recursive(
    st.one_of(words, st.text(max_size=5)),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.one_of(words, st.text(max_size=5)), inner, max_size=3)
    ),
    max_leaves=10,
)


@given(trees)
def test_any_tree_is_rules_or_refused(tree: object) -> None:
    import yaml

    try:
        rules = parse_rules(yaml.safe_dump(tree))
    except BadUsage as error:
        assert str(error).startswith("review.yaml")
    else:
        assert isinstance(rules, Rules)
        assert rules.content.environments or rules.content.others


def test_pool_names_of_the_classic_provider_count_too() -> None:
    text = "environments: {prod: {pools: {render: {delete: never}}}}"
    assert holding(text, change(Operation.DELETE, "render", "azure:batch/pool:Pool", ours=False, pool="render"))
    assert holding(text, change(Operation.DELETE, "render", POOL))
    assert not holding(text, change(Operation.DELETE, "render", "azure-native:batch:BatchAccount"))
