"""A yes or a no that can be asserted and says why."""

from __future__ import annotations

from collections.abc import Iterable


class Answer:
    """Is true or false, and a failing ``assert`` shows its words: what was there instead, with names, no secret value.

    ``assert pool.replaces_on("extensions")`` and ``self.assertTrue(pool.replaces_on("extensions"))`` both show them.
    """

    __slots__ = ("words", "yes")

    def __init__(self, yes: bool, words: str) -> None:
        self.yes = yes
        self.words = words

    def __bool__(self) -> bool:
        return self.yes

    def __eq__(self, other: object) -> bool:
        return bool(self) is bool(other) if isinstance(other, (bool, Answer)) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.yes)

    def __repr__(self) -> str:
        return f"{'yes' if self.yes else 'no'}: {self.words}"


def name_some(names: Iterable[str], most: int = 4) -> str:
    """``a, b and 3 more``; ``nothing`` for none. A failing assertion has room for about 200 characters."""
    every = list(names)
    if not every:
        return "nothing"
    rest = len(every) - most
    return f"{', '.join(every[:most])} and {rest} more" if rest > 0 else ", ".join(every)
