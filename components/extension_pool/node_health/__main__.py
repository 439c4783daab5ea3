"""Prints the `startTask` and `extensions` of a pool in a stack file.

python -m extension_pool.node_health --os linux --own http://127.0.0.1:8080/health
"""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Sequence
from typing import Any

import yaml

from ..problems import InvalidInput
from ..spec import arm_name
from . import GRACE_PERIOD, Companion, companion
from .server import DEFAULT_PORT, DEFAULT_TIMEOUT


def main(arguments: Sequence[str]) -> int:
    """The entries on stdout, and 0; or what is wrong on stderr, and 2."""
    parser = argparse.ArgumentParser(
        prog="python -m extension_pool.node_health",
        description="Prints the startTask and extensions of a pool in a stack file, so that Application Health sees "
        "the Batch node agent's health and that of your own server as one.",
    )
    parser.add_argument("--os", dest="os_type", choices=["linux", "windows"], required=True, help="of the pool's image")
    parser.add_argument("--own", metavar="URL", help="the health endpoint of your own server on the node")
    parser.add_argument("--own-status-only", action="store_true", help="200 is healthy, any other status is not")
    parser.add_argument("--start-task", metavar="COMMAND", help="the command line of your own start task, run after")
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help="where the health server listens (%(default)s)")
    parser.add_argument(
        "--timeout", type=float, default=DEFAULT_TIMEOUT, metavar="SECONDS", help="for both answers (%(default)s)"
    )
    parser.add_argument(
        "--grace-period", type=int, default=GRACE_PERIOD, metavar="SECONDS", help="until the first answer (%(default)s)"
    )
    options = vars(parser.parse_args(arguments))
    command = options.pop("start_task")
    try:
        made = companion(**options, start_task=None if command is None else {"command_line": command})
    except InvalidInput as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write(render_yaml(made, arguments))
    return 0


def render_yaml(made: Companion, arguments: Sequence[str]) -> str:
    """The entries of a pool, with the command that made them above."""
    entries = {"startTask": _camel(made.start_task), "extensions": [made.extension.to_arm()]}
    text = yaml.safe_dump(entries, sort_keys=False, width=sys.maxsize, allow_unicode=True)
    # repr where a shell's quotes would leave a line break, which would end the comment
    words = " ".join(shlex.quote(word) if word.isprintable() else repr(word) for word in arguments)
    return f"# made by: python -m extension_pool.node_health {words}\n{text}"


def _camel(value: Any) -> Any:
    return {arm_name(key): _camel(inner) for key, inner in value.items()} if isinstance(value, dict) else value


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
