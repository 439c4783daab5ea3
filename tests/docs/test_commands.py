"""Every command on a page is one that its program takes."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.docs.commands import PROGRAMS, TOOLS, judge
from tests.docs.console import Simple, simple_commands, steps_of
from tests.docs.pages import ROOT, Block, all_blocks

CONSOLE = [block for block in all_blocks() if block.language in {"console", "bash", "sh", ""}]


def commands_of(block: Block) -> list[tuple[str, Simple]]:
    return [
        (step.place, simple)
        for step in steps_of(block, PROGRAMS)
        if step.command
        for simple in simple_commands(step.command)
    ]


@pytest.mark.parametrize("block", CONSOLE, ids=lambda block: block.place)
def test_a_reader_who_copies_a_command_is_understood(block: Block) -> None:
    wrong = [f"{place}: {problem}" for place, simple in commands_of(block) if (problem := judge(simple))]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("extension-pool gate --stack prod --require 95% --wait 20m", ""),
        ("extension-pool gates", "has no command 'gates'"),
        ("extension-pool status --nodes x", "--nodes"),
        ("pulumi destroy --run-program", ""),
        ("pulumi destroy --with-program", "--with-program"),
        ("pulumi stack select prod --create", ""),
        ("pulumi fly", "no command"),
        ("pulumi state delete 'urn:...' --stack prod", ""),
        ("pulumi state delete 'urn:...' --stak prod", "--stak"),
        ("make up STACK=staging", ""),
        ("make hay", "no target hay"),
        ("make up STAK=dev", "no variable STAK"),
        ("az group create --name rg --location westeurope", ""),
        ("az group create --nmae rg", "--nmae"),
        ("az group fly", "tools.toml"),
        ("pip install 'batch-extension-pool[ops]'", ""),
        ("pip install 'batch-extension-pool[opps]'", "no extra opps"),
        (".venv/bin/python -m engine run -- extension-pool diagnose --stack dev", ""),
        (".venv/bin/python -m engine run -- extension-pool diagnos", "has no command"),
        (".venv/bin/python -m engine up --stak dev", "unrecognized"),
        (".venv/bin/python -m extension_pool.no_such_module", "no module"),
        ("rm -rf build", "no test knows"),
    ],
)
def test_a_command_with_a_mistake_is_found(command: str, said: str) -> None:
    (simple,) = simple_commands(command)
    problem = judge(simple)
    assert (problem is None) if not said else (problem is not None and said in problem)


QUICK = {"extension_pool.node_health", "policy.configuration"}
"""Modules that only print: a page that names one with its options is taken at its word."""

MODULES = {
    place: simple.words[2:]
    for block in CONSOLE
    for place, simple in commands_of(block)
    if simple.words[1:2] == ("-m",) and simple.words[2] in QUICK
}


@pytest.mark.parametrize("place", MODULES)
def test_a_module_that_a_page_runs_does_what_it_is_asked(place: str) -> None:
    ran = subprocess.run([sys.executable, "-m", *MODULES[place]], cwd=ROOT, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_every_quick_module_is_on_a_page() -> None:
    assert {words[0] for words in MODULES.values()} == QUICK


def test_what_pages_ask_of_other_programs_has_its_source() -> None:
    assert all(entry["source"].startswith("https://") for tool in TOOLS.values() for entry in tool.values())


def test_pipes_redirections_and_assignments_are_read_as_a_shell_reads_them() -> None:
    assert simple_commands("A=1 pulumi stack export --show-secrets | extension-pool import - > out.json") == [
        Simple(("pulumi", "stack", "export", "--show-secrets"), ("A=1",)),
        Simple(("extension-pool", "import", "-"), (), ("out.json",)),
    ]


def test_a_block_is_read_as_commands_and_what_they_print() -> None:
    block = Block("p.md", 10, "console", "$ make up   # now\nlocal Azure: ...\n\n$ pulumi up \\\n    --yes\ndone")
    first, second = steps_of(block, PROGRAMS)
    assert (first.command, first.output, first.line) == ("make up", ("local Azure: ...", ""), 10)
    assert (second.command, second.output) == ("pulumi up --yes", ("done",))


@given(
    commands=st.lists(st.sampled_from(["make up", "pulumi up", "extension-pool status"]), min_size=1), data=st.data()
)
def test_no_line_of_a_block_is_lost(commands: list[str], data: st.DataObject) -> None:
    outputs = [data.draw(st.lists(st.text("ab .#", max_size=9).map(lambda text: f"> {text}"))) for _ in commands]
    lines = [line for command, output in zip(commands, outputs, strict=True) for line in (f"$ {command}", *output)]
    steps = steps_of(Block("p.md", 1, "console", "\n".join(lines)), PROGRAMS)
    assert [(step.command, list(step.output)) for step in steps] == list(zip(commands, outputs, strict=True))
    assert [lines[step.line - 1] for step in steps] == [f"$ {command}" for command in commands]


def test_a_block_of_commands_alone_needs_no_prompts() -> None:
    block = Block("p.md", 1, "console", "make test     # all\n\nmake drills")
    assert [step.command for step in steps_of(block, PROGRAMS)] == ["make test", "make drills"]


def test_a_block_that_begins_with_no_command_is_what_something_printed() -> None:
    (step,) = steps_of(Block("p.md", 1, "console", "error: it is so\n  and so"), PROGRAMS)
    assert (step.command, step.output) == ("", ("error: it is so", "  and so"))
