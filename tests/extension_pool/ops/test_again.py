import shlex

from hypothesis import given
from hypothesis import strategies as st

from extension_pool.ops.again import command_line, unless


def test_the_command_is_what_was_given_and_yes() -> None:
    options = (("--stack", "prod"), ("--pool", ["a", "b"]), ("--to", None), ("--unlock", True), ("--busy", False))
    assert command_line("repair", *options) == "extension-pool repair --stack prod --pool a --pool b --unlock --yes"
    assert command_line("recover") == "extension-pool recover --yes"


def test_a_default_need_not_be_said() -> None:
    assert (unless("1h", "1h"), unless("2h", "1h")) == (None, "2h")


@given(st.text())
def test_a_shell_reads_each_value_as_it_was(value: str) -> None:
    assert shlex.split(command_line("migrate", ("--to", value)))[3] == value
