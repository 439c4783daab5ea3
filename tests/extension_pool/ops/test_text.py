import unicodedata

from hypothesis import given, settings
from hypothesis import strategies as st

from extension_pool.ops.text import clean_block, clean_line, count, some


def test_control_characters_are_dropped_and_blanks_are_one() -> None:
    assert clean_line("a\x1b[31mb\x07\x9b2Jc\u202ed\u200be\ud800\r\n\t f") == "a[31mb2Jcde f"
    assert clean_block("one\r\n\n  two\x0bthree\u2028four\x1b]0;title\x07") == ["one", "two", "three", "four]0;title"]


@settings(deadline=None)
@given(st.text())
def test_nothing_of_the_kind_is_left(text: str) -> None:
    for line in [clean_line(text), *clean_block(text)]:
        assert not [char for char in line if unicodedata.category(char) in {"Cc", "Cf", "Cs", "Zl", "Zp"}]


def test_counting() -> None:
    assert [count(number, "node") for number in (0, 1, 2)] == ["0 nodes", "1 node", "2 nodes"]
    assert some(["a", "b", "c"], 2) == "a, b and 1 more"
    assert some(["a"], 2) == "a"
