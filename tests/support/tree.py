"""The project's own files, and copies of them that tests may change."""

from __future__ import annotations

import fnmatch
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

from engine.sealed import without_credentials

ROOT = Path(__file__).parents[2]

_MADE = (
    *(".git", ".venv", ".local", "node_modules", "dist", "build", "__pycache__"),
    *(".*_cache", ".hypothesis", "*.egg-info", "PKG-INFO"),
)
"""What is no part of the project where git does not say so: in an unpacked sdist."""


def files(root: Path = ROOT) -> list[str]:
    """What the project consists of, by paths from its root: what git has or would take."""
    if (root / ".git").exists():
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=root,
            capture_output=True,
            text=True,
            check=True,
        )
        return sorted({name for name in listed.stdout.split("\0") if name and (root / name).is_file()})
    return sorted(
        path.relative_to(root).as_posix()
        for path in root.rglob("*")
        if path.is_file()
        and not any(fnmatch.fnmatch(part, made) for part in path.relative_to(root).parts for made in _MADE)
    )


class Copy:
    """A copy of the tree with an environment of its own, in which its packages are the copy's and all others ours."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for name in files():
            target = root / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target)
        self._make_environment()

    def _make_environment(self) -> None:
        folder = self.root / ".venv"
        venv.create(folder, symlinks=True)
        (packages,) = (folder / "lib").glob("python*/site-packages")
        # named in a .pth, the other folder's own .pth, by which an editable install is found, is not read
        ours = [self.root / "components", self.root, sysconfig.get_paths()["purelib"]]
        (packages / "copy.pth").write_text("".join(f"{one}\n" for one in ours), encoding="utf-8")
        tools = folder / "bin"
        for name in ("ruff", "mypy", "codespell"):
            (tools / name).symlink_to(Path(sys.executable).with_name(name))
        command = f"#!{tools / 'python'}\nimport sys\nfrom extension_pool.ops.cli import main\nsys.exit(main())\n"
        (tools / "extension-pool").write_text(command, encoding="utf-8")
        (tools / "extension-pool").chmod(0o755)
        # so that make finds nothing to install
        for stamp in (".up", ".test"):
            (folder / stamp).touch()

    def lend_engine(self, pulumi: Path) -> None:
        """The engine's host says where it belongs to, so its folder is a copy."""
        tools = self.root / ".local" / "engine" / "bin"
        tools.mkdir(parents=True)
        os.link(pulumi, tools / "pulumi")

    def run(self, command: str, timeout: float = 120) -> subprocess.CompletedProcess[str]:
        """Runs a line of shell in the copy, as somebody in that folder would; both streams are in `stdout`."""
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "PYTEST", "VIRTUAL"))}
        return subprocess.run(
            ["bash", "-euo", "pipefail", "-c", command],
            cwd=self.root,
            env={**without_credentials(kept), "MAKEFLAGS": ""},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            timeout=timeout,
            check=False,
        )
