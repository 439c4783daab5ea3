import pytest

from extension_pool.ops.errors import BadUsage
from extension_pool.ops.posting.environment import missing, read, read_number


def test_the_first_variable_with_a_value_counts() -> None:
    environ = {"A": " ", "B": "$(System.AccessToken)", "C": " x ", "D": "y"}
    assert read(environ, "NONE", "A", "B", "C", "D") == "x"
    assert read(environ, "A", "B") is None
    # a value that only looks like one of Azure Pipelines
    assert read({"E": "$(half"}, "E") == "$(half"


def test_a_number_is_whole_and_above_zero() -> None:
    assert read_number({"A": "", "B": "12"}, "A", "B") == 12
    assert read_number({}, "A") is None
    with pytest.raises(BadUsage, match=r"^A: must be the number of a pull request, got '0'$"):
        read_number({"A": "0", "B": "12"}, "A", "B")


def test_what_is_missing_is_told_with_where_it_comes_from() -> None:
    error = missing("github", {"A": "from here", "B": "from there"})
    assert str(error) == "--post github: needs 2 more of the environment: A: from here; B: from there"
    assert error.exit_code == 2
