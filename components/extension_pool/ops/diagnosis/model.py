"""What a diagnosis is made of: causes, what cures them, and the findings of a pool. Plain frozen data."""

from dataclasses import dataclass
from enum import Enum

from ..health import Verdict


class Remedy(Enum):
    """What is to be done with the nodes of a finding."""

    WAIT = "wait"
    """Nothing: it goes away by itself, or not at all before it is mended outside the pool."""
    REBOOT = "reboot"
    REIMAGE = "reimage"
    REMOVE = "remove"
    """Remove the nodes and let the pool grow again."""
    RECREATE = "recreate"
    """A new pool, by `pulumi up --replace`: the pool's own definition is at fault."""
    NONE = "none"
    """Something outside the pool must be mended first; no action on a node helps."""


@dataclass(frozen=True)
class Cause:
    """A known cause. `advice` is in the vendor's terms, one step for each entry; `source` is the page that says so."""

    id: str
    title: str
    advice: tuple[str, ...]
    source: str
    remedy: Remedy


@dataclass(frozen=True)
class Finding:
    """One cause in one pool, with all nodes that it has struck.

    `subject` is the name of the extension, or `node`, `start task`, `resize` or `pool`. `cause` is None when nobody
    knows it. `message` is the whole text of the service, as the first of `nodes` by id reports it, and `code` the
    service's code. `nodes` are sorted; empty for what is no matter of a node. `command` is one line for a POSIX shell,
    with what is not known as <placeholders>; it holds no secret. `severity` is failed or unknown, or waiting for what
    is advice only. `log` is where the extension writes its log on a node; empty where that is not known.
    """

    pool: str
    account: str
    subject: str
    cause: Cause | None
    message: str
    nodes: tuple[str, ...]
    command: str | None
    severity: Verdict
    code: str = ""
    log: str = ""
