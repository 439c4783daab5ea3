"""What git knows of the repository: the base of a change, and files as they were there. Asks git, changes nothing."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import yaml

from ..errors import BadUsage
from ..text import clean_line
from .places import STACK_FILE

# Set by git for its own hooks (`git rev-parse --local-env-vars`); with them it would answer for another folder.
_OF_ANOTHER = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_COMMON_DIR", "GIT_OBJECT_DIRECTORY")
# The change under review must not run anything: no hooks, no watcher of files, no pager.
_QUIET = ("--no-pager", "-c", f"core.hooksPath={os.devnull}", "-c", "core.fsmonitor=false")
# git's modes of a file; a symbolic link has another
_FILES = frozenset({"100644", "100755"})


def stack_files(folder: Path, base: str) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """The texts of the stack files, by path from the top of the repository: where the change began, and now.

    folder: that of Pulumi.yaml, whose `stackConfigDir` is honoured. base: the revision that the change goes into; it is
    compared with the last commit that both have, as a pull request is. Now is the working tree, with what is not
    committed. Raises BadUsage.
    """
    began = merge_base(folder, base)
    directory = _stack_directory(folder)
    inside = Path(os.path.normpath(Path(_prefix(folder)) / directory))
    now = {
        (inside / path.name).as_posix(): _decode(path.read_bytes())
        for path in sorted((folder / directory).glob("Pulumi.*"))
        if STACK_FILE.fullmatch(path.name) and path.is_file()
    }
    return _texts_at(folder, began, inside.as_posix()), now


def merge_base(folder: Path, base: str) -> str:
    """The last commit that a revision and HEAD both have. Raises BadUsage where git cannot tell."""
    commit = find_commit(folder, base)
    if commit is None:
        raise BadUsage(
            f"--base: must be a revision that git knows, got {clean_line(base)!r}; fetch it{_how_to_fetch(folder)}"
        )
    found = _run(folder, "merge-base", commit, "HEAD", fails=True)
    if not found:
        raise BadUsage(
            f"--base: must have a commit in common with HEAD, got {clean_line(base)!r}; "
            f"fetch the history between them{_how_to_fetch(folder)}"
        )
    return found.decode().split()[0]


def find_commit(folder: Path, revision: str) -> str | None:
    """The id of a commit; None for what git does not know. Raises BadUsage outside of a repository."""
    _prefix(folder)
    if not revision or revision.startswith("-"):
        # git would take it for an option
        return None
    found = _run(folder, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}", fails=True)
    return found.decode().strip() or None


def show(folder: Path, revision: str, path: str) -> str | None:
    """A file as it was at a revision; None where there was none.

    path: from `folder`, with slashes. Raises BadUsage for a revision that git does not know.
    """
    commit = find_commit(folder, revision)
    if commit is None:
        raise BadUsage(f"{clean_line(revision)!r}: must be a revision that git knows; fetch it{_how_to_fetch(folder)}")
    inside = Path(os.path.normpath(Path(_prefix(folder)) / path))
    return _texts_at(folder, commit, inside.parent.as_posix(), only=inside.name).get(inside.as_posix())


def ask(folder: Path, *arguments: str) -> str:
    """What git prints; nothing where there is no git, no repository, or nothing to print."""
    try:
        return os.fsdecode(_run(folder, *arguments, fails=True))
    except BadUsage:
        return ""


def _texts_at(folder: Path, commit: str, directory: str, only: str | None = None) -> dict[str, str]:
    """Files of a directory at a commit, by path from the top: those of stacks, or the one that is asked for."""
    tree = commit if directory == "." else f"{commit}:{directory}"
    listing = _run(folder, "ls-tree", "-z", "--full-tree", tree, fails=True)
    wanted: dict[str, str] = {}
    for record in filter(None, listing.split(b"\0")):
        about, _, raw = record.partition(b"\t")
        mode, _, found = about.decode().split()[:3]
        name = os.fsdecode(raw)
        if mode in _FILES and (name == only if only is not None else STACK_FILE.fullmatch(name)):
            wanted[(Path(directory) / name).as_posix()] = found
    return dict(zip(wanted, _contents(folder, list(wanted.values())), strict=True))


def _contents(folder: Path, objects: list[str]) -> list[str]:
    """The texts of objects, asked of one process: no name of a file is in the question."""
    if not objects:
        return []
    answer = _run(folder, "cat-file", "--batch", given="".join(f"{one}\n" for one in objects).encode())
    found: list[str] = []
    for _ in objects:
        head, _, answer = answer.partition(b"\n")
        size = int(head.split()[2])
        found.append(_decode(answer[:size]))
        answer = answer[size + 1 :]
    return found


def _stack_directory(folder: Path) -> str:
    """`stackConfigDir` of Pulumi.yaml; the folder itself without one."""
    try:
        project = yaml.safe_load((folder / "Pulumi.yaml").read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError):
        project = None
    directory = project.get("stackConfigDir") if isinstance(project, dict) else None
    return directory if isinstance(directory, str) and directory else "."


def _prefix(folder: Path) -> str:
    """The way from the top of the repository to the folder; "" at the top."""
    return os.fsdecode(_run(folder, "rev-parse", "--show-prefix")).rstrip("\n")


def _how_to_fetch(folder: Path) -> str:
    shallow = _run(folder, "rev-parse", "--is-shallow-repository", fails=True).strip() == b"true"
    if shallow:
        return ": the clone is shallow, so `git fetch --unshallow`, or `fetch-depth: 0` where a pipeline checks out"
    return ", for example with `git fetch origin`"


def _run(folder: Path, *arguments: str, given: bytes = b"", fails: bool = False) -> bytes:
    """What git prints; nothing where it may fail and does."""
    environment = {key: value for key, value in os.environ.items() if key not in _OF_ANOTHER}
    environment |= {"GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
    try:
        done = subprocess.run(
            ["git", *_QUIET, *arguments], cwd=folder, input=given, capture_output=True, env=environment, check=False
        )
    except OSError as error:
        raise BadUsage(f"--base: needs git and the folder {folder}; {clean_line(str(error))}") from None
    if done.returncode and not fails:
        said = clean_line(done.stderr.decode("utf-8", "replace"))
        raise BadUsage(f"--base: git cannot be asked in {folder}: {said}")
    return b"" if done.returncode else done.stdout


def _decode(content: bytes) -> str:
    return content.decode("utf-8", "replace")
