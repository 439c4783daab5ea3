"""The summary of a run: the page that GitHub and Azure Pipelines show beside its log."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from ..errors import CannotAsk
from .comment import fit, octets

LONGEST_SUMMARY = 1024 * 1024
"""Bytes of one step, all that was written before included; GitHub shows nothing of a longer one.
https://docs.github.com/en/actions/writing-workflows/choosing-what-your-workflow-does/workflow-commands-for-github-actions#step-isolation-and-limits
Azure Pipelines states no limit."""

FILE = "GITHUB_STEP_SUMMARY"


def write_summary(body: str, environ: Mapping[str, str], *, say: Callable[[str], object] | None = None) -> bool:
    """Adds the Markdown `body` to the summary of the run; False where there is none, outside of a run.

    GitHub reads a file, which is appended to. Azure Pipelines reads a command in the log, a line that goes to `say`:
    to stderr unless told otherwise, since stdout is for the report, and the agent reads both (its ``NodeHandler.cs``).
    Raises `CannotAsk` where the file cannot be written.
    """
    file = (environ.get(FILE) or "").strip()
    try:
        if file:
            _append(Path(file), body)
            return True
        if environ.get("TF_BUILD"):
            (say or sys.stderr.write)(f"{_upload(_new_file(body, environ))}\n")
            return True
    except OSError as error:
        raise CannotAsk(f"{FILE if file else 'AGENT_TEMPDIRECTORY'}: the summary cannot be written: {error}") from error
    return False


def _append(file: Path, body: str) -> None:
    there = file.stat().st_size if file.exists() else 0
    room = LONGEST_SUMMARY - there - 2
    text = fit(_whole(body), room, octets)
    if octets(text) > room:
        return
    with file.open("a", encoding="utf-8", newline="\n") as opened:
        opened.write(f"{text.rstrip()}\n\n")


def _new_file(body: str, environ: Mapping[str, str]) -> Path:
    """A file with `body`. It has to stay: the agent reads it after the step has ended."""
    folder = (environ.get("AGENT_TEMPDIRECTORY") or "").strip() or None
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", newline="\n", prefix="extension-pool-report-", suffix=".md", dir=folder, delete=False
    ) as opened:
        opened.write(_whole(body))
    return Path(opened.name).resolve()


def _upload(file: Path) -> str:
    """https://learn.microsoft.com/en-us/azure/devops/pipelines/scripts/logging-commands#uploadsummary-add-some-markdown-content-to-the-build-summary"""
    path = str(file)
    for char, word in ((";", "%3B"), ("\r", "%0D"), ("\n", "%0A"), ("]", "%5D")):
        path = path.replace(char, word)
    return f"##vso[task.uploadsummary]{path}"


def _whole(body: str) -> str:
    return body.encode("utf-8", "replace").decode("utf-8")
