"""The start task's command line, run for real: what it leaves running, the second time, and what it refuses."""

from __future__ import annotations

import base64
import gzip
import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from extension_pool.images import LINUX, WINDOWS
from extension_pool.node_health import install, packing, server
from extension_pool.node_health.commands import (
    HERE,
    LONGEST,
    Places,
    linux_command_line,
    payload_path,
    split_arguments,
    split_program,
    windows_command_line,
)
from extension_pool.node_health.server import AGENT, Config
from extension_pool.problems import InvalidInput

from .servers import H, N, Servers, U, probe, version_2
from .test_server import free_port

DEFAULT = Config(8099, "http://127.0.0.1:8080/health", False, 4, AGENT)


@pytest.fixture(scope="module")
def servers() -> Iterator[Servers]:
    started = Servers()
    yield started
    started.close()


class Node:
    """A directory that stands for a node: its server, if one was left running, is ended at the end."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.places = Places(str(root / "opt"), str(root / "units"), str(root / "run-systemd"))
        self.bin = root / "bin"
        self.work = root / "wd"
        for one in (self.bin, self.work, root / "units"):
            one.mkdir()

    def program(self, name: str, script: str) -> None:
        """Puts a program before those of the system."""
        file = self.bin / name
        file.write_text(f"#!/bin/sh\n{script}\n")
        file.chmod(0o755)

    def run(
        self, config: Config, own_command: str | None = None, shell: str = "/bin/sh"
    ) -> subprocess.CompletedProcess[str]:
        """As Batch does: no shell of ours, in the start task's working directory. shell: what /bin/sh is there."""
        line = linux_command_line(config, own_command, self.places)
        environment = {**os.environ, "PATH": f"{self.bin}:{os.environ['PATH']}"}
        words = split_arguments(line)
        assert words[:2] == ["/bin/sh", "-c"] and len(words) == 3
        words[0] = shell
        return subprocess.run(words, capture_output=True, text=True, cwd=self.work, env=environment, timeout=60)

    @property
    def pid(self) -> int:
        return int((self.root / "opt" / "server.pid").read_text())

    def stop(self) -> None:
        if (self.root / "opt" / "server.pid").exists():
            install.stop_process(str(self.root / "opt" / "server.pid"), str(self.root / "opt" / "server.py"))


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    made = Node(tmp_path)
    yield made
    made.stop()


def asking(servers: Servers, agent: str, own: str | None = None) -> Config:
    return Config(free_port(), own and servers.urls[own], False, 2, servers.urls[agent])


# what /bin/sh is on Debian's family, and on Red Hat's
@pytest.mark.parametrize("shell", ["dash", "bash"])
def test_the_start_task_leaves_a_server_that_answers(node: Node, servers: Servers, shell: str) -> None:
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"no {shell} here")
    config = asking(servers, "healthy", "JSON unhealthy")
    done = node.run(config, shell=program)
    assert (done.returncode, done.stderr) == (0, "")
    assert version_2(probe(config.port)) == U
    assert os.getsid(node.pid) == node.pid, "it would end with the start task's session"
    # a process in the start task's directory keeps Batch from running the start task again
    assert Path(f"/proc/{node.pid}/cwd").readlink() == Path("/")
    assert list(node.work.iterdir()) == []


def test_a_node_that_starts_again_runs_it_again(node: Node, servers: Servers) -> None:
    config = asking(servers, "healthy")
    assert node.run(config).returncode == 0
    first = node.pid
    assert node.run(config._replace(own=servers.urls["unhealthy"])).returncode == 0
    assert node.pid != first
    # nobody may have collected it yet, but what it was is gone
    assert not install._runs(first, str(node.root / "opt" / "server.py"))
    assert version_2(probe(config.port)) == U


def test_after_a_reboot_the_number_of_the_old_server_is_another_process(node: Node, servers: Servers) -> None:
    config = asking(servers, "healthy")
    (node.root / "opt").mkdir()
    with subprocess.Popen(["sleep", "60"]) as stranger:
        (node.root / "opt" / "server.pid").write_text(str(stranger.pid))
        assert node.run(config).returncode == 0
        assert stranger.poll() is None, "it has ended a process that is not its own"
        stranger.kill()
    assert version_2(probe(config.port)) == H


def test_the_own_command_runs_where_batch_started_it_and_its_exit_code_counts(node: Node, servers: Servers) -> None:
    own = """/bin/sh -c 'for one in "a  b" c; do echo "<$one>"; done; pwd; umask; echo "$HOME \\$x" >&2; exit 7'"""
    plain = subprocess.run(split_arguments(own), capture_output=True, text=True, cwd=node.work)
    done = node.run(asking(servers, "healthy"), own)
    assert (done.returncode, done.stdout, done.stderr) == (7, plain.stdout, plain.stderr)
    assert "<a  b>\n<c>\n" in done.stdout


