"""Gathers what `freshness` judges by: the times of files, and what git knows of them. It changes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from ...stack_files import stack_file
from ..errors import BadUsage
from ..lenient import parse_time
from . import git
from .freshness import FreshnessFacts

_COMMIT_LETTERS = frozenset("0123456789abcdefABCDEF")
_COMMIT_LENGTHS = range(7, 65)

# A judgement of ours: what a program of Pulumi's is written in, and folders that no program runs from. A file that is
# missed here can be caught by --made-for; one too many would call good previews stale.
_PROGRAM_ENDS = frozenset({".py", ".ts", ".js", ".go", ".cs", ".fs", ".vb", ".java", ".kt", ".scala"})
_PROGRAM_FILES = frozenset({"Pulumi.yaml", "Pulumi.yml", "requirements.txt", "package.json", "go.mod"})
_OTHER_FOLDERS = frozenset({"tests", "test", "docs", "bench", "node_modules"})


def gather_facts(
    folder: Path,
    environment: str,
    preview: Path,
    config: Mapping[str, Any] | None,
    *,
    made_for: str | None = None,
    made_at: datetime | None = None,
) -> FreshnessFacts:
    """What is known of a preview and the working tree; what cannot be read or asked is not known.

    folder: that of Pulumi.yaml. environment: the stack, perhaps as `org/project/stack`. preview: its file; its time is
    when the preview was made unless `made_at` says better. config: the ``config`` of the preview.
    """
    stack = stack_file(folder, environment.rsplit("/", 1)[-1])
    name, keys = _project(folder)
    shown = stack.relative_to(folder).as_posix() if stack.is_relative_to(folder) else str(stack)
    made = made_at or _time(preview)
    dirty, tracked, head, head_time = _ask_git(folder) if made or made_for else ((), (), None, None)
    return FreshnessFacts(
        config=config,
        stack_file=shown,
        stack_text=_text(stack),
        project=name,
        project_keys=keys,
        made=made,
        made_for=made_for,
        head=head,
        head_time=head_time,
        dirty=_times(folder, dirty, shown),
        checked_out=_times(folder, tracked, shown),
    )


def parse_made_for(texts: Sequence[str]) -> dict[str, str]:
    """`ENV=SHA` by environment. Raises BadUsage."""
    found: dict[str, str] = {}
    for environment, commit in _pairs(texts, "--made-for", "ENV=SHA"):
        if len(commit) not in _COMMIT_LENGTHS or not _COMMIT_LETTERS.issuperset(commit):
            raise BadUsage(
                f"--made-for: must name a commit by 7 or more of its digits, got {commit[:80]!r}; give what "
                "'git rev-parse HEAD' printed where the preview was made"
            )
        found[environment] = commit.lower()
    return found


def parse_made_at(texts: Sequence[str]) -> dict[str, datetime]:
    """`ENV=TIME` by environment, times in ISO 8601 (without a zone: UTC). Raises BadUsage."""
    found: dict[str, datetime] = {}
    for environment, text in _pairs(texts, "--made-at", "ENV=TIME"):
        time = parse_time(text)
        if time is None:
            raise BadUsage(
                f"--made-at: must be a time in ISO 8601, got {text[:80]!r}; give what 'date -u +%FT%TZ' printed where "
                "the preview was made"
            )
        found[environment] = time
    return found


def is_program_file(name: str, stack: str) -> bool:
    """Whether a file (its path under the folder of Pulumi.yaml) can change what a preview of the stack says."""
    path = PurePosixPath(name)
    if name == stack:
        return True
    if any(part in _OTHER_FOLDERS or part.startswith(".") for part in path.parts[:-1]):
        return False
    return path.name in _PROGRAM_FILES or path.suffix in _PROGRAM_ENDS


def _pairs(texts: Sequence[str], option: str, form: str) -> list[tuple[str, str]]:
    pairs = [tuple(part.strip() for part in text.rpartition("=")[::2]) for text in texts]
    for text, (environment, value) in zip(texts, pairs, strict=True):
        if not environment or not value:
            raise BadUsage(f"{option}: must be {form}, got {text[:80]!r}")
    names = [environment for environment, _value in pairs]
    for name in names:
        if names.count(name) > 1:
            raise BadUsage(f"{option}: must come once for each environment, got {name!r} twice")
    return [(environment, value) for environment, value in pairs]


def _project(folder: Path) -> tuple[str, frozenset[str]]:
    """The project's name, and the keys of the configuration that Pulumi.yaml gives a value."""
    try:
        project = yaml.safe_load(_text(folder / "Pulumi.yaml") or "")
    except yaml.YAMLError:
        project = None
    project = project if isinstance(project, Mapping) else {}
    name, config = str(project.get("name", "")), project.get("config")
    keys = [str(key) for key in config] if isinstance(config, Mapping) else []
    return name, frozenset(key if ":" in key else f"{name}:{key}" for key in keys)


def _ask_git(folder: Path) -> tuple[Iterable[str], Iterable[str], str | None, datetime | None]:
    """Files that differ from HEAD, all that HEAD has, the commit, and when it was made."""
    last = git.ask(folder, "log", "-1", "--no-show-signature", "--format=%H %ct", "HEAD")
    head, _, seconds = last.strip().partition(" ")
    if not seconds:
        return (), (), None, None
    changed = git.ask(folder, "diff", "--name-only", "-z", "--relative", "--no-ext-diff", "--no-textconv", "HEAD")
    new = git.ask(folder, "ls-files", "-z", "--others", "--exclude-standard")
    tracked = git.ask(folder, "ls-files", "-z")
    made = datetime.fromtimestamp(int(seconds), timezone.utc)
    return {*_names(changed), *_names(new)}, _names(tracked), head, made


def _names(listing: str) -> list[str]:
    return [name for name in listing.split("\0") if name]


def _times(folder: Path, names: Iterable[str], stack: str) -> dict[str, datetime]:
    timed = ((name, _time(folder / name)) for name in sorted(names) if is_program_file(name, stack))
    return {name: time for name, time in timed if time is not None}


def _time(path: Path) -> datetime | None:
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, timezone.utc)
    except (OSError, OverflowError, ValueError):
        return None


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None
