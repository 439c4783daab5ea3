"""`python -m engine`: get the engine, and run it sealed against local Azure.

Exit codes: those of the command that ran; 2 for bad usage or an engine that cannot be had; 130 when interrupted.
"""

import signal

# Until something has been started there is nothing to tidy up: an interrupt during the imports just ends this.
if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from engine import get
from engine.local import CommandFailed, Local
from engine.processes import INTERRUPTED, leave_on_termination, run
from engine.project import with_absolute_paths
from engine.sealed import Refused

WAIT = "20m"
"""How long `up` waits for the nodes, in local Azure's time and as `extension-pool status --wait` takes it."""


def main(arguments: Sequence[str]) -> int:
    """Runs one subcommand and returns the exit code."""
    options = _parser().parse_args(arguments)
    leave_on_termination()
    local = Local()
    try:
        return int(options.run(local, options))
    except KeyboardInterrupt:
        _stop_own(local)
        print("\ninterrupted; run it again to go on", file=sys.stderr)
        return INTERRUPTED
    except (Refused, get.EngineError) as error:
        print(error, file=sys.stderr)
        return 2
    except CommandFailed as error:
        print(error, file=sys.stderr)
        return error.returncode if error.returncode > 0 else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m engine", description=__doc__.partition(":")[2].strip())
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: object, text: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=text, description=text)
        added.set_defaults(run=run)
        return added

    command("get", _get, "find the pulumi engine, or get it into .local/engine")
    for name, function, text in (
        ("up", _up, "build the stack in local Azure and show its status"),
        ("preview", _preview, "show what `up` would change"),
        ("status", _status, "show each extension on each node"),
        ("down", _down, "take the stack down and stop local Azure"),
    ):
        added = command(name, function, text)
        added.add_argument("--stack", default="dev", help="the stack (default: dev)")
        if name == "down":
            added.add_argument("--force", action="store_true", help="forget local Azure and all its stacks as they are")
    added = command("review", _review, "show what the working tree would do to each stack of the base branch")
    added.add_argument(
        "--base", metavar="REV", help="compare with where HEAD left this (default: the branch it goes to)"
    )
    added.add_argument("--stack", nargs="+", action="extend", default=[], metavar="NAME", help="only these stacks")
    added.add_argument("--output", nargs="+", action="extend", default=[], metavar="FILE", help="also as .md or .json")
    added.add_argument("arguments", nargs=argparse.REMAINDER, metavar="-- OPTIONS", help="of `extension-pool report`")
    for name, function, text in (
        ("pulumi", _pulumi, "any pulumi command, on the local copy of this project"),
        ("run", _command, "any command, in the sealed environment, in this folder"),
    ):
        command(name, function, text).add_argument("arguments", nargs=argparse.REMAINDER, metavar="-- ARGUMENTS")
    return parser


def _get(local: Local, options: argparse.Namespace) -> int:
    print(f"engine: {get.get()}")
    return 0


def _up(local: Local, options: argparse.Namespace) -> int:
    local.ready(options.stack)
    code = _shown(local, "up", "--yes", "--skip-preview", "--stack", options.stack)
    return code or _show_status(local, options.stack)


def _preview(local: Local, options: argparse.Namespace) -> int:
    local.ready(options.stack)
    return _shown(local, "preview", "--diff", "--stack", options.stack)


def _status(local: Local, options: argparse.Namespace) -> int:
    local.ready(options.stack)
    return _show_status(local, options.stack, wait=False)


def _down(local: Local, options: argparse.Namespace) -> int:
    if options.force:
        local.forget()
        return 0
    local.check_stack(options.stack)
    if options.stack in local.deployed():
        local.ready(options.stack)
        # The pools' delete hooks are in the program; but one whose creation failed half way may not even run.
        program = ("--run-program",) if local.has_delete_hooks(options.stack) else ()
        code = _shown(local, "destroy", "--yes", "--skip-preview", "--remove", *program, "--stack", options.stack)
        if code:
            print("to forget local Azure and its stacks as they are: python -m engine down --force", file=sys.stderr)
            return code
    else:
        print(f"stack {options.stack}: nothing is deployed")
    if others := local.deployed():
        print(f"local Azure runs on: it has the stacks {', '.join(others)} as well")
    else:
        local.forget()
    return 0


def _review(local: Local, options: argparse.Namespace) -> int:
    from engine.review import Review, check_outputs, report  # with local Azure itself, which the others do not need

    check_outputs(options.output)
    review = Review()
    reviewed = review.preview(options.base, options.stack)
    partial = ("--partial",) if options.stack else ()
    return report(review, reviewed, options.output, [*partial, *_words(options.arguments)])


def _pulumi(local: Local, options: argparse.Namespace) -> int:
    local.install_plugin()
    words = with_absolute_paths(_words(options.arguments), Path.cwd())
    return local.pulumi(*words, check=False, capture=False).returncode


def _command(local: Local, options: argparse.Namespace) -> int:
    words = _words(options.arguments)
    if not words:
        raise Refused("run: which command? For example: python -m engine run -- extension-pool status --stack dev")
    local.refuse()
    local.install_plugin()
    try:
        return run(words, env=local.environment(), cwd=Path.cwd(), capture=False).returncode
    except FileNotFoundError:
        raise Refused(f"run: there is no command {words[0]!r} on PATH") from None


def _show_status(local: Local, stack: str, wait: bool = True) -> int:
    command: list[str | Path] = [local.python.with_name("extension-pool"), "status", "--stack", stack]
    command += ["--wait", WAIT] if wait else []
    return run(command, env=local.environment(), cwd=local.project.copy, capture=False).returncode


def _shown(local: Local, *arguments: str) -> int:
    """Runs pulumi with its own output; without questions or moving lines in a pipe."""
    quiet = () if sys.stdout.isatty() else ("--non-interactive",)
    return local.pulumi(*arguments, *quiet, check=False, capture=False).returncode


def _words(arguments: Sequence[str]) -> list[str]:
    return list(arguments[1:] if arguments[:1] == ["--"] else arguments)


def _stop_own(local: Local) -> None:
    """Leaves nothing running that this run started."""
    if local.started_azure:
        try:
            local.stop_azure()
        except (CommandFailed, OSError) as error:
            print(error, file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
