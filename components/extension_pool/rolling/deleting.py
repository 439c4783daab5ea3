"""What the deletion of a pool means. The engine does not say it: the program sees the same for all of them. Pure."""

from __future__ import annotations

from enum import Enum


class Deletion(Enum):
    """Why a pool that the program declares is deleted."""

    FREE = "free"
    """All of the stack is taken down."""
    CURRENT = "current"
    """The pool that the program declares, as it is: it is taken down."""
    MADE_ANEW = "made anew"
    """Its replacement is not there yet: the same name is used again (delete-first)."""
    TWICE = "twice"
    """An old record has the name of the pool that works, which the deletion would take: a destroy makes no pool, and
    an update deletes none that the program declares."""
    STALE = "stale"
    """Its replacement is there (blue-green), made in this run or in an earlier one."""


def judge_deletion(current: str | None, deleted: str, *, destroying: bool, updating: bool = False) -> Deletion:
    """current: the id of the pool that this run has made or found, None while it is not registered. destroying,
    updating: what the run is known to be; neither where nobody can say."""
    if destroying:
        return Deletion.FREE
    if current is None:
        return Deletion.MADE_ANEW
    if current.lower() != deleted.lower():
        return Deletion.STALE
    return Deletion.TWICE if updating else Deletion.CURRENT
