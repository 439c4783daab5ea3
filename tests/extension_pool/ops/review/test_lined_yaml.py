import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from extension_pool.ops.review.lined_yaml import LinedDocument, NotYaml, parse_lined


def test_values_stay_as_they_are_typed() -> None:
    document = parse_lined("a: 22:00\nb: on\nc: 007\nd: '~'\ne: ~\nf:\ng: [1.50, null]\n")
    assert document.tree == {"a": "22:00", "b": "on", "c": "007", "d": "~", "e": None, "f": None, "g": ["1.50", None]}


def test_each_place_has_its_line() -> None:
    lines = parse_lined("# first\na:\n  - x\n  - b: 1\n    'c d': 2\n").lines
    assert lines[("a",)] == 2
    assert (lines[("a", 0)], lines[("a", 1)]) == (3, 4)
    assert (lines[("a", 1, "b")], lines[("a", 1, "c d")]) == (4, 5)


def test_a_key_that_stands_twice_is_told_with_both_lines() -> None:
    document = parse_lined("a:\n  b: 1\n  b: 2\n")
    assert [one.sentence() for one in document.problems] == ["a.b: stands twice, in line 2 and in line 3; keep one"]
    assert document.tree == {"a": {"b": "1"}}


def test_merge_keys_take_in_what_the_mapping_does_not_say_itself() -> None:
    document = parse_lined("x: &x {a: 1, b: 2}\ny: &y {b: 3, c: 4}\nz:\n  <<: [*x, *y]\n  a: 0\n")
    assert document.tree["z"] == {"a": "0", "b": "2", "c": "4"}
    assert document.lines[("z", "c")] == 2
    assert document.problems == ()


def test_what_a_merge_key_cannot_take_in_is_told() -> None:
    assert [one.rule for one in parse_lined("z:\n  <<: text\n").problems] == ["<< takes in mappings only (line 2)"]


BOMB = "\n".join(
    ["a0: &a0 [1,1,1,1,1,1,1,1,1,1]", *(f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9))]
)


@pytest.mark.parametrize(
    ("text", "words", "line"),
    [
        ("a: [1\nb: 2\n", "expected ',' or ']'", 2),
        ("a: 1\n---\nb: 2\n", "but found another document", 2),
        ("a: &a [*a]", "an alias contains itself", 1),
        ("a: *b", "found undefined alias", 1),
        (BOMB, "has too many values", 1),
        ("[" * 5000, "is nested too deep", None),
        ("a: \x07", "special characters are not allowed", None),
    ],
)
def test_what_cannot_be_read_is_told_in_a_line(text: str, words: str, line: int | None) -> None:
    with pytest.raises(NotYaml) as raised:
        parse_lined(text)
    assert words in str(raised.value)
    assert raised.value.line == line


plain = st.recursive(
    st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=12,
)


@given(plain)
def test_it_reads_what_yaml_writes(tree: object) -> None:
    document = parse_lined(yaml.safe_dump(tree, default_style='"', allow_unicode=True))
    assert document.tree == tree
    assert document.problems == ()


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        assert isinstance(parse_lined(text), LinedDocument)
    except NotYaml as error:
        assert str(error)
