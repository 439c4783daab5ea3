"""The comment of a report: the hidden marker that it is found again by, and which of several stays. Pure.

A comment is ours when its first line is the marker of its key, so one that quotes ours is not. The marker alone proves
nothing, since everybody can write it: that the author is ourselves is for the services to say, and only those comments
come here. Who could make us write into a comment of theirs could change the report afterwards.

The second line is the stamp: which run wrote the comment, for which commit. By it a run that is slower than a newer one
does not write over the newer report.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from urllib.parse import quote

from ..errors import BadUsage

LONGEST_KEY = 100

_STAMP = re.compile(r"<!-- run ([0-9]{1,18})\.([0-9]{1,9}) commit ([0-9a-f]+|none) at (\S+) -->")
_NUMBER = re.compile(r"[0-9]{1,18}")
_SHA = re.compile(r"[0-9a-f]{7,64}")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})(.*)")
_END_OF_FOLD = "\n\n</details>"
_TIME = "%Y-%m-%dT%H:%M:%SZ"


@dataclass(frozen=True)
class Stamp:
    """Which run wrote a comment, and for which commit.

    run, attempt: the service's numbers, which grow; 0 for a run that has none and is older than each that has one.
    at: when, to the second; it decides between writes of one run. commit: the head of the pull request, "" if unknown.
    """

    run: int
    attempt: int
    commit: str
    at: datetime

    def newer_than(self, other: Stamp) -> bool:
        return self.order > other.order

    @property
    def order(self) -> tuple[int, int, datetime]:
        """What is greater is newer."""
        return self.run, self.attempt, self.at


def stamp(run: str | None, attempt: int, commit: str | None, at: datetime) -> Stamp:
    """A stamp of what the environment says; what is no number or no commit counts as unknown."""
    number = int(run) if run and _NUMBER.fullmatch(run) else 0
    sha = (commit or "").lower()
    whole = at.astimezone(timezone.utc).replace(microsecond=0)
    return Stamp(number, attempt, sha if _SHA.fullmatch(sha) else "", whole)


@dataclass(frozen=True)
class Comment:
    """A comment of ours with the key that was asked for.

    number: the service's, growing: the smallest is the oldest. Where comments are in threads, the thread's, `part` is
    its own within the thread, and `status` the thread's, in the service's word. url: where to read it.
    """

    number: int
    text: str
    stamp: Stamp
    url: str
    part: int | None = None
    status: str | None = None


@dataclass(frozen=True)
class Draft:
    """What shall be said: the whole text with its marker, its stamp, and whether the rules let the change go on."""

    key: str
    text: str
    stamp: Stamp
    passes: bool


@dataclass(frozen=True)
class Plan:
    """What makes one comment of those that are there.

    keep: the one that stays; None when there is none yet. text: what it has to say; None when it says it. outdated:
    a newer run has spoken, and its text stays. drop: the others. status: that of the newer run's thread, where its
    text moves to the one that stays.
    """

    keep: Comment | None
    text: str | None
    outdated: bool = False
    drop: tuple[Comment, ...] = ()
    status: str | None = None


def check_key(key: str) -> str:
    """`key` without blanks around it. Raises `BadUsage` for an empty one, one over 100 characters, or half a letter."""
    word = key.strip()
    whole = word.encode("utf-8", "ignore").decode("utf-8") == word
    if not word or len(word) > LONGEST_KEY or not whole:
        raise BadUsage(f"--key: must have 1 to {LONGEST_KEY} characters, got {key[:120]!r}; name the project")
    return word


def render_marker(key: str) -> str:
    """The first line of the comment with this key. All but letters, digits and ``_.-~`` is percent-encoded, and no two
    hyphens stand together, so no key ends the HTML comment."""
    return f"<!-- extension-pool report: {quote(key, safe='').replace('--', '-%2D')} -->"


def render_comment(body: str, key: str, stamp: Stamp, longest: int) -> str:
    """The whole text of a comment of at most `longest` UTF-16 units: marker, stamp, body."""
    when = stamp.at.strftime(_TIME)
    head = (
        f"{render_marker(key)}\n<!-- run {stamp.run}.{stamp.attempt} commit {stamp.commit or 'none'} at {when} -->\n\n"
    )
    return head + fit(_plain(body), longest - units(head))


def parse_comment(text: str, key: str) -> Stamp | None:
    """The stamp of a comment with this key; None for every other comment. Where it was lost it is older than all."""
    lines = _plain(text).split("\n", 2)
    if lines[0] != render_marker(key):
        return None
    said = _STAMP.fullmatch(lines[1]) if len(lines) > 1 else None
    lost = Stamp(0, 0, "", datetime(1970, 1, 1, tzinfo=timezone.utc))
    if said is None:
        return lost
    try:
        at = datetime.strptime(said[4], _TIME).replace(tzinfo=timezone.utc)
        return Stamp(int(said[1]), int(said[2]), "" if said[3] == "none" else said[3], at)
    except ValueError:
        return lost


def plan(there: Sequence[Comment], draft: Draft) -> Plan:
    """What to do about the comments of ours that are there: the oldest stays, with the newest text, the others go.

    What says the same for the same commit already is not written again.
    """
    if not there:
        return Plan(None, draft.text)
    keep, *others = sorted(there, key=lambda comment: comment.number)
    newest = max(there, key=lambda comment: comment.stamp.order)
    if newest.stamp.newer_than(draft.stamp):
        text = None if newest is keep else newest.text
        return Plan(keep, text, True, tuple(others), newest.status)
    same = keep.stamp.commit == draft.stamp.commit and said(keep.text) == said(draft.text)
    return Plan(keep, None if same else draft.text, False, tuple(others))


def said(text: str) -> str:
    """What the reader sees of a comment of ours: the text without marker and stamp."""
    return _plain(text).split("\n", 2)[-1].strip()


def units(text: str) -> int:
    """The length of `text` as the services count at most: a character outside the basic plane counts as two."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def octets(text: str) -> int:
    """The length of `text` in bytes of UTF-8."""
    return len(text.encode("utf-8"))


def fit(text: str, longest: int, size: Callable[[str], int] = units) -> str:
    """`text` in at most `longest`, as `size` counts, cut at the end of a line.

    A code block or a folded section that is cut open is closed. The last line says that it was cut.
    """
    if size(text) <= longest:
        return text
    note = "\n\n**This is not the whole report:** it was cut because the service takes no longer text.\n"
    room = longest - size(note)
    kept: list[str] = []
    fence, folds, closing = "", 0, ""
    for line in text.split("\n"):
        fence, folds = _opens(line, fence, folds)
        after = (f"\n{fence}" if fence else "") + _END_OF_FOLD * folds
        room -= size(line) + 1
        if room < size(after):
            break
        kept.append(line)
        closing = after
    return "\n".join(kept) + closing + note


def _opens(line: str, fence: str, folds: int) -> tuple[str, int]:
    """The code block (by the signs that end it) and the number of folds that are open after `line`."""
    begin = _FENCE.match(line)
    if fence:
        ends = begin is not None and begin[1].startswith(fence) and not begin[2].strip()
        return "" if ends else fence, folds
    if begin is not None:
        return begin[1], folds
    return "", max(folds + line.count("<details") - line.count("</details>"), 0)


def _plain(text: str) -> str:
    """`text` with line ends that a service may have changed, and half letters, which no request takes, replaced."""
    return text.replace("\r\n", "\n").encode("utf-8", "replace").decode("utf-8")
