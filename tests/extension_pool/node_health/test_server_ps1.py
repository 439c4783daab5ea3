"""The Windows script against the same servers. It needs PowerShell: without `pwsh` these tests are skipped, visibly."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from extension_pool.node_health.commands import HERE

from .servers import KINDS, Answer, N, Servers, probe, version_2
from .test_server import NO_OWN, free_port, meant

PWSH = shutil.which("pwsh")

needs_powershell = pytest.mark.skipif(PWSH is None, reason="no pwsh here: the script for Windows nodes was not run")


@pytest.fixture(scope="module")
def servers() -> Iterator[Servers]:
    started = Servers()
    yield started
    started.close()


def ask(servers: Servers, agent: str, own: str, own_status_only: bool) -> Answer | None:
    """One combination, from a script that runs for it alone."""
    port = free_port()
    assert PWSH is not None
    line = [PWSH, "-NoProfile", "-File", str(HERE / "server.ps1"), "-Port", str(port), "-Agent", servers.urls[agent]]
    if own != NO_OWN:
        line += ["-Own", servers.urls[own]]
    if own_status_only:
        line.append("-OwnStatusOnly")
    process = subprocess.Popen(line, stdout=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 30
        while probe(port, "/") is None:
            assert process.poll() is None and time.monotonic() < deadline
            time.sleep(0.1)
        return probe(port)
    finally:
        process.kill()
        process.wait()


@needs_powershell
@pytest.mark.parametrize("own_status_only", [False, True])
def test_the_windows_script_sees_the_health_of_both(servers: Servers, own_status_only: bool) -> None:
    pairs = [(kind, NO_OWN) for kind in KINDS] + [("healthy", kind) for kind in KINDS] + [("unhealthy", "healthy")]
    with ThreadPoolExecutor(4) as pool:
        seen = list(pool.map(lambda pair: version_2(ask(servers, *pair, own_status_only)), pairs))
    assert dict(zip(pairs, seen, strict=True)) == {pair: meant(*pair, own_status_only) for pair in pairs}
    assert N in seen


def brackets_left_open(text: str) -> str:
    """The brackets of a script that stay open, without its comments and its strings."""
    opened: list[str] = []
    quote = ""
    previous = ""
    comment = False
    for letter in text:
        if comment:
            comment = letter != "\n"
        elif quote:
            quote = "" if letter == quote and previous != "`" else quote
        elif letter in "'\"":
            quote = letter
        elif letter == "#":
            comment = True
        elif letter in "([{":
            opened.append(letter)
        elif letter in ")]}":
            assert opened and opened.pop() + letter in ("()", "[]", "{}")
        previous = "" if previous == "`" else letter
    return "".join(opened) + quote


def test_every_bracket_and_quote_of_the_windows_script_is_closed() -> None:
    script = (HERE / "server.ps1").read_text(encoding="utf-8")
    assert brackets_left_open(script) == ""
    assert brackets_left_open(script.rsplit("}", 1)[0]) == "{"
    # Windows PowerShell 5.1 reads a file without a mark as the system's code page
    assert script.isascii()
