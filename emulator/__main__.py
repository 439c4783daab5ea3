"""`python -m emulator`: run local Azure and look into it."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

from emulator import background
from emulator.clock import timestamp
from emulator.store import Store

IDLE_SECONDS = 2 * 3600.0


def main(arguments: list[str] | None = None) -> int:
    """Exit codes: 0 done, 1 it did not work, 2 bad usage."""
    options = _parser().parse_args(arguments)
    if not options.dir:
        print("local Azure: name its folder with --dir or LOCAL_AZURE_DIR", file=sys.stderr)
        return 2
    options.dir = Path(options.dir).resolve()
    try:
        return int(options.run(options))
    except (background.NotStarted, ValueError, RuntimeError) as error:
        print(f"local Azure: {error}", file=sys.stderr)
        return 1


def _start(options: argparse.Namespace) -> int:
    server, new = background.start(options.dir, options.idle_timeout)
    print(f"local Azure {'runs' if new else 'already runs'} at {server.endpoint} (process {server.pid})")
    return 0


def _stop(options: argparse.Namespace) -> int:
    server = background.stop(options.dir)
    print(f"local Azure stopped (process {server.pid})" if server else "local Azure does not run")
    return 0


def _serve(options: argparse.Namespace) -> int:
    background.serve(options.dir, host=options.host, port=options.port, idle=options.idle_timeout)
    return 0


def _log(options: argparse.Namespace) -> int:
    for item in _store(options).operations(options.since):
        if options.json:
            print(json.dumps({**vars(item), "time": timestamp(item.time)}))
        else:
            print(f"{item.seq:5} {timestamp(item.time)} {item.status} {item.method:6} {item.path} {item.code}".rstrip())
    return 0


def _clock(options: argparse.Namespace) -> int:
    clock = _store(options).clock
    if options.speed is not None:
        clock.set_speed(options.speed)
    if options.advance is not None:
        clock.advance(options.advance)
    print(f"{timestamp(clock.now())} (speed {clock.speed():g})")
    return 0


def _settings(options: argparse.Namespace) -> int:
    store = _store(options)
    for item in options.changes:
        name, separator, value = item.partition("=")
        if not separator:
            raise ValueError(f"{item!r} is not of the form NAME=VALUE")
        store.set(name, value)
    for name, value in store.all_settings().items():
        print(f"{name}={value}")
    return 0


def _reset(options: argparse.Namespace) -> int:
    """Also the clock and the settings begin anew."""
    if background.running(options.dir):
        raise RuntimeError("it runs; stop it before it is reset")
    for name in ("azure.db", "azure.db-wal", "azure.db-shm"):
        (options.dir / name).unlink(missing_ok=True)
    Store.open(options.dir)
    print("local Azure holds what it held at first")
    return 0


def _store(options: argparse.Namespace) -> Store:
    if not (options.dir / "azure.db").exists():
        raise ValueError(f"there is no local Azure in {options.dir}")
    return Store.open(options.dir)


def _parser() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--dir", default=os.environ.get("LOCAL_AZURE_DIR"), help="its folder (LOCAL_AZURE_DIR)")
    idle = argparse.ArgumentParser(add_help=False)
    idle.add_argument(
        "--idle-timeout", type=float, default=IDLE_SECONDS, metavar="SECONDS", help="end by itself after that long"
    )
    parser = argparse.ArgumentParser(prog="python -m emulator", description="Local Azure: run it and look into it.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    start = commands.add_parser("start", parents=[common, idle], help="run the Batch data plane in the background")
    start.set_defaults(run=_start)
    stop = commands.add_parser("stop", parents=[common], help="end it")
    stop.set_defaults(run=_stop)
    serve = commands.add_parser("serve", parents=[common, idle], help="run the Batch data plane in this process")
    serve.add_argument("--host", default="127.0.0.1", help="a loopback address")
    serve.add_argument("--port", type=int, default=0, help="0 for any free one")
    serve.set_defaults(run=_serve)
    log = commands.add_parser("log", parents=[common], help="what ARM received")
    log.add_argument("--json", action="store_true", help="one JSON object a line, with bodies (secrets as digests)")
    log.add_argument("--since", type=int, default=0, metavar="SEQ", help="only what came after this number")
    log.set_defaults(run=_log)
    clock = commands.add_parser("clock", parents=[common], help="show or move the time")
    clock.add_argument("--speed", type=float, metavar="N", help="seconds of local Azure per real second")
    clock.add_argument("--advance", type=float, metavar="SECONDS", help="jump ahead")
    clock.set_defaults(run=_clock)
    settings = commands.add_parser("settings", parents=[common], help="show or change how it behaves")
    settings.add_argument("changes", nargs="*", metavar="NAME=VALUE")
    settings.set_defaults(run=_settings)
    reset = commands.add_parser("reset", parents=[common], help="forget everything but the first content")
    reset.set_defaults(run=_reset)
    return parser


if __name__ == "__main__":
    sys.exit(main())
