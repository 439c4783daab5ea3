"""The distribution as users get it: built from this tree, installed where nothing else of ours is."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
CONSTRAINTS = ROOT / "constraints.txt"
EPOCH = "1767225600"
"""Seconds: what SOURCE_DATE_EPOCH says here, 2026-01-01. https://reproducible-builds.org/docs/source-date-epoch/"""

_PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input")
_QUIETLY = ("--quiet", "--no-compile", "--no-cache-dir", "--constraint", str(CONSTRAINTS))


def clean_environment() -> dict[str, str]:
    """That of this process without what would let another Python see this one's packages."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "VIRTUAL_ENV"))}
    return {**kept, "PYTHONDONTWRITEBYTECODE": "1"}


def run(command: list[str | Path], **options: Any) -> subprocess.CompletedProcess[str]:
    """Runs a command in a clean environment; fails the test with what it printed."""
    done = run_any(command, **options)
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done


def run_any(
    command: list[str | Path], *, cwd: Path | None = None, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={**clean_environment(), **(env or {})},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def install_beside(folder: Path, *packages: str) -> Path:
    """Installs tools into a folder that no environment knows of; PYTHONPATH lets one process see it."""
    run([*_PIP, "install", *_QUIETLY, "--target", folder, *packages])
    return folder


@dataclass(frozen=True)
class Builder:
    """Builds as `python -m build` does: the backend that pyproject.toml names, the wheel from the unpacked sdist."""

    backend: Path

    def sdist(self, source: Path, out: Path, epoch: str = EPOCH) -> Path:
        return self._build("build_sdist", source, out, epoch)

    def wheel(self, source: Path, out: Path, epoch: str = EPOCH) -> Path:
        return self._build("build_wheel", source, out, epoch)

    def _build(self, what: str, source: Path, out: Path, epoch: str) -> Path:
        out.mkdir(parents=True, exist_ok=True)
        code = "import sys, hatchling.build as b; print(getattr(b, sys.argv[1])(sys.argv[2]))"
        env = {"PYTHONPATH": str(self.backend), "SOURCE_DATE_EPOCH": epoch}
        done = run([sys.executable, "-c", code, what, out], cwd=source, env=env)
        return out / done.stdout.split()[-1]


def unpack(sdist: Path, folder: Path) -> Path:
    """The folder with the source in it."""
    with tarfile.open(sdist) as archive:
        if hasattr(tarfile, "data_filter"):
            archive.extractall(folder, filter="data")
        else:
            archive.extractall(folder)
    (source,) = folder.iterdir()
    return source


@dataclass(frozen=True)
class Venv:
    """A virtual environment."""

    folder: Path

    @property
    def python(self) -> Path:
        return self.folder / "bin" / "python"

    @property
    def command(self) -> Path:
        return self.folder / "bin" / "extension-pool"

    def install(self, *requirements: str, pinned: bool = True) -> None:
        """pinned: in the versions that this project is tested with, where the requirements leave it open."""
        quietly = _QUIETLY if pinned else _QUIETLY[: _QUIETLY.index("--constraint")]
        run([self.python, *_PIP[1:], "install", *quietly, *requirements])

    def packages(self) -> set[str]:
        """The distributions in it, in small letters."""
        code = "import importlib.metadata as m, json; print(json.dumps([d.name.lower() for d in m.distributions()]))"
        return set(json.loads(run([self.python, "-c", code]).stdout))

    def site(self) -> Path:
        code = "import sysconfig; print(sysconfig.get_paths()['purelib'])"
        return Path(run([self.python, "-c", code]).stdout.strip())


@dataclass(frozen=True)
class Built:
    """builder, with the sdist and the wheel that it made; source: the unpacked sdist; venv: has the wheel only."""

    builder: Builder
    sdist: Path
    source: Path
    wheel: Path
    venv: Venv
    pyright: Path


def build(folder: Path) -> Built:
    """Everything, made once: what can go on side by side does."""
    with ThreadPoolExecutor() as pool:
        venv = Venv(folder / "venv")
        made = pool.submit(run, [sys.executable, "-m", "venv", venv.folder])
        pyright = pool.submit(get_pyright)
        requires = re.search(r'^requires = \["(.+)"\]$', (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.M)
        assert requires is not None
        builder = Builder(install_beside(folder / "backend", requires[1]))
        sdist = builder.sdist(ROOT, folder / "dist")
        source = unpack(sdist, folder / "source")
        wheel = builder.wheel(source, folder / "dist")
        made.result()
        venv.install(str(wheel))
        return Built(builder, sdist, source, wheel, venv, pyright.result())


def get_pyright() -> Path:
    """pyright with its own Node, kept in `.local/tools` for the next time; a version is there whole or not at all."""
    pinned = re.search(r"^basedpyright==(.+)$", CONSTRAINTS.read_text(encoding="utf-8"), re.M)
    assert pinned is not None
    folder = ROOT / ".local" / "tools" / f"basedpyright-{pinned[1]}"
    if not folder.is_dir():
        fresh = folder.with_name(f"{folder.name}.{os.getpid()}")
        shutil.rmtree(fresh, ignore_errors=True)
        install_beside(fresh, "basedpyright")
        try:
            fresh.rename(folder)
        except OSError:
            # another run was faster
            shutil.rmtree(fresh)
    return folder
