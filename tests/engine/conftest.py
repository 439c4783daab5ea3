"""Programs without cloud resources, and fakes of `pulumi`, for the tests of `engine`."""

from collections.abc import Callable
from pathlib import Path

import pytest

from engine.local import Local

PROJECT = "name: tiny\nruntime: python\nstackConfigDir: stacks\n"


@pytest.fixture
def program(tmp_path: Path) -> Callable[..., Path]:
    """Writes a project `tiny` with one stack `dev`: program(code, stack=..., project=...) -> its folder."""

    def write(code: str, stack: str = "config: {}\n", project: str = PROJECT) -> Path:
        folder = tmp_path / "program"
        (folder / "stacks").mkdir(parents=True, exist_ok=True)
        (folder / "Pulumi.yaml").write_text(project)
        (folder / "__main__.py").write_text(code)
        (folder / "stacks" / "Pulumi.dev.yaml").write_text(stack)
        return folder

    return write


@pytest.fixture
def local(tmp_path: Path) -> Callable[[Path], Local]:
    """A sealed run of a folder, with a PULUMI_HOME of its own; notices are in `.notices`."""

    def make(folder: Path) -> Local:
        notices: list[str] = []
        made = Local(tmp_path / "work", folder, home=tmp_path / "home", say=notices.append)
        made.notices = notices  # type: ignore[attr-defined]
        return made

    return make


@pytest.fixture
def fake_pulumi(tmp_path: Path) -> Callable[..., Path]:
    """Makes a folder with a `pulumi` that answers a version, and a language host beside it unless `host` is False."""

    def make(version: str, folder: str = "somewhere", host: bool = True) -> Path:
        where = tmp_path / folder
        where.mkdir(parents=True, exist_ok=True)
        names = ["pulumi", "pulumi-language-python"] if host else ["pulumi"]
        for name in names:
            (where / name).write_text(f"#!/bin/sh\necho {version}\n")
            (where / name).chmod(0o755)
        return where

    return make
