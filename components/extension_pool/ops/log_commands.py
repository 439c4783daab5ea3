"""Keeps what is printed into the log of a run from being taken for a command to the run. Pure.

The agents read each line of a step's output, and what looks like a command is done: a variable set, a path added, a
file uploaded. Names and texts in a report come from whoever wrote the change, so they must not look like one. Azure
Pipelines looks for ``##vso[`` anywhere in a line (microsoft/azure-pipelines-agent, ``Command.cs``); GitHub for ``::``
at its beginning, blanks aside, and for ``##[`` anywhere (actions/runner, ``ActionCommand.cs``).

Both search as their culture compares, which may look over characters that have no weight; so what breaks a command is
a blank, and such characters within one do not hide it
(https://learn.microsoft.com/en-us/dotnet/standard/base-types/string-comparison-net-5-plus).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_WEIGHTLESS = (
    "\\x00-\\x08\\x0e-\\x1f\\x7f-\\x9f\\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff9-\ufffb\U000e0000-\U000e0fff"
)
_GAP = f"[{_WEIGHTLESS}]*"
_ANYWHERE = re.compile(rf"#(?={_GAP}#{_GAP}(?:\[|v{_GAP}s{_GAP}o{_GAP}\[))", re.IGNORECASE)
_AT_FRONT = re.compile(rf"(?:^|(?<=\r))([\s{_WEIGHTLESS}]*):(?={_GAP}:)", re.MULTILINE)
_TWO_SIGNS = re.compile(rf"#(?={_GAP}#)")


def obeys_log(environ: Mapping[str, str]) -> bool:
    """Whether something reads this process's output for commands: Azure Pipelines, GitHub Actions and their like."""
    return bool(environ.get("TF_BUILD") or environ.get("GITHUB_ACTIONS"))


def defuse(text: str) -> str:
    """`text` that no agent takes for a command: a blank is put into each."""
    return _AT_FRONT.sub(r"\1: ", _ANYWHERE.sub("# ", text))


def defuse_page(text: str) -> str:
    """The HTML page `text` that no agent takes for a command, and that shows the same."""
    return _AT_FRONT.sub(r"\1&#58;", _ANYWHERE.sub("&#35;", text))


def defuse_json(text: str) -> str:
    """The JSON `text` that no agent takes for a command, and that means the same: in JSON, ``#`` is only in strings."""
    return _TWO_SIGNS.sub(r"\\u0023", text)