def test_the_own_command_does_not_run_when_the_server_cannot_start(node: Node, servers: Servers) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        config = asking(servers, "healthy")._replace(port=taken.getsockname()[1])
        done = node.run(config, "echo never")
    assert (done.returncode, done.stdout) == (1, "")
    log = node.root / "opt" / "server.log"
    assert done.stderr == f"batch-node-health: does not answer on port {config.port}; see {log}\n"
    assert "cannot be had: Address already in use" in log.read_text()


def test_an_image_without_python_is_told_so(node: Node) -> None:
    if Path("/usr/libexec/platform-python").exists():
        pytest.skip("this machine has the other python too")
    line = linux_command_line(DEFAULT, None, node.places)
    for name in ("base64", "gzip", "cat", "mkdir", "mv"):
        program = shutil.which(name)
        assert program
        (node.bin / name).symlink_to(program)
    done = subprocess.run(split_arguments(line), capture_output=True, text=True, env={"PATH": str(node.bin)})
    assert (done.returncode, done.stderr) == (1, "batch-node-health: this image has no python3\n")


def test_a_start_task_that_is_no_administrator_is_told_so(node: Node) -> None:
    # a file where the directory should be refuses root, too
    (node.root / "opt").write_text("")
    done = node.run(DEFAULT)
    assert done.returncode == 1
    assert "must run as administrator (userIdentity.autoUser.elevationLevel: Admin)" in done.stderr


def test_a_payload_that_was_cut_fails_the_start_task(node: Node) -> None:
    line = linux_command_line(DEFAULT, "echo ran", node.places)
    broken = line[:2000] + line[2400:]
    done = subprocess.run(split_arguments(broken), capture_output=True, text=True, cwd=node.work)
    assert done.returncode != 0
    assert "ran" not in done.stdout


# where systemd runs

# does with the unit what systemd does with ExecStart: no shell, %% is % and $$ is $
SYSTEMCTL = """echo "$@" >> "{log}"
[ "$1" = restart ] || exit 0
exec > /dev/null 2>&1
python3 - <<'END'
import pathlib, subprocess
(line,) = [line for line in pathlib.Path("{unit}").read_text().splitlines() if line.startswith("ExecStart=")]
words = [word.replace("%%", "%").replace("$$", "$") for word in line[len("ExecStart="):].split()]
process = subprocess.Popen(words, start_new_session=True)
pathlib.Path("{pid}").write_text(str(process.pid))
END
"""


def test_with_systemd_it_is_a_service_that_comes_back_by_itself(node: Node, servers: Servers) -> None:
    Path(node.places.booted).mkdir()
    unit = Path(node.places.units) / "batch-node-health.service"
    log, pid = node.root / "log", node.root / "opt" / "server.pid"
    node.program("systemctl", SYSTEMCTL.format(log=log, unit=unit, pid=pid))
    config = asking(servers, "healthy")
    odd = f"{servers.urls['unhealthy']}&a=%41$b"
    done = node.run(config._replace(own=odd), "echo mine")
    assert (done.returncode, done.stdout, done.stderr) == (0, "mine\n", "")
    assert log.read_text().splitlines() == ["daemon-reload", "enable batch-node-health", "restart batch-node-health"]
    text = unit.read_text()
    assert "Restart=always" in text and "User=nobody" in text
    assert f"--own {odd.replace('%', '%%').replace('$', '$$')}" in text
    assert version_2(probe(config.port)) == U


def test_a_failing_systemd_fails_the_start_task(node: Node) -> None:
    Path(node.places.booted).mkdir()
    node.program("systemctl", "echo 'Access denied' >&2; exit 4")
    done = node.run(DEFAULT, "echo never")
    assert done.returncode == 1 and done.stdout == ""
    assert "Access denied" in done.stderr


