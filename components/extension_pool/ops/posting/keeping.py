"""Brings a pull request to one comment, whoever else is doing the same at that moment. Pure but for the service."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from ..errors import CannotAsk
from .comment import Comment, Draft, Plan, plan, said

LOOKS = 8
"""Each run looks again after each write until nothing is left to do. Two runs that began together are done after three
looks; more are needed only when comments vanish or the service loses answers."""


class Action(Enum):
    """What became of the comment."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    OUTDATED = "outdated"
    """A newer run has posted; its comment stays."""
    SKIPPED = "skipped"
    """There is no pull request to comment on."""


@dataclass(frozen=True)
class Posted:
    """Where the comment is (None when there is none), and what became of it. reason: why it was skipped."""

    url: str | None
    action: Action
    reason: str = ""


class Gone(Exception):
    """The comment is not there any more."""


class NotOurs(Exception):
    """The service does not let us write to this comment."""


class Unsure(CannotAsk):
    """The answer to a creation got lost: it may have happened or not."""


class Comments(Protocol):
    """The comments of one pull request, as a service has them."""

    def find(self, key: str) -> Sequence[Comment]:
        """All comments with this key that we wrote."""

    def create(self, draft: Draft) -> Comment:
        """Raises `Unsure`."""

    def write(self, comment: Comment, text: str) -> None:
        """Raises `Gone`, `NotOurs`."""

    def settle(self, comment: Comment, draft: Draft) -> bool:
        """Marks the discussion as open or done as the verdict is; whether that was a change. Raises `Gone`,
        `NotOurs`."""

    def adopt(self, comment: Comment, status: str | None) -> None:
        """Gives the discussion the status of another that is dropped. Raises `Gone`, `NotOurs`."""

    def drop(self, comment: Comment) -> None:
        """Deletes it. Raises `Gone`, `NotOurs`."""


def keep_one(comments: Comments, draft: Draft, *, pause: Callable[[], None]) -> Posted:
    """Sees that the pull request has one comment with the draft's key, and that it says what the newest run says.

    No service can create a comment only if there is none, nor change one only if nobody else has. So each write is
    followed by another look: of several comments the oldest stays, in whichever run looks, and takes over the newest
    text. Two writes to one comment in the same moment leave the later one; the next run puts that right.
    `pause` waits before a look for a comment whose creation got no answer.
    """
    made: Comment | None = None
    changed = False
    done: set[int] = set()
    for _ in range(LOOKS):
        there = {comment.number: comment for comment in comments.find(draft.key)}
        if made is not None:
            # a list may lag behind, with what was made as with what was deleted
            there.setdefault(made.number, made)
        todo = plan([comment for number, comment in there.items() if number not in done], draft)
        if todo.keep is None:
            made = _create(comments, draft, pause)
            continue
        try:
            wrote = _write(comments, todo)
            settled = not todo.outdated and comments.settle(todo.keep, draft)
        except (Gone, NotOurs):
            done.add(todo.keep.number)
            continue
        for comment in todo.drop:
            _drop(comments, comment)
            done.add(comment.number)
        changed = changed or wrote or settled
        if not wrote and not todo.drop:
            created = made is not None and made.number == todo.keep.number
            return Posted(todo.keep.url, _action(created, changed, todo.outdated))
    raise CannotAsk(
        "comment: the comments of the pull request change all the time, so none could be settled; run it again when "
        "no other run is at work",
        passing=True,
    )


def _create(comments: Comments, draft: Draft, pause: Callable[[], None]) -> Comment | None:
    """A new comment; None when it is not known whether there is one now, and none is to be found."""
    try:
        return comments.create(draft)
    except Unsure:
        pause()
    same = [one for one in comments.find(draft.key) if one.stamp == draft.stamp and said(one.text) == said(draft.text)]
    return min(same, key=lambda comment: comment.number, default=None)


def _write(comments: Comments, todo: Plan) -> bool:
    if todo.keep is None or todo.text is None:
        return False
    comments.write(todo.keep, todo.text)
    if todo.outdated:
        comments.adopt(todo.keep, todo.status)
    return True


def _drop(comments: Comments, comment: Comment) -> None:
    try:
        comments.drop(comment)
    except (Gone, NotOurs):
        # Another run was quicker, or an administrator has locked it; the oldest is the one that counts either way.
        return


def _action(created: bool, changed: bool, outdated: bool) -> Action:
    if outdated:
        return Action.OUTDATED
    if created:
        return Action.CREATED
    return Action.UPDATED if changed else Action.UNCHANGED
