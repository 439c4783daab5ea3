"""What an engine that was built from its Go module lacks for other languages than Python, built from Go as well.

The official command line brings all of it. It is needed where a program in YAML is to be run, or an SDK generated, and
got then, once: `python -m engine.go_tools`.
"""

import hashlib
import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from engine import get, go_module
from engine.get import ENGINE, EngineError, Say
from engine.processes import Stalled

STALL = 90.0
"""Seconds without a byte, downloaded or compiled, after which a build is given up."""


@dataclass(frozen=True)
class Tool:
    """A program of Go. name: the file's; module: the folder of its go.mod; package: what is built."""

    name: str
    module: Path
    package: str

    @property
    def built(self) -> Path:
        """Where it is once it is built: outside the folder of the engine, which is replaced as a whole."""
        digest = hashlib.sha256()
        for file in sorted(self.module.iterdir()):
            digest.update(file.read_bytes())
        return ENGINE / "tools" / digest.hexdigest()[:12] / self.name


HERE = Path(__file__).parent
YAML_HOST = Tool("pulumi-language-yaml", HERE / "yaml", "github.com/pulumi/pulumi-yaml/cmd/pulumi-language-yaml")
SDKGEN = Tool("sdkgen", HERE / "sdkgen", ".")


def get_tool(tool: Tool, say: Say = print) -> Path:
    """The program, built if need be: a minute or two, once. Raises EngineError when it cannot be had."""
    if tool.built.exists():
        return tool.built
    ENGINE.mkdir(parents=True, exist_ok=True)
    with get.only_one(ENGINE, say):
        return tool.built if tool.built.exists() else _build(tool, say)


def get_yaml_host(say: Say = print) -> Path:
    """The host for programs in YAML, beside the engine. Raises EngineError when it cannot be had."""
    engine = get.get(say).path
    host = engine.parent / YAML_HOST.name
    if ENGINE not in engine.parents:
        if not host.exists():
            raise EngineError(f"{engine} has no {YAML_HOST.name} beside it; the official command line brings it")
        return host
    built = get_tool(YAML_HOST, say)
    if not host.exists() or host.is_symlink() or not host.samefile(built):
        fresh = host.with_suffix(f".{os.getpid()}")
        # not a symbolic link: the host looks for the other hosts where it is itself
        fresh.hardlink_to(built)
        fresh.replace(host)
    return host


def _build(tool: Tool, say: Say) -> Path:
    work = ENGINE / f"building-{tool.name}"
    work.mkdir(parents=True, exist_ok=True)
    fresh, built = work / tool.name, tool.built
    try:
        go_module.check(os.environ, tool.module / "go.mod")
        say(f"engine: building {tool.name} with Go: takes a minute or two, once")
        tick = get.progress("compiling")
        go_module.build(tool.module, "", fresh, work, package=tool.package, stall=STALL, tick=tick)
    except go_module.GoError as error:
        raise EngineError(f"{tool.name}: {error}") from None
    except Stalled:
        raise EngineError(f"{tool.name}: nothing came from the Go module proxy for {STALL:.0f} s") from None
    finally:
        get.clear_progress()
    built.parent.mkdir(parents=True, exist_ok=True)
    fresh.replace(built)
    shutil.rmtree(work, ignore_errors=True)
    return built


if __name__ == "__main__":
    try:
        print(get_yaml_host(), get_tool(SDKGEN), sep="\n")
    except EngineError as error:
        sys.exit(str(error))
