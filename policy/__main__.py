"""Serves the pack. The engine starts it, and reads the port from the first line of its output."""

import os
import signal
import sys
import threading
from pathlib import Path


def _find_modules() -> None:
    """The engine runs this file by its folder, and only that is on the path: the project's own packages come first."""
    here = Path(__file__).resolve().parent
    sys.path[:] = [entry for entry in sys.path if entry and Path(entry).resolve() != here]
    sys.path[:0] = [str(here.parent), str(here.parent / "components")]


def main() -> None:
    stop = threading.Event()
    parent = os.getppid()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    _find_modules()
    from policy.serving import start

    server, port = start()
    print(port, flush=True)  # noqa: T201 - the engine's protocol
    # An engine that was killed says nothing, and nothing may run on behind it.
    while not stop.wait(1) and os.getppid() == parent:
        pass
    server.stop(0)


if __name__ == "__main__":
    main()
