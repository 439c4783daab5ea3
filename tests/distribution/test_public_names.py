"""What is public is listed in one place, is there, is typed, and is all that programs are told to use."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from typing_extensions import is_typeddict

from extension_pool import public
from extension_pool.public import PACKAGE, PUBLIC, names_of, public_names, render_api

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "api.md"
COMMAND = ".venv/bin/python -m extension_pool.public > docs/api.md"
EVERY = [(module, name) for module in PUBLIC for name in names_of(module)]

# they go into programs of users, or users copy from them
PROGRAMS = [ROOT / "__main__.py", *sorted((ROOT / "examples").rglob("*.py"))]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
SNIPPET = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


def test_the_page_is_current() -> None:
    if not PAGE.is_file() or PAGE.read_text(encoding="utf-8") != render_api():
        pytest.fail(f"docs/api.md is not what the code says; run: {COMMAND}")


def test_each_public_name_is_on_the_page_once_with_words() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (.+) \|$", render_api(), re.MULTILINE)
    assert [name for name, _ in rows] == [name for _, name in EVERY]
    assert [name for name, words in rows if len(words.split()) < 2] == []


@pytest.mark.parametrize("module", [module for module, names in PUBLIC.items() if names is not None])
def test_a_module_without_a_list_of_its_own_has_what_is_listed_for_it(module: str) -> None:
    loaded = import_module(module)
    assert not hasattr(loaded, "__all__"), "list it with None, so that the names stand once"
    # defined there, and not only imported
    assert [name for name in names_of(module) if getattr(loaded, name).__module__ != module] == []


def test_nothing_public_is_private() -> None:
    assert [name for _, name in EVERY if name.startswith("_")] == []
    assert len(set(EVERY)) == len(EVERY)


@pytest.mark.parametrize(("module", "name"), EVERY)
def test_a_public_name_is_typed(module: str, name: str) -> None:
    value = getattr(import_module(module), name)
    untyped = [what for what, thing in _callables(name, value) for what in _untyped(what, thing)]
    assert untyped == []


def test_an_untyped_function_would_be_seen() -> None:
    def function(a, *, b: int = 0):  # type: ignore[no-untyped-def]
        return a

    assert _untyped("function", function) == ["function(a)", "function -> ?"]


def test_names_and_what_is_in_them_are_told_apart() -> None:
    names = public_names()
    assert {
        "extension_pool.ExtensionPool",
        "extension_pool.ExtensionPool.pool_name",
        "extension_pool.ExtensionPool(opts)",
        "extension_pool.ExtensionPoolArgs.vm_size",
        "extension_pool.ExtensionPoolArgs.rollout?",
        "extension_pool.arm.parse_pool(keep_unknown)",
        "extension_pool.testing.Pool.replaces_on",
        "extension_pool.extensions.KeyVaultForLinux.settings",
    } <= set(names)
    # what Pulumi and pydantic give is theirs
    assert not {"extension_pool.ExtensionPool.register_outputs", "extension_pool.ExtensionPool.urn"} & set(names)
    assert not [name for name in names if ".model_" in name or "._" in name]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: str(path.relative_to(ROOT)))
def test_our_own_programs_use_public_names_only(path: Path) -> None:
    assert list(_private(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_the_pages_show_public_names_only(path: Path) -> None:
    snippets = SNIPPET.findall(path.read_text(encoding="utf-8"))
    assert [name for snippet in snippets for name in _private(snippet)] == []


def test_a_private_name_in_a_program_would_be_seen() -> None:
    program = "from extension_pool import ExtensionPool, arm\nfrom extension_pool.problems import Problem\n"
    assert list(_private(program)) == ["extension_pool.problems.Problem"]
    assert list(_private("import extension_pool.render\n")) == ["extension_pool.render"]
    part = 'from extension_pool.render import render_pool_inputs\n"image": "ubuntu-24.04",\n'
    assert list(_private(part)) == ["extension_pool.render.render_pool_inputs"]


def test_a_constant_is_said_to_be_one() -> None:
    assert public._described(import_module("extension_pool.arm"), "READ_ONLY") == "Constant, a `frozenset`."


def _private(text: str) -> Iterator[str]:
    """What a program, or a part of one, imports of the library without its being public."""
    try:
        tree = ast.parse(text)
    except SyntaxError:
        # a page shows a part of a mapping; what it imports still stands on lines of its own
        tree = ast.parse("\n".join(re.findall(r"^(?:from|import) [^(\n]+$", text, re.MULTILINE)))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.split(".")[0] == PACKAGE and alias.name not in PUBLIC:
                    yield alias.name
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == PACKAGE:
            module = node.module or ""
            for alias in node.names:
                public_name = module in PUBLIC and alias.name in names_of(module)
                if not public_name and f"{module}.{alias.name}" not in PUBLIC:
                    yield f"{module}.{alias.name}"


def _callables(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """The value, and the public methods of a class, as far as they are ours."""
    if is_typeddict(value):
        # its keys are its annotations
        assert value.__annotations__
    elif inspect.isclass(value):
        for kind in value.__mro__:
            if kind.__module__.split(".")[0] != PACKAGE:
                continue
            for key, one in list(vars(kind).items()):
                method = one.fget if isinstance(one, property) else getattr(one, "__func__", one)
                # that of a protocol is made by Python
                written = inspect.isfunction(method) and method.__module__.split(".")[0] == PACKAGE
                if written and (not key.startswith("_") or key == "__init__"):
                    yield f"{name}.{key}", method
    elif inspect.isroutine(value):
        yield name, inspect.unwrap(value)


def _untyped(name: str, function: Any) -> list[str]:
    signature = inspect.signature(function)
    parameters = [one for one in signature.parameters.values() if one.name not in ("self", "cls")]
    found = [f"{name}({one.name})" for one in parameters if one.annotation is one.empty]
    return [*found, *([f"{name} -> ?"] if signature.return_annotation is signature.empty else [])]
