"""Finds or gets the `pulumi` program: on PATH, got earlier, by the official installer, or built from its Go module.

Nothing is written outside the project's `.local/engine`, and nothing half done is left where a later run would take
it for whole: a new engine comes into its place by one rename.
"""

import fcntl
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from engine import go_module
from engine.processes import Stalled, run_watched

ROOT = Path(__file__).resolve().parent.parent
ENGINE = ROOT / ".local" / "engine"
GO_MOD = Path(__file__).with_name("go.mod")

MINIMUM = (3, 238, 0)
"""The oldest engine on which a failed gate means anything: the first on which a failed after-hook fails the deployment
(https://github.com/pulumi/pulumi/releases/tag/v3.238.0). On older ones the roll-out would go on over a broken pool."""

Say = Callable[[str], None]


class EngineError(Exception):
    """No engine could be had. The text is for the person who must act."""


@dataclass(frozen=True)
class Engine:
    """One `pulumi` program: where it is, which version it says it is (three numbers), and how it was come by."""

    path: Path
    version: tuple[int, int, int]
    how: str

    def __str__(self) -> str:
        return f"pulumi {'.'.join(map(str, self.version))} ({self.how})"


def parse_version(text: str) -> tuple[int, int, int] | None:
    """The first `1.2.3` in a text such as `v3.255.0` or `3.238.0-alpha.1+dirty`; None where there is none."""
    found = re.search(r"(\d+)\.(\d+)\.(\d+)", text)
    return (int(found[1]), int(found[2]), int(found[3])) if found else None


def wanted_version(go_mod: Path = GO_MOD) -> str:
    """The version to get, such as `3.255.0`: go.mod says it once, for the installer and for Go."""
    found = re.search(r"github\.com/pulumi/pulumi/pkg/v3 v(\S+)", go_mod.read_text(encoding="utf-8"))
    if found is None:
        raise EngineError(f"{go_mod} requires no github.com/pulumi/pulumi/pkg/v3")
    return found[1]


