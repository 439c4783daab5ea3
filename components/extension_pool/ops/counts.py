"""How many nodes a pool has in which state, as the service counts them. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from .lenient import mapping, number, text


@dataclass(frozen=True, slots=True)
class NodeCounts:
    """How many nodes of a pool are in each state, dedicated and spot ones.

    States are the service's words in lower case, known or not; those without a node are left out. The service counts
    at intervals, so this may lag behind the list of the nodes.
    """

    pool: str
    dedicated: Mapping[str, int] = field(default_factory=dict, hash=False)
    spot: Mapping[str, int] = field(default_factory=dict, hash=False)

    @property
    def total(self) -> int:
        """All nodes."""
        return sum(self.dedicated.values()) + sum(self.spot.values())


def parse_node_counts(raw: object, asked: str = "") -> NodeCounts:
    """The counts of a pool as `GET /nodecounts` lists them; `asked` names it if the answer does not. Never raises."""
    counts = mapping(raw)
    return NodeCounts(
        pool=text(counts.get("poolId")) or asked,
        dedicated=_states(mapping(counts.get("dedicated"))),
        spot=_states(mapping(counts.get("lowPriority"))),
    )


def _states(raw: Mapping[str, object]) -> Mapping[str, int]:
    """In lower case, as nodes have their states: the service writes `upgradingOS` and has written `upgradingOs`."""
    known = ((str(name).lower(), number(value)) for name, value in raw.items())
    return {name: value for name, value in known if value and name != "total"}
