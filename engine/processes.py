"""Running other programs so that an interrupt, a time limit or a silent network leaves nothing behind."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells have it."""


_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

_in_threads: "set[subprocess.Popen[Any]]" = set()
"""Commands that threads run: an interrupt reaches the main thread only, which ends them by `end_those_of_threads`."""
_threads = threading.Lock()
_leaving = threading.Event()


class Terminated(KeyboardInterrupt):
    """This process was asked to end, and nobody else was: unlike a Ctrl-C, which reaches its children as well."""


def leave_on_termination() -> None:
    """Makes SIGINT, SIGTERM and SIGHUP raise KeyboardInterrupt: this process ends through every `finally`."""

    def interrupt(number: int, frame: FrameType | None) -> NoReturn:
        raise KeyboardInterrupt if number == signal.SIGINT else Terminated

    for number in _ENDING:
        signal.signal(number, interrupt)


def run(
    command: Sequence[str | Path],
    *,
    env: Mapping[str, str],
    cwd: Path,
    capture: bool,
    timeout: float | None = None,
    patience: float = 20.0,
    own_session: bool = False,
) -> subprocess.CompletedProcess[str]:
    """Runs a command that tidies up after itself when interrupted, as `pulumi` does, and always waits for it.

    A Ctrl-C in a terminal reaches the command as well as this process, so it is only waited for, `patience` seconds;
    after that, and when `timeout` seconds are over, it is interrupted, and killed 10 s later.
    With `own_session` a Ctrl-C does not reach it, and it is waited for just the same.
    Raises KeyboardInterrupt or subprocess.TimeoutExpired when it is gone. Without `capture` the outputs are inherited
    and the result's are empty. In another thread than the main one it raises KeyboardInterrupt after
    `end_those_of_threads`, except with `own_session`: what must not be ended half way is what tidies up.
    """
    pipe = subprocess.PIPE if capture else None
    stdin = subprocess.DEVNULL if capture else None
    with _interrupts_held() as interrupted, _threads:
        if not own_session:
            _leave_if_asked()
        child = subprocess.Popen(
            [str(part) for part in command],
            env=dict(env),
            cwd=cwd,
            stdin=stdin,
            stdout=pipe,
            stderr=pipe,
            text=True,
            start_new_session=own_session,
        )
        if not own_session and not _is_main():
            _in_threads.add(child)
    try:
        if interrupted:
            raise KeyboardInterrupt if signal.SIGINT in interrupted else Terminated
        out, err = child.communicate(timeout=timeout)
    except KeyboardInterrupt as error:
        _end(child, 0 if isinstance(error, Terminated) else patience)
        raise
    except subprocess.TimeoutExpired:
        _end(child, 0)
        raise
    finally:
        _in_threads.discard(child)
    if not own_session:
        _leave_if_asked()
    return subprocess.CompletedProcess(list(map(str, command)), child.returncode, out or "", err or "")


def end_those_of_threads(error: KeyboardInterrupt, patience: float = 20.0) -> None:
    """Ends what threads run by `run`, and lets them start nothing more; waits until it is gone.

    error: what ended the main thread. After a Ctrl-C in a terminal the commands have heard of it as well, and get
    `patience` seconds to tidy up; else, and after that, they are interrupted, and killed 10 s later.
    """
    _leaving.set()
    with _threads:
        children = list(_in_threads)
    with _interrupts_held():
        if not isinstance(error, Terminated):
            _wait(children, patience)
        for child in children:
            child.send_signal(signal.SIGINT)
        _wait(children, 10)
        for child in children:
            child.kill()


def _wait(children: "Sequence[subprocess.Popen[Any]]", seconds: float) -> None:
    deadline = time.monotonic() + seconds
    # their threads reap them
    while any(child.returncode is None for child in children) and time.monotonic() < deadline:
        time.sleep(0.02)


def _leave_if_asked() -> None:
    if _leaving.is_set() and not _is_main():
        raise KeyboardInterrupt


def _is_main() -> bool:
    return threading.current_thread() is threading.main_thread()


@contextmanager
def _interrupts_held() -> Iterator[list[int]]:
    """Keeps an interrupt for after the block: one inside Popen would lose the child that was just started."""
    came: list[int] = []
    if not _is_main():
        yield came  # signals reach the main thread only
        return
    before = {number: signal.getsignal(number) for number in _ENDING}
    for number, handler in before.items():
        if callable(handler):
            signal.signal(number, lambda number, frame: came.append(number))
    try:
        yield came
    finally:
        for number, handler in before.items():
            if callable(handler):
                signal.signal(number, handler)


def _end(child: "subprocess.Popen[Any]", patience: float) -> None:
    deadline = time.monotonic() + patience
    while True:
        try:
            child.communicate(timeout=max(deadline - time.monotonic(), 0.01))
            return
        except subprocess.TimeoutExpired:
            break
        except KeyboardInterrupt:
            continue  # the command got it as well, and knows what a second one means
    child.send_signal(signal.SIGINT)
    try:
        child.communicate(timeout=10)
    except (subprocess.TimeoutExpired, KeyboardInterrupt):
        child.kill()
        child.communicate()


class Stalled(Exception):
    """A command was ended because nothing came of it for too long."""


def run_watched(
    command: Sequence[str | Path],
    *,
    env: Mapping[str, str],
    cwd: Path,
    log: Path,
    grows: Path | None = None,
    stall: float = 30.0,
    tick: Callable[[float], None] = lambda seconds: None,
) -> int:
    """Runs a long command with its output in `log`; returns its exit code.

    It runs in a session of its own and is killed with all that it started on any exception here. With `grows`, it is
    killed and Stalled is raised when no file in that folder or in the log grew for `stall` seconds: a network that
    swallows packets must not hold anybody up. `tick` is called about four times a second with the seconds so far.
    """
    with log.open("wb") as output, _interrupts_held() as interrupted:
        child = subprocess.Popen(
            [str(part) for part in command],
            env=dict(env),
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    started = changed = time.monotonic()
    size = -1
    try:
        if interrupted:
            raise KeyboardInterrupt
        while True:
            try:
                return child.wait(0.25)
            except subprocess.TimeoutExpired:
                pass
            now = time.monotonic()
            tick(now - started)
            if grows is not None:
                new = _size(grows) + log.stat().st_size
                size, changed = new, changed if new == size else now
                if now - changed > stall:
                    raise Stalled
    finally:
        if child.poll() is None:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()


def _size(folder: Path) -> int:
    """The bytes of all files in a folder; what goes while it is read counts as nothing."""
    total = 0
    for place, _, names in os.walk(folder):  # where rglob fails for a folder that is gone since it was listed
        for name in names:
            with suppress(FileNotFoundError):
                total += Path(place, name).lstat().st_size
    return total
