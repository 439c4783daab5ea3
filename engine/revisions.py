"""What git holds of the project at another revision: read without touching the index, the branches or a work tree.

Files come out of git's store as they are in it: no filter, hook or attribute of the repository is heard.
"""

import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

from engine.sealed import Refused

USUAL = ("origin/HEAD", "origin/main", "origin/master", "main", "master")
"""Where a change goes when nobody says: the first of these that there is."""

# A hook of git sets them, for a repository that need not be this one.
_OF_A_HOOK = (
    *("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_COMMON_DIR", "GIT_NAMESPACE"),
    *("GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES"),
)
_LINK, _SUBMODULE = "120000", "160000"


class Repository:
    """The git repository that `folder` is in; `folder` may be below its top. Raises Refused when there is none."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._why = ""
        if self._ask("rev-parse", "--show-prefix") is None:
            raise Refused(
                f"{folder}: is not in a git repository, or git may not read it ({self._why}); a review compares the "
                "working tree with what git has"
            )

    @cached_property
    def prefix(self) -> str:
        """The way from the repository's top to the folder: empty, or with '/' at its end."""
        return self._get("rev-parse", "--show-prefix").removesuffix("\n")

    def find_base(self, wanted: str | None, environ: Mapping[str, str]) -> "Base":
        """The revision to compare with: where the way to HEAD left the branch that the change goes to.

        wanted: as typed; else the target of the pull request that a pipeline runs for, else the usual branches.
        Raises Refused with what to do.
        """
        names, source = _candidates(wanted, environ)
        name = next((one for one in names if self._commit(one)), None)
        if name is None:
            looked = f"{names[0]} ({source}) is not" if source else f"none of {', '.join(names)} is"
            fetch = f"git fetch origin {names[0].removeprefix('origin/')}" if source else "git fetch origin"
            raise Refused(f"base: {looked} in this repository; do `{fetch}`, or choose with BASE=REVISION")
        if not self._commit("HEAD"):
            raise Refused("base: nothing is committed in this repository yet: there is nothing to compare with")
        merged = self._ask("merge-base", self._commit(name), "HEAD")
        if merged is None:
            raise Refused(self._no_common(name))
        commit = merged.strip()
        return Base(self, name, commit, self._get("rev-parse", f"{commit}^{{tree}}").strip())

    def ignored(self, paths: Sequence[str]) -> frozenset[str]:
        """Those of the paths, seen from the folder, that git is told to ignore, and that it does not have."""
        if not paths:
            return frozenset()
        asked = b"".join(os.fsencode(path) + b"\0" for path in paths)
        return frozenset(_split(self.run("check-ignore", "-z", "--stdin", stdin=asked).stdout))

    def _no_common(self, name: str) -> str:
        if self._get("rev-parse", "--is-shallow-repository").strip() == "true":
            return (
                f"base: HEAD and {name} have no commit in common here, for this clone is shallow; do `git fetch "
                "--unshallow` (in a pipeline: fetch-depth: 0)"
            )
        return f"base: HEAD and {name} have no commit in common; choose another with BASE=REVISION"

    def _commit(self, name: str) -> str:
        return (self._ask("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}") or "").strip()

    def _get(self, *arguments: str) -> str:
        text = self._ask(*arguments)
        if text is None:
            raise Refused(f"git {' '.join(arguments)}: {self._why}")
        return text

    def _ask(self, *arguments: str) -> str | None:
        """What git answers; None when it refuses, and then the reason is in `_why`."""
        result = self.run(*arguments)
        said = result.stderr.decode(errors="replace").strip().splitlines()
        self._why = said[-1] if said else "it failed without a word"
        return result.stdout.decode(errors="surrogateescape") if result.returncode == 0 else None

    def run(self, *arguments: str, stdin: bytes = b"") -> "subprocess.CompletedProcess[bytes]":
        """One git command in the folder; Refused when there is no git."""
        environment = {name: value for name, value in os.environ.items() if name not in _OF_A_HOOK}
        environment |= {"GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
        command = ["git", "--no-pager", "-c", "core.quotePath=false", *arguments]
        try:
            return subprocess.run(
                command, cwd=self.folder, env=environment, input=stdin, capture_output=True, check=False
            )
        except FileNotFoundError:
            raise Refused(
                "git: there is no git on PATH; a review compares the working tree with what git has"
            ) from None


@dataclass(frozen=True)
class Base:
    """One commit. name: what was asked for (`main`); commit: where HEAD left it; tree: the digest of all its files."""

    repository: Repository
    name: str
    commit: str
    tree: str

    def __str__(self) -> str:
        return f"{self.name} ({self.commit[:8]})"

    def read(self, path: str) -> str | None:
        """A file's text, its path seen from the project's folder; None where there is none."""
        result = self.repository.run("cat-file", "blob", f"{self.commit}:{self._from_top(path)}")
        return result.stdout.decode("utf-8", "replace") if result.returncode == 0 else None

    def names(self, folder: str) -> list[str]:
        """The names of what is in a folder, seen from the project's; empty where there is none."""
        below = self._from_top(folder)
        tree = f"{self.commit}:{below}" if below else f"{self.commit}^{{tree}}"
        result = self.repository.run("ls-tree", "-z", "--name-only", "--full-tree", tree)
        return _split(result.stdout) if result.returncode == 0 else []

    def changed(self, paths: Sequence[str]) -> list[str]:
        """Those of the files, seen from the project's folder, that are others in the working tree."""
        folder = self.repository.folder
        return [path for path in paths if self.read(path) != _text(folder / path)]

    def export(self, target: Path) -> Path:
        """Writes all its files below `target`; returns the project's folder in it. Submodules stay away."""
        listed = self.repository.run("ls-tree", "-r", "-z", "--full-tree", self.commit)
        if listed.returncode != 0:
            raise Refused(f"git ls-tree {self.commit}: {listed.stderr.decode(errors='replace').strip()}")
        entries = []
        for line in _split(listed.stdout):
            about, _, path = line.partition("\t")
            mode, _, digest = about.split(" ")
            if mode != _SUBMODULE:
                entries.append((mode, digest, target / _inside(path)))
        texts = self._texts([digest for _, digest, _ in entries])
        # Links last: nothing is then written through one to somewhere else.
        for (mode, _, file), text in sorted(zip(entries, texts, strict=True), key=lambda one: one[0][0] == _LINK):
            file.parent.mkdir(parents=True, exist_ok=True)
            if mode == _LINK:
                file.symlink_to(text.decode(errors="surrogateescape"))
            else:
                file.write_bytes(text)
                file.chmod(0o755 if mode == "100755" else 0o644)
        return target / self.repository.prefix

    def _texts(self, names: Sequence[str]) -> list[bytes]:
        asked = "".join(f"{name}\n" for name in names).encode()
        answer = self.repository.run("cat-file", "--batch", stdin=asked)
        texts, at = [], 0
        for name in names:
            end = answer.stdout.find(b"\n", at)
            head = answer.stdout[at:end].split(b" ")
            if len(head) != 3:
                raise Refused(f"git cat-file {name}: {answer.stderr.decode(errors='replace').strip() or 'not there'}")
            size = int(head[2])
            texts.append(answer.stdout[end + 1 : end + 1 + size])
            at = end + 1 + size + 1
        return texts

    def _from_top(self, path: str) -> str:
        joined = os.path.normpath(self.repository.prefix + path)
        return "" if joined == "." else joined


def _candidates(wanted: str | None, environ: Mapping[str, str]) -> tuple[tuple[str, ...], str]:
    """Revisions to try in order, and who named the only one; nobody for the usual ones."""
    if wanted:
        return (wanted,), "as asked for"
    # https://docs.github.com/actions/reference/workflows-and-actions/variables
    # https://learn.microsoft.com/azure/devops/pipelines/build/variables
    for variable in ("GITHUB_BASE_REF", "SYSTEM_PULLREQUEST_TARGETBRANCH"):
        if target := environ.get(variable):
            return (f"origin/{target.removeprefix('refs/heads/')}",), f"from {variable}"
    return USUAL, ""


def _split(listed: bytes) -> list[str]:
    return [name.decode(errors="surrogateescape") for name in listed.split(b"\0") if name]


def _inside(path: str) -> PurePosixPath:
    """A path of a tree as a path of files; a tree that was not made by git could have others."""
    parts = PurePosixPath(path).parts
    if path.startswith("/") or ".." in parts or ".git" in {part.lower() for part in parts}:
        raise Refused(f"git: the base has a file {path!r}, which no working tree may have")
    return PurePosixPath(path)


def _text(path: Path) -> str | None:
    try:
        return path.read_text("utf-8", "replace").replace("\r\n", "\n")
    except OSError:
        return None
