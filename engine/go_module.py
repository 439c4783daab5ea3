"""Builds the engine from its Go module, as `go.mod` and `go.sum` beside this file pin it.

The official binary is the same program; this is the way for machines that reach a Go module proxy and nothing else.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from engine.processes import run_watched

PACKAGE = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
VERSION_VARIABLE = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version"


class GoError(Exception):
    """The build cannot be done, or failed. The text is for the person who must act."""


def check(environ: Mapping[str, str], go_mod: Path) -> None:
    """Raises GoError when `go` is missing or older than go.mod wants: better said before minutes of downloads."""
    go = shutil.which("go", path=environ.get("PATH"))
    if go is None:
        raise GoError("there is no go on PATH")
    # `go version` would start its telemetry in the user's home folder; the file in GOROOT says the same.
    env = {**environ, "GOTOOLCHAIN": "local", "HOME": os.devnull, "XDG_CONFIG_HOME": os.devnull}
    where = (
        go_mod.parent.parent
    )  # outside the module, whose toolchain line would make an old Go refuse in its own words
    try:
        said = subprocess.run([go, "version"], env=env, cwd=where, capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.SubprocessError) as error:
        raise GoError(f"{go} cannot run: {error}") from None
    needed, has = _numbers(directive(go_mod)), _numbers(said.stdout.removeprefix("go version go"))
    if said.returncode != 0:
        raise GoError(f"{go} cannot run: {said.stderr.strip()[-200:]}")
    if has and has < needed:
        raise GoError(f"{go} is {'.'.join(map(str, has))}, and the engine needs Go {directive(go_mod)} or newer")


def directive(go_mod: Path) -> str:
    """The Go version that go.mod asks for."""
    found = re.search(r"^go (\S+)$", go_mod.read_text(encoding="utf-8"), re.MULTILINE)
    return found[1] if found else "1.0"


def _numbers(text: str) -> tuple[int, ...]:
    """(1, 25, 11) for `1.25.11 linux/amd64`; empty for a development version, which is taken as new enough."""
    found = re.match(r"(\d+)\.(\d+)(?:\.(\d+))?", text)
    return tuple(int(number or 0) for number in found.groups()) if found else ()


def environment(environ: Mapping[str, str], work: Path) -> dict[str, str]:
    """Where everything that Go writes is in `work`, and what the user told Go about proxies still counts."""
    home = Path(environ.get("HOME", "/"))
    config = home / "Library/Application Support" if sys.platform == "darwin" else home / ".config"
    config = Path(environ.get("XDG_CONFIG_HOME") or config) if sys.platform != "darwin" else config
    dropped = ("GOOS", "GOARCH", "GOBIN", "GOEXPERIMENT", "GOCACHEPROG", "XDG_CONFIG_HOME", "XDG_CACHE_HOME")
    kept = {name: value for name, value in environ.items() if name not in dropped}
    # These are looked for in the home folder, which is moved so that Go's telemetry is not written there.
    moved = {"GOENV": config / "go" / "env", "NETRC": home / ".netrc", "GIT_CONFIG_GLOBAL": home / ".gitconfig"}
    for name, file in moved.items():
        if file.exists():
            kept.setdefault(name, str(file))
    return {
        **kept,
        "HOME": str(work / "home"),
        "TMPDIR": str(work / "tmp"),
        "GOTMPDIR": str(work / "tmp"),
        "GOCACHE": str(work / "cache"),
        "GOMODCACHE": str(work / "modules"),
        "GOPATH": str(work / "path"),
        "GOTOOLCHAIN": "local",
        "GOWORK": "off",
        "GO111MODULE": "on",
        "CGO_ENABLED": "0",
    }


def build(
    module: Path,
    version: str,
    output: Path,
    work: Path,
    *,
    package: str = PACKAGE,
    stall: float | None = None,
    tick: Callable[[float], None],
) -> None:
    """Compiles into `output`. `work` keeps downloads and compiled packages, so that an interrupted build goes on.

    package: what to build. stall: seconds in which nothing grows, after which `processes.Stalled` is raised.
    """
    shutil.rmtree(work / "tmp", ignore_errors=True)  # what a killed compiler left
    for name in ("home", "tmp", "cache", "modules", "path"):
        (work / name).mkdir(parents=True, exist_ok=True)
    version_flag = f" -X {VERSION_VARIABLE}=v{version}" if package == PACKAGE else ""
    command = [
        "go", "build", "-trimpath", "-mod=readonly", "-modcacherw", "-buildvcs=false", "-tags=osusergo,grpcnotrace",
        f"-ldflags=-s -w{version_flag}", "-o", str(output), package,
    ]  # fmt: skip
    log = work / "log"
    watched: dict[str, Any] = {} if stall is None else {"grows": work, "stall": stall}
    code = run_watched(command, env=environment(os.environ, work), cwd=module, log=log, tick=tick, **watched)
    if code != 0:
        lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        told = [line for line in lines if not line.startswith("go: downloading")]
        raise GoError("go build failed:\n" + "\n".join(f"      {line}" for line in told[-6:]))
