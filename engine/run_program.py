"""Runs one Pulumi program for `engine.language_host`: what `pulumi-language-python-exec` does for the official host.

Started by path in the Python of the program's virtual environment, so it imports nothing of this project. Takes one
argument, a JSON object: project, stack, organization, root_directory, pwd, program (a folder or a file, relative to
pwd), args (list), monitor, engine (gRPC addresses), parallel (int), dry_run (bool). The configuration comes in
PULUMI_CONFIG and PULUMI_CONFIG_SECRET_KEYS, where `pulumi.runtime` reads it.

Exit codes: 0 done; 32 failed, and the person has been told why; anything else is the program's own `sys.exit`.
"""

import signal

# Until the program begins there is nothing to tidy up: an interrupt just ends this, without a traceback.
if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)

import asyncio
import json
import logging
import os
import runpy
import sys
import traceback
from concurrent.futures import ThreadPoolExecutor
from typing import Any

TOLD = 32  # the code that the official host and executor agreed on: failed, no further message wanted
INTERRUPTED = 130
MONITOR_GONE = "resource monitor shut down"
"""What the engine answers once something has failed for good, and it has said what: a program that still waits for a
component of a plugin is ended by it. The stack of that wait helps nobody."""


def main(request: dict[str, Any]) -> int:
    # A script's own folder comes first on the path: here it would let `import local` find engine/local.py.
    here = os.path.realpath(os.path.dirname(__file__))  # noqa: PTH120 - pathlib is 10 ms that each command would pay
    sys.path[:] = [entry for entry in sys.path if os.path.realpath(entry) != here]
    try:
        import pulumi
        import pulumi.runtime
    except ImportError as error:
        print(f"The Pulumi SDK cannot be imported by {sys.executable}: {error}\n"
              "Install the program's requirements into its virtual environment: pip install -r requirements.txt",
              file=sys.stderr)  # fmt: skip
        return TOLD

    pulumi.runtime.set_all_config(pulumi.runtime.get_config_env(), pulumi.runtime.get_config_secret_keys_env())
    pulumi.runtime.configure(
        pulumi.runtime.Settings(
            monitor=request["monitor"],
            engine=request["engine"],
            project=request["project"],
            stack=request["stack"],
            parallel=request["parallel"],
            dry_run=request["dry_run"],
            organization=request["organization"],
            root_directory=request["root_directory"],
        )
    )
    os.chdir(request["pwd"])
    program = os.path.abspath(request["program"])  # noqa: PTH100
    sys.argv = [request["program"], *request["args"]]
    # Pulumi programs end with futures that nobody awaited; asyncio would tell the user about each of them.
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)

    def run() -> None:
        runpy.run_path(program, run_name="__main__")

    executor = ThreadPoolExecutor(max_workers=max(request["parallel"], 1) * 4)
    loop.set_default_executor(executor)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        if os.path.isdir(program) and not os.path.isfile(os.path.join(program, "__main__.py")):  # noqa: PTH112, PTH113, PTH118
            raise pulumi.RunError(f"unable to find main python program `__main__.py` in `{program}`")
        loop.run_until_complete(pulumi.runtime.run_in_stack(run))
    except KeyboardInterrupt:
        # Threads may be waiting for an engine that is gone; the usual way out would wait for them.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(INTERRUPTED)
    except pulumi.RunError as error:
        pulumi.log.error(str(error))
        return TOLD
    except Exception as error:
        if str(error) == MONITOR_GONE:
            return TOLD
        pulumi.log.error("Program failed with an unhandled exception:\n" + _user_traceback(error, program))
        return TOLD
    finally:
        executor.shutdown(wait=True)
        loop.close()
    return 0


def _user_traceback(error: Exception, program: str) -> str:
    """The traceback from the program's own first frame on: what lies above it is this module, runpy and pulumi."""
    entry = program if os.path.isfile(program) else os.path.join(program, "__main__.py")  # noqa: PTH113, PTH118
    frames = traceback.extract_tb(error.__traceback__)
    for index, frame in enumerate(frames):
        if os.path.abspath(frame.filename) == entry:  # noqa: PTH100
            return "".join(
                traceback.format_exception(type(error), error, error.__traceback__, limit=index - len(frames))
            )
    return "".join(traceback.format_exception(type(error), error, error.__traceback__))


if __name__ == "__main__":
    code = main(json.loads(sys.argv[1]))
    sys.stdout.flush()
    sys.stderr.flush()
    sys.exit(code)
