"""Wording of problems: path, rule, value, what to do; never a secret."""

import pytest

from extension_pool.problems import InvalidInput, Later, Notice, Problem, nearest, open_later, render_path, show_value


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (("a", "b"), "a.b"),
        (("extensions", 0, "settings", "x"), "extensions[0].settings.x"),
        (("settings", "a.b"), 'settings["a.b"]'),
        ((), "(the whole input)"),
    ],
)
def test_paths_read_as_their_author_would_write_them(path: tuple[str | int, ...], text: str) -> None:
    assert render_path(path) == text


def test_a_problem_says_path_rule_value_allowed_and_next_step() -> None:
    problem = Problem(("pools", "linux", "x"), "must be y", 5, "y, z", "choose y")
    assert problem.sentence() == "pools.linux.x: must be y, got 5; allowed y, z; choose y"


def test_a_protected_value_is_not_shown() -> None:
    problem = Problem(("extensions", 0, "protectedSettings", "key"), "must be a string", "hunter2")
    assert problem.sentence().endswith("must be a string, got a value that is not shown")
    assert "hunter2" not in Problem(("extensions",), "must be a list", {"protected_settings": "hunter2"}).sentence()


def test_long_values_are_shortened_and_unprintable_ones_still_shown() -> None:
    assert len(show_value("x" * 500)) == 80
    assert show_value({1, 2}) == '"{1, 2}"'
    assert show_value(Later("secret")) == '"<known later>"'


@pytest.mark.parametrize(
    ("word", "meant"),
    [("vmsize", "vmSize"), ("vm_size", "vmSize"), ("extension", "extensions"), ("zzz", None)],
)
def test_the_nearest_known_word(word: str, meant: str | None) -> None:
    assert nearest(word, ["vmSize", "extensions", "image"]) == meant


def test_all_problems_stand_in_one_error() -> None:
    error = InvalidInput([Problem(("a",), "one"), Problem(("b",), "two")])
    assert str(error) == "a: one\nb: two"


def test_notices_name_their_place() -> None:
    assert Notice(("image",), "is old").sentence() == "image: is old"


def test_what_is_known_later_is_opened_everywhere() -> None:
    assert open_later({"a": [Later(1), {"b": Later(2)}], "c": 3}) == {"a": [1, {"b": 2}], "c": 3}