def test_a_server_that_does_not_listen_to_term_is_killed(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(install, "SECONDS_TO_STOP", 0.3)
    stubborn = node.root / "server.py"
    stubborn.write_text(
        "import signal,time\nsignal.signal(15, signal.SIG_IGN)\nprint('up', flush=True)\ntime.sleep(60)\n"
    )
    process = subprocess.Popen(["python3", str(stubborn)], stdout=subprocess.PIPE)
    assert process.stdout is not None and process.stdout.readline() == b"up\n"
    (node.root / "pid").write_text(str(process.pid))
    install.stop_process(str(node.root / "pid"), str(stubborn))
    assert process.wait(5) == -signal.SIGKILL
    process.stdout.close()


# what is packed


@pytest.mark.parametrize("os_type", [LINUX, WINDOWS])
def test_the_payloads_are_current(os_type: str) -> None:
    packed = gzip.decompress(base64.b64decode(payload_path(os_type).read_text())).decode()
    assert packed == packing.bundle(os_type), "run: python -m extension_pool.node_health.packing"


@pytest.mark.parametrize("name", ["server.py", "install.py"])
def test_no_line_of_a_packed_file_ends_it_early(name: str) -> None:
    text = (HERE / name).read_text(encoding="utf-8")
    assert packing._END not in text and text.endswith("\n")
    assert f"<<'{packing._END}'" in packing.bundle(LINUX)


def test_the_command_line_is_the_same_on_every_machine() -> None:
    start = time.monotonic()
    assert linux_command_line(DEFAULT) == linux_command_line(DEFAULT)
    assert payload_path(LINUX).read_text().strip() in linux_command_line(DEFAULT)
    assert payload_path(WINDOWS).read_text().strip() in windows_command_line(DEFAULT)
    assert time.monotonic() - start < 1


def test_nothing_on_the_command_line_is_quoted_twice() -> None:
    line = linux_command_line(DEFAULT, "/bin/bash -c \"echo 'it is'; echo $HOME\"")
    assert line.count("'") == 2 and "\n" not in line
    windows = windows_command_line(DEFAULT, "cmd /c \"echo 'it is' & echo %PATH%\"")
    assert windows.count('"') == 2 and "\n" not in windows and "%" not in windows


def test_both_operating_systems_fit_their_limits_with_much_to_spare() -> None:
    assert len(windows_command_line(DEFAULT, "cmd /c echo")) < 7_000
    assert len(linux_command_line(DEFAULT, "echo")) < 20_000


@pytest.mark.parametrize(
    ("render", "os_type"), [(linux_command_line, LINUX), (windows_command_line, WINDOWS)], ids=[LINUX, WINDOWS]
)
def test_a_command_that_is_too_long_belongs_into_a_script(render: object, os_type: str) -> None:
    assert callable(render)
    with pytest.raises(InvalidInput) as caught:
        render(DEFAULT, f"echo {'x' * LONGEST[os_type]}")
    text = str(caught.value)
    assert text.startswith(
        f"start_task.command_line: must leave the whole command line at most {LONGEST[os_type]} characters"
    )
    assert text.endswith("; put your commands into a script, among resource_files")


# own commands


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), min_size=1))
@example(["a b", "$x", "'", '"', "\\", "\n", ""])
def test_arguments_reach_the_own_command_as_they_were(words: list[str]) -> None:
    line = " ".join("'" + word.replace("'", "'\"'\"'") + "'" for word in words)
    assert split_arguments(line) == words


@pytest.mark.parametrize("command", ["echo 'open", 'sh -c "open', "", "   "])
def test_a_command_that_cannot_be_split_is_refused(command: str) -> None:
    with pytest.raises(InvalidInput, match=r"start_task\.command_line: must "):
        linux_command_line(DEFAULT, command)


@pytest.mark.parametrize(
    ("command", "parts"),
    [
        ('cmd /c "echo a & echo b"', ("cmd", '/c "echo a & echo b"')),
        ('"C:\\Program Files\\x.exe" -a  "b c"', ("C:\\Program Files\\x.exe", '-a  "b c"')),
        ("setup.exe", ("setup.exe", "")),
        ('  "a b.exe"  ', ("a b.exe", "")),
    ],
)
def test_a_windows_command_keeps_its_arguments_untouched(command: str, parts: tuple[str, str]) -> None:
    assert split_program(command) == parts
    line = windows_command_line(DEFAULT, command)
    sent = [
        base64.b64decode(text).decode()
        for text in re.findall(r"GetString\(\[Convert\]::FromBase64String\('(.*?)'", line)
    ]
    assert sent == [part for part in parts if part]


@pytest.mark.parametrize("command", ["", '"open', '""'])
def test_a_windows_command_without_a_program_is_refused(command: str) -> None:
    with pytest.raises(InvalidInput, match=r"start_task\.command_line: must "):
        windows_command_line(DEFAULT, command)


def test_a_command_by_status_says_so_on_both() -> None:
    config = DEFAULT._replace(own_status_only=True)
    assert " -OwnStatusOnly;" in windows_command_line(config, "cmd")
    tail = base64.b64decode(re.findall(r"echo (\S+) \|", linux_command_line(config))[1]).decode()
    assert tail.endswith("--timeout 4 --own http://127.0.0.1:8080/health --own-status-only || exit 1")


def test_the_files_of_a_node_agree_on_names_and_numbers() -> None:
    script = (HERE / "server.ps1").read_text(encoding="utf-8")
    assert install.NAME == server.NAME
    assert f"$Name = '{server.NAME}'" in script
    assert f"[int]$Port = {server.DEFAULT_PORT}," in script
    assert f"[double]$Timeout = {server.DEFAULT_TIMEOUT}," in script
    assert f"[string]$Agent = '{server.AGENT}'," in script
    assert f"$MostBytes = {server.MOST_BYTES}" in script
    assert f"$RequestTimeout = {1000 * server.REQUEST_TIMEOUT}" in script
    assert f"'{server.PATH}'" in script and f"'{server.DETAIL_PATH}'" in script
    assert {H, U, N} <= set(re.findall(r"'(\w+)'", script))
