"""The README says what there is, and no more than a person reads."""

from __future__ import annotations

import re

import typer

from engine import __main__ as engine_command
from extension_pool.ops.commands import app
from tests.docs.pages import ROOT, read

LONGEST = 155
"""Lines: what is longer belongs on a page of its own."""

COMMANDS = read("README.md").partition("## Commands")[2]


def named(what: str) -> set[str]:
    """The words behind `what` in the first column of the table of commands."""
    rows = [line.split(" | ")[0] for line in COMMANDS.splitlines() if line.startswith("| `")]
    cells = [row for row in rows if row.startswith(f"| `{what} ")]
    return {word for cell in cells for word in re.findall(r"[a-z]+", cell.replace(f"`{what} ", "`"))}


def test_every_command_is_in_the_table_and_nothing_else() -> None:
    commands = set(typer.main.get_command(app).commands)  # type: ignore[attr-defined]
    assert named("extension-pool") == commands


def test_every_target_of_make_is_in_the_table_and_nothing_else() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):.*##", makefile, re.MULTILINE)) - {"help"}
    assert named("make") == targets


def test_it_is_short_enough_to_be_read() -> None:
    assert len(read("README.md").splitlines()) <= LONGEST


def test_the_exit_codes_are_told() -> None:
    told = (
        "0 healthy or done, 1 the verdict is no, 2 bad usage or configuration, 3 could not ask Azure, 130 interrupted"
    )
    assert told in COMMANDS
    assert engine_command.INTERRUPTED == 130
