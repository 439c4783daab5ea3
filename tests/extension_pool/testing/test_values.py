"""What goes over the wire comes out as it was, and property paths are read as Pulumi writes them."""

from __future__ import annotations

import copy
from typing import Any

import pulumi
import pytest
from hypothesis import given
from hypothesis import strategies as st

from extension_pool.problems import render_path
from extension_pool.testing import run_program
from extension_pool.testing.values import (
    UNKNOWN,
    NotRecorded,
    Secret,
    at,
    covers,
    is_plain,
    parse_path,
    reveal,
    secret_places,
)

NAMES = st.text('abc.-_ "\\', min_size=1, max_size=5)
PATHS = st.lists(NAMES | st.integers(0, 20), min_size=1, max_size=5).map(tuple)
LEAVES = st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=5) | st.floats(-1e9, 1e9)
TREES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", min_size=1), inner, max_size=3) | inner.map(Secret)
    ),
    max_leaves=8,
)


@given(path=PATHS)
def test_a_path_is_read_as_it_is_written(path: tuple[str | int, ...]) -> None:
    # a quote or a space alone is written without brackets, and read so
    assert parse_path(render_path(path)) == path


def test_paths_are_read_in_the_forms_of_pulumi() -> None:
    assert parse_path('a.b[0]["c.d"][*].e') == ("a", "b", 0, "c.d", "*", "e")
    assert parse_path("*") == ("*",) and parse_path("") == ()


@given(path=PATHS, below=PATHS)
def test_a_path_covers_itself_and_what_is_below_it_and_not_what_is_above(path: Any, below: Any) -> None:
    assert covers(path, path) and covers(path, (*path, *below)) and covers(("*",) * len(path), path)
    assert not covers((*path, *below), path)


@given(tree=st.dictionaries(st.text("abc", min_size=1), TREES, max_size=4))
def test_every_tree_comes_over_the_wire_with_its_secrets_where_they_are(tree: dict[str, Any]) -> None:
    found = run_program(lambda: {"tree": _with_outputs(tree)}).exports["tree"]
    assert found == tree
    assert reveal(found) == reveal(tree)


def _with_outputs(tree: Any) -> Any:
    if isinstance(tree, Secret):
        return pulumi.Output.secret(tree.value)
    if isinstance(tree, dict):
        return {key: _with_outputs(value) for key, value in tree.items()}
    return [_with_outputs(value) for value in tree] if isinstance(tree, list) else tree


def test_unknown_is_one_value_wherever_it_is_copied() -> None:
    assert copy.deepcopy({"a": UNKNOWN})["a"] is UNKNOWN and repr(UNKNOWN) == "UNKNOWN"
    assert not is_plain([{"a": UNKNOWN}]) and not is_plain({"a": Secret(1)}) and is_plain({"a": [1, "b", None]})


@given(value=TREES)
def test_a_secret_is_never_shown(value: Any) -> None:
    secret = Secret({"hunter2": value})
    assert repr(secret) == str(secret) == f"{secret}" == "Secret(...)"
    assert secret == Secret({"hunter2": value}) != {"hunter2": value}
    assert list(secret_places({"a": [1, secret]})) == [("a", 1)]


def test_what_is_within_a_secret_is_secret_and_what_is_not_there_is_named() -> None:
    tree = {"a": [Secret({"b": {"c": 1}})], "u": UNKNOWN}
    assert at(tree, ("a", 0, "b", "c")) == Secret(1)
    assert at(tree, ("u", "x")) is UNKNOWN
    with pytest.raises(NotRecorded, match=r"a\[1\]: not there; a has 0"):
        at(tree, ("a", 1))
