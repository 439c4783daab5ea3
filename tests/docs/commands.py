"""Whether a command on a page is one that its program takes: asked of the program itself wherever it is here."""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import io
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import typer

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # type: ignore[import-not-found, unused-ignore]

from engine import __main__ as engine_command
from engine.get import ENGINE
from extension_pool.ops.commands import app
from tests.docs.console import Simple
from tests.docs.pages import ROOT

TOOLS: Mapping[str, Any] = tomllib.loads((Path(__file__).parent / "tools.toml").read_text(encoding="utf-8"))
OWN = frozenset({"make", "pulumi", "extension-pool", "python", "python3", "pytest", "ruff", "mypy"})
PROGRAMS = OWN | frozenset(TOOLS)


def judge(simple: Simple) -> str | None:
    """What is wrong with a command; None when its program takes it."""
    if not simple.words:
        return None
    program, *words = simple.words
    name = program.rsplit("/", 1)[-1]
    if program.startswith(("~", "/")):
        return f"{program}: a path of one machine"
    own: dict[str, Callable[[list[str]], str | None]] = {
        "make": _make,
        "pulumi": _pulumi,
        "extension-pool": extension_pool,
        "python": _python,
        "python3": _python,
        "pytest": _python_tool,
        "ruff": _python_tool,
        "mypy": _python_tool,
    }
    if name in own:
        return own[name](words)
    if name in TOOLS:
        return _tool(name, words)
    return f"{name}: a program that no test knows; is it in tests/docs/tools.toml?"


def extension_pool(words: list[str]) -> str | None:
    """Parsed by the command itself, which is not run."""
    group = typer.main.get_command(app)
    if not words:
        return None
    command = group.commands.get(words[0])  # type: ignore[attr-defined]
    if command is None:
        return f"extension-pool has no command {words[0]!r}"
    try:
        command.make_context(words[0], [_without_ellipsis(word) for word in words[1:] if word != "..."])
    except Exception as error:
        if type(error).__name__ == "Exit":
            return None
        # typer brings its own copy of click, so the class is known by name alone
        if hasattr(error, "format_message"):
            return f"extension-pool {words[0]}: {error.format_message()}"
        raise
    return None


def _make(words: list[str]) -> str | None:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z][a-z-]*):", text, re.MULTILINE))
    variables = set(re.findall(r"\$\((?:if \$\()?([A-Z]+)\)", text))
    for word in words:
        variable, assigns, _ = word.partition("=")
        if assigns and variable not in variables:
            return f"the Makefile has no variable {variable}"
        if not assigns and word not in targets:
            return f"the Makefile has no target {word}"
    return None


def _pulumi(words: list[str]) -> str | None:
    """Compared with `pulumi COMMAND --help`."""
    depth = next((index for index, word in enumerate(words) if word.startswith("-")), len(words))
    names = [word for word in words[:depth] if re.fullmatch(r"[a-z][a-z-]*", word)]
    while names and pulumi_options(" ".join(names)) is None:
        names.pop()
    if not names:
        return f"pulumi has no command {' '.join(words[:2])!r}"
    known = pulumi_options(" ".join(names)) or frozenset()
    unknown = [word for word in words if word.startswith("-") and len(word) > 1 and word.split("=")[0] not in known]
    return f"pulumi {' '.join(names)} has no option {', '.join(unknown)}" if unknown else None


@cache
def pulumi_options(command: str) -> frozenset[str] | None:
    """The options of a pulumi command; None when there is no such command."""
    pulumi = ENGINE / "bin" / "pulumi"
    asked = subprocess.run(
        [pulumi if pulumi.exists() else "pulumi", *command.split(), "--help"],
        capture_output=True,
        text=True,
        env={"PULUMI_SKIP_UPDATE_CHECK": "true", "PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(ENGINE / "home")},
    )
    named = re.search(rf"^  pulumi {command}( |$)", asked.stdout, re.MULTILINE)
    aliases = re.search(r"^Aliases:\n  (.*)$", asked.stdout, re.MULTILINE)
    if asked.returncode != 0 or not (named or (aliases and command.split()[-1] in aliases[1].split(", "))):
        return None
    return frozenset(re.findall(r"^ +(?:-\w, )?(--[\w-]+)", asked.stdout, re.MULTILINE)) | frozenset(
        re.findall(r"^ +(-\w), --", asked.stdout, re.MULTILINE)
    )


def _python(words: list[str]) -> str | None:
    if words[:2] == ["-m", "engine"]:
        return _engine(words[2:])
    if words[:2] == ["-m", "pip"]:
        return _tool("pip", words[2:])
    if words[:2] == ["-m", "pytest"]:
        return _python_tool(words[2:])
    if words[:1] == ["-m"] and len(words) > 1:
        if importlib.util.find_spec(words[1]) is None:
            return f"there is no module {words[1]}"
        return _module(words[1], words[2:])
    return f"python {' '.join(words)}: only modules (-m) are run on pages"


def _module(name: str, words: list[str]) -> str | None:
    """The options that a module's own help names."""
    options = [word.split("=")[0] for word in words if word.startswith("--")]
    if not options:
        return None
    asked = subprocess.run([sys.executable, "-m", name, "--help"], capture_output=True, text=True, cwd=ROOT)
    known = set(re.findall(r"(?<![\w-])--[\w-]+", asked.stdout + asked.stderr))
    unknown = sorted(set(options) - known)
    return f"python -m {name} has no option {', '.join(unknown)}" if unknown else None


def _engine(words: list[str]) -> str | None:
    heard = io.StringIO()
    try:
        with contextlib.redirect_stderr(heard), contextlib.redirect_stdout(heard):
            options: argparse.Namespace = engine_command._parser().parse_args(words)
    except SystemExit as end:
        return None if end.code == 0 else f"python -m engine: {heard.getvalue().strip().splitlines()[-1]}"
    inner = [word for word in getattr(options, "arguments", []) if word != "--"]
    if words[:1] == ["pulumi"]:
        return _pulumi(inner)
    if words[:1] == ["run"]:
        return judge(Simple(tuple(inner)))
    return None


def _python_tool(words: list[str]) -> str | None:
    """Files that a tool of this project is given are there."""
    for word in words:
        path = word.split("::")[0]
        if ("/" in path or path.endswith(".py")) and not path.startswith("-") and not (ROOT / path).exists():
            return f"{path}: there is no such file"
    return None


def _tool(name: str, words: list[str]) -> str | None:
    """Compared with what tools.toml has of it."""
    commands = TOOLS[name]
    depth = next((index for index, word in enumerate(words) if word.startswith("-")), len(words))
    command = " ".join(words[:depth])
    while command not in commands:
        if not command:
            return f"{name} {' '.join(words[:3])}: not in tests/docs/tools.toml"
        command = command.rpartition(" ")[0]
    known = set(commands[command]["options"])
    unknown = [word for word in words if word.startswith("-") and word.split("=")[0] not in known]
    if unknown:
        return f"{name} {command}: option {', '.join(unknown)} is not in tests/docs/tools.toml"
    return _extras(words) if name == "pip" else None


def _extras(words: list[str]) -> str | None:
    """What pip is told to install of this project is something that it has."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for word in words:
        if found := re.match(r"(?:\.|([\w-]+))\[([\w,]+)\]", word):
            if found[1] not in (None, project["name"]):
                return f"pip install {word}: not this distribution, which is {project['name']}"
            if unknown := set(found[2].split(",")) - set(project["optional-dependencies"]):
                return f"pip install {word}: no extra {', '.join(sorted(unknown))}"
    return None


def _without_ellipsis(word: str) -> str:
    return word.removesuffix("...") or word
