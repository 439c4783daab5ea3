"""A program that is a file: its project, the configuration of its stack, and how it is run."""

from __future__ import annotations

import os
import runpy
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from ..stack_files import read_stack_file, stack_file
from .values import Secret

SECURE = "secure"


@dataclass(frozen=True)
class ProgramFile:
    """A ``__main__.py``. root: the folder of its Pulumi.yaml; config: of the stack, its secrets as `Secret`."""

    path: Path
    root: Path
    project: str
    config: Mapping[str, Any]

    def run(self) -> None:
        """Runs it as ``__main__``, in its folder, which is the first place where it finds modules."""
        with _at_home(self.path.parent):
            runpy.run_path(str(self.path), run_name="__main__")


def find_program(path: str | Path, stack: str | None) -> ProgramFile:
    """The program of a path: a Python file, or a folder with Pulumi.yaml or ``__main__.py``.

    stack: whose file is read; None for that of ``test``, if there is one. Raises FileNotFoundError where the program is
    not there, or the file of a named stack.
    """
    given = Path(path).resolve()
    if not given.exists():
        raise FileNotFoundError(f"no program at {given}; give a __main__.py, or the folder of a Pulumi.yaml")
    root = _root(given if given.is_dir() else given.parent)
    document = _read(root / "Pulumi.yaml")
    file = given if given.is_file() else _main(root, document)
    if not file.is_file():
        raise FileNotFoundError(f"no program at {file}; give a __main__.py, or the folder of a Pulumi.yaml")
    name = str(document.get("name") or "project")
    if stack is not None and document and not stack_file(root, stack).is_file():
        raise FileNotFoundError(f"stack {stack!r} has no file {stack_file(root, stack)}; name another, or make it")
    found = read_stack_file(root, stack or "test")
    own = found.get("config") if isinstance(found, Mapping) else None
    config = {**_defaults(document, name), **{key: _secure(value, key) for key, value in (own or {}).items()}}
    return ProgramFile(file, root, name, config)


def _root(folder: Path) -> Path:
    """The nearest folder above with a Pulumi.yaml; the folder itself where there is none."""
    return next((one for one in (folder, *folder.parents) if (one / "Pulumi.yaml").is_file()), folder)


def _main(root: Path, document: Mapping[str, Any]) -> Path:
    main = root / str(document.get("main") or ".")
    return main if main.suffix == ".py" else main / "__main__.py"


def _read(path: Path) -> Mapping[str, Any]:
    document = yaml.safe_load(path.read_text(encoding="utf-8")) if path.is_file() else None
    return document if isinstance(document, Mapping) else {}


def _defaults(document: Mapping[str, Any], project: str) -> dict[str, Any]:
    """Configuration that Pulumi.yaml has for every stack.

    https://www.pulumi.com/docs/iac/concepts/projects/project-file/#config-options
    """
    found: dict[str, Any] = {}
    config = document.get("config")
    for key, value in config.items() if isinstance(config, Mapping) else ():
        name = key if ":" in key else f"{project}:{key}"
        if isinstance(value, Mapping):
            told = [value[word] for word in ("value", "default") if word in value]
            if told:
                found[name] = Secret(told[0]) if value.get("secret") is True else told[0]
        else:
            found[name] = value
    return found


def _secure(value: Any, place: str) -> Any:
    """A value of a stack file, each ``secure:`` in it a `Secret`: what it says only the engine can read."""
    if isinstance(value, Mapping):
        if set(value) == {SECURE}:
            return Secret(f"secret of {place}")
        return {key: _secure(inner, f"{place}.{key}") for key, inner in value.items()}
    if isinstance(value, list):
        return [_secure(inner, f"{place}[{index}]") for index, inner in enumerate(value)]
    return value


@contextmanager
def _at_home(folder: Path) -> Iterator[None]:
    """In a program's folder, on the module path too; afterwards the modules that it imported from there are forgotten.

    They may make resources, which the next run must make again, and another program may have modules of the same names.
    """
    here, path, known = Path.cwd(), list(sys.path), set(sys.modules)
    os.chdir(folder)
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        os.chdir(here)
        sys.path[:] = path
        for name in set(sys.modules) - known:
            if _is_from(folder, name):
                del sys.modules[name]


def _is_from(folder: Path, name: str) -> bool:
    """Whether a module, or the package that it is in, stands in this very folder."""
    file = getattr(sys.modules.get(name), "__file__", None)
    if file is None or not Path(file).is_relative_to(folder):
        return False
    top = name.partition(".")[0]
    return Path(file).relative_to(folder).parts[0] in (top, f"{top}.py")
