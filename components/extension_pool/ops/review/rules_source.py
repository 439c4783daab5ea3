"""Which file of rules a review is judged by. Asks git.

A pull request must not judge itself: its rules are those of the branch that it goes into, not its own. They are taken
from the tip of that branch, not from where the change began: a change may begin before there were any rules.
"""

from __future__ import annotations

from pathlib import Path

from ..errors import BadUsage
from ..text import clean_line
from . import git
from .model import Finding
from .rules import DEFAULT_FILE, Rules, parse_rules


def read_rules(folder: Path, named: str | None, base: str | None) -> tuple[Rules, tuple[Finding, ...]] | None:
    """The rules, and what a reviewer must know of where they are from; None where nobody has rules.

    folder: that of Pulumi.yaml. named: the file, from `folder`; None for `review.yaml`, which need not be there. base:
    the revision that the change goes into, whose rules hold; None takes the file as it is, for a look before a push.
    Raises BadUsage.
    """
    file = DEFAULT_FILE if named is None else Path(named).as_posix()
    now = _read(folder, file)
    if base is None:
        return _alone(file, now, named)
    before = git.show(folder, base, file)
    shown = clean_line(base)
    if before is None and git.ask(folder, "ls-tree", base, "--", file):
        raise _no_file(file, f" at {shown}")
    if before is None:
        found = _alone(file, now, named)
        if found is None:
            return None
        words = f"{file} is new: {shown} has none, so the change is judged by its own"
        return found[0], (_note(words),)
    rules = parse_rules(before, file, shown)
    if now is None:
        return rules, (_note(f"{file} is not there any more; the change is judged by that at {shown}"),)
    return rules, () if now == before else (_differs(file, now, shown),)


def _differs(file: str, now: str, base: str) -> Finding:
    words = f"{file} is not that at {base}, by which the change is judged"
    try:
        parse_rules(now, file)
    except BadUsage as error:
        # Merged, it would let nothing pass, not even the change that mends it.
        return Finding("", clean_line(f"{words}, and it is wrong: {error}"), allowed=False)
    return _note(f"{words}; look at it before you merge")


def _alone(file: str, text: str | None, named: str | None) -> tuple[Rules, tuple[Finding, ...]] | None:
    if text is not None:
        return parse_rules(text, file), ()
    if named is not None:
        raise BadUsage(f"--rules: must be a file under the folder of Pulumi.yaml, got {clean_line(named)!r}")
    return None


def _note(words: str) -> Finding:
    return Finding("", clean_line(words), allowed=True)


def _read(folder: Path, file: str) -> str | None:
    path = folder / file
    if path.is_symlink():
        raise _no_file(file)
    try:
        return path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise BadUsage(f"--rules: must be a text in UTF-8 that can be read, got {file!r}: {error}") from None


def _no_file(file: str, where: str = "") -> BadUsage:
    # git keeps a link, not what it leads to: a base that has one cannot be asked for its rules
    return BadUsage(f"--rules: must be a file, got {file!r}{where}, which is a link; put the rules themselves there")