def ask_version(program: Path, folder: Path = ENGINE) -> tuple[int, int, int] | None:
    """What `pulumi version` answers; None when it cannot run or says none. Writes nothing into the home folder."""
    env = {**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true", "PULUMI_HOME": str(folder / "home")}
    try:
        said = subprocess.run([program, "version"], env=env, capture_output=True, text=True, timeout=30, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return parse_version(said.stdout)


def on_path(environ: Mapping[str, str], folder: Path, passed: list[str]) -> Engine | None:
    """The first usable `pulumi` on PATH. What is passed over is named in `passed`, with the reason."""
    for entry in environ.get("PATH", os.defpath).split(os.pathsep):
        found = shutil.which("pulumi", path=entry) if entry else None
        if found is None or Path(found).is_relative_to(folder):
            continue
        program = Path(found).absolute()
        version = ask_version(program, folder)
        if version is None:
            passed.append(f"{program} does not answer `pulumi version`")
        elif version < MINIMUM:
            needed, has = (".".join(map(str, numbers)) for numbers in (MINIMUM, version))
            passed.append(f"{program} is {has}, older than {needed}: there a failed gate does not stop a roll-out")
        elif not any(
            (beside / "pulumi-language-python").exists() for beside in (program.parent, program.resolve().parent)
        ):
            # Sealed runs ignore plugins on PATH, so a language host that lies elsewhere would not be found.
            passed.append(f"{program} has no pulumi-language-python beside it")
        else:
            return Engine(program, version, f"on PATH: {program}")
    return None


def got_earlier(folder: Path = ENGINE) -> Engine | None:
    """The engine that an earlier run got, if it is whole and of the wanted version."""
    program = folder / "bin" / "pulumi"
    if not program.exists():
        return None
    version = ask_version(program, folder)
    if version is None or version != parse_version(wanted_version()):
        return None
    install_language_host(folder / "bin")
    return Engine(program, version, "got earlier, in .local/engine")


def install_language_host(beside: Path) -> None:
    """Puts our language host beside an engine that came without one, with the absolute paths of this project.

    It must be beside the engine: one that is only on PATH makes the engine warn at each command, or is not found.
    """
    host = beside / "pulumi-language-python"
    module = Path(__file__).with_name("language_host.py")
    ours = f'#!/bin/sh\n# Written by engine/get.py\nexec "{sys.executable}" "{module}" "$@"\n'
    if host.exists():
        content = host.read_bytes()
        if content == ours.encode() or b"Written by engine/get.py" not in content[:200]:
            return
    fresh = host.with_suffix(f".{os.getpid()}")
    fresh.write_text(ours, encoding="utf-8")
    fresh.chmod(0o755)
    fresh.replace(host)


def with_installer(folder: Path, say: Say) -> Engine:
    """Runs the official installer, `pulumi.automation.PulumiCommand.install`. Raises EngineError when it fails."""
    version = wanted_version()
    fresh, scratch = folder / "installing", folder / "installing" / "tmp"
    shutil.rmtree(fresh, ignore_errors=True)
    scratch.mkdir(parents=True)
    code = (
        "import socket, sys; socket.setdefaulttimeout(15)\n"
        "from semver import VersionInfo\n"
        "from pulumi.automation import PulumiCommand\n"
        "PulumiCommand.install(root=sys.argv[1], version=VersionInfo.parse(sys.argv[2]))\n"
    )
    env = {**os.environ, "TMPDIR": str(scratch), "HOME": str(scratch), "PULUMI_HOME": str(scratch / "home")}
    log = fresh / "log"
    # macOS may put the download elsewhere than into TMPDIR, where its growth is not seen: time for the whole of it.
    stall = 120.0 if sys.platform == "darwin" else 30.0
    try:
        command = [sys.executable, "-c", code, str(fresh), version]
        if run_watched(command, env=env, cwd=ROOT, log=log, grows=fresh, stall=stall, tick=progress("downloading")):
            raise EngineError(last_line(log))
        place(fresh / "bin", folder / "bin")
    except Stalled:
        raise EngineError(f"nothing came from get.pulumi.com for {stall:.0f} s") from None
    finally:
        clear_progress()
        shutil.rmtree(fresh, ignore_errors=True)
    found = got_earlier(folder)
    if found is None:
        raise EngineError(f"what it installed is not pulumi {version}")
    return Engine(found.path, found.version, "by the official installer, into .local/engine")


def with_go(folder: Path, say: Say) -> Engine:
    """Builds the Go module. Raises EngineError when there is no Go, it is too old, or the build fails."""
    version = wanted_version()
    fresh = folder / "building"
    (fresh / "bin").mkdir(parents=True, exist_ok=True)
    try:
        go_module.check(os.environ, GO_MOD)
        say(f"engine: building pulumi {version} with Go: takes some minutes, once")
        go_module.build(GO_MOD.parent, version, fresh / "bin" / "pulumi", fresh, tick=progress("compiling"))
    except go_module.GoError as error:
        raise EngineError(str(error)) from None
    finally:
        clear_progress()
    install_language_host(fresh / "bin")
    place(fresh / "bin", folder / "bin")
    shutil.rmtree(fresh, ignore_errors=True)
    found = got_earlier(folder)
    if found is None:
        raise EngineError(f"what it built is not pulumi {version}")
    return Engine(found.path, found.version, "built from its Go module, in .local/engine")


def place(fresh: Path, final: Path) -> None:
    """Puts a finished folder where it is looked for, in place of what is there."""
    old = final.with_name(f"{final.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if final.exists():
        final.rename(old)
    fresh.rename(final)
    shutil.rmtree(old, ignore_errors=True)


def get(
    say: Say = print,
    *,
    folder: Path = ENGINE,
    environ: Mapping[str, str] | None = None,
    ways: Mapping[str, Callable[[Path, Say], Engine]] | None = None,
) -> Engine:
    """The engine, got if need be. Tells each step through `say`, one line each; quiet about what was there already.

    Raises EngineError with all that was tried and why it failed.
    """
    passed: list[str] = []
    found = on_path(os.environ if environ is None else environ, folder, passed)
    for reason in passed:
        say(f"engine: passing over {reason}")
    if found or (found := got_earlier(folder)):
        return found
    folder.mkdir(parents=True, exist_ok=True)
    failed = passed or ["there is no pulumi on PATH"]
    with only_one(folder, say):
        if found := got_earlier(folder):  # by the run that was waited for
            return found
        for way, take in (ways or WAYS).items():
            say(f"engine: getting pulumi {wanted_version()} with {way} ({failed[-1]})")
            try:
                return take(folder, say)
            except EngineError as error:
                failed.append(f"{way}: {error}")
    raise EngineError(
        "no Pulumi engine could be had:\n"
        + "".join(f"  - {reason}\n" for reason in failed)
        + "Install pulumi (https://www.pulumi.com/docs/install/) so that it is on PATH, or connect to the internet, "
        "or install Go (https://go.dev/dl/); then run this again."
    )


WAYS: dict[str, Callable[[Path, Say], Engine]] = {"the official installer": with_installer, "Go": with_go}


@contextmanager
def only_one(folder: Path, say: Say) -> Iterator[None]:
    """Lets one process at a time get the engine; the others wait for it."""
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("engine: another run is getting it; waiting")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def progress(doing: str) -> Callable[[float], None]:
    """A line that counts the time, on a terminal only."""
    if not sys.stderr.isatty():
        return lambda seconds: None
    return lambda seconds: print(
        f"\r\033[K  {doing} ... {int(seconds) // 60}:{int(seconds) % 60:02}", end="", file=sys.stderr, flush=True
    )


def clear_progress() -> None:
    if sys.stderr.isatty():
        print("\r\033[K", end="", file=sys.stderr, flush=True)


def last_line(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return lines[-1].strip() if lines else "it failed without a word"
