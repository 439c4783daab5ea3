"""How a change that replaces the pool reaches the nodes."""

from typing_extensions import NotRequired, TypedDict


class RolloutArgs(TypedDict):
    """How a change that Azure refuses on a live pool is rolled out."""

    strategy: NotRequired[str]
    """Optional. delete-first: the pool is deleted and made anew under its name. blue-green: the new pool is made beside
    the old one, under a name of its own, and the old one is deleted afterwards; needs quota for both, and a name of at
    most 55 characters. Left out, delete-first."""
