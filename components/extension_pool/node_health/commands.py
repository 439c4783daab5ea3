"""The command lines of start tasks that bring the composite health server onto a node.

Pure but for reading the payloads (see `packing`): what runs on the node, packed.
"""

from __future__ import annotations

import base64
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..images import LINUX, WINDOWS
from ..problems import InvalidInput, Problem
from .server import AGENT, Config

HERE = Path(__file__).parent

LONGEST: dict[str, int] = {LINUX: 131_071, WINDOWS: 8_191}
"""Characters of a command line. Linux: one argument of a process (MAX_ARG_STRLEN of execve, less its end). Windows:
what cmd.exe takes. Of Batch itself no limit is documented.
https://man7.org/linux/man-pages/man2/execve.2.html
https://learn.microsoft.com/troubleshoot/windows-client/shell-experience/command-line-string-limitation"""


@dataclass(frozen=True)
class Places:
    """Where things are on a Linux node. booted: the directory that is there where systemd runs (sd_booted(3))."""

    directory: str = "/opt/batch-node-health"
    units: str = "/etc/systemd/system"
    booted: str = "/run/systemd/system"


PLACES = Places()


def linux_command_line(config: Config, own_command: str | None = None, places: Places = PLACES) -> str:
    """Installs and starts the server, waits until it answers, and then becomes `own_command`, whose exit code counts.

    own_command: as a start task's command line; it is split into its arguments as a shell does, and no shell runs it.
    Raises InvalidInput where it cannot be split or the whole is too long.
    """
    words = ["node_health", places.directory, places.units, places.booted, str(config.port), *_options(config)]
    lines = [f"{_quoted(words)} || exit 1"]
    if own_command is not None:
        lines.append(f"exec {_quoted(split_arguments(own_command))}")
    tail = _packed_text("\n".join(lines))
    # nothing in it is quoted twice: how Batch itself takes quotes apart is not documented
    line = f"/bin/sh -c 'a=$(echo {_payload(LINUX)} | base64 -d | gzip -d) && b=$(echo {tail} | base64 -d) && "
    return _fitting(LINUX, f'{line}eval "$a" && eval "$b"\'')


def windows_command_line(config: Config, own_command: str | None = None) -> str:
    """The same for Windows PowerShell. own_command: the first word is the program, the rest goes to it unchanged."""
    parts = [
        "$ErrorActionPreference='Stop'",
        f"$b=[Convert]::FromBase64String('{_payload(WINDOWS)}')",
        "$z=New-Object IO.Compression.GZipStream((New-Object IO.MemoryStream(,$b)),"
        "[IO.Compression.CompressionMode]::Decompress)",
        "$s=(New-Object IO.StreamReader($z)).ReadToEnd()",
        # Program Files: no user of a task can put another script in the place of this one
        "$d=Join-Path $env:ProgramFiles 'BatchNodeHealth'",
        "[void][IO.Directory]::CreateDirectory($d)",
        "$f=Join-Path $d 'server.ps1'",
        "[IO.File]::WriteAllText($f,$s)",
        f"& $f -Install -Port {config.port} -Timeout {config.timeout:g}"
        + ("" if config.own is None else f" -Own '{config.own}'")
        + (" -OwnStatusOnly" if config.own_status_only else ""),
        *([] if own_command is None else _windows_own(own_command)),
    ]
    line = f'powershell.exe -NoProfile -NonInteractive -ExecutionPolicy Bypass -Command "{";".join(parts)}"'
    return _fitting(WINDOWS, line)


def _windows_own(command: str) -> list[str]:
    program, arguments = split_program(command)
    decode = "[Text.Encoding]::UTF8.GetString([Convert]::FromBase64String('{}'))"
    start = f"$p=Start-Process -PassThru -NoNewWindow -FilePath ({decode.format(_packed_text(program))})"
    if arguments:
        start += f" -ArgumentList ({decode.format(_packed_text(arguments))})"
    # without its handle taken in time, a process that has ended has no exit code
    return [start, "$null=$p.Handle", "$p.WaitForExit()", "exit $p.ExitCode"]


def split_arguments(command: str) -> list[str]:
    """The arguments of a Linux command line. Raises InvalidInput for a quote that does not end, and for nothing."""
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise _bad_command(f"must be a command line whose quotes end ({error})", command) from None
    if not words:
        raise _bad_command("must not be empty", command)
    return words


def split_program(command: str) -> tuple[str, str]:
    """The program of a Windows command line, without its quotes, and everything after it, as CreateProcess splits it.

    https://learn.microsoft.com/windows/win32/api/processthreadsapi/nf-processthreadsapi-createprocessw
    """
    text = command.strip()
    if text.startswith('"'):
        program, end, rest = text[1:].partition('"')
        if not end:
            raise _bad_command("must be a command line whose quotes end", command)
    else:
        program, _, rest = text.partition(" ")
    if not program:
        raise _bad_command("must not be empty", command)
    return program, rest.strip()


def payload_path(os_type: str) -> Path:
    """Where the payload of an operating system is kept."""
    return HERE / f"{os_type}.payload"


def _payload(os_type: str) -> str:
    return payload_path(os_type).read_text(encoding="ascii").strip()


def _options(config: Config) -> list[str]:
    options = ["--timeout", f"{config.timeout:g}"]
    if config.own is not None:
        options += ["--own", config.own]
    if config.own_status_only:
        options.append("--own-status-only")
    return options if config.agent == AGENT else [*options, "--agent", config.agent]


def _quoted(words: Sequence[str]) -> str:
    return " ".join(shlex.quote(word) for word in words)


def _packed_text(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _fitting(os_type: str, line: str) -> str:
    if len(line) <= LONGEST[os_type]:
        return line
    rule = f"must leave the whole command line at most {LONGEST[os_type]} characters, and it has {len(line)}"
    raise InvalidInput(
        [Problem(("start_task", "command_line"), rule, do="put your commands into a script, among resource_files")]
    )


def _bad_command(rule: str, command: str) -> InvalidInput:
    return InvalidInput([Problem(("start_task", "command_line"), rule, command, do="correct it")])
