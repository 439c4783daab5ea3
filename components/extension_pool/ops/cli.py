"""The entry point of the command `extension-pool`: the one place that prints errors and decides on exit codes.

| code | meaning |
|---|---|
| 0 | healthy, or done |
| 1 | the verdict is no |
| 2 | bad usage or configuration |
| 3 | no verdict: Azure could not be asked, or the command itself broke |
| 130 | interrupted |
"""

import importlib.util
import logging
import os
import sys
import traceback
from collections.abc import Sequence

from .errors import OpsError
from .output import harmless
from .text import clean_block

INTERRUPTED = 130
"""As shells count: 128 and the number of SIGINT."""

_NEEDED = ("typer", "azure.batch", "azure.identity")


def main() -> None:
    """Runs the command on the process's arguments and ends the process."""
    code = run(sys.argv[1:])
    if code == INTERRUPTED:
        # Calls under way would be waited for at a normal exit, up to their timeout; whoever pressed Ctrl-C would not.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)


def run(arguments: Sequence[str]) -> int:
    """Runs the command on `arguments` and returns the exit code; results go to stdout, errors to stderr."""
    if any(not _installed(name) for name in _NEEDED):
        return _fail("install: this command needs an extra; run: pip install 'batch-extension-pool[ops]'", 2)
    # The SDK logs its failures as warnings, with tracebacks; each of them is also an exception, which is told below.
    logging.getLogger("azure").addHandler(logging.NullHandler())
    import typer

    from . import commands

    try:
        done = commands.app(args=list(arguments), prog_name="extension-pool", standalone_mode=False)
    except OpsError as error:
        return _fail(str(error), error.exit_code)
    except (KeyboardInterrupt, typer.Abort):
        return _fail("interrupted", INTERRUPTED)
    except Exception as error:
        # click's usage errors: typer brings its own copy of click or imports click, depending on its version.
        if hasattr(error, "format_message") and hasattr(error, "exit_code"):
            return _usage(error)
        return _unexpected(error)
    # Ctrl-C: newer typer returns this code, older raises Abort.
    if done == INTERRUPTED:
        return _fail("interrupted", INTERRUPTED)
    return done if isinstance(done, int) else 0


def _usage(error: Exception) -> int:
    """A wrong command line. With no arguments at all click's message is the help."""
    message = str(error.format_message())  # type: ignore[attr-defined]
    context = getattr(error, "ctx", None)
    if type(error).__name__ == "NoArgsIsHelpError":
        sys.stderr.write(harmless(f"{message}\n"))
        return 2
    help_of = context.command_path if context is not None else "extension-pool"
    return _fail(f"usage: {message} See '{help_of} --help'.", 2)


def _unexpected(error: Exception) -> int:
    """A bug: other words than for any expected failure, and what to paste into a report."""
    trace = "".join(traceback.format_exception(type(error), error, error.__traceback__))
    lines = [
        "extension-pool: this is a bug in the command, not a verdict on your pools.",
        "Please report it with the lines below; look through them for names you would rather not publish.",
        "",
        f"python {sys.version.split()[0]} on {sys.platform}",
        *(line if line.isprintable() else ascii(line) for line in trace.splitlines()),
    ]
    sys.stderr.write(harmless("\n".join(lines) + "\n"))
    return 3


def _fail(message: str, code: int) -> int:
    # The message may quote the service or a name that somebody else chose.
    sys.stderr.write(harmless(f"extension-pool: {' '.join(clean_block(message))}\n"))
    return code


def _installed(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:
        return False


if __name__ == "__main__":
    main()
